from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.direction.sounds import rhythm

from xtalker.direction import head_track as ht
from xtalker.direction.head_track import compose_head, head_track
from xtalker.direction.vocabulary import HEAD
from xtalker.geometry.rotations import axis_angle_from_matrix, geodesic_angle, matrix_from_axis_angle
from xtalker.values.direction import Move
from xtalker.values.tracks import HeadTrack

_SIGNED_AXIS = {
    ("turn", "left"): (1, 1), ("turn", "right"): (1, -1), ("look", "left"): (1, 1), ("look", "right"): (1, -1),
    ("look", "down"): (0, 1), ("look", "up"): (0, -1), ("tilt", "left"): (2, -1), ("tilt", "right"): (2, 1),
    ("nod", "down"): (0, 1), ("nod", "up"): (0, -1), ("bob", "down"): (0, 1), ("lean", "in"): (0, 1),
    ("lean", "out"): (0, -1), ("shake", "left"): (1, 1), ("shake", "right"): (1, -1),
}  # fmt: skip


@pytest.mark.parametrize(("name", "towards"), _SIGNED_AXIS)
@pytest.mark.parametrize("amount", [0.3, 1.0, 2.0])
def test_reaches_what_is_asked_where_it_is_asked(name, towards, amount):
    row = HEAD[name]
    track = head_track([Move(name, 1.0, 4.0 if not row.repeats else row.length_s * 2, amount, towards, 2)], rhythm(8))
    axis, sign = _SIGNED_AXIS[name, towards]
    reached = np.degrees(track.rotation[:, axis] * sign).max()
    assert 0.95 * amount * row.size <= reached <= 1.001 * amount * row.size
    others = np.delete(track.rotation, axis, axis=1)
    assert np.abs(others).max() == 0
    first = track.rotation[np.abs(track.rotation[:, axis]) > 0.02][0, axis]
    assert np.sign(first) == sign, "the first swing goes the asked way"


@pytest.mark.parametrize(("name", "towards"), [("lean", "left"), ("sway", "right"), ("circle", "left"), ("drift", "")])
def test_mixed_moves_reach_their_size(name, towards):
    track = head_track([Move(name, 0.5, 5.0, 1.0, towards, 1)], rhythm(6), seed=3)
    reached = np.degrees(np.linalg.norm(track.rotation, axis=1).max())
    assert 0.95 * HEAD[name].size <= reached <= 1.15 * HEAD[name].size


def test_left_turn_moves_the_nose_to_the_subjects_left():
    track = head_track([Move("turn", 0.0, 3.0, 1.0, "left")], rhythm(3))
    nose = matrix_from_axis_angle(track.rotation.astype(float)) @ np.array([0.0, 0.0, 1.0])
    assert nose[:, 0].max() > 0.49  # +x is the subject's left


def test_nothing_before_nothing_after():
    track = head_track([Move("turn", 2.0, 2.0, 1.0, "left")], rhythm(8))
    assert np.all(track.rotation[:50] == 0)
    assert np.all(track.rotation[100:] == 0)
    assert np.all(track.rotation[51:99, 1] > 0)


def test_hold_keeps_and_settle_ends():
    turn = Move("turn", 1.0, 2.0, 1.0, "left")
    held = head_track([turn, Move("hold", 3.0, 3.0)], rhythm(8)).rotation[:, 1]
    assert np.all(held[60:110] > 0.99 * np.radians(30))
    assert np.all(held[151:] == 0)
    settled = head_track([turn, Move("hold", 3.0, 4.0), Move("settle", 4.0, 0.8)], rhythm(8)).rotation[:, 1]
    assert np.all(settled[121:] == 0)


def test_nods_on_emphasis_are_deepest_there_and_rest_in_pauses():
    beats = (1.02, 2.5, 3.74, 6.02)
    sound = rhythm(8, pauses=((5.5, 6.5),), beats=beats)
    pitch = head_track([Move("nod", 0.0, 8.0, 1.0, "down", 0)], sound).rotation[:, 0]
    for beat in beats[:3]:
        assert pitch[round(beat * 25 - 0.5)] > np.radians(9.5)
    assert np.all(pitch[round(5.5 * 25) : round(6.5 * 25)] == 0)


def test_overlap_adds_up():
    one, other = Move("turn", 0.0, 4.0, 0.5, "left"), Move("turn", 1.0, 3.0, 0.3, "left")
    sound = rhythm(5)
    both = head_track([one, other], sound).rotation
    apart = head_track([one], sound).rotation + head_track([other], sound).rotation
    np.testing.assert_allclose(both, apart, atol=1e-6)


_MOVES = st.builds(
    Move,
    name=st.sampled_from(sorted(HEAD)),
    at_s=st.floats(0, 7),
    for_s=st.floats(0.04, 8),
    amount=st.floats(0, 2),
    towards=st.just(""),
    times=st.integers(0, 20),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_MOVES, max_size=12), st.floats(0, 4), st.integers(0, 9))
def test_whatever_is_asked_the_head_stays_human(moves, amount, seed):
    track = head_track(moves, rhythm(8, beats=(1.0, 2.2, 4.0)), amount=amount, seed=seed)
    angles = ht._angles_from_rotation(track.rotation.astype(float))
    assert np.all(angles <= ht.RANGE_UP + 1e-4) and np.all(angles >= -ht.RANGE_DOWN - 1e-4)
    speed = np.linalg.norm(np.diff(angles, axis=0), axis=1) * 25
    acceleration = np.linalg.norm(np.diff(angles, n=2, axis=0), axis=1) * 25**2
    assert speed.max() <= 1.001 * ht.MAX_SPEED
    assert acceleration.max() <= 1.001 * ht.MAX_ACCELERATION + 1e-3


def test_same_seed_same_track():
    moves = [Move("drift", 0.0, 5.0), Move("sway", 0.0, 5.0, times=2)]
    one, same, other = (head_track(moves, rhythm(5), seed=seed).rotation for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def _natural(frames: int, scale: float = 0.1):
    return (np.random.default_rng(0).normal(size=(frames, 3)) * scale).astype(np.float32)


def test_amount_zero_is_the_natural_motion_bit_by_bit():
    natural = _natural(100, scale=0.9)
    track = head_track([Move("turn", 0.0, 4.0, 1.0, "left")], rhythm(4), amount=0.0)
    assert np.array_equal(compose_head(natural, track), natural)


def test_adding_composes_rotations():
    natural = _natural(100)
    track = head_track([Move("turn", 0.0, 4.0, 0.5, "left"), Move("look", 0.0, 4.0, 0.5, "up")], rhythm(4))
    expected = axis_angle_from_matrix(
        matrix_from_axis_angle(track.rotation.astype(float)) @ matrix_from_axis_angle(natural.astype(float))
    )
    np.testing.assert_allclose(compose_head(natural, track), expected, atol=1e-5)


def test_replace_takes_the_place():
    track = head_track([Move("nod", 0.0, 1.0)], rhythm(2), replace=True)
    assert np.array_equal(compose_head(_natural(50), track), track.rotation)


def test_sum_is_limited_without_a_jump():
    ramp = np.zeros((101, 3), np.float32)
    ramp[:, 1] = np.linspace(0, np.radians(60), 101)
    natural = np.zeros((101, 3), np.float32)
    natural[:, 1] = np.radians(40)
    yaw = compose_head(natural, HeadTrack(ramp))[:, 1]
    assert np.degrees(yaw.max()) <= 70.001
    assert np.all(np.diff(yaw) >= 0) and np.diff(yaw).max() < 1.01 * np.diff(ramp[:, 1]).max()


def test_natural_motion_near_the_limit_meets_the_directed_one_without_a_jump():
    natural = np.tile(np.radians([[0, 66, 0]]).astype(np.float32), (2, 1))
    track = HeadTrack(np.array([[0, 0, 0], [0, 1e-4, 0]], np.float32))
    both = compose_head(natural, track)
    assert geodesic_angle(both[1], both[0]) <= 1.1e-4
