"""How a take is filmed."""

from __future__ import annotations

import math

import pytest

from xtalker.performance.shot import PHOTO_LOOK, Shot
from xtalker.render.crops import CROPS
from xtalker.render.looks import LOOKS
from xtalker.values import InputError


@pytest.mark.parametrize("look", [None, PHOTO_LOOK, *LOOKS])
def test_the_look_is_what_is_asked_for_else_what_is_known(look: str | None) -> None:
    shot = Shot(look=look)
    for photo, appearance, wanted in ((True, True, "photo"), (True, False, "photo"), (False, True, "portrait"),
                                      (False, False, "skin")):  # fmt: skip
        assert shot.look_of(photo=photo, appearance=appearance) == (look or wanted)


def test_the_size_is_the_pictures_own_unless_asked_for() -> None:
    assert Shot().picture_size((512, 610)) == (512, 610)
    assert Shot(size=256).picture_size((512, 610)) == (256, 256)
    assert Shot(size=(640, 360)).picture_size((512, 610)) == (640, 360)
    assert (Shot().width, Shot().height) == (512, 512) and Shot(size=(640, 360)).height == 360


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"look": "painted"}, "unusable look: received painted; accepted: one of photo, "),
        (
            {"crop": "feet"},
            "unusable crop: received feet; accepted: one of head, bust, full; next: choose one",
        ),
        ({"keep_smile": 1.01}, "unusable share of the photo's smile: received 1.01; accepted: a number from 0 to 1"),
        ({"keep_smile": -0.1}, "received -0.1; accepted: a number from 0 to 1"),
        ({"keep_smile": math.nan}, "received nan; accepted: a number from 0 to 1"),
        ({"size": 511}, "unusable picture size: received 511"),
        ({"size": (512, 62)}, "unusable picture size"),
        ({"supersample": 5}, "unusable supersampling: received 5"),
        ({"frame_rate_hz": 23}, "unusable frame rate: received 23"),
    ],
)
def test_what_cannot_be_filmed_is_refused_in_one_line(options: dict[str, object], text: str) -> None:
    with pytest.raises(InputError) as caught:
        Shot(**options)
    assert text in str(caught.value) and "\n" not in str(caught.value)


def test_every_crop_is_accepted() -> None:
    assert [Shot(crop=crop, keep_smile=share).crop for crop, share in zip(CROPS, (0.0, 0.5, 1.0))] == list(CROPS)
