"""The open head: linear identity and expression, then jaw, eyes and head turn. Fast path for whole clips.

v = mean + sum_k shape_k sd_k I_k + sum_k psi_k E_k                     shape and expression (3DXTalker Eq. 1)
E_k = E_k + sum_j shape_j sd_j P_kj                                        for channels that close lips or lids
v += w_jaw (R_jaw - 1)(v - p_jaw),  eyes: v = p_eye + R_gaze (v - p_eye)   joints follow identity
v += w_head (R_head - 1) v                                                 the head joint is the origin
"""

from __future__ import annotations

import json
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Int

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.interface import refuse_other_head
from xtalker.head.lip_contact import LipContact
from xtalker.values import Identity, MeshTopology, Motion
from xtalker.values.conventions import EXPRESSION_NAMES, NUM_LANDMARKS

DATA = Path(__file__).parent / "data" / "open_head.npz"
CARD = DATA.with_name(f"{DATA.name}.card.json")
_EXPRESSION_UNIT_M = 1e-3  # the file holds millimetres, so that half precision keeps a tenth of a micrometre
_CHUNK_FRAMES = 256


class OpenHead:
    """Head built from CC0 data by `tools/open_head`; see the card beside the file.

    Attributes:
        name: "open".
        topology: quads, parts, masks and regions.
        jaw_open_angle_rad: jaw pitch at which `jawOpenCorrective` is one.
        landmark_triangles, landmark_weights: barycentric places of the 478 MediaPipe points.
        personal_channel, personal_vertex, personal_basis: what a person's shape adds to a channel at a vertex, so
            that lips and lids close on every face; each vertex appears once.
        contact: where lips touch, see `drawn`.
    """

    name = "open"
    expression_names = EXPRESSION_NAMES

    def __init__(self, path: Path = DATA) -> None:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        num_vertices = len(arrays["mean"])
        self.mean: Float[np.ndarray, "vertices 3"] = arrays["mean"]
        scale = arrays["identity_std"][:, None, None]
        self.identity_basis: Float[np.ndarray, "100 vertices 3"] = arrays["identity"].astype(np.float32) * scale
        self.identity_std: Float[np.ndarray, "100"] = arrays["identity_std"]
        self.expression_basis: Float[np.ndarray, "50 vertices 3"] = arrays["expression"].astype(
            np.float32
        ) * np.float32(_EXPRESSION_UNIT_M)
        self.personal_channel: Int[np.ndarray, "rows"] = arrays["personal_channel"].astype(np.int64)
        self.personal_vertex: Int[np.ndarray, "rows"] = arrays["personal_vertex"]
        self.personal_basis: Float[np.ndarray, "100 rows 3"] = arrays["personal_components"].astype(np.float32) * scale
        self.joints: Float[np.ndarray, "3 3"] = arrays["joints"]
        self.joint_basis: Float[np.ndarray, "100 3 3"] = arrays["joint_components"] * scale
        self.jaw_weight: Float[np.ndarray, "vertices"] = arrays["jaw_weight"]
        self.head_weight: Float[np.ndarray, "vertices"] = arrays["head_weight"]
        self.jaw_open_angle_rad = float(arrays["jaw_open_angle_rad"])
        self.topology = _topology(arrays, num_vertices)
        self.contact = LipContact(**_with_prefix(arrays, "contact_"))
        self.eye_of_vertex = np.zeros(num_vertices, np.int8)
        self.eye_of_vertex[self.topology.part_vertices("eye_left")] = 1
        self.eye_of_vertex[self.topology.part_vertices("eye_right")] = 2
        self.landmark_triangles: Int[np.ndarray, "478 3"] = arrays["landmark_triangles"]
        self.landmark_weights: Float[np.ndarray, "478 3"] = arrays["landmark_weights"]
        assert len(self.landmark_triangles) == NUM_LANDMARKS

    @cached_property
    def card(self) -> dict[str, object]:
        """Source, licence and figures of the head file."""
        return dict(json.loads(CARD.read_text()))

    def neutral(self, identity: Identity) -> Float[np.ndarray, "vertices 3"]:
        """Closed-mouth neutral head of a person, metres."""
        refuse_other_head(identity.head_model, self.name)
        flat = identity.shape.astype(np.float32) @ self.identity_basis.reshape(len(self.identity_basis), -1)
        return self.mean + flat.reshape(-1, 3)

    def expression_of(self, identity: Identity) -> Float[np.ndarray, "50 vertices 3"]:
        """Expression channels of a person, metres."""
        out = self.expression_basis.copy()
        out[self.personal_channel, self.personal_vertex] += self._personal(identity)
        return out

    def _personal(self, identity: Identity) -> Float[np.ndarray, "rows 3"]:
        return np.einsum("k,krc->rc", identity.shape.astype(np.float32), self.personal_basis)

    def only(self, used: Int[np.ndarray, "_"]) -> OpenHead:
        """The same formulas on some vertices (ascending), many times faster; its topology is still the whole head's."""
        part = copy(self)
        part.mean, part.identity_basis = self.mean[used], np.ascontiguousarray(self.identity_basis[:, used])
        part.expression_basis = np.ascontiguousarray(self.expression_basis[:, used])
        part.jaw_weight, part.head_weight = self.jaw_weight[used], self.head_weight[used]
        part.eye_of_vertex = self.eye_of_vertex[used]
        kept = np.isin(self.personal_vertex, used)
        part.personal_channel = self.personal_channel[kept]
        part.personal_vertex = np.searchsorted(used, self.personal_vertex[kept])
        part.personal_basis = np.ascontiguousarray(self.personal_basis[:, kept])
        return part

    def joints_of(self, identity: Identity) -> Float[np.ndarray, "3 3"]:
        """Jaw pivot, left and right eye centre of a person, metres."""
        return self.joints + np.einsum("k,kjc->jc", identity.shape, self.joint_basis).astype(np.float32)

    def vertices(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames vertices 3"]:
        """Vertices of every frame, metres; canonical leaves the head rotation out."""
        refuse_other_head(motion.head_model, self.name)
        neutral, joints = self.neutral(identity), self.joints_of(identity)
        out = np.empty((motion.num_frames, *neutral.shape), np.float32)
        basis = self.expression_basis.reshape(len(self.expression_basis), -1)
        personal = self._personal(identity)
        for start in range(0, motion.num_frames, _CHUNK_FRAMES):
            part = motion[start : start + _CHUNK_FRAMES]
            turns = _turns(part, canonical=canonical)
            block = out[start : start + _CHUNK_FRAMES]
            expression = part.expression.astype(np.float32)
            np.matmul(expression, basis, out=block.reshape(len(block), -1))
            block[:, self.personal_vertex] += expression[:, self.personal_channel, None] * personal
            _skin(block, neutral, joints, self.jaw_weight, self.head_weight, self.eye_of_vertex, *turns)
        return out

    def drawn(self, identity: Identity, motion: Motion) -> Float[np.ndarray, "frames vertices 3"]:
        """Vertices for pictures: as `vertices`, but rounded lips touch where they would cross."""
        out = self.vertices(identity, motion)
        self.contact.settle(out, motion)
        return out

    def landmarks(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames 478 3"]:
        """The 478 MediaPipe points of every frame, metres."""
        out = np.empty((motion.num_frames, NUM_LANDMARKS, 3), np.float32)
        for start in range(0, motion.num_frames, _CHUNK_FRAMES):
            chunk = self.vertices(identity, motion[start : start + _CHUNK_FRAMES], canonical=canonical)
            corners = chunk[:, self.landmark_triangles]
            out[start : start + len(chunk)] = np.einsum("flkc,lk->flc", corners, self.landmark_weights)
        return out


def _topology(arrays: dict[str, np.ndarray], num_vertices: int) -> MeshTopology:
    quads = arrays["quads"]
    return MeshTopology(
        num_vertices=num_vertices,
        triangles=np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]),
        quads=quads,
        quad_part=arrays["quad_part"].astype(np.int32),
        part_names=tuple(str(n) for n in arrays["part_names"]),
        uv=arrays["uv"],
        quad_uv=arrays["quad_uv"],
        masks={name: m.astype(np.float32) for name, m in _with_prefix(arrays, "mask_").items()},
        regions=_with_prefix(arrays, "region_"),
    )


def _with_prefix(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}


def _turns(motion: Motion, *, canonical: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotation matrices (frames, 3, 3) of jaw, eyes and head."""
    gaze = np.concatenate([motion.gaze, np.zeros((motion.num_frames, 1), motion.gaze.dtype)], axis=1)
    head = np.zeros_like(motion.head) if canonical else motion.head
    jaw, eyes, head = (matrix_from_axis_angle(r.astype(np.float32)) for r in (motion.jaw, gaze, head))
    return jaw, eyes, head


@numba.njit(parallel=True, cache=True)
@no_type_check
def _skin(out, neutral, joints, jaw_weight, head_weight, eye_of_vertex, jaw, eyes, head):  # type: ignore[no-untyped-def]
    """Add the neutral head to the expression displacements in `out` and pose the sum, in place."""
    for f in numba.prange(out.shape[0]):
        for v in range(out.shape[1]):
            x = out[f, v, 0] + neutral[v, 0]
            y = out[f, v, 1] + neutral[v, 1]
            z = out[f, v, 2] + neutral[v, 2]
            eye = eye_of_vertex[v]
            joint = joints[eye]
            turn = jaw[f] if eye == 0 else eyes[f]
            w = jaw_weight[v] if eye == 0 else np.float32(1)
            if w > 0:
                dx, dy, dz = x - joint[0], y - joint[1], z - joint[2]
                x += w * (turn[0, 0] * dx + turn[0, 1] * dy + turn[0, 2] * dz - dx)
                y += w * (turn[1, 0] * dx + turn[1, 1] * dy + turn[1, 2] * dz - dy)
                z += w * (turn[2, 0] * dx + turn[2, 1] * dy + turn[2, 2] * dz - dz)
            turn, w = head[f], head_weight[v]
            out[f, v, 0] = x + w * (turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z - x)
            out[f, v, 1] = y + w * (turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z - y)
            out[f, v, 2] = z + w * (turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z - z)
