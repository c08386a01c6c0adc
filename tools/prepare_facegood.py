"""FACEGOOD takes to training clips: another language, another capture, of the mouth only.

    python -m tools.prepare_facegood DATA OUT              # about two minutes on two cores

DATA holds facegood/*.flac with an .npz of weights each (`xtalker.export.read_facegood`). Takes 2_01 to 2_04 train, 2_05
validates, 3_15 and 3_16 test. Takes are cut into clips at pauses; each is heard as the whole take is, in two window
phases, and the training takes in two moved voices as well (`tools.voices`). Brows, lids, eyes and head never move in
these weights, so they count as not observed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tools.voices import moved_voice

from xtalker.export.read_facegood import read_facegood
from xtalker.generator.channels import mouth_columns
from xtalker.speech import SpeechEncoder, amplitude_envelope, load_audio, load_encoder
from xtalker.train.clips import TrainingClip, write_clip
from xtalker.values import Audio, Motion

SPEAKER = "facegood"
SPLITS = {"2_05": "validation", "3_15": "test", "3_16": "test"}
PHASES_S = (0.0, 3.4)
FACTORS = (0.84, 1.2)
_CLIP_FRAMES, _SEARCH_FRAMES = 200, 50


def main() -> None:
    """Every take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    encoder = load_encoder("whisper-base")
    for take in sorted((args.data / "facegood").glob("*.flac")):
        clips = _clips(take, encoder)
        for clip in clips:
            write_clip(args.out, clip)
        print(f"{take.stem}: {len(clips)} clips, {sum(c.num_frames for c in clips)} frames, {clips[0].split}")


def _clips(take: Path, encoder: SpeechEncoder) -> list[TrainingClip]:
    number = take.stem.removeprefix("1114_")
    split = SPLITS.get(number, "train")
    motion, audio = read_facegood(take.with_suffix(".npz"))[0], load_audio(take)
    frames = min(motion.num_frames, audio.num_frames)
    heard = [encoder.encode(audio, phase_s=phase) for phase in PHASES_S]
    if split == "train":
        heard += [encoder.encode(Audio(moved_voice(audio.samples, factor)), phase_s=1.6) for factor in FACTORS]
    loudness, columns = amplitude_envelope(audio)[:frames], motion.to_matrix()[:frames].astype(np.float32)
    return [
        TrainingClip(
            clip=f"{SPEAKER}_{number}_{start:05d}", speaker=SPEAKER, split=split, encoder=encoder.fingerprint,
            motion=Motion.from_matrix(columns[start:stop]), confidence=np.ones(stop - start, np.float32),
            linguistic=tuple(rows[start:stop].astype(np.float16) for rows in heard), amplitude=loudness[start:stop],
            observed=mouth_columns(),
        )
        for start, stop in cuts(loudness)
    ]  # fmt: skip


def cuts(loudness: Float[np.ndarray, "frames"]) -> list[tuple[int, int]]:
    """Pieces of about 8 s that begin and end where it is quietest nearby."""
    at = [0]
    while len(loudness) - at[-1] > _CLIP_FRAMES + _SEARCH_FRAMES:
        low, high = at[-1] + _CLIP_FRAMES - _SEARCH_FRAMES, at[-1] + _CLIP_FRAMES + _SEARCH_FRAMES
        at.append(low + int(np.argmin(loudness[low:high])))
    return list(zip(at, [*at[1:], len(loudness)], strict=True))


if __name__ == "__main__":
    main()
