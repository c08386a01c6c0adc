"""Skeleton animation (.bvh) of head and jaw at 25 frames a second, in centimetres.

Root "Head" with the joint "Jaw"; channels Yrotation Xrotation Zrotation in degrees, applied as listed:
R = R_y R_x R_z, the yaw outermost (see `euler`). The jaw's OFFSET is its pivot; the end sites, chin and crown, only
give the bones a length. y is up and the face looks along +z, as everywhere here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from xtalker.export.euler import angles_from_rotation
from xtalker.export.interface import Content
from xtalker.export.losses import extras_of, fault_for_curves
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import whole_file
from xtalker.values.rig import Rig

CENTIMETRES: Final = 100.0
_USUAL_JAW_M: Final = (0.0, -0.0157, 0.0518)
_CROWN_CM, _CHIN_CM = (0.0, 12.0, 0.0), (0.0, -6.0, 6.0)
_CHANNELS: Final = "Yrotation Xrotation Zrotation"
_HEAD: Final = f"""HIERARCHY
ROOT Head
{{
  OFFSET 0.000000 0.000000 0.000000
  CHANNELS 3 {_CHANNELS}
  JOINT Jaw
  {{
    OFFSET %.6f %.6f %.6f
    CHANNELS 3 {_CHANNELS}
    End Site
    {{
      OFFSET %.6f %.6f %.6f
    }}
  }}
  End Site
  {{
    OFFSET %.6f %.6f %.6f
  }}
}}
MOTION
Frames: %d
Frame Time: %.8f
"""


class Bvh:
    """Exporter of head and jaw rotation."""

    suffix = ".bvh"

    def can_hold(self, content: Content) -> str | None:
        """Motion of any head."""
        return fault_for_curves(content)

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Everything but the rotations of head and jaw."""
        motion = content.motion
        moving = {"expression": motion.expression, "gaze": motion.gaze}
        return (*(name for name, track in moving.items() if np.any(track)), *extras_of(content))

    def write(self, path: Path, content: Content) -> None:
        """One line for each frame of the motion.

        Raises:
            OutputError: the place cannot be written.
        """
        turns = [angles_from_rotation(track) for track in (content.motion.head, content.motion.jaw)]
        rows = np.degrees(np.concatenate(turns, axis=1))
        line = " ".join(["%.6f"] * rows.shape[1])
        jaw_cm = np.array(_jaw_place(content.rig)) * CENTIMETRES
        head = _HEAD % (*jaw_cm, *_CHIN_CM, *_CROWN_CM, len(rows), 1 / FRAME_RATE_HZ)
        with whole_file(path) as part:
            part.write_text(head + "".join(line % tuple(row) + "\n" for row in rows), encoding="ascii")


def _jaw_place(rig: Rig | None) -> tuple[float, ...]:
    """Pivot of the jaw in metres; without a rig that of the mean open head."""
    places = [] if rig is None else [joint.place for joint in rig.joints if joint.driver == "jaw"]
    return tuple(float(x) for x in places[0]) if places else _USUAL_JAW_M
