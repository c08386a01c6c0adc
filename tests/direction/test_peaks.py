import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks as scipys

from xtalker.direction.peaks import find_peaks


@given(st.lists(st.integers(0, 6), max_size=60), st.floats(1, 20), st.integers(0, 5))
def test_peaks_are_scipys(levels: list[int], apart: float, least: int) -> None:
    """Small whole numbers bring plateaus; a little slope makes the order of equal peaks certain."""
    curve = np.array(levels, float)
    curve += 1e-6 * np.cumsum(np.concatenate([[0], np.diff(curve) != 0])) if len(curve) else 0
    ours = find_peaks(curve, least=float(least), apart=apart)
    np.testing.assert_array_equal(ours, scipys(curve, height=least, distance=apart)[0])


@pytest.mark.parametrize("curve", [[], [1.0], [1.0, 2.0], [2.0, 1.0, 2.0], [1.0, 1.0, 1.0]])
def test_no_peaks(curve: list[float]) -> None:
    assert len(find_peaks(np.array(curve), least=0.0, apart=1.0)) == 0
