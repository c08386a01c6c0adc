"""A photo avatar in motion, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

from xtalker.head.open_head import OpenHead
from xtalker.performance.photo_motion import photo_motion
from xtalker.performance.retiming import camera_at, motion_at
from xtalker.performance.shot import Shot
from xtalker.render.head_renderer import Frame
from xtalker.render.photo_framing import PhotoFraming
from xtalker.render.photo_renderer import PhotoRenderer
from xtalker.values import Motion
from xtalker.values.photo_avatar import PhotoAvatar
from xtalker.values.tracks import CameraTrack

_CHUNK_FRAMES = 32


def photo_renderer_for(head: OpenHead, avatar: PhotoAvatar, shot: Shot) -> PhotoRenderer:
    """What draws an avatar as the shot asks for."""
    framing = PhotoFraming(shot.crop)
    width, height = shot.picture_size(framing.own_size(avatar, shot.DEFAULT_SIDE))
    return PhotoRenderer(
        head.topology,
        avatar,
        head.neutral(avatar.identity),
        head.vertices(avatar.identity, avatar.reference, canonical=True)[0],
        framing=framing,
        width=width,
        height=height,
        supersample=shot.supersample,
        background=shot.background,
    )


def photo_frames(
    head: OpenHead,
    avatar: PhotoAvatar,
    motion: Motion,
    shot: Shot,
    *,
    camera: CameraTrack | None = None,
    renderer: PhotoRenderer | None = None,
) -> Iterator[Frame]:
    """Pictures at the shot's frame rate, made as they are asked for.

    Args:
        head: the head model that the avatar is bound to.
        avatar: who speaks.
        motion: what they do.
        shot: how it is filmed.
        camera: moves of the camera.
        renderer: of this avatar and shot; None makes one.
    """
    rate_hz = shot.frame_rate_hz
    camera = None if camera is None else camera_at(camera, rate_hz)
    laid = photo_motion(
        avatar,
        motion_at(motion, rate_hz),
        jaw_open_angle_rad=head.jaw_open_angle_rad,
        camera=camera,
        keep_smile=shot.keep_smile,
        rate_hz=float(rate_hz),
    )
    renderer = renderer or photo_renderer_for(head, avatar, shot)
    for start in range(0, laid.motion.num_frames, _CHUNK_FRAMES):
        chunk = head.drawn(avatar.identity, laid.motion[start : start + _CHUNK_FRAMES])  # its head does not turn
        for vertices, pose in zip(chunk, laid.poses[start : start + _CHUNK_FRAMES]):
            yield renderer.render(vertices, pose)
