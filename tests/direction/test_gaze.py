import numpy as np
import pytest
from tests.direction.rhythms import rhythm_of, talk

from xtalker.direction.gaze import CAMERA_M, EYE_RANGE_RAD, EYES_M, TARGETS, eyes_in_head, line_of_sight
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.values import InputError
from xtalker.values.direction import GazeWish

MINUTE = 1500


def on_target(sight: np.ndarray) -> np.ndarray:
    return np.linalg.norm(sight, axis=1) < np.radians(2.5)


def test_mostly_on_camera_by_default() -> None:
    shares = [on_target(line_of_sight(talk(MINUTE, s), GazeWish(), seed=s)).mean() for s in range(40)]
    assert min(shares) >= 0.7 and 0.8 < np.mean(shares) < 0.9


def test_wander_zero_is_exactly_the_target() -> None:
    for name, place in TARGETS.items():
        sight = line_of_sight(talk(200), GazeWish(name, wander=0.0), seed=1)
        np.testing.assert_array_equal(sight, np.tile(place, (200, 1)))


def test_more_wander_looks_away_more() -> None:
    shares = [
        on_target(line_of_sight(talk(10 * MINUTE), GazeWish(wander=w), seed=0)).mean() for w in (0.1, 0.3, 0.6, 1.0)
    ]
    assert (np.diff(shares) < -0.05).all() and shares[-1] > 0.4


def test_between_saccades_the_eyes_rest_and_saccades_are_short() -> None:
    sight = line_of_sight(talk(10 * MINUTE), GazeWish(wander=0.6), seed=4)
    moving = np.linalg.norm(np.diff(sight, axis=0), axis=1) > 0
    assert 0.05 < moving.mean() < 0.35
    edges = np.flatnonzero(np.diff(np.concatenate([[False], moving, [False]]).astype(int))).reshape(-1, 2)
    lengths = np.diff(edges, axis=1)
    assert np.quantile(lengths, 0.9) <= 3  # frames; two saccades in a row may touch


def test_speakers_look_away_when_they_start() -> None:
    speaking = np.arange(40 * MINUTE) % 150 >= 25
    away = ~on_target(line_of_sight(rhythm_of(speaking), GazeWish(), seed=0))
    phase = np.arange(len(away)) % 150
    starting, ending = away[(phase >= 25) & (phase < 45)].mean(), away[(phase >= 140) | (phase < 8)].mean()
    assert starting > 2 * ending


@pytest.mark.parametrize("target", ["left", "right", "up", "down"])
def test_targets_turn_the_eyes_that_way(target: str) -> None:
    sight = line_of_sight(talk(50), GazeWish(target, wander=0.0), seed=0)
    eyes, _ = eyes_in_head(sight, np.zeros((50, 3)))
    line = matrix_from_axis_angle(np.concatenate([eyes, np.zeros((50, 1))], axis=1)) @ [0.0, 0, 1]
    axis, sign = {"left": (0, 1), "right": (0, -1), "up": (1, 1), "down": (1, -1)}[target]
    assert (sign * line[:, axis] > 0.15).all()


def test_eyes_stay_on_the_camera_while_the_head_turns() -> None:
    random = np.random.default_rng(0)
    head = random.uniform(-1, 1, (200, 3)) * np.radians([10, 14, 12])
    eyes, vergence = eyes_in_head(np.zeros((200, 2)), head)
    turn = matrix_from_axis_angle(head)
    in_room = np.einsum("fij,fjk,k->fi", turn, matrix_from_axis_angle(np.pad(eyes, ((0, 0), (0, 1)))), [0.0, 0, 1])
    to_camera = np.array([0, EYES_M[1], CAMERA_M]) - turn @ EYES_M
    distance = np.linalg.norm(to_camera, axis=1, keepdims=True)
    np.testing.assert_allclose(in_room, to_camera / distance, atol=1e-9)
    np.testing.assert_allclose(np.tan(vergence) * distance[:, 0], 0.0313, atol=1e-9)


def test_eyes_keep_to_their_range() -> None:
    head = np.zeros((100, 3))
    head[:, 1] = np.linspace(-1.2, 1.2, 100)
    eyes, _ = eyes_in_head(np.zeros((100, 2)), head)
    assert (np.abs(eyes) <= EYE_RANGE_RAD).all() and np.abs(eyes[:, 1]).max() > 0.95 * EYE_RANGE_RAD[1]
    assert (np.diff(eyes[:, 1]) <= 1e-9).all()  # against the head, never back


def test_unknown_target() -> None:
    with pytest.raises(InputError, match="unknown gaze target: received moon; accepted: camera, left"):
        line_of_sight(talk(10), GazeWish("moon"), seed=0)


def test_seeds_and_short_clips() -> None:
    one, again, other = (line_of_sight(talk(300), GazeWish(), seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert line_of_sight(talk(1), GazeWish(), seed=0).shape == (1, 2)
