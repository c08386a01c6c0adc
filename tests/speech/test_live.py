from collections.abc import Iterator

import numpy as np
import pytest
from tests.tiny.speech import tiny_voice

from xtalker.assets import fetch
from xtalker.speech import load_audio, load_encoder
from xtalker.speech.live import LiveEncoder, LiveWindow, live_features
from xtalker.speech.log_mel import LogMelEncoder
from xtalker.values import Audio, InputError

_WINDOW = LiveWindow(before=10, hop=4, ahead=3)


class _Ears(LogMelEncoder):
    """An encoder that hears windows, and remembers how long they were."""

    def hear(self, samples: np.ndarray) -> np.ndarray:
        self.longest = max(getattr(self, "longest", 0), len(samples))
        return self.encode(Audio(samples))


def _pieces(samples: np.ndarray, length: int) -> Iterator[np.ndarray]:
    for start in range(0, len(samples), length):
        yield samples[start : start + length]


def _joined(samples: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    parts = list(live_features(_pieces(samples, length), _Ears(), _WINDOW))
    return np.concatenate([p.linguistic for p in parts]), np.concatenate([p.amplitude for p in parts])


@pytest.mark.parametrize("length", [1, 160, 641, 10_000])
def test_how_the_sound_arrives_changes_nothing(length: int) -> None:
    samples = tiny_voice(1.0 if length == 1 else 3.0).samples
    rows, loudness = _joined(samples, length)
    whole, level = _joined(samples, len(samples))
    np.testing.assert_array_equal(rows, whole)
    np.testing.assert_array_equal(loudness, level)
    assert len(rows) == Audio(samples).num_frames


def test_rows_equal_those_of_an_encoder_without_windows() -> None:
    audio = tiny_voice(3.0)
    rows, _ = _joined(audio.samples, 500)
    np.testing.assert_allclose(rows, LogMelEncoder().encode(audio), atol=1e-5)


def test_features_come_as_soon_as_their_sound_has() -> None:
    given = 0

    def sound() -> Iterator[np.ndarray]:
        nonlocal given
        for piece in _pieces(tiny_voice(4.0).samples, 640):
            given += 1
            yield piece

    frames = 0
    for part in live_features(sound(), _Ears(), _WINDOW):
        frames += part.num_frames
        assert given <= frames + _WINDOW.ahead or frames == 100


def test_what_is_behind_is_forgotten() -> None:
    ears = _Ears()
    list(live_features(_pieces(np.zeros(16_000 * 60, np.float32), 6400), ears, _WINDOW))
    assert ears.longest == _WINDOW.frames * 640


def test_no_sound_gives_nothing_and_bad_sound_is_refused() -> None:
    assert list(live_features(iter([]), _Ears(), _WINDOW)) == []
    with pytest.raises(InputError, match="NaN"):
        list(live_features([np.array([0.0, np.nan], np.float32)], _Ears(), _WINDOW))


@pytest.mark.real
def test_whisper_hears_live_nearly_what_it_hears_offline() -> None:
    encoder = load_encoder("whisper-base")
    assert isinstance(encoder, LiveEncoder)
    speech = load_audio(fetch("demo-speech"))
    audio = Audio(speech.samples[: 5 * 16_000])
    offline = encoder.encode(audio)
    mean, scale = offline.mean(axis=0), offline.std(axis=0)
    live = np.concatenate([p.linguistic for p in live_features([audio.samples], encoder, LiveWindow(63, 5, 8))])
    assert np.corrcoef(((live - mean) / scale).ravel(), ((offline - mean) / scale).ravel())[0, 1] > 0.8
