from __future__ import annotations

import numpy as np
import pytest

from xtalker.head import load_head
from xtalker.render.anatomy import find_eyes, find_frame
from xtalker.render.detail import Compression, SkinDetail, skin_detail
from xtalker.render.detail_shade import SLOPE_STEP_M, areas_into, bent, spread_into
from xtalker.render.scene import build_scene
from xtalker.render.vectors import NUM_COLUMNS, PLACE
from xtalker.values import Identity, MeshTopology, Motion
from xtalker.values.conventions import CHANNEL, NUM_DETAIL

Tiny = tuple[np.ndarray, MeshTopology]


def test_areas_are_those_of_the_triangles_around(tiny: Tiny) -> None:
    vertices, topology = tiny
    out = np.empty(len(vertices), np.float32)
    areas_into(vertices, topology.triangles, out)
    a, b, c = (vertices[topology.triangles[:, k]].astype(float) for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    np.testing.assert_allclose(out, np.bincount(topology.triangles.ravel(), np.repeat(area, 3)), rtol=1e-4)


def test_spreading_is_the_sparse_product(tiny: Tiny) -> None:
    scene = build_scene(tiny[1])
    values = np.random.default_rng(0).normal(size=len(tiny[0])).astype(np.float32)
    out = np.empty(scene.num_vertices, np.float32)
    spread_into(scene.row_start, scene.row_index, scene.row_weight, values, out)
    np.testing.assert_allclose(out, scene.matrix(len(values)) @ values, atol=1e-5)


def test_only_skin_that_loses_area_is_pressed(tiny: Tiny) -> None:
    vertices, topology = tiny
    pressed = Compression(build_scene(topology), topology, vertices)
    skin = slice(0, 200)
    assert pressed(vertices).max() < 1e-5
    turned = vertices @ np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], np.float32)
    assert pressed(turned).max() < 1e-3
    assert pressed((1.3 * vertices).astype(np.float32)).max() < 1e-5
    squeezed = vertices * np.array([1, 0.8, 1], np.float32)
    assert pressed(squeezed)[skin].max() > 0.5


def test_bent_normals_are_those_of_the_raised_surface() -> None:
    """A plane of heights over one triangle: the kernel against the cross product of its raised edges."""
    random = np.random.default_rng(1)
    points = np.zeros((3, NUM_COLUMNS), np.float32)
    corners_m = np.array([[0.0, 0, 0], [0.004, 0.001, 0], [0.001, 0.005, 0]])
    points[:, PLACE : PLACE + 3] = corners_m
    places = random.uniform(10, 30, (1, 3, 2)).astype(np.float32)
    slope = np.array([40, -25], np.int8)
    slopes = np.zeros((64, 64, 4), np.int8)
    slopes[..., :2] = slope
    weights = tuple(np.float32(w) for w in (0.3, 0.3, 0.4))
    normal = tuple(np.float32(n) for n in (0, 0, 1))
    got = bent(normal, (0, 1, 2), weights, points, 0, (places, slopes, np.float32(1)), np.float32(0))
    raised = corners_m.copy()
    raised[:, 2] = places[0].astype(float) @ slope * float(SLOPE_STEP_M)
    want = np.cross(raised[1] - raised[0], raised[2] - raised[0])
    np.testing.assert_allclose(got, want / np.linalg.norm(want), atol=1e-4)
    nowhere = np.full((1, 3, 2), -1, np.float32)
    assert bent(normal, (0, 1, 2), weights, points, 0, (nowhere, slopes, np.float32(1)), np.float32(0)) == normal


def test_wrinkles_count_as_far_as_skin_is_pressed() -> None:
    points = np.zeros((3, NUM_COLUMNS), np.float32)
    points[1, PLACE], points[2, PLACE + 1] = 0.001, 0.001
    places = np.array([[[10, 10], [14, 10], [10, 14]]], np.float32)
    slopes = np.zeros((32, 32, 4), np.int8)
    slopes[..., 2] = 50
    weights, normal = (np.float32(1 / 3),) * 3, (np.float32(0), np.float32(0), np.float32(1))
    lean = [
        bent(normal, (0, 1, 2), weights, points, 0, (places, slopes, np.float32(1)), np.float32(pressed))[0]
        for pressed in (0, 0.5, 1)
    ]
    assert lean[0] == 0 > lean[1] > lean[2]


def test_heads_without_the_texture_sheet_have_no_detail(tiny: Tiny) -> None:
    vertices, topology = tiny
    scene = build_scene(topology)
    fine = (scene.matrix(len(vertices)) @ vertices).astype(np.float32)
    assert skin_detail(scene, topology, fine, find_frame(fine, find_eyes(scene, fine))) is None


class Shipped:
    """The shipped head with its detail."""

    def __init__(self) -> None:
        self.head = load_head()
        self.rest = self.head.neutral(Identity())
        self.scene = build_scene(self.head.topology)
        self.fine = (self.scene.matrix(len(self.rest)) @ self.rest).astype(np.float32)
        self.frame = find_frame(self.fine, find_eyes(self.scene, self.fine))
        self.pressed = Compression(self.scene, self.head.topology, self.rest)

    def detail(self, code: np.ndarray | None = None, *, dense: bool = False) -> SkinDetail:
        made = skin_detail(self.scene, self.head.topology, self.fine, self.frame, code, dense=dense)
        assert made is not None
        return made

    def pressed_at(self, x: float, y: float, **channels: float) -> float:
        """Compression around a place in face coordinates."""
        motion = Motion.zeros(1)
        for name, value in channels.items():
            motion.expression[0, CHANNEL[name]] = value
        pressed = self.pressed(self.head.vertices(Identity(), motion)[0])
        place = (self.fine - self.frame.origin) / self.frame.eye_distance_m
        near = (np.hypot(place[:, 0] - x, place[:, 1] - y) < 0.15) & (place[:, 2] > 0)
        return float(pressed[near].mean())


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    return Shipped()


@pytest.mark.real
def test_expressions_press_skin_where_it_wrinkles(shipped: Shipped) -> None:
    raised = {f"brow{where}": 1.0 for where in ("InnerUpLeft", "InnerUpRight", "OuterUpLeft", "OuterUpRight")}
    frown = {"browDownLeft": 1.0, "browDownRight": 1.0}
    smile = {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0, "cheekSquintLeft": 1.0, "cheekSquintRight": 1.0}
    assert shipped.pressed_at(0.4, 0.6, **raised) > 0.15 > shipped.pressed_at(0.4, 0.6, **frown)
    assert shipped.pressed_at(0.0, 0.25, **frown) > 0.2
    assert shipped.pressed_at(0.9, -0.1, **smile) > 0.15
    assert shipped.pressed_at(0.4, 0.6) < 1e-4


@pytest.mark.real
def test_the_code_changes_the_skin_and_zero_is_generic(shipped: Shipped) -> None:
    generic, again = shipped.detail(), shipped.detail(np.zeros(NUM_DETAIL, np.float32))
    np.testing.assert_array_equal(generic.still, again.still)
    older = np.zeros(NUM_DETAIL, np.float32)
    older[1] = 3
    assert shipped.detail(older).still.min() < 1.5 * generic.still.min()
    deeper = np.zeros(NUM_DETAIL, np.float32)
    deeper[2] = 1
    assert shipped.detail(deeper).wrinkles.min() < 1.3 * generic.wrinkles.min()
    own = np.random.default_rng(0).normal(0, 1, NUM_DETAIL).astype(np.float32)
    own[:3] = 0
    moved = shipped.detail(own).still - generic.still
    assert 2e-5 < moved.std() < 5e-4
    assert generic.wrinkles.min() > -1.5e-3, "wrinkles are no deeper than skin"


@pytest.mark.real
def test_dense_surfaces_show_wrinkles_by_their_vertices(shipped: Shipped) -> None:
    coarse, dense = shipped.detail(), shipped.detail(dense=True)
    full = np.ones(shipped.scene.num_vertices, np.float32)
    assert not coarse.heights(full).any()
    assert dense.heights(full).min() < -1e-4
    assert not dense.slopes[0][..., 2:].any() and coarse.slopes[0][..., 2:].any()
    assert build_scene(shipped.head.topology, dense=True).num_vertices > 60_000


@pytest.mark.real
def test_pictures_from_far_use_coarser_slopes(shipped: Shipped) -> None:
    detail = shipped.detail()
    levels = [detail.level(pixel_m) for pixel_m in (1e-4, 4e-4, 1e-3, 1e-2)]
    assert levels == sorted(levels) and levels[0] == 0 and levels[-1] == len(detail.slopes) - 1
