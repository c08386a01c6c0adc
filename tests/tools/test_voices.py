import numpy as np
import pytest
from tests.tiny.speech import tiny_voice
from tools.voices import moved_voice

from xtalker.speech import amplitude_envelope
from xtalker.values import Audio


def _pitch_hz(samples: np.ndarray) -> float:
    loud = samples[8000:12000] * np.hanning(4000)
    spectrum = np.abs(np.fft.rfft(loud, 1 << 16))
    return float(np.argmax(spectrum[: 1 << 13]) * 16_000 / (1 << 16))


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_pitch_moves_and_times_stay(factor: float) -> None:
    voice = tiny_voice(2.0, seed=1).samples
    moved = moved_voice(voice, factor)
    assert len(moved) == len(voice) and moved.dtype == np.float32
    assert _pitch_hz(moved) == pytest.approx(factor * _pitch_hz(voice), rel=0.03)
    loud, again = amplitude_envelope(Audio(voice)), amplitude_envelope(Audio(moved))
    scores = [np.corrcoef(loud[3:-3], np.roll(again, -lag)[3:-3])[0, 1] for lag in (-1, 0, 1)]
    assert int(np.argmax(scores)) == 1 and scores[1] > 0.9
