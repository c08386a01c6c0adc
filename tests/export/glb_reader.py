"""Another reader of .glb files, written from the specification with plain loops; shares no code with the writer."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_DTYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass
class GlbFile:
    """Document and binary chunk of a file."""

    document: dict[str, Any]
    binary: bytes

    def node(self, name: str) -> int:
        return [n.get("name") for n in self.document["nodes"]].index(name)

    def view(self, index: int) -> bytes:
        view = self.document["bufferViews"][index]
        assert view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= len(self.binary)
        return self.binary[view["byteOffset"] :][: view["byteLength"]]

    def array(self, accessor: int) -> np.ndarray:
        """Values of an accessor, (count, width), sparse entries put in place, integers normalized where said."""
        item = self.document["accessors"][accessor]
        dtype, width, count = _DTYPES[item["componentType"]], _WIDTHS[item["type"]], item["count"]
        out = np.zeros((count, width), dtype)
        if "bufferView" in item:
            out[:] = np.frombuffer(self.view(item["bufferView"]), dtype).reshape(count, width)
        if "sparse" in item:
            sparse = item["sparse"]
            where = sparse["indices"]
            rows = np.frombuffer(self.view(where["bufferView"]), _DTYPES[where["componentType"]])
            values = np.frombuffer(self.view(sparse["values"]["bufferView"]), dtype).reshape(-1, width)
            assert len(rows) == len(values) == sparse["count"] and np.all(np.diff(rows.astype(int)) > 0)
            for row, value in zip(rows, values, strict=True):
                out[row] = value
        if "min" in item:
            np.testing.assert_array_equal(out.min(0), np.array(item["min"], dtype))
            np.testing.assert_array_equal(out.max(0), np.array(item["max"], dtype))
        return out / np.iinfo(dtype).max if item.get("normalized") else out

    def value(self, node: int, path: str, time_s: float) -> np.ndarray | None:
        """An animated property at a time, or the node's own; None where it has neither."""
        for animation in self.document.get("animations", []):
            for channel in animation["channels"]:
                if channel["target"] == {"node": node, "path": path}:
                    sampler = animation["samplers"][channel["sampler"]]
                    times = self.array(sampler["input"])[:, 0]
                    assert np.all(np.diff(times) > 0) and sampler["interpolation"] == "LINEAR"
                    keys = self.array(sampler["output"]).reshape(len(times), -1).astype(float)
                    return _at(times, keys, time_s, turn=path == "rotation")
        own = self.document["nodes"][node].get(path)
        return None if own is None else np.array(own, float)

    def world(self, node: int, time_s: float) -> np.ndarray:
        """World matrix of a node."""
        local = np.eye(4)
        rotation, translation = self.value(node, "rotation", time_s), self.value(node, "translation", time_s)
        if rotation is not None:
            local[:3, :3] = _matrix(rotation)
        if translation is not None:
            local[:3, 3] = translation
        for parent, other in enumerate(self.document["nodes"]):
            if node in other.get("children", []):
                return self.world(parent, time_s) @ local
        return local

    def posed(self, name: str, time_s: float) -> np.ndarray:
        """Points of a skinned mesh at a time."""
        number = self.node(name)
        node = self.document["nodes"][number]
        (primitive,) = self.document["meshes"][node["mesh"]]["primitives"]
        attributes = primitive["attributes"]
        points = self.array(attributes["POSITION"]).astype(float)
        weights = self.value(number, "weights", time_s)
        if weights is not None:
            for weight, target in zip(weights, primitive["targets"], strict=True):
                points = points + weight * self.array(target["POSITION"])
        skin = self.document["skins"][node["skin"]]
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
        bones = [self.world(j, time_s) @ m for j, m in zip(skin["joints"], inverse, strict=True)]
        joints, shares = self.array(attributes["JOINTS_0"]), self.array(attributes["WEIGHTS_0"])
        out = np.zeros_like(points)
        for i, point in enumerate(points):
            for joint, share in zip(joints[i], shares[i], strict=True):
                out[i] += share * (bones[joint] @ [*point, 1])[:3]
        return out


def read_glb(path: Path) -> GlbFile:
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    chunks, at = [], 12
    while at < length:
        size, kind = struct.unpack_from("<I4s", data, at)
        chunks.append((kind, data[at + 8 : at + 8 + size]))
        assert size % 4 == 0
        at += 8 + size
    assert [kind for kind, _ in chunks] == [b"JSON", b"BIN\0"]
    document = json.loads(chunks[0][1])
    (buffer,) = document["buffers"]
    assert 0 <= len(chunks[1][1]) - buffer["byteLength"] < 4
    return GlbFile(document, chunks[1][1])


def _at(times: np.ndarray, keys: np.ndarray, time_s: float, *, turn: bool) -> np.ndarray:
    if time_s <= times[0]:
        return keys[0]
    if time_s >= times[-1]:
        return keys[-1]
    i = int(np.searchsorted(times, time_s, side="right")) - 1
    t = (time_s - times[i]) / (times[i + 1] - times[i])
    a, b = keys[i], keys[i + 1]
    if not turn:
        return (1 - t) * a + t * b
    dot = abs(a @ b)
    b = b if a @ b >= 0 else -b
    angle = np.arccos(min(dot, 1.0))
    if angle < 1e-6:
        return a
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def _matrix(q: np.ndarray) -> np.ndarray:
    x, y, z, w = q / np.linalg.norm(q)
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
