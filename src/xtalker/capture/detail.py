"""A portrait to the detail code of its skin: lines and roughness from the shade that they cast.

The heights of a code are linear in it (render.detail), and a small height h on a surface of normal n changes the
logarithm of the light E(n) that arrives there by

    grad E(n) . dn / E(n) + k h / width,        dn = (h_u n x P_v + h_v P_u x n) / |P_u x P_v|

where P are the places of the map's pixels in the picture and E is the distant light of low order that explains the
face (capture.albedo). So every line has a picture of its own, and their strengths are the bounded, regularised least
squares of what the photograph shows at that scale: with generic skin as the prior, noise measured around each place,
and outliers (hair, moles) counting less. k says how dark the bottom of a groove is beyond that; the value that
explains the photograph best is taken. Wrinkles that the expression in the picture presses into generic skin are taken
out first, so that a laughing person does not become an old one. Roughness is the energy of what is left, scale by
scale and region by region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from xtalker.capture import albedo
from xtalker.capture.detail_fit import PIXEL_M, Shade, around, fitted_lines, roughness, without_broad
from xtalker.capture.images import Portrait
from xtalker.capture.photo_parts import Shown, judge
from xtalker.capture.photo_skin import seen_skin
from xtalker.capture.photo_view import PhotoView
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.visibility import SkinMap, barycentric
from xtalker.geometry.landmark_rings import LEFT_BROW, LEFT_EYE, NOSE_BASE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE
from xtalker.geometry.smoothstep import smoothstep
from xtalker.head.open_head import OpenHead
from xtalker.render.anatomy import find_eyes, find_frame
from xtalker.render.detail import CODE_LIMIT, LINE_STEP, Compression, DetailPlaces, detail_places
from xtalker.render.detail_lines import LINES, NUM_ROUGHNESS
from xtalker.render.detail_sheet import HALF, SIZE
from xtalker.render.rasterise import Visibility
from xtalker.render.scene import build_scene
from xtalker.values import Identity
from xtalker.values.conventions import NUM_DETAIL

LINES_FROM_PX: Final = 90.0
"""Distance of the outer eye corners in the portrait from which lines can be seen: about a pixel for each millimetre."""

_MARKS: Final = (
    (RIGHT_BROW, 0.02), (LEFT_BROW, 0.02), (OUTER_LIPS, 0.01), (RIGHT_EYE, 0.045), (LEFT_EYE, 0.045), (NOSE_BASE, 0.02)
)  # fmt: skip
_BORDER: Final = (-0.15, -0.05)  # lines reach over the outline that landmarks give a face
_SPOT_PX: Final = 6.0
_OTHER: Final = (0.4, 0.7)  # distance of tones, as logarithms, from where skin stops
_EVERY: Final = 9  # texels tell little more than every ninth of them
_FEWEST: Final = 300
_LIT: Final = (0.45, 2.0)


@dataclass(frozen=True)
class CapturedDetail:
    """What a portrait says of the fine shape of the skin.

    Attributes:
        code: the paper's delta; zero, generic skin, where nothing could be seen.
        faults: what is generic and why, in a few words each.
    """

    code: Float[np.ndarray, "128"]
    faults: tuple[str, ...]


def detail_of(portrait: Portrait, fit: PortraitFit, head: OpenHead) -> CapturedDetail:
    """Lines and roughness of the skin of the person in a portrait.

    Args:
        portrait: the picture.
        fit: what was read from it.
        head: the head model of the fit.
    """
    view = PhotoView.of(portrait.rgb, fit.landmarks)
    shown = judge(view, fit.reference)
    code = np.zeros(NUM_DETAIL, np.float32)
    if not shown.face:
        return CapturedDetail(code, ("lines and pores (the skin cannot be read)",))
    seen_px = view.original_eye_distance_px
    if seen_px < LINES_FROM_PX:
        fault = f"lines and pores (the eyes are only {seen_px:.0f} pixels apart, {LINES_FROM_PX:.0f} show them)"
        return CapturedDetail(code, (fault,))
    skin, places = _unrolled(head, fit.identity)
    shade = _read(skin, view, shown, fit)
    if shade is None:
        return CapturedDetail(code, ("lines and pores (too little bare skin is seen)",))
    strength, left = fitted_lines(places, shade)
    rest = np.array([line.rest for line in LINES])
    code[NUM_ROUGHNESS:] = np.clip((strength - rest) / LINE_STEP, -CODE_LIMIT, CODE_LIMIT)
    code[:NUM_ROUGHNESS] = roughness(places, shade, left, seen_px).ravel()
    return CapturedDetail(code, ())


def _unrolled(head: OpenHead, identity: Identity) -> tuple[SkinMap, DetailPlaces]:
    """The half detail map as an unrolled head."""
    scene = build_scene(head.topology)
    rest = np.asarray(scene.matrix(head.topology.num_vertices) @ head.neutral(identity).astype(np.float64))
    frame = find_frame(rest, find_eyes(scene, rest))
    places = detail_places(scene, head.topology, rest, frame)
    assert places is not None, "the open head has the texture sheet"
    owner = np.flatnonzero(places.triangles)
    flat = places.corners[owner].astype(np.float64) * HALF / SIZE
    points = np.concatenate([flat, np.ones((*flat.shape[:2], 1))], axis=2).reshape(-1, 3).astype(np.float32)
    drawn = Visibility.empty(len(points), (HALF, HALF), 1)
    drawn.draw_parallel(points, np.arange(len(points), dtype=np.int32).reshape(-1, 3), np.eye(3, 4), cull=False)
    texels = np.flatnonzero(drawn.triangle.ravel() >= 0)
    shown = drawn.triangle.ravel()[texels]
    centre = np.stack([texels % HALF, texels // HALF], axis=1) + 0.5
    corners = scene.triangles[owner[shown]]
    return SkinMap(head, identity, scene, rest, frame, texels, corners, barycentric(flat[shown], centre)), places


def _read(skin: SkinMap, view: PhotoView, shown: Shown, fit: PortraitFit) -> Shade | None:
    """Light of the picture on the map, and how slopes would change it; None where there is hardly any skin."""
    seen = seen_skin(skin, view, shown, fit, marks=_MARKS, border=_BORDER)
    weight = np.minimum(seen.plain, 1)
    some = np.flatnonzero(weight > 0.05)[::_EVERY]
    if len(some) < _FEWEST:
        return None
    light = albedo.fitted_light(seen.light[some], seen.normals[some], weight[some])
    tone = np.log(np.maximum(seen.light, 1e-3) / albedo.shading(light, seen.normals))
    weight = weight * (1 - _other(skin, tone, weight))
    mean = light.mean(1)
    arriving = np.clip(albedo.harmonics(seen.normals) @ mean, *_LIT)
    grown = np.einsum("tkc,k->tc", _harmonic_slopes(seen.normals), mean) / arriving[:, None]
    (u, v), size, inside = _tangents(skin, fit)
    normals = seen.normals
    along = [np.einsum("tc,tc->t", grown, side) / size for side in (np.cross(normals, v), np.cross(u, normals))]
    weight = weight * inside
    columns = np.column_stack([tone.mean(1), weight, *along, _pressed(skin, fit)]) * (weight > 0)[:, None]
    raw, weights, along_u, along_v, pressed = np.moveaxis(_on_map(skin, columns), 2, 0)
    return Shade(without_broad(raw, weights), weights, along_u, along_v, pressed)


def _pressed(skin: SkinMap, fit: PortraitFit) -> Float[np.ndarray, "texels"]:
    """How strongly the expression of the picture presses the skin together."""
    rest, posed = skin.head.neutral(fit.identity), skin.head.vertices(fit.identity, fit.reference[:1])[0]
    compression = Compression(skin.scene, skin.head.topology, rest)
    return skin.lift(compression(posed).astype(np.float64)[:, None])[:, 0]


def _other(
    skin: SkinMap, tone: Float[np.ndarray, "texels 3"], weight: Float[np.ndarray, "texels"]
) -> Float[np.ndarray, "texels"]:
    """How certainly a place is not bare skin: hair, and what lies on the face. Lines are too narrow to count."""
    maps = _on_map(skin, np.column_stack([tone, weight]) * (weight > 0)[:, None])
    wide = np.stack([around(maps[..., k], maps[..., 3], _SPOT_PX) for k in range(3)], axis=-1)
    wide = wide.reshape(-1, 3)[skin.texels]
    middle = np.array([albedo.weighted_median(t, weight) for t in tone.T])
    lightness = (wide - middle).mean(1)
    hue = np.linalg.norm(wide - middle - lightness[:, None], axis=1)
    return smoothstep(np.max([-lightness, 0.6 * lightness, 1.5 * hue], axis=0), *_OTHER)


def _harmonic_slopes(normals: Float[np.ndarray, "texels 3"]) -> Float[np.ndarray, "texels 9 3"]:
    """Derivatives of `albedo.harmonics`."""
    x, y, z = normals.T
    none, one = np.zeros_like(x), np.ones_like(x)
    along_x = (none, one, none, none, y, none, none, z, 2 * x)
    along_y = (none, none, one, none, x, z, none, none, -2 * y)
    along_z = (none, none, none, one, none, y, 6 * z, x, none)
    return np.stack([np.stack(d, axis=1) for d in (along_x, along_y, along_z)], axis=2)


def _tangents(
    skin: SkinMap, fit: PortraitFit
) -> tuple[Float[np.ndarray, "2 texels 3"], Float[np.ndarray, "texels"], Bool[np.ndarray, "texels"]]:
    """Metres along the columns and the rows of the map, camera axes; their area, signed; where they are known."""
    points = np.full((HALF * HALF, 3), np.nan)
    posed, normals = skin.posed(fit.reference)
    points[skin.texels] = skin.lift(posed)
    square = points.reshape(HALF, HALF, 3)
    u, v = (np.gradient(square, axis=axis).reshape(-1, 3)[skin.texels] for axis in (1, 0))
    inside = np.isfinite(u).all(1) & np.isfinite(v).all(1)
    u, v = np.nan_to_num(u), np.nan_to_num(v)
    size = np.einsum("tc,tc->t", np.cross(u, v), skin.lift(normals))
    inside &= np.abs(size) > 0.05 * PIXEL_M**2
    return np.stack([u, v]), np.where(inside, size, 1.0), inside


def _on_map(skin: SkinMap, values: Float[np.ndarray, "texels columns"]) -> Float[np.ndarray, "half half columns"]:
    out = np.zeros((HALF * HALF, values.shape[1]))
    out[skin.texels] = values
    return out.reshape(HALF, HALF, -1)
