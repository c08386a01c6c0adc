"""What is seen between the lips of a photo's surface: lining, tongue, teeth, and the teeth that the photo shows.

The film's light behind the lips depends on how far they are open; here it is that of an open vowel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.performance.photo_bake import Sheet, teeth_picture
from xtalker.performance.photo_eye_parts import grid_triangles
from xtalker.performance.photo_parts import material_of, part_of
from xtalker.performance.photo_rig import HEAD, PhotoRig
from xtalker.render.anatomy import find_eyes
from xtalker.render.photo_renderer import FLOORS, SHADE_POWER
from xtalker.render.posed import PosedShade
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import BEHIND_LIPS, LOWER_TEETH, SKIN, UPPER_TEETH
from xtalker.values.surface import SurfacePart

_OPEN_RAD: Final = 0.19
_TONES: Final = 64
_TEETH_PX: Final = (512, 96)
_LIGHT_PLACES: Final = 15
_EDGE_BEFORE_M: Final = 0.00012
_THROAT_M, _THROAT_TEETH, _THROAT_SIDES, _THROAT_LIGHT = 0.005, 1.6, 0.1, 0.15
_CARD_BEFORE_M, _CARD_CELLS, _CARD_NEAR_M = 0.0004, (24, 3), 0.003


def mouth_parts(rig: PhotoRig) -> tuple[tuple[SurfacePart, ...], tuple[SurfacePart, ...]]:
    """Opaque parts, then those through which one sees."""
    layer, light = rig.avatar.face, open_light(rig)
    tongue = np.zeros(len(layer.rest), bool)
    tongue[rig.scene.parts["tongue"]] = True
    deep = layer.triangles[layer.kind == BEHIND_LIPS]
    deep = deep[(layer.rest[:, 2] > _back(rig))[deep].any(1) | tongue[deep].all(1)]
    is_tongue = tongue[deep].all(1)
    skin = layer.triangles[layer.kind == SKIN]
    edge = skin[(layer.own[:, 3] > 0)[skin].any(1)]
    lining, tone = _toned(rig, deep[~is_tongue], light)
    tongue_picture, tongue_tone = _toned(rig, deep[is_tongue], light)
    before = rig.nearer(layer.rest.astype(float), _EDGE_BEFORE_M)
    share = np.column_stack([tone[:, 0], np.clip(layer.own[:, 3], 0, 1)])
    inner = replace(rig.face, rest=_shallow(rig))
    opaque = (
        part_of("mouth", inner, deep[~is_tongue], tone, material_of("mouth", _faded(lining), False)),
        _throat(rig),
        part_of("tongue", inner, deep[is_tongue], tongue_tone, material_of("tongue", tongue_picture, False)),
        _teeth(rig, "teeth_upper", UPPER_TEETH, light),
        _teeth(rig, "teeth_lower", LOWER_TEETH, light),
    )
    fading = replace(rig.face, rest=before)
    picture = opaque[0].material.picture
    assert picture is not None, "the lining is painted"
    clear = (part_of("mouth_edge", fading, edge, share, material_of("mouth_edge", picture, True)),)
    return opaque, (*_photo_teeth(rig), *clear)


def _shallow(rig: PhotoRig) -> Float[np.ndarray, "fine 3"]:
    """Places where the photo's camera sees the same, with the throat just behind the teeth: the layers are a front."""
    rest, camera = rig.avatar.face.rest.astype(float), rig.avatar.camera
    return camera.unproject(camera.project(rest)[:, :2], np.maximum(rest[:, 2], _back(rig)))


def _back(rig: PhotoRig) -> float:
    """Depth at which the mouth ends, metres."""
    return float(rig.avatar.face.rest[rig.scene.parts["teeth_upper"], 2].min()) - _THROAT_M


def _throat(rig: PhotoRig) -> SurfacePart:
    """The mouth's end: a dark card as wide as the teeth."""
    teeth = rig.avatar.face.rest[rig.scene.parts["teeth_upper"]].astype(float)
    low, high, back = teeth.min(0), teeth.max(0), _back(rig)
    low[0], high[0] = np.array([low[0], high[0]]) + _THROAT_SIDES * (high[0] - low[0]) * np.array([1, -1])
    tall = _THROAT_TEETH * (high[1] - low[1])
    across, up = [low[0], high[0], high[0], low[0]], [low[1] - tall, low[1] - tall, high[1], high[1]]
    rest = np.column_stack([across, up, np.full(4, back)])
    dark = np.rint(rig.avatar.mouth.tones[2] * _THROAT_LIGHT).astype(np.uint8)
    picture = np.broadcast_to(dark, (4, 4, 3)).copy()
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    return part_of("throat", rig.rigid(rest, HEAD), triangles, uv, material_of("throat", picture, False))


def open_light(rig: PhotoRig) -> Float[np.ndarray, "fine"]:
    """Light that reaches what lies behind the lips in an open vowel, 0 to 1."""
    head, identity, scene = rig.head, rig.avatar.identity, rig.scene
    motion = Motion.zeros(1)
    motion.jaw[0, 0] = _OPEN_RAD
    motion.expression[0, CHANNEL["jawOpenCorrective"]] = _OPEN_RAD / head.jaw_open_angle_rad
    vertices = head.vertices(identity, motion)[0]
    matrix = scene.matrix(head.topology.num_vertices)
    fine = np.ascontiguousarray(matrix @ vertices, np.float32)
    eyes = find_eyes(scene, np.ascontiguousarray(matrix @ head.neutral(identity), np.float32))
    raw = np.ones(scene.num_vertices, np.float32)
    PosedShade(scene, head.topology, head.neutral(identity), eyes)(vertices, fine, raw)
    out = np.ones(scene.num_vertices)
    for part, floor in FLOORS.items():
        place = scene.parts[part]
        out[place] = floor + (1 - floor) * raw[place] ** SHADE_POWER
    return out


def _toned(
    rig: PhotoRig, triangles: np.ndarray, light: Float[np.ndarray, "fine"]
) -> tuple[UInt8[np.ndarray, "rows tones 3"], Float[np.ndarray, "fine 2"]]:
    """Shades of one colour from black along a picture's columns, and where in it each vertex's shade is found."""
    used = np.unique(triangles)
    colours = rig.avatar.face.own[:, :3] * light[:, None]
    level = colours.sum(1)
    brightest = used[np.argmax(level[used])]
    ramp = np.linspace(0, 1, _TONES)[None, :, None] * colours[brightest]
    picture = np.rint(np.repeat(ramp, 4, axis=0)).clip(0, 255).astype(np.uint8)
    tone = np.clip(level / level[brightest], 0, 1)
    return picture, np.column_stack([_middle(tone, _TONES), np.full(len(tone), 0.98)]).astype(np.float32)


def _middle(value: np.ndarray, count: int) -> np.ndarray:
    """From 0..1 to the middles of the first and the last of so many pixels."""
    return np.asarray((0.5 + value * (count - 1)) / count)


def _faded(ramp: UInt8[np.ndarray, "rows tones 3"]) -> UInt8[np.ndarray, "levels tones 4"]:
    """The shades, more opaque towards the picture's top."""
    opacity = np.rint(np.linspace(255, 0, _TONES)).astype(np.uint8)
    shape = (_TONES, _TONES)
    return np.dstack([np.broadcast_to(ramp[0], (*shape, 3)), np.broadcast_to(opacity[:, None], shape)])


def _teeth(rig: PhotoRig, part: str, kind: int, light: Float[np.ndarray, "fine"]) -> SurfacePart:
    """A row of teeth; light fades from the front ones to the last."""
    layer = rig.avatar.face
    triangles = layer.triangles[layer.kind == kind]
    used = np.unique(triangles)
    number, height = layer.own[used, 0], layer.own[used, 1]
    numbers, heights = float(np.abs(number).max()), float(height.max())
    places = np.linspace(-numbers, numbers, _LIGHT_PLACES)
    near = np.exp(-(((number - places[:, None]) / 0.5) ** 2))
    falls = (near @ light[used]) / np.maximum(near.sum(1), 1e-9)
    picture = teeth_picture(
        rig.avatar.mouth.tones, falls, upper=kind == UPPER_TEETH, numbers=numbers, heights_mm=heights, size=_TEETH_PX
    )
    uv = np.column_stack([layer.own[:, 0] / numbers / 2 + 0.5, layer.own[:, 1] / heights])
    return part_of(part, rig.face, triangles, uv, material_of(part, picture, False))


def _photo_teeth(rig: PhotoRig) -> tuple[SurfacePart, ...]:
    """What the photo shows between the lips, just before the upper teeth; nothing where it shows none."""
    inside, layer = rig.avatar.mouth.inside, rig.avatar.face
    if not inside.pixels[..., 3].any():
        return ()
    sheet = Sheet(inside.corner, inside.pixels).trimmed()
    left, top, right, bottom = sheet.box
    wide, tall = _CARD_CELLS
    x, y = np.meshgrid(np.linspace(left, right, wide + 1), np.linspace(top, bottom, tall + 1))
    pixels = np.column_stack([x.ravel(), y.ravel()])
    teeth = layer.rest[np.unique(layer.triangles[layer.kind == UPPER_TEETH])].astype(float)
    across = rig.avatar.camera.unproject(pixels[: wide + 1], np.full(wide + 1, teeth[:, 2].max()))[:, 0]
    beside = np.abs(teeth[:, 0] - across[:, None]) < _CARD_NEAR_M
    depth = np.array([teeth[near, 2].max() if near.any() else teeth[:, 2].min() for near in beside])
    points = rig.avatar.camera.unproject(pixels, np.tile(depth + _CARD_BEFORE_M, tall + 1))
    triangles, material = grid_triangles(wide + 1, tall + 1), material_of("photo_teeth", sheet, True)
    return (part_of("photo_teeth", rig.rigid(points, HEAD), triangles, sheet.uv(pixels), material),)
