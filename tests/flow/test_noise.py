import numpy as np
import pytest
from scipy.stats import kstest

from xtalker.flow.noise import frame_noise


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
