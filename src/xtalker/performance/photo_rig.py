"""Points of a photo avatar as morph targets and joints: where the film puts them, in the form that files hold.

The film adds the head model's displacement d, turned into the photo's pose T, to the place where the photo shows a
point, then turns it by its share h in the head and b in the torso (`render.photo_pose.place_points`):

    y = rest + (1 + h (T - 1)) d,   z = (1 + h (H - 1)) y,   x = (1 + b (B - 1)) z

H and B are joints. With jaw share w, d of channel k is (1 + w (J - 1)) E_k: a morph target under a joint for the jaw.
The joint also turns what lies between model and photo (a few millimetres), which the film does not; the morph targets
`jawFit*` take that back. They are linear in the sine and cosine of the jaw's pitch and in its yaw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, Int

from xtalker.geometry.rotations import axis_angle_from_matrix, matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.performance.photo_motion import PhotoMotion
from xtalker.render.photo_renderer import BODY_PIVOT_M, BODY_TURNS, BREATH_M
from xtalker.render.scene import Scene, build_scene
from xtalker.values.conventions import EXPRESSION_NAMES
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M, PhotoAvatar
from xtalker.values.rig import Joint
from xtalker.values.surface import Skeleton

ROOT, HEAD, JAW, THROAT, TORSO, NECK, GAZE_LEFT, GAZE_RIGHT = range(8)
BLINKS: Final = ("eyeBlinkLeft", "eyeBlinkRight")
WIDENS: Final = ("lidsWiderLeft", "lidsWiderRight")
"""Tracks that take the blinks' corrections out where lids open further than the photo's."""

BREATH: Final = "breath"
JAW_FITS: Final = ("jawFitSine", "jawFitCosine", "jawFitYaw")
_PITCHES_RAD, _YAWS_RAD = np.radians([-3.0, 0, 4, 8, 12, 16, 20]), np.radians([-5.0, 0, 5])
_NEGLIGIBLE_M: Final = 1e-6
_NEGLIGIBLE_SHARE: Final = 1e-4
_MOST_JOINTS: Final = 4


@dataclass(frozen=True)
class MovingPoints:
    """Points of one layer, and how they move.

    Attributes:
        rest: where the photo shows them, metres, world axes.
        morph_names: channels of the motion and tracks of `PhotoRig.tracks`.
        morphs: displacement by one unit of each, metres.
        joint_index, joint_weight: as in `values.surface.SurfacePart`.
    """

    rest: Float[np.ndarray, "points 3"]
    morph_names: tuple[str, ...]
    morphs: Float[np.ndarray, "morphs points 3"]
    joint_index: Int[np.ndarray, "points 4"]
    joint_weight: Float[np.ndarray, "points 4"]

    def with_morph(self, name: str, displacement: Float[np.ndarray, "points 3"]) -> MovingPoints:
        """The same points, moved also by a morph; one of this name gets more."""
        if name not in self.morph_names:
            morphs = np.concatenate([self.morphs, displacement[None].astype(np.float32)])
            return replace(self, morph_names=(*self.morph_names, name), morphs=morphs)
        morphs = self.morphs.copy()
        morphs[self.morph_names.index(name)] += displacement
        return replace(self, morphs=morphs)


class PhotoRig:
    """Joints and morph targets of an avatar.

    Args:
        head: the head model that it is bound to.
        avatar: whom.
    """

    def __init__(self, head: OpenHead, avatar: PhotoAvatar) -> None:
        self.head, self.avatar = head, avatar
        self.turn = matrix_from_axis_angle(avatar.reference.head[0].astype(float))
        self._jaw = matrix_from_axis_angle(avatar.reference.jaw[0].astype(float))

    @cached_property
    def scene(self) -> Scene:
        """The fine surface of the head model."""
        return build_scene(self.head.topology)

    @cached_property
    def matrix(self) -> sparse.csr_matrix:
        """Fine points from head vertices; eyeballs stay."""
        moves = np.ones(self.scene.num_vertices)
        for part in ("eye_left", "eye_right"):
            moves[self.scene.parts[part]] = 0
        return (sparse.diags(moves) @ self.scene.matrix(self.head.topology.num_vertices)).tocsr()

    @cached_property
    def camera_place(self) -> Float[np.ndarray, "3"]:
        """Where the photo's camera stands, metres; it looks along -z."""
        return camera_place(self.avatar)

    @cached_property
    def face(self) -> MovingPoints:
        """The fine vertices of the face layer."""
        layer = self.avatar.face
        return self._moving(self.matrix, layer.blink.astype(float), layer.rest, layer.head_share, np.zeros(()))

    @cached_property
    def lattice(self) -> MovingPoints:
        """The points of the lattice."""
        layer = self.avatar.lattice
        shape = (len(layer.rest), self.scene.num_vertices)
        bind = sparse.csr_matrix((layer.row_weight, layer.row_index, layer.row_start), shape)
        blink = np.stack([bind @ correction for correction in self.avatar.face.blink.astype(float)])
        points = self._moving(bind @ self.matrix, blink, layer.rest, layer.head_share, layer.body_share)
        return points.with_morph(BREATH, layer.body_share[:, None] * BREATH_M * np.array([0.0, 1.0, 1.0]))

    def rigid(self, rest: Float[np.ndarray, "points 3"], joint: int) -> MovingPoints:
        """Points that one joint alone moves."""
        index = np.zeros((len(rest), _MOST_JOINTS), np.int32)
        index[:, 0] = joint
        weight = np.zeros((len(rest), _MOST_JOINTS), np.float32)
        weight[:, 0] = 1
        return MovingPoints(rest, (), np.zeros((0, len(rest), 3), np.float32), index, weight)

    def nearer(self, points: Float[np.ndarray, "points 3"], by_m: float) -> Float[np.ndarray, "points 3"]:
        """Points moved towards the photo's camera, so that it sees them where they were."""
        towards = self.camera_place - points
        return points + by_m * towards / np.linalg.norm(towards, axis=1, keepdims=True)

    def skeleton(self, laid: PhotoMotion) -> Skeleton:
        """Joints, and their turns from the photo's pose."""
        origin, jaw = np.zeros(3, np.float32), self._jaw_place.astype(np.float32)
        left, right = (self.eye_middle(e).astype(np.float32) for e in (0, 1))
        joints = (
            Joint("root", None, origin, "none"),
            Joint("head", ROOT, origin, "head"),
            Joint("jaw", HEAD, jaw, "jaw"),
            Joint("throat", ROOT, jaw, "jaw"),
            Joint("torso", ROOT, BODY_PIVOT_M, "none"),
            Joint("neck", TORSO, origin, "head"),
            Joint("gaze_left", HEAD, left, "gaze"),
            Joint("gaze_right", HEAD, right, "gaze"),
        )
        turns = np.array([pose.turn for pose in laid.poses], np.float64)
        rotations = np.zeros((len(turns), len(joints), 3))
        rotations[:, [HEAD, NECK]] = (turns @ self.turn.T)[:, None]
        rotations[:, [JAW, THROAT]] = self._jaw_turns(laid)[:, None]
        rotations[:, TORSO] = turns * BODY_TURNS
        for e, joint in enumerate((GAZE_LEFT, GAZE_RIGHT)):
            rotations[:, joint] = self._gaze_turns(laid, e)
        return Skeleton(joints, rotations.astype(np.float32))

    def tracks(self, laid: PhotoMotion) -> dict[str, Float[np.ndarray, "frames"]]:
        """Weights of all morphs: channels count from the photo's expression."""
        reference = self.avatar.reference
        change = laid.motion.expression - reference.expression
        found = {name: change[:, k] for k, name in enumerate(EXPRESSION_NAMES)}
        found |= {wider: np.maximum(-found[blink], 0) for wider, blink in zip(WIDENS, BLINKS)}
        found[BREATH] = np.array([pose.breath for pose in laid.poses])
        return found | dict(zip(JAW_FITS, self._jaw_curves(laid.motion.jaw.astype(float)).T))

    def eye_middle(self, eye: int) -> Float[np.ndarray, "3"]:
        """Middle of an eyeball as the photo shows it, metres."""
        part = self.scene.parts[("eye_left", "eye_right")[eye]]
        place, camera = self.avatar.eyes[eye], self.avatar.camera
        front = float(self.avatar.face.rest[part, 2].max())
        radius = self.eye_radius(eye)
        return camera.unproject(np.array([place.centre]), np.array([front - radius]))[0]

    def eye_radius(self, eye: int) -> float:
        """Radius of an eyeball, metres."""
        part = self.scene.parts[("eye_left", "eye_right")[eye]]
        front = float(self.avatar.face.rest[part, 2].max())
        shrink = (CAMERA_DISTANCE_M - front) / CAMERA_DISTANCE_M
        return self.avatar.eyes[eye].radius * shrink / self.avatar.camera.scale

    @cached_property
    def _jaw_place(self) -> Float[np.ndarray, "3"]:
        return self.turn @ self.head.joints_of(self.avatar.identity)[0].astype(float)

    def _jaw_turns(self, laid: PhotoMotion) -> Float[np.ndarray, "frames 3"]:
        return self._in_world(matrix_from_axis_angle(laid.motion.jaw.astype(float)) @ self._jaw.T)

    def _gaze_turns(self, laid: PhotoMotion, eye: int) -> Float[np.ndarray, "frames 3"]:
        first = self.avatar.reference.gaze[0].astype(float)
        gaze = np.array([pose.gaze for pose in laid.poses], np.float64) * self.avatar.eyes[eye].moves
        flat = np.column_stack([first + gaze, np.zeros(len(gaze))])
        return self._in_world(matrix_from_axis_angle(flat) @ matrix_from_axis_angle(np.array([*first, 0.0])).T)

    def _in_world(self, turns: Float[np.ndarray, "frames 3 3"]) -> Float[np.ndarray, "frames 3"]:
        """Turns in head axes as axis-angle in world axes, in the photo's pose."""
        return np.asarray(axis_angle_from_matrix(self.turn @ turns @ self.turn.T))

    def _jaw_curves(self, jaw: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3"]:
        """Weights of `JAW_FITS`: 0 in the photo's pose."""
        first = self.avatar.reference.jaw[0].astype(float)
        return np.column_stack([
            np.sin(jaw[:, 0]) - np.sin(first[0]), np.cos(first[0]) - np.cos(jaw[:, 0]), jaw[:, 1] - first[1],
        ])  # fmt: skip

    def _moving(
        self,
        matrix: sparse.csr_matrix,
        blink: Float[np.ndarray, "2 points 3"],
        rest: Float[np.ndarray, "points 3"],
        head_share: Float[np.ndarray, "points"],
        body_share: Float[np.ndarray, "*points"],
    ) -> MovingPoints:
        """Points that follow the head's vertices by a matrix."""
        head, identity = self.head, self.avatar.identity
        follows = np.where(head.eye_of_vertex == 0, head.jaw_weight.astype(float), 0)
        opens = np.clip(matrix @ follows, 0, 1)
        opens[opens < _NEGLIGIBLE_SHARE] = 0
        index, weight = _shares(head_share.astype(float), np.broadcast_to(body_share, head_share.shape), opens)
        basis = head.expression_of(identity).astype(float)
        basis += follows[:, None] * (basis @ self._jaw.T - basis)
        morphs = np.stack([self._posed(matrix @ channel, head_share) for channel in basis])
        names = list(EXPRESSION_NAMES)
        for e, (name, wider) in enumerate(zip(BLINKS, WIDENS)):
            correction = self._posed(blink[e], head_share)
            morphs[names.index(name)] += correction
            morphs = np.concatenate([morphs, correction[None]])
            names.append(wider)
        fits = self._jaw_fits(matrix, follows, rest.astype(float), head_share, _sum_of(index, weight, (JAW, THROAT)))
        morphs = np.concatenate([morphs, fits])
        return MovingPoints(rest, (*names, *JAW_FITS), morphs.astype(np.float32), index, weight)

    def _posed(self, moves: Float[np.ndarray, "points 3"], share: np.ndarray) -> Float[np.ndarray, "points 3"]:
        """Displacements in head axes as those in the photo's pose."""
        return moves + share[:, None] * (moves @ self.turn.T - moves)

    def _jaw_fits(
        self,
        matrix: sparse.csr_matrix,
        follows: Float[np.ndarray, "vertices"],
        rest: Float[np.ndarray, "points 3"],
        head_share: np.ndarray,
        opens: Float[np.ndarray, "points"],
    ) -> Float[np.ndarray, "3 points 3"]:
        """Morphs that turn what the jaw's joint does to the photo's points into what the film does."""
        head, identity, reference = self.head, self.avatar.identity, self.avatar.reference
        flat = reference.expression[0].astype(float) @ head.expression_of(identity).reshape(len(EXPRESSION_NAMES), -1)
        joint = head.joints_of(identity)[0].astype(float)
        arm = follows[:, None] * (head.neutral(identity) + flat.reshape(-1, 3) - joint)
        arms = matrix @ arm
        moved = np.flatnonzero((opens > 0) | (np.abs(arms).max(1) > _NEGLIGIBLE_M))
        pitch, yaw = (angle.ravel() for angle in np.meshgrid(_PITCHES_RAD, _YAWS_RAD))
        first = reference.jaw[0].astype(float)
        jaws = np.column_stack([first[0] + pitch, first[1] + yaw, np.zeros_like(pitch)])
        asked = np.empty((len(jaws), len(moved), 3))
        for sample, turn in zip(asked, matrix_from_axis_angle(jaws)):
            film = self._posed(arms[moved] @ (turn - self._jaw).T, head_share[moved])
            there = self.turn @ turn @ self._jaw.T @ self.turn.T
            share = opens[moved, None, None]
            skinned = np.eye(3) + share * (there - np.eye(3))
            goal = rest[moved] + film - opens[moved, None] * (self._jaw_place - there @ self._jaw_place)
            sample[:] = np.linalg.solve(skinned, goal[..., None])[..., 0] - rest[moved]
        curves = self._jaw_curves(jaws)
        out = np.zeros((len(JAW_FITS), len(rest), 3))
        fitted = np.linalg.lstsq(curves, asked.reshape(len(jaws), -1), rcond=None)[0]
        out[:, moved] = fitted.reshape(len(JAW_FITS), len(moved), 3)
        return out


def camera_place(avatar: PhotoAvatar) -> Float[np.ndarray, "3"]:
    """Where the photo's camera stands, metres; it looks along -z."""
    across, down = (avatar.camera.principal - avatar.camera.shift) / avatar.camera.scale
    return np.array([across, -down, CAMERA_DISTANCE_M])


def _shares(
    head: Float[np.ndarray, "points"], body: Float[np.ndarray, "points"], jaw: Float[np.ndarray, "points"]
) -> tuple[Int[np.ndarray, "points 4"], Float[np.ndarray, "points 4"]]:
    """Joints and shares of points that turn with the head, then with the torso; the four largest."""
    dense = np.zeros((len(head), NECK + 1))
    dense[:, ROOT], dense[:, HEAD] = (1 - body) * (1 - head) * (1 - jaw), (1 - body) * head * (1 - jaw)
    dense[:, JAW], dense[:, THROAT] = (1 - body) * head * jaw, (1 - body) * (1 - head) * jaw
    dense[:, TORSO], dense[:, NECK] = body * (1 - head), body * head
    dense[dense < _NEGLIGIBLE_SHARE] = 0
    index = np.argsort(-dense, axis=1, kind="stable")[:, :_MOST_JOINTS]
    weight = np.take_along_axis(dense, index, axis=1)
    index[weight == 0] = 0
    return index.astype(np.int32), (weight / weight.sum(1, keepdims=True)).astype(np.float32)


def _sum_of(index: np.ndarray, weight: np.ndarray, joints: tuple[int, ...]) -> Float[np.ndarray, "points"]:
    return np.asarray((weight * np.isin(index, joints)).sum(1), np.float64)
