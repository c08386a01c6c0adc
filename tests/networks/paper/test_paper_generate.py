"""Generation with the paper's network, and its checkpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.generator import DEAD_COLUMN, tiny_saved
from tests.tiny.paper import TINY_FEELINGS, TINY_PAPER, tiny_paper, tiny_saved_paper
from tests.tiny.speech import tiny_features

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.evaluate.systems import load_systems
from xtalker.flow.noise import start_noise
from xtalker.generator.checkpoint import write_generator
from xtalker.generator.windows import WindowPlan
from xtalker.geometry.rotations import compose
from xtalker.networks.paper.checkpoint import read_paper, write_paper
from xtalker.networks.paper.config import PaperConfig
from xtalker.networks.paper.generate import PaperGenerator
from xtalker.values import AssetError, InputError, Motion, SpeechFeatures

_FEELS = replace(TINY_PAPER, emotion_channels=TINY_FEELINGS)


def _matrix(paper: PaperGenerator, features: SpeechFeatures, seed: int = 0) -> np.ndarray:
    return paper.generate(features, seed=seed).to_matrix()


def _asked_steps(paper: PaperGenerator) -> list[int]:
    asked = []
    with pytest.MonkeyPatch.context() as patched:
        velocity = paper.network.velocity
        patched.setattr(
            paper.network, "velocity", lambda state, step, c: (asked.append(int(step[0])), velocity(state, step, c))[1]
        )
        paper.generate(tiny_features(5), seed=0)
    return asked


def test_32_steps_ask_at_every_16th_training_step() -> None:
    paper = tiny_paper(replace(TINY_PAPER, sampling_steps=PaperConfig().sampling_steps))
    assert _asked_steps(paper) == [16 * index for index in range(32)]
    assert _asked_steps(replace(paper, steps=2)) == [0, 256]
    assert _asked_steps(replace(paper, steps=1, sampler="midpoint")) == [0, 256]


@pytest.mark.parametrize("kind", ["white", "keyed"])
@pytest.mark.parametrize("latent", ["displacement", "absolute"])
def test_a_straight_field_leads_to_its_data(kind: str, latent: str) -> None:
    """With the velocity data - noise at every point, Euler lands on the data: Eq. 7 with its z-scoring."""
    paper = tiny_paper(replace(TINY_PAPER, start_noise=kind, latent=latent))
    noise = start_noise(kind, 3, 0, 30, 284)
    data = np.random.default_rng(0).standard_normal((30, 284)).astype(np.float32)
    field = torch.from_numpy(data - noise)[None] * paper.network.live
    paper.network.velocity = lambda state, step, conditions: field
    reference = np.random.default_rng(1).standard_normal(284).astype(np.float32)
    found = paper.generate_latent(tiny_features(30), reference, seed=3)
    statistics, live = paper.statistics, paper.network.live.bool().numpy()
    moved = statistics.latent_mean + statistics.latent_std * data + (reference if latent == "displacement" else 0)
    np.testing.assert_allclose(found, np.where(live, moved, reference), atol=1e-5)


def test_seed_and_sound_decide() -> None:
    paper, features = tiny_paper(), tiny_features(40)
    one = _matrix(paper, features, seed=5)
    np.testing.assert_array_equal(one, _matrix(paper, features, seed=5))
    assert not np.array_equal(one, _matrix(paper, features, seed=6))
    assert not np.array_equal(one, _matrix(paper, tiny_features(40, seed=9), seed=5))
    still = replace(paper, temperature=0.0)
    np.testing.assert_array_equal(_matrix(still, features, seed=5), _matrix(still, features, seed=6))


def test_columns_of_the_open_head() -> None:
    motion = _matrix(tiny_paper(), tiny_features(30))
    assert motion.shape == (30, 58) and np.isfinite(motion).all() and np.abs(motion).max() > 0.01
    assert not motion[:, DEAD_COLUMN].any() and not motion[:, 56:].any() and motion[:, 50].min() >= 0
    np.testing.assert_allclose(motion[:, 42], motion[:, 50] / TINY_PAPER.jaw_open_angle_rad, atol=1e-6)
    assert _matrix(tiny_paper(replace(TINY_PAPER, layout="open58")), tiny_features(30))[:, 56:].any()


def test_published_windows_know_nothing_of_each_other() -> None:
    paper, features = replace(tiny_paper(), plan=WindowPlan(20, 0, 0)), tiny_features(50)
    later = SpeechFeatures(features.linguistic[20:], features.amplitude[20:], features.encoder)
    whole = _matrix(paper, features)
    np.testing.assert_array_equal(whole[:20], _matrix(paper, tiny_features(50))[:20])
    quiet = replace(features, linguistic=np.where(np.arange(50)[:, None] < 20, 0, features.linguistic))
    np.testing.assert_allclose(_matrix(paper, quiet)[20:], whole[20:], atol=1e-6)
    assert len(whole) == 50 and not np.allclose(_matrix(paper, later)[:20], whole[20:40])  # fresh noise, no restart


def test_windows_with_context_continue_one_another() -> None:
    long = replace(tiny_paper(), plan=WindowPlan(20, 40, 40))
    one_window, features = replace(long, plan=WindowPlan(200, 0, 0)), tiny_features(60)
    np.testing.assert_allclose(_matrix(long, features), _matrix(one_window, features), atol=1e-3)


def test_parts_of_features_and_reference() -> None:
    paper, features = tiny_paper(replace(TINY_PAPER, sees_reference=False)), tiny_features(30)
    parts = [
        SpeechFeatures(features.linguistic[cut], features.amplitude[cut], features.encoder)
        for cut in (slice(0, 11), slice(11, None))
    ]
    whole = paper.generate(features, seed=1)
    np.testing.assert_array_equal(paper.generate(iter(parts), seed=1).to_matrix(), whole.to_matrix())
    reference = Motion.zeros(1)
    reference.expression[:, 3], reference.head[:, 1] = 0.2, 0.5
    shifted = paper.generate(features, reference, seed=1)
    np.testing.assert_allclose(shifted.expression[:, 3], whole.expression[:, 3] + 0.2, atol=1e-6)
    np.testing.assert_allclose(shifted.head, whole.head + np.array([0, 0.5, 0]), atol=1e-6)
    composed = replace(paper, network=tiny_saved_paper(replace(paper.network.config, rotations="composed")).network)
    turned = composed.generate(features, reference, seed=1).head
    np.testing.assert_allclose(turned, compose(reference.head, whole.head), atol=1e-5)


def test_another_head_moves_inside_the_papers_limits() -> None:
    paper = tiny_paper()
    flame = replace(
        paper,
        card=replace(paper.card, head_model="flame"),
        statistics=replace(paper.statistics, derives_corrective=False),
    )
    motion = flame.generate(tiny_features(40), Motion.zeros(1, head_model="flame"), seed=0)
    assert motion.head_model == "flame" and motion.jaw[:, 0].min() >= 0 and motion.jaw.max() <= np.float32(0.3)
    with pytest.raises(InputError, match="unusable reference"):
        flame.generate(tiny_features(4), Motion.zeros(1), seed=0)


def test_unusable_input_is_refused() -> None:
    paper, features = tiny_paper(), tiny_features(20)
    with pytest.raises(InputError, match="another encoder"):
        paper.generate(replace(features, encoder="other"), seed=0)
    with pytest.raises(InputError, match="no speech features"):
        paper.generate([], seed=0)
    with pytest.raises(InputError, match="unusable reference"):
        paper.generate(features, Motion.zeros(2), seed=0)
    with pytest.raises(InputError, match="unusable emotion features"):
        paper.generate(features, seed=0, emotion=np.zeros((20, TINY_FEELINGS), np.float32))


def test_emotion_features_are_needed_unless_the_network_can_do_without() -> None:
    needs, features = tiny_paper(_FEELS), tiny_features(20)
    felt = np.random.default_rng(0).standard_normal((20, TINY_FEELINGS)).astype(np.float32)
    for wrong in (None, felt[:, 1:], felt[1:], felt * np.nan):
        with pytest.raises(InputError, match="unusable emotion features"):
            needs.generate(features, seed=0, emotion=wrong)
    once = replace(needs, steps=1)  # more steps carry it on from column to column
    told = once.generate(features, seed=0, emotion=felt)
    other = once.generate(features, seed=0, emotion=-felt)
    assert np.abs(told.expression - other.expression).max() > 1e-3
    np.testing.assert_array_equal(told.head, other.head)
    assert tiny_paper(replace(_FEELS, emotion_optional=True)).generate(features, seed=0).num_frames == 20


@pytest.mark.parametrize("config", [TINY_PAPER, replace(_FEELS, emotion_optional=True, standard_speech=True)])
def test_checkpoint_round_trip(config: PaperConfig, tmp_path: Path) -> None:
    saved = tiny_saved_paper(config)
    write_paper(tmp_path / "a.safetensors", saved)
    loaded = read_paper(tmp_path / "a.safetensors")
    assert loaded.card == saved.card and loaded.network.config == config
    again = PaperGenerator.from_checkpoint(tmp_path / "a.safetensors")
    assert again.steps == config.sampling_steps
    features = tiny_features(40)
    np.testing.assert_allclose(_matrix(again, features), _matrix(tiny_paper(config), features), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "text"),
    [({"schema": "xtalker-generator-1"}, "schema 'xtalker-generator-1'"), ({"head_model": "os"}, "it moves the head"),
     ({"columns": json.dumps(["a"])}, "other motion columns"), ({"config": "{"}, "Expecting property name"),
     ({"config": json.dumps({"width": 1536})}, "no entry 'latent.emotion_mean'")],
)  # fmt: skip
def test_foreign_checkpoints_are_refused(change: dict[str, str], text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_paper(path, tiny_saved_paper())
    tensors, words = load_checkpoint(path)
    save_checkpoint(path, tensors, words | change)
    with pytest.raises(AssetError, match=text):
        read_paper(path)


def test_evaluation_loads_it_with_any_number_of_steps(tmp_path: Path) -> None:
    path = tmp_path / "paper.safetensors"
    write_paper(path, tiny_saved_paper())
    plain, two = load_systems([str(path), f"{path}@2"])
    assert (plain.name, two.name) == ("paper", "paper@2")
    assert (plain.speaks.steps, two.speaks.steps) == (TINY_PAPER.sampling_steps, 2)
    write_generator(path, tiny_saved())
    with pytest.raises(InputError, match="steps for a checkpoint that has its own"):
        load_systems([f"{path}@2"])
