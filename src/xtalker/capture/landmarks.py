"""The landmarks of one face: in a portrait, and from frame to frame."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from xtalker.capture.crop import Region
from xtalker.capture.detect import Detection, FaceDetector, choose_face
from xtalker.capture.images import Portrait
from xtalker.capture.mesh import FaceMesh, LandmarkFrame

MIN_PRESENCE = 0.5
"""Below this the region holds no face (MediaPipe's own threshold)."""
_MAX_LOOKS = 4
_FRAMES_BETWEEN_SEARCHES = 25
_SURE, _CLEARER = 0.85, 0.08  # scores of the detector
_BESIDE = 0.25  # of the area of the largest face; smaller ones are passers-by


class FaceTracker:
    """Follows one face over frames, or settles on the face of a single image.

    The region of a frame comes from the landmarks of the frame before. When these land far from the region's
    middle (a jump, a cut, a first detection) the mesh looks again around them until they rest. When no face
    is left, the detector searches the frame.

    Args:
        detector: finds a face at the start and after a loss.
        mesh: places the landmarks.
    """

    def __init__(self, detector: FaceDetector, mesh: FaceMesh) -> None:
        self._detector, self._mesh = detector, mesh
        self.reset()

    def reset(self) -> None:
        """Forget the face; the next frame is searched."""
        self._region: Region | None = None
        self._last: Region | None = None
        self._frames_lost = 0

    def update(self, rgb: UInt8[np.ndarray, "height width 3"]) -> LandmarkFrame | None:
        """Landmarks in the next frame; None when no face is there."""
        frame = None if self._region is None else self.settle(rgb, self._region)
        if frame is None:
            frame = self._search(rgb)
        if frame is None:
            self._region, self._frames_lost = None, self._frames_lost + 1
            return None
        self._region = self._last = frame.region()
        self._frames_lost = 0
        return frame

    def settle(self, rgb: UInt8[np.ndarray, "height width 3"], region: Region) -> LandmarkFrame | None:
        """Landmarks near a region, looked at again until the region that they ask for stays put.

        Returns:
            None when the region holds no face.
        """
        for _ in range(_MAX_LOOKS):
            frame = self._mesh.landmarks(rgb, region)
            wanted = frame.region()
            if frame.presence < MIN_PRESENCE or not _is_usable(wanted, rgb.shape[1], rgb.shape[0]):
                return None
            if _is_close(region, wanted):
                break
            region = wanted
        return frame

    def count(self, rgb: UInt8[np.ndarray, "height width 3"]) -> int:
        """Faces in a frame, without those much smaller than the largest; what is followed stays as it is."""
        faces = self._detector.detect(rgb, search_small=False)
        largest = max((face.area for face in faces), default=0.0)
        # The mesh judges each one too: patterns that the detector takes for a face shall not count as one.
        return sum(face.area >= _BESIDE * largest and self.settle(rgb, face.region()) is not None for face in faces)

    def _search(self, rgb: UInt8[np.ndarray, "height width 3"]) -> LandmarkFrame | None:
        # Tiles cost as much as twenty frames, so a long absence is searched for them once a second only.
        thorough = self._frames_lost % _FRAMES_BETWEEN_SEARCHES == 0
        faces = self._detector.detect(rgb, search_small=thorough)
        for face in sorted(faces, key=self._distance_from_last):
            frame = self.settle(rgb, face.region())
            if frame is not None:
                return frame
        return None

    def _distance_from_last(self, face: Detection) -> tuple[bool, float]:
        """Sort key: a face near the lost one first, otherwise by size."""
        region, last = face.region(), self._last
        if last is not None:
            distance = np.hypot(region.center_x - last.center_x, region.center_y - last.center_y)
            if distance < last.side / 2:
                return False, float(distance)
        return True, -face.area


def portrait_landmarks(portrait: Portrait, detector: FaceDetector, mesh: FaceMesh) -> LandmarkFrame:
    """Landmarks of the largest face of an upright portrait.

    Raises:
        InputError: no face.
    """
    seen = faces_with_landmarks(portrait.rgb, detector, mesh)
    chosen = choose_face([face for face, _ in seen], portrait.source)
    return next(frame for face, frame in seen if face is chosen)


def faces_with_landmarks(
    rgb: UInt8[np.ndarray, "height width 3"], detector: FaceDetector, mesh: FaceMesh
) -> list[tuple[Detection, LandmarkFrame]]:
    """All faces, largest first. The mesh judges each: patterns that the detector takes for a face are none."""
    tracker = FaceTracker(detector, mesh)
    settled = [(face, tracker.settle(rgb, face.region())) for face in detector.detect(rgb)]
    return [(face, frame) for face, frame in settled if frame is not None]


def _is_close(a: Region, b: Region) -> bool:
    """Whether two regions are alike enough for the mesh to give the same landmarks."""
    moved = np.hypot(a.center_x - b.center_x, a.center_y - b.center_y) / b.side
    turned = abs((a.angle_rad - b.angle_rad + np.pi) % (2 * np.pi) - np.pi)
    return bool(moved < 0.05 and 1 / 1.1 < a.side / b.side < 1.1 and turned < np.radians(7))


def _is_usable(region: Region, width: int, height: int) -> bool:
    """Whether a region has a size and its centre lies in the image."""
    inside = 0 <= region.center_x < width and 0 <= region.center_y < height
    return bool(np.isfinite(region.side) and 8 < region.side < 6 * max(width, height) and inside)
