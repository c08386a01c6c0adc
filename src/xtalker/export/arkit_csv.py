"""Live Link Face recordings (.csv): 52 ARKit blend shapes and 9 angles, 60 rows a second.

Timecode,BlendShapeCount,EyeBlinkLeft,...,TongueOut,HeadYaw,...,RightEyeRoll
00:00:00:00.000,61,0.0421835072,...

Timecode is hours:minutes:seconds:frames, with thousandths of a frame; row i starts at i / 60 s. What the columns
mean and how they map is in `arkit_names`. Motion is resampled in time, see `frame_rate`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.export.arkit_names import ARKIT_COLUMNS, NOT_IN_ARKIT, arkit_from_tracks
from xtalker.export.frame_rate import at_rate
from xtalker.export.interface import Content
from xtalker.export.losses import extras_of, fault_for_curves, moving_channels
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.files import whole_file

ARKIT_RATE_HZ: Final = 60
_SAID_TURN_RAD: Final = 0.01
_SAID_DIFFERENCE: Final = 0.02


class ArkitCsv:
    """Exporter of Live Link Face recordings."""

    suffix = ".csv"

    def can_hold(self, content: Content) -> str | None:
        """Motion of the open head, whose channels have ARKit's names."""
        return fault_for_curves(content, "open")

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Channels without an ARKit shape, as far as they move, and all that is no curve."""
        motion = content.motion
        lost = list(moving_channels(content, NOT_IN_ARKIT))
        if np.abs(motion.jaw[:, 1:]).max(initial=0) > _SAID_TURN_RAD:
            lost.append("sideways turn of the jaw, except for its shift")
        for shape, left, right in (
            ("browInnerUp", "browInnerUpLeft", "browInnerUpRight"),
            ("cheekPuff", "cheekPuffLeft", "cheekPuffRight"),
        ):
            apart = np.abs(motion.expression[:, CHANNEL[left]] - motion.expression[:, CHANNEL[right]])
            if apart.max(initial=0) > _SAID_DIFFERENCE:
                lost.append(f"difference of left and right in {shape}")
        return (*lost, *extras_of(content))

    def write(self, path: Path, content: Content) -> None:
        """One row for each sixtieth of a second.

        Raises:
            OutputError: the place cannot be written.
        """
        rows = arkit_rows(content.motion)
        line = ",".join(["%s", str(len(ARKIT_COLUMNS)), *["%.10f"] * len(ARKIT_COLUMNS)])
        names = [name[0].upper() + name[1:] for name in ARKIT_COLUMNS]
        with whole_file(path) as part, part.open("w", encoding="ascii", newline="\n") as stream:
            print("Timecode", "BlendShapeCount", *names, sep=",", file=stream)
            for number, row in enumerate(rows):
                print(line % (timecode(number, ARKIT_RATE_HZ), *row), file=stream)


def arkit_rows(motion: Motion, rate_hz: int = ARKIT_RATE_HZ) -> Float[np.ndarray, "rows 61"]:
    """Values of ARKIT_COLUMNS at the centres of the frames of another rate, over the same duration."""
    tracks = at_rate(motion, rate_hz)
    return arkit_from_tracks(tracks.expression, tracks.jaw, tracks.head, tracks.gaze)


def timecode(frame: int, rate_hz: int) -> str:
    """HH:MM:SS:FF.mmm of a frame number."""
    seconds, frames = divmod(frame, rate_hz)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}:{frames:02d}.000"
