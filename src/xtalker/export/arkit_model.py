"""A take as an ARKit avatar: every movement of the face, jaw and gaze too, is one of 52 morphs with ARKit's names.

The morphs are what `arkit_names` means by a weight of one, posed by the rig: jawOpen is the turned jaw, eyeLookUpLeft
the turned left eye with its lid. Only the head's turn stays a joint: Armature, Head.

Weights are fitted, frame by frame: those from 0 to 1 whose surface is nearest to the take's, lips first. Cutting the
named values off at 0 instead would move the lips by up to 3 mm. Straight morphs follow a turning jaw and a turning eye
on a chord, not on an arc: half way the eyes are up to a millimetre off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.export.animated_model import AnimatedModel
from xtalker.export.arkit_names import ARKIT_COLUMNS, ARKIT_SHAPES, arkit_from_tracks, tracks_from_arkit
from xtalker.export.head_surface import head_surface
from xtalker.export.interface import Content
from xtalker.export.posing import posed
from xtalker.values import Motion
from xtalker.values.rig import Joint, Rig
from xtalker.values.surface import SurfacePart

ROOT_NAME, HEAD_NAME = "Armature", "Head"
_NEGLIGIBLE_M: Final = 1e-6
_MIDDLE_M: Final = 0.003  # either side of the middle of the face, where left shapes give way to right ones
_LIP_WEIGHT: Final = 20.0
_PULL: Final = 1e-3  # of a mean shape's own size: how strongly undecided weights hold to the named values
_SWEEPS: Final = 150
_SIDES: Final = {"Left": 1.0, "Right": -1.0}
_OTHER_EYE: Final = {"Down": "Down", "Up": "Up", "In": "Out", "Out": "In"}


def arkit_model(content: Content) -> AnimatedModel:
    """The content's surface, or the head's own parts, with ARKit's morphs; the content must have a rig."""
    rig, motion = content.rig, content.motion
    assert rig is not None, "checked by can_hold"
    surface = content.surface or head_surface(rig, texture=content.texture, appearance=content.appearance)
    assert not surface.tracks, "layers with morphs of their own have no ARKit names"
    rows = _fitted(rig, motion)
    parts = tuple(_with_shapes(rig, part) for part in surface.parts)
    turns = np.stack([np.zeros_like(motion.head), motion.head], axis=1)
    return AnimatedModel(parts, _joints(rig), turns, dict(zip(ARKIT_SHAPES, rows.T)))


def _joints(rig: Rig) -> tuple[Joint, ...]:
    head = next(joint for joint in rig.joints if joint.driver == "head")
    return Joint(ROOT_NAME, None, np.zeros(3, np.float32), "none"), Joint(HEAD_NAME, 0, head.place, "head")


def _with_shapes(rig: Rig, part: SurfacePart) -> SurfacePart:
    """The part with ARKit's morphs: all on the skin, elsewhere those that move it."""
    shapes = _shapes(_rig_of(rig, part))
    moving = np.abs(shapes).max(axis=(1, 2)) > _NEGLIGIBLE_M
    if part.name == "skin":
        moving[:] = True
    follows = np.zeros(len(part.points))
    for number, joint in enumerate(rig.joints):
        if _is_on_head(rig, joint):
            follows += np.where(part.joint_index == number, part.joint_weight, 0).sum(1)
    weight = np.zeros((len(part.points), 4), np.float32)
    weight[:, 0], weight[:, 1] = follows, 1 - follows
    return replace(
        part, morph_names=tuple(np.array(ARKIT_SHAPES)[moving].tolist()), morphs=shapes[moving].astype(np.float32),
        joint_index=np.tile(np.array([1, 0, 0, 0], np.int32), (len(part.points), 1)), joint_weight=weight,
    )  # fmt: skip


def _is_on_head(rig: Rig, joint: Joint) -> bool:
    while joint.driver != "head" and joint.parent is not None:
        joint = rig.joints[joint.parent]
    return joint.driver == "head"


def _rig_of(rig: Rig, part: SurfacePart) -> Rig:
    """A part as a rig of its own with all channels of the motion."""
    morphs = np.zeros((len(rig.morph_names), *part.points.shape), np.float32)
    for name, morph in zip(part.morph_names, part.morphs):
        morphs[rig.morph_names.index(name)] = morph
    return replace(
        rig, neutral=part.points, morphs=morphs, joint_index=part.joint_index, joint_weight=part.joint_weight
    )


def _shapes(rig: Rig) -> Float[np.ndarray, "shapes points 3"]:
    """Displacement by a weight of one of each of ARKIT_SHAPES."""
    rows, sides = np.zeros((len(ARKIT_SHAPES), len(ARKIT_COLUMNS))), np.zeros(len(ARKIT_SHAPES))
    for number, name in enumerate(ARKIT_SHAPES):
        rows[number, number] = 1
        if name.startswith("eyeLook"):  # both eyes turn together in our motion: pose both, take one half of the face
            side = next(side for side in _SIDES if name.endswith(side))
            way, other = name.removeprefix("eyeLook").removesuffix(side), next(s for s in _SIDES if s != side)
            rows[number, ARKIT_SHAPES.index(f"eyeLook{_OTHER_EYE[way]}{other}")] = 1
            sides[number] = _SIDES[side]
    moved = _surface(rig, Motion(*(track.astype(np.float32) for track in tracks_from_arkit(rows, eye_angles=False))))
    out = moved - rig.neutral
    half = 0.5 + 0.5 * np.clip(sides[:, None] * rig.neutral[:, 0] / _MIDDLE_M, -1, 1)
    return np.where(sides[:, None, None] != 0, half[..., None] * out, out)


def _surface(rig: Rig, motion: Motion) -> Float[np.ndarray, "frames points 3"]:
    """Points with the head at rest."""
    return np.concatenate(list(posed(rig, replace(motion, head=np.zeros_like(motion.head)))))


@dataclass(frozen=True)
class _Fit:
    """Normal equations of the weights.

    Attributes:
        products: of the shapes with each other.
        targets: of the shapes with the movement of each frame.
    """

    products: Float[np.ndarray, "shapes shapes"]
    targets: Float[np.ndarray, "frames shapes"]


def _fitted(rig: Rig, motion: Motion) -> Float[np.ndarray, "frames shapes"]:
    """Weights from 0 to 1 whose surface is nearest to the motion's. The gaze is taken as it is named."""
    named = arkit_from_tracks(motion.expression, motion.jaw, motion.head, motion.gaze)[:, : len(ARKIT_SHAPES)]
    looks = np.array([name.startswith("eyeLook") for name in ARKIT_SHAPES])
    weights = np.clip(named, 0, 1)
    equations = _equations(rig, motion)
    pull = _PULL * float(np.trace(equations.products)) / len(ARKIT_SHAPES)
    products = equations.products + pull * np.eye(len(ARKIT_SHAPES))
    targets = equations.targets + pull * weights
    for _ in range(_SWEEPS):  # coordinate descent between bounds, all frames at once
        for k in np.flatnonzero(~looks):
            step = (targets[:, k] - weights @ products[k]) / products[k, k]
            weights[:, k] = np.clip(weights[:, k] + step, 0, 1)
    return weights


def _equations(rig: Rig, motion: Motion) -> _Fit:
    eyes = [number for number, joint in enumerate(rig.joints) if joint.driver == "gaze"]
    cares = 1 + _LIP_WEIGHT * np.isin(np.arange(len(rig.neutral)), rig.topology.regions.get("lips", []))
    cares[np.isin(rig.joint_index, eyes).any(1)] = 0
    shapes = _shapes(rig)
    weighted = (shapes * cares[:, None]).reshape(len(shapes), -1)
    still = replace(motion, head=np.zeros_like(motion.head))
    targets = [(chunk - rig.neutral).reshape(len(chunk), -1) @ weighted.T for chunk in posed(rig, still)]
    return _Fit(weighted @ shapes.reshape(len(shapes), -1).T, np.concatenate(targets).astype(np.float64))
