"""The open head's motion on the user's own FLAME head: a linear map fitted on the two surfaces.

1. FLAME's neutral is brought onto the open head's by a similarity: a rough start, then closest points (ICP).
2. Every aligned FLAME vertex near the open head's surface follows the closest triangle (barycentric weights).
3. Each of our 50 channels, and the jaw about each axis, moves those points; ridge regression finds the FLAME
   expression and jaw that move FLAME's vertices alike (both heads' jaws linearised about zero), and the other way
   round. Back on the open head `jawOpenCorrective` is no free channel: it follows the jaw, as everywhere.

Eyeballs, teeth and tongue of either head take no part: their surfaces do not correspond.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float, Int
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from xtalker.export.arkit_names import JAW_OPEN_ANGLE_RAD
from xtalker.export.flame_npz import FlameMap
from xtalker.head.interface import HeadModel
from xtalker.values import Identity, MeshTopology, Motion
from xtalker.values.conventions import CHANNEL, NUM_EXPRESSION

_CONTROLS: Final = NUM_EXPRESSION + 3
_JAW_STEP_RAD: Final = 0.05
_JAW_PITCH: Final = NUM_EXPRESSION
_NEAR: Final = 0.08
"""How far a vertex may lie from the other surface, as a share of the source head's height."""
_CANDIDATES: Final = 12


@dataclass(frozen=True)
class Similarity:
    """x -> scale (rotation @ x) + shift."""

    scale: float
    rotation: Float[np.ndarray, "3 3"]
    shift: Float[np.ndarray, "3"]

    def apply(self, points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 3"]:
        """Points moved."""
        return self.scale * points @ self.rotation.T + self.shift


@dataclass(frozen=True)
class FlameFit:
    """A map and how well it does.

    Attributes:
        map: what `FlameNpz` takes.
        back: [expression | jaw] of the source head = [expression | jaw] of FLAME @ back.
        used: FLAME vertices that took part.
        corners, weights: the triangle of the source head under each of them.
        to_source: FLAME's space to the source head's.
        residual: of each source channel and jaw axis, the share of its displacement that FLAME cannot make, 0 to 1.
    """

    map: FlameMap
    back: Float[np.ndarray, "53 53"]
    used: Int[np.ndarray, "points"]
    corners: Int[np.ndarray, "points 3"]
    weights: Float[np.ndarray, "points 3"]
    to_source: Similarity
    residual: Float[np.ndarray, "53"]

    def carry_back(self, motion: Motion) -> Motion:
        """FLAME's motion on the source head; head rotation and gaze stay."""
        assert motion.head_model == self.map.identity.head_model, "the way back starts at FLAME"
        moved = np.concatenate([motion.expression, motion.jaw], axis=1) @ self.back
        expression, jaw = np.split(moved.astype(np.float32), [NUM_EXPRESSION], axis=1)
        return replace(motion, expression=expression, jaw=jaw, head_model=self.map.source)


def fit_flame_map(
    source: HeadModel, flame: HeadModel, *, identity: Identity | None = None, ridge: float = 1e-3,
    start: Similarity | None = None,
) -> FlameFit:  # fmt: skip
    """Fit the map from a head's motion to FLAME's.

    Args:
        source: the open head, or any head with triangles.
        flame: the user's head.
        identity: the person in FLAME's own components; None is the mean head.
        ridge: weight of small coefficients, as a share of the mean power of FLAME's own displacements.
        start: rough placement of FLAME on the source; None matches centres and heights, right for heads that both
            follow `values.conventions`.

    Returns:
        the map with its correspondences and what it cannot carry over.
    """
    person = identity or Identity(head_model=flame.name)
    ours, theirs = source.neutral(Identity(head_model=source.name)), flame.neutral(person)
    skin = skin_triangles(source.topology)
    to_source = align(theirs, ours[np.unique(skin)], start)
    corners, weights, distance = closest_on_surface(to_source.apply(theirs), ours, skin)
    near = distance < _NEAR * np.ptp(ours[:, 1])
    used = np.flatnonzero(near & ~_inside_parts(flame.topology))
    corners, weights = corners[used], weights[used]
    wanted = np.einsum("kpcx,pc->kpx", _effects(source, Identity(head_model=source.name))[:, corners], weights)
    basis = to_source.scale * _effects(flame, person)[:, used] @ to_source.rotation.T
    theirs_flat, ours_flat = basis.reshape(_CONTROLS, -1), wanted.reshape(_CONTROLS, -1)
    matrix = _ridge(theirs_flat, ours_flat, ridge)
    fit_back = _ridge_to_open if source.name == "open" else _ridge
    back = fit_back(ours_flat, theirs_flat, ridge)
    left = np.linalg.norm(wanted - np.tensordot(matrix, basis, 1), axis=(1, 2))
    size = np.linalg.norm(wanted, axis=(1, 2))
    residual = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
    made = FlameMap(matrix.astype(np.float32), source.name, person)
    return FlameFit(made, back, used, corners, weights, to_source, residual)


def vertex_error_m(
    fit: FlameFit, source: HeadModel, flame: HeadModel, motion: Motion, *, region: Int[np.ndarray, "_"] | None = None,
    flame_motion: Motion | None = None,
) -> Float[np.ndarray, "frames points"]:  # fmt: skip
    """Distance, metres on the source head, between how far the two heads' corresponding points have moved.

    Args:
        fit: the map and its correspondences.
        source: the head that it starts from.
        flame: the head that it leads to.
        motion: of the source head.
        region: vertices of the source head; only points whose triangle touches it count. None takes all.
        flame_motion: what FLAME does meanwhile; None is the map's answer to `motion`.
    """
    still, person = Identity(head_model=source.name), fit.map.identity
    mine = np.ones(len(fit.used), bool) if region is None else np.isin(fit.corners, region).any(axis=1)
    moved = source.vertices(still, motion, canonical=True) - source.neutral(still)
    ours = np.einsum("fpcx,pc->fpx", moved[:, fit.corners[mine]], fit.weights[mine])
    answer = fit.map.apply(motion) if flame_motion is None else flame_motion
    theirs = (flame.vertices(person, answer, canonical=True) - flame.neutral(person))[:, fit.used[mine]]
    return np.asarray(np.linalg.norm(ours - fit.to_source.scale * theirs @ fit.to_source.rotation.T, axis=-1))


def align(
    points: Float[np.ndarray, "points 3"], target: Float[np.ndarray, "others 3"], start: Similarity | None = None,
    *, steps: int = 30,
) -> Similarity:  # fmt: skip
    """Similarity that brings points onto a target, by iterated closest points over the nearer three quarters."""
    if start is None:
        scale = float(np.ptp(target[:, 1]) / np.ptp(points[:, 1]))
        middle = [(p.min(0) + p.max(0)) / 2 for p in (points, target)]
        start = Similarity(scale, np.eye(3), middle[1] - scale * middle[0])
    tree, current = cKDTree(target), start
    for _ in range(steps):
        distance, nearest = tree.query(current.apply(points))
        near = distance <= np.quantile(distance, 0.75)
        current = similarity(points[near], target[nearest[near]])
    return current


def similarity(points: Float[np.ndarray, "points 3"], target: Float[np.ndarray, "points 3"]) -> Similarity:
    """Least-squares similarity between corresponding points (Umeyama 1991)."""
    middle, other = points.mean(0), target.mean(0)
    left, stretch, right = np.linalg.svd((target - other).T @ (points - middle))
    mirror = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = (left * mirror) @ right
    scale = float((stretch * mirror).sum() / np.square(points - middle).sum())
    return Similarity(scale, rotation, other - scale * rotation @ middle)


def skin_triangles(topology: MeshTopology) -> Int[np.ndarray, "triangles 3"]:
    """Triangles of the skin; all of them for a head without named parts."""
    if topology.quads is None or topology.quad_part is None:
        return topology.triangles
    quads = topology.quads[topology.quad_part == topology.part_names.index("skin")]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _inside_parts(topology: MeshTopology) -> Bool[np.ndarray, "vertices"]:
    """Vertices of eyeballs, teeth and tongue: parts that are not the skin, or pieces apart from the largest one."""
    if topology.quads is not None and topology.quad_part is not None:
        out = np.ones(topology.num_vertices, bool)
        out[np.unique(skin_triangles(topology))] = False
        return out
    first, second = topology.triangles[:, [0, 1]].ravel(), topology.triangles[:, [1, 2]].ravel()
    links = sparse.coo_matrix((np.ones(len(first)), (first, second)), (topology.num_vertices,) * 2)
    _, piece = connected_components(links, directed=False)
    out = np.zeros(topology.num_vertices, bool)
    out[topology.triangles.ravel()] = True  # vertices without faces belong to no piece
    return np.asarray(out & (piece != np.bincount(piece[topology.triangles[:, 0]]).argmax()))


def closest_on_surface(
    points: Float[np.ndarray, "points 3"], vertices: Float[np.ndarray, "vertices 3"],
    triangles: Int[np.ndarray, "triangles 3"],
) -> tuple[Int[np.ndarray, "points 3"], Float[np.ndarray, "points 3"], Float[np.ndarray, "points"]]:  # fmt: skip
    """Closest surface point: corners of its triangle, barycentric weights, distance.

    Looks at the triangles whose centres are nearest, enough where triangles are of similar size.
    """
    count = min(_CANDIDATES, len(triangles))
    _, near = cKDTree(vertices[triangles].mean(axis=1)).query(points, k=count)
    near = np.asarray(near).reshape(len(points), count)
    corners = vertices[triangles[near]].astype(np.float64)
    weights = _closest_weights(points[:, None].astype(np.float64), corners)
    away = np.linalg.norm(np.einsum("pkc,pkcx->pkx", weights, corners) - points[:, None], axis=-1)
    best = away.argmin(axis=1)
    row = np.arange(len(points))
    return triangles[near[row, best]], weights[row, best], away[row, best]


def _closest_weights(
    points: Float[np.ndarray, "points 1 3"], corners: Float[np.ndarray, "points near 3 3"]
) -> Float[np.ndarray, "points near 3"]:
    """Weights of the closest point of each triangle: of its plane where that lies inside, else of an edge."""
    a, b, c = np.moveaxis(corners, 2, 0)
    u, v, w = b - a, c - a, points - a
    uu, uv, vv, wu, wv = ((p * q).sum(-1) for p, q in ((u, u), (u, v), (v, v), (w, u), (w, v)))
    area = uu * vv - uv * uv
    area = np.where(area > 0, area, 1)
    s, t = (vv * wu - uv * wv) / area, (uu * wv - uv * wu) / area
    inside: Bool[np.ndarray, "points near"] = (s >= 0) & (t >= 0) & (s + t <= 1)
    options = [np.stack([1 - s - t, s, t], -1)]
    for first, second in ((0, 1), (1, 2), (2, 0)):
        start, along = corners[:, :, first], corners[:, :, second] - corners[:, :, first]
        length = np.maximum((along * along).sum(-1), 1e-30)
        f = np.clip(((points - start) * along).sum(-1) / length, 0, 1)
        edge = np.zeros((*f.shape, 3))
        edge[..., first], edge[..., second] = 1 - f, f
        options.append(edge)
    stacked = np.stack(options)
    away = np.linalg.norm(np.einsum("opkc,pkcx->opkx", stacked, corners) - points, axis=-1)
    away[0] = np.where(inside, 0, np.inf)
    return np.asarray(np.take_along_axis(stacked, away.argmin(axis=0)[None, ..., None], axis=0)[0])


def _effects(head: HeadModel, identity: Identity) -> Float[np.ndarray, "53 vertices 3"]:
    """Displacement of every vertex by one unit of each channel and one radian of jaw about each axis, at zero."""
    controls = np.zeros((_CONTROLS, _CONTROLS), np.float32)
    step = np.where(np.arange(_CONTROLS) < NUM_EXPRESSION, 1.0, _JAW_STEP_RAD)
    np.fill_diagonal(controls, step)
    expression, jaw = np.split(controls, [NUM_EXPRESSION], axis=1)
    still = np.zeros((_CONTROLS, 3), np.float32)
    motion = Motion(expression, jaw, still, still[:, :2], head_model=head.name)
    moved = head.vertices(identity, motion).astype(np.float64) - head.neutral(identity)
    return np.asarray(moved / step[:, None, None])


def _ridge(
    basis: Float[np.ndarray, "53 values"], wanted: Float[np.ndarray, "53 values"], ridge: float
) -> Float[np.ndarray, "53 53"]:
    """Rows m with m @ basis close to wanted."""
    gram = basis @ basis.T
    # The jaw's column has another unit than expression; scaling makes the ridge weigh all alike.
    power = np.sqrt(np.maximum(np.diagonal(gram), 1e-30))
    scaled = gram / np.outer(power, power) + ridge * np.eye(len(gram))
    return np.asarray(np.linalg.solve(scaled, (basis @ wanted.T) / power[:, None]).T / power)


def _ridge_to_open(
    basis: Float[np.ndarray, "53 values"], wanted: Float[np.ndarray, "53 values"], ridge: float
) -> Float[np.ndarray, "53 53"]:
    """As `_ridge`, onto the open head's controls, with its jaw corrective tied to the jaw's pitch."""
    corrective, tied = CHANNEL["jawOpenCorrective"], basis.copy()
    tied[_JAW_PITCH] += tied[corrective] / JAW_OPEN_ANGLE_RAD
    tied[corrective] = 0
    out = _ridge(tied, wanted, ridge)
    out[:, corrective] = out[:, _JAW_PITCH] / JAW_OPEN_ANGLE_RAD
    return out
