"""A portrait to a PhotoAvatar: the photograph itself, lifted into layers that lie on the head model."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.appearance.completion import completed_background, completed_person
from xtalker.appearance.eye_notes import eye_notes
from xtalker.appearance.eyes import read_eyes
from xtalker.appearance.face_layer import face_triangles, lip_sides, soft_border, texture_places
from xtalker.appearance.fitted import Fitted
from xtalker.appearance.lattice import build_lattice
from xtalker.appearance.layers import separate
from xtalker.appearance.lids import closing_lids, lid_travel
from xtalker.appearance.light import read_light
from xtalker.appearance.matte import person_alpha
from xtalker.appearance.mouth import own_colours, read_mouth
from xtalker.appearance.pixels import resized
from xtalker.appearance.segmentation import SelfieSegmentation
from xtalker.appearance.surface import rest_surface, seen_vertices
from xtalker.geometry.landmark_rings import CHIN, FACE_OVAL, FOREHEAD
from xtalker.geometry.surface import vertex_normals
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, Motion
from xtalker.values.photo_avatar import FaceLayer, PhotoAvatar, PhotoCamera

FACE_PX: Final = (400.0, 1000.0)
"""Least and greatest height of the face in the prepared photo; smaller ones are enlarged, larger ones brought down."""

LONGEST_PX: Final = 2048
_SOLID: Final = 0.9


def prepared_photo(
    rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "points _"]
) -> tuple[UInt8[np.ndarray, "rows columns 3"], Float[np.ndarray, "points 2"], float]:
    """The photo in the size in which it is prepared, its landmarks, and how far it was enlarged.

    A photo whose face would still be small at `LONGEST_PX` is cropped around the face. Points after the 478 landmarks
    go along.
    """
    marks = landmarks[:, :2].astype(float)
    face = float(np.linalg.norm(marks[CHIN] - marks[FOREHEAD]))
    factor = float(np.clip(1.0, FACE_PX[0] / face, FACE_PX[1] / face)) if face < FACE_PX[1] else FACE_PX[1] / face
    size = np.array(rgb.shape[1::-1])
    most = LONGEST_PX / factor
    low = np.clip(marks[[CHIN, FOREHEAD]].mean(0) - most / 2, 0, np.maximum(size - most, 0)).astype(int)
    high = np.minimum(np.ceil(low + most), size).astype(int)
    cut = np.ascontiguousarray(rgb[low[1] : high[1], low[0] : high[0]])
    width, height = (max(round(n * factor), 2) for n in cut.shape[1::-1])
    if (width, height) == cut.shape[1::-1]:
        return cut, marks - low, 1.0
    scale = np.array([width, height]) / cut.shape[1::-1]
    return resized(cut, width, height, "lanczos"), (marks - low) * scale, float(scale.mean())


def prepare(
    rgb: UInt8[np.ndarray, "height width 3"],
    marks: Float[np.ndarray, "478 2"],
    head: OpenHead,
    identity: Identity,
    reference: Motion,
    scale: float,
    shift: Float[np.ndarray, "2"],
    segmentation: SelfieSegmentation,
    *,
    enlarged: float = 1.0,
    other_people: Float[np.ndarray, "people 2 2"] | None = None,
    own_cover: UInt8[np.ndarray, "height width"] | None = None,
    mouth_covered: bool = False,
) -> PhotoAvatar:
    """Lift a photo.

    Args:
        rgb: the photo as `prepared_photo` gives it.
        marks: its landmarks, pixels.
        head: the head model.
        identity: the person's shape, as fitted to these landmarks.
        reference: one frame: expression and pose as fitted.
        scale: pixels per metre, as fitted.
        shift: pixel of the head joint, as fitted.
        segmentation: what tells people from background.
        enlarged: how far the photo was enlarged.
        other_people: boxes of the faces of others in it, who stay still.
        own_cover: cover of the person that came with the photo; None finds it.
        mouth_covered: whether something lies before the mouth.
    """
    oval = marks[list(FACE_OVAL)]
    low, high = oval.min(0), oval.max(0)
    camera = PhotoCamera(float(scale), np.asarray(shift, float), (low + high) / 2)
    fitted = Fitted(rgb, marks, head, identity, reference, camera)
    if own_cover is None:
        alpha = person_alpha(rgb, oval, segmentation, other_people)
    else:
        alpha = own_cover.astype(np.float32) / 255
    layers = separate(rgb, alpha)
    whole = np.ascontiguousarray(layers.person[..., 3])
    cover = whole.astype(np.float32) / 255

    rest = rest_surface(fitted)
    screen = camera.project(rest)
    face, front, pixels, seen = _face_layer(fitted, rest, screen, cover)
    lattice = build_lattice(fitted, screen, cover, front)
    normals = vertex_normals(rest, fitted.scene.triangles[: fitted.scene.num_opaque])
    eyes = read_eyes(fitted, rest, pixels, np.flatnonzero(front & seen), enlarged=enlarged)
    return PhotoAvatar(
        photo=rgb,
        cover=whole,
        person=completed_person(layers.person[..., :3], rgb, whole),
        background=completed_background(layers.background, rgb, whole),
        camera=camera,
        identity=identity,
        reference=reference,
        face=face,
        lattice=lattice,
        eyes=eyes,
        mouth=replace(read_mouth(fitted, rest, np.flatnonzero(front & seen)), covered=mouth_covered),
        light=read_light(fitted, pixels, normals, front & seen),
        face_box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        head_name=head.name,
        notes=eye_notes(rgb, marks, eyes),
    )


def _face_layer(
    fitted: Fitted,
    rest: Float[np.ndarray, "fine 3"],
    screen: Float[np.ndarray, "fine 3"],
    cover: Float[np.ndarray, "height width"],
) -> tuple[FaceLayer, np.ndarray, np.ndarray, np.ndarray]:
    """The layer, its skin vertices, the photo pixels of all vertices, and which of them the photo sees."""
    scene, pixels = fitted.scene, screen[:, :2]
    opaque = scene.triangles[: scene.num_opaque]
    height, width = cover.shape
    seen = seen_vertices(screen, opaque, fitted.face_px, (width, height))
    at = np.clip(pixels.astype(int), 0, [width - 1, height - 1])
    solid = cover[at[:, 1], at[:, 0]] > _SOLID
    facing = vertex_normals(rest, opaque)[:, 2]
    triangles, kind, front = face_triangles(fitted, pixels, seen & solid, facing)
    lip = lip_sides(fitted, pixels)
    correction, travel = lid_travel(fitted, pixels)
    layer = FaceLayer(
        rest=rest.astype(np.float32),
        uv=texture_places(fitted, pixels, lip, seen).astype(np.float32),
        triangles=triangles,
        kind=kind,
        solid=soft_border(fitted, triangles, pixels).astype(np.float32),
        own=own_colours(fitted, seen).astype(np.float32),
        lip=lip.astype(np.float32),
        lid=closing_lids(fitted, rest, pixels, seen, travel).astype(np.float32),
        head_share=fitted.head_weight.astype(np.float32),
        blink=correction.astype(np.float32),
    )
    return layer, front, pixels, seen
