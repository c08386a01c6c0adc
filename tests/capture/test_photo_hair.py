"""Hair with a known shape: a head with hair, drawn and read back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.capture.test_texture import rendered_portrait

from xtalker.capture.images import Portrait
from xtalker.capture.texture import appearance_of
from xtalker.head.open_head import OpenHead
from xtalker.values.appearance import (
    HAIR_ANGLES_RAD,
    HAIR_FRONT_RAD,
    HAIR_PICTURE_SIZE,
    TEXTURE_SIDE,
    Appearance,
    HairStyle,
)

pytestmark = pytest.mark.real
BROWN = (0.06, 0.035, 0.02)
NUM = len(HAIR_ANGLES_RAD)
FRONT = (0.38,) * len(HAIR_FRONT_RAD)


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


@pytest.fixture(scope="module")
def cropped(head: OpenHead) -> Appearance:
    """What is read from the generic head with its cropped hair."""
    shown = rendered_portrait(head)
    return appearance_of(shown.picture, shown.fit, head)


def _with(own: Appearance, stand_m: float, length_m: float) -> Appearance:
    width, height = HAIR_PICTURE_SIZE
    picture = np.zeros((height, width, 4), np.uint8)
    return replace(own, style=HairStyle((stand_m,) * NUM, FRONT, length_m, BROWN, picture))


def _read(head: OpenHead, own: Appearance) -> HairStyle | None:
    shown = rendered_portrait(head, look="portrait", own=own)
    return appearance_of(shown.picture, shown.fit, head).style


def test_cropped_hair_is_read_as_such(cropped: Appearance) -> None:
    assert cropped.style is not None and cropped.style.length_m == 0
    assert max(cropped.style.stand_m) < 0.012


def test_the_outline_is_read_back(head: OpenHead, cropped: Appearance) -> None:
    style = _read(head, _with(cropped, 0.034, 0.0))
    assert style is not None and style.length_m == 0
    top = [abs(a) < 0.8 for a in HAIR_ANGLES_RAD]
    assert np.array(style.stand_m)[top] == pytest.approx(0.034, abs=0.010)


def test_long_hair_is_read_as_long(head: OpenHead, cropped: Appearance) -> None:
    style = _read(head, _with(cropped, 0.02, 0.13))
    assert style is not None and style.length_m == pytest.approx(0.13, abs=0.03)
    assert style.colour[0] > style.colour[1] > style.colour[2]
    assert style.picture[..., 3].any()


def test_hair_before_a_wall_of_its_own_colour_is_left_alone(head: OpenHead, cropped: Appearance) -> None:
    shown = rendered_portrait(head, look="portrait", own=_with(cropped, 0.03, 0.1))
    rgb = shown.picture.rgb.copy()
    wall = (rgb == 255).all(-1)
    hair = np.median(rgb[10:40, 150:210].reshape(-1, 3), axis=0)
    rgb[wall] = hair + np.random.default_rng(0).integers(-9, 9, (int(wall.sum()), 3))
    assert appearance_of(replace(shown, picture=Portrait(rgb, "render")).picture, shown.fit, head).style is None


def test_bald_heads_have_no_style(head: OpenHead) -> None:
    skin = np.full((TEXTURE_SIDE, TEXTURE_SIDE, 4), (206, 158, 130, 0), np.uint8)
    bald = Appearance(skin, (0.1, 0.1, 0.1), (0.1, 0.05, 0.03))
    assert _read(head, bald) is None
