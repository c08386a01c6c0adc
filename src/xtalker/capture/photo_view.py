"""The face in a portrait: its pixels as light, its outlines, and how the model's skin lies on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import distance_transform_edt, map_coordinates

from xtalker.geometry.landmark_rings import FACE_OVAL, IRISES
from xtalker.render.lighting import display
from xtalker.values.conventions import LEFT_EYE_OUTER, NUM_LANDMARKS, RIGHT_EYE_OUTER

_OVAL_TOP: Final = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356)

_SIDE_EYE_DISTANCES: Final = 2.9  # of the square crop
_EYE_DISTANCE_PX: Final = 280.0  # larger faces are brought down to this: about one pixel for each texel
_BRIGHTEST: Final = 8.0
_WARP_SMOOTHING: Final = 2e-4
_WARP_REACH: Final = 0.25  # eye distances beyond which a landmark no longer moves the skin


@dataclass(frozen=True)
class PhotoView:
    """A portrait around its face, brought to a size that the texture can use.

    Attributes:
        light: linear light, which shown as `render.lighting.display` gives the portrait's pixels.
        landmarks: pixels of this crop.
        eye_distance_px: distance of the outer eye corners in the crop.
        original_eye_distance_px: the same in the portrait.
        inside: pixels that the portrait holds; the crop may reach over its border.
        scale: pixels of the crop for one of the portrait.
        corner: pixel of the portrait at the crop's upper left corner.
        rgb: the crop's pixels as they are displayed.
    """

    light: Float[np.ndarray, "height width 3"]
    landmarks: Float[np.ndarray, "478 2"]
    eye_distance_px: float
    original_eye_distance_px: float
    inside: Bool[np.ndarray, "height width"]
    scale: float
    corner: Float[np.ndarray, "2"]
    rgb: UInt8[np.ndarray, "height width 3"]

    @classmethod
    def of(cls, rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 3"]) -> PhotoView:
        """Cut the face out."""
        points = landmarks[:, :2].astype(np.float64)
        distance = float(np.linalg.norm(landmarks[LEFT_EYE_OUTER] - landmarks[RIGHT_EYE_OUTER]))
        half = _SIDE_EYE_DISTANCES * distance / 2
        corner = (points.min(0) + points.max(0)) / 2 - half - [0, 0.3 * distance]
        scale = min(1.0, _EYE_DISTANCE_PX / distance)
        side = int(np.ceil(2 * half * scale))
        box = (*corner, *(corner + side / scale))
        image = Image.fromarray(rgb)
        cut = image.transform(
            (round(side / scale),) * 2, Image.Transform.EXTENT, tuple(map(float, box)), Image.Resampling.BILINEAR
        )
        small = np.asarray(cut.resize((side, side), Image.Resampling.LANCZOS))
        rows, columns = ((np.arange(side) + 0.5) / scale + corner[k] for k in (1, 0))
        inside = ((rows > 0) & (rows < rgb.shape[0]))[:, None] & ((columns > 0) & (columns < rgb.shape[1]))
        return cls(
            light_of(small), (points - corner) * scale, distance * scale, distance, inside, scale, np.asarray(corner),
            small,
        )  # fmt: skip

    def to_crop(self, pixels: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        """Pixels of the portrait in the crop."""
        return np.asarray((pixels - self.corner) * self.scale)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.light.shape[1], self.light.shape[0]

    def sample(
        self, picture: Float[np.ndarray, "height width *channels"], pixels: Float[np.ndarray, "points 2"]
    ) -> Float[np.ndarray, "points *channels"]:
        """Bilinear values at pixels; the border is continued."""
        at = [pixels[:, 1] - 0.5, pixels[:, 0] - 0.5]
        flat = picture.reshape(*picture.shape[:2], -1)
        columns = [map_coordinates(flat[..., k], at, order=1, mode="nearest") for k in range(flat.shape[2])]
        return np.stack(columns, axis=-1).reshape(len(pixels), *picture.shape[2:])

    def depth_inside(self, polygon: Float[np.ndarray, "corners 2"]) -> Float[np.ndarray, "height width"]:
        """Eye distances from each pixel to the border of a polygon, positive inside."""
        canvas = Image.new("1", self.size, 0)
        ImageDraw.Draw(canvas).polygon([tuple(p) for p in polygon.tolist()], fill=1)
        mask = np.asarray(canvas)
        signed = distance_transform_edt(mask) - distance_transform_edt(~mask)
        return np.asarray(signed / self.eye_distance_px)

    @property
    def upwards(self) -> Float[np.ndarray, "2"]:
        """Pixels from chin to forehead, as long as the distance of the eyes."""
        eyes = self.landmarks[LEFT_EYE_OUTER] - self.landmarks[RIGHT_EYE_OUTER]
        up = np.array([eyes[1], -eyes[0]])
        return np.asarray(self.eye_distance_px * up / np.linalg.norm(up))

    def face(self) -> Float[np.ndarray, "height width"]:
        """`depth_inside` of the face."""
        return self.depth_inside(self.landmarks[list(FACE_OVAL)])

    def face_and_crown(self) -> Float[np.ndarray, "height width"]:
        """`depth_inside` of the face together with what lies above the forehead."""
        top = self.landmarks[list(_OVAL_TOP)]
        above = top.mean(0) + 0.9 * (top - top.mean(0)) + 1.1 * self.upwards
        return np.asarray(np.maximum(self.face(), self.depth_inside(np.concatenate([top, above[::-1]]))))

    def aligned(
        self, pixels: Float[np.ndarray, "points 2"], model_landmarks: Float[np.ndarray, "478 2"]
    ) -> Float[np.ndarray, "points 2"]:
        """Move projected points as the landmarks have to move from the model onto the picture (thin plates)."""
        d = self.eye_distance_px
        used = np.setdiff1d(np.arange(NUM_LANDMARKS), IRISES)
        source, target = model_landmarks[used] / d, self.landmarks[used] / d
        plate = RBFInterpolator(source, target - source, smoothing=_WARP_SMOOTHING, kernel="thin_plate_spline")
        outside = np.maximum(-self._outside(pixels), 0)
        fade = np.exp(-((outside / _WARP_REACH) ** 2))
        return np.asarray(pixels + d * fade[:, None] * plate(pixels / d))

    def _outside(self, pixels: Float[np.ndarray, "points 2"]) -> Float[np.ndarray, "points"]:
        return self.sample(self.face(), np.clip(pixels, 0, np.array(self.size)))


def light_of(rgb: UInt8[np.ndarray, "height width 3"]) -> Float[np.ndarray, "height width 3"]:
    """Light that the renderer would show as these display values."""
    levels = np.concatenate([[0], np.geomspace(1e-4, _BRIGHTEST, 4096)]).astype(np.float32)
    shown = np.array([display(level) for level in levels])
    table = np.interp(np.arange(256) / 255, shown, levels)
    return np.asarray(table[rgb])
