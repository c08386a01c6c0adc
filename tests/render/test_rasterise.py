import numba
import numpy as np
import pytest

from xtalker.geometry.cameras import Camera
from xtalker.render.rasterise import Visibility, parallel_view, veil_into

FRONT = Camera.look_at([0, 0, 2], [0, 0, 0], vertical_fov_rad=np.pi / 2, width=64, height=48)


def draw(points: object, triangles: object, camera: Camera = FRONT, samples: int = 1, cull: bool = False) -> Visibility:
    vertices = np.asarray(points, np.float32)
    buffers = Visibility.empty(len(vertices), (camera.width, camera.height), samples)
    buffers.draw(vertices, np.asarray(triangles, np.int32), camera, cull=cull)
    return buffers


def sphere(seed: int, cells: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """A closed, randomly turned convex body."""
    from scipy.spatial import ConvexHull

    points = np.random.default_rng(seed).normal(size=(cells * 40, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    triangles = ConvexHull(points).simplices
    a, b, c = (points[triangles[:, k]] for k in range(3))
    inwards = np.sum(np.cross(b - a, c - a) * a, axis=1) < 0
    triangles[inwards] = triangles[inwards][:, ::-1]
    return points, triangles


def slow_twin(screen: np.ndarray, triangles: np.ndarray, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Every sample against every triangle, in plain numpy."""
    y, x = np.mgrid[:rows, :columns] + 0.5
    best, seen = np.zeros((rows, columns), np.float32), np.full((rows, columns), -1)
    for t, (i, j, k) in enumerate(triangles):
        (x0, y0, z0), (x1, y1, z1), (x2, y2, z2) = screen[[i, j, k]].astype(float)
        w0 = (x1 - x) * (y2 - y) - (y1 - y) * (x2 - x)
        w1 = (x2 - x) * (y0 - y) - (y2 - y) * (x0 - x)
        w2 = (x0 - x) * (y1 - y) - (y0 - y) * (x1 - x)
        total = w0 + w1 + w2
        if (screen[[i, j, k], 2] <= 0).any():
            continue
        inside = ((w0 >= 0) & (w1 >= 0) & (w2 >= 0)) | ((w0 <= 0) & (w1 <= 0) & (w2 <= 0))
        inside &= total != 0
        z = ((w0 * z0 + w1 * z1 + w2 * z2) / np.where(total == 0, 1, total)).astype(np.float32)
        nearer = inside & (z > best)
        best[nearer], seen[nearer] = z[nearer], t
    return seen, best


def test_equals_the_slow_twin() -> None:
    random = np.random.default_rng(0)
    points = random.uniform(-1.6, 1.6, size=(60, 3)) * [1, 1, 0.6]
    triangles = random.integers(0, 60, size=(50, 3))
    got = draw(points, triangles)
    seen, best = slow_twin(got.screen, triangles, 48, 64)
    np.testing.assert_array_equal(got.triangle, seen)
    np.testing.assert_allclose(got.inverse_depth, best, rtol=2e-7)
    assert 0.2 < (seen >= 0).mean() < 1


@pytest.mark.parametrize("step", [0.5, 2e-4], ids=["edges through samples", "edges nearly level"])
def test_hard_edges_equal_the_slow_twin(step: float) -> None:
    """Corners on a fine raster around sample centres: level and upright edges, slivers, corners on samples."""
    random = np.random.default_rng(1)
    corners = np.rint(random.uniform(-4, 68, size=(120, 3, 2)))
    corners += 0.5 + step * random.integers(-1, 2, size=corners.shape)
    corners[::3, 2] = corners[::3, 0] + step * random.integers(-2, 3, size=(40, 2))
    nearness = np.repeat(1 + np.arange(120) / 64, 3).reshape(120, 3, 1)
    points = np.concatenate([corners, nearness], axis=2).reshape(-1, 3).astype(np.float32)
    triangles = np.arange(360, dtype=np.int32).reshape(-1, 3)
    got = Visibility.empty(360, (64, 48), 1)
    got.draw_parallel(points, triangles, np.eye(3, 4), cull=False)
    seen, best = slow_twin(got.screen, triangles, 48, 64)
    np.testing.assert_array_equal(got.triangle, seen)
    np.testing.assert_allclose(got.inverse_depth, best, rtol=2e-7)


def test_coverage_of_a_right_triangle() -> None:
    # corners at pixels (8, 8), (24, 8), (8, 24): samples with column + row below 16 from the corner
    depth, focal = 2.0, FRONT.focal_px
    corner = lambda x, y: [(x - 32) * depth / focal, (24 - y) * depth / focal, 0]  # noqa: E731
    got = draw([corner(8, 8), corner(8.0, 24), corner(24, 8)], [[0, 1, 2]])
    y, x = np.nonzero(got.triangle == 0)
    expected = {(r, c) for r in range(8, 24) for c in range(8, 24) if (r - 7.5) + (c - 7.5) < 16}
    got_set = set(zip(y.tolist(), x.tolist()))
    on_edge = {(r, c) for r in range(8, 24) for c in range(8, 24) if (r - 7.5) + (c - 7.5) == 16}
    assert expected <= got_set <= expected | on_edge


def test_inverse_depth_interpolates_barycentrically() -> None:
    points = np.array([[-1.0, -1, 0.5], [1, -1, 0], [0, 1, -0.5]])
    got = draw(points, [[0, 1, 2]])
    y, x = np.nonzero(got.triangle == 0)
    corners = np.c_[got.screen[:, :2].astype(float), np.ones(3)]
    weights = np.c_[x + 0.5, y + 0.5, np.ones(len(x))] @ np.linalg.inv(corners)
    assert (weights > -1e-6).all()
    np.testing.assert_allclose(got.inverse_depth[y, x], weights @ got.screen[:, 2], rtol=1e-6)


def test_depth_of_a_facing_plane_is_exact() -> None:
    got = draw([[-9, -9, 0.5], [9, -9, 0.5], [9, 9, 0.5], [-9, 9, 0.5]], [[0, 1, 2], [0, 2, 3]])
    assert (got.triangle >= 0).all()
    np.testing.assert_array_equal(1 / got.inverse_depth, np.float32(1.5))


def test_depth_of_a_tilted_plane_is_that_of_the_rays() -> None:
    camera = Camera.look_at([0.3, 0.4, 2.2], [0, 0, 0], vertical_fov_rad=0.9, width=80, height=60)
    plane = np.array([[-3.0, -3, -1], [3, -3, 0.6], [3, 3, 1.0], [-3, 3, -0.6]])
    got = draw(plane, [[0, 1, 2], [0, 2, 3]], camera)
    normal = np.cross(plane[1] - plane[0], plane[3] - plane[0])
    assert abs(normal @ (plane[2] - plane[0])) < 1e-9
    y, x = np.mgrid[:60, :80] + 0.5
    ray = np.stack([(x - 40) / camera.focal_px, (30 - y) / camera.focal_px, -np.ones_like(x)], -1)
    world = ray @ camera.world_from_camera[:3, :3].T  # scaled so that depth along the axis is the parameter
    expected = ((plane[0] - camera.position) @ normal) / (world @ normal)
    assert (got.triangle >= 0).all()
    np.testing.assert_allclose(1 / got.inverse_depth, expected, rtol=3e-6)


def test_nearer_wins_in_any_order() -> None:
    far, near = [[-1, -1, 0], [1, -1, 0], [0, 1, 0]], [[-1, -1, 0.5], [1, -1, 0.5], [0, 1, 0.5]]
    a = draw(far + near, [[0, 1, 2], [3, 4, 5]])
    b = draw(far + near, [[3, 4, 5], [0, 1, 2]])
    assert set(np.unique(a.triangle[20:30, 30:34])) == {1}
    assert set(np.unique(b.triangle[20:30, 30:34])) == {0}
    np.testing.assert_array_equal(a.inverse_depth, b.inverse_depth)


def test_equally_near_first_wins() -> None:
    points = [[-1, -1, 0], [1, -1, 0], [0, 1, 0]]
    assert set(np.unique(draw(points, [[0, 1, 2], [1, 2, 0]]).triangle)) == {-1, 0}


def test_behind_the_camera_is_left_out_and_backs_are_culled() -> None:
    assert (draw([[-1, -1, 0], [1, -1, 0], [0, 1, 3]], [[0, 1, 2]]).triangle == -1).all()
    points = [[-1, -1, 0], [1, -1, 0], [0, 1, 0]]
    assert (draw(points, [[0, 1, 2]], cull=True).triangle == 0).any()
    assert (draw(points, [[0, 2, 1]], cull=True).triangle == -1).all()
    assert (draw(points, [[0, 2, 1]], cull=False).triangle == 0).any()


@pytest.mark.parametrize("seed", range(4))
def test_closed_surfaces_have_no_cracks(seed: int) -> None:
    points, triangles = sphere(seed)
    camera = Camera.look_at([0, 0, 4], [0, 0, 0], vertical_fov_rad=0.6, width=301, height=299)
    got = draw(points, triangles, camera, cull=True)
    for line in got.triangle >= 0:
        columns = np.flatnonzero(line)
        assert len(columns) == 0 or len(columns) == columns[-1] - columns[0] + 1
    np.testing.assert_array_equal(got.inverse_depth, draw(points, triangles, camera, cull=False).inverse_depth)


def test_number_of_threads_does_not_matter() -> None:
    points, triangles = sphere(7)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = draw(points, triangles, samples=2)
    finally:
        numba.set_num_threads(before)
    many = draw(points, triangles, samples=2)
    np.testing.assert_array_equal(one.triangle, many.triangle)
    np.testing.assert_array_equal(one.inverse_depth, many.inverse_depth)


def test_samples_are_a_finer_picture() -> None:
    points, triangles = sphere(3)
    fine = Camera(FRONT.world_from_camera, FRONT.vertical_fov_rad, FRONT.width * 2, FRONT.height * 2)
    np.testing.assert_array_equal(
        draw(points * 0.5, triangles, samples=2).triangle, draw(points * 0.5, triangles, fine).triangle
    )


def test_parallel_view_measures_metres() -> None:
    towards, middle = np.array([0.3, 0.5, 0.8]), np.array([0.1, -0.2, 0.3])
    view = parallel_view(towards, middle, 0.5, 100)
    place = lambda p: view @ np.append(p, 1)  # noqa: E731
    np.testing.assert_allclose(place(middle), [50, 50, 2])
    step = towards / np.linalg.norm(towards) * 0.1
    np.testing.assert_allclose(place(middle + step), [50, 50, 2.1])
    assert place(middle + np.array([0, 0.1, 0]))[1] < 50  # rows run down
    points, triangles = sphere(5)
    buffers = Visibility.empty(len(points), (100, 100), 1)
    buffers.draw_parallel((points * 0.4 + middle).astype(np.float32), triangles, view, cull=True)
    assert (buffers.triangle >= 0).sum() == pytest.approx(np.pi * 40**2, rel=0.02)
    assert buffers.inverse_depth.max() == pytest.approx(2.4, abs=0.01)


def test_veil_multiplies_what_lies_in_front() -> None:
    wall = [[-9, -9, 0], [9, -9, 0], [0, 15, 0]]
    card = lambda z: [[-0.9, -0.9, z], [0.9, -0.9, z], [0, 0.9, z]]  # noqa: E731
    points = np.array(wall + card(0.5) + card(0.7) + card(-0.5), np.float32)
    buffers = draw(points, [[0, 1, 2]])
    strands = np.zeros((12, 2), np.float32)
    strands[3:, 0], strands[:, 1] = 0.4, 0.25  # between two hairs: opacity times 0.08 + 3 / 2**6
    clear = np.empty(buffers.triangle.shape, np.float32)
    cards = np.array([[3, 4, 5], [6, 8, 7], [9, 10, 11]], np.int32)
    buffers = Visibility(buffers.triangle, buffers.inverse_depth, buffers.screen)
    veil_into(buffers.screen, cards, strands, buffers.inverse_depth, clear)
    once = 1 - 0.4 * (0.08 + 3 / 64)
    assert clear[30, 32] == pytest.approx(once**2, rel=1e-5)  # the third card is behind the wall
    assert clear[2, 2] == 1
