"""What every speech encoder of the table must do."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.speech import ENCODERS, SpeechEncoder, load_encoder
from xtalker.speech.whisper import TOLERANCE
from xtalker.values import Audio, InputError
from xtalker.values.conventions import FRAME_RATE_HZ

_NEED_WEIGHTS = {"whisper-base", "ears"}
_WINDOW_FRAMES = 200
_NAMES = [pytest.param(name, marks=[pytest.mark.real] if name in _NEED_WEIGHTS else [], id=name) for name in ENCODERS]


@pytest.fixture(scope="module", params=_NAMES)
def encoder(request: pytest.FixtureRequest) -> SpeechEncoder:
    return load_encoder(request.param)


def noise(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    return (0.1 * rng.standard_normal(round(16_000 * seconds))).astype(np.float32)


def test_says_what_it_is(encoder: SpeechEncoder) -> None:
    assert isinstance(encoder, SpeechEncoder)
    assert encoder.rate_hz == FRAME_RATE_HZ
    assert encoder.channels > 0 and encoder.fingerprint.isprintable() and len(encoder.fingerprint) < 200


def test_fingerprints_differ_between_encoders(encoder: SpeechEncoder) -> None:
    assert encoder.fingerprint.split("/")[0] in ENCODERS


@pytest.mark.parametrize("num_samples", [1, 300, 640, 960, 16_000, 128_000, 128_320])
def test_frame_count_follows_duration(encoder: SpeechEncoder, num_samples: int) -> None:
    audio = Audio(noise(9)[:num_samples])
    got = encoder.encode(audio)
    assert got.shape == (audio.num_frames, encoder.channels) and got.dtype == np.float32


def test_deterministic_and_leaves_its_input_alone(encoder: SpeechEncoder) -> None:
    samples = noise(2)
    before = samples.copy()
    np.testing.assert_array_equal(encoder.encode(Audio(samples)), encoder.encode(Audio(samples)))
    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize("frames", [7, _WINDOW_FRAMES])
def test_time_shift(encoder: SpeechEncoder, frames: int) -> None:
    """Whole frames later in, whole frames later out, when the window grid moves along."""
    samples = noise(5)
    later = np.concatenate([np.zeros(frames * 640, np.float32), samples])
    first = encoder.encode(Audio(samples))
    second = encoder.encode(Audio(later), phase_s=(-frames % _WINDOW_FRAMES) * 0.04)
    scale = np.abs(first).max()
    assert np.abs(second[frames:] - first).max() < TOLERANCE[getattr(encoder, "precision", "float32")] * scale
    assert np.abs(second[frames + 1 :] - first[:-1]).max() > 1e-2  # a shift by one more would not pass


def test_click_moves_the_frames_around_it_most(encoder: SpeechEncoder) -> None:
    """A burst in the middle of a frame changes the frames around it more than those before and after.

    Of those after it the median: a network with memory may answer once more, later.
    """
    quiet = 0.01 * noise(4)
    loud = quiet.copy()
    loud[50 * 640 + 160 : 50 * 640 + 480] += 0.5 * np.sin(np.arange(320) / 5).astype(np.float32)
    change = np.linalg.norm(encoder.encode(Audio(loud)) - encoder.encode(Audio(quiet)), axis=1)
    around = change[48:53].mean()
    assert around > change[42:47].mean() and around > np.median(change[54:60]) and change[50] > change[46]


def test_silence_is_finite(encoder: SpeechEncoder) -> None:
    assert np.isfinite(encoder.encode(Audio(np.zeros(48_000, np.float32)))).all()


def test_full_scale_is_finite(encoder: SpeechEncoder) -> None:
    assert np.isfinite(encoder.encode(Audio(np.sign(noise(2))))).all()


@pytest.mark.parametrize("phase_s", [0.02, -0.04])
def test_phase_off_the_frames_is_refused(encoder: SpeechEncoder, phase_s: float) -> None:
    with pytest.raises(InputError, match="window phase"):
        encoder.encode(Audio(noise(1)), phase_s=phase_s)
