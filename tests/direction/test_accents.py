import numpy as np
import pytest
from tests.direction.rhythms import rhythm_of, talk

from xtalker.direction.accents import accent_track, emphases
from xtalker.values.conventions import CHANNEL

BROWS = [CHANNEL[n] for n in ("browInnerUpLeft", "browInnerUpRight", "browOuterUpLeft", "browOuterUpRight")]


def test_gain_zero_is_exactly_nothing() -> None:
    track = accent_track(talk(1500), gain=0, seed=0)
    assert not track.head.any() and not track.expression.any()


def test_only_brows_and_nods() -> None:
    track = accent_track(talk(6000), gain=1.0, seed=0)
    others = [i for i in range(50) if i not in BROWS]
    assert not track.expression[:, others].any() and not track.head[:, 1:].any()
    assert 0.2 < track.expression.max() <= 0.45
    assert np.radians(1.5) < track.head.max() <= np.radians(3.5) and track.head.min() == 0


def test_gain_scales() -> None:
    rhythm = talk(1500)
    one, two = (accent_track(rhythm, gain=g, seed=4) for g in (1.0, 2.0))
    np.testing.assert_allclose(two.head, 2 * one.head, rtol=1e-6)
    np.testing.assert_allclose(two.expression, 2 * one.expression, rtol=1e-6)


def test_apex_is_near_the_emphasis() -> None:
    prominence = np.zeros(5000)
    prominence[50::100] = 1.0
    track = accent_track(rhythm_of(np.ones(5000, bool), prominence), gain=1.0, seed=0)
    for movement in (track.head[:, 0], track.expression[:, BROWS[2]]):
        each = movement.reshape(50, 100)
        made = each.max(axis=1) > 0
        assert 0.2 < made.mean() < 0.9  # sparse: not on every emphasis
        assert (np.abs(each[made].argmax(axis=1) - 50) <= 3).all()
    nods, brows = (m.reshape(50, 100) for m in (track.head[:, 0], track.expression[:, BROWS[2]]))
    assert nods[nods.max(1) > 0].argmax(1).mean() > brows[brows.max(1) > 0].argmax(1).mean()  # brows lead


def test_no_jumps_and_sparse() -> None:
    rhythm = talk(6000, 2)
    track = accent_track(rhythm, gain=1.0, seed=1)
    assert np.abs(np.diff(track.head[:, 0])).max() < np.radians(2.0)  # a frame: 50 degrees a second
    at_s, strength = emphases(rhythm)
    assert np.diff(at_s).min() >= 0.5 and strength.min() >= 0 and strength.max() <= 1


@pytest.mark.parametrize("num_frames", [0, 1, 3])
def test_short_clips(num_frames: int) -> None:
    track = accent_track(rhythm_of(np.ones(num_frames, bool), np.ones(num_frames)), gain=1.0, seed=0)
    assert track.head.shape == (num_frames, 3) and track.expression.shape == (num_frames, 50)


def test_silence_has_no_accents() -> None:
    track = accent_track(rhythm_of(np.zeros(500, bool), np.ones(500)), gain=1.0, seed=0)
    assert not track.head.any() and not track.expression.any()
