"""Free sky, against cases that are known."""

import numpy as np

from xtalker.geometry.surface import subdivide, triangulate
from xtalker.render.occlusion import sky_visibility

CUBE = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1, 1) for z in (-1, 1)])
CUBE_QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def _ball() -> tuple[np.ndarray, np.ndarray]:
    fine = subdivide(CUBE_QUADS, 8, 4)
    points = fine.matrix @ CUBE
    return points / np.linalg.norm(points, axis=1, keepdims=True), triangulate(fine.quads)


def test_a_ball_sees_all_of_its_sky() -> None:
    points, triangles = _ball()
    free = sky_visibility(points.astype(np.float32), points.astype(np.float32), triangles.astype(np.int32))
    assert free.min() > 0.85 and free.mean() > 0.95


def test_a_ball_on_a_floor_is_darker_towards_it() -> None:
    """A wide floor hides the lower half of the sky: a point at height n sees the share (1 + n) / 2."""
    ball, triangles = _ball()
    grid = np.linspace(-8, 8, 33)
    floor = np.stack(np.broadcast_arrays(grid[:, None], -1.02, grid[None]), axis=-1).reshape(-1, 3)
    corner = (np.arange(32)[:, None] * 33 + np.arange(32)).ravel()
    quads = np.stack([corner, corner + 1, corner + 34, corner + 33], axis=1) + len(ball)
    points = np.concatenate([ball, floor]).astype(np.float32)
    normals = np.concatenate([ball, np.tile([0.0, 1, 0], (len(floor), 1))]).astype(np.float32)
    faces = np.concatenate([triangles, triangulate(quads)]).astype(np.int32)
    free = sky_visibility(points, normals, faces)[: len(ball)]
    height = ball[:, 1]
    for low, high in ((-0.8, -0.4), (-0.2, 0.2), (0.4, 0.8)):
        ring = (height > low) & (height < high)
        assert abs(free[ring].mean() - (1 + height[ring].mean()) / 2) < 0.1
        assert free[ring].std() < 0.12
