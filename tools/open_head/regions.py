"""Named vertex sets of the open head, found on the mean head."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

LIP_MASK, LID_MASK, FACE_MASK = 0.35, 0.15, 0.5
CONTACT_M = 0.0022  # neutral lips touch within this
FRONT_DEPTH_M = 0.009  # lip vertices further than this behind the front of their column lie inside the mouth


def named_regions(
    mean: np.ndarray, *, skin: np.ndarray, opening: np.ndarray, masks: dict[str, np.ndarray],
    eye_centres: np.ndarray, lower_teeth_top_m: float,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Region name -> sorted vertex indices.

    Args:
        mean: mean head (V, 3).
        skin: true for skin vertices.
        opening: displacement of jawOpen (V, 3), which tells the lower lip from the upper.
        masks: lips, eyelids and face weights of each vertex.
        eye_centres: (2, 3).
        lower_teeth_top_m: height of the biting edge; where uncertain, the lips part there.
    """
    lips_all = skin & (masks["lips"] > LIP_MASK)
    lower = opening[:, 1] < -0.5 * np.abs(opening[lips_all, 1]).max()
    front = np.zeros(len(mean), bool)
    for column in np.unique(np.round(mean[lips_all, 0] / 0.003)):
        here = np.flatnonzero(lips_all & (np.round(mean[:, 0] / 0.003) == column))
        front[here] = mean[here, 2] > mean[here, 2].max() - FRONT_DEPTH_M
    lips = lips_all & front
    upper_ids, lower_ids = np.flatnonzero(lips & ~lower), np.flatnonzero(lips & lower)
    to_lower = cKDTree(mean[lower_ids]).query(mean[upper_ids])[0]
    to_upper = cKDTree(mean[upper_ids]).query(mean[lower_ids])[0]
    inner = np.r_[upper_ids[to_lower < CONTACT_M], lower_ids[to_upper < CONTACT_M]]
    face = skin & (masks["face"] > FACE_MASK)
    nose_base_y = lower_teeth_top_m + 0.018
    near_eye = np.linalg.norm(mean[:, None] - eye_centres, axis=-1).min(1) < 0.026
    sets = {
        "lips": lips,
        "inner_lips": np.isin(np.arange(len(mean)), inner),
        "upper_face": face & (mean[:, 1] > nose_base_y),
        "eyes": skin & near_eye & (masks["face"] > FACE_MASK),
        "face": face | lips,
    }
    return {name: np.flatnonzero(members) for name, members in sets.items()}
