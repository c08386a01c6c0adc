"""Parts of a photo's surface that wear the photograph: background, person, face, and the line between the lips."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image
from scipy.ndimage import minimum_filter

from xtalker.performance.photo_bake import Sheet, bled, painted
from xtalker.performance.photo_rig import BREATH, ROOT, MovingPoints, PhotoRig
from xtalker.performance.photo_thinning import thinned
from xtalker.render.photo_renderer import SLIDE_M
from xtalker.values.photo_avatar import SKIN
from xtalker.values.surface import SurfaceMaterial, SurfacePart

LIPS_PART: Final = "lipsPart"
"""Track: 0 while the lips are as in the photo, 1 where they have parted."""

_CARD_M: Final = -0.3
_SOLID: Final = 0.97  # of the matte: more is all, as in the film
_MARGIN_PX: Final = 6
_AROUND_FACE: Final = 0.15  # of its size: there the lattice keeps its small cells
_LIP_SEEN, _LIP_AWAY_M = 0.15, 0.0008
_LIP_BEFORE_M: Final = 0.00025
_LEAST_SIDE: Final = 256
_HALVED_LEVELS: Final = 1.5  # grey levels that a picture may lose on average by being halved
_NEGLIGIBLE_M: Final = 1e-5  # less is not seen, and most of a file would be such displacements


def part_of(
    name: str,
    points: MovingPoints,
    triangles: Int[np.ndarray, "triangles 3"],
    uv: Float[np.ndarray, "points 2"],
    material: SurfaceMaterial,
) -> SurfacePart:
    """A part of some of a layer's triangles, with the points and morphs that it needs."""
    used, local = np.unique(triangles, return_inverse=True)
    morphs = points.morphs[:, used]
    morphs[np.abs(morphs).max(axis=2) < _NEGLIGIBLE_M] = 0
    moving = morphs.any(axis=(1, 2))
    return SurfacePart(
        name,
        points.rest[used].astype(np.float32),
        local.reshape(-1, 3).astype(np.int32),
        material,
        points.joint_index[used],
        points.joint_weight[used],
        morph_names=tuple(np.array(points.morph_names)[moving].tolist()) if moving.any() else (),
        morphs=morphs[moving].astype(np.float32),
        uv=uv[used].astype(np.float32),
    )


def material_of(name: str, sheet: Sheet | UInt8[np.ndarray, "height width channels"], blend: bool) -> SurfaceMaterial:
    """What holds its own light: opaque, or as its fourth channel says."""
    pixels = sheet.pixels if isinstance(sheet, Sheet) else sheet
    return SurfaceMaterial(name, picture=pixels, lit=False, roughness=1.0, blending="blend" if blend else "opaque")


def fine_enough(picture: UInt8[np.ndarray, "height width channels"]) -> UInt8[np.ndarray, "rows columns channels"]:
    """The picture in half its size where that shows as much: photos with a small face are enlarged to be prepared."""
    image = Image.fromarray(picture[..., :3])
    size = (image.width // 2, image.height // 2)
    if min(size) < _LEAST_SIDE:
        return picture
    again = image.resize(size, Image.Resampling.LANCZOS).resize(image.size, Image.Resampling.BICUBIC)
    seen = picture[..., 3] == 255 if picture.shape[2] == 4 else np.ones(picture.shape[:2], bool)
    away = (np.asarray(again, np.float32) - picture[..., :3])[seen]
    if not len(away) or np.sqrt(np.mean(away**2)) > _HALVED_LEVELS:
        return picture
    channels = [
        Image.fromarray(picture[..., c]).resize(size, Image.Resampling.LANCZOS) for c in range(picture.shape[2])
    ]
    return np.dstack([np.asarray(channel) for channel in channels])


def background_part(rig: PhotoRig) -> SurfacePart:
    """What lies behind the person, on a card that stands still."""
    picture = fine_enough(rig.avatar.background)
    rows, columns = rig.avatar.background.shape[:2]
    corners = np.array([[0, rows], [columns, rows], [columns, 0], [0, 0]], float)
    rest = rig.avatar.camera.unproject(corners, np.full(4, _CARD_M))
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    material = SurfaceMaterial("background", picture=picture, lit=False, roughness=1.0, lossy=True)
    return part_of("background", rig.rigid(rest, ROOT), np.array([[0, 1, 2], [0, 2, 3]]), uv, material)


def person_part(rig: PhotoRig) -> SurfacePart:
    """Hair, ears, neck and torso: the lattice as far as the photo goes."""
    avatar, layer = rig.avatar, rig.avatar.lattice
    rows, columns = avatar.photo.shape[:2]
    sheet = Sheet((0.0, 0.0), bled(np.dstack([avatar.person, avatar.cover]), 4.0))
    material = material_of("person", fine_enough(sheet.pixels), True)
    inside = np.all((layer.uv >= 0) & (layer.uv <= [columns, rows]), axis=1)
    triangles = layer.triangles[inside[layer.triangles].any(1)]
    triangles = thinned(triangles, layer.uv, _busy(rig))
    return part_of("person", rig.lattice, triangles, sheet.uv(layer.uv), material)


def _busy(rig: PhotoRig) -> Bool[np.ndarray, "points"]:
    """Points of the lattice that the face moves, with those near them."""
    points = rig.lattice
    named = [k for k, name in enumerate(points.morph_names) if name != BREATH]
    moves = np.abs(points.morphs[named]).max((0, 2)) > _NEGLIGIBLE_M
    left, top, right, bottom = rig.avatar.face_box
    around = _AROUND_FACE * np.array([right - left, bottom - top])
    places = rig.avatar.lattice.uv
    away = np.maximum(np.array([left, top]) - places, places - np.array([right, bottom]))
    return moves | (away < around).all(1)


def face_parts(rig: PhotoRig) -> tuple[SurfacePart, SurfacePart, SurfacePart]:
    """The face, the line between its lips, and its soft border.

    Where the lips part, the film lets the texture slide into each lip, so that the dark line between them stays
    behind. Here the face wears the texture as it has slid, and a strip with the line goes behind it as they part.
    """
    layer = rig.avatar.face
    skin = layer.triangles[layer.kind == SKIN]
    sheet = face_sheet(rig)
    at = np.clip((layer.uv - np.array(sheet.corner)).astype(int), 0, np.array(sheet.pixels.shape[1::-1]) - 1)
    whole = minimum_filter(sheet.pixels[..., 3], 5)[at[:, 1], at[:, 0]] == 255
    border = ~(whole & (layer.solid > 0.999))[skin].all(1)
    slid = layer.uv.copy()
    slid[:, 1] += layer.lip[:, 0] * layer.lip[:, 1] * SLIDE_M[rig.avatar.mouth.toothy] * rig.avatar.camera.scale
    opaque, soft = material_of("face", sheet, False), material_of("face_border", sheet, True)
    lips = skin[(layer.lip[:, 1] > _LIP_SEEN)[skin].any(1) & ~border]
    line = _away_as_lips_part(rig, rig.face)
    return (
        part_of("face", rig.face, skin[~border], sheet.uv(slid), opaque),
        part_of("lip_line", line, lips, sheet.uv(layer.uv), opaque),
        part_of("face_border", rig.face, skin[border], sheet.uv(layer.uv), soft),
    )


def _away_as_lips_part(rig: PhotoRig, points: MovingPoints) -> MovingPoints:
    rest = rig.nearer(points.rest.astype(float), _LIP_BEFORE_M)
    moved = MovingPoints(
        rest, points.morph_names, points.morphs, points.joint_index, points.joint_weight
    )  # fmt: skip
    return moved.with_morph(LIPS_PART, rig.nearer(rest, -_LIP_AWAY_M) - rest)


def face_sheet(rig: PhotoRig) -> Sheet:
    """The person's colours around the face; the fourth channel fades along the layer's border."""
    avatar, layer = rig.avatar, rig.avatar.face
    skin = layer.triangles[layer.kind == SKIN]
    places = layer.uv[np.unique(skin)]
    size = np.array(avatar.photo.shape[1::-1])
    low = np.clip(np.floor(places.min(0)).astype(int) - _MARGIN_PX, 0, size - 2)
    high = np.clip(np.ceil(places.max(0)).astype(int) + _MARGIN_PX, low + 2, size)
    box = slice(low[1], high[1]), slice(low[0], high[0])
    width, height = (int(n) for n in high - low)
    nearness = avatar.camera.project(layer.rest.astype(float))[:, 2]
    solid = painted(layer.solid[:, None].astype(float), layer.uv - low, nearness, skin, (width, height))[..., 0]
    cover = avatar.cover[box].astype(float) / 255
    alpha = np.where(cover > _SOLID, 1, cover) * solid * solid * (3 - 2 * solid)
    pixels = np.dstack([avatar.person[box], np.rint(255 * alpha).astype(np.uint8)])
    return Sheet((float(low[0]), float(low[1])), np.ascontiguousarray(pixels))
