"""A portrait to the colours of a head: seen skin without the picture's light, generic skin where nothing was seen.

Colours are worked on as logarithms ("tones"), relative to generic skin of the person's level. Light and albedo of
one picture cannot be told apart in level; the level is set so that the face is shown as bright as in the portrait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter, maximum_filter

from xtalker.capture import albedo
from xtalker.capture.generic_skin import GenericSkin, generic_skin
from xtalker.capture.images import Portrait
from xtalker.capture.photo_hair import hair_style
from xtalker.capture.photo_parts import Shown, iris_light, judge
from xtalker.capture.photo_skin import SeenSkin, seen_skin
from xtalker.capture.photo_view import PhotoView
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.visibility import SkinMap
from xtalker.geometry.smoothstep import smoothstep
from xtalker.head.open_head import OpenHead
from xtalker.render.hair import is_cropped
from xtalker.render.looks import LOOKS
from xtalker.values.appearance import Appearance, HairStyle, LinearColour
from xtalker.values.conventions import CHANNEL

_GENERIC: Final = LOOKS["skin"]
_SHOWN: Final = np.array([0.97, 0.87, 0.86])
"""Light of the generic face as the renderer shows it in its default lamps, for each unit of its albedo."""
_HUE_SHARE: Final = 0.6  # of the picture's own; the rest is generic: no picture has a perfect white
_HUE_LIMITS: Final = ((0.30, 0.70), (0.15, 0.65))  # logarithms of red / green and green / blue of human skin
_BRIGHTNESS_LIMITS: Final = (0.030, 0.50)  # mean of the three channels
_EVERY: Final = 9  # texels tell little more than every ninth of them
_GREY_HUE: Final = 0.03
_DARKEST: Final = 2e-3
_BROAD_PX, _SPOT_PX = 56.0, 44.0
_HUE_KEPT: Final = 0.6  # of the hue's variation over plain skin and lips: cameras and codecs exaggerate it
_SHADE_KEPT, _DEEPEST_SHADE = 0.65, 0.35  # of plain darker skin: some of it is shade that a nose or hair casts
_FOLD_KEPT: Final = 0.25  # of the shade in the folds of a smile
_FULL_SMILE: Final = 1.0  # sum of the smile and upper lip channels of a laughing face
_BEARD: Final = 0.4
_BESIDE: Final = (0.55, 0.75)  # eye distances from the middle of the face
_BELOW_BROWS: Final = (-0.15, 0.10)
_MARK_PX: Final = 15
_EVEN_SHARE: Final = 0.25  # of the broad pattern: leftover light rather than skin
_HAIR_DARKER, _HAIR_HUE, _HAIR_BRIGHTER = 0.6, 0.30, 0.45  # distances from skin, as logarithms, of certain hair
_IRIS_LIMITS: Final = (0.012, 0.30)
_HAIR_ABOVE: Final = (0.55, 0.85)  # eye distances above the eyes
_BROWS_ABOVE: Final = (0.15, 0.35)
_STRANDS: Final = 8  # hair is mottled so many times more than skin
_DENSE: Final = 1.12
_HAIR_HUE_SHARE: Final = 0.8
_COLOURFUL: Final = 1.6
_FEWEST_TEXELS: Final = 200
_BALD_SHARE: Final = 0.35
_SURELY_BARE: Final = 0.5


@dataclass(frozen=True)
class _Level:
    """Light of the picture and colour of the person, as factors.

    Attributes:
        skin: generic albedo -> the person's.
        albedo: light of each texel -> its albedo.
    """

    skin: Float[np.ndarray, "3"]
    albedo: Float[np.ndarray, "texels 3"]


@dataclass(frozen=True)
class _Reading:
    """What was read from a portrait.

    Attributes:
        skin: the unrolled head.
        seen: what the picture shows of it.
        base: albedo of generic skin at the person's level.
        generic: the generic head.
        relative: tones of what was seen, relative to `base`, without the picture's light.
        hairy: how certainly each texel is hair, 0..1.
    """

    skin: SkinMap
    seen: SeenSkin
    base: Float[np.ndarray, "texels 3"]
    generic: GenericSkin
    relative: Float[np.ndarray, "texels 3"]
    hairy: Float[np.ndarray, "texels"]

    @property
    def colours(self) -> Float[np.ndarray, "texels 3"]:
        """Albedo of what was seen."""
        return np.asarray(np.exp(self.relative) * self.base)


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
    relative, unlike = _cleaned(skin, seen, generic, level, _smile(fit))
    hairy = unlike * smoothstep(skin.places[:, 1], *_HAIR_ABOVE) * (seen.weight > 0)
    seen = _without_side_marks(skin, seen, unlike, hairy)
    reading = _Reading(skin, seen, generic.albedo * level.skin, generic, relative, hairy)
    hair = _hair_colour(reading)
    style = None if hair is None or not shown.face else _style(portrait, fit, reading, hair)
    on_skin = hair if style is None or is_cropped(style) else style.colour
    return Appearance(
        _texture(reading, on_skin, shown), _iris(view, level, seen), _brow_colour(reading) or hair or _GENERIC.hair,
        shown.faults, style,
    )  # fmt: skip


def _style(portrait: Portrait, fit: PortraitFit, reading: _Reading, hair: LinearColour) -> HairStyle | None:
    bare = reading.seen.plain * (1 - reading.hairy)
    if not (bare > _SURELY_BARE).any():
        return None
    return hair_style(
        portrait.rgb, fit, reading.skin, hairy=reading.hairy, bare=bare, colour=hair,
        skin_colour=np.median(reading.base[bare > _SURELY_BARE], axis=0),
    )  # fmt: skip


def _level(seen: SeenSkin, generic: GenericSkin, shown: Shown) -> _Level:
    """Take the picture's light apart from the skin's colour."""
    if not shown.tone or seen.plain.sum() < 1:
        return _Level(np.ones(3), np.ones_like(generic.albedo))
    some = np.flatnonzero(seen.plain > 0.05)[::_EVERY]
    ratio, weight = seen.light[some] / generic.albedo[some], seen.plain[some]
    light = albedo.fitted_light(ratio, seen.normals[some], weight)
    matte = ratio / albedo.shading(light, seen.normals[some])
    strength = np.array([albedo.weighted_median(r, weight) for r in matte.T])
    used = np.flatnonzero(seen.weight + seen.plain > 0)
    shading = albedo.shading(light, seen.normals[used])
    raw = strength / _SHOWN * np.array(_GENERIC.skin)
    wanted = _human(raw)
    factor = np.ones_like(generic.albedo)
    factor[used] = wanted / raw / _SHOWN / shading
    return _Level(wanted / np.array(_GENERIC.skin), factor)


def _human(colour: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """The nearest colour that skin can have: coloured lamps and wrong exposure are the picture's, not the person's."""
    red, green, blue = np.log(colour)
    generic = -np.diff(np.log(_GENERIC.skin))
    grey = max(abs(red - green), abs(green - blue)) < _GREY_HUE
    steps = generic if grey else (1 - _HUE_SHARE) * generic + _HUE_SHARE * np.array([red - green, green - blue])
    first, second = np.clip(steps, *np.transpose(_HUE_LIMITS))
    hue = np.exp([first, 0.0, -second])
    return np.asarray(hue / hue.mean() * np.clip(colour.mean(), *_BRIGHTNESS_LIMITS))


def _cleaned(
    skin: SkinMap, seen: SeenSkin, generic: GenericSkin, level: _Level, smile: float
) -> tuple[Float[np.ndarray, "texels 3"], Float[np.ndarray, "texels"]]:
    """Tones of what was seen, relative to generic skin, without leftover light; and how unlike skin they are."""
    tone = np.log(np.maximum(seen.light * level.albedo, _DARKEST)) - np.log(generic.albedo * level.skin)
    bare = seen.weight * (1 - _unlike_skin(tone, shining=True))
    on_map = skin.to_map(np.column_stack([tone, bare, seen.plain * (1 - _unlike_skin(tone))]))
    tones, bare_map, plain = on_map[..., :3], on_map[..., 3], on_map[..., 4]
    tones = albedo.without_side_light(tones, plain, _BROAD_PX)
    dull = albedo.without_highlights(tones, bare_map, _SPOT_PX)
    tones = tones + np.clip(2 * bare_map, 0, 1)[..., None] * (dull - tones)  # hair may shine
    mean, share = albedo.broad(tones, plain, _BROAD_PX)
    tones = tones - _EVEN_SHARE * np.clip(share / 0.3, 0, 1)[..., None] * mean
    tone = skin.from_map(tones)
    lightness = tone.mean(1, keepdims=True)
    unlike = _unlike_skin(tone)
    plainly = np.clip(seen.plain / np.maximum(seen.weight, 1e-6), 0, 1) * (1 - unlike)
    folds = smile * _beside_the_mouth(skin, seen, unlike)
    human = np.max([plainly, np.clip(skin.mask("lips"), 0, 1), folds], axis=0)
    hue = (1 - (1 - _HUE_KEPT) * human)[:, None] * (tone - lightness)
    shade = (1 - _SHADE_KEPT) * plainly[:, None] * np.clip(-lightness, 0, _DEEPEST_SHADE)
    shade = np.maximum(shade, (1 - _FOLD_KEPT) * folds[:, None] * np.maximum(-lightness, 0))
    return lightness + shade + (1 - (1 - _FOLD_KEPT) * folds)[:, None] * hue, unlike


def _smile(fit: PortraitFit) -> float:
    """How far the picture smiles, 0..1: what lies beside a smiling mouth is the shade of its folds."""
    channels = [CHANNEL[f"{name}{side}"] for name in ("mouthSmile", "mouthUpperUp") for side in ("Left", "Right")]
    return float(np.clip(fit.reference.expression[0, channels].sum() / _FULL_SMILE, 0, 1))


def _beside_the_mouth(
    skin: SkinMap, seen: SeenSkin, unlike: Float[np.ndarray, "texels"]
) -> Float[np.ndarray, "texels"]:
    """Skin around the lips, 0..1; nothing for people with a beard, whose dark chin is their own."""
    lips = np.clip(skin.mask("lips"), 0, 1)
    across, height = skin.places[:, 0], skin.places[:, 1] - np.average(skin.places[:, 1], weights=lips)
    chin = seen.weight * (np.abs(across) < 0.3) * (height < -0.25) * (height > -0.5)
    if chin.sum() > 0 and np.average(unlike, weights=chin) > _BEARD:
        return np.zeros(len(lips))
    near = (1 - smoothstep(np.abs(across), 0.45, 0.75)) * (1 - smoothstep(np.abs(height - 0.1), 0.25, 0.45))
    return np.asarray(near * (1 - lips))


def _unlike_skin(relative: Float[np.ndarray, "texels 3"], *, shining: bool = False) -> Float[np.ndarray, "texels"]:
    """How certainly a tone is not that of bare skin, 0..1; `shining` skin may be brighter and paler than it is."""
    lightness = relative.mean(1)
    hue = np.linalg.norm(relative - lightness[:, None], axis=1)
    hue = np.where(shining & (lightness > 0), 0, hue)
    brighter = (0 if shining else 1) * lightness / _HAIR_BRIGHTER
    return smoothstep(np.max([-lightness / _HAIR_DARKER, hue / _HAIR_HUE, brighter], axis=0), 0.5, 1.0)


def _hair_colour(reading: _Reading) -> LinearColour | None:
    """Colour of the hair; None for bare heads."""
    on_scalp = reading.seen.weight * (reading.generic.hair > 0.5)
    if on_scalp.sum() < _FEWEST_TEXELS:
        return _GENERIC.hair
    weight = reading.hairy * on_scalp
    if weight.sum() < _BALD_SHARE * on_scalp.sum():
        return None
    # hair shines from above more than skin: its own colour is on the darker side of what was seen
    colours = reading.colours
    brightness = colours.mean(1)
    weight = weight * (brightness <= albedo.weighted_median(brightness, weight))
    colour = np.array([albedo.weighted_median(c, weight) for c in colours.T])
    if np.ptp(np.log(colour)) > _COLOURFUL:
        return _colour(colour)  # dyed, or a hat
    return _colour(np.minimum.accumulate(colour * [1.0, 1.0, 0.9]))  # hair is brown or grey, never bluish


def _brow_colour(reading: _Reading) -> LinearColour | None:
    """Colour of the darker half of the brows; None where they were not seen."""
    on_brow = (reading.generic.brows > 0.3) & (reading.seen.weight > 0.5)
    if on_brow.sum() < _FEWEST_TEXELS:
        return None
    colours = reading.colours[on_brow]
    brightness = colours.mean(1)
    return _colour(np.median(colours[brightness <= np.quantile(brightness, 0.4)], axis=0))


def _texture(reading: _Reading, hair: LinearColour | None, shown: Shown) -> UInt8[np.ndarray, "1024 1024 4"]:
    """Everything together: seen over mirrored over generic, without seams."""
    seen, generic, hairy = reading.seen, reading.generic, reading.hairy
    tint = np.array(hair or _GENERIC.hair)
    strands = tint * generic.mottling[:, None] ** _STRANDS
    cover = np.clip(_DENSE * generic.hair, 0, 1) * (hair is not None)
    under = reading.base * np.exp(_filled(reading)) * generic.mottling[:, None]
    under = under + cover[:, None] * (strands - under)
    if not (shown.face and shown.eyes):
        under = under + (generic.brows * (1 - seen.weight))[:, None] * (strands - under)
    own = np.log(reading.base) + reading.relative
    if hair is not None:  # walls and sky tint hair more than skin
        wanted = np.log(tint) - np.log(tint).mean()
        surely = smoothstep(-reading.relative.mean(1), 0.2, 0.6) * smoothstep(reading.skin.places[:, 1], *_BROWS_ABOVE)
        own = own + (_HAIR_HUE_SHARE * surely)[:, None] * (wanted - (own - own.mean(1, keepdims=True)))
    weight = seen.weight[:, None]
    colours = np.exp(weight * own + (1 - weight) * np.log(np.maximum(under, _DARKEST)))
    cover = seen.weight * hairy + (1 - seen.weight) * cover
    on_map = reading.skin.to_map(np.column_stack([colours, cover, np.ones(len(cover))]))
    on_map = albedo.spread(on_map[..., :4], on_map[..., 4])
    encoded = np.concatenate([srgb_from_linear(on_map[..., :3]), np.clip(on_map[..., 3:], 0, 1)], axis=2)
    return np.rint(255 * encoded).astype(np.uint8)


def _without_side_marks(skin: SkinMap, seen: SeenSkin, unlike: np.ndarray, hairy: np.ndarray) -> SeenSkin:
    """Nothing but skin beside the face: background, hair in front of the cheeks and earrings look torn there."""
    beside = smoothstep(np.abs(skin.places[:, 0]), *_BESIDE) * (1 - smoothstep(skin.places[:, 1], *_BELOW_BROWS))
    beside = np.maximum(beside, 1 - smoothstep(seen.border, 0.15, 0.40))
    marks = skin.to_map((beside * unlike * (1 - hairy) * (seen.weight > 0))[:, None])[..., 0]
    wide = gaussian_filter(maximum_filter(marks, _MARK_PX, mode=("nearest", "wrap")), _MARK_PX / 3)
    return replace(seen, weight=seen.weight * (1 - skin.from_map(wide[..., None])[:, 0]))


def _filled(reading: _Reading) -> Float[np.ndarray, "texels 3"]:
    """Tones of the whole head: seen ones, the other half's where only these were seen, and smooth continuation."""
    bare = reading.seen.weight * (1 - reading.hairy) * reading.seen.away_from_eyes
    on_map = reading.skin.to_map(np.column_stack([reading.relative, bare]))
    tones, weight = on_map[..., :3].astype(np.float64), on_map[..., 3].astype(np.float64)
    mirrored = weight[:, ::-1] * (1 - weight)
    both = (tones * weight[..., None] + tones[:, ::-1] * mirrored[..., None]) / (weight + mirrored + 1e-6)[..., None]
    return np.asarray(reading.skin.from_map(albedo.spread(both, np.clip(weight + mirrored, 0, 1))))


def _iris(view: PhotoView, level: _Level, seen: SeenSkin) -> LinearColour:
    light = iris_light(view)
    if light is None or seen.plain.sum() < 1:
        return _GENERIC.iris
    factor = np.average(level.albedo, axis=0, weights=seen.plain)
    return _colour(np.clip(light * factor, *_IRIS_LIMITS))


def srgb_from_linear(linear: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """IEC 61966-2-1."""
    clipped = np.clip(linear, 0, 1)
    return np.asarray(np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055))


def _colour(values: Float[np.ndarray, "3"]) -> LinearColour:
    red, green, blue = (float(v) for v in values)
    return red, green, blue
