"""Vertices to pictures and files, on the CPU.

head_renderer  HeadRenderer: one head, one picture for each pose
looks          what heads look like: LOOKS
scene          the fine surface; anatomy, paint, occlusion prepare it once, posed shades it in each pose
hair           a person's hair as a shell over the scalp
detail         skin heights from a code; detail_lines names its numbers, detail_sheet draws, detail_shade is its kernel
rasterise      which triangle each sample sees
picture        colours of the samples; materials, lighting, vectors are its kernels
video          frames and the original sound (sound_track) into a file; depth_video, stills
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtalker.render.depth_video import read_depth_video, write_depth_video
    from xtalker.render.head_renderer import Frame, HeadRenderer
    from xtalker.render.looks import LOOKS
    from xtalker.render.stills import contact_sheet, write_png
    from xtalker.render.video import VIDEO_KINDS, check_video_path, read_frames, write_video

_HOMES = {
    "Frame": "head_renderer", "HeadRenderer": "head_renderer", "LOOKS": "looks", "VIDEO_KINDS": "video",
    "check_video_path": "video", "contact_sheet": "stills", "read_depth_video": "depth_video",
    "read_frames": "video", "write_depth_video": "depth_video", "write_png": "stills", "write_video": "video",
}  # fmt: skip

__all__ = [
    "LOOKS", "VIDEO_KINDS", "Frame", "HeadRenderer", "check_video_path", "contact_sheet", "read_depth_video",
    "read_frames", "write_depth_video", "write_png", "write_video",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load numba and PyAV only when they are needed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"xtalker.render.{_HOMES[name]}"), name)
