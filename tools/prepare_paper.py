"""Clips for `--recipe paper` from tracked videos: `python -m tools.prepare_paper FOLDER OUT --wavlm DIR`.

FOLDER has a folder for each speaker with NAME.npz (FLAME rows) beside NAME.wav or a video; the encoders are folders
that the user has downloaded, and run through the extra `paper`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from xtalker.speech import load_user_encoder
from xtalker.train.paper_prepare import prepare_paper_clips
from xtalker.values import XtalkerError


def main() -> int:
    """Exit code 0 when all clips are made, 1 for what the user can change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wavlm", type=Path, required=True, metavar="DIR")
    parser.add_argument("--emotion2vec", type=Path, metavar="DIR")
    parser.add_argument("--test", nargs="*", default=[], metavar="SPEAKER", help="speakers that are never trained on")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    try:
        linguistic = load_user_encoder("wavlm-base-plus", given.wavlm, device=given.device)
        emotion = None
        if given.emotion2vec is not None:
            emotion = load_user_encoder("emotion2vec-plus-base", given.emotion2vec, device=given.device)
        made = prepare_paper_clips(given.folder, given.out, linguistic, emotion, test=frozenset(given.test))
    except XtalkerError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    print(f"{made} clips in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
