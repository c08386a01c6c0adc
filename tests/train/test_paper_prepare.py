"""Clips of the paper from FLAME rows and sound."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.paper import TINY_PAPER_RECIPE
from tests.tiny.speech import tiny_voice

from xtalker.speech import SpeechEncoder, amplitude_envelope, load_encoder
from xtalker.train.clips import read_clip
from xtalker.train.paper_bank import open_paper_bank
from xtalker.train.paper_clips import read_tracks
from xtalker.train.paper_prepare import prepare_paper_clips
from xtalker.train.recipes.paper import changed
from xtalker.values import InputError


@pytest.fixture(scope="module")
def encoder() -> SpeechEncoder:
    return load_encoder("log-mel")


def _rows(frames: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (random.standard_normal(284) + 0.1 * random.standard_normal((frames, 284))).astype(np.float32)


def _video(folder: Path, speaker: str, name: str, *, frames: int = 50, seconds: float = 2.0, suffix: str = "") -> None:
    place = folder / speaker
    place.mkdir(parents=True, exist_ok=True)
    np.savez(place / f"{name}{suffix}.npz", latent=_rows(frames, frames), frame_rate_hz=np.array(25))
    voice = tiny_voice(seconds, seed=frames)
    with wave.open(str(place / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((voice.samples * 32767).astype("<i2").tobytes())


def test_rows_sound_and_features_become_clips(tmp_path: Path, encoder: SpeechEncoder) -> None:
    _video(tmp_path / "in", "ann", "one")
    _video(tmp_path / "in", "ann", "two", frames=51, suffix=".flame")
    _video(tmp_path / "in", "bob", "one")
    assert prepare_paper_clips(tmp_path / "in", tmp_path / "out", encoder, encoder, test=frozenset({"bob"})) == 3
    clip = read_clip(tmp_path / "out" / "ann_one.npz")
    assert (clip.split, clip.speaker, clip.encoder, clip.num_frames) == ("train", "ann", encoder.fingerprint, 50)
    assert read_clip(tmp_path / "out" / "bob_one.npz").split == "test"
    np.testing.assert_array_equal(clip.motion.jaw, _rows(50, 50)[:, 153:156])
    np.testing.assert_array_equal(clip.motion.head, _rows(50, 50)[:, 150:153])
    np.testing.assert_allclose(clip.amplitude, amplitude_envelope(tiny_voice(2.0, seed=50)), atol=2e-4)
    tracks = read_tracks(tmp_path / "out" / "ann_one.npz", 50)
    assert tracks.identity is not None and tracks.emotion is not None
    np.testing.assert_array_equal(tracks.identity[:, :100], _rows(50, 50)[:, :100])
    np.testing.assert_array_equal(tracks.identity[:, 100:], _rows(50, 50)[:, 156:])
    bank, recipe = open_paper_bank(tmp_path / "out", changed(TINY_PAPER_RECIPE, {"emotion_channels": 768}), bars=False)
    assert bank.head_model == "flame" and recipe.generator.emotion_channels == encoder.channels
    assert bank.statistics.live(recipe.generator).all()


@pytest.mark.parametrize(
    ("what", "text"),
    [("nothing", "no clips can be made"), ("no sound", "without sound"), ("too long", "50 rows, 75 frames"),
     ("columns", "unusable FLAME file"), ("rate", "at 30 Hz"), ("not finite", "unusable FLAME file"),
     ("speaker", "no such speaker")],
)  # fmt: skip
def test_unusable_videos_are_refused(what: str, text: str, tmp_path: Path, encoder: SpeechEncoder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    if what != "nothing":
        _video(folder, "ann", "one", seconds=3.0 if what == "too long" else 2.0)
    rows = folder / "ann" / "one.npz"
    if what == "no sound":
        rows.with_suffix(".wav").unlink()
    elif what == "columns":
        np.savez(rows, latent=np.zeros((50, 283), np.float32))
    elif what == "rate":
        np.savez(rows, latent=_rows(50, 0), frame_rate_hz=np.array(30))
    elif what == "not finite":
        np.savez(rows, latent=np.full((50, 284), np.nan, np.float32))
    with pytest.raises(InputError, match=text):
        prepare_paper_clips(folder, tmp_path / "out", encoder, test=frozenset({"eve"} if what == "speaker" else ()))
