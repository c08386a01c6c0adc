"""The live modes with the shipped weights."""

from collections.abc import Iterator

import numpy as np
import pytest

from xtalker.assets import fetch
from xtalker.performance import parts
from xtalker.performance.live import FILE, LOW_LATENCY, MODES, QUALITY, LiveMode, perform_live
from xtalker.speech import load_audio
from xtalker.values import Audio, InputError, Motion

pytestmark = pytest.mark.real
_SECONDS = 4


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return load_audio(fetch("demo-speech")).samples[: _SECONDS * 16_000]


def _played(samples: np.ndarray, mode: LiveMode, lengths: tuple[int, ...]) -> np.ndarray:
    def pieces() -> Iterator[np.ndarray]:
        at = number = 0
        while at < len(samples):
            length = lengths[number % len(lengths)]
            yield samples[at : at + length]
            at, number = at + length, number + 1

    return Motion.concatenate(list(perform_live(pieces(), mode=mode, seed=3))).to_matrix()


@pytest.mark.parametrize("name", MODES)
def test_how_the_sound_is_cut_changes_nothing(name: str, speech: np.ndarray) -> None:
    whole = _played(speech, MODES[name], (len(speech),))
    assert len(whole) == Audio(speech).num_frames
    np.testing.assert_array_equal(_played(speech, MODES[name], (123, 4567, 640, 1)), whole)


@pytest.mark.parametrize("mode", [QUALITY, LOW_LATENCY], ids=["quality", "low-latency"])
def test_frames_come_as_soon_as_promised(mode: LiveMode, speech: np.ndarray) -> None:
    given = 0

    def sound() -> Iterator[np.ndarray]:
        nonlocal given
        for start in range(0, len(speech), 160):
            given = start + 160
            yield speech[start : start + 160]

    next(perform_live(sound(), mode=mode))
    assert given / 16_000 == pytest.approx(mode.sound_before_first_frame_s, abs=0.011)


def test_low_latency_hears_no_further_than_it_says(speech: np.ndarray) -> None:
    at, ahead = 50, 4  # two frames of the ears and two of the network
    later = speech.copy()
    later[(at + ahead + 1) * 640 :] = 0.3 * np.sin(np.arange(len(speech) - (at + ahead + 1) * 640) / 9)
    one, other = (_played(samples, LOW_LATENCY, (640,)) for samples in (speech, later))
    hop = LOW_LATENCY.window.hop  # frames of a hop share a window, whose loudness hears its end
    np.testing.assert_allclose(one[: at - hop], other[: at - hop], atol=0.02)
    assert np.abs(one - other)[at + ahead :].max() > 0.05
    assert LOW_LATENCY.sound_before_first_frame_s <= 0.24


def test_low_latency_equals_one_long_window(speech: np.ndarray) -> None:
    """What a frame depends on fits into the plan's windows: their length must not show."""
    from dataclasses import replace

    from xtalker.generator.windows import WindowPlan

    short = _played(speech, LOW_LATENCY, (640,))
    longer = replace(LOW_LATENCY, plan=WindowPlan(core=2, before=90, ahead=2))
    np.testing.assert_allclose(_played(speech, longer, (640,)), short, atol=2e-4)


def test_every_mode_moves_the_jaw_with_the_offline_one(speech: np.ndarray) -> None:
    from xtalker.speech import extract_features

    offline = parts.generator().generate(extract_features(Audio(speech), parts.speech_encoder()), seed=3).jaw[:, 0]
    least = {"file": 0.98, "quality": 0.9, "low-latency": 0.5}  # the last one has no ridge to follow
    assert set(least) == set(MODES)
    for name, mode in MODES.items():
        jaw = _played(speech, mode, (6400,))[:, 50]
        assert np.corrcoef(jaw, offline)[0, 1] > least[name], name


def test_no_sound_and_bad_sound_are_refused() -> None:
    for mode in (QUALITY, LOW_LATENCY, FILE):
        with pytest.raises(InputError):
            list(perform_live(iter([]), mode=mode))
        with pytest.raises(InputError, match="NaN"):
            list(perform_live([np.array([np.nan], np.float32)], mode=mode))
