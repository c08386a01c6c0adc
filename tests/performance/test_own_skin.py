"""Texture coordinates for formats with a mesh."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.geometry.head_map import map_places
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.performance.own_skin import textured
from xtalker.render.anatomy import find_eyes, find_frame
from xtalker.render.scene import build_scene
from xtalker.values import Identity
from xtalker.values.rig import Rig


@pytest.fixture(scope="module")
def made() -> tuple[Rig, Rig, np.ndarray]:
    rig = rig_of(OpenHead(), Identity())
    assert rig is not None
    return rig, *textured(rig, np.full((1024, 1024, 4), 99, np.uint8))


def _skin_uv(rig: Rig) -> np.ndarray:
    topology = rig.topology
    assert topology.uv is not None and topology.quad_uv is not None and topology.quad_part is not None
    return topology.uv[topology.quad_uv[topology.quad_part == topology.part_names.index("skin")]]


def test_coordinates_are_those_of_the_renderer(made: tuple[Rig, Rig, np.ndarray]) -> None:
    rig, moved, _ = made
    topology = moved.topology
    scene = build_scene(topology)
    fine = np.asarray(scene.matrix(topology.num_vertices) @ rig.neutral.astype(np.float64))
    frame = find_frame(fine, find_eyes(scene, fine))
    assert topology.quads is not None and topology.quad_part is not None
    quads = topology.quads[topology.quad_part == topology.part_names.index("skin")]
    wanted = map_places(rig.neutral[quads].astype(np.float64), frame.origin, frame.eye_distance_m)
    found = _skin_uv(moved)
    off = np.abs(np.stack([found[..., 0] % 1 - wanted[..., 0], 1 - found[..., 1] - wanted[..., 1]], -1)).max(-1)
    inside = (topology.masks["inside_mouth"][quads] > 0.6).all(1)
    assert off[~inside].max() < 0.004


def test_no_quad_is_torn_around_the_head(made: tuple[Rig, Rig, np.ndarray]) -> None:
    uv = _skin_uv(made[1])
    crown_or_throat = (uv[..., 1].max(1) > 0.93) | (uv[..., 1].min(1) < 0.1)  # the poles see all directions
    assert np.ptp(uv[..., 0], axis=1)[~crown_or_throat].max() < 0.3
    assert uv.min() >= 0 and uv[..., 1].max() <= 1 and uv[..., 0].max() < 2


def test_lining_has_its_own_colour_and_other_parts_keep_theirs(made: tuple[Rig, Rig, np.ndarray]) -> None:
    rig, moved, texture = made
    old, new = rig.topology, moved.topology
    assert old.uv is not None and new.uv is not None and old.quad_uv is not None and new.quad_uv is not None
    assert old.quad_part is not None
    others = old.quad_part != old.part_names.index("skin")
    np.testing.assert_allclose(new.uv[new.quad_uv[others]], old.uv[old.quad_uv[others]], atol=1e-6)
    assert old.quads is not None
    lining = (old.masks["inside_mouth"][old.quads] > 0.6).all(1) & ~others
    u, v = new.uv[new.quad_uv[lining]].reshape(-1, 2).mean(0)
    assert lining.any() and tuple(texture[int((1 - v) * 1024), int(u * 1024)]) == (124, 60, 56)
    assert (texture[:1000] == 99).all()
