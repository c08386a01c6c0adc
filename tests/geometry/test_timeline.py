"""Resampling in time against exact cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalker.geometry import timeline


def test_frame_centres() -> None:
    np.testing.assert_allclose(timeline.frame_centres_s(3), [0.02, 0.06, 0.10])
    np.testing.assert_allclose(timeline.frame_centres_s(2, 50), [0.01, 0.03])


@pytest.mark.parametrize(("duration_s", "frames"), [(0.0, 1), (0.059, 1), (0.06, 2), (3.0, 75), (10.019, 250)])
def test_frames_covering(duration_s: float, frames: int) -> None:
    assert timeline.frames_covering(duration_s) == frames


@given(st.floats(5, 120), st.floats(5, 120), st.integers(2, 60))
def test_constants_and_straight_lines_survive_any_rate(source_hz: float, target_hz: float, frames: int) -> None:
    source_s = timeline.frame_centres_s(frames, source_hz)
    target_s = timeline.frame_centres_s(timeline.frames_covering(frames / source_hz, target_hz), target_hz)
    track = np.stack([np.full(frames, 3.5), 2 * source_s - 1], axis=1)
    out = timeline.resample_rate(track, source_hz, target_hz)
    held_s = np.clip(target_s, source_s[0], source_s[-1])
    np.testing.assert_allclose(out, np.stack([np.full(len(out), 3.5), 2 * held_s - 1], axis=1), rtol=0, atol=1e-12)


def test_fifty_to_twenty_five_averages_pairs() -> None:
    """The centre of a 25 fps frame lies halfway between two centres at 50 fps."""
    track = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    out = timeline.resample_rate(track, 50, 25)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, track.reshape(5, 2, 4).mean(1), rtol=0, atol=1e-6)


def test_same_times_return_the_same_values_exactly() -> None:
    track = np.random.default_rng(1).normal(size=(7, 2))
    times = np.cumsum(np.random.default_rng(2).uniform(0.01, 0.1, 7))
    np.testing.assert_array_equal(timeline.resample(track, times, times), track)


def test_uneven_timestamps_and_held_ends() -> None:
    out = timeline.resample(np.array([[0.0], [1.0], [5.0]]), np.array([0.0, 0.1, 0.5]), np.array([-1.0, 0.3, 9.0]))
    np.testing.assert_allclose(out[:, 0], [0, 3, 5])


def test_a_single_moment_is_held() -> None:
    out = timeline.resample(np.array([[2.0]]), np.array([0.5]), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(out, [[2.0], [2.0]])


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_a_steady_turn_stays_steady(x: float, y: float, z: float) -> None:
    axis = np.array([x, y, z]) + 1e-3
    source_s, target_s = timeline.frame_centres_s(8, 30), np.linspace(0.02, 0.24, 12)
    out = timeline.resample_rotations(source_s[:, None] * axis, source_s, target_s)
    np.testing.assert_allclose(out, target_s[:, None] * axis, rtol=0, atol=1e-12)


def test_rotations_take_the_short_way_across_half_a_turn() -> None:
    track = np.array([[0, np.pi - 0.1, 0], [0, -np.pi + 0.1, 0]])
    out = timeline.resample_rotations(track, np.array([0.0, 1.0]), np.array([0.25, 0.75]))
    np.testing.assert_allclose(out[:, 1], [np.pi - 0.05, -np.pi + 0.05], rtol=0, atol=1e-12)


@pytest.mark.parametrize("times", [[0.0, 0.0], [1.0, 0.5]])
def test_times_that_do_not_increase_are_refused(times: list[float]) -> None:
    with pytest.raises(AssertionError, match="increase strictly"):
        timeline.resample(np.zeros((2, 1)), np.array(times), np.zeros(1))
