"""What keeps a format from holding a take, and what it leaves out, said in one way by every writer of curves."""

from __future__ import annotations

from typing import Final

import numpy as np

from xtalker.export.interface import Content
from xtalker.values.conventions import CHANNEL, FRAME_RATE_HZ

MAX_FRAMES: Final = 8 * 3600 * FRAME_RATE_HZ
_NOTICED: Final = 1e-3


def fault_for_curves(content: Content, head_model: str | None = None) -> str | None:
    """What keeps a format without a mesh from holding this; None when nothing does.

    Args:
        content: what is to be written.
        head_model: the head whose channels have names in the format; None when any head's motion fits.
    """
    motion = content.motion
    if motion.head_model != content.identity.head_model:
        return f"motion of head '{motion.head_model}', identity of '{content.identity.head_model}'"
    if not 0 < motion.num_frames <= MAX_FRAMES:
        return f"{motion.num_frames} frames; from 1 to {MAX_FRAMES} fit"
    if head_model is not None and motion.head_model != head_model:
        return f"channels of head '{motion.head_model}'; those of '{head_model}' have names here"
    return None


def extras_of(content: Content, *, keeps_identity: bool = False) -> tuple[str, ...]:
    """Names of the parts of a take, other than its motion, that a format of curves leaves out."""
    present = {
        "sound": content.sound is not None,
        "camera": content.camera is not None,
        "skin texture": content.texture is not None,
        "shape of the head": not keeps_identity and bool(np.any(content.identity.shape)),
        "skin detail": not keeps_identity and bool(lost_detail(content)),
    }
    return tuple(name for name, there in present.items() if there)


def lost_detail(content: Content) -> tuple[str, ...]:
    """What of the lines and roughness of a person's skin a format with the head's own mesh leaves out.

    A normal map keeps what is there at rest. A surface that says itself what it leaves out is believed.
    """
    if content.surface is not None and content.surface.leaves_out is not None:
        return content.surface.leaves_out
    if not np.any(content.identity.detail):
        return ()
    parts = () if content.surface is None else content.surface.parts
    kept = any(part.material.normal_map is not None for part in parts)
    return ("wrinkles that come with expression",) if kept else ("skin detail",)


def moving_channels(content: Content, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the named expression channels that this take moves by more than a thousandth."""
    moved = np.abs(content.motion.expression).max(axis=0, initial=0) > _NOTICED
    return tuple(name for name in names if moved[CHANNEL[name]])
