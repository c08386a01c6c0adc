"""Colours of a resting head: broad tones for each fine vertex, hair and mottling as a map around the head."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from xtalker.render.anatomy import Frame
from xtalker.render.looks import Colour, Look
from xtalker.render.scene import Scene
from xtalker.values import MeshTopology

MAP_WIDTH, MAP_HEIGHT = 2048, 1024

# Places on the texture sheet of the open head (u, v), subject's left side; the right side mirrors v about
# _SHEET_MIDDLE_V. Tied to the sheet, they follow every face shape.
_SHEET_MIDDLE_V: Final = 0.4832
_BROW: Final = ((0.8172, 0.4957), (0.8155, 0.5073), (0.8130, 0.5173), (0.8145, 0.5264), (0.8204, 0.5430))
_HAIRLINE: Final = (
    (0.779, 0.4832), (0.779, 0.500), (0.778, 0.517), (0.783, 0.537), (0.794, 0.548), (0.802, 0.563),
    (0.814, 0.572), (0.832, 0.591), (0.846, 0.604), (0.812, 0.620), (0.805, 0.642), (0.819, 0.674),
    (0.854, 0.700), (0.899, 0.724), (0.900, 0.764), (0.893, 0.812),
)  # fmt: skip
_HAIR_DEPTH_M: Final = 0.0045


def directions(
    points: Float[np.ndarray, "points 3"], frame: Frame
) -> tuple[Float[np.ndarray, "points"], Float[np.ndarray, "points"]]:
    """Longitude (0 in front, + to the subject's left) and latitude seen from the middle of the skull, radians."""
    d = frame.eye_distance_m
    offset = points - (frame.origin + np.array([0, 0.16 * d, -1.4 * d]))
    longitude = np.arctan2(offset[:, 0], offset[:, 2])
    return longitude, np.arctan2(offset[:, 1], np.hypot(offset[:, 0], offset[:, 2]))


def map_corners(scene: Scene, rest: Float[np.ndarray, "fine 3"], frame: Frame) -> Float[np.ndarray, "triangles 3 2"]:
    """Map pixel of each triangle corner; triangles across the back of the head run past the right border."""
    longitude, latitude = directions(rest, frame)
    around = (longitude / (2 * np.pi) + 0.5)[scene.triangles]
    around = np.where((np.ptp(around, axis=1) > 0.5)[:, None] & (around < 0.5), around + 1, around)
    down = (0.5 - latitude / np.pi)[scene.triangles]
    return np.stack([around * MAP_WIDTH, down * MAP_HEIGHT], axis=-1).astype(np.float32, order="C")


def skin_tones(
    scene: Scene, topology: MeshTopology, rest: Float[np.ndarray, "fine 3"], frame: Frame, look: Look
) -> Float[np.ndarray, "fine 4"]:
    """Linear red, green, blue and gloss of each fine vertex; parts other than skin keep the skin's tone."""
    matrix = scene.matrix(topology.num_vertices)
    mask = {name: np.clip(matrix @ m, 0, 1)[:, None] for name, m in topology.masks.items()}
    none = np.zeros((len(rest), 1))
    p = (rest - frame.origin) / frame.eye_distance_m
    front = p[:, 2:] > -0.6
    nose = _nose_tip(p)

    def blob(centre: tuple[float, float], radius: float) -> np.ndarray:
        # faces are mirror-symmetric: |x|
        return front * np.exp(-(((np.abs(p[:, :1]) - centre[0]) ** 2 + (p[:, 1:2] - centre[1]) ** 2) / radius**2))

    colour = np.broadcast_to(np.array(look.skin), (len(rest), 3))
    blush = 0.42 * blob((0.68, -0.62), 0.36) + 0.55 * np.exp(-((p - nose) ** 2).sum(1, keepdims=True) / 0.30**2)
    colour = _mix(colour, look.blush, blush + 0.18 * blob((0.0, -1.62), 0.3) + 0.5 * mask.get("ears", none))
    colour = colour * (1 - 0.10 * blob((0.46, -0.26), 0.2) * np.array([0.6, 1.0, 0.8]))
    colour = _mix(colour, look.lids, 0.6 * mask.get("eyelids", none))
    lips = _smooth(mask.get("lips", none), 0.15, 0.75)
    colour = _mix(colour, look.lips, 0.85 * lips)
    inside = _smooth(mask.get("inside_mouth", none), 0.3, 0.9) * (1 - 0.6 * lips)
    colour = _mix(colour, look.mouth, inside)
    gloss = 0.35 + 0.12 * np.exp(-((p - nose) ** 2).sum(1, keepdims=True) / 0.35**2) + 0.35 * lips + 0.2 * inside
    return np.concatenate([colour, np.clip(gloss, 0, 1)], axis=1).astype(np.float32)


def _nose_tip(places: np.ndarray) -> np.ndarray:
    middle = (np.abs(places[:, 0]) < 0.25) & (places[:, 1] < -0.2) & (places[:, 1] > -1.1)
    candidates = places[middle] if middle.any() else places
    return candidates[np.argmax(candidates[:, 2])]


def hair_map(
    topology: MeshTopology, rest: Float[np.ndarray, "vertices 3"], frame: Frame, *, seed: int = 7
) -> UInt8[np.ndarray, "height width 2"]:
    """Mottling (128 is neutral) and cover of hair (0..255) around the head, as in `map_corners`.

    Brows and hairline exist for heads with the open head's texture sheet; others get mottling only.
    """
    random = np.random.default_rng(seed)
    out = np.empty((MAP_HEIGHT, MAP_WIDTH, 2), np.uint8)
    tone = sum(s * _noise(random, size) for size, s in ((2.0, 3.0), (9.0, 5.0), (40.0, 5.0)))
    latitude = (0.5 - (np.arange(MAP_HEIGHT)[:, None] + 0.5) / MAP_HEIGHT) * np.pi
    tone *= _smooth(latitude, -0.95, -0.45)  # the map is stretched to streaks down the neck
    out[..., 0] = np.clip(128 + tone, 0, 255)
    places = _sheet_places(topology, rest)
    cover = np.zeros((MAP_HEIGHT, MAP_WIDTH))
    if places is not None:
        line = hairline_latitude(_pixels(places["hairline"], frame))
        jitter = 0.010 * _noise(random, 2.2) + 0.008 * _noise(random, 14.0)
        edge = _smooth(latitude - line[None] + jitter, -0.02, 0.13)
        cover = edge * np.clip(0.88 + 0.035 * _noise(random, 1.6) + 0.02 * _noise(random, 6.0), 0, 0.97)
        for side in ("brow_left", "brow_right"):
            cover = np.maximum(cover, _brow(_pixels(places[side], frame), random))
    out[..., 1] = np.clip(255 * cover, 0, 255)
    return out


def hair_depth(
    topology: MeshTopology, rest: Float[np.ndarray, "vertices 3"], frame: Frame, points: Float[np.ndarray, "fine 3"]
) -> Float[np.ndarray, "fine"]:
    """How far cropped hair stands off the scalp at fine points, metres."""
    line = hairline(topology, rest, frame)
    if line is None:
        return np.zeros(len(points), np.float32)
    longitude, latitude = directions(points, frame)
    column = ((longitude / (2 * np.pi) + 0.5) * MAP_WIDTH).astype(int) % MAP_WIDTH
    # hair ends at the head: the same direction lower down would be ears and shoulders
    depth = _HAIR_DEPTH_M * _smooth(latitude - line[column], 0.0, 0.22)
    return depth.astype(np.float32)


def hairline(
    topology: MeshTopology, rest: Float[np.ndarray, "vertices 3"], frame: Frame
) -> Float[np.ndarray, "columns"] | None:
    """Latitude of the hairline in each column of the map; None for heads without the open head's texture sheet."""
    places = _sheet_places(topology, rest)
    return None if places is None else hairline_latitude(_pixels(places["hairline"], frame))


def hairline_latitude(pixels: Float[np.ndarray, "points 2"]) -> Float[np.ndarray, "columns"]:
    """Latitude of the hairline in each column of the map, through the given map pixels (in any order)."""
    order = np.argsort(pixels[:, 0])
    x, y = pixels[order].T
    columns = np.arange(MAP_WIDTH) + 0.5
    row = np.interp(columns, x, y, period=MAP_WIDTH)
    return (0.5 - gaussian_filter(row, 12, mode="wrap") / MAP_HEIGHT) * np.pi


def _sheet_places(topology: MeshTopology, rest: np.ndarray) -> dict[str, np.ndarray] | None:
    """World points of the brows and the hairline, or None where the texture sheet is another one."""
    if topology.uv is None or topology.quad_uv is None or topology.quads is None or "skin" not in topology.part_names:
        return None
    skin = topology.quad_part == topology.part_names.index("skin")
    sheet, vertex = topology.uv[topology.quad_uv[skin]].reshape(-1, 2), topology.quads[skin].ravel()

    def lift(places: tuple[tuple[float, float], ...], mirror: bool) -> np.ndarray:
        uv = np.array(places)
        if mirror:
            uv[:, 1] = 2 * _SHEET_MIDDLE_V - uv[:, 1]
        distance = np.linalg.norm(sheet[None] - uv[:, None], axis=-1)
        near = np.argsort(distance, axis=1, kind="stable")[:, :12]
        weight = 1 / (np.take_along_axis(distance, near, 1) + 5e-4) ** 2
        return np.einsum("pn,pnc->pc", weight / weight.sum(1, keepdims=True), rest[vertex[near]])

    hairline = np.concatenate([lift(_HAIRLINE, False), lift(_HAIRLINE[1:], True)])
    return {"brow_left": lift(_BROW, False), "brow_right": lift(_BROW, True), "hairline": hairline}


def _pixels(points: np.ndarray, frame: Frame) -> np.ndarray:
    longitude, latitude = directions(points, frame)
    return np.stack([(longitude / (2 * np.pi) + 0.5) * MAP_WIDTH, (0.5 - latitude / np.pi) * MAP_HEIGHT], axis=1)


def _brow(line: Float[np.ndarray, "points 2"], random: np.random.Generator) -> Float[np.ndarray, "height width"]:
    """Cover of one brow: single hairs over a faint tint, along a line of map pixels from the nose outwards."""
    scale = 3  # drawn larger and shrunk, for smooth hairs thinner than a map pixel
    low, high = line.min(0).astype(int) - 24, line.max(0).astype(int) + 24
    width, height = (int(n) for n in high - low)
    canvas = Image.new("L", (width * scale, height * scale), 0)
    draw = ImageDraw.Draw(canvas)
    bend = np.polyfit(np.linspace(0, 1, len(line)), line, 3)  # a smooth curve through the places

    def at(s: float) -> np.ndarray:
        return np.array([np.polyval(bend[:, 0], s), np.polyval(bend[:, 1], s)])

    outwards = np.sign(line[-1, 0] - line[0, 0])
    for s in random.uniform(-0.01, 1, 520).tolist():
        along = at(s + 0.02) - at(s - 0.02)
        along /= np.linalg.norm(along)
        half = np.interp(s, [0, 0.1, 0.4, 0.75, 1], [2.8, 7.2, 8.2, 5.4, 1.6])
        across = random.uniform(-1, 1) * half
        rise = np.interp(s, [0, 0.12, 0.4, 1], [1.25, 0.8, 0.3, 0.0]) + 0.06 * across + random.normal(0, 0.10)
        root = at(s) + np.array([0, across])
        turn = np.array([outwards * np.cos(rise), -np.sin(rise)]) + 0.9 * along * min(2 * s, 1)
        tip = root + turn / np.linalg.norm(turn) * random.uniform(8, 14)
        draw.line(((np.stack([root, tip]) - low) * scale).ravel().tolist(), fill=int(random.uniform(130, 225)), width=2)
    hairs = np.asarray(canvas.resize((width, height), Image.Resampling.BOX)) / np.float64(255)
    cover = np.clip(0.9 * gaussian_filter(hairs, 0.6) + 0.35 * gaussian_filter(hairs, 4), 0, 0.9)
    out = np.zeros((MAP_HEIGHT, MAP_WIDTH))
    out[low[1] : high[1], low[0] : high[0]] = cover
    return out


def _noise(random: np.random.Generator, size_px: float) -> np.ndarray:
    """Soft noise of unit spread that closes around the head; grains of about the given size."""
    step = max(int(size_px / 2), 1)
    coarse = random.normal(size=(MAP_HEIGHT // step + 2, MAP_WIDTH // step))
    soft = gaussian_filter(coarse, size_px / step / 2, mode=("nearest", "wrap"))
    soft /= soft.std()
    if step > 1:
        whole = Image.fromarray(soft.astype(np.float32)).resize((MAP_WIDTH, MAP_HEIGHT), Image.Resampling.BICUBIC)
        return np.asarray(whole, float)
    return soft[:MAP_HEIGHT]


def _mix(colour: np.ndarray, other: Colour, amount: np.ndarray) -> np.ndarray:
    return colour + (np.array(other) - colour) * np.clip(amount, 0, 1)


def _smooth(value: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
