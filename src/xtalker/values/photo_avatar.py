"""A photograph made ready to move: layers that lie where the photo shows them and are bound to the head model.

World axes are those of `conventions` seen by the photo's camera: metres, x to the right of the picture, y up, z towards
the viewer; the origin is the head joint. Photo pixels: x right, y down, pixel centres at .5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from xtalker.values.identity import Identity
from xtalker.values.motion import Motion

SKIN, EYE_LEFT, EYE_RIGHT, BEHIND_LIPS, UPPER_TEETH, LOWER_TEETH = range(6)
"""Kinds of triangles of the face layer; `BEHIND_LIPS` are lining and tongue."""

CAMERA_DISTANCE_M: Final = 1.3
"""Of the photo's camera from the head joint: a weak-perspective fit does not tell it, and any value shows the photo."""


@dataclass(frozen=True)
class PhotoCamera:
    """How a photo was taken: weak perspective as fitted, opened to a pinhole so that turns have perspective.

    Attributes:
        scale: photo pixels per metre in the plane of the head joint.
        shift: photo pixel of the head joint, (2,).
        principal: photo pixel on the optical axis, (2,).
    """

    scale: float
    shift: Float[np.ndarray, "2"]
    principal: Float[np.ndarray, "2"]

    def project(self, points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 3"]:
        """Photo pixels x, y, and nearness in 1 / metres."""
        near = 1 / (CAMERA_DISTANCE_M - points[:, 2])
        flat = points[:, :2] * [self.scale, -self.scale] + (self.shift - self.principal)
        return np.column_stack([flat * (CAMERA_DISTANCE_M * near)[:, None] + self.principal, near])

    def unproject(
        self, pixels: Float[np.ndarray, "points 2"], depth_m: Float[np.ndarray, "points"]
    ) -> Float[np.ndarray, "points 3"]:
        """World points that lie on photo pixels at given z."""
        shrink = (CAMERA_DISTANCE_M - depth_m) / CAMERA_DISTANCE_M
        flat = (pixels - self.principal) * shrink[:, None] + self.principal - self.shift
        return np.column_stack([flat / [self.scale, -self.scale], depth_m])


@dataclass(frozen=True)
class FaceLayer:
    """The fine surface of the head as far as it wears the photo, with eyeballs, teeth, tongue and lining.

    Rows are the fine vertices of `render.scene.build_scene` of the head model.

    Attributes:
        rest: where the photo shows each vertex, metres.
        uv: photo pixel that each vertex wears.
        triangles: drawn ones, counter-clockwise from outside.
        kind: of each triangle, `SKIN` to `BEHIND_LIPS`.
        solid: 0 along the layer's border to 1 some rings in.
        own: colour 0..255 of what the photo does not show, and how much of it there is, 0..1. Of teeth: number of the
            tooth from the middle (whole numbers are the gaps), height above the biting edge in mm, 0, 1.
        lip: side of the mouth (-1 upper, 1 lower) and how far texture gives way at the line between the lips.
        lid: photo pixel at which a closing lid is looked up, how much of it, and which eye: 0 left, 1 right, +2 for the
            lower lid's wet line, which goes last; -1 where there is no lid.
        head_share: how far each vertex follows the head's turn, 0..1.
        blink: correction of a full blink of the left and of the right eye, so that the photo's lids meet, metres.
    """

    rest: Float32[np.ndarray, "fine 3"]
    uv: Float32[np.ndarray, "fine 2"]
    triangles: Int32[np.ndarray, "triangles 3"]
    kind: Int32[np.ndarray, "triangles"]
    solid: Float32[np.ndarray, "fine"]
    own: Float32[np.ndarray, "fine 4"]
    lip: Float32[np.ndarray, "fine 2"]
    lid: Float32[np.ndarray, "fine 4"]
    head_share: Float32[np.ndarray, "fine"]
    blink: Float32[np.ndarray, "2 fine 3"]


@dataclass(frozen=True)
class Lattice:
    """Everything of the person but the face: points of a regular lattice over the photo.

    Attributes:
        rest: where the photo shows each point, metres.
        uv: photo pixel that it wears.
        triangles: of its cells.
        head_share: how far it follows the head's turn, 0..1.
        body_share: how far it breathes with the chest, 0..1.
        row_start, row_index, row_weight: compressed rows of the matrix from fine vertices to lattice points; it moves
            displacements (EmoTalk3D's rule for points beyond the head: nearest ones, falling off with distance).
    """

    rest: Float32[np.ndarray, "points 3"]
    uv: Float32[np.ndarray, "points 2"]
    triangles: Int32[np.ndarray, "cells 3"]
    head_share: Float32[np.ndarray, "points"]
    body_share: Float32[np.ndarray, "points"]
    row_start: Int32[np.ndarray, "_"]
    row_index: Int32[np.ndarray, "nonzeros"]
    row_weight: Float32[np.ndarray, "nonzeros"]


@dataclass(frozen=True)
class PhotoPatch:
    """A part of the photo painted anew.

    Attributes:
        corner: photo pixel (x, y) of its upper left corner.
        pixels: red, green, blue or with a fourth channel.
    """

    corner: tuple[int, int]
    pixels: UInt8[np.ndarray, "height width channels"]


@dataclass(frozen=True)
class PhotoEye:
    """One eye of the photo, taken apart: photo = (ball (1 - iris alpha) + iris) x lid shade + glint.

    Attributes:
        ball: the eyeball without iris and glint, and in the fourth channel the lids' shade on it.
        iris: the iris completed beneath the lids (RGBA, premultiplied).
        glint: highlights of the cornea, to be added (RGB); they go about half the iris's way.
        shut: the photo with this eye shut, and in the fourth channel what lies in front of lids: frames of glasses.
        moves: whether lids and gaze may be drawn: not behind dark glasses, nor where the photo's eye is shut.
        centre: photo pixel of the eyeball's middle.
        radius: of the eyeball, photo pixels.
        front_plane: world points of a plane in front of the eye, fixed to the skull, metres.
        margin_vertices: fine vertices along the margins of the upper and the lower lid, outer corner first.
        margin_offsets: from these vertices to the margins, photo pixels.
        lashes: opacity of the lashes 0..255; rows go across the upper margin, columns from inner to outer corner.
        lash_colour: theirs, 0..255.
    """

    ball: PhotoPatch
    iris: PhotoPatch
    glint: PhotoPatch
    shut: PhotoPatch
    moves: bool
    centre: tuple[float, float]
    radius: float
    front_plane: Float32[np.ndarray, "plane 3"]
    margin_vertices: Int32[np.ndarray, "2 margin"]
    margin_offsets: Float32[np.ndarray, "2 margin 2"]
    lashes: UInt8[np.ndarray, "rows columns"]
    lash_colour: Float32[np.ndarray, "3"]


@dataclass(frozen=True)
class PhotoMouth:
    """What the photo shows between the lips.

    Attributes:
        inside: the photo between the lips, fixed to the skull (RGBA); no cover for a closed mouth.
        plane: world points of a plane behind the lips, fixed to the skull, metres.
        box: photo pixels left, right, top, bottom within which something behind the lips can be seen.
        toothy: whether the photo shows teeth.
        tones: colours 0..255 of enamel, gums and throat.
        covered: whether something lies before the mouth (a mask, a hand): the lips are not opened then.
    """

    inside: PhotoPatch
    plane: Float32[np.ndarray, "plane 3"]
    box: Float32[np.ndarray, "4"]
    toothy: bool
    tones: Float32[np.ndarray, "3 3"]
    covered: bool = False


@dataclass(frozen=True)
class PhotoAvatar:
    """A portrait ready to move.

    Attributes:
        photo: the whole picture, at most 2048 pixels long; the face is at least about 400 pixels high.
        cover: how much of each pixel belongs to the person, 255 = all.
        person: colours of the person where `cover` is not 0 (RGB).
        background: what lies behind the person (RGB).
        camera: how points in space lie on the photo.
        identity: shape of the head.
        reference: one frame: expression, jaw, gaze and head turn in the photo.
        face: the face layer.
        lattice: everything else of the person.
        eyes: left and right.
        mouth: between the lips.
        light: how bright skin was in the photo, by its normal in world axes: even part, and what x, y, z add.
        face_box: photo pixels left, top, right, bottom of the face (forehead to chin).
        head_name: head model that the layers are bound to.
        notes: what was seen in the photo that limits the avatar, and what is done about it; a line each.
    """

    photo: UInt8[np.ndarray, "height width 3"]
    cover: UInt8[np.ndarray, "height width"]
    person: UInt8[np.ndarray, "height width 3"]
    background: UInt8[np.ndarray, "height width 3"]
    camera: PhotoCamera
    identity: Identity
    reference: Motion
    face: FaceLayer
    lattice: Lattice
    eyes: tuple[PhotoEye, PhotoEye]
    mouth: PhotoMouth
    light: Float32[np.ndarray, "4"]
    face_box: tuple[float, float, float, float]
    head_name: str = "open"
    notes: tuple[str, ...] = field(default=())
