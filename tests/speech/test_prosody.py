from __future__ import annotations

import numpy as np
import pytest

from xtalker.speech import load_audio
from xtalker.speech.prosody import PROSODY_NAMES, listen, prosody_features, rhythm
from xtalker.values import Audio
from xtalker.values.conventions import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME

_COLUMN = {name: i for i, name in enumerate(PROSODY_NAMES)}


def _tone(pitch_hz: np.ndarray, harmonics: int) -> np.ndarray:
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    return sum(np.sin(k * phase + k) / k for k in range(1, harmonics + 1))


def _sound(wave: np.ndarray, gain: float = 0.1) -> Audio:
    return Audio((gain * wave).astype(np.float32))


def _syllables(gaps: tuple[tuple[float, float], ...] = (), duration_s: float = 4.0) -> np.ndarray:
    """A hum at 120 Hz that swells five times a second, faint hiss, and silence in the gaps."""
    time = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = _tone(np.full(len(time), 120.0), 10) * (0.6 + 0.4 * np.sin(2 * np.pi * 5 * time))
    for start, stop in gaps:
        wave[round(start * SAMPLE_RATE_HZ) : round(stop * SAMPLE_RATE_HZ)] = 0
    return wave + 1e-3 * np.random.default_rng(0).standard_normal(len(time))


@pytest.mark.parametrize("harmonics", [1, 3, 12])
@pytest.mark.parametrize("pitch_hz", [65.0, 98.3, 150.0, 261.6, 400.0, 490.0])
def test_pitch_of_a_steady_tone(pitch_hz: float, harmonics: int) -> None:
    found = rhythm(_sound(_tone(np.full(16_000, pitch_hz), harmonics))).pitch_hz[2:-2]
    assert np.abs(found / pitch_hz - 1).max() < 0.003


def test_pitch_without_its_first_harmonic() -> None:
    time = np.arange(16_000) / SAMPLE_RATE_HZ
    wave = sum(np.sin(2 * np.pi * 110 * k * time) for k in (2, 3, 4, 5))
    assert np.allclose(rhythm(_sound(wave)).pitch_hz[2:-2], 110, rtol=0.005)


def test_pitch_of_a_glide_is_that_of_the_frame_centre() -> None:
    asked = 100 * 2 ** (np.arange(3 * 16_000) / (3 * 16_000))  # an octave in three seconds
    at_centres = asked[SAMPLES_PER_FRAME // 2 :: SAMPLES_PER_FRAME]
    found = rhythm(_sound(_tone(asked, 8))).pitch_hz
    assert np.abs(found / at_centres - 1)[2:-2].max() < 0.01


def test_tones_beyond_the_range_have_no_pitch() -> None:
    for pitch_hz in (30.0, 900.0):
        assert (rhythm(_sound(_tone(np.full(16_000, pitch_hz), 1))).pitch_hz == 0).all()


def test_noise_has_no_pitch_and_silence_has_nothing() -> None:
    noise = rhythm(_sound(np.random.default_rng(0).standard_normal(10 * 16_000)))
    assert (noise.pitch_hz > 0).mean() < 0.02
    silence, features = listen(Audio(np.zeros(16_000, np.float32)))
    assert not silence.speaking.any() and not silence.prominence.any() and not silence.pitch_hz.any()
    assert (silence.loudness == -80).all() and np.isfinite(features).all()


def test_gain_does_not_matter() -> None:
    loud, faint = (listen(_sound(_syllables(((1.0, 1.5),)), gain)) for gain in (0.4, 0.004))
    assert np.abs(loud[1] - faint[1]).max() < 1e-3
    assert np.array_equal(loud[0].speaking, faint[0].speaking)
    assert np.abs(loud[0].prominence - faint[0].prominence).max() < 1e-3


def test_later_by_whole_frames_gives_the_same_later() -> None:
    wave = np.concatenate([np.zeros(8_000), _syllables(((1.0, 1.5),)), np.zeros(8_000)])
    late = np.concatenate([np.zeros(7 * SAMPLES_PER_FRAME), wave])
    (early_rhythm, early), (late_rhythm, later) = listen(_sound(wave)), listen(_sound(late))
    assert np.abs(later[7:] - early).max() < 1e-4
    assert np.array_equal(late_rhythm.speaking[7:], early_rhythm.speaking)
    assert np.abs(late_rhythm.prominence[7:] - early_rhythm.prominence).max() < 1e-4


def test_pieces_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = _sound(_syllables(((1.0, 1.5),)))
    whole = prosody_features(sound)
    monkeypatch.setattr("xtalker.speech.prosody._PIECE_FRAMES", 13)
    assert np.abs(prosody_features(sound) - whole).max() < 1e-4


@pytest.mark.parametrize("start_s", [1.0, 1.013, 1.027])
def test_pauses_of_a_fifth_of_a_second_are_found_and_shorter_ones_not(start_s: float) -> None:
    long = rhythm(_sound(_syllables(((start_s, start_s + 0.26), (2.5, 2.6)))))
    stops = np.flatnonzero(~long.speaking)
    assert 4 <= len(stops) <= 7
    assert np.abs((stops + 0.5) / 25 - (start_s + 0.13)).max() < 0.16


def test_a_louder_higher_burst_is_prominent() -> None:
    time = np.arange(4 * 16_000) / SAMPLE_RATE_HZ
    bump = np.exp(-(((time - 2.0) / 0.12) ** 2))
    wave = _tone(120 * (1 + 0.4 * bump), 10) * (1 + 1.5 * bump) * (0.7 + 0.3 * np.sin(2 * np.pi * 5 * time))
    prominence = rhythm(_sound(wave)).prominence
    assert abs((prominence.argmax() + 0.5) / 25 - 2.0) < 0.1
    assert prominence.max() > 0.6 and np.median(prominence) < 0.25
    assert prominence.min() >= 0 and prominence.max() <= 1


def test_brightness_and_tilt_rise_with_high_sound() -> None:
    low, high = (prosody_features(_sound(_tone(np.full(8_000, f), 1))) for f in (300.0, 3000.0))
    for name in ("brightness", "tilt"):
        assert low[5, _COLUMN[name]] < 0 < high[5, _COLUMN[name]]


def test_frames_follow_the_sound_even_when_tiny() -> None:
    for samples in (1, 319, 5_000):
        audio = Audio(np.full(samples, 0.1, np.float32))
        assert len(prosody_features(audio)) == rhythm(audio).num_frames == audio.num_frames


def test_real_speech_has_a_mans_pitch(shared_data) -> None:
    found = rhythm(load_audio(sorted((shared_data / "grid_s1" / "video").glob("*.mp4"))[0])).pitch_hz
    assert 80 < np.median(found[found > 0]) < 180
