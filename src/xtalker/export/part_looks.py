"""What parts of a head look like in model files: one list for all formats. Textures of a person come with the content.

Colours are linear unless they are in a picture. Whatever has more than one colour is a picture: colours of single
points are not read by every program.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from scipy.interpolate import LinearNDInterpolator

from xtalker.values import MeshTopology
from xtalker.values.appearance import Appearance
from xtalker.values.surface import SurfaceMaterial

Colour = tuple[float, float, float]

_SKIN: Final[Colour] = (0.58, 0.34, 0.25)
_TEETH: Final[Colour] = (0.78, 0.72, 0.60)
_TONGUE: Final[Colour] = (0.52, 0.17, 0.16)
_LASHES: Final[Colour] = (0.02, 0.015, 0.012)
_TINTS: Final[dict[str, Colour]] = {"lips": (0.42, 0.14, 0.13), "inside_mouth": (0.20, 0.045, 0.04)}
_LASH_OPACITY: Final = 0.45
_KINDS: Final = ("skin", "eye", "teeth", "tongue", "lashes")

_SKIN_SIDE_PX: Final = 1024
_MARGIN_PX: Final = 4

_EYE_SIDE_PX: Final = 512
_SCLERA, _PUPIL = (0.80, 0.77, 0.74), (0.003, 0.003, 0.003)
_IRIS: Final[Colour] = (0.16, 0.085, 0.04)
_RIM_SHADE: Final = 0.25  # of the iris, at its dark border
_IRIS_EDGE_RAD, _PUPIL_EDGE_RAD, _RIM_RAD, _SOFT_RAD = 0.415, 0.150, 0.06, 0.02


def kind_of(part: str) -> str:
    """Part name -> skin, eye, teeth, tongue or lashes; parts of other names are skin."""
    kind = part.split("_")[0]
    return kind if kind in _KINDS else "skin"


def head_looks(
    topology: MeshTopology,
    texture: UInt8[np.ndarray, "height width 3"] | None = None,
    appearance: Appearance | None = None,
) -> dict[str, SurfaceMaterial]:
    """Material of each kind of part.

    Args:
        topology: of the head.
        texture: the person's skin; None paints generic skin with lips and mouth lining.
        appearance: the person's colours of eyes and lashes.
    """
    iris = _IRIS if appearance is None else appearance.iris
    lashes = _LASHES if appearance is None else appearance.hair
    return {
        "skin": _skin(topology, texture),
        "eye": SurfaceMaterial("eye", picture=eye_picture(iris), roughness=0.08),
        "teeth": SurfaceMaterial("teeth", _TEETH, roughness=0.25),
        "tongue": SurfaceMaterial("tongue", _TONGUE, roughness=0.35),
        "lashes": SurfaceMaterial(
            "lashes", lashes, roughness=0.9, opacity=_LASH_OPACITY, blending="blend", double_sided=True
        ),
    }


def _skin(topology: MeshTopology, texture: UInt8[np.ndarray, "height width 3"] | None) -> SurfaceMaterial:
    if topology.uv is None or topology.quad_uv is None or topology.quads is None:
        return SurfaceMaterial("skin", _SKIN, roughness=0.55)
    picture = generic_skin(topology) if texture is None else texture
    return SurfaceMaterial("skin", picture=picture, roughness=0.55, wraps=True)


def generic_skin(topology: MeshTopology) -> UInt8[np.ndarray, "side side 3"]:
    """Skin without a portrait, over the head's texture coordinates: lips and mouth lining have their own colour."""
    assert topology.uv is not None and topology.quad_uv is not None and topology.quads is not None
    colour = np.tile(np.array(_SKIN), (_SKIN_SIDE_PX, _SKIN_SIDE_PX, 1))
    mine = np.ones(len(topology.quads), bool)
    if topology.quad_part is not None and "skin" in topology.part_names:
        mine = topology.quad_part == topology.part_names.index("skin")
    used, first = np.unique(topology.quad_uv[mine], return_index=True)
    vertex = topology.quads[mine].ravel()[first]
    place = (topology.uv[used] * [1, -1] + [0, 1]) * _SKIN_SIDE_PX
    for mask, tint in _TINTS.items():
        share = np.clip(topology.masks[mask][vertex], 0, 1) if mask in topology.masks else np.zeros(len(vertex))
        if share.any():
            _paint(colour, place, share, tint)
    return _srgb(colour)


def _paint(
    colour: Float[np.ndarray, "side side 3"],
    place: Float[np.ndarray, "points 2"],
    share: Float[np.ndarray, "points"],
    tint: Colour,
) -> None:
    """Colour a picture, in place, as much as the share of the points (column, row) around each pixel says."""
    left, top = np.maximum(place[share > 0].min(0).astype(int) - _MARGIN_PX, 0)
    right, bottom = np.minimum(place[share > 0].max(0).astype(int) + _MARGIN_PX, len(colour))
    columns, rows = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    spread = LinearNDInterpolator(place, share, fill_value=0.0)(columns, rows)[..., None]
    box = colour[top:bottom, left:right]
    box += spread * (np.array(tint) - box)


def eye_uv(ball: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 2"]:
    """Place in the eye's picture: the angle from the resting gaze grows from its middle to its edge (half a turn).

    Args:
        ball: points of an eyeball at rest, metres.
    """
    ball = ball.astype(float)
    solution = np.linalg.lstsq(np.c_[2 * ball, np.ones(len(ball))], (ball**2).sum(1), rcond=None)[0]
    x, y, z = (ball - solution[:3]).T
    angle, across = np.arctan2(np.hypot(x, y), z), np.maximum(np.hypot(x, y), 1e-12)
    reach = 0.5 * angle / np.pi / across
    return np.stack([0.5 + reach * x, 0.5 + reach * y], axis=1).astype(np.float32)


def eye_picture(iris: Colour) -> UInt8[np.ndarray, "side side 3"]:
    """Sclera, iris with a dark rim, pupil; for `eye_uv`."""
    centre = (np.arange(_EYE_SIDE_PX) + 0.5) / _EYE_SIDE_PX - 0.5
    angle = 2 * np.pi * np.hypot(centre[:, None], centre[None])[..., None]
    fibres = 1 + 0.25 * np.cos(31 * np.arctan2(centre[:, None], centre[None]))[..., None]
    colour = np.tile(np.array(_SCLERA), (_EYE_SIDE_PX, _EYE_SIDE_PX, 1))
    rings = (
        (_IRIS_EDGE_RAD, _RIM_SHADE * np.array(iris)),
        (_IRIS_EDGE_RAD - _RIM_RAD, fibres * iris),
        (_PUPIL_EDGE_RAD, np.array(_PUPIL)),
    )
    for edge, inside in rings:
        colour += np.clip((edge - angle) / _SOFT_RAD + 0.5, 0, 1) * (inside - colour)
    return _srgb(colour)


def _srgb(linear: Float[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
    return np.asarray(np.rint(255 * np.clip(linear, 0, 1) ** (1 / 2.2)), np.uint8)
