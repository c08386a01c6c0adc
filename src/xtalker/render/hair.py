"""Hair as a surface: a shell over the scalp, as thick as the person's outline says, that hangs as far as theirs.

Locks run from the crown down; each column of the shell is one. It moves with the skull, and further down more and more
with the shoulders: every point is an affine sum of head vertices, so posing it costs what posing skin costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates
from scipy.spatial import cKDTree

from xtalker.geometry.head_map import skull_middle
from xtalker.geometry.surface import triangles_at_vertices
from xtalker.render.anatomy import Frame, find_eyes, find_frame
from xtalker.render.paint import hairline
from xtalker.render.scene import SKIN, Scene
from xtalker.values import MeshTopology
from xtalker.values.appearance import HAIR_ANGLES_RAD, HAIR_CORNER_M, HAIR_FRONT_RAD, HAIR_PIXEL_M, HairStyle

_LOCKS: Final = 240
_ROWS_ON_SKULL, _ROWS_BELOW = 30, 18
_CROWN_RAD: Final = np.radians(88)
_DROP_RAD: Final = np.radians(-12)  # latitude from which hair hangs straight
_HANGS_FROM_RAD: Final = (np.radians(56), np.radians(80))  # longitudes between which the face's frame comes down
_CROPPED_M: Final = 0.0060
_EDGE_M: Final = 0.0010
_RISE_RAD: Final = (0.42, 0.20)  # hair reaches its full height so far above its line, later in front than behind
_FRONT_LIMITS_RAD: Final = (0.26, 0.20)  # how far a person's hairline lies below and above the generic one
_FRONT_LIFT_RAD: Final = -0.09  # the shell is nearer than the skin on which the line was measured
_FRINGE_RAD: Final = (0.06, 0.03)  # the shell begins above the line, lock by lock: what is below is on the skin
_LINING_EVERY: Final = 4  # locks; nobody looks at the inner side
_LINING_M: Final = 0.005  # the inner side lies so deep
_OVER_EARS_M: Final = 0.004
_EAR_REACH_RAD: Final = 0.16
_LOCK_M: Final = (0.0016, 0.0035)  # depth of single locks and of bundles
_TIPS_M: Final = 0.010
_TAPER, _CURL = 0.12, 0.20  # parts of its radius by which hanging hair turns in, and short hair besides
_CURL_M: Final = (0.03, 0.08)
_LOCK_TONE, _BUNDLE_TONE = 0.30, 0.22
_SHOULDERS_M: Final = (0.10, 0.24)  # below the eyes: where hair begins to follow the shoulders, and follows them
_THIN_M: Final = 0.012  # hair that stands off less everywhere and hangs nowhere is cropped
_GLOSS: Final = 0.30
_SEEN: Final = (-0.1, 0.3)  # how far forwards a place lies, for the portrait to show it
_SCALP_M: Final = 0.08  # below the eyes


@dataclass(frozen=True)
class Hair:
    """A head of hair at rest.

    Attributes:
        points: metres, world axes.
        triangles: counter-clockwise from outside; the lining's from inside.
        tones: linear colours of the points.
        gloss: of the points.
    """

    points: Float[np.ndarray, "points 3"]
    triangles: Int[np.ndarray, "triangles 3"]
    tones: Float[np.ndarray, "points 3"]
    gloss: Float[np.ndarray, "points"]


def grown(
    scene: Scene, topology: MeshTopology, rest: Float[np.ndarray, "vertices 3"], style: HairStyle
) -> tuple[Scene, Hair | None]:
    """The scene of a head with its hair; the same scene and None for cropped hair and for heads of other sheets.

    Args:
        scene: fine surface.
        topology: of the head.
        rest: the resting head, metres.
        style: the shape of the hair.
    """
    fine = np.asarray(scene.matrix(topology.num_vertices) @ rest.astype(np.float64))
    eyes = find_eyes(scene, fine)
    if is_cropped(style) or not eyes or "skin" not in scene.parts:
        return scene, None
    frame = find_frame(fine, eyes)
    line = hairline(topology, rest, frame)
    if line is None:
        return scene, None
    skin = scene.parts["skin"]
    mask = topology.masks.get("ears", np.zeros(topology.num_vertices))
    on_ear = np.asarray(scene.matrix(topology.num_vertices) @ mask)[skin] > 0.5
    above = fine[skin][:, 1] > frame.origin[1] - _SCALP_M
    hair = hair_of(style, frame, fine[skin][above & ~on_ear], fine[skin][on_ear], line)
    return with_hair(scene, hair, rest.astype(np.float64), frame), hair


def is_cropped(style: HairStyle) -> bool:
    """Whether hair lies so close to the skull that the skin can carry it."""
    return style.length_m == 0 and max(style.stand_m) < _THIN_M


def hair_of(
    style: HairStyle, frame: Frame, scalp: Float[np.ndarray, "scalp 3"], ears: Float[np.ndarray, "ears 3"],
    hairline_rad: Float[np.ndarray, "columns"],
) -> Hair:  # fmt: skip
    """The shell of a person's hair.

    Args:
        style: its shape.
        frame: of the face.
        scalp: skin of the resting head without the ears.
        ears: skin of the ears.
        hairline_rad: latitude of the hairline in equal steps of longitude, from behind round to behind.
    """
    middle = skull_middle(frame.origin, frame.eye_distance_m)
    longitude = np.linspace(-np.pi, np.pi, _LOCKS + 1)
    line = np.interp(longitude, np.linspace(-np.pi, np.pi, len(hairline_rad)), hairline_rad)
    own = np.interp(longitude, HAIR_FRONT_RAD, np.array(style.front_rad) + _FRONT_LIFT_RAD)
    own = np.clip(own, line - _FRONT_LIMITS_RAD[0], line + _FRONT_LIMITS_RAD[1])
    front = 1 - _smooth(np.abs(longitude), HAIR_FRONT_RAD[-1], _HANGS_FROM_RAD[1])
    line = gaussian_filter1d(line + front * (own - line), 2, mode="nearest")
    hangs = _smooth(np.abs(longitude), *_HANGS_FROM_RAD) * (style.length_m > 0)
    random = np.random.default_rng(5)
    tips = _FRINGE_RAD[0] + _FRINGE_RAD[1] * np.clip(_closed(random.normal(size=_LOCKS), 0.8), -1, 1)
    last = line + tips + hangs * (_DROP_RAD - line - tips)
    along = np.linspace(0, 1, _ROWS_ON_SKULL)[:, None]
    latitude = _CROWN_RAD + along * (last - _CROWN_RAD)
    directions = _directions(longitude[None], latitude)
    radius = _skull(directions, scalp - middle, ears - middle if style.length_m > 0 else None)
    height = (latitude - line) / (_RISE_RAD[0] + _RISE_RAD[1] * np.cos(longitude))
    rise = np.maximum(_smooth(height, 0.0, 1.0), hangs)
    stand = _EDGE_M + rise * np.maximum(_stand(style, directions) - _LOCK_M[0] - _LOCK_M[1], _CROPPED_M)
    locks, bundles = _locks(random, latitude.shape)
    stand = stand + rise * (_LOCK_M[0] * (locks + 1.5) + np.minimum(_LOCK_M[1], 0.25 * stand) * (bundles + 1.5))
    points = _falling(directions * (radius + stand)[..., None], hangs) + middle
    if style.length_m > 0:
        hem = frame.origin[1] - style.length_m + _TIPS_M * _closed(random.normal(size=_LOCKS), 0.8)
        points = np.concatenate([points, _hanging(points[-1], hem, hangs, middle)])
    return _with_lining(points, style, random, frame, middle)


def _directions(longitude: np.ndarray, latitude: np.ndarray) -> Float[np.ndarray, "*shape 3"]:
    across = np.cos(latitude)
    return np.stack([across * np.sin(longitude), np.sin(latitude), across * np.cos(longitude)], axis=-1)


def _skull(directions: np.ndarray, scalp: np.ndarray, ears: np.ndarray | None) -> Float[np.ndarray, "rows columns"]:
    """Distance of the skin, and of the ears where hair covers them, in each direction."""
    radius = np.linalg.norm(scalp, axis=1)
    distance, near = cKDTree(scalp / radius[:, None]).query(directions.reshape(-1, 3), k=6)
    weight = 1 / (distance + 1e-3) ** 2
    out = (weight * radius[near]).sum(1) / weight.sum(1)
    if ears is not None and len(ears):
        reach = np.linalg.norm(ears, axis=1)
        around = cKDTree(ears / reach[:, None]).query_ball_point(directions.reshape(-1, 3), _EAR_REACH_RAD)
        over = np.array([reach[found].max() + _OVER_EARS_M if found else 0.0 for found in around])
        out = np.maximum(out, over)
    return gaussian_filter(out.reshape(directions.shape[:2]), (1.2, 2), mode=("nearest", "wrap"))


def _stand(style: HairStyle, directions: np.ndarray) -> Float[np.ndarray, "rows columns"]:
    """How far hair stands off in each direction: the outline from in front, carried round the head."""
    angle = np.arctan2(directions[..., 0], directions[..., 1])
    own = np.array(style.stand_m)
    aside = np.hypot(directions[..., 0], directions[..., 1])
    return np.asarray(aside * np.interp(angle, HAIR_ANGLES_RAD, own) + (1 - aside) * np.median(own))


def _locks(random: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Single locks and broader bundles, about -1..1, that wander a little on their way down."""
    rows, columns = shape
    steps = np.arange(rows)[:, None]
    wander = np.cumsum(gaussian_filter1d(random.normal(0, 1.2, (rows, 1)), 3, axis=0), axis=0) * steps / rows
    at = (np.arange(columns)[None] + wander) % _LOCKS
    out = []
    for size in (0.7, 3.5):
        pattern = _closed(random.normal(size=_LOCKS), size)
        out.append(np.interp(at, np.arange(_LOCKS + 1), pattern))
    fade = _smooth(steps / rows, 0.05, 0.3)
    return fade * np.clip(out[0], -1.5, 1.5), fade * np.clip(out[1], -1.5, 1.5)


def _closed(values: Float[np.ndarray, "columns"], size: float) -> Float[np.ndarray, "_"]:
    """Smooth noise of unit spread around the head; the last column is the first."""
    soft = gaussian_filter1d(values, size, mode="wrap")
    soft /= soft.std()
    return np.append(soft, soft[0])


def _falling(offsets: Float[np.ndarray, "rows columns 3"], hangs: Float[np.ndarray, "columns"]) -> np.ndarray:
    """Hair that hangs goes no further inwards on its way down than it has been: it falls."""
    flat = offsets[..., [0, 2]]
    reach = np.linalg.norm(flat, axis=-1)
    widest = gaussian_filter1d(np.maximum.accumulate(reach, axis=0), 1.5, axis=0, mode="nearest")
    factor = 1 + hangs * (np.maximum(widest, reach) / np.maximum(reach, 1e-6) - 1)
    out = offsets.copy()
    out[..., [0, 2]] = flat * factor[..., None]
    return out


def _hanging(
    from_: Float[np.ndarray, "columns 3"], hem: Float[np.ndarray, "columns"], hangs: Float[np.ndarray, "columns"],
    middle: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "rows columns 3"]:  # fmt: skip
    """What falls straight down from the end of the skull, as far as a place's hair hangs."""
    down = hangs * np.maximum(from_[:, 1] - hem, 0)
    share = (np.arange(_ROWS_BELOW) + 1)[:, None] / _ROWS_BELOW
    short = 1 - _smooth(np.median(from_[:, 1] - hem, keepdims=True), *_CURL_M)
    curl = _TAPER + _CURL * short
    taper = 1 - curl * share**2 * hangs
    out = np.repeat(from_[None], _ROWS_BELOW, axis=0)
    out[..., 1] -= share * down
    for axis in (0, 2):
        out[..., axis] = middle[axis] + (out[..., axis] - middle[axis]) * taper
    return out


def _with_lining(
    points: Float[np.ndarray, "rows columns 3"], style: HairStyle, random: np.random.Generator, frame: Frame,
    middle: Float[np.ndarray, "3"],
) -> Hair:  # fmt: skip
    """Both sides of the shell with their colours."""
    rows, columns = points.shape[:2]
    inwards = middle - points[:, ::_LINING_EVERY]
    inwards[..., 1] *= 0.2
    inwards /= np.maximum(np.linalg.norm(inwards, axis=-1, keepdims=True), 1e-9)
    inner = points[:, ::_LINING_EVERY] + _LINING_M * inwards
    locks, bundles = _locks(random, (rows, columns))
    pattern = np.exp(_LOCK_TONE * locks + _BUNDLE_TONE * bundles)[..., None]
    tone = pattern * np.array(style.colour)
    shown, seen = _photographed(style, points - frame.origin, middle - frame.origin)
    tone = tone + seen[..., None] * (shown * pattern**0.5 - tone)
    both = np.concatenate([points.reshape(-1, 3), inner.reshape(-1, 3)])
    tones = np.concatenate([tone.reshape(-1, 3), 0.55 * tone[:, ::_LINING_EVERY].reshape(-1, 3)])
    gloss = np.repeat([_GLOSS, 0.0], [rows * columns, inner.shape[0] * inner.shape[1]])
    lining = _grid_triangles(*inner.shape[:2])[:, ::-1] + rows * columns
    triangles = np.concatenate([_grid_triangles(rows, columns), lining])
    return Hair(both, triangles, tones.astype(np.float32), gloss.astype(np.float32))


def _grid_triangles(rows: int, columns: int) -> Int[np.ndarray, "triangles 3"]:
    """Two triangles for each field of a grid whose points are numbered row by row."""
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def _photographed(
    style: HairStyle, place: Float[np.ndarray, "rows columns 3"], middle: Float[np.ndarray, "3"]
) -> tuple[np.ndarray, np.ndarray]:
    """Linear colours of the portrait at places (metres from the middle between the eyes), and how well they show."""
    at = [
        (HAIR_CORNER_M[1] - place[..., 1]) / HAIR_PIXEL_M - 0.5,
        (place[..., 0] - HAIR_CORNER_M[0]) / HAIR_PIXEL_M - 0.5,
    ]
    picture = style.picture / 255.0
    cover = picture[..., 3:]
    layers = np.concatenate([picture[..., :3] ** 2.2 * cover, cover], axis=2)
    read = np.stack([map_coordinates(layers[..., k], at, order=1, mode="constant") for k in range(4)], axis=-1)
    forwards = (place - middle)[..., 2] / np.maximum(np.linalg.norm((place - middle)[..., [0, 2]], axis=-1), 1e-6)
    seen = read[..., 3] * _smooth(forwards, *_SEEN)
    return read[..., :3] / np.maximum(read[..., 3:], 1e-3), seen


def with_hair(scene: Scene, hair: Hair, coarse: Float[np.ndarray, "vertices 3"], frame: Frame) -> Scene:
    """The scene with a part "hair" behind all others, drawn as skin that has a tone of its own.

    Args:
        scene: without hair.
        hair: of the resting head.
        coarse: the resting head's vertices, metres.
        frame: of its face.
    """
    skull, shoulders = _rigid_places(coarse, frame)
    below = _smooth(frame.origin[1] - hair.points[:, 1], *_SHOULDERS_M)[:, None]
    weights = np.concatenate(
        [(1 - below) * _affine(coarse[skull], hair.points), below * _affine(coarse[shoulders], hair.points)], axis=1
    )
    columns = np.broadcast_to(np.concatenate([skull, shoulders]), weights.shape)
    first = scene.num_vertices
    rows = scene.row_start[-1] + weights.shape[1] * np.arange(1, len(weights) + 1)
    triangles = (hair.triangles + first).astype(np.int32)
    opaque = scene.num_opaque
    joined = np.concatenate([scene.triangles[:opaque], triangles, scene.triangles[opaque:]])
    kinds = np.full(len(triangles), SKIN, np.int32)
    around = triangles_at_vertices(joined, first + len(hair.points))
    nowhere = np.full((len(triangles), 3, 2), np.nan, np.float32)
    return replace(
        scene,
        row_start=np.concatenate([scene.row_start, rows]).astype(np.int32),
        row_index=np.concatenate([scene.row_index, columns.ravel()]).astype(np.int32),
        row_weight=np.concatenate([scene.row_weight, weights.ravel()]).astype(np.float32),
        triangles=joined,
        num_opaque=opaque + len(triangles),
        material=np.concatenate([scene.material[:opaque], kinds, scene.material[opaque:]]),
        parts={**scene.parts, "hair": slice(first, first + len(hair.points))},
        around_start=around[0],
        around_index=around[1],
        corner_uv=np.concatenate([scene.corner_uv[:opaque], nowhere, scene.corner_uv[opaque:]]),
    )


def _rigid_places(coarse: Float[np.ndarray, "vertices 3"], frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Four vertices that stay with the skull, four that stay with the shoulders."""
    place = (coarse - frame.origin) / frame.eye_distance_m
    skull = [(0, 2.2, -1.4), (0, 1.2, -3.2), (1.2, 1.1, -1.4), (-1.2, 1.1, -1.4)]
    low = place[:, 1].min()
    shoulders = [(1.8, low, -1.2), (-1.8, low, -1.2), (0, low, -2.6), (0, low + 0.9, -2.4)]
    tree = cKDTree(place)
    return tree.query(skull)[1], tree.query(shoulders)[1]


def _affine(anchors: Float[np.ndarray, "4 3"], points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 4"]:
    """Weights, of sum one, with which four anchors add up to each point, in every affine pose."""
    frame = np.concatenate([anchors.astype(np.float64), np.ones((4, 1))], axis=1).T
    wanted = np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    return np.asarray(np.linalg.solve(frame, wanted).T)


def _smooth(value: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
