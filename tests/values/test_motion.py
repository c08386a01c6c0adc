"""Motion changes its form without loss."""

import numpy as np
import pytest

from xtalker.values import Audio, Identity, Motion
from xtalker.values.motion import NUM_MOTION, TRACKS


def _motion(frames: int = 7, seed: int = 0) -> Motion:
    random = np.random.default_rng(seed)
    return Motion(*(random.normal(size=(frames, n)).astype(np.float32) for n in (50, 3, 3, 2)))


def _identity(seed: int = 1) -> Identity:
    random = np.random.default_rng(seed)
    return Identity(*(random.normal(size=n).astype(np.float32) for n in (100, 128)))


def _assert_equal(one: Motion, other: Motion) -> None:
    for name in TRACKS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_matrix_round_trip() -> None:
    matrix = _motion().to_matrix()
    assert matrix.shape == (7, NUM_MOTION)
    _assert_equal(Motion.from_matrix(matrix), _motion())


def test_matrix_columns_are_in_the_documented_order() -> None:
    motion = _motion()
    columns = [motion.expression, motion.jaw, motion.head, motion.gaze]
    np.testing.assert_array_equal(motion.to_matrix(), np.hstack(columns))


def test_the_papers_row_round_trip() -> None:
    latent = _motion().to_latent284(_identity())
    assert latent.shape == (7, 284)
    motion, identity = Motion.from_latent284(latent, gaze=_motion().gaze)
    _assert_equal(motion, _motion())
    np.testing.assert_array_equal(identity.shape, _identity().shape)
    np.testing.assert_array_equal(identity.detail, _identity().detail)


def test_the_papers_row_has_the_papers_order() -> None:
    motion, identity = _motion(), _identity()
    latent = motion.to_latent284(identity)
    np.testing.assert_array_equal(latent[:, 100:150], motion.expression)
    np.testing.assert_array_equal(latent[:, 150:153], motion.head)
    np.testing.assert_array_equal(latent[:, 153:156], motion.jaw)
    np.testing.assert_array_equal(latent[3, :100], identity.shape)
    np.testing.assert_array_equal(latent[3, 156:], identity.detail)


def test_the_papers_row_without_gaze_looks_straight_ahead() -> None:
    motion, _ = Motion.from_latent284(_motion().to_latent284(_identity()))
    np.testing.assert_array_equal(motion.gaze, np.zeros((7, 2)))


def test_slices_join_to_the_whole() -> None:
    motion = _motion(9)
    assert motion[2:5].num_frames == 3
    _assert_equal(Motion.concatenate([motion[:2], motion[2:5], motion[5:]]), motion)


def test_slices_and_joins_keep_the_head_model() -> None:
    still = Motion(*(getattr(Motion.zeros(4), name) for name in TRACKS), head_model="flame")
    assert still[1:].head_model == "flame"
    assert Motion.concatenate([still, still]).head_model == "flame"


def test_zeros_do_not_move() -> None:
    assert Motion.zeros(3).num_frames == 3
    assert not Motion.zeros(3).to_matrix().any()


@pytest.mark.parametrize(("samples", "frames"), [(0, 1), (320, 1), (640, 1), (959, 1), (960, 2), (16000, 25)])
def test_frames_of_a_sound(samples: int, frames: int) -> None:
    assert Audio(np.zeros(samples, np.float32)).num_frames == frames
