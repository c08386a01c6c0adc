"""The container of glTF 2.0: accessors over one binary buffer, and the .glb file around them.

Source: Khronos glTF 2.0 specification, sections 3.6 (buffers, accessors, sparse) and 4 (GLB).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from jaxtyping import Float

ARRAY, ELEMENT = 34962, 34963
"""Targets of buffer views with vertex attributes and with indices."""

_COMPONENT: Final = {"f4": 5126, "u1": 5121, "u2": 5123, "u4": 5125}
_KIND: Final = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_MAGIC, _VERSION, _JSON, _BINARY = 0x46546C67, 2, 0x4E4F534A, 0x004E4942


class GlbBuilder:
    """Collects the pieces of one file. Every `add` and every accessor gives the index to refer to it by."""

    def __init__(self, generator: str) -> None:
        self.document: dict[str, Any] = {"asset": {"version": "2.0", "generator": generator}}
        self._binary = bytearray()
        self._shared: list[tuple[object, int]] = []

    def add(self, collection: str, item: dict[str, Any]) -> int:
        """Append to a top-level list such as `nodes`."""
        items = self.document.setdefault(collection, [])
        items.append(item)
        return len(items) - 1

    def add_once(self, collection: str, item: dict[str, Any]) -> int:
        """As `add`, unless the same item is there."""
        items = self.document.get(collection, [])
        return items.index(item) if item in items else self.add(collection, item)

    def shared(self, source: object, add: Callable[[], int]) -> int:
        """What was added for this very object before, else what `add` gives now."""
        for other, index in self._shared:
            if other is source:
                return index
        self._shared.append((source, add()))
        return self._shared[-1][1]

    def use_extension(self, name: str) -> None:
        """Say that the file uses an extension that programs may ignore."""
        if name not in self.document.setdefault("extensionsUsed", []):
            self.document["extensionsUsed"].append(name)

    def view(self, data: bytes, *, target: int | None = None) -> int:
        """Bytes as a buffer view, aligned to four."""
        self._binary.extend(b"\0" * (-len(self._binary) % 4))
        view = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(data)}
        self._binary.extend(data)
        return self.add("bufferViews", view if target is None else {**view, "target": target})

    def accessor(
        self, array: np.ndarray, *, target: int | None = None, normalized: bool = False, bounds: bool = False
    ) -> int:
        """An array (count, ...) of float32, uint8, uint16 or uint32; matrices are given row by row.

        Args:
            array: the values.
            target: ARRAY or ELEMENT for what a mesh uses.
            normalized: integers stand for 0..1.
            bounds: write the smallest and the largest value.
        """
        columns = np.swapaxes(array, 1, 2) if array.ndim == 3 else array
        view = self.view(np.ascontiguousarray(columns).tobytes(), target=target)
        item = {"bufferView": view, **_described(array)}
        if normalized:
            item["normalized"] = True
        return self.add("accessors", item | (_bounds(array) if bounds else {}))

    def sparse(self, array: Float[np.ndarray, "count 3"], *, negligible: float, bounds: bool) -> int:
        """Vectors of which most are shorter than `negligible` and become zero."""
        rows = np.flatnonzero(np.abs(array).max(axis=1) > negligible)
        kept = np.zeros(array.shape, np.float32)
        kept[rows] = array[rows]
        item = _described(kept) | (_bounds(kept) if bounds else {})
        if len(rows):
            index = rows.astype(np.uint16 if len(array) <= 1 << 16 else np.uint32)
            item["sparse"] = {
                "count": len(rows),
                "indices": {"bufferView": self.view(index.tobytes()), "componentType": _component(index)},
                "values": {"bufferView": self.view(kept[rows].tobytes())},
            }
        return self.add("accessors", item)

    def to_bytes(self) -> bytes:
        """The .glb file."""
        binary = bytes(self._binary) + b"\0" * (-len(self._binary) % 4)
        document = {**self.document, "buffers": [{"byteLength": len(self._binary)}]}
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        chunks = b"".join(
            struct.pack("<II", len(chunk), kind) + chunk for chunk, kind in ((text, _JSON), (binary, _BINARY))
        )
        return struct.pack("<III", _MAGIC, _VERSION, 12 + len(chunks)) + chunks


def _component(array: np.ndarray) -> int:
    return _COMPONENT[array.dtype.str[1:]]


def _described(array: np.ndarray) -> dict[str, Any]:
    return {"componentType": _component(array), "count": len(array), "type": _KIND[array.shape[1:]]}


def _bounds(array: np.ndarray) -> dict[str, list[float]]:
    flat = array.reshape(len(array), -1)
    return {"min": flat.min(0).tolist(), "max": flat.max(0).tolist()}
