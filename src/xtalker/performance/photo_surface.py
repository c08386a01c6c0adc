"""A photo avatar as files with a mesh hold one: its layers as textured, skinned, morphing parts, and its camera.

From the photo's camera the parts show what the film shows. Opaque parts come first, then those through which one
sees, inner ones before outer ones: programs that do not sort draw them in this order.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from xtalker.geometry.camera_path import CameraPath
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.performance.photo_eye_parts import eye_parts
from xtalker.performance.photo_motion import PhotoMotion
from xtalker.performance.photo_mouth_parts import mouth_parts
from xtalker.performance.photo_parts import LIPS_PART, background_part, face_parts, person_part
from xtalker.performance.photo_rig import PhotoRig, camera_place
from xtalker.render.photo_renderer import LIP_GAP_M
from xtalker.values.photo_avatar import PhotoAvatar
from xtalker.values.surface import Surface

LEFT_OUT: Final = ("shade that comes and goes as the face moves",)
_CHUNK_FRAMES: Final = 64
_LEAST_FACES: Final = 0.8  # face heights above and below its middle that the camera shows


def photo_surface(head: OpenHead, avatar: PhotoAvatar, laid: PhotoMotion) -> Surface:
    """Parts, joints and movement.

    Args:
        head: the head model that the avatar is bound to.
        avatar: whom.
        laid: what they do, as the film lays it on the photo; 25 frames a second.
    """
    rig = PhotoRig(head, avatar)
    (balls, over_balls), (mouth, over_mouth) = eye_parts(rig), mouth_parts(rig)
    face, line, border = face_parts(rig)
    parts = (background_part(rig), *mouth, *balls, face, line, person_part(rig), *over_mouth, border, *over_balls)
    tracks = rig.tracks(laid) | {LIPS_PART: lips_part(rig, laid)}
    return Surface(parts, tracks, skeleton=rig.skeleton(laid), leaves_out=LEFT_OUT)


def lips_part(rig: PhotoRig, laid: PhotoMotion) -> Float[np.ndarray, "frames"]:
    """How far the lips have parted, as the film counts it: 0 as in the photo to 1."""
    lip, avatar = rig.avatar.face.lip, rig.avatar
    upper, lower = ((lip[:, 1] > 0.5) & (lip[:, 0] * side > 0) for side in (-1, 1))
    if not (upper.any() and lower.any()):
        return np.zeros(laid.motion.num_frames)
    row = np.asarray(rig.matrix[upper].mean(0) - rig.matrix[lower].mean(0)).ravel()
    first = rig.head.vertices(avatar.identity, avatar.reference, canonical=True)[0, :, 1] @ row
    gap = np.empty(laid.motion.num_frames)
    for start in range(0, len(gap), _CHUNK_FRAMES):
        chunk = laid.motion[start : start + _CHUNK_FRAMES]
        gap[start : start + len(chunk.jaw)] = rig.head.vertices(avatar.identity, chunk, canonical=True)[..., 1] @ row
    return np.clip((gap - first) / LIP_GAP_M, 0, 1)


def photo_view(avatar: PhotoAvatar, laid: PhotoMotion, *, cut: Bool[np.ndarray, "frames"] | None = None) -> CameraPath:
    """The photo's camera, with the face in its middle, and its moves.

    The picture reaches to the photo's nearer border above or below the face.

    Args:
        avatar: whom.
        laid: their motion, with the camera's moves.
        cut: True in the first frame after a cut; None never cuts.
    """
    face = avatar.face_box[3] - avatar.face_box[1]
    principal = float(avatar.camera.principal[1])
    half = max(min(principal, avatar.photo.shape[0] - principal), _LEAST_FACES * face)
    place = camera_place(avatar)
    zoom = np.array([pose.zoom for pose in laid.poses])
    slope = half / avatar.camera.scale / place[2] / zoom
    poses = np.tile(np.eye(4), (len(zoom), 1, 1))
    for world, pose, tangent in zip(poses, laid.poses, slope):
        walk = matrix_from_axis_angle(np.array([-pose.orbit[0], pose.orbit[1], 0.0]))
        aside = np.arctan(2 * tangent * np.array([-pose.pan[1], -pose.pan[0]]))
        world[:3, :3] = walk @ matrix_from_axis_angle(np.array([*aside, 0.0]))
        world[:3, 3] = walk @ place
    return CameraPath(poses, 2 * np.arctan(slope), np.zeros(len(zoom), bool) if cut is None else cut)
