from __future__ import annotations

import numpy as np
import pytest

from xtalker.evaluate.sync.crops import CROP_PIXELS, UNDER_NOSE, mouth_crops, mouth_regions
from xtalker.evaluate.sync.expert import LIP_LANDMARKS
from xtalker.values import InputError
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER


def _face(frames: int = 12) -> np.ndarray:
    """Eyes 100 pixels apart, nose below."""
    random = np.random.default_rng(0)
    pixels = np.repeat(random.uniform(80, 220, (1, 478, 2)), frames, axis=0)
    pixels[:, RIGHT_EYE_OUTER], pixels[:, LEFT_EYE_OUTER], pixels[:, UNDER_NOSE] = (100, 100), (200, 100), (150, 160)
    return pixels


def _corners(pixels: np.ndarray) -> np.ndarray:
    square = np.array([[0, 0, 1], [48, 0, 1], [0, 48, 1], [48, 48, 1]])
    return np.stack([square @ region.image_from_crop(CROP_PIXELS).T for region in mouth_regions(pixels)])


def test_the_square_lies_below_the_nose() -> None:
    np.testing.assert_allclose(_corners(_face())[0], [[105, 145], [195, 145], [105, 235], [195, 235]], atol=1e-9)


def test_the_square_goes_with_the_head() -> None:
    turn = 1.7 * np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
    there = _face() @ turn + [31, -12]
    np.testing.assert_allclose(_corners(there), _corners(_face()) @ turn + [31, -12], atol=1e-6)


def test_lips_do_not_move_the_square() -> None:
    moved = _face()
    moved[:, LIP_LANDMARKS] += np.random.default_rng(1).normal(0, 20, (12, len(LIP_LANDMARKS), 2))
    assert np.array_equal(_corners(moved), _corners(_face()))


def test_frames_without_a_face_take_the_nearest() -> None:
    pixels = _face(9) + np.where(np.arange(9) < 5, 0, 40)[:, None, None]
    missing = pixels.copy()
    missing[[3, 5]] = np.nan  # nearer to 2 or 4, and to 6 or 4: equally near takes the earlier
    expected = pixels.copy()
    expected[5] = pixels[4]
    np.testing.assert_allclose(_corners(missing), _corners(expected))


def test_what_is_in_the_square_is_in_the_crop() -> None:
    rgb = np.zeros((300, 300, 3), np.uint8)
    rgb[181:200, 141:160] = (10, 200, 60)  # around the middle of the square
    crop = mouth_crops([rgb] * 12, _face())[5]
    assert crop.shape == (48, 48)
    assert crop[24, 24] == round(0.299 * 10 + 0.587 * 200 + 0.114 * 60)
    rows, columns = np.nonzero(crop)
    assert abs(rows.mean() - 23.5) < 0.6 and abs(columns.mean() - 23.5) < 0.6
    assert (crop > 0).sum() == pytest.approx((19 * 48 / 90) ** 2, rel=0.35)


def test_no_face_and_missing_pictures_are_refused() -> None:
    with pytest.raises(InputError, match="no face was found"):
        mouth_regions(np.full((4, 478, 2), np.nan))
    with pytest.raises(InputError, match="11 pictures, 12 landmarks"):
        mouth_crops([np.zeros((300, 300, 3), np.uint8)] * 11, _face())
