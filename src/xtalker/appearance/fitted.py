"""A head model fitted to a photo: what every part of an avatar's preparation looks up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, UInt8

from xtalker.geometry.landmark_rings import CHIN, FOREHEAD, LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.render.scene import Scene, build_scene
from xtalker.values import Identity, Motion
from xtalker.values.photo_avatar import PhotoCamera

EYE_RINGS = (LEFT_EYE, RIGHT_EYE)
EYE_PARTS = ("eye_left", "eye_right")
INSIDE_PARTS = ("teeth_upper", "teeth_lower", "tongue")


@dataclass(frozen=True)
class Fitted:
    """A photo, its landmarks, and the head model that was fitted to them.

    Attributes:
        rgb: the photo.
        marks: landmarks in photo pixels.
        head: the head model.
        identity: the person's shape.
        reference: one frame: the photo's expression and pose.
        camera: where points in space lie on the photo.
    """

    rgb: UInt8[np.ndarray, "height width 3"]
    marks: Float[np.ndarray, "478 2"]
    head: OpenHead
    identity: Identity
    reference: Motion
    camera: PhotoCamera

    @cached_property
    def scene(self) -> Scene:
        """The fine surface."""
        return build_scene(self.head.topology)

    @cached_property
    def matrix(self) -> sparse.csr_matrix:
        """Fine vertices from head vertices."""
        return self.scene.matrix(self.head.topology.num_vertices)

    @cached_property
    def world(self) -> Float[np.ndarray, "fine 3"]:
        """Fine vertices of the fit, metres, turned as in the photo."""
        return self.matrix @ self.head.vertices(self.identity, self.reference)[0].astype(float)

    @cached_property
    def neutral(self) -> Float[np.ndarray, "fine 3"]:
        """Fine vertices of the person's neutral head, metres."""
        return self.matrix @ self.head.neutral(self.identity).astype(float)

    @cached_property
    def mean(self) -> Float[np.ndarray, "fine 3"]:
        """Fine vertices of the mean head: the same place on every face."""
        return self.matrix @ self.head.mean.astype(float)

    @cached_property
    def turn(self) -> Float[np.ndarray, "3 3"]:
        """Head rotation in the photo."""
        return matrix_from_axis_angle(self.reference.head[0].astype(float))

    @property
    def yaw_rad(self) -> float:
        """How far the head is turned in the photo, to the subject's left."""
        return float(self.reference.head[0, 1])

    @cached_property
    def is_skin(self) -> np.ndarray:
        """Fine vertices of the skin, with the lining of the mouth."""
        out = np.zeros(self.scene.num_vertices, bool)
        out[self.scene.parts["skin"]] = True
        return out

    @cached_property
    def inside_mouth(self) -> Float[np.ndarray, "fine"]:
        """How much of a fine vertex is lining of the mouth, 0..1."""
        return np.clip(self.matrix @ self.head.topology.masks["inside_mouth"], 0, 1)

    @cached_property
    def lips(self) -> Float[np.ndarray, "fine"]:
        """How much of a fine vertex is lip, 0..1."""
        return np.clip(self.matrix @ self.head.topology.masks["lips"], 0, 1)

    @cached_property
    def head_weight(self) -> Float[np.ndarray, "fine"]:
        """How far a fine vertex follows the head's turn, 0..1."""
        return np.clip(self.matrix @ self.head.head_weight.astype(float), 0, 1)

    @cached_property
    def neighbours(self) -> sparse.csr_matrix:
        """Mean over the neighbours of a fine vertex, as a matrix."""
        n, triangles = self.scene.num_vertices, self.scene.triangles[: self.scene.num_opaque]
        rows = np.concatenate([triangles[:, [0, 1, 2]].ravel(), triangles[:, [1, 2, 0]].ravel()])
        columns = np.concatenate([triangles[:, [1, 2, 0]].ravel(), triangles[:, [0, 1, 2]].ravel()])
        near = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (n, n))
        return (sparse.diags(1 / np.maximum(np.asarray(near.sum(1)).ravel(), 1)) @ near).tocsr()

    @property
    def face_px(self) -> float:
        """Height of the face, forehead to chin: the unit of length on the photo."""
        return float(np.linalg.norm(self.marks[CHIN] - self.marks[FOREHEAD]))

    @property
    def mouth_px(self) -> float:
        """Width of the mouth."""
        return float(np.linalg.norm(self.marks[MOUTH_CORNERS[0]] - self.marks[MOUTH_CORNERS[1]]))

    def at_landmarks(
        self, vertices: Float[np.ndarray, "vertices 3"], which: slice | list[int] | np.ndarray = slice(None)
    ) -> np.ndarray:
        """Places of landmarks on head (not fine) vertices."""
        corners = vertices[self.head.landmark_triangles[which]]
        return np.einsum("...kc,...k->...c", corners, self.head.landmark_weights[which])


def by_x(points: Float[np.ndarray, "points 2"]) -> tuple[Float[np.ndarray, "points"], Float[np.ndarray, "points"]]:
    """Ascending x, and y, of an outline, for interpolation."""
    order = np.argsort(points[:, 0], kind="stable")
    return points[order, 0], points[order, 1]
