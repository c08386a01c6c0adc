"""Speech and a portrait to a video, its motion, and numbers of one's own: `python examples/talk.py`.

Without arguments it uses the demo speech and the demo portrait.
"""

from __future__ import annotations

import sys

import numpy as np

import xtalker
from xtalker.assets import fetch
from xtalker.values.conventions import CHANNEL

speech, portrait = sys.argv[1:3] if len(sys.argv) > 2 else (fetch("demo-speech"), fetch("portrait-astronaut"))

take = xtalker.perform(speech, portrait=portrait, seed=0)
take.save("avatar.mp4")
take.save("avatar.npz")  # numpy alone reads it

lips = take.landmarks(canonical=True)[:, [13, 14]]  # inner lips in MediaPipe's order, metres, head held still
opening_mm = 1000 * np.linalg.norm(lips[:, 0] - lips[:, 1], axis=1)
smile = take.motion.expression[:, CHANNEL["mouthSmileLeft"]]
print(f"{take.duration_s:.1f} s; lips open up to {opening_mm.max():.1f} mm; smile {smile.mean():.2f} on average")
