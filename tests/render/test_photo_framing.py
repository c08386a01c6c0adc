"""Which part of the photo is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.tiny.portrait import HEIGHT, WIDTH, drawn_avatar

from xtalker.render.crops import CROPS
from xtalker.render.photo_framing import PhotoFraming
from xtalker.values import InputError


@pytest.mark.parametrize("crop", list(CROPS))
@pytest.mark.parametrize("size", [(512, 512), (1920, 1080), (400, 600), (64, 4096), (4096, 64)])
def test_a_frame_has_the_form_of_the_picture_and_lies_in_the_photo(crop: str, size: tuple[int, int]) -> None:
    left, top, right, bottom = PhotoFraming(crop).box(drawn_avatar(), *size)
    assert left >= 0 and top >= 0 and right <= WIDTH + 1e-9 and bottom <= HEIGHT + 1e-9
    np.testing.assert_allclose((right - left) / (bottom - top), size[0] / size[1])
    whole = np.isclose(right - left, WIDTH) or np.isclose(bottom - top, HEIGHT)
    assert whole or crop != "full"


def test_closer_crops_hold_the_face() -> None:
    avatar = replace(drawn_avatar(), face_box=(150.0, 120.0, 230.0, 220.0))
    heights = {}
    for crop in CROPS:
        left, top, right, bottom = PhotoFraming(crop).box(avatar, 512, 512)
        heights[crop] = bottom - top
        assert left < 150 and right > 230 and top < 120 and bottom > 220
        assert abs((left + right) / 2 - 190) < 15 or crop == "full"
    np.testing.assert_allclose(heights["head"], 175)
    assert heights["head"] < heights["bust"] < heights["full"]


def test_own_size_keeps_the_photos_form_evenly() -> None:
    avatar = drawn_avatar()
    width, height = PhotoFraming("full").own_size(avatar, 512)
    assert width == 512 and height % 2 == 0 and abs(height - 512 * HEIGHT / WIDTH) <= 1
    assert PhotoFraming("bust").own_size(avatar, 512) == (512, 512)


def test_another_crop_is_refused() -> None:
    with pytest.raises(InputError, match="unknown crop: received feet; accepted: head, bust, full"):
        PhotoFraming("feet")
