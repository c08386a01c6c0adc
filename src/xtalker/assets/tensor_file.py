"""safetensors bytes that are the same for the same content.

The library orders the metadata by chance, so its files cannot be pinned by a hash. The format is small
enough to write here: u64 header length, JSON header padded with spaces to 8 bytes, then the tensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Shaped
from safetensors import deserialize

_NUMPY: Final = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "U8": "u1", "BOOL": "?"}
_STORED: Final = {np.dtype(code): name for name, code in _NUMPY.items()}


@dataclass(frozen=True)
class RawTensor:
    """One tensor as stored.

    Attributes:
        dtype: safetensors' name of the number type: F16, F32, I16, ...
        shape: its axes.
        data: little-endian numbers in row-major order.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def write_tensor_file(path: Path, tensors: Mapping[str, RawTensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file; tensors and metadata are sorted by name.

    Wider types come first, so that every tensor starts at a multiple of its own width.
    """
    order = sorted(tensors, key=lambda name: (-_width(tensors[name]), name))
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    position = 0
    for name in order:
        raw = tensors[name]
        end = position + len(raw.data)
        header[name] = {"dtype": raw.dtype, "shape": list(raw.shape), "data_offsets": [position, end]}
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as handle:
        handle.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            handle.write(tensors[name].data)


def _width(raw: RawTensor) -> int:
    count = 1
    for axis in raw.shape:
        count *= axis
    return len(raw.data) // max(1, count)


def array_of(raw: RawTensor) -> Shaped[np.ndarray, "..."]:
    """The tensor as an array; bfloat16, which numpy does not know, as float32 of the same values.

    Raises:
        ValueError: a number type that no file of ours holds.
    """
    if raw.dtype == "BF16":
        high = np.frombuffer(raw.data, "<u2").astype("<u4") << 16
        return high.view("<f4").reshape(raw.shape)
    if raw.dtype not in _NUMPY:
        raise ValueError(f"numbers of type {raw.dtype}")
    return np.frombuffer(raw.data, _NUMPY[raw.dtype]).reshape(raw.shape)


def raw_of(array: Shaped[np.ndarray, "..."]) -> RawTensor:
    """An array as it is stored.

    Raises:
        ValueError: a number type that cannot be stored.
    """
    little = array.dtype.newbyteorder("<") if array.dtype.itemsize > 1 else array.dtype
    if little not in _STORED:
        raise ValueError(f"numbers of type {array.dtype}")
    return RawTensor(_STORED[little], array.shape, np.ascontiguousarray(array, little).tobytes())


def read_tensor_file(path: Path) -> tuple[dict[str, RawTensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file; the header must have been found sound before.

    Raises:
        SafetensorError, OSError: damaged, or not to be read.
    """
    blob = path.read_bytes()
    tensors = {
        name: RawTensor(entry["dtype"], tuple(entry["shape"]), bytes(entry["data"]))
        for name, entry in deserialize(blob)  # type: ignore[no-untyped-call]
    }
    header = json.loads(blob[8 : 8 + int.from_bytes(blob[:8], "little")])
    return tensors, dict(header.get("__metadata__") or {})
