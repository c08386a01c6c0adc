"""Lids that lie on their eyeball and meet on every face: what identity adds to the two blink channels."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

NEAR, FAR = 1.25, 1.7  # in eyeball radii from its centre: shut lids within the first follow it, beyond the second not
MOVES, RESTS = 0.3, 0.12  # part of the largest displacement of a blink: what closes, and what it closes upon
LASHES = 3.0  # eyeball radii: nearer lashes belong to this eye
NEIGHBOURS, REACH_M = 8, 0.002


def personal_blink(
    mean: np.ndarray, blink: np.ndarray, components: np.ndarray, *, eye: np.ndarray, skin: np.ndarray,
    lashes: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Vertices (n,) and what each component adds there to a blink (components, n, 3).

    Along the eyeball's radius, shut lids move as the eyeball does, so that it does not come through; across it, the
    lid that closes moves as the skin that it comes to lie on, so that tall eyes close as well as narrow ones.

    Args:
        mean: mean head (V, 3), metres.
        blink: displacement of the shut lid (V, 3).
        components: displacements (k, V, 3) of unit coefficients.
        eye: vertices of the eyeball.
        skin: vertices that may move.
        lashes: vertices that go with the nearest of those, where they belong to this eye.
    """
    centre = mean[eye].mean(0)
    radius = np.linalg.norm(mean[eye] - centre, axis=1).mean()
    shut = (mean + blink)[skin] - centre
    share = _smooth((FAR - np.linalg.norm(shut, axis=1) / radius) / (FAR - NEAR))
    ids, shut, share = skin[share > 0], shut[share > 0], share[share > 0]
    outwards = shut / np.linalg.norm(shut, axis=1, keepdims=True)
    ball = np.linalg.pinv(np.c_[mean[eye] - centre, np.ones(len(eye))])
    carried = np.c_[shut, np.ones(len(shut))] @ (ball @ components[:, eye])
    own = components[:, ids]
    motion = np.linalg.norm(blink[ids], axis=1) / np.linalg.norm(blink[ids], axis=1).max()
    under = ids[motion < RESTS]
    distance, near = cKDTree(mean[under] - centre).query(shut, k=NEIGHBOURS)
    weight = np.exp(-((distance - distance[:, :1]) ** 2) / REACH_M**2)
    weight /= weight.sum(1, keepdims=True)
    lies_on = np.einsum("nq,knqc->knc", weight, components[:, under[near]])
    across = _smooth(motion / MOVES)[:, None] * (lies_on - own)
    radial = np.einsum("knc,nc->kn", carried - own - across, outwards)[..., None] * outwards
    closing = share[:, None] * (across + radial)
    lashes = lashes[np.linalg.norm(mean[lashes] - centre, axis=1) < LASHES * radius]
    root = cKDTree(mean[ids]).query(mean[lashes])[1]
    return np.concatenate([ids, lashes]), np.concatenate([closing, closing[:, root]], axis=1)


def _smooth(value: np.ndarray) -> np.ndarray:
    t = np.clip(value, 0, 1)
    return t * t * (3 - 2 * t)
