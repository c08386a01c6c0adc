"""Jaw joint and the 50 named expression channels, drawn on the base mesh and carried to the mean head."""

from __future__ import annotations

import numpy as np
from tools.open_head.makehuman import Source

from xtalker.values.conventions import EXPRESSION_NAMES

ARKIT = "faceunits01/targets/faceunits"
MAKEHUMAN_UNITS = "mpfb2/targets/expression/units/caucasian"
SPLIT_WIDTH_M = 0.004  # soft left/right border of channels that ARKit keeps as one


def read_shapes(source: Source, num_vertices: int, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> displacement (len(ids), 3) of the 52 ARKit shapes and of two MakeHuman units."""
    shapes = {
        name.removesuffix(".target"): source.target(f"{ARKIT}/{name}", num_vertices)[ids]
        for name in source.list(ARKIT)
        if name.endswith(".target")
    }
    unit = {
        name: source.target(f"{MAKEHUMAN_UNITS}/{name}.target.gz", num_vertices)[ids]
        for name in ("nose-left-dilatation", "nose-right-dilatation", "neck-platysma")
    }
    shapes["nostrilDilate"] = unit["nose-left-dilatation"] + unit["nose-right-dilatation"]
    shapes["platysma"] = unit["neck-platysma"]
    return shapes


def rotation_x(angle: float) -> np.ndarray:
    """Rotation about x."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def fit_jaw(
    vertices: np.ndarray, opening: np.ndarray, lower_teeth: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Opening angle (rad), pivot, weight of each vertex and the teeth's residual (m) from jawOpen.

    The lower teeth move rigidly, so their motion gives the joint; a vertex's weight is its displacement projected
    on what a full rotation would do. Rig weights miss jawOpen by up to 16 mm, these by 6, and the corrective
    channel takes the rest.
    """
    from tools.open_head.identity import similarity

    teeth = vertices[lower_teeth]
    _, rotation, shift = similarity(teeth, teeth + opening[lower_teeth])
    angle = float(np.arctan2(rotation[2, 1], rotation[1, 1]))
    pivot = np.r_[0, np.linalg.lstsq((np.eye(3) - rotation)[1:, 1:], shift[1:], rcond=None)[0]]
    full = (vertices - pivot) @ rotation.T + pivot - vertices
    weight = np.clip((full * opening).sum(1) / np.maximum((full**2).sum(1), 1e-10), 0, 1)
    residual = np.linalg.norm(full[lower_teeth] - opening[lower_teeth], axis=1)
    return angle, pivot, weight, float(np.sqrt((residual**2).mean()))


def unpose(displacement: np.ndarray, weight: np.ndarray, angle: float) -> np.ndarray:
    """Take a displacement drawn on the opened jaw back through the blended jaw rotation."""
    blended = (1 - weight)[:, None, None] * np.eye(3) + weight[:, None, None] * rotation_x(angle)
    return np.einsum("nij,nj->ni", np.linalg.inv(blended), displacement)


def channels(
    shapes: dict[str, np.ndarray], *, base: np.ndarray, mean: np.ndarray, eyes: np.ndarray,
    jaw: np.ndarray, angle: float, weight: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The 50 channels (50, V, 3), in the order of EXPRESSION_NAMES.

    Args:
        shapes: displacements already carried to the mean head.
        base, mean: base mesh and mean head, (V, 3).
        eyes: vertices of the eyeballs, which no channel moves (gaze turns them).
        jaw, angle, weight: pivot on the mean head, angle of jawOpen = 1, jaw weights.
    """
    left = 1 / (1 + np.exp(-base[:, :1] / (SPLIT_WIDTH_M)))
    out = dict(shapes)
    for name in ("browInnerUp", "cheekPuff"):
        out[name + "Left"], out[name + "Right"] = shapes[name] * left, shapes[name] * (1 - left)
    rotated = (mean - jaw) @ rotation_x(angle).T + jaw - mean
    # Two seal fixes: the corrective and mouthClose are added before skinning, so both go through the inverse of
    # the full opening; with part of it, jaw + close leaves the mouth open by millimetres.
    out["jawOpenCorrective"] = unpose(shapes["jawOpen"] - weight[:, None] * rotated, weight, angle)
    out["mouthClose"] = unpose(shapes["mouthClose"], weight, angle)
    out["lidDownLeft"], out["lidDownRight"] = shapes["eyeLookDownLeft"], shapes["eyeLookDownRight"]
    out["lidUp"] = shapes["eyeLookUpLeft"] + shapes["eyeLookUpRight"]
    out["jawSide"] = shapes["jawLeft"]
    stacked = np.stack([out[name] for name in EXPRESSION_NAMES])
    stacked[:, eyes] = 0
    return stacked
