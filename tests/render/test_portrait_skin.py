"""A person's own colours in the renderer."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.head.open_head import OpenHead
from xtalker.render.head_renderer import HeadRenderer
from xtalker.values import Identity
from xtalker.values.appearance import Appearance

SIDE = 128


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


def _picture(head: OpenHead, look: str, own: Appearance | None) -> np.ndarray:
    rest = head.neutral(Identity())
    renderer = HeadRenderer(head.topology, rest, look=look, width=SIDE, height=SIDE, supersample=1, appearance=own)
    return renderer.render(rest, renderer.portrait_camera()).rgb


def _appearance(left: tuple[int, ...], right: tuple[int, ...]) -> Appearance:
    texture = np.empty((1024, 1024, 4), np.uint8)
    texture[:, :512], texture[:, 512:] = left, right
    return Appearance(texture, (0.1, 0.3, 0.1), (0.02, 0.02, 0.02))


def test_texture_lies_the_right_way_round(head: OpenHead) -> None:
    # the subject's right half of the map, its left side, is on the left of a picture taken from in front
    shown = _picture(head, "portrait", _appearance((200, 20, 20, 0), (20, 20, 200, 0))).astype(int)
    cheeks = shown[70:76]
    red, blue = cheeks[:, 42:50].mean((0, 1)), cheeks[:, 78:86].mean((0, 1))
    assert red[0] > 2 * red[2] and blue[2] > 2 * blue[0]


def test_linear_light_follows_the_texture(head: OpenHead) -> None:
    """Twice the albedo is brighter everywhere on the skin, and grey stays grey up to the colour of the lamps."""
    dark, bright = (_picture(head, "portrait", _appearance((v,) * 3 + (0,), (v,) * 3 + (0,))) for v in (90, 124))
    cheek = (slice(70, 76), slice(42, 50))
    assert (bright[cheek].astype(int) - dark[cheek] > 15).all()
    assert np.ptp(bright[cheek].mean((0, 1))) < 40


def test_only_the_portrait_look_takes_it(head: OpenHead) -> None:
    own = _appearance((200, 20, 20, 0), (20, 20, 200, 0))
    for look in ("skin", "clay"):
        np.testing.assert_array_equal(_picture(head, look, own), _picture(head, look, None))
    np.testing.assert_array_equal(_picture(head, "portrait", None), _picture(head, "skin", None))


def test_heads_without_hair_have_no_cap(head: OpenHead) -> None:
    rest, covered = head.neutral(Identity()), []
    for hair in (0, 255):
        own = _appearance((150, 110, 90, hair), (150, 110, 90, hair))
        renderer = HeadRenderer(head.topology, rest, look="portrait", width=400, height=400, appearance=own)
        depth = renderer.render(rest, renderer.portrait_camera(yaw_rad=0.8)).depth
        covered.append(int((depth[:150] > 0).sum()))
    assert covered[1] > covered[0] + 300


def test_the_texture_itself_is_not_touched(head: OpenHead) -> None:
    own = _appearance((200, 20, 20, 0), (20, 20, 200, 0))
    before = own.texture.copy()
    _picture(head, "portrait", own)
    np.testing.assert_array_equal(own.texture, before)
