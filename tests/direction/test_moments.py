import numpy as np
import pytest

from xtalker.direction.moments import bumps, minimum_jerk, moments, smooth_step


def test_minimum_jerk_rests_at_both_ends() -> None:
    t = np.linspace(-1, 2, 3001)
    x = minimum_jerk(t)
    assert x[0] == 0 and x[-1] == 1 and (np.diff(x) >= 0).all()
    assert minimum_jerk(np.array([0.5]))[0] == 0.5
    # Integral of the squared jerk, the least possible for a unit movement: 720 (Flash and Hogan 1985).
    fine = minimum_jerk(np.linspace(0, 1, 20_001))
    jerk = np.diff(fine, 3) * 20_000.0**3
    assert np.mean(jerk**2) == pytest.approx(720, rel=0.01)


def test_rate_is_kept_whatever_the_weight() -> None:
    random = np.random.default_rng(0)
    weight = np.where(np.arange(25 * 1200) % 500 < 50, 6.0, 1.0)
    at_s = moments(weight, rate=0.5, spread=0.5, least_s=0.3, random=random)
    assert len(at_s) / 1200 == pytest.approx(0.5, rel=0.03)
    assert np.mean((at_s % 20) < 2) == pytest.approx(12 / 30, abs=0.06)  # weight 6 x 2 s of 6 x 2 + 1 x 18


def test_moments_stay_apart_and_inside() -> None:
    at_s = moments(np.ones(2500), rate=5.0, spread=1.0, least_s=0.4, random=np.random.default_rng(1))
    assert at_s.min() >= 0 and at_s.max() < 100 and np.diff(at_s).min() >= 0.4 - 1e-9


def test_none_of_nothing() -> None:
    random = np.random.default_rng(0)
    assert len(moments(np.ones(100), rate=0, spread=1.0, least_s=0.1, random=random)) == 0
    assert len(moments(np.ones(0), rate=1.0, spread=1.0, least_s=0.1, random=random)) == 0


def test_bumps_add_up() -> None:
    one = bumps(100, np.array([1.02]), np.array([0.4]), np.array([0.8]), np.array([2.0]))
    assert one[25] == 2.0 and np.argmax(one) == 25  # the frame whose centre is at 1.02 s
    assert (one[:15] == 0).all() and (one[46:] == 0).all() and (np.diff(one[15:26]) > 0).all()
    two = bumps(100, np.array([1.02, 1.5]), np.array([0.4, 0.4]), np.array([0.8, 0.8]), np.array([2.0, 1.0]))
    other = bumps(100, np.array([1.5]), np.array([0.4]), np.array([0.8]), np.array([1.0]))
    np.testing.assert_allclose(two, one + other)


def test_bumps_over_the_ends_are_cut() -> None:
    edge = bumps(10, np.array([0.0, 0.4]), np.array([0.2, 0.2]), np.array([0.2, 0.2]), np.array([1.0, 1.0]))
    assert len(edge) == 10 and edge[0] > 0.9 and edge[-1] > 0.9


def test_smooth_step() -> None:
    np.testing.assert_array_equal(smooth_step(np.array([-1.0, 2, 3, 4, 9]), 2, 4), [0, 0, 0.5, 1, 1])
