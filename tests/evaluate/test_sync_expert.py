from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.speech import tiny_voice

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.evaluate.sync import expert as expert_module
from xtalker.evaluate.sync.expert import LIP_LANDMARKS, SCHEMA, SyncCard, SyncExpert
from xtalker.evaluate.sync.network import SyncConfig, SyncNetwork
from xtalker.speech import load_encoder
from xtalker.values import AssetError, InputError

MOTION = SyncConfig("motion", mouth_channels=120, mouth_width=16, sound_width=16)
CROPS = SyncConfig("crops", mouth_channels=2, mouth_width=16, sound_width=16)


def _expert(config: SyncConfig, encoder: str = "log-mel/80/three-hops/25fps-centres/1") -> SyncExpert:
    torch.manual_seed(0)
    return SyncExpert(SyncNetwork(config), SyncCard(encoder, seed="0", data="none"))


def _landmarks(frames: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.05, (frames, 478, 3)).astype(np.float32)


def _crops(frames: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 90, (frames, 48, 48)).astype(np.uint8)


def test_reloaded_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "expert.safetensors"
    first = _expert(MOTION)
    first.save(path)
    second = SyncExpert.load(path)
    assert second.card == first.card and second.network.config == MOTION
    assert np.array_equal(first.embed_motion(_landmarks(30)), second.embed_motion(_landmarks(30)))
    sound = np.random.default_rng(1).standard_normal((30, 80)).astype(np.float32)
    assert np.array_equal(first.embed_sound(sound), second.embed_sound(sound))


@pytest.mark.parametrize("config", [MOTION, CROPS], ids=lambda c: c.sight)
def test_an_embedding_sees_five_frames_and_has_length_one(config: SyncConfig) -> None:
    expert = _expert(config)
    if config.sight == "motion":
        given = _landmarks(30)
        other = given.copy()
        other[15] += 0.01
        before, after = expert.embed_motion(given), expert.embed_motion(other)
    else:
        given = _crops(30)
        other = given.copy()
        other[[15, 16]] = given[[16, 15]]  # the clip's mean picture stays what it is
        before, after = expert.embed_crops(given), expert.embed_crops(other)
    changed = np.flatnonzero(np.abs(after - before).max(axis=1) > 1e-6)
    last = 17 if config.sight == "motion" else 18
    assert changed.tolist() == list(range(13, last + 1))
    np.testing.assert_allclose(np.linalg.norm(before, axis=1), 1, atol=1e-5)


def test_only_lips_are_looked_at() -> None:
    expert, given = _expert(MOTION), _landmarks(20)
    others = np.setdiff1d(np.arange(478), LIP_LANDMARKS)
    moved = given.copy()
    moved[:, others] += 1
    assert np.array_equal(expert.embed_motion(given), expert.embed_motion(moved))


def test_exposure_does_not_matter() -> None:
    crops = _crops(20) * 2
    darker = (crops // 2 + 20).astype(np.uint8)
    expert = _expert(CROPS)
    np.testing.assert_allclose(expert.embed_crops(crops), expert.embed_crops(darker), atol=1e-4)


def test_a_still_picture_is_no_division_by_zero() -> None:
    assert np.isfinite(_expert(CROPS).embed_crops(np.full((10, 48, 48), 7, np.uint8))).all()


def test_long_clips_in_pieces_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expert, crops = _expert(CROPS), _crops(40)
    whole = expert.embed_crops(crops)
    monkeypatch.setattr(expert_module, "_PIECE", 7)
    np.testing.assert_allclose(expert.embed_crops(crops), whole, atol=1e-5)


def test_hearing_is_the_encoder_and_the_tower() -> None:
    expert, voice = _expert(MOTION), tiny_voice(1.0)
    assert np.array_equal(expert.hear(voice), expert.embed_sound(load_encoder("log-mel").encode(voice)))
    with pytest.raises(AssetError, match="another encoder: received whisper"):
        _expert(MOTION, encoder="whisper").hear(voice)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="looks at landmarks"):
        _expert(MOTION).embed_crops(_crops(10))
    with pytest.raises(InputError, match="looks at pictures"):
        _expert(CROPS).embed_motion(_landmarks(10))
    with pytest.raises(InputError, match="80 channels"):
        _expert(MOTION).embed_sound(np.zeros((10, 79), np.float32))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "other"}, "schema 'other'"),
        ({"config": json.dumps(asdict(MOTION) | {"mouth_width": 17})}, "Error"),
        ({"config": json.dumps(asdict(MOTION) | {"mouth_width": 10**9})}, "sizes"),
        ({"config": json.dumps(asdict(MOTION) | {"sound_frames": 4})}, "no middle"),
        ({"config": json.dumps(asdict(MOTION) | {"sight": "smell"})}, "smell|Type-check"),
        ({"config": "{}"}, "argument"),
    ],
)
def test_other_checkpoints_are_refused(tmp_path: Path, change: dict[str, str], said: str) -> None:
    path = tmp_path / "expert.safetensors"
    _expert(MOTION).save(path)
    tensors, metadata = load_checkpoint(path)
    save_checkpoint(path, tensors, metadata | change)
    with pytest.raises(AssetError, match=said) as caught:
        SyncExpert.load(path)
    assert SCHEMA in str(caught.value) and "\n" not in str(caught.value)
