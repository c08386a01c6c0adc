"""Arrays from the records that numpy, scipy and chumpy leave in a pickle file; see `safe_pickle`."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from xtalker.head.safe_pickle import Built, Name, Refused, read_records
from xtalker.values.errors import InputError
from xtalker.values.files import check_readable

_MAX_BYTES = 1 << 29
_ACCEPTED = "a dictionary of numpy, scipy csc and chumpy arrays"
_DTYPE = re.compile(r"[fiu][1248]|b1")


def read_pickled_arrays(path: Path, names: tuple[str, ...], *, kind: str) -> dict[str, np.ndarray]:
    """Named arrays of a pickled dictionary (see `safe_pickle`).

    Args:
        path: the file.
        names: keys to take; those that are absent are left out.
        kind: what the file should be, for messages.

    Raises:
        InputError: missing, too large, truncated, names anything but arrays, not a dictionary.
    """
    check_readable(path, kind=kind, accepted=f"a {kind}")
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise InputError(
            f"this {kind} is too large to be one", received=f"{path} ({size} bytes)",
            accepted=f"at most {_MAX_BYTES} bytes", next_step="check where the file comes from",
        )  # fmt: skip
    try:
        content = read_records(path.read_bytes())
        if not isinstance(content, dict):
            raise Refused("not a dictionary")
        return {name: _array(content[name]) for name in names if name in content}
    except Refused as refused:
        raise InputError(
            f"this {kind} holds something other than arrays; nothing in it was executed",
            received=f"{path} ({refused})", accepted=_ACCEPTED,
            next_step="use the file as its authors publish it",
        ) from None  # fmt: skip
    except (ValueError, IndexError, KeyError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(
            f"damaged {kind}", received=f"{path} ({error})", accepted=f"a whole {kind}: {_ACCEPTED}",
            next_step="copy or download the file again",
        ) from error  # fmt: skip


def _array(record: object) -> np.ndarray:
    """The array behind a record."""
    if not isinstance(record, Built) or not isinstance(record.what, Name):
        raise Refused(f"{type(record).__name__} in place of an array")
    name, arguments, state = record.what, record.arguments, record.state
    if name.name == "_reconstructor" and isinstance(arguments, tuple) and isinstance(arguments[0], Name):
        name = arguments[0]
    if name.name == "_reconstruct" and isinstance(state, tuple):
        _, shape, dtype, fortran, data = state
        return _from_buffer(data, dtype, shape, "F" if fortran else "C")
    if name.name == "_frombuffer" and isinstance(arguments, tuple):
        data, dtype, shape, order = arguments
        return _from_buffer(data, dtype, shape, "F" if order == "F" else "C")
    if name.module.startswith("chumpy") and isinstance(state, dict) and "x" in state:
        return _array(state["x"])
    if name.name == "csc_matrix" and isinstance(state, dict):
        return _dense(state)
    raise Refused(f"{name.module}.{name.name} in place of an array")


def _from_buffer(data: object, dtype: object, shape: object, order: str) -> np.ndarray:
    kind = _dtype(dtype)
    sides = _integers(shape)
    raw = _bytes(data)
    claimed = math.prod(sides) * kind.itemsize
    if min(sides, default=0) < 0 or claimed != len(raw):
        raise ValueError(f"an array of shape {sides} claims {claimed} bytes, {len(raw)} are there")
    return np.frombuffer(raw, kind).reshape(sides, order="F" if order == "F" else "C").copy()


def _bytes(data: object) -> bytes:
    """Python 2 text, Python 3 bytes, or what Python 3 writes so that Python 2 makes bytes of it."""
    if isinstance(data, Built) and isinstance(data.what, Name) and isinstance(data.arguments, tuple):
        if data.what.name == "bytes" and not data.arguments:
            return b""
        if data.what.name == "encode":
            data = data.arguments[0]
    if isinstance(data, str):
        return data.encode("latin-1")
    if isinstance(data, bytes | bytearray):
        return bytes(data)
    raise Refused("an array of objects")


def _dtype(record: object) -> np.dtype[Any]:
    if not (isinstance(record, Built) and isinstance(record.arguments, tuple)):
        raise Refused("an array without a number type")
    code = record.arguments[0]
    if not isinstance(code, str) or not _DTYPE.fullmatch(code):
        raise Refused(f"an array of type {code!r}"[:200])
    order = record.state[1] if isinstance(record.state, tuple) and len(record.state) > 1 else "|"
    if order not in ("<", ">", "|", "="):
        raise Refused("an array of unknown byte order")
    return np.dtype(f"{order}{code}")


def _integers(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple) or not all(isinstance(v, int) for v in value):
        raise ValueError("an array whose shape is not made of whole numbers")
    return value


def _dense(state: dict[Any, Any]) -> np.ndarray:
    """A compressed-column matrix written out."""
    rows, columns = _integers(state["_shape"] if "_shape" in state else state["shape"])
    data, indices, starts = (_array(state[key]) for key in ("data", "indices", "indptr"))
    sound = (
        0 < rows * columns <= _MAX_BYTES // 8
        and len(starts) == columns + 1 and len(data) == len(indices)
        and starts[0] == 0 and starts[-1] == len(data) and bool(np.all(np.diff(starts.astype(np.int64)) >= 0))
        and (len(indices) == 0 or (int(indices.min()) >= 0 and int(indices.max()) < rows))
    )  # fmt: skip
    if not sound:
        raise ValueError("a sparse matrix whose indices leave it")
    out = np.zeros((rows, columns), data.dtype)
    np.add.at(out, (indices, np.repeat(np.arange(columns), np.diff(starts))), data)
    return out
