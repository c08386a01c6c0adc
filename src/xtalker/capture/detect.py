"""Where faces are: MediaPipe's short-range detector (BlazeFace), decoded here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, UInt8

from xtalker.capture.crop import Region, crop
from xtalker.capture.network import Network
from xtalker.values import InputError

_INPUT_SIZE = 128
_NUM_ANCHORS = 896
_MIN_SCORE = 0.5
_MIN_TILE_SCORE = 0.65
"""Dozens of tiles give more chances for a false alarm than one look; the mesh rejects those that remain."""
_SAME_FACE_IOU = 0.3
_MIN_TILE_SIDE = 96
"""Below this a tile magnifies blur; faces in it would be too small to fit anyway."""


@dataclass(frozen=True)
class Detection:
    """One face.

    Attributes:
        score: confidence 0..1.
        box: upper left and lower right corner in image pixels.
        keypoints: image pixels of image-left eye, image-right eye, nose tip, mouth, image-left and right
            ear; "image-left" is the subject's right.
    """

    score: float
    box: Float[np.ndarray, "2 2"]
    keypoints: Float[np.ndarray, "6 2"]

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return float(np.prod(self.box[1] - self.box[0]))

    def region(self) -> Region:
        """Square for the face mesh: 1.5 x the longer side, turned so that the eyes are level."""
        (dx, dy), (cx, cy) = self.keypoints[1] - self.keypoints[0], self.box.mean(axis=0)
        side = 1.5 * float((self.box[1] - self.box[0]).max())
        return Region(float(cx), float(cy), side, float(np.arctan2(dy, dx)))


class FaceDetector:
    """Finds faces of any size.

    Args:
        model_bytes: `face_detection_short_range.tflite` of MediaPipe.
        threads: processor threads.
    """

    def __init__(self, model_bytes: bytes, *, threads: int = 1) -> None:
        self._network = Network(model_bytes, ["input"], ["regressors", "classificators"], threads=threads)
        self._anchors = anchors()

    def detect(self, rgb: UInt8[np.ndarray, "height width 3"], *, search_small: bool = True) -> list[Detection]:
        """All faces, largest box first.

        The network sees faces larger than about an eighth of the square that it looks at: first the whole image,
        then tiles of half its size. Only if nothing is found there, it looks with a wide margin (faces that fill
        the frame) and in tiles of a quarter (faces down to about a thirtieth).

        Args:
            rgb: the image.
            search_small: look beyond the whole image, 10 to 60 times slower.
        """
        height, width = rgb.shape[:2]
        side = float(max(width, height))
        whole = Region(width / 2, height / 2, side)
        faces = self._look(rgb, whole)
        if search_small:
            further = self._look_in_tiles(rgb, side / 2, _MIN_TILE_SCORE)
            faces += [face for face in further if not _lies_in_any(face, faces)]
            faces = faces or self._look(rgb, replace(whole, side=1.6 * side))
            faces = faces or self._look_in_tiles(rgb, side / 4, _MIN_TILE_SCORE)
        return sorted(faces, key=lambda face: -face.area)

    def turned_scores(self, rgb: UInt8[np.ndarray, "height width 3"], region: Region) -> Float[np.ndarray, "4"]:
        """How much a region looks like a face as it is, and turned by one, two and three quarters (clockwise as seen).

        The face mesh lays a face on one that stands on its head, and is sure of it; this tells which way is up.
        """
        quarters = [replace(region, angle_rad=region.angle_rad + k * np.pi / 2) for k in range(4)]
        return np.array([max((face.score for face in self._look(rgb, q)), default=0.0) for q in quarters])

    def _look(self, rgb: UInt8[np.ndarray, "height width 3"], region: Region) -> list[Detection]:
        """Faces in one square."""
        image = crop(rgb, region, _INPUT_SIZE, replicate_border=False)
        raw, logits = self._network(image[None] / 127.5 - 1)
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        keep = scores > _MIN_SCORE
        points = decode(raw[0, keep], self._anchors[keep]) * _INPUT_SIZE
        matrix = region.image_from_crop(_INPUT_SIZE)
        points = (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        return merge([Detection(float(s), p[:2], p[2:]) for s, p in zip(scores[keep], points)])

    def _look_in_tiles(
        self, rgb: UInt8[np.ndarray, "height width 3"], size: float, least_score: float
    ) -> list[Detection]:
        """Faces in overlapping squares, but for those that a tile's edge cuts inside the image."""
        if size < _MIN_TILE_SIDE:
            return []
        height, width = rgb.shape[:2]
        found = [
            face
            for tile in tiles(width, height, size)
            for face in self._look(rgb, tile)
            if face.score > least_score and not _is_cut(face, tile, width, height)
        ]
        return merge(found)


def anchors() -> Float[np.ndarray, "896 2"]:
    """Anchor centres in 0..1: 16 x 16 cells with two each, then 8 x 8 with six."""
    grids = [
        ((column + 0.5) / cells, (row + 0.5) / cells)
        for cells, count in ((16, 2), (8, 6))
        for row in range(cells)
        for column in range(cells)
        for _ in range(count)
    ]
    return np.array(grids)


def decode(raw: Float[np.ndarray, "faces 16"], anchor: Float[np.ndarray, "faces 2"]) -> Float[np.ndarray, "faces 8 2"]:
    """Two box corners and six keypoints in 0..1 of the input square.

    The network gives, in input pixels, centre, size and keypoints; all but the size relative to the anchor.
    """
    pairs = raw.reshape(-1, 8, 2) / _INPUT_SIZE
    center, half = pairs[:, 0] + anchor, pairs[:, 1] / 2
    keypoints = pairs[:, 2:] + anchor[:, None]
    return np.concatenate([(center - half)[:, None], (center + half)[:, None], keypoints], axis=1)


def merge(faces: Sequence[Detection]) -> list[Detection]:
    """Score-weighted non-maximum suppression: overlapping boxes become their mean, best score first."""
    if not faces:
        return []
    scores = np.array([face.score for face in faces])
    points = np.array([np.concatenate([face.box, face.keypoints]) for face in faces])
    left, out = np.argsort(-scores, kind="stable"), []
    while len(left):
        same = _overlap(points[left, :2], points[left[0], :2]) > _SAME_FACE_IOU
        same[0] = True
        group = left[same]
        mean = np.average(points[group], axis=0, weights=scores[group]).astype(np.float32)
        out.append(Detection(float(scores[left[0]]), mean[:2], mean[2:]))
        left = left[~same]
    return out


def tiles(width: int, height: int, size: float) -> Iterator[Region]:
    """Squares that cover an image, each overlapping its neighbour by at least half."""
    columns, rows = (1 + max(0, int(np.ceil(2 * (n - size) / size))) for n in (width, height))
    for row in range(rows):
        for column in range(columns):
            center_x = width / 2 if columns == 1 else size / 2 + (width - size) * column / (columns - 1)
            center_y = height / 2 if rows == 1 else size / 2 + (height - size) * row / (rows - 1)
            yield Region(center_x, center_y, size)


def choose_face(faces: Sequence[Detection], source: str, number: int | None = None) -> Detection:
    """The largest face, or one by its number.

    Args:
        faces: all that were found.
        source: of the picture, for messages.
        number: counted from the left of the picture, from 1; None takes the largest.

    Raises:
        InputError: there is none, or none of this number.
    """
    if not faces:
        raise InputError(
            "no face was found",
            received=source,
            accepted="a picture in which one face looks towards the camera",
            next_step="use a sharper, brighter or more frontal portrait",
        )
    if number is None:
        return max(faces, key=lambda face: face.area)
    if not 1 <= number <= len(faces):
        raise InputError(
            "the picture has no face of this number",
            received=f"face {number} of {source}",
            accepted="1" if len(faces) == 1 else f"1 to {len(faces)}, counted from the left of the picture",
            next_step="choose one of these, or none for the largest face",
        )
    return from_left(faces)[number - 1]


def from_left(faces: Sequence[Detection]) -> list[Detection]:
    """Faces in the order in which `choose_face` numbers them."""
    return sorted(faces, key=lambda face: float(face.box[:, 0].mean()))


def _overlap(boxes: Float[np.ndarray, "faces 2 2"], box: Float[np.ndarray, "2 2"]) -> Float[np.ndarray, "faces"]:
    """Intersection over union of each box with one."""
    cut = np.clip(np.minimum(boxes[:, 1], box[1]) - np.maximum(boxes[:, 0], box[0]), 0, None).prod(axis=1)
    union = (boxes[:, 1] - boxes[:, 0]).prod(axis=1) + (box[1] - box[0]).prod() - cut
    return cut / np.maximum(union, 1e-9)


def _lies_in_any(face: Detection, others: Sequence[Detection]) -> bool:
    """Whether a face's middle is inside another's box: a part of that face, or the same one seen again."""
    middle = face.box.mean(axis=0)
    return any(bool(((other.box[0] < middle) & (middle < other.box[1])).all()) for other in others)


def _is_cut(face: Detection, tile: Region, width: int, height: int) -> bool:
    """Whether the box crosses an edge of an upright tile that is not also an edge of the image."""
    center, half = np.array([tile.center_x, tile.center_y]), tile.side / 2
    inside: Bool[np.ndarray, "2"] = face.box[0] < center - half
    beyond: Bool[np.ndarray, "2"] = face.box[1] > center + half
    at_start, at_end = center - half <= 1, center + half >= np.array([width, height]) - 1
    return bool((inside & ~at_start).any() or (beyond & ~at_end).any())
