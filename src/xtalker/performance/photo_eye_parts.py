"""Eyes of a photo's surface: eyeball, iris, the lids' shade and glints over them, shut lids and lashes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from xtalker.performance.photo_bake import Sheet, painted
from xtalker.performance.photo_parts import material_of, part_of
from xtalker.performance.photo_rig import BLINKS, GAZE_LEFT, GAZE_RIGHT, HEAD, MovingPoints, PhotoRig
from xtalker.render.photo_lashes import ABOVE, BELOW
from xtalker.render.photo_renderer import EYES_BEHIND
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M, SKIN, PhotoEye
from xtalker.values.surface import SurfacePart

SIDES: Final = ("left", "right")
_GAZES: Final = (GAZE_LEFT, GAZE_RIGHT)
_IRIS_BEFORE_M, _SHADE_BEFORE_M = 0.0003, 0.0006
_LID_BEHIND_M, _LID_COMES_M = 0.0003, 0.00075  # at rest behind the skin, shut before it: seen from two fifths on
_LASH_BEFORE_M, _LASHES_OUT_M = 0.006, 0.002  # before the margin, and by how much more at the strip's lower border
_CELLS: Final = (20, 16)
_DEEPEST: Final = 0.1  # of the radius, behind the lids: there the dome ends
_LASH_COLUMNS, _LASH_ROWS, _LASH_PX = 33, 5, (256, 104)


def eye_parts(rig: PhotoRig) -> tuple[tuple[SurfacePart, ...], tuple[SurfacePart, ...]]:
    """Both eyes: opaque parts, then those through which one sees, inner ones first."""
    balls, clear = [], []
    for e, eye in enumerate(rig.avatar.eyes):
        balls.append(_ball(rig, e, eye))
        clear += [_iris(rig, e, eye), _shade(rig, e, eye)]
        if eye.moves:
            clear += [_lid(rig, e, eye), _lashes(rig, e, eye)]
    return tuple(balls), tuple(clear)


def _dome(
    rig: PhotoRig, e: int, box: tuple[float, float, float, float], nearer_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points on the front of an eyeball that the photo shows in a box, their pixels, and triangles.

    The ball yields to the lids by as much as in the film.
    """
    eye = rig.avatar.eyes[e]
    columns, rows = _CELLS
    x, y = np.meshgrid(np.linspace(box[0], box[2], columns + 1), np.linspace(box[1], box[3], rows + 1))
    pixels = np.column_stack([x.ravel(), y.ravel()])
    flat = (pixels - eye.centre) / eye.radius
    deep = np.sqrt(np.maximum(1 - (flat**2).sum(1), _DEEPEST**2))
    depth = rig.eye_middle(e)[2] + rig.eye_radius(e) * deep
    points = rig.avatar.camera.unproject(pixels, depth)
    distance = CAMERA_DISTANCE_M - depth
    behind = 1 / (1 / distance - EYES_BEHIND) - distance
    points = rig.nearer(points, nearer_m - float(behind.mean()))
    triangles = grid_triangles(columns + 1, rows + 1)
    return points, pixels, triangles[(np.hypot(*flat.T) < 1)[triangles].any(1)]


def grid_triangles(columns: int, rows: int) -> np.ndarray:
    """Triangles over a grid whose rows go down the picture."""
    ids = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]], -1).reshape(-1, 4)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _ball(rig: PhotoRig, e: int, eye: PhotoEye) -> SurfacePart:
    """White of the eye under the lids' shade, which stay when the eye turns."""
    sheet = Sheet(eye.ball.corner, np.ascontiguousarray(eye.ball.pixels[..., :3]))
    points, pixels, triangles = _dome(rig, e, sheet.box, 0.0)
    name = f"eye_{SIDES[e]}"
    return part_of(name, rig.rigid(points, HEAD), triangles, sheet.uv(pixels), material_of(name, sheet, False))


def _iris(rig: PhotoRig, e: int, eye: PhotoEye) -> SurfacePart:
    """The iris, on the ball, turned by the gaze."""
    alpha = eye.iris.pixels[..., 3:].astype(float)
    colour = np.where(alpha > 0, eye.iris.pixels[..., :3].astype(float) * 255 / np.maximum(alpha, 1), 0)
    pixels = np.dstack([np.clip(np.rint(colour), 0, 255), alpha]).astype(np.uint8)
    sheet = Sheet(eye.iris.corner, pixels).trimmed()
    points, places, triangles = _dome(rig, e, sheet.box, _IRIS_BEFORE_M)
    name = f"iris_{SIDES[e]}"
    return part_of(name, rig.rigid(points, _GAZES[e]), triangles, sheet.uv(places), material_of(name, sheet, True))


def _shade(rig: PhotoRig, e: int, eye: PhotoEye) -> SurfacePart:
    """The lids' shade and the glints: what, over ball and iris, gives the photograph."""
    bare, shade = eye.ball.pixels[..., :3].astype(float), eye.ball.pixels[..., 3:] / 255
    iris, glint = eye.iris.pixels.astype(float), eye.glint.pixels.astype(float)
    under = bare * (1 - iris[..., 3:] / 255) + iris[..., :3]
    photo = np.minimum(under * shade + glint, 255)
    alpha = np.ceil(255 * np.maximum(1 - shade[..., 0], glint.max(2) / 255))[..., None]
    colour = np.where(alpha > 0, (photo - under * (1 - alpha / 255)) * 255 / np.maximum(alpha, 1), 0)
    sheet = Sheet(eye.ball.corner, np.dstack([np.clip(np.rint(colour), 0, 255), alpha]).astype(np.uint8))
    points, pixels, triangles = _dome(rig, e, sheet.box, _SHADE_BEFORE_M)
    name = f"eye_shade_{SIDES[e]}"
    return part_of(name, rig.rigid(points, HEAD), triangles, sheet.uv(pixels), material_of(name, sheet, True))


def _lid(rig: PhotoRig, e: int, eye: PhotoEye) -> SurfacePart:
    """The shut lid: behind the open one's skin, from which a blink brings it forth."""
    layer = rig.avatar.face
    mine = (layer.lid[:, 3] >= 0) & (layer.lid[:, 3].astype(int) % 2 == e)
    share = np.where(mine, layer.lid[:, 2], 0).astype(float)
    skin = layer.triangles[layer.kind == SKIN]
    skin = skin[(share > 0)[skin].any(1)]
    blink = rig.face.morphs[rig.face.morph_names.index(BLINKS[e])]
    shut = rig.avatar.camera.project((layer.rest + blink).astype(float))
    size = eye.shut.pixels.shape[1::-1]
    places = layer.lid[:, :2] - np.array(eye.shut.corner, np.float32)
    alpha = painted(share[:, None], places, shut[:, 2], skin, size)[..., 0]
    sheet = Sheet(eye.shut.corner, np.dstack([_behind_glasses(rig, eye), np.rint(255 * alpha).astype(np.uint8)]))
    rest = rig.nearer(layer.rest.astype(float), -_LID_BEHIND_M)
    points = replace(rig.face, rest=rest).with_morph(BLINKS[e], rig.nearer(rest, _LID_COMES_M) - rest)
    name = f"lid_{SIDES[e]}"
    return part_of(name, points, skin, sheet.uv(layer.lid[:, :2]), material_of(name, sheet, True))


def _behind_glasses(rig: PhotoRig, eye: PhotoEye) -> UInt8[np.ndarray, "rows columns 3"]:
    """The shut eye, with what lies in front of lids."""
    rows, columns = eye.shut.pixels.shape[:2]
    x, y = eye.shut.corner
    photo = rig.avatar.person
    below, right = (np.clip(np.arange(n) + at, 0, most - 1) for n, at, most in (
        (rows, y, photo.shape[0]), (columns, x, photo.shape[1])
    ))  # fmt: skip
    front = eye.shut.pixels[..., 3:] / 255
    mixed = eye.shut.pixels[..., :3] * (1 - front) + photo[np.ix_(below, right)] * front
    return np.rint(mixed).astype(np.uint8)


def _lashes(rig: PhotoRig, e: int, eye: PhotoEye) -> SurfacePart:
    """A strip along the upper lid's margin: a line while the eye is open, unrolled by the blink."""
    face, camera = rig.face, rig.avatar.camera
    chosen = eye.margin_vertices[0]
    spread = _along(len(chosen))
    start = camera.project(face.rest[chosen].astype(float))[:, :2] + eye.margin_offsets[0]
    open_ = rig.nearer(camera.unproject(start, face.rest[chosen, 2].astype(float)), _LASH_BEFORE_M)
    morphs = face.morphs[:, chosen].astype(float)
    blink = face.morph_names.index(BLINKS[e])
    shut = open_ + morphs[blink]
    margin = camera.project(shut)[:, :2]
    along = margin[0] - margin[-1]
    down = np.array([-along[1], along[0]]) * (1 if e == 0 else -1)  # as long as the eye is wide
    heights = np.linspace(-ABOVE, BELOW, _LASH_ROWS)
    pixels = (spread @ margin)[None] + heights[:, None, None] * down
    depth = (spread @ shut[:, 2])[None] + np.maximum(heights, 0)[:, None] / BELOW * _LASHES_OUT_M
    unrolled = camera.unproject(pixels.reshape(-1, 2), depth.ravel())
    rest = np.tile(spread @ open_, (_LASH_ROWS, 1))
    moved = np.einsum("cm,kmx->kcx", spread, morphs)
    moved = np.tile(moved, (1, _LASH_ROWS, 1))
    moved[blink] = unrolled - rest
    strip = MovingPoints(
        rest, face.morph_names, moved.astype(np.float32), *(
            np.tile(table, (_LASH_ROWS * _LASH_COLUMNS, 1))
            for table in (face.joint_index[chosen[4:5]], face.joint_weight[chosen[4:5]])
        ),
    )  # fmt: skip
    opacity = np.asarray(Image.fromarray(eye.lashes).resize(_LASH_PX, Image.Resampling.BOX))
    colour = np.broadcast_to(np.rint(eye.lash_colour).astype(np.uint8), (*opacity.shape, 3))
    u, v = np.meshgrid(np.linspace(1, 0, _LASH_COLUMNS), np.linspace(1, 0, _LASH_ROWS))
    uv = np.column_stack([u.ravel(), v.ravel()]).astype(np.float32)  # margins begin at the outer corner
    name = f"lashes_{SIDES[e]}"
    material = replace(material_of(name, np.dstack([colour, opacity]), True), double_sided=True)
    return part_of(name, strip, grid_triangles(_LASH_COLUMNS, _LASH_ROWS), uv, material)


def _along(num: int) -> Float[np.ndarray, "columns margin"]:
    """Shares of the margin's points in the strip's columns, without corners between them."""
    at = np.linspace(0, num - 1, _LASH_COLUMNS)
    near = np.maximum(1 - np.abs(at[:, None] - np.arange(num)) / 1.5, 0) ** 2
    near[0], near[-1] = np.eye(num)[0], np.eye(num)[-1]
    return np.asarray(near / near.sum(1, keepdims=True))
