"""Textures of a photo avatar for one framing: its layers brought to the size of the samples, exactly on their grid.

At rest every sample then falls on the middle of a texel, so the picture is the photograph at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from xtalker.render.photo_picture import EyeTextures, MouthTextures, Textures
from xtalker.values.photo_avatar import PhotoAvatar, PhotoPatch

_MARGIN: Final = 0.25  # of the face's height around the framing: what may move in
_LANCZOS, _BOX = Image.Resampling.LANCZOS, Image.Resampling.BOX


@dataclass(frozen=True)
class Framing:
    """The part of the photo that the picture shows.

    Attributes:
        left, top: photo pixel of the picture's upper left corner.
        per_pixel: texture pixels (= samples) for each photo pixel.
        width, height: of the picture in samples.
    """

    left: float
    top: float
    per_pixel: float
    width: int
    height: int

    def texture(self, avatar: PhotoAvatar) -> TextureGrid:
        """The grid of the textures: the framing and a margin, within the photo."""
        rows, columns = avatar.photo.shape[:2]
        margin = _MARGIN * (avatar.face_box[3] - avatar.face_box[1])
        before_x, before_y = (2 * int(min(margin, max(at, 0)) * self.per_pixel / 2) for at in (self.left, self.top))
        right, bottom = self.left + self.width / self.per_pixel, self.top + self.height / self.per_pixel
        after_x, after_y = (
            2 * int(min(margin, max(free, 0)) * self.per_pixel / 2) for free in (columns - right, rows - bottom)
        )
        return TextureGrid(
            self.left - before_x / self.per_pixel,
            self.top - before_y / self.per_pixel,
            self.per_pixel,
            before_x + self.width + after_x,
            before_y + self.height + after_y,
        )


@dataclass(frozen=True)
class TextureGrid:
    """Pixels of the textures over the photo.

    Attributes:
        left, top: photo pixel of the upper left corner.
        per_pixel: texture pixels for each photo pixel.
        width, height: texture pixels.
    """

    left: float
    top: float
    per_pixel: float
    width: int
    height: int

    def of(self, photo_pixels: Float[np.ndarray, "*points 2"]) -> Float[np.ndarray, "*points 2"]:
        """Texture coordinates of photo pixels."""
        return (photo_pixels - np.array([self.left, self.top])) * self.per_pixel

    def whole(self, picture: UInt8[np.ndarray, "height width *channels"], filter_: int = _LANCZOS) -> np.ndarray:
        """A picture as large as the photo, on the grid."""
        right, bottom = self.left + self.width / self.per_pixel, self.top + self.height / self.per_pixel
        return _cut(picture, (self.left, self.top, right, bottom), (self.width, self.height), filter_)

    def patches(self, both: tuple[PhotoPatch, ...]) -> tuple[np.ndarray, Float[np.ndarray, "eyes 2"]]:
        """Patches of one size on the grid, and their corners in the texture."""
        corners, sizes = [], []
        for patch in both:
            low = np.floor(self.of(np.array(patch.corner, float)) - 1e-6).astype(int)
            high = np.ceil(self.of(np.array(patch.corner, float) + patch.pixels.shape[1::-1]) + 1e-6).astype(int)
            corners.append(low)
            sizes.append(high - low)
        width, height = np.maximum(np.max(sizes, axis=0), 2)
        cut = [self._patch(patch, corner, int(width), int(height)) for patch, corner in zip(both, corners)]
        return np.ascontiguousarray(np.stack(cut)), np.array(corners, np.float32)

    def _patch(self, patch: PhotoPatch, corner: np.ndarray, width: int, height: int) -> np.ndarray:
        """One patch, continued at its border where the grid reaches beyond it."""
        low = np.array([self.left, self.top]) + corner / self.per_pixel - patch.corner
        high = low + np.array([width, height]) / self.per_pixel
        size = np.array(patch.pixels.shape[1::-1])
        before = np.maximum(np.ceil(-low), 0).astype(int) + 2
        after = np.maximum(np.ceil(high - size), 0).astype(int) + 2
        padded = np.pad(patch.pixels, ((before[1], after[1]), (before[0], after[0]), (0, 0)), mode="edge")
        box = (*(low + before), *(high + before))
        return _cut(padded, box, (width, height), _LANCZOS)


def _cut(
    picture: np.ndarray, box: tuple[float, ...], size: tuple[int, int], filter_: int
) -> UInt8[np.ndarray, "height width *channels"]:
    """A part of a picture in another size; four channels are taken one by one, for they are not premultiplied."""
    rows, columns = picture.shape[:2]
    left, top, right, bottom = (float(np.clip(at, 0, most)) for at, most in zip(box, (columns, rows, columns, rows)))
    if picture.ndim == 3 and picture.shape[2] == 4:
        return np.dstack([_cut(picture[..., :3], box, size, filter_), _cut(picture[..., 3], box, size, filter_)])
    image = Image.fromarray(np.ascontiguousarray(picture))
    # A copy, for arrays of Pillow's are read-only: to the kernels that is another type, compiled anew.
    return np.array(image.resize(size, Image.Resampling(filter_), box=(left, top, right, bottom)))


def layer_textures(avatar: PhotoAvatar, grid: TextureGrid) -> Textures:
    """The person and what lies behind, and both in half size."""
    person = np.dstack([grid.whole(avatar.person), grid.whole(avatar.cover)])
    back = grid.whole(avatar.background)
    half = (max(grid.width // 2, 2), max(grid.height // 2, 2))
    premultiplied = person.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    halves = halved(premultiplied, half), halved(back, half)
    return Textures(np.ascontiguousarray(person), np.ascontiguousarray(back), *halves)


def halved(picture: np.ndarray, size: tuple[int, int]) -> UInt8[np.ndarray, "height width channels"]:
    """Means of four pixels; `size` is width and height of the result."""
    blocks = picture[: 2 * size[1], : 2 * size[0]].astype(np.float32)
    mean = blocks.reshape(size[1], 2, size[0], 2, -1).mean((1, 3))
    return np.ascontiguousarray(np.round(mean).astype(np.uint8))


def eye_textures(avatar: PhotoAvatar, grid: TextureGrid) -> EyeTextures:
    """Both eyes on the grid."""
    balls, corner = grid.patches(tuple(eye.ball for eye in avatar.eyes))
    irises, _ = grid.patches(tuple(eye.iris for eye in avatar.eyes))
    glints, _ = grid.patches(tuple(eye.glint for eye in avatar.eyes))
    shut, shut_corner = grid.patches(tuple(eye.shut for eye in avatar.eyes))
    centres = grid.of(np.array([eye.centre for eye in avatar.eyes]))
    radii = np.array([eye.radius for eye in avatar.eyes]) * grid.per_pixel
    place = np.column_stack([centres, radii]).astype(np.float32)
    return EyeTextures(balls, irises, glints, corner, shut, shut_corner, place)


def mouth_textures(avatar: PhotoAvatar, grid: TextureGrid) -> MouthTextures:
    """The inside of the mouth on the grid."""
    inside, corner = grid.patches((avatar.mouth.inside,))
    low, high = (grid.of(avatar.mouth.box[at]) for at in ([0, 2], [1, 3]))
    box = np.array([low[0], high[0], low[1], high[1]], np.float32)
    return MouthTextures(np.ascontiguousarray(inside[0]), corner[0], box, avatar.mouth.tones)
