"""The arrays of a FLAME file, checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from xtalker.head.pickled_arrays import read_pickled_arrays
from xtalker.values import InputError
from xtalker.values.conventions import NUM_EXPRESSION, NUM_SHAPE
from xtalker.values.files import check_readable, read_arrays

_KIND = "FLAME file"
_MAX_BYTES = 1 << 29
_MAX_VERTICES = 100_000
_FILE_IDENTITY, _FILE_EXPRESSION, _JOINTS = 300, 100, 5
_PARENTS = (0, 1, 1, 1)  # of neck, jaw, left eye, right eye; joint 0 is the root
_POSE = 9 * (_JOINTS - 1)
_NAMES = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table")


@dataclass(frozen=True)
class FlameArrays:
    """What the head needs of the file, metres.

    Attributes:
        template: mean head.
        triangles: vertex indices.
        identity, expression: displacement for one standard deviation of each coefficient.
        pose: displacement for each entry of R - 1 of neck, jaw, left and right eye, row by row.
        joint_regressor: joints from shaped vertices; global, neck, jaw, left eye, right eye.
        weights: skinning weights; rows sum to one.
    """

    template: Float[np.ndarray, "vertices 3"]
    triangles: Int[np.ndarray, "triangles 3"]
    identity: Float[np.ndarray, "100 vertices 3"]
    expression: Float[np.ndarray, "50 vertices 3"]
    pose: Float[np.ndarray, "36 vertices 3"]
    joint_regressor: Float[np.ndarray, "5 vertices"]
    weights: Float[np.ndarray, "vertices 5"]


def read_flame(path: Path) -> FlameArrays:
    """FLAME 2020 or 2023, as npz or as the official pkl, of which nothing is executed.

    Raises:
        InputError: missing, damaged, or not in FLAME's format.
    """
    raw = _read(path)
    missing = [name for name in _NAMES if name not in raw]
    if missing:
        raise _wrong(path, f"without {', '.join(missing)}")
    vertices = raw["v_template"].shape[0] if raw["v_template"].ndim else 0
    if not 0 < vertices <= _MAX_VERTICES:
        raise _wrong(path, f"v_template of shape {raw['v_template'].shape}")
    shapes = {
        "v_template": (vertices, 3),
        "shapedirs": (vertices, 3, _FILE_IDENTITY + _FILE_EXPRESSION),
        "posedirs": (vertices, 3, _POSE),
        "J_regressor": (_JOINTS, vertices),
        "weights": (vertices, _JOINTS),
    }
    arrays = {name: _numbers(raw[name], name, shape, path) for name, shape in shapes.items()}
    if not np.allclose(arrays["weights"].sum(1), 1, atol=1e-3):
        raise _wrong(path, "skinning weights that do not sum to one")
    _check_tree(raw["kintree_table"], path)
    return _assemble(arrays, _triangles(raw["f"], vertices, path))


def _read(path: Path) -> dict[str, np.ndarray]:
    check_readable(path, kind=_KIND, accepted="a FLAME file (.npz or .pkl)")
    # Told apart by content: files get renamed.
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"PK"
    if zipped:
        return dict(read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES))
    return read_pickled_arrays(path, _NAMES, kind=_KIND)


def _assemble(arrays: dict[str, Float[np.ndarray, "..."]], triangles: Int[np.ndarray, "triangles 3"]) -> FlameArrays:
    directions = np.moveaxis(arrays["shapedirs"], 2, 0)
    first_expression = slice(_FILE_IDENTITY, _FILE_IDENTITY + NUM_EXPRESSION)
    return FlameArrays(
        template=arrays["v_template"],
        triangles=triangles,
        identity=np.ascontiguousarray(directions[:NUM_SHAPE]),
        expression=np.ascontiguousarray(directions[first_expression]),
        pose=np.ascontiguousarray(np.moveaxis(arrays["posedirs"], 2, 0)),
        joint_regressor=arrays["J_regressor"],
        weights=arrays["weights"],
    )


def _numbers(array: np.ndarray, name: str, shape: tuple[int, ...], path: Path) -> Float[np.ndarray, "..."]:
    if array.shape != shape or array.dtype.kind != "f":
        raise _wrong(path, f"{name} of shape {array.shape} and type {array.dtype} instead of {shape}")
    if not np.isfinite(array).all():
        raise _wrong(path, f"{name} with values that are not finite")
    return array.astype(np.float64)


def _triangles(array: np.ndarray, vertices: int, path: Path) -> Int[np.ndarray, "triangles 3"]:
    if array.ndim != 2 or array.shape[1] != 3 or len(array) == 0 or array.dtype.kind not in "iu":
        raise _wrong(path, f"f of shape {array.shape} and type {array.dtype}")
    triangles = array.astype(np.int64)
    if triangles.min() < 0 or triangles.max() >= vertices:
        raise _wrong(path, f"faces that use vertices outside 0..{vertices - 1}")
    return triangles


def _check_tree(array: np.ndarray, path: Path) -> None:
    if array.shape != (2, _JOINTS) or array.dtype.kind not in "iu" or tuple(array[0, 1:]) != _PARENTS:
        raise _wrong(path, "another joint tree than global, neck, jaw, left eye, right eye")


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not in FLAME's format", received=f"{path} ({fault})",
        accepted="FLAME 2020 or 2023 with 300 identity and 100 expression components, .npz or .pkl",
        next_step="use the model file as its authors publish it",
    )  # fmt: skip


@dataclass(frozen=True)
class FlameConstants:
    """What posing needs, float32.

    Attributes:
        template: the mean head.
        basis: of shape and expression, by coefficient.
        pose_basis: correctives, by entry of the rotations of neck, jaw and eyes.
        joints: of the mean head.
        joint_basis: how coefficients move them.
        weights: of each joint at each vertex.
    """

    template: Float[np.ndarray, "vertices 3"]
    basis: Float[np.ndarray, "150 coordinates"]
    pose_basis: Float[np.ndarray, "36 coordinates"]
    joints: Float[np.ndarray, "5 3"]
    joint_basis: Float[np.ndarray, "150 15"]
    weights: Float[np.ndarray, "5 vertices 1"]


def constants_of(arrays: FlameArrays) -> FlameConstants:
    """Precomputed from what the file holds."""
    num_joints, num_vertices = arrays.joint_regressor.shape
    basis = np.concatenate([arrays.identity, arrays.expression])
    made = (
        arrays.template,
        basis.reshape(len(basis), -1),
        arrays.pose.reshape(len(arrays.pose), -1),
        arrays.joint_regressor @ arrays.template,
        (arrays.joint_regressor @ basis).reshape(len(basis), -1),
        arrays.weights.T.reshape(num_joints, num_vertices, 1),
    )
    return FlameConstants(*(each.astype(np.float32) for each in made))
