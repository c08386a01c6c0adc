"""Training clips heard through another encoder: `python -m tools.hear_again OUT --data DATA --clips CLIPS --ears FILE`.

Every clip is heard twice amid others of its speaker, in two orders, as in long takes; training clips twice more in
moved voices (`tools.voices`). The rest of the clip is copied. About ten minutes on two cores.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from tools.clip_sounds import Group, clip_groups
from tqdm import tqdm

from xtalker.assets.cache import sha256_of
from xtalker.speech import SpeechEncoder
from xtalker.speech.ears import EarsEncoder, read_ears
from xtalker.train.clips import write_clip
from xtalker.values import Audio

ORDERS = 2
FACTORS = (0.84, 1.2)


def hear(group: Group, encoder: SpeechEncoder, random: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
    """Features of every clip of a group, one array for each pass."""
    voices = [group] * ORDERS
    if group.clips[0].split == "train":
        voices += [group.moved(factor, random) for factor in FACTORS]
    heard: list[list[np.ndarray]] = [[] for _ in group.clips]
    for voice in voices:
        order, samples = voice.strung(random)
        rows = encoder.encode(Audio(samples))
        cuts = np.cumsum([group.clips[i].num_frames for i in order])[:-1]
        for i, piece in zip(order, np.split(rows, cuts), strict=True):
            heard[i].append(piece.astype(np.float16))
    return [tuple(passes) for passes in heard]


def main() -> None:
    """Every clip of the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    for name in ("data", "clips", "ears"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    encoder = EarsEncoder(*read_ears(given.ears), sha256_of(given.ears)[:12])
    for number, group in enumerate(tqdm(clip_groups(given.data, given.clips), desc="hearing", unit="group")):
        for clip, passes in zip(group.clips, hear(group, encoder, np.random.default_rng(number)), strict=True):
            write_clip(given.out, replace(clip, linguistic=passes, encoder=encoder.fingerprint))


if __name__ == "__main__":
    main()
