"""Play a sound file through the live mode FILE and let go of the motion: `python stream_file.py SPEECH`."""

from __future__ import annotations

import sys

from xtalker.performance.live import FILE, perform_live
from xtalker.speech import stream_audio


def main() -> None:
    """Print the number of frames."""
    print(sum(motion.num_frames for motion in perform_live(stream_audio(sys.argv[1]), mode=FILE)))


if __name__ == "__main__":
    main()
