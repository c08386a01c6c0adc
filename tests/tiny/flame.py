"""A small random head in FLAME's format, and a hand assembler for the pickles that Python 2 wrote."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from scipy.sparse import csc_matrix

NUM_VERTICES = 30


def tiny_flame_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """The fields of a FLAME file, with 30 vertices about 10 cm from the origin."""
    random = np.random.default_rng(seed)
    regressor = np.where(random.random((5, NUM_VERTICES)) < 0.3, random.random((5, NUM_VERTICES)), 0)
    regressor[:, 0] += 0.1
    root = np.iinfo(np.uint32).max
    return {
        "v_template": random.normal(0, 0.1, (NUM_VERTICES, 3)),
        "f": random.permuted(np.tile(np.arange(NUM_VERTICES), (20, 1)), axis=1)[:, :3].astype(np.uint32),
        "shapedirs": random.normal(0, 0.002, (NUM_VERTICES, 3, 400)),
        "posedirs": random.normal(0, 0.01, (NUM_VERTICES, 3, 36)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": random.dirichlet(np.full(5, 0.5), NUM_VERTICES),
        "kintree_table": np.array([[root, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
    }


def write_tiny_flame(path: Path, seed: int = 0) -> Path:
    """As npz."""
    np.savez(path, **tiny_flame_arrays(seed))
    return path


def python2_flame(arrays: dict[str, np.ndarray]) -> bytes:
    """As the official file: protocol 2 of Python 2, some arrays inside chumpy objects, a sparse regressor."""
    values = {name: python2_array(array) for name, array in arrays.items()}
    values["v_template"] = python2_object("chumpy.ch", "Ch", {"x": values["v_template"], "_dirty_vars": b"N"})
    values["shapedirs"] = _reconstructed_chumpy({"x": values["shapedirs"]})
    values["J_regressor"] = _python2_csc(csc_matrix(arrays["J_regressor"]))
    values["bs_style"] = python2_text(b"lbs")
    return b"\x80\x02" + _python2_dict(values) + b"."


def python2_text(text: bytes) -> bytes:
    """A `str` of Python 2."""
    if len(text) < 256:
        return b"U" + bytes([len(text)]) + text
    return b"T" + struct.pack("<i", len(text)) + text


def python2_array(array: np.ndarray) -> bytes:
    """What Python 2's numpy wrote for an array, column order included."""
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    data = array.tobytes(order="F" if fortran else "C")
    head = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + python2_text(b"b") + b"\x87R"
    shape = b"(" + b"".join(b"J" + struct.pack("<i", side) for side in array.shape) + b"t"
    state = b"K\x01" + shape + _python2_dtype(array.dtype) + (b"\x88" if fortran else b"\x89") + python2_text(data)
    return head + b"(" + state + b"tb"


def python2_object(module: str, name: str, state: dict[str, bytes]) -> bytes:
    """An object of a new-style class."""
    return f"c{module}\n{name}\n)\x81".encode("latin-1") + _python2_dict(state) + b"b"


def _reconstructed_chumpy(state: dict[str, bytes]) -> bytes:
    return b"ccopy_reg\n_reconstructor\n(cchumpy.ch\nCh\nc__builtin__\nobject\nNtR" + _python2_dict(state) + b"b"


def _python2_csc(matrix: csc_matrix) -> bytes:
    state = {name: python2_array(getattr(matrix, name)) for name in ("data", "indices", "indptr")}
    state["_shape"] = b"J%bJ%b\x86" % tuple(struct.pack("<i", side) for side in matrix.shape)
    state["maxprint"] = b"K\x32"
    return python2_object("scipy.sparse.csc", "csc_matrix", state)


def _python2_dtype(dtype: np.dtype) -> bytes:
    head = b"cnumpy\ndtype\n" + python2_text(dtype.str[1:].encode()) + b"K\x00K\x01\x87R"
    return head + b"(K\x03" + python2_text(b"<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"


def _python2_dict(values: dict[str, bytes]) -> bytes:
    return b"}(" + b"".join(python2_text(key.encode()) + value for key, value in values.items()) + b"u"
