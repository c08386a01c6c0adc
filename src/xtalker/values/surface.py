"""Surfaces as files with a mesh hold them: meshes with a texture, morph targets and joints, ready to be written.

`export` makes the head's own parts out of a rig (`export.head_surface`); who has a better picture of a person hands
in parts of their own, and both writers (.glb, .usdc and .usdz) treat them alike:

    card = SurfacePart(
        name="background", points=corners_m, faces=np.array([[0, 1, 2, 3]]), uv=corners_uv,
        joint_index=np.zeros((4, 4), np.int32), joint_weight=np.eye(4)[[0] * 4],
        material=SurfaceMaterial("background", picture=photo, lit=False),
    )
    Content(motion, identity, rig=rig, surface=Surface((*parts, card)))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, UInt8

from xtalker.values.rig import Joint

Blending = Literal["opaque", "mask", "blend"]
"""What a picture's fourth channel and `opacity` do: nothing, cut at a half, or let what is behind shine through."""


@dataclass(frozen=True)
class SurfaceMaterial:
    """How parts look, alike in every format. Parts that share one name share one material.

    Attributes:
        name: unique among the materials of a surface; pictures beside a .usdc are named after it.
        colour: linear 0..1; multiplies the picture where there is one.
        picture: sRGB, top row first; a fourth channel is how opaque it is, not multiplied into the colours.
        normal_map: direction of the surface in its tangent space, 0..255 for -1..1: red along the texture's columns,
            green up the picture, blue outwards. It lies as the picture does.
        roughness: 0 mirrors, 1 is chalk.
        opacity: of the whole part.
        blending: see `Blending`; "opaque" takes no opacity below one.
        double_sided: also seen from behind.
        lit: false shows the colours as they are, whatever the light: photographs that hold their own.
        wraps: columns of the picture go on past its right border.
        lossy: the picture may be written as a JPEG; only without a fourth channel.
    """

    name: str
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    picture: UInt8[np.ndarray, "height width channels"] | None = None
    normal_map: UInt8[np.ndarray, "normal_height normal_width 3"] | None = None
    roughness: float = 0.5
    opacity: float = 1.0
    blending: Blending = "opaque"
    double_sided: bool = False
    lit: bool = True
    wraps: bool = False
    lossy: bool = False

    def __post_init__(self) -> None:
        """Hold what every writer trusts."""
        assert self.name.isidentifier(), "a name that is also a path in every format"
        assert self.picture is None or self.picture.shape[2] in (3, 4), "red, green, blue, and opacity if any"
        assert self.blending != "opaque" or self.opacity == 1, "opaque parts have no opacity"
        opaque = self.picture is None or self.picture.shape[2] == 3
        assert opaque or not self.lossy, "a JPEG has no fourth channel"


@dataclass(frozen=True)
class SurfacePart:
    """One mesh at rest, and how it moves.

    Posed as `values.rig` says: first morph targets, then joints.

    Attributes:
        name: unique in its surface.
        points: metres, world axes.
        faces: quads or triangles, counter-clockwise seen from outside; indices into `points`.
        material: see there.
        joint_index: joints of the rig that move each point; unused places name joint 0 with weight 0.
        joint_weight: their shares, never negative; rows sum to one.
        morph_names: channels of the motion, or tracks of the surface, that move the part.
        morphs: displacement of the points by one unit of each, metres.
        uv: texture coordinates, v = 0 at the bottom row of the picture; None only without pictures.
        face_uv: index into `uv` of each corner of each face; None where `uv` has one row for each point.
    """

    name: str
    points: Float[np.ndarray, "points 3"]
    faces: Int[np.ndarray, "faces corners"]
    material: SurfaceMaterial
    joint_index: Int[np.ndarray, "points 4"]
    joint_weight: Float[np.ndarray, "points 4"]
    morph_names: tuple[str, ...] = ()
    morphs: Float[np.ndarray, "morphs points 3"] = field(default_factory=lambda: np.zeros((0, 0, 3), np.float32))
    uv: Float[np.ndarray, "texcoords 2"] | None = None
    face_uv: Int[np.ndarray, "faces corners"] | None = None

    def __post_init__(self) -> None:
        """Hold what every writer trusts."""
        assert self.name.isidentifier(), "a name that is also a path in every format"
        assert self.faces.min() >= 0 and self.faces.max() < len(self.points), "points that exist"
        assert len(self.morph_names) == len(set(self.morph_names)) == len(self.morphs), "one name for each morph"
        assert np.abs(self.joint_weight.sum(1) - 1).max() < 1e-5, "weights of a point sum to one"
        pictured = self.material.picture is not None or self.material.normal_map is not None
        assert self.uv is not None or not pictured, "pictures need texture coordinates"


@dataclass(frozen=True)
class Skeleton:
    """Joints of a surface's own and how they turn.

    Attributes:
        joints: parents before children; at rest all stand unturned.
        rotations: turn of each joint relative to its parent, axis-angle in radians.
    """

    joints: tuple[Joint, ...]
    rotations: Float[np.ndarray, "frames joints 3"]

    def __post_init__(self) -> None:
        """Hold what every writer trusts."""
        assert all(j.parent is None or j.parent < i for i, j in enumerate(self.joints)), "parents come first"
        assert self.rotations.shape[1] == len(self.joints), "one turn for each joint"


@dataclass(frozen=True)
class Surface:
    """All that is seen of a person.

    Attributes:
        parts: drawn in this order where order matters.
        tracks: weights of morphs that are no channel of the motion, or take a channel's place: name -> one value for
            each of its frames.
        skeleton: joints that the parts' indices mean; None is the rig's, turned by the motion.
        leaves_out: what of the person's looks these parts do not show, in a few words each; None lets the writer judge.
    """

    parts: tuple[SurfacePart, ...]
    tracks: Mapping[str, Float[np.ndarray, "frames"]] = field(default_factory=dict)
    skeleton: Skeleton | None = None
    leaves_out: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Hold what every writer trusts."""
        names = [part.name for part in self.parts]
        assert len(names) == len(set(names)), "one name for each part"
        materials = {part.material.name: part.material for part in self.parts}
        assert all(materials[part.material.name] is part.material for part in self.parts), "one name, one material"
