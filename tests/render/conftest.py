"""A small invented head: a bumpy ball of skin with two eyeballs, rows of teeth and lash cards."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.geometry.surface import subdivide
from xtalker.values import MeshTopology

CUBE = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1, 1) for z in (-1, 1)])
CUBE_QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
PARTS = ("skin", "eye_left", "eye_right", "teeth_upper", "lashes")


def _ball(levels: int, radius: float, middle: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    fine = subdivide(CUBE_QUADS, 8, levels)
    points = fine.matrix @ CUBE
    return points / np.linalg.norm(points, axis=1, keepdims=True) * radius + middle, fine.quads


def _strip(y: float, z: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-0.03, 0.03, 9)
    arch = z - 12 * x**2
    points = np.concatenate([np.stack([x, np.full(9, h), arch], 1) for h in (y, y + height)])
    i = np.arange(8)
    return points, np.stack([i, i + 1, i + 10, i + 9], 1)


def tiny_head() -> tuple[np.ndarray, MeshTopology]:
    """Vertices (metres) and topology."""
    blocks = [
        _ball(3, 0.10, (0, 0, 0)), _ball(2, 0.015, (0.03, 0.02, 0.09)), _ball(2, 0.015, (-0.03, 0.02, 0.09)),
        _strip(-0.05, 0.07, 0.015), _strip(0.03, 0.115, 0.006),
    ]  # fmt: skip
    points, quads, part = [], [], []
    for number, (p, q) in enumerate(blocks):
        quads.append(q + sum(map(len, points)))
        points.append(p)
        part.append(np.full(len(q), number))
    vertices, faces = np.concatenate(points).astype(np.float32), np.concatenate(quads).astype(np.int32)
    lips = np.exp(-np.sum((vertices - [0, -0.04, 0.09]) ** 2, axis=1) / 0.02**2).astype(np.float32)
    topology = MeshTopology(
        num_vertices=len(vertices),
        triangles=np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]]),
        quads=faces,
        quad_part=np.concatenate(part).astype(np.int32),
        part_names=PARTS,
        uv=None,
        quad_uv=None,
        masks={"lips": lips},
        regions={},
    )
    return vertices, topology


@pytest.fixture(scope="session")
def tiny() -> tuple[np.ndarray, MeshTopology]:
    return tiny_head()
