"""What parts of a head look like in model files: generic colours, and the picture of an eye.

Colours are linear. Textures of the skin come with the content.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int, UInt8

from xtalker.export.surface_parts import Part
from xtalker.values.rig import Rig

Colour = tuple[float, float, float]

COLOUR: Final[dict[str, Colour]] = {
    "skin": (0.58, 0.34, 0.25), "teeth": (0.78, 0.72, 0.60), "tongue": (0.52, 0.17, 0.16),
    "lashes": (0.02, 0.015, 0.012), "eye": (1.0, 1.0, 1.0),
}  # fmt: skip
ROUGHNESS: Final = {"skin": 0.55, "teeth": 0.25, "tongue": 0.35, "lashes": 0.9, "eye": 0.08}
LASH_OPACITY: Final = 0.45
_TINTS: Final[dict[str, Colour]] = {"lips": (0.42, 0.14, 0.13), "inside_mouth": (0.20, 0.045, 0.04)}

_EYE_SIDE_PX: Final = 256
_SCLERA, _IRIS, _IRIS_RIM, _PUPIL = (0.80, 0.77, 0.74), (0.16, 0.085, 0.04), (0.03, 0.02, 0.015), (0.003, 0.003, 0.003)
_IRIS_EDGE_RAD, _PUPIL_EDGE_RAD, _RIM_RAD, _SOFT_RAD = 0.415, 0.150, 0.06, 0.02


def kind_of(part: str) -> str:
    """Part name -> skin, eye, teeth, tongue or lashes; parts of other names are skin."""
    kind = part.split("_")[0]
    return kind if kind in COLOUR else "skin"


def skin_colours(rig: Rig, vertices: Int[np.ndarray, "points"]) -> UInt8[np.ndarray, "points 4"]:
    """Vertex colours of skin without a texture: lips and mouth lining have their own."""
    colour = np.tile(np.array([*COLOUR["skin"], 1.0]), (len(vertices), 1))
    for mask, tint in _TINTS.items():
        if mask in rig.topology.masks:
            share = np.clip(rig.topology.masks[mask][vertices, None], 0, 1)
            colour[:, :3] += share * (np.array(tint) - colour[:, :3])
    return np.rint(255 * colour).astype(np.uint8)


def eye_uv(rig: Rig, part: Part) -> Float[np.ndarray, "points 2"]:
    """Place in the eye's picture: the angle from the resting gaze grows from its middle to its edge (half a turn)."""
    ball = rig.neutral[part.vertices].astype(float)
    solution = np.linalg.lstsq(np.c_[2 * ball, np.ones(len(ball))], (ball**2).sum(1), rcond=None)[0]
    x, y, z = (ball - solution[:3]).T
    angle, across = np.arctan2(np.hypot(x, y), z), np.maximum(np.hypot(x, y), 1e-12)
    reach = 0.5 * angle / np.pi / across
    return np.stack([0.5 + reach * x, 0.5 + reach * y], axis=1).astype(np.float32)


def eye_picture() -> UInt8[np.ndarray, "side side 3"]:
    """Sclera, iris with a dark rim, pupil; for `eye_uv`."""
    centre = (np.arange(_EYE_SIDE_PX) + 0.5) / _EYE_SIDE_PX - 0.5
    angle = 2 * np.pi * np.hypot(centre[:, None], centre[None])[..., None]
    fibres = 1 + 0.25 * np.cos(31 * np.arctan2(centre[:, None], centre[None]))[..., None]
    colour = np.tile(np.array(_SCLERA), (_EYE_SIDE_PX, _EYE_SIDE_PX, 1))
    rings = (
        (_IRIS_EDGE_RAD, np.array(_IRIS_RIM)),
        (_IRIS_EDGE_RAD - _RIM_RAD, fibres * _IRIS),
        (_PUPIL_EDGE_RAD, np.array(_PUPIL)),
    )
    for edge, inside in rings:
        colour += np.clip((edge - angle) / _SOFT_RAD + 0.5, 0, 1) * (inside - colour)
    return np.rint(255 * np.clip(colour, 0, 1) ** (1 / 2.2)).astype(np.uint8)
