"""The graphs that generate against the network that is trained, for every choice of a config."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.tiny.generator import TINY_CONFIG, tiny_generator, tiny_weights
from tests.tiny.speech import tiny_features
from tests.tiny.trained import tiny_trained

from xtalker.generator.config import GeneratorConfig
from xtalker.generator.network import MotionNetwork, Told
from xtalker.networks.generator_checkpoint import load_arrays, read_generator, write_generator
from xtalker.networks.transformer import Network

_CHOICES = {
    "default": TINY_CONFIG,
    "nothing ahead": replace(TINY_CONFIG, attention_ahead=0),
    "styles and emotions": replace(TINY_CONFIG, styles=("a", "b"), emotions=("sad", "happy")),
    "cross-attention": replace(TINY_CONFIG, speech_through="attention"),
    "no loudness": replace(TINY_CONFIG, hears_loudness=False),
    "no reference": replace(TINY_CONFIG, sees_reference=False),
    "cross-attention alone": replace(TINY_CONFIG, speech_through="attention", sees_reference=False),
    "deeper heads": replace(TINY_CONFIG, head_blocks=2, feed_forward=2, blocks=1),
    "no blocks in the heads": replace(TINY_CONFIG, head_blocks=0),
    "the shipped size": GeneratorConfig(styles=("a",)),
}


@pytest.mark.parametrize("config", _CHOICES.values(), ids=_CHOICES.keys())
def test_velocities_are_those_of_the_trained_network(config: GeneratorConfig) -> None:
    random = np.random.default_rng(0)
    weights = {name: array + random.normal(0, 0.02, array.shape).astype(np.float32)
               for name, array in tiny_weights(config).items()}  # fmt: skip
    told = Told(
        *(random.standard_normal(shape, np.float32) for shape in
          ((2, 50, config.speech_channels), (2, 50), (2, 53), (2, len(config.styles)), (2, 50, len(config.emotions))))
    )  # fmt: skip
    state = random.standard_normal((2, 50, 58), np.float32)
    ours = MotionNetwork(config, weights)
    trained = Network(config, torch.ones(58, dtype=torch.bool))
    load_arrays(trained, weights)
    given = [torch.from_numpy(a) for a in (told.linguistic, told.loudness, told.reference, np.ones((2, 50), bool),
                                           told.style, told.emotion)]  # fmt: skip
    for time in (0.0, 0.75):
        got = ours.velocity(state, time, ours.condition(told))
        with torch.inference_mode():
            wanted = trained.eval()(torch.from_numpy(state), torch.full((2,), time), trained.condition(*given)).numpy()
        assert np.abs(got - wanted).max() < 2e-5 * np.abs(wanted).max()


def test_what_is_trained_generates_the_same(tmp_path) -> None:
    write_generator(tmp_path / "a.safetensors", tiny_trained())
    features = tiny_features(60)
    again = read_generator(tmp_path / "a.safetensors").generator()
    wanted = tiny_generator().generate(features, seed=1).to_matrix()
    np.testing.assert_array_equal(again.generate(features, seed=1).to_matrix(), wanted)
