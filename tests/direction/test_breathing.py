import numpy as np
import pytest
from tests.direction.rhythms import rhythm_of, talk

from xtalker.direction.breathing import breath_track
from xtalker.values.conventions import CHANNEL

NOSTRILS = CHANNEL["nostrilDilate"]


def test_gain_zero_is_exactly_nothing() -> None:
    track = breath_track(talk(1500), gain=0, seed=0)
    assert not track.head.any() and not track.expression.any()


def test_only_nostrils_and_a_lifted_head() -> None:
    track = breath_track(talk(3000), gain=1.0, seed=0)
    others = [i for i in range(50) if i != NOSTRILS]
    assert not track.expression[:, others].any() and not track.head[:, 1:].any()
    assert 0.1 < track.expression.max() <= 0.3 and track.expression.min() == 0
    assert np.radians(-1.5) < track.head.min() < np.radians(-0.4) and track.head.max() <= 0  # back, never a nod


def test_breath_is_taken_in_the_pause_and_full_when_speech_starts() -> None:
    speaking = np.ones(500, bool)
    speaking[200:225] = False
    track = breath_track(rhythm_of(speaking), gain=1.0, seed=1)
    assert (track.expression[:200, NOSTRILS] == 0).all() and (track.expression[225:, NOSTRILS] == 0).all()
    assert track.expression[200:225, NOSTRILS].max() > 0.1
    assert abs(int(track.head[:, 0].argmin()) - 225) <= 1


def test_short_gaps_between_words_are_no_breath() -> None:
    speaking = np.ones(500, bool)
    speaking[200:206] = False
    assert not breath_track(rhythm_of(speaking), gain=1.0, seed=1).head.any()


def test_rest_breathes_every_four_seconds() -> None:
    track = breath_track(rhythm_of(np.zeros(25 * 400, bool)), gain=1.0, seed=1)
    wide = track.expression[:, NOSTRILS] > 0.02
    assert np.sum(wide[1:] & ~wide[:-1]) == pytest.approx(100, abs=6)


def test_no_jumps() -> None:
    track = breath_track(talk(6000, 3), gain=1.0, seed=2)
    assert np.abs(np.diff(track.head[:, 0])).max() < np.radians(0.25)
    assert np.abs(np.diff(track.expression[:, NOSTRILS])).max() < 0.09


@pytest.mark.parametrize("num_frames", [0, 1, 8])
@pytest.mark.parametrize("speaks", [True, False])
def test_short_clips(num_frames: int, speaks: bool) -> None:
    track = breath_track(rhythm_of(np.full(num_frames, speaks)), gain=1.0, seed=0)
    assert track.head.shape == (num_frames, 3) and np.isfinite(track.head).all()
