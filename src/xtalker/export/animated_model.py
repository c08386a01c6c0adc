"""A take as the writers of meshes need it: parts, joints and everything that moves, without the formats' own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.export.head_surface import head_surface
from xtalker.export.interface import Content
from xtalker.export.unit_weights import in_unit_range
from xtalker.geometry.surface import normals_into, triangles_at_vertices, triangulate
from xtalker.values.rig import Joint
from xtalker.values.surface import SurfaceMaterial, SurfacePart

_ANYWHERE: Final = (0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Picture:
    """A picture that materials wear.

    Attributes:
        names: of the materials that wear it, for normal maps with `_normal` behind them.
        pixels: top row first.
        lossy: whether it may be a JPEG.
    """

    names: tuple[str, ...]
    pixels: UInt8[np.ndarray, "height width channels"]
    lossy: bool


@dataclass(frozen=True)
class AnimatedModel:
    """Meshes over joints, and their movement, 25 frames a second.

    Attributes:
        parts: each mesh.
        joints: parents before children.
        rotations: turn of each joint relative to its parent, axis-angle in radians.
        tracks: weight of each morph, from 0 to 1: name -> one value for each frame.
    """

    parts: tuple[SurfacePart, ...]
    joints: tuple[Joint, ...]
    rotations: Float[np.ndarray, "frames joints 3"]
    tracks: Mapping[str, Float[np.ndarray, "frames"]]

    @property
    def num_frames(self) -> int:
        """Length of the movement."""
        return len(self.rotations)

    def weights(self, part: SurfacePart) -> Float[np.ndarray, "frames morphs"]:
        """Weights of a part's morphs."""
        rows = [self.tracks[name] for name in part.morph_names]
        return np.stack(rows, axis=1) if rows else np.zeros((self.num_frames, 0))

    def pictures(self) -> tuple[Picture, ...]:
        """All pictures, each once."""
        found: list[Picture] = []
        for material in (part.material for part in self.parts):
            for name, pixels in ((material.name, material.picture), (normal_map_name(material), material.normal_map)):
                if pixels is None or any(name in other.names for other in found):
                    continue
                same = next((i for i, other in enumerate(found) if other.pixels is pixels), None)
                if same is None:
                    found.append(Picture((name,), pixels, material.lossy and pixels is material.picture))
                else:
                    found[same] = replace(found[same], names=(*found[same].names, name))
        return tuple(found)


def normal_map_name(material: SurfaceMaterial) -> str:
    """What the picture of a material's normal map is called."""
    return f"{material.name}_normal"


def model_of(content: Content) -> AnimatedModel:
    """The surface that the content brings, else the head's own parts; the content must have a rig."""
    rig, motion = content.rig, content.motion
    assert rig is not None, "checked by can_hold"
    surface = content.surface or head_surface(rig, texture=content.texture, appearance=content.appearance)
    tracks = {name: motion.expression[:, k] for k, name in enumerate(rig.morph_names)} | dict(surface.tracks)
    used = {name for part in surface.parts for name in part.morph_names}
    assert used <= tracks.keys(), f"morphs without a track: {sorted(used - tracks.keys())}"
    parts, inside = in_unit_range(surface.parts, {name: track for name, track in tracks.items() if name in used})
    if surface.skeleton is None:
        return AnimatedModel(parts, rig.joints, rig.rotations(motion), inside)
    return AnimatedModel(parts, surface.skeleton.joints, surface.skeleton.rotations, inside)


@dataclass(frozen=True)
class Normals:
    """Normals of a part, smooth across texture seams.

    Attributes:
        neutral: of the resting part, unit length.
        morphs: change by one unit of each morph.
    """

    neutral: Float[np.ndarray, "points 3"]
    morphs: Float[np.ndarray, "morphs points 3"]


def normals_of(part: SurfacePart) -> Normals:
    """Normals at rest and with each morph."""
    faces = part.faces if part.faces.shape[1] == 3 else triangulate(part.faces)
    triangles = np.ascontiguousarray(faces, np.int32)
    around = triangles_at_vertices(triangles, len(part.points))
    neutral = np.empty(part.points.shape, np.float32)
    normals_into(part.points.astype(np.float32), triangles, *around, neutral)
    morphs = np.zeros((len(part.morphs), *part.points.shape), np.float32)
    for morph, out in zip(part.morphs, morphs):
        if morph.any():
            normals_into((part.points + morph).astype(np.float32), triangles, *around, out)
            out -= neutral
    flat = ~neutral.any(axis=1)  # points whose triangles have no area, as hair that hangs nowhere
    neutral[flat], morphs[:, flat] = _ANYWHERE, 0
    return Normals(neutral, morphs)
