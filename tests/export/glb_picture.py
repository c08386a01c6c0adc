"""What a photo's .glb looks like from its camera: parts drawn from the file alone, by the rules of glTF viewers.

Opaque parts by depth, then those that blend in the file's order, each behind what is nearer; unlit, in display colours.
Only which triangle is nearest comes from the renderer's rasteriser.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from tests.export.glb_reader import GlbFile

from xtalker.render.rasterise import bin_triangles, nearest_into
from xtalker.values.photo_avatar import PhotoCamera


@dataclass
class Drawn:
    """One part of the file at a time."""

    points: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    picture: np.ndarray
    blends: bool
    two_sided: bool


def drawn_parts(file: GlbFile, time_s: float) -> list[Drawn]:
    """All meshes of a file at a time, in its order."""
    out = []
    for number, node in enumerate(file.document["nodes"]):
        if "mesh" not in node:
            continue
        (primitive,) = file.document["meshes"][node["mesh"]]["primitives"]
        material = file.document["materials"][primitive["material"]]
        assert "KHR_materials_unlit" in material["extensions"]
        out.append(
            Drawn(
                posed_points(file, number, time_s),
                file.array(primitive["indices"]).reshape(-1, 3).astype(np.int32),
                file.array(primitive["attributes"]["TEXCOORD_0"]),
                _picture(file, material),
                material.get("alphaMode", "OPAQUE") == "BLEND",
                material.get("doubleSided", False),
            )
        )
    return out


def posed_points(file: GlbFile, number: int, time_s: float) -> np.ndarray:
    """Points of a skinned mesh at a time, as `GlbFile.posed` but for many."""
    node = file.document["nodes"][number]
    (primitive,) = file.document["meshes"][node["mesh"]]["primitives"]
    attributes = primitive["attributes"]
    points = file.array(attributes["POSITION"]).astype(float)
    weights = file.value(number, "weights", time_s)
    if weights is not None:
        points = points + np.einsum("k,kpc->pc", weights, _targets(file, number))
    skin = file.document["skins"][node["skin"]]
    inverse = file.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
    bones = np.stack([file.world(j, time_s) @ m for j, m in zip(skin["joints"], inverse, strict=True)])
    shares = file.array(attributes["WEIGHTS_0"])
    mixed = np.einsum("pk,pkij->pij", shares, bones[file.array(attributes["JOINTS_0"])])
    return np.einsum("pij,pj->pi", mixed[:, :3, :3], points) + mixed[:, :3, 3]


_KNOWN: dict[tuple[int, int], np.ndarray] = {}
"""Morphs of a mesh that were read: plain loops read them slowly."""


def _targets(file: GlbFile, number: int) -> np.ndarray:
    key = id(file.binary), number
    if key not in _KNOWN:
        (primitive,) = file.document["meshes"][file.document["nodes"][number]["mesh"]]["primitives"]
        _KNOWN[key] = np.stack([file.array(target["POSITION"]) for target in primitive["targets"]])
    return _KNOWN[key]


def front_view(file: GlbFile, time_s: float, camera: PhotoCamera, size: tuple[int, int]) -> np.ndarray:
    """Picture of the file as the photo's camera sees it; `size` is that of the photo."""
    width, height = size
    rgb, depth = np.zeros((height, width, 3)), np.zeros((height, width), np.float32)
    parts = drawn_parts(file, time_s)
    for part in sorted(parts, key=lambda part: part.blends):
        screen = np.ascontiguousarray(camera.project(part.points), np.float32)
        seen, near = np.empty((height, width), np.int32), np.empty((height, width), np.float32)
        bins = bin_triangles(screen, part.triangles, height, width, not part.two_sided)
        nearest_into(screen, part.triangles, *bins, seen, near)
        rows, columns = np.nonzero((seen >= 0) & (near > depth))
        colour = _colours(part, screen, seen, rows, columns)
        alpha = colour[:, 3:] / 255 if part.blends else 1.0
        rgb[rows, columns] = rgb[rows, columns] * (1 - alpha) + colour[:, :3] * alpha
        if not part.blends:
            depth[rows, columns] = near[rows, columns]
    return rgb


def _colours(part: Drawn, screen: np.ndarray, seen: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    corners = part.triangles[seen[rows, columns]]
    (x0, y0), (x1, y1), (x2, y2) = (screen[corners[:, k], :2].T.astype(float) for k in range(3))
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    px, py = columns + 0.5 - x0, rows + 0.5 - y0
    second = (px * (y2 - y0) - (x2 - x0) * py) / area
    third = ((x1 - x0) * py - px * (y1 - y0)) / area
    weights = np.column_stack([1 - second - third, second, third]) * screen[corners, 2]  # right in perspective
    u, v = np.einsum("pk,pkc->cp", weights / weights.sum(1, keepdims=True), part.uv[corners])
    return _bilinear(part.picture, u * part.picture.shape[1] - 0.5, v * part.picture.shape[0] - 0.5)


def _bilinear(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows, columns = picture.shape[:2]
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    left, top = np.minimum(x.astype(int), columns - 2), np.minimum(y.astype(int), rows - 2)
    a, b = (x - left)[:, None], (y - top)[:, None]
    upper = picture[top, left] * (1 - a) + picture[top, left + 1] * a
    return upper * (1 - b) + (picture[top + 1, left] * (1 - a) + picture[top + 1, left + 1] * a) * b


def _picture(file: GlbFile, material: dict) -> np.ndarray:
    texture = file.document["textures"][material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]
    data = file.view(file.document["images"][texture["source"]]["bufferView"])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), float)
