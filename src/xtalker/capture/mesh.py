"""478 landmarks of a face in an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.capture.attention import INPUT_SIZE, AttentionMesh
from xtalker.capture.crop import Region, crop
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER


@dataclass(frozen=True)
class LandmarkFrame:
    """Landmarks of one face in one image, MediaPipe's order (468 mesh points, 2 x 5 iris points).

    Attributes:
        points: x and y in image pixels (y down); z in the same unit, smaller is nearer, zero is arbitrary.
        presence: confidence 0..1 that the region holds a face.
    """

    points: Float[np.ndarray, "478 3"]
    presence: float

    @property
    def eye_distance(self) -> float:
        """Distance of the outer eye corners in the image plane, pixels."""
        return float(np.linalg.norm(self.points[LEFT_EYE_OUTER, :2] - self.points[RIGHT_EYE_OUTER, :2]))

    def region(self) -> Region:
        """Square for the next frame: 1.5 x the longer side of the landmarks' box, eyes level."""
        xy = self.points[:, :2]
        low, high = xy.min(axis=0), xy.max(axis=0)
        (dx, dy), (cx, cy) = xy[LEFT_EYE_OUTER] - xy[RIGHT_EYE_OUTER], (low + high) / 2
        return Region(float(cx), float(cy), 1.5 * float((high - low).max()), float(np.arctan2(dy, dx)))


class FaceMesh:
    """Landmarks of the face in a region.

    Args:
        model_bytes: `face_landmark_with_attention.tflite` of MediaPipe.
        threads: processor threads.
    """

    def __init__(self, model_bytes: bytes, *, threads: int = 1) -> None:
        self._network = AttentionMesh(model_bytes, threads=threads)

    def landmarks(self, rgb: UInt8[np.ndarray, "height width 3"], region: Region) -> LandmarkFrame:
        """Landmarks in the region, in image pixels.

        Args:
            rgb: the image.
            region: a square around the face, from `Detection.region` or `LandmarkFrame.region`.
        """
        crop_points, presence = self._network(crop(rgb, region, INPUT_SIZE, replicate_border=True))
        matrix = region.image_from_crop(INPUT_SIZE)
        points = np.empty((len(crop_points), 3), np.float32)
        points[:, :2] = crop_points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        points[:, 2] = crop_points[:, 2] * (region.side / INPUT_SIZE)
        return LandmarkFrame(points, presence)
