"""A portrait with a known truth: the head itself, painted and rendered, read back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from xtalker.capture.images import Portrait
from xtalker.capture.photo_parts import judge, turned_away
from xtalker.capture.photo_view import PhotoView, light_of
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.texture import appearance_of, srgb_from_linear
from xtalker.geometry.landmark_rings import LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from xtalker.head.open_head import OpenHead
from xtalker.render.head_renderer import HeadRenderer
from xtalker.render.lighting import display
from xtalker.values import Identity, Motion
from xtalker.values.appearance import TEXTURE_SIDE, Appearance
from xtalker.values.conventions import CHANNEL

SIDE_PX = 360


@dataclass(frozen=True)
class Shown:
    """A render as a portrait, with the landmarks where they truly are."""

    picture: Portrait
    fit: PortraitFit


def rendered_portrait(
    head: OpenHead, *, size: int = SIDE_PX, look: str = "skin", own: Appearance | None = None
) -> Shown:  # fmt: skip
    """The head from in front, with what a perfect fit would say."""
    rest = head.neutral(Identity())
    renderer = HeadRenderer(head.topology, rest, look=look, width=size, height=size, appearance=own, background="white")
    camera = renderer.portrait_camera()
    points = head.landmarks(Identity(), Motion.zeros(1))[0].astype(np.float64)
    seen = np.column_stack([points, np.ones(len(points))]) @ camera.camera_from_world.T
    pixels = size / 2 + camera.focal_px * seen[:, :2] / -seen[:, 2:3] * [1, -1]
    design = np.concatenate([points[:, :2] * [1, -1] - (points[:, :2] * [1, -1]).mean(0)])
    scale = float((design * (pixels - pixels.mean(0))).sum() / (design**2).sum())
    shift = pixels.mean(0) - scale * (points[:, :2] * [1, -1]).mean(0)
    landmarks = np.column_stack([pixels, np.zeros(len(pixels))])
    picture = renderer.render(rest, camera).rgb
    return Shown(Portrait(picture, "render"), PortraitFit(Identity(), Motion.zeros(1), 0.0, scale, shift, landmarks))


def _judged(shown: Shown) -> tuple[str, ...]:
    return judge(PhotoView.of(shown.picture.rgb, shown.fit.landmarks), shown.fit.reference).faults


def _over(shown: Shown, points: tuple[int, ...], grow: float, colour: tuple[int, int, int]) -> Shown:
    """The same portrait with a rectangle over some landmarks."""
    places = shown.fit.landmarks[list(points), :2]
    middle, half = (places.max(0) + places.min(0)) / 2, np.ptp(places, axis=0) / 2 * grow
    (left, top), (right, bottom) = (middle - half).astype(int), (middle + half).astype(int)
    rgb = shown.picture.rgb.copy()
    rgb[top:bottom, left:right] = colour
    return replace(shown, picture=Portrait(rgb, "render"))


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


@pytest.fixture(scope="module")
def shown(head: OpenHead) -> Shown:
    return rendered_portrait(head)


@pytest.fixture(scope="module")
def read(head: OpenHead, shown: Shown) -> Appearance:
    return appearance_of(shown.picture, shown.fit, head)


def _patch(appearance: Appearance, column: float, row: float) -> np.ndarray:
    x, y = int(column * TEXTURE_SIDE), int(row * TEXTURE_SIDE)
    return appearance.texture[y - 6 : y + 7, x - 6 : x + 7].reshape(-1, 4).astype(float).mean(0)


def test_light_of_undoes_the_display() -> None:
    light = np.array([0.0, 0.02, 0.2, 0.6, 1.5])
    shown = np.rint(255 * np.array([display(np.float32(x)) for x in light])).astype(np.uint8)
    np.testing.assert_allclose(light_of(shown[None, :, None].repeat(3, axis=2))[0, :, 0], light, rtol=0.06, atol=2e-3)


def test_srgb_ends_and_middle() -> None:
    np.testing.assert_allclose(srgb_from_linear(np.array([0.0, 0.214, 1.0, 2.0])), [0, 0.5, 1, 1], atol=1e-3)


def test_the_colour_of_the_skin_comes_back(read: Appearance) -> None:
    generic = 255 * srgb_from_linear(np.array([0.60, 0.355, 0.245]))
    for column in (0.43, 0.57):  # beside the nose
        np.testing.assert_allclose(_patch(read, column, 0.58)[:3], generic, atol=28)
    assert read.generic == ()


def test_both_halves_are_lit_alike(read: Appearance) -> None:
    """The lamps of the renderer stand at one side; skin must not."""
    for column, row in ((0.42, 0.60), (0.40, 0.66), (0.44, 0.42)):
        left, right = _patch(read, column, row)[:3], _patch(read, 1 - column, row)[:3]
        assert np.abs(left - right).max() < 16


def test_lids_are_skin_where_the_picture_shows_eyes(read: Appearance, head: OpenHead) -> None:
    skin = _patch(read, 0.43, 0.60)[:3]
    for column in (0.43, 0.57):
        eye = _patch(read, column, 0.535)[:3]
        assert np.abs(eye - skin).max() < 60 and eye[0] > eye[2] + 15


def test_the_back_has_hair_and_the_face_has_none(read: Appearance) -> None:
    assert _patch(read, 0.03, 0.3)[3] > 180 and _patch(read, 0.5, 0.62)[3] < 10


def test_background_stays_out(read: Appearance) -> None:
    paint = read.texture[300:760, 120:900, :3].astype(float)
    assert (paint.min(2) > 235).mean() < 0.001  # the background is white


def test_a_birthmark_comes_back_where_it_was(head: OpenHead, shown: Shown, read: Appearance) -> None:
    marked = _over(shown, (205,), 1, (0, 0, 0))
    x, y = (int(v) for v in shown.fit.landmarks[205, :2])
    marked.picture.rgb[y - 5 : y + 5, x - 5 : x + 5] = (70, 30, 25)
    own = appearance_of(marked.picture, marked.fit, head)
    change = np.abs(own.texture[..., :3].astype(float) - read.texture[..., :3]).max(2)
    rows, columns = np.nonzero(change > 60)
    assert 0.36 < columns.mean() / TEXTURE_SIDE < 0.46 and 0.56 < rows.mean() / TEXTURE_SIDE < 0.70
    assert np.ptp(columns) < 120


def test_own_look_shows_the_portrait_again(head: OpenHead, shown: Shown, read: Appearance) -> None:
    again = rendered_portrait(head, look="portrait", own=read).picture.rgb.astype(float)
    face = [50, 205, 187, 280, 425, 411, 9, 151]
    x, y = shown.fit.landmarks[face, :2].astype(int).T
    np.testing.assert_allclose(again[y, x], shown.picture.rgb[y, x], atol=26)


def test_plain_portraits_have_no_faults(shown: Shown) -> None:
    assert _judged(shown) == ()


def test_faults_are_named(head: OpenHead, shown: Shown) -> None:
    glasses = _over(_over(shown, RIGHT_EYE, 1.8, (12, 12, 14)), LEFT_EYE, 1.8, (12, 12, 14))
    assert "dark glasses" in _judged(glasses)[0]
    mask = _over(shown, (*OUTER_LIPS, 199, 205, 425), 1.3, (60, 110, 190))
    assert "mouth and chin" in _judged(mask)[0]
    dark = replace(shown, picture=Portrait((shown.picture.rgb * 0.08).astype(np.uint8), "render"))
    assert "too dark" in _judged(dark)[0]
    turned = replace(shown, fit=replace(shown.fit, reference=_yawed(1.0)))
    assert "turned away by 57 degrees" in _judged(turned)[0]
    assert "pixels apart" in _judged(rendered_portrait(head, size=64))[0]


def test_what_is_too_bad_becomes_generic_skin_of_the_same_tone(head: OpenHead) -> None:
    small = rendered_portrait(head, size=64)
    own = appearance_of(small.picture, small.fit, head)
    assert len(own.generic) == 1
    smooth = own.texture[560:640, 420:600, :3].astype(float)
    assert smooth.std(axis=(0, 1)).max() < 25
    np.testing.assert_allclose(smooth.mean((0, 1)), 255 * srgb_from_linear(np.array([0.60, 0.355, 0.245])), atol=40)


def test_covered_mouths_get_generic_lips(head: OpenHead, shown: Shown) -> None:
    mask = _over(shown, (*OUTER_LIPS, 199, 205, 425), 1.3, (60, 110, 190))
    own = appearance_of(mask.picture, mask.fit, head)
    red, green, blue = own.texture[650:740, 440:580, :3].astype(float).mean((0, 1))
    assert red > green > blue


def test_turn_counts_in_every_direction() -> None:
    assert turned_away(_yawed(0.0)) == pytest.approx(0)
    assert turned_away(_yawed(-0.9)) == pytest.approx(0.9)


def _yawed(yaw_rad: float) -> Motion:
    motion = Motion.zeros(1)
    motion.head[0, 1] = yaw_rad
    return motion


def test_the_shade_beside_a_smile_is_no_moustache(head: OpenHead, shown: Shown) -> None:
    rgb = shown.picture.rgb.astype(np.float64)
    lip = shown.fit.landmarks[list(OUTER_LIPS), :2]
    nose = shown.fit.landmarks[2, :2]
    top, bottom = int(nose[1]) + 2, int(lip[:, 1].min()) - 1
    rgb[top:bottom, int(lip[:, 0].min()) : int(lip[:, 0].max())] *= 0.55
    dark = replace(shown, picture=Portrait(rgb.astype(np.uint8), "render"))
    laughing = Motion.zeros(1)
    for name in ("mouthSmileLeft", "mouthSmileRight", "mouthUpperUpLeft", "mouthUpperUpRight"):
        laughing.expression[0, CHANNEL[name]] = 0.3
    serious, smiling = (
        appearance_of(dark.picture, replace(dark.fit, reference=reference), head).texture[..., :3].astype(float)
        for reference in (Motion.zeros(1), laughing)
    )
    plain = appearance_of(shown.picture, shown.fit, head).texture[..., :3].astype(float)
    shaded = np.abs(serious - plain).mean(-1) > 25
    assert shaded.sum() > 500
    assert np.abs(smiling - plain)[shaded].mean() < 0.6 * np.abs(serious - plain)[shaded].mean()
