import numpy as np
import pytest
from scipy.stats import kstest

from xtalker.flow.noise import KEY_FRAMES, frame_noise, keyed_noise, start_noise


@pytest.mark.parametrize(("first", "frames"), [(0, 1), (63, 2), (64, 64), (100, 300), (45_000, 7)])
def test_noise_belongs_to_absolute_frames(first: int, frames: int) -> None:
    whole = frame_noise(3, 0, first + frames, 5)
    np.testing.assert_array_equal(frame_noise(3, first, frames, 5), whole[first:])


def test_noise_is_white_and_standard() -> None:
    noise = frame_noise(0, 0, 6_400, 10).astype(np.float64)
    assert kstest(noise.ravel(), "norm").pvalue > 0.01
    lagged = [np.corrcoef(noise[:-k].ravel(), noise[k:].ravel())[0, 1] for k in (1, 2, 25, 64)]
    across = np.corrcoef(noise.T) - np.eye(10)
    assert np.abs(lagged).max() < 0.02 and np.abs(across).max() < 0.06


def test_seeds_differ_and_any_integer_is_one() -> None:
    noises = [frame_noise(seed, 0, 64, 4) for seed in (0, 1, -1, 2**63, 10**30)]
    for i, one in enumerate(noises):
        for other in noises[:i]:
            assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.25


@pytest.mark.parametrize(("first", "frames"), [(0, 1), (24, 2), (25, 25), (100, 300), (45_007, 7)])
def test_keyed_noise_belongs_to_absolute_frames(first: int, frames: int) -> None:
    whole = keyed_noise(3, 0, first + frames, 5)
    np.testing.assert_allclose(keyed_noise(3, first, frames, 5), whole[first:], atol=2e-4 if first > 1000 else 1e-6)


def test_keyed_noise_is_straight_between_standard_keys() -> None:
    noise = keyed_noise(0, 0, 400 * KEY_FRAMES, 20).astype(np.float64)
    assert kstest(noise[::KEY_FRAMES].ravel(), "norm").pvalue > 0.01
    bend = np.abs(np.diff(noise, n=2, axis=0)).max(axis=1)
    assert bend[(np.arange(len(bend)) + 1) % KEY_FRAMES != 0].max() < 1e-5 < bend[KEY_FRAMES - 1 :: KEY_FRAMES].min()
    middle = noise[12::KEY_FRAMES]
    assert middle.std() == pytest.approx(np.sqrt(0.5), rel=0.03)


def test_kinds_by_name() -> None:
    np.testing.assert_array_equal(start_noise("white", 1, 5, 9, 3), frame_noise(1, 5, 9, 3))
    np.testing.assert_array_equal(start_noise("keyed", 1, 5, 9, 3), keyed_noise(1, 5, 9, 3))
