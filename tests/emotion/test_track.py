from __future__ import annotations

import logging

import numpy as np
import pytest

from xtalker.emotion.track import emotion_track, minimum_jerk
from xtalker.values import InputError
from xtalker.values.direction import EmotionKey, EmotionWish
from xtalker.values.tracks import EMOTIONS


def _resolve(wish: EmotionWish) -> np.ndarray:
    levels = np.zeros(7)
    if wish.value in EMOTIONS:
        levels[EMOTIONS.index(wish.value)] = wish.level
    return levels


def _key(at_s: float, label: str, level: float = 1.0, weight: float = 1.0, ease_s: float = 0.6) -> EmotionKey:
    return EmotionKey(at_s, (EmotionWish("is", label, level),), weight, ease_s)


def test_a_key_is_reached_and_held() -> None:
    levels = emotion_track([_key(1.0, "happy", 1.4)], 100, _resolve).levels
    assert not levels[:25].any()
    np.testing.assert_allclose(levels[40:, 4], 1.4, rtol=1e-6)
    assert (np.diff(levels[:, 4]) >= 0).all()


def test_a_key_at_zero_holds_from_the_start() -> None:
    np.testing.assert_allclose(emotion_track([_key(0.0, "sad")], 5, _resolve).levels[:, 5], 1)


def test_easing_has_the_known_peak_speed_and_smooth_ends() -> None:
    s = np.linspace(0, 1, 10001)
    speed = np.gradient(minimum_jerk(s), s)
    assert speed.max() == pytest.approx(15 / 8, rel=1e-4)
    assert speed[0] < 1e-3 and speed[-1] < 1e-3


def test_weight_keeps_the_rest_of_what_was() -> None:
    levels = emotion_track([_key(0.0, "happy"), _key(1.0, "sad", weight=0.25)], 75, _resolve).levels
    np.testing.assert_allclose(levels[-1, [4, 5]], [0.75, 0.25], atol=1e-6)


def test_mix_weights_are_shares() -> None:
    mix = (EmotionWish("is", "happy", 1.0, 3.0), EmotionWish("is", "surprise", 2.0, 1.0))
    levels = emotion_track([EmotionKey(0.0, mix)], 2, _resolve).levels
    np.testing.assert_allclose(levels[0, [4, 6]], [0.75, 0.5])


def test_framewise_wishes_are_followed() -> None:
    wave = np.zeros((50, 7))
    wave[:, 0] = np.linspace(0, 1, 50)
    np.testing.assert_allclose(emotion_track([_key(0.0, "x")], 50, lambda _: wave).levels, wave, atol=1e-6)


def test_ease_is_never_under_a_fifth_of_a_second() -> None:
    short, least = (emotion_track([_key(1.0, "fear", ease_s=e)], 50, _resolve).levels for e in (0.0, 0.2))
    np.testing.assert_array_equal(short, least)
    assert np.diff(short[:, 3]).max() < 0.5


@pytest.mark.parametrize("second", [1.0, 1.3])
def test_overlapping_keys_are_refused(second: float) -> None:
    with pytest.raises(InputError, match="emotion keys overlap"):
        emotion_track([_key(1.0, "happy"), _key(second, "sad")], 100, _resolve)


def test_keys_past_the_end_are_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="xtalker"):
        track = emotion_track([_key(9.0, "happy")], 100, _resolve)
    assert "past the end" in caplog.text and not track.levels.any()
