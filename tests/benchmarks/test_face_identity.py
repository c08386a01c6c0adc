"""What the identity figure rests on."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.face_identity import ALIGNED, _aligned, _check, area_under_curve

from xtalker.values import InputError


def test_area_under_curve_counts_pairs() -> None:
    own, other = np.array([0.9, 0.4, 0.5]), np.array([0.4, 0.1])
    assert area_under_curve(own, other) == pytest.approx((2 + 1.5 + 2) / 6)
    assert area_under_curve(other, own) == pytest.approx(1 - 5.5 / 6)


@pytest.mark.parametrize("size", [0.6, 1.0, 7.0])
def test_faces_are_laid_on_the_five_places(size: float) -> None:
    turn = size * np.exp(0.3j)
    places = (ALIGNED[:, 0] + 1j * ALIGNED[:, 1]) * turn + 200 + 90j
    points = np.stack([places.real, places.imag], axis=1)
    y, x = np.mgrid[:1100, :1100] + 0.5
    nose = np.exp(-((x - points[2, 0]) ** 2 + (y - points[2, 1]) ** 2) / (2 * (3 * size) ** 2))
    picture = np.repeat(np.rint(255 * nose)[..., None], 3, axis=2).astype(np.uint8)
    crop = np.asarray(_aligned(picture, points), float)[..., 0]
    rows, columns = np.mgrid[:112, :112] + 0.5
    middle = [(crop * c).sum() / crop.sum() for c in (columns, rows)]
    np.testing.assert_allclose(middle, ALIGNED[2], atol=0.8)


def test_another_model_is_refused() -> None:
    with pytest.raises(InputError, match="another recogniser"):
        _check(b"something else")
