"""The network that hears emotion against the one that is trained."""

from pathlib import Path

import numpy as np
import torch
from tests.emotion.test_from_speech import CONFIG, tiny_weights

from xtalker.emotion.speech_network import EmotionCard, emotion_graph
from xtalker.emotion.speech_network import read_network as read_weights
from xtalker.inference.session import Session
from xtalker.networks.generator_checkpoint import load_arrays
from xtalker.networks.speech_emotion import SpeechEmotionNetwork, read_network, write_network


def test_what_is_heard_is_what_the_trained_network_says() -> None:
    network = SpeechEmotionNetwork(CONFIG)
    load_arrays(network, tiny_weights())
    inputs = 3 * np.random.default_rng(0).standard_normal((1, 60, 17), np.float32)
    with torch.inference_mode():
        normal = network.eval().normalise(torch.from_numpy(inputs))
        heard = network(normal, torch.ones(1, 60, dtype=torch.bool))
    wanted = (
        torch.stack([h.logits.softmax(dim=-1) for h in heard]).mean(dim=0),
        torch.stack([h.strength.sigmoid() for h in heard]).mean(dim=0),
        torch.stack([h.attention for h in heard]).mean(dim=0),
        heard[0].activations,
    )
    for got, want in zip(Session(emotion_graph(CONFIG), tiny_weights()).run(inputs=inputs), wanted, strict=True):
        np.testing.assert_allclose(got, want.numpy(), atol=1e-5)


def test_what_is_trained_is_read_by_both(tmp_path: Path) -> None:
    network = SpeechEmotionNetwork(CONFIG)
    write_network(tmp_path / "a.safetensors", network, EmotionCard("tiny"))
    again, card = read_network(tmp_path / "a.safetensors")
    config, weights, _ = read_weights(tmp_path / "a.safetensors")
    assert config == CONFIG and card == EmotionCard("tiny")
    for name, tensor in again.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), weights[name].astype(np.float32))
