"""Pictures around a head: generic skin, and normals that tilt the surface as the heights do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from xtalker.head.open_head import OpenHead
from xtalker.performance import unrolled as module
from xtalker.performance.unrolled import Unrolled, generic_texture, normal_map, unrolled
from xtalker.render.detail import detail_places
from xtalker.render.paint import _BROW
from xtalker.values import Identity


@pytest.fixture(scope="module")
def head() -> Unrolled:
    ours = OpenHead()
    return unrolled(ours.topology, ours.neutral(Identity()))


def _texel(head: Unrolled, place: np.ndarray) -> tuple[int, int]:
    """Row and column of the skin that lies nearest to a place of the face (eye distances)."""
    points = np.einsum("rck,rckn->rcn", head.weights, head.fine[head.scene.triangles][np.maximum(head.triangle, 0)])
    off = (points - head.frame.origin) / head.frame.eye_distance_m - place
    row, column = np.unravel_index(np.argmin((off**2).sum(-1) + 99 * (head.triangle < 0)), head.triangle.shape)
    return int(row), int(column)


def test_brows_lips_and_scalp_have_their_own_colours(head: Unrolled) -> None:
    picture = generic_texture(head).astype(float)
    row, column = _texel(head, np.array([0.0, 0.55, 0.6]))
    forehead = picture[row - 8 : row + 8, column - 8 : column + 8].mean((0, 1))
    scalp = picture[60:120, 480:540].mean((0, 1))
    ours = OpenHead().topology
    assert ours.uv is not None and ours.quad_uv is not None and ours.quads is not None
    near = np.linalg.norm(ours.uv[ours.quad_uv] - np.array(_BROW[2]), axis=-1)
    vertex = ours.quads.ravel()[near.argmin()]
    row, column = _texel(head, (head.rest[vertex] - head.frame.origin) / head.frame.eye_distance_m)
    brow = picture[row - 12 : row + 12, column - 12 : column + 12].min((0, 1))
    lips = picture[_texel(head, _mean_place(head, "lips"))]
    assert scalp.mean() < 0.6 * forehead.mean() and brow.mean() < 0.7 * forehead.mean()
    assert lips[1] < 0.85 * forehead[1]


def _mean_place(head: Unrolled, mask: str) -> np.ndarray:
    chosen = head.topology.masks[mask] > 0.95
    return np.asarray((head.rest[chosen].mean(0) - head.frame.origin) / head.frame.eye_distance_m)


@pytest.mark.parametrize("axis", ["column", "row"])
def test_the_map_tilts_normals_as_the_heights_do(head: Unrolled, axis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ramp over the detail map: against its gradient in the plane of each triangle of the face."""
    places = detail_places(head.scene, head.topology, head.fine, head.frame)
    assert places is not None
    ramp = np.tile(np.arange(1024) * 4e-5, (1024, 1)).astype(np.float32)
    ramp = ramp if axis == "column" else ramp.T.copy()
    original = module.skin_detail

    def ramped(*given: Any, **named: Any) -> Any:
        found = original(*given, **named)
        assert found is not None
        return replace(found, still=ramp)

    monkeypatch.setattr(module, "skin_detail", ramped)
    picture = normal_map(head, np.zeros(128, np.float32), painted=False)
    assert picture is not None
    decoded = picture.astype(float) / 127.5 - 1
    bends = []
    for triangle in np.flatnonzero(places.triangles)[::97]:
        at = head.corners[triangle].mean(0).astype(int)
        if not (at >= 0).all() or not (at < 1024).all() or head.triangle[at[1], at[0]] != triangle:
            continue
        p = head.fine[head.scene.triangles[triangle]].astype(float)
        e, g = p[1] - p[0], p[2] - p[0]
        normal = np.cross(e, g) / np.linalg.norm(np.cross(e, g))
        heights = 4e-5 * places.corners[triangle][:, 0 if axis == "column" else 1]
        gradient = np.linalg.lstsq(np.stack([e, g, normal]), [*np.diff(heights[[0, 1]]), heights[2] - heights[0], 0])[0]
        truth = normal - gradient
        h = head.corners[triangle]
        along = np.linalg.solve(np.stack([h[1] - h[0], h[2] - h[0]]), np.stack([e, g]))
        tangent, down = (side / np.linalg.norm(side) for side in along)
        x, y, z = decoded[at[1], at[0]]
        found = x * tangent - y * down + z * normal
        truth, found = truth / np.linalg.norm(truth), found / np.linalg.norm(found)
        bends.append((np.arccos(np.clip(truth @ normal, -1, 1)), np.arccos(np.clip(truth @ found, -1, 1))))
    bent, off = np.array(bends).T
    assert len(bent) > 50 and np.median(bent) > 0.05
    assert np.median(off) < 0.15 * np.median(bent)


def test_most_of_the_picture_is_seen_and_none_of_it_is_the_mouths_lining(head: Unrolled) -> None:
    seen = head.triangle >= 0
    mask = np.asarray(head.scene.matrix(head.topology.num_vertices) @ head.topology.masks["inside_mouth"])
    assert seen.mean() > 0.7
    assert mask[head.scene.triangles[head.triangle[seen]]].min(1).max() <= 0.61
