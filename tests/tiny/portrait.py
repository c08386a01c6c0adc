"""A drawn portrait whose landmarks are those of the head model itself, so that the fit is exact, and its avatar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from xtalker.appearance.fitted import Fitted
from xtalker.appearance.pixels import blurred
from xtalker.appearance.prepare import prepare
from xtalker.appearance.segmentation import SelfieSegmentation
from xtalker.geometry.landmark_rings import (
    FACE_OVAL,
    INNER_LIPS,
    IRISES,
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
)
from xtalker.head.open_head import OpenHead
from xtalker.performance import parts
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import PhotoAvatar, PhotoCamera

_open_head = parts.open_head  # tests that allow no models replace the name in `parts`
WIDTH, HEIGHT = 420, 500
SCALE, SHIFT = 1500.0, np.array([212.0, 226.0])
SKIN, LIPS, WHITE, IRIS, HAIR, CLOTH = (
    (214, 170, 146), (186, 96, 98), (236, 232, 228), (88, 62, 40), (64, 44, 34), (150, 60, 52),
)  # fmt: skip


@dataclass(frozen=True)
class DrawnPortrait:
    """A picture and all that a fit would have found in it.

    Attributes:
        rgb: the picture; blue is background, and nothing else is.
        marks: its landmarks, pixels.
        head: the head model.
        identity: whose shape.
        reference: expression and pose in the picture.
    """

    rgb: np.ndarray
    marks: np.ndarray
    head: OpenHead
    identity: Identity
    reference: Motion

    @property
    def fitted(self) -> Fitted:
        """Picture and fit, as the parts of the preparation take them."""
        oval = self.marks[list(FACE_OVAL)]
        camera = PhotoCamera(SCALE, SHIFT, (oval.min(0) + oval.max(0)) / 2)
        return Fitted(self.rgb, self.marks, self.head, self.identity, self.reference, camera)

    def moved(self, marks: np.ndarray) -> Fitted:
        """The same fit to other landmarks: it is no longer exact."""
        return replace(self.fitted, marks=marks)

    def avatar(self) -> PhotoAvatar:
        """Ready to move."""
        return prepare(
            self.rgb, self.marks, self.head, self.identity, self.reference, SCALE, SHIFT, blue_is_background()
        )


@cache
def drawn_portrait(yaw_rad: float = 0.0, opening_rad: float = 0.0, squint: float = 0.0) -> DrawnPortrait:
    """Somebody in front of a blue wall.

    Args:
        yaw_rad: how far the head is turned.
        opening_rad: how far the jaw is down.
        squint: how far the eyes are shut.
    """
    head = _open_head()
    shape = np.zeros(100, np.float32)
    shape[:6] = [0.6, -0.5, 0.4, 0.3, -0.6, 0.2]
    identity, reference = Identity(shape), Motion.zeros(1)
    reference.head[0, 1], reference.jaw[0, 0] = yaw_rad, opening_rad
    reference.expression[0, CHANNEL["jawOpenCorrective"]] = opening_rad / head.jaw_open_angle_rad
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        reference.expression[0, CHANNEL[name]] = squint
    points = head.landmarks(identity, reference)[0].astype(float)
    marks = points[:, :2] * [SCALE, -SCALE] + SHIFT
    return DrawnPortrait(_drawn(marks), marks, head, identity, reference)


@cache
def drawn_avatar() -> PhotoAvatar:
    """The avatar of `drawn_portrait()`."""
    return drawn_portrait().avatar()


def blue_is_background() -> SelfieSegmentation:
    """Stands in for the network that finds people."""

    def network(picture: np.ndarray) -> list[np.ndarray]:
        red, blue = picture[..., :1], picture[..., 2:3]
        return [(blue < red).astype(np.float32)]

    return SelfieSegmentation(network)


def _drawn(marks: np.ndarray) -> np.ndarray:
    """Drawn at three times the size and brought down; with light from the left and a little grain."""
    k = 3
    image = Image.new("RGB", (WIDTH * k, HEIGHT * k), (70, 96, 150))
    draw = ImageDraw.Draw(image)
    low, high = marks[list(FACE_OVAL)].min(0), marks[list(FACE_OVAL)].max(0)
    middle, wide = (low + high) / 2, high[0] - low[0]

    def polygon(ring: tuple[int, ...], colour: tuple[int, int, int]) -> None:
        draw.polygon([(x * k, y * k) for x, y in marks[list(ring)]], fill=colour)

    def oval(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        draw.ellipse((x0 * k, y0 * k, x1 * k, y1 * k), fill=colour)

    hair_top = low[1] - 0.32 * wide
    oval(middle[0] - 0.68 * wide, hair_top, middle[0] + 0.68 * wide, high[1] - 0.1 * wide, HAIR)
    oval(middle[0] - 1.1 * wide, high[1] + 0.12 * wide, middle[0] + 1.1 * wide, HEIGHT + 2 * wide, CLOTH)
    draw.rectangle(
        [v * k for v in (middle[0] - 0.3 * wide, high[1] - 0.3 * wide, middle[0] + 0.3 * wide, high[1] + 0.3 * wide)],
        fill=SKIN,
    )
    polygon(FACE_OVAL, SKIN)
    for brow in (LEFT_BROW, RIGHT_BROW):
        polygon(brow, HAIR)
    for ring, iris in ((LEFT_EYE, IRISES[5:]), (RIGHT_EYE, IRISES[:5])):
        eye = Image.new("L", image.size)
        ImageDraw.Draw(eye).polygon([(x * k, y * k) for x, y in marks[list(ring)]], fill=255)
        ball = Image.new("RGB", image.size, WHITE)
        at, radius = marks[iris[0]], np.linalg.norm(marks[list(iris[1:])] - marks[iris[0]], axis=1).mean()
        for share, colour in ((1.0, IRIS), (0.42, (12, 10, 10))):
            box = [v * k for v in (*(at - share * radius), *(at + share * radius))]
            ImageDraw.Draw(ball).ellipse(box, fill=colour)
        image.paste(ball, (0, 0), eye)
    polygon(OUTER_LIPS, LIPS)
    polygon(INNER_LIPS, (70, 26, 26))
    picture = np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX), np.float32)
    picture = blurred(picture, 1.0)
    x = np.arange(WIDTH)[None, :, None] / WIDTH
    grain = np.random.default_rng(5).normal(0, 1.5, (HEIGHT, WIDTH, 1))
    return np.clip(picture * (1.06 - 0.14 * x) + grain, 0, 255).astype(np.uint8)
