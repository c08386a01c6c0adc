"""The hole of the mouth on painted mouths: bad light, dark lips, beards, turned heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from benchmarks.face_sheets import VISEMES, posed
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from xtalker.capture.mouth_hole import COLUMN_PLACES, correct_inner_lips, hole_width, read_hole
from xtalker.head.open_head import OpenHead
from xtalker.render.head_renderer import HeadRenderer
from xtalker.values import Identity

PAIRS = ((191, 95), (80, 88), (81, 178), (82, 87), (13, 14), (312, 317), (311, 402), (310, 318), (415, 324))
ROUND, SPREAD, CLOSED = VISEMES["oh"], VISEMES["ee"], VISEMES["m b p"]
ROUND_HOLE, SPREAD_HOLE = 0.5, 0.85  # of the distance of the corners
OUTLINE = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)


@dataclass(frozen=True)
class Shown:
    """A painted mouth with landmarks as a network draws them: inner lips as a lens, at the true height in the middle.

    Attributes:
        rgb: the picture.
        lens: landmarks.
        true_width: that holds 90 % of the hole's area, as a part of the distance of the corners.
    """

    rgb: np.ndarray
    lens: np.ndarray
    true_width: float


@pytest.fixture(scope="module")
def show() -> Callable[..., Shown]:
    head = OpenHead()
    renderer = HeadRenderer(head.topology, head.neutral(Identity()), look="clay", width=360, height=360)
    camera = renderer.portrait_camera()

    def make(weights: dict[str, float], yaw_deg: float = 0.0, *, hole: float = ROUND_HOLE) -> Shown:
        motion = posed([weights])
        motion.head[0, 1] = np.radians(yaw_deg)
        marks = head.landmarks(Identity(), motion)[0]
        lens = _as_lens(camera.project(marks)[0].astype(np.float64))
        open_lips = np.linalg.norm(lens[13] - lens[14]) > 3
        heights = np.sqrt(np.clip(1 - ((COLUMN_PLACES - 0.5) / (0.5 * hole)) ** 2, 0, 1))
        return Shown(_mouth(lens, hole if open_lips else 0.0), lens, hole_width(heights))

    return make


def _mouth(lens: np.ndarray, hole: float) -> np.ndarray:
    """Lips between the outer landmarks, and an elliptic hole of a part of their width with teeth and tongue in it."""
    image = Image.new("RGB", (4 * 360, 4 * 360), (205, 160, 135))
    draw = ImageDraw.Draw(image)
    lips, upper = [tuple(4 * p) for p in lens[list(OUTLINE)]], [tuple(4 * p) for p in lens[list(OUTLINE[:11])]]
    draw.polygon(lips, fill=(190, 105, 100))
    draw.polygon([*upper, tuple(4 * lens[[61, 291]].mean(0))], fill=(165, 85, 82))
    if hole:
        turn = np.linspace(0, 2 * np.pi, 80)[:, None]
        across, down = 0.5 * hole * (lens[291] - lens[61]), 0.5 * (lens[14] - lens[13])
        middle = (lens[13] + lens[14]) / 2
        draw.polygon([tuple(4 * p) for p in middle + np.cos(turn) * across + np.sin(turn) * down], fill=(50, 22, 22))
        teeth = turn[45:75]  # the upper part
        draw.polygon(
            [tuple(4 * p) for p in middle + np.cos(teeth) * across + np.sin(teeth) * down], fill=(205, 195, 175)
        )
    return np.asarray(image.resize((360, 360), Image.Resampling.BOX))


def _as_lens(pixels: np.ndarray) -> np.ndarray:
    out = pixels.copy()
    upper, lower = np.array(PAIRS).T
    axis = pixels[291] - pixels[61]
    middles = (pixels[upper] + pixels[lower]) / 2
    t = 2 * ((middles - pixels[61]) @ axis / (axis @ axis)) - 1
    height = np.linalg.norm(pixels[13] - pixels[14]) * (1 - t**2) / (1 - t[4] ** 2)
    down = (pixels[14] - pixels[13]) / np.linalg.norm(pixels[14] - pixels[13])
    out[upper], out[lower] = middles - 0.5 * height[:, None] * down, middles + 0.5 * height[:, None] * down
    return out


def _side_light(rgb: np.ndarray, _: np.ndarray) -> np.ndarray:
    """One side of the face has a third of the light of the other."""
    gain = np.linspace(0.45, 1.2, rgb.shape[1])[None, :, None]
    return np.clip(rgb * gain, 0, 255).astype(np.uint8)


def _dark_lips(rgb: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """Lips of half the luma and little red."""
    return _painted(rgb, lens, lambda p: 0.5 * (0.6 * p + 0.4 * p.mean(-1, keepdims=True)), grow=0.0)


def _beard(rgb: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """Dark grey hair all around the outer contour."""
    inside = _mask(rgb, lens)[..., None]
    grain = np.random.default_rng(0).normal(0.35, 0.1, (*rgb.shape[:2], 1))
    hair = np.clip(rgb.mean(-1, keepdims=True) * grain, 0, 255)
    return (inside * rgb + (1 - inside) * hair).astype(np.uint8)


def _noise(rgb: np.ndarray, _: np.ndarray) -> np.ndarray:
    """A grainy, soft picture."""
    soft = gaussian_filter(rgb.astype(float), (1, 1, 0))
    return np.clip(soft + np.random.default_rng(1).normal(0, 8, rgb.shape), 0, 255).astype(np.uint8)


def _as_it_is(rgb: np.ndarray, _: np.ndarray) -> np.ndarray:
    return rgb


def _mask(rgb: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """1 inside the outer contour of the lips."""
    image = Image.new("L", rgb.shape[1::-1])
    ImageDraw.Draw(image).polygon([tuple(p) for p in lens[list(OUTLINE)]], fill=255)
    return np.asarray(image) / 255.0


def _painted(
    rgb: np.ndarray, lens: np.ndarray, paint: Callable[[np.ndarray], np.ndarray], *, grow: float
) -> np.ndarray:
    """Lips repainted; what is darker than a third of the lips or not red lies between them and stays."""
    mask = _mask(rgb, lens)
    value = rgb.astype(float)
    red = (value[..., 0] - value[..., 1]) / (value.sum(-1) + 30)
    lip = mask * (red > 0.6 * np.median(red[mask > 0.5])) * (value.sum(-1) > 0.5 * np.median(value[mask > 0.5].sum(-1)))
    share = gaussian_filter(lip, 0.7 + grow)[..., None]
    return np.clip(share * paint(value) + (1 - share) * value, 0, 255).astype(np.uint8)


WORLDS = {f.__name__: f for f in (_as_it_is, _side_light, _dark_lips, _beard, _noise)}


@pytest.mark.parametrize("yaw_deg", [0.0, 30.0, -30.0])
@pytest.mark.parametrize("world", WORLDS)
def test_a_round_hole_is_read_and_a_spread_one_too(show: Callable[..., Shown], world: str, yaw_deg: float) -> None:
    widths = {}
    for name, weights, part in (("round", ROUND, ROUND_HOLE), ("spread", SPREAD, SPREAD_HOLE)):
        shown = show(weights, yaw_deg, hole=part)
        hole = read_hole(WORLDS[world](shown.rgb, shown.lens), shown.lens)
        widths[name] = hole_width(np.where(hole > 1, hole, 0))
        assert abs(widths[name] - shown.true_width) < 0.15
    assert widths["round"] < widths["spread"] - 0.1


@pytest.mark.parametrize("yaw_deg", [0.0, 30.0, -30.0])
@pytest.mark.parametrize("world", WORLDS)
def test_landmarks_of_a_round_mouth_are_drawn_together(show: Callable[..., Shown], world: str, yaw_deg: float) -> None:
    shown = show(ROUND, yaw_deg)
    hole = read_hole(WORLDS[world](shown.rgb, shown.lens), shown.lens)
    fixed = correct_inner_lips(shown.lens[None], hole[None])[0]
    before, after = (_width(points) for points in (shown.lens, fixed))
    assert abs(after - shown.true_width) < 0.6 * abs(before - shown.true_width) + 0.02
    np.testing.assert_array_equal(fixed[[13, 14, 82, 87, 312, 317]], shown.lens[[13, 14, 82, 87, 312, 317]])


def _width(points: np.ndarray) -> float:
    upper, lower = np.array(PAIRS).T
    axis = points[291] - points[61]
    place = ((points[upper] + points[lower]) / 2 - points[61]) @ axis / (axis @ axis)
    opening = np.linalg.norm(points[upper] - points[lower], axis=1)
    return hole_width(np.interp(COLUMN_PLACES, np.r_[0, place, 1], np.r_[0, opening, 0]))


@pytest.mark.parametrize("world", WORLDS)
def test_a_closed_mouth_is_left_alone(show: Callable[..., Shown], world: str) -> None:
    shown = show(CLOSED)
    hole = read_hole(WORLDS[world](shown.rgb, shown.lens), shown.lens)
    np.testing.assert_array_equal(correct_inner_lips(shown.lens[None], hole[None])[0], shown.lens)


def test_frames_without_a_face_and_unread_ones_stay(show: Callable[..., Shown]) -> None:
    shown = show(ROUND)
    points = np.stack([np.full_like(shown.lens, np.nan), shown.lens])
    fixed = correct_inner_lips(points, np.full((2, len(COLUMN_PLACES)), np.nan))
    np.testing.assert_array_equal(fixed, points)
    assert correct_inner_lips(points[:0], np.zeros((0, len(COLUMN_PLACES)))).shape == (0, 478, 2)


def test_a_reading_that_contradicts_the_middle_is_not_believed(show: Callable[..., Shown]) -> None:
    shown = show(ROUND)
    for factor in (0.2, 3.0):
        height = np.linalg.norm(shown.lens[13] - shown.lens[14]) * factor
        hole = np.where(np.abs(COLUMN_PLACES - 0.5) < 0.15, height, 0)
        np.testing.assert_array_equal(correct_inner_lips(shown.lens[None], hole[None])[0], shown.lens)


def test_mouths_at_the_border_of_the_picture_are_read(show: Callable[..., Shown]) -> None:
    shown = show(ROUND)
    out = shown.lens + np.array([0, 400])
    assert np.isfinite(read_hole(shown.rgb, out)).all()
