"""safetensors bytes that are the same for the same content.

The library orders the metadata by chance, so its files cannot be pinned by a hash. The format is small
enough to write here: u64 header length, JSON header padded with spaces to 8 bytes, then the tensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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
