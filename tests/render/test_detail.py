from __future__ import annotations

import numpy as np
import pytest

from xtalker.head import load_head
from xtalker.render.anatomy import find_eyes, find_frame
from xtalker.render.detail import CODE_LIMIT, Compression, SkinDetail, line_strengths, skin_detail
from xtalker.render.detail_lines import LINES, NAMES, NUM_ROUGHNESS
from xtalker.render.detail_shade import SLOPE_STEP_M, areas_into, bent, spread_into
from xtalker.render.detail_sheet import FaceSheet
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

    def detail(self, code: np.ndarray | None = None, *, dense: bool = False, painted: bool = False) -> SkinDetail:
        made = skin_detail(
            self.scene, self.head.topology, self.fine, self.frame, code, dense=dense, painted=painted
        )  # fmt: skip
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
def test_zero_is_generic_skin_and_every_number_changes_it(shipped: Shipped) -> None:
    generic, again = shipped.detail(), shipped.detail(np.zeros(NUM_DETAIL, np.float32))
    np.testing.assert_array_equal(generic.still, again.still)
    assert 5e-6 < generic.still.std() < 5e-5 and generic.still.min() > -1e-3
    assert -1.5e-3 < generic.wrinkles.min() < -1e-4, "wrinkles are seen, and no deeper than skin"
    for number in (0, 20, 41, 42, 80, 127):
        code = np.zeros(NUM_DETAIL, np.float32)
        code[number] = 1.5
        assert np.abs(shipped.detail(code).still - generic.still).max() > 3e-6, NAMES[number]


@pytest.mark.real
def test_heights_are_linear_in_the_code(shipped: Shipped) -> None:
    """As long as no line would turn into a ridge."""
    random = np.random.default_rng(0)
    one, other = random.uniform(0, 0.8, (2, NUM_DETAIL)).astype(np.float32)
    zero, a, b, both = (shipped.detail(c).still for c in (0 * one, one, other, one + other))
    np.testing.assert_allclose(both - zero, (a - zero) + (b - zero), atol=1e-7)
    smoothest = shipped.detail(np.full(NUM_DETAIL, -3, np.float32))
    assert not line_strengths(np.full(NUM_DETAIL, -3, np.float32))[0].any()
    assert smoothest.still.std() < 0.5 * zero.std()


@pytest.mark.real
def test_a_lined_face_wrinkles_more_and_in_its_own_places(shipped: Shipped) -> None:
    code = np.zeros(NUM_DETAIL, np.float32)
    code[[NAMES.index(name) for name in NAMES if name.startswith("forehead") and ", part" in name]] = 1.5
    generic, lined = shipped.detail(), shipped.detail(code)
    there = np.abs(lined.still - generic.still) > 2e-5
    assert lined.wrinkles[there].std() > 1.2 * generic.wrinkles[there].std()
    np.testing.assert_array_equal(lined.wrinkles[:, 450:], generic.wrinkles[:, 450:])
    assert there.any() and np.nonzero(there)[1].max() < 400, "the forehead lies at the first columns"


@pytest.mark.real
def test_codes_from_files_are_bounded(shipped: Shipped) -> None:
    wild = np.full(NUM_DETAIL, 1e9, np.float32)
    wild[5] = np.nan
    bounded = np.where(np.isnan(wild), 0, CODE_LIMIT).astype(np.float32)
    np.testing.assert_array_equal(shipped.detail(wild).still, shipped.detail(bounded).still)
    assert shipped.detail(wild).still.min() > -3e-3


@pytest.mark.real
def test_a_painted_face_keeps_half_of_its_lines(shipped: Shipped) -> None:
    code = np.zeros(NUM_DETAIL, np.float32)
    code[NUM_ROUGHNESS:] = 2
    code[:NUM_ROUGHNESS] = -3
    smooth = np.full(NUM_DETAIL, -3, np.float32)
    grain, bare, painted = shipped.detail(smooth), shipped.detail(code), shipped.detail(code, painted=True)
    np.testing.assert_allclose(painted.still - grain.still, 0.5 * (bare.still - grain.still), atol=1e-8)
    np.testing.assert_array_equal(bare.wrinkles, painted.wrinkles)


def test_the_table_of_the_code() -> None:
    assert len(NAMES) == len(set(NAMES)) == NUM_DETAIL
    lefts = [name for name in NAMES if " left" in name]
    assert {name.replace(" left", " right") for name in lefts} <= set(NAMES)


def test_stretches_of_a_path_add_up_to_it() -> None:
    """Three parts of equal strength are one line: a flat sheet shows no joints along the forehead."""
    grid = np.stack(np.meshgrid(np.linspace(-1.2, 1.2, 60), np.linspace(-2, 1, 60)), -1).reshape(-1, 2)
    pixels = np.stack([(1 - grid[:, 1]) / 3 * 900 + 60, (grid[:, 0] + 1.2) / 2.4 * 900 + 60], 1)
    sheet = FaceSheet(pixels, np.column_stack([grid, np.zeros(len(grid))]))
    weights = np.array([line.name.startswith("forehead 3") for line in LINES], np.float32)
    deepest = sheet.grooves(weights).min(1)[170:345]
    assert deepest.max() < 0 and deepest.max() < 0.55 * deepest.min() < 0
    np.testing.assert_allclose(sheet.regions.sum(0), 1, atol=1e-5)


@pytest.mark.real
def test_dense_surfaces_show_wrinkles_by_their_vertices(shipped: Shipped) -> None:
    coarse, dense = shipped.detail(), shipped.detail(dense=True)
    full = np.ones(shipped.scene.num_vertices, np.float32)
    assert not coarse.heights(full).any()
    assert dense.heights(full).min() < -1e-4
    left, all_of_it = (np.abs(d.slopes[0][..., 2:].astype(float)).mean() for d in (dense, coarse))
    assert left < 0.6 * all_of_it, "shading shows only what the vertices do not"
    assert build_scene(shipped.head.topology, dense=True).num_vertices > 60_000


@pytest.mark.real
def test_pictures_from_far_use_coarser_slopes(shipped: Shipped) -> None:
    detail = shipped.detail()
    levels = [detail.level(pixel_m) for pixel_m in (1e-4, 4e-4, 1e-3, 1e-2)]
    assert levels == sorted(levels) and levels[0] == 0 and levels[-1] == len(detail.slopes) - 1
