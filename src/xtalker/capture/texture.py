"""A portrait to the colours of a head: seen skin without the picture's light, generic skin where nothing was seen.

Colours are worked on as logarithms ("tones"), relative to generic skin of the person's level. Light and albedo of
one picture cannot be told apart in level; the level is set so that the face is shown as bright as in the portrait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.capture import albedo
from xtalker.capture.generic_skin import GenericSkin, generic_skin
from xtalker.capture.images import Portrait
from xtalker.capture.photo_parts import Shown, iris_light, judge
from xtalker.capture.photo_skin import SeenSkin, seen_skin, smooth
from xtalker.capture.photo_view import PhotoView
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.visibility import SkinMap
from xtalker.head.open_head import OpenHead
from xtalker.render.looks import LOOKS
from xtalker.values.appearance import Appearance, LinearColour

_GENERIC: Final = LOOKS["skin"]
_SHOWN: Final = np.array([0.97, 0.87, 0.86])
"""Light of the generic face as the renderer shows it in its default lamps, for each unit of its albedo."""
_HUE_LIMITS: Final = ((0.12, 0.70), (0.04, 0.75))  # logarithms of red / green and green / blue of human skin
_BRIGHTNESS_LIMITS: Final = (0.030, 0.50)  # mean of the three channels
_EVERY: Final = 9  # texels tell little more than every ninth of them
_GREY_HUE: Final = 0.03
_DARKEST: Final = 2e-3
_BROAD_PX, _SPOT_PX = 56.0, 28.0
_EVEN_SHARE: Final = 0.25  # of the broad pattern: leftover light rather than skin
_HAIR_DARKER, _HAIR_HUE, _HAIR_BRIGHTER = 0.6, 0.30, 0.45  # distances from skin, as logarithms, of certain hair
_BALD_SHARE: Final = 0.35


@dataclass(frozen=True)
class _Level:
    """Light of the picture and colour of the person, as factors.

    Attributes:
        skin: generic albedo -> the person's.
        albedo: light of each texel -> its albedo.
    """

    skin: Float[np.ndarray, "3"]
    albedo: Float[np.ndarray, "texels 3"]


def appearance_of(portrait: Portrait, fit: PortraitFit, head: OpenHead) -> Appearance:
    """Skin, hair and eye colours of the person in a portrait.

    Args:
        portrait: the picture.
        fit: what was read from it.
        head: the head model of the fit.
    """
    view = PhotoView.of(portrait.rgb, fit.landmarks)
    shown = judge(view, fit.reference)
    skin = SkinMap.of(head, fit.identity)
    seen, generic = seen_skin(skin, view, shown, fit), generic_skin(skin)
    level = _level(seen, generic, shown)
    relative = _cleaned(skin, seen, generic, level)
    hairy = _hairiness(skin, seen, relative)
    hair = _hair_colour(seen, generic, relative, hairy, level)
    texture = _texture(skin, seen, generic, level, relative, hairy, hair, shown)
    brows = _brow_colour(seen, generic, relative, level)
    return Appearance(texture, _iris(view, level, seen), hair if brows is None else brows, shown.faults)


def _level(seen: SeenSkin, generic: GenericSkin, shown: Shown) -> _Level:
    """Take the picture's light apart from the skin's colour."""
    if not shown.tone or seen.plain.sum() < 1:
        return _Level(np.ones(3), np.ones_like(generic.albedo))
    ratio = seen.light / generic.albedo
    some = np.flatnonzero(seen.plain > 0.05)[::_EVERY]
    light = albedo.fitted_light(ratio[some], seen.normals[some], seen.plain[some])
    shading = albedo.shading(light, seen.normals)
    strength = np.array([albedo.weighted_median(r, seen.plain[some]) for r in (ratio / shading)[some].T])
    raw = strength / _SHOWN * np.array(_GENERIC.skin)
    wanted = _human(raw)
    return _Level(wanted / np.array(_GENERIC.skin), wanted / raw / _SHOWN / shading)


def _human(colour: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """The nearest colour that skin can have: coloured lamps and wrong exposure are the picture's, not the person's."""
    red, green, blue = np.log(colour)
    generic = np.log(_GENERIC.skin)
    if max(abs(red - green), abs(green - blue)) < _GREY_HUE:
        first, second = generic[0] - generic[1], generic[1] - generic[2]
    else:
        first, second = np.clip(red - green, *_HUE_LIMITS[0]), np.clip(green - blue, *_HUE_LIMITS[1])
    hue = np.exp([first, 0.0, -second])
    return np.asarray(hue / hue.mean() * np.clip(colour.mean(), *_BRIGHTNESS_LIMITS))


def _cleaned(
    skin: SkinMap, seen: SeenSkin, generic: GenericSkin, level: _Level
) -> Float[np.ndarray, "texels 3"]:
    """Tones of what was seen, relative to generic skin, without the light that harmonics left over."""
    tone = np.log(np.maximum(seen.light * level.albedo, _DARKEST)) - np.log(generic.albedo * level.skin)
    on_map = skin.to_map(np.column_stack([tone, seen.face, seen.plain]))
    tones, face, plain = on_map[..., :3], on_map[..., 3], on_map[..., 4]
    tones = albedo.without_side_light(tones, plain, _BROAD_PX)
    tones = albedo.without_highlights(tones, face, _SPOT_PX)
    mean, share = albedo.broad(tones, plain, _BROAD_PX)
    tones = tones - _EVEN_SHARE * np.clip(share / 0.3, 0, 1)[..., None] * mean
    return np.asarray(skin.from_map(tones))


def _hairiness(
    skin: SkinMap, seen: SeenSkin, relative: Float[np.ndarray, "texels 3"]
) -> Float[np.ndarray, "texels"]:
    """How certainly a seen texel above the brows is hair rather than skin, 0..1."""
    lightness = relative.mean(1)
    hue = np.linalg.norm(relative - lightness[:, None], axis=1)
    unlike = np.max([-lightness / _HAIR_DARKER, hue / _HAIR_HUE, lightness / _HAIR_BRIGHTER], axis=0)
    above = smooth(skin.places[:, 1], 0.55, 0.85)
    return smooth(unlike, 0.5, 1.0) * above * (seen.crown > 0)


def _hair_colour(
    seen: SeenSkin, generic: GenericSkin, relative: np.ndarray, hairy: np.ndarray, level: _Level
) -> LinearColour | None:
    """Colour of the hair; None for bare heads."""
    on_scalp = seen.crown * (generic.hair > 0.5)
    if on_scalp.sum() < 200:
        return _GENERIC.hair
    if (hairy * on_scalp).sum() < _BALD_SHARE * on_scalp.sum():
        return None
    colours = np.exp(relative) * generic.albedo * level.skin
    return _colour(albedo.weighted_median(c, on_scalp * hairy) for c in colours.T)


def _brow_colour(
    seen: SeenSkin, generic: GenericSkin, relative: np.ndarray, level: _Level
) -> LinearColour | None:
    """Colour of the darker half of the brows; None where they were not seen."""
    on_brow = (generic.brows > 0.3) & (seen.face > 0.5)
    if on_brow.sum() < 50:
        return None
    colours = (np.exp(relative) * generic.albedo * level.skin)[on_brow]
    brightness = colours.mean(1)
    return _colour(np.median(colours[brightness <= np.quantile(brightness, 0.4)], axis=0))


def _texture(
    skin: SkinMap, seen: SeenSkin, generic: GenericSkin, level: _Level, relative: np.ndarray, hairy: np.ndarray,
    hair: LinearColour | None, shown: Shown,
) -> UInt8[np.ndarray, "1024 1024 4"]:  # fmt: skip
    """Everything together: seen over mirrored over generic, without seams."""
    bare = seen.face * (1 - hairy)
    filled = _filled(skin, relative, bare)
    base = generic.albedo * level.skin * np.exp(filled) * generic.mottling[:, None]
    cover = generic.hair * (hair is not None)
    tint = np.array(hair or _GENERIC.hair)
    base = base + cover[:, None] * (tint - base)
    if not (shown.face and shown.eyes):
        base = base + (generic.brows * (1 - seen.face))[:, None] * (tint - base)
    own = np.log(generic.albedo * level.skin) + relative
    weight = seen.crown[:, None]
    colours = np.exp(weight * own + (1 - weight) * np.log(np.maximum(base, _DARKEST)))
    alpha = seen.crown * hairy + (1 - seen.crown) * cover
    on_map = skin.to_map(np.column_stack([colours, alpha, np.ones(len(alpha))]))
    on_map = albedo.spread(on_map[..., :4], on_map[..., 4])
    encoded = np.concatenate([srgb_from_linear(on_map[..., :3]), np.clip(on_map[..., 3:], 0, 1)], axis=2)
    return np.rint(255 * encoded).astype(np.uint8)


def _filled(skin: SkinMap, relative: np.ndarray, bare: np.ndarray) -> Float[np.ndarray, "texels 3"]:
    """Tones of the whole head: seen ones, the other half's detail, and smooth continuation."""
    on_map = skin.to_map(np.column_stack([relative, bare]))
    tones, weight = on_map[..., :3].astype(np.float64), on_map[..., 3].astype(np.float64)
    mirrored = weight[:, ::-1] * (1 - weight)
    both = (tones * weight[..., None] + tones[:, ::-1] * mirrored[..., None]) / (weight + mirrored + 1e-6)[..., None]
    return np.asarray(skin.from_map(albedo.spread(both, np.clip(weight + mirrored, 0, 1))))


def _iris(view: PhotoView, level: _Level, seen: SeenSkin) -> LinearColour:
    light = iris_light(view)
    if light is None or seen.plain.sum() < 1:
        return _GENERIC.iris
    factor = np.average(level.albedo, axis=0, weights=seen.plain)
    return _colour(np.clip(_IRIS_GAIN * light * factor, 0.012, 0.30))


_IRIS_GAIN: Final = 1.0


def srgb_from_linear(linear: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """IEC 61966-2-1."""
    clipped = np.clip(linear, 0, 1)
    return np.asarray(np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055))


def _colour(values) -> LinearColour:  # type: ignore[no-untyped-def]
    red, green, blue = (float(v) for v in values)
    return red, green, blue
