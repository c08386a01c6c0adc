"""Landmarks to head parameters by Gauss-Newton with an analytic Jacobian, all frames of a clip at once.

Image model (weak perspective): pixel = scale * (x, -y) of R_head y_l + shift, where y_l is the landmark after
identity, expression, jaw and gaze. Residuals are in eye distances, so that priors mean the same at any size.
Identity is linear once poses are known, so it alternates with the frames (ridge with prior sd 1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from xtalker.geometry.landmark_rings import BROWS, FACE_OVAL, IRISES
from xtalker.geometry.rotations import compose, matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL, LEFT_EYE_OUTER, NUM_EXPRESSION, NUM_LANDMARKS, RIGHT_EYE_OUTER

LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409, 78, 95, 88, 178, 87,
    14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
)  # fmt: skip
EYES = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
)  # fmt: skip
NOSE = (1, 2, 4, 5, 6, 19, 94, 97, 98, 168, 195, 197, 326, 327, 48, 278, 64, 294, 129, 358, 49, 279)
CHEEKS = (50, 280, 205, 425, 187, 411, 207, 427, 216, 436, 212, 432, 206, 426, 203, 423, 101, 330, 118, 347)
FOREHEAD = (9, 8, 151, 108, 337, 69, 299)
BELOW_LIP = (18, 200, 199, 175, 152, 83, 313, 182, 406, 201, 421, 194, 418, 208, 428, 204, 424, 211, 431, 148, 377)
OUTLINE = (127, 356, 93, 323, 132, 361, 58, 288, 172, 397)
INNER_LIP_PAIRS = ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402), (80, 88), (310, 318))
ALL_POINTS: Int[np.ndarray, "478"] = np.arange(NUM_LANDMARKS)
MOTION_POINTS: Int[np.ndarray, "points"] = np.array(
    sorted({*LIPS, *EYES, *BROWS, *NOSE, *CHEEKS, *FOREHEAD, *BELOW_LIP, *OUTLINE, *IRISES})
)
"""Enough landmarks for motion; the rest of the 478 are interpolated by the tracker and only cost time."""

# Not seen by 2D landmarks, or the same to them as another channel: kept at rest.
UNSEEN = (
    "tongueOut", "jawForward", "jawSide", "cheekPuffLeft", "cheekPuffRight", "nostrilDilate", "platysma",
    "lidDownLeft", "lidDownRight", "lidUp", "jawOpenCorrective",
)  # fmt: skip
SEEN: Int[np.ndarray, "seen"] = np.array([i for n, i in CHANNEL.items() if n not in UNSEEN])
# Channels that would otherwise do another one's work: the chin points of the tracker hardly follow the jaw, so an
# open mouth reads as a drawn lower lip, and a raised upper lip as a shrug.
CHANNEL_SD_FACTOR = {
    "mouthLowerDownLeft": 0.8, "mouthLowerDownRight": 0.8, "mouthShrugUpper": 0.3, "mouthShrugLower": 0.4,
    "mouthClose": 0.5, "mouthDimpleLeft": 0.6, "mouthDimpleRight": 0.6, "mouthLeft": 0.5, "mouthRight": 0.5,
    "cheekSquintLeft": 0.5, "cheekSquintRight": 0.5, "noseSneerLeft": 0.5, "noseSneerRight": 0.5,
}  # fmt: skip
_SLOW = np.array([n.startswith(("brow", "cheek", "nose", "eyeSquint", "eyeWide")) for n in CHANNEL])[SEEN]
_SD_FACTOR = np.array([CHANNEL_SD_FACTOR.get(n, 1.0) for n in CHANNEL])[SEEN]
_CORRECTIVE = CHANNEL["jawOpenCorrective"]

DATA_SD = 0.012  # of one coordinate of one landmark, in eye distances; correlated errors included
GAP_SD = 0.004  # of the opening between inner lips, which decides whether a closure is seen
JAW_SD_RAD, JAW_YAW_SD_RAD, GAZE_SD_RAD = 0.25, 0.03, 0.3
EXPRESSION_LIMITS = (-0.05, 1.0)
JAW_LIMITS_RAD = (0.0, 0.5)
PIN_ROUNDS, PIN_WEIGHT = 5, 1e9
NUM_POSE = 6  # head rotation 3, log scale, shift 2


@dataclass(frozen=True)
class FramePoses:
    """Everything that changes from frame to frame.

    Attributes:
        expression: seen channels only are non-zero, plus the jaw corrective.
        jaw, gaze: radians; jaw (pitch, yaw, 0), gaze (pitch, yaw).
        head: axis-angle, radians.
        scale: pixels per metre.
        shift: pixel of the head joint.
    """

    expression: Float[np.ndarray, "frames 50"]
    jaw: Float[np.ndarray, "frames 3"]
    gaze: Float[np.ndarray, "frames 2"]
    head: Float[np.ndarray, "frames 3"]
    scale: Float[np.ndarray, "frames"]
    shift: Float[np.ndarray, "frames 2"]

    def __getitem__(self, frames: Int[np.ndarray, "_"] | slice) -> FramePoses:
        """The given frames."""
        arrays = (self.expression, self.jaw, self.gaze, self.head, self.scale, self.shift)
        expression, jaw, gaze, head, scale, shift = (a[frames] for a in arrays)
        return FramePoses(expression, jaw, gaze, head, scale, shift)

    def motion(self) -> Motion:
        """Without the camera."""
        expression, jaw, head, gaze = (a.astype(np.float32) for a in (self.expression, self.jaw, self.head, self.gaze))
        return Motion(expression, jaw, head, gaze)


@dataclass(frozen=True)
class Priors:
    """How far each parameter is expected to move.

    Attributes:
        expression_sd: of every channel.
        fast_sd: of mouth, jaw, lids and gaze against the mean of the two neighbouring frames. Closures last one or
            two frames and blinks five, so this stays weak.
        slow_sd: the same for brows, cheeks and nose.
        steps: Gauss-Newton steps.
    """

    expression_sd: float = 0.35
    fast_sd: float = np.inf
    slow_sd: float = np.inf
    steps: int = 6


class LandmarkFitter:
    """The head reduced to its 478 landmarks for one person.

    Args:
        head: the open head.
        offsets: personal constant displacement of each landmark from the model, canonical frame, metres; takes up
            what identity cannot explain, so that a closed-mouth neutral reads as zero expression.
        points: landmarks that take part.

    All methods take pixels of the participating landmarks only: `pixels[:, fitter.points]`.
    """

    def __init__(
        self, head: OpenHead, offsets: Float[np.ndarray, "478 3"] | None = None,
        points: Int[np.ndarray, "points"] = ALL_POINTS,
    ) -> None:  # fmt: skip
        self.head, self.points = head, points
        corners, weights = head.landmark_triangles[points], head.landmark_weights[points].astype(np.float64)
        self._corners, self._corner_weights = corners, weights
        self._mean, self._identity_basis = self._at_points(head.mean), self._at_points(head.identity_basis)
        self._jaw_weight = np.einsum("lk,lk->l", head.jaw_weight[corners].astype(np.float64), weights)
        self._eye = head.eye_of_vertex[corners[:, 0]]
        self._joints, self._joint_basis = head.joints.astype(np.float64), head.joint_basis.astype(np.float64)
        self.offsets = np.zeros((len(points), 3)) if offsets is None else offsets[points]
        self.weights = landmark_weights()[points]
        place = np.full(NUM_LANDMARKS, -1)
        place[points] = np.arange(len(points))
        self._upper, self._lower = place[np.array(INNER_LIP_PAIRS)].T
        self.set_identity(np.zeros(len(head.identity_basis)))

    def _at_points(self, array: Float[np.ndarray, "*rows vertices 3"]) -> Float[np.ndarray, "*rows points 3"]:
        at_corners = array[..., self._corners, :].astype(np.float64)
        return np.einsum("...lkc,lk->...lc", at_corners, self._corner_weights)

    def set_identity(self, shape: Float[np.ndarray, "100"]) -> None:
        """Use a person's shape coefficients."""
        self.shape = np.asarray(shape, np.float64)
        self._neutral = self._mean + np.tensordot(self.shape, self._identity_basis, 1)
        person = Identity(self.shape.astype(np.float32))
        self._expression_basis = self._at_points(self.head.expression_of(person))
        self._joint = self._joints + np.tensordot(self.shape, self._joint_basis, 1)
        place = dict(zip(self.points.tolist(), self._neutral))
        self.eye_distance_m = float(np.linalg.norm(place[LEFT_EYE_OUTER] - place[RIGHT_EYE_OUTER]))

    def canonical(self, poses: FramePoses) -> Float[np.ndarray, "frames points 3"]:
        """Landmarks before head rotation, metres."""
        return self._posed(self._before(poses), poses) + self.offsets

    def project(self, poses: FramePoses) -> Float[np.ndarray, "frames points 2"]:
        """Landmarks in pixels."""
        turned = self.canonical(poses) @ matrix_from_axis_angle(poses.head).transpose(0, 2, 1)
        return poses.scale[:, None, None] * turned[..., :2] * [1, -1] + poses.shift[:, None]

    def start(self, pixels: Float[np.ndarray, "frames points 2"]) -> FramePoses:
        """Neutral face, scale and shift from all points, no rotation."""
        num_frames = len(pixels)
        model = (self._neutral + self.offsets)[:, :2] * [1, -1]
        seen = pixels
        spread = np.linalg.norm(model - model.mean(0))
        scale = np.linalg.norm(seen - seen.mean(1, keepdims=True), axis=(1, 2)) / spread
        expression, jaw, gaze, turn = (np.zeros((num_frames, n)) for n in (NUM_EXPRESSION, 3, 2, 3))
        return FramePoses(expression, jaw, gaze, turn, scale, seen.mean(1) - scale[:, None] * model.mean(0))

    def solve(
        self, pixels: Float[np.ndarray, "frames points 2"], start: FramePoses, priors: Priors,
        *, free: Literal["all", "face", "pose"] = "all",
    ) -> FramePoses:  # fmt: skip
        """Poses that explain the pixels best under the priors; free limits what may change."""
        poses = start
        for _ in range(priors.steps):
            system, goal = self._rows(pixels, poses)
            if free == "pose":
                poses = _moved_rigidly(poses, _least_squares(system[..., -NUM_POSE:], goal))
            else:
                columns = system if free == "all" else system[..., :-NUM_POSE]
                poses = self._face_step(columns, goal, poses, priors)
        return poses

    def residual_percent(
        self, pixels: Float[np.ndarray, "frames points 2"], poses: FramePoses
    ) -> Float[np.ndarray, "frames"]:
        """Mean distance of all landmarks from the model, in percent of the eye distance."""
        distance = np.linalg.norm(pixels - self.project(poses), axis=-1).mean(1)
        return 100 * distance / (poses.scale * self.eye_distance_m)

    def fit_shape(self, pixels: Float[np.ndarray, "frames points 2"], poses: FramePoses, prior_sd: float) -> None:
        """Ridge solution for identity with all poses held."""
        turn = matrix_from_axis_angle(poses.head)
        identity = self._identity_basis.transpose(1, 2, 0)  # landmarks, 3, coefficients
        jaw = self._jaw_weight[:, None, None] * (matrix_from_axis_angle(poses.jaw) - np.eye(3))[:, None]
        linear = turn[:, None] @ (np.eye(3) + jaw)
        columns = linear @ identity - turn[:, None] @ jaw @ self._joint_basis[:, 0].T
        scale = poses.scale[:, None, None, None]
        row_weight = self.weights[None, :, None] / (scale[..., 0] * self.eye_distance_m * DATA_SD)
        design = columns[:, :, :2] * np.array([1, -1])[:, None] * scale * row_weight[..., None]
        residual = (pixels - self.project(poses)) * row_weight
        rows = design.reshape(-1, design.shape[-1])
        goal = residual.ravel() + rows @ self.shape
        # Many frames of one face repeat the same landmark errors: they count as one frame.
        frames = len(pixels)
        system = rows.T @ rows / frames + np.eye(rows.shape[1]) / prior_sd**2
        self.set_identity(np.linalg.solve(system, rows.T @ goal / frames))

    def _posed(
        self, before: Float[np.ndarray, "frames points 3"], poses: FramePoses
    ) -> Float[np.ndarray, "frames points 3"]:
        out = before.copy()
        from_jaw = before - self._joint[0]
        opened = from_jaw @ matrix_from_axis_angle(poses.jaw).transpose(0, 2, 1) - from_jaw
        out += self._jaw_weight[:, None] * opened
        eyes = matrix_from_axis_angle(np.pad(poses.gaze, ((0, 0), (0, 1))))
        for eye in (1, 2):
            on = self._eye == eye
            out[:, on] = (before[:, on] - self._joint[eye]) @ eyes.transpose(0, 2, 1) + self._joint[eye]
        return out

    def _jacobian(self, poses: FramePoses) -> Float[np.ndarray, "frames points 2 parameters"]:
        """Derivative of the pixels by [seen channels | jaw pitch, yaw | gaze 2 | head 3 | log scale | shift 2]."""
        before = self._before(poses)
        turn, jaw = matrix_from_axis_angle(poses.head), matrix_from_axis_angle(poses.jaw)
        channels = self._turned_channels(turn, jaw)
        from_jaw = self._jaw_weight[:, None] * ((before - self._joint[0]) @ jaw.transpose(0, 2, 1))
        pitch, yaw = _swings(poses.jaw, turn, from_jaw)
        pitch = pitch + channels[..., -1] / self.head.jaw_open_angle_rad
        canonical = self._posed(before, poses)
        from_eye = np.where(self._eye[:, None] > 0, canonical - self._joint[self._eye], 0)
        gaze = _swings(np.pad(poses.gaze, ((0, 0), (0, 1))), turn, from_eye)
        turned = (canonical + self.offsets) @ turn.transpose(0, 2, 1)
        head = [np.cross(axis, turned) for axis in np.eye(3)]
        single = np.stack([pitch, yaw, *gaze, *head, turned], -1)
        space = np.concatenate([channels[..., :-1], single], -1)
        flat = space[:, :, :2] * np.array([1, -1])[:, None] * poses.scale[:, None, None, None]
        shift = np.broadcast_to(np.eye(2), (*flat.shape[:3], 2))
        return np.concatenate([flat, shift], -1)

    def _turned_channels(
        self, turn: Float[np.ndarray, "frames 3 3"], jaw: Float[np.ndarray, "frames 3 3"]
    ) -> Float[np.ndarray, "frames points 3 columns"]:
        """Displacement of every point by every seen channel and, last, the corrective, after jaw and head."""
        basis = self._expression_basis[[*SEEN, _CORRECTIVE]].transpose(2, 1, 0)  # 3, points, columns
        flat = basis.reshape(3, -1)
        opened = ((jaw - np.eye(3)) @ flat).reshape(-1, *basis.shape)
        posed = basis + self._jaw_weight[:, None] * opened
        out = (turn @ posed.reshape(len(turn), 3, -1)).reshape(-1, *basis.shape)
        return out.transpose(0, 2, 1, 3)

    def _before(self, poses: FramePoses) -> Float[np.ndarray, "frames points 3"]:
        flat = poses.expression @ self._expression_basis.reshape(NUM_EXPRESSION, -1)
        return self._neutral + flat.reshape(len(flat), -1, 3)

    def _rows(
        self, pixels: Float[np.ndarray, "frames points 2"], poses: FramePoses
    ) -> tuple[Float[np.ndarray, "frames rows parameters"], Float[np.ndarray, "frames rows"]]:
        """Whitened Jacobian and residual: every landmark, then the openings between inner lips."""
        unit = (poses.scale * self.eye_distance_m)[:, None, None]
        rows = self._jacobian(poses) / unit[..., None]
        goal = (pixels - self.project(poses)) / unit
        gap_rows, gap_goal = (x[:, self._lower] - x[:, self._upper] for x in (rows, goal))
        weight = self.weights[:, None] / DATA_SD
        system = np.concatenate([rows * weight[..., None], gap_rows / GAP_SD], axis=1)
        target = np.concatenate([goal * weight, gap_goal / GAP_SD], axis=1)
        return system.reshape(len(pixels), -1, rows.shape[-1]), target.reshape(len(pixels), -1)

    def _face_step(
        self, system: Float[np.ndarray, "frames rows parameters"], goal: Float[np.ndarray, "frames rows"],
        poses: FramePoses, priors: Priors,
    ) -> FramePoses:  # fmt: skip
        values = self._values(poses)
        count = values.shape[1]
        centre, precision = self._prior(values, priors)
        normal = system.transpose(0, 2, 1) @ system
        gradient = np.einsum("trp,tr->tp", system, goal)
        diagonal = np.arange(count)
        normal[:, diagonal, diagonal] += precision
        gradient[:, :count] += precision * (centre - values)
        low, high = _limits(count)
        change = _bounded_solution(normal, gradient, low=low - values, high=high - values)
        fresh = np.clip(values + change[:, :count], low, high)
        expression = np.zeros_like(poses.expression)
        expression[:, SEEN] = fresh[:, : len(SEEN)]
        jaw, gaze = fresh[:, len(SEEN) : len(SEEN) + 2], fresh[:, len(SEEN) + 2 :]
        expression[:, _CORRECTIVE] = jaw[:, 0] / self.head.jaw_open_angle_rad
        moved = replace(poses, expression=expression, jaw=np.pad(jaw, ((0, 0), (0, 1))), gaze=gaze)
        return moved if system.shape[-1] == count else _moved_rigidly(moved, change[:, count:])

    def _values(self, poses: FramePoses) -> Float[np.ndarray, "frames values"]:
        return np.concatenate([poses.expression[:, SEEN], poses.jaw[:, :2], poses.gaze], 1)

    def _prior(
        self, values: Float[np.ndarray, "frames values"], priors: Priors
    ) -> tuple[Float[np.ndarray, "frames values"], Float[np.ndarray, "values"]]:
        """Centre and precision of every value: zero with its sd, and the neighbouring frames with theirs."""
        sd = np.r_[priors.expression_sd * _SD_FACTOR, JAW_SD_RAD, JAW_YAW_SD_RAD, GAZE_SD_RAD, GAZE_SD_RAD]
        rest = 1 / sd**2
        padded = np.concatenate([values[:1], values, values[-1:]])
        near = 0.5 * (padded[:-2] + padded[2:])
        slow = np.r_[_SLOW, np.zeros(len(sd) - len(SEEN), bool)]
        hold = 1 / (np.where(slow, priors.slow_sd, priors.fast_sd) * sd / priors.expression_sd) ** 2
        return near * hold / (rest + hold), rest + hold


def landmark_weights() -> Float[np.ndarray, "478"]:
    """Trust in each landmark: lips and lids most; the outline least, because it slides as the head turns."""
    weights = np.full(NUM_LANDMARKS, 0.5)
    weights[list(LIPS)] = 1.0
    weights[list(EYES)] = 1.0
    weights[list(IRISES)] = 0.7
    weights[list(FACE_OVAL)] = 0.08
    weights[list(BELOW_LIP)] = 0.15
    return weights


def _swings(
    rotation: Float[np.ndarray, "frames 3"], turn: Float[np.ndarray, "frames 3 3"],
    arms: Float[np.ndarray, "frames points 3"],
) -> tuple[Float[np.ndarray, "frames points 3"], Float[np.ndarray, "frames points 3"]]:  # fmt: skip
    """How rotated arms move when the pitch or the yaw of an axis-angle vector grows.

    The left Jacobian of the exponential map turns the change of the vector into the axis of the extra rotation.
    """
    angle = np.linalg.norm(rotation, axis=1)[:, None, None]
    cross = np.cross(rotation[:, None], np.eye(3)).transpose(0, 2, 1)
    half = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    safe = np.where(angle < 1e-3, 1.0, angle)
    third = np.where(angle < 1e-3, 1 / 6, (safe - np.sin(safe)) / safe**3)
    axes = np.eye(3) + half * cross + third * (cross @ cross)
    pitch, yaw = (np.einsum("tij,tlj->tli", turn, np.cross(axes[:, None, :, k], arms)) for k in (0, 1))
    return pitch, yaw


def _limits(count: int) -> tuple[Float[np.ndarray, "values"], Float[np.ndarray, "values"]]:
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    low[: len(SEEN)], high[: len(SEEN)] = EXPRESSION_LIMITS
    low[len(SEEN)], high[len(SEEN)] = JAW_LIMITS_RAD
    return low, high


def _bounded_solution(
    normal: Float[np.ndarray, "frames parameters parameters"], gradient: Float[np.ndarray, "frames parameters"],
    *, low: Float[np.ndarray, "frames values"], high: Float[np.ndarray, "frames values"],
) -> Float[np.ndarray, "frames parameters"]:  # fmt: skip
    """Minimum of the quadratic with the first values between limits, by pinning what would leave.

    Clipping alone would leave the other channels compensating for a move that never happens.
    """
    count = low.shape[1]
    diagonal = np.arange(count)
    pinned = np.zeros(low.shape, bool)
    target = np.zeros(low.shape)
    change = np.zeros_like(gradient)
    for _ in range(PIN_ROUNDS):
        matrix, goal = normal.copy(), gradient.copy()
        matrix[:, diagonal, diagonal] += PIN_WEIGHT * pinned
        goal[:, :count] += PIN_WEIGHT * pinned * target
        change = np.linalg.solve(matrix, goal[..., None])[..., 0]
        below, above = change[:, :count] < low - 1e-6, change[:, :count] > high + 1e-6
        if not (below | above).any():
            break
        target = np.where(below, low, np.where(above, high, target))
        pinned = pinned | below | above
    return change


def _least_squares(
    system: Float[np.ndarray, "frames rows parameters"], goal: Float[np.ndarray, "frames rows"]
) -> Float[np.ndarray, "frames parameters"]:
    normal = system.transpose(0, 2, 1) @ system + 1e-9 * np.eye(system.shape[-1])
    return np.asarray(np.linalg.solve(normal, np.einsum("trp,tr->tp", system, goal)[..., None])[..., 0])


def _moved_rigidly(poses: FramePoses, change: Float[np.ndarray, "frames 6"]) -> FramePoses:
    turn, grow, shift = change[:, :3], change[:, 3], change[:, 4:]
    return replace(
        poses,
        head=compose(np.clip(turn, -0.3, 0.3), poses.head),
        scale=poses.scale * np.exp(np.clip(grow, -0.3, 0.3)),
        shift=poses.shift + shift,
    )
