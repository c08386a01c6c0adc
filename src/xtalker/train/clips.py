"""The folder of training clips: one npz a clip, `<clip>.npz`.

Arrays: expression (frames, 50), jaw (frames, 3), head (frames, 3), gaze (frames, 2), confidence (frames,),
amplitude (frames,), all float32; linguistic_0, linguistic_1, ... (frames, channels) float16, the same sound
heard at several phases of the encoder's window; optionally observed (58,) bool, the columns that the clip's source
could see (all, when absent), and emotion (frames, 7) float32, levels in the order of `values.tracks.EMOTIONS` (unknown,
when absent); metadata, a JSON string with clip, speaker, split, encoder, frame_rate_hz (25, when
absent) and schema. Zero expression and jaw are the speaker's own neutral face with closed lips.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from xtalker.values import InputError, Motion, OutputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import damage_explained, read_arrays, whole_file
from xtalker.values.motion import NUM_MOTION, TRACKS
from xtalker.values.npz import Damaged
from xtalker.values.tracks import EMOTIONS, MAX_LEVEL

CLIP_SCHEMA = "xtalker-clip-1"
SPLITS = ("train", "validation", "test")
_METADATA = ("schema", "clip", "speaker", "split", "encoder")
_LARGEST_BYTES = 2 * 1024**3
_MOST_PHASES = 64


@dataclass(frozen=True)
class TrainingClip:
    """Speech and the motion that went with it.

    Attributes:
        clip: name of the clip, unique in its folder; letters, digits, `_`, `-` and `.`.
        speaker: who speaks; batches are balanced over speakers.
        split: train, validation or test.
        encoder: fingerprint of the speech encoder.
        motion: tracked, with the speaker's closed-mouth neutral at zero expression and jaw.
        confidence: 0..1 of each frame's tracking; weight in the loss and in the statistics.
        linguistic: speech features, one array for each window phase.
        amplitude: of the sound, linear.
        observed: columns of the motion that the source could see; the loss and the statistics leave out the others.
        emotion: how strongly each emotion is felt, where that is known.
    """

    clip: str
    speaker: str
    split: str
    encoder: str
    motion: Motion
    confidence: Float[np.ndarray, "frames"]
    linguistic: tuple[Float[np.ndarray, "frames channels"], ...]
    amplitude: Float[np.ndarray, "frames"]
    observed: Bool[np.ndarray, "58"] = field(default_factory=lambda: np.ones(NUM_MOTION, bool))
    emotion: Float[np.ndarray, "frames 7"] | None = None

    def __post_init__(self) -> None:
        """Refuse what training could not use.

        Raises:
            InputError: what is wrong, with the clip's name.
        """
        fault = _fault(self)
        if fault:
            raise InputError(
                f"unusable training clip {self.clip!r}",
                received=fault,
                accepted="tracks and features of one length, finite, with a split of " + ", ".join(SPLITS),
                next_step="make the clip again",
            )

    @property
    def num_frames(self) -> int:
        """Number of 25 fps frames."""
        return len(self.confidence)


def write_clip(folder: Path, clip: TrainingClip) -> Path:
    """Write a clip as `<folder>/<clip>.npz`, whole or not at all; returns the path.

    Raises:
        OutputError: the folder cannot be written.
    """
    arrays = {name: getattr(clip.motion, name).astype(np.float32) for name in TRACKS}
    arrays |= {name: getattr(clip, name).astype(np.float32) for name in ("confidence", "amplitude")}
    arrays |= {f"linguistic_{i}": phase.astype(np.float16) for i, phase in enumerate(clip.linguistic)}
    if not clip.observed.all():
        arrays["observed"] = clip.observed
    if clip.emotion is not None:
        arrays["emotion"] = clip.emotion.astype(np.float32)
    values = (CLIP_SCHEMA, clip.clip, clip.speaker, clip.split, clip.encoder)
    said = dict(zip(_METADATA, values, strict=True)) | {"frame_rate_hz": FRAME_RATE_HZ}
    arrays["metadata"] = np.array(json.dumps(said))
    path = folder / f"{clip.clip}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as beside, beside.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # the stub takes the names for options
    except OSError as fault:
        raise OutputError(
            f"cannot write {path}", received=fault, accepted="a folder to write in", next_step="choose another"
        ) from fault
    return path


def read_clip(path: Path) -> TrainingClip:
    """Read and check a clip.

    Raises:
        InputError: no such file, damaged, too large, of another schema, or not fit to train on.
    """
    with damage_explained(
        path, kind="training clip", accepted=f"an npz of schema {CLIP_SCHEMA}", next_step="make the clip again"
    ):
        return _read(path)


def _read(path: Path) -> TrainingClip:
    file = read_arrays(path, kind="training clip", max_bytes=_LARGEST_BYTES, max_members=_MOST_PHASES + 64)
    metadata = _metadata(file)
    tracks = [_entry(file, name) for name in TRACKS]
    confidence, amplitude = _entry(file, "confidence"), _entry(file, "amplitude")
    linguistic = tuple(file[name] for i in range(_MOST_PHASES) if (name := f"linguistic_{i}") in file)
    _check_shapes(tracks, confidence, amplitude, list(linguistic))
    motion = Motion(*tracks)
    observed = file.get("observed", np.ones(NUM_MOTION, bool))
    if observed.shape != (NUM_MOTION,) or observed.dtype != bool:
        raise Damaged(f"observed of shape {observed.shape} and type {observed.dtype}")
    emotion = file.get("emotion")
    if emotion is not None and (emotion.shape != (motion.num_frames, len(EMOTIONS)) or emotion.dtype.kind != "f"):
        raise Damaged(f"emotion of shape {emotion.shape} and type {emotion.dtype}")
    clip, speaker, split, encoder = (metadata[name] for name in _METADATA[1:])
    return TrainingClip(clip, speaker, split, encoder, motion, confidence, linguistic, amplitude, observed, emotion)


def _entry(file: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in file:
        raise Damaged(f"no entry '{name}'")
    return file[name]


def _metadata(file: Mapping[str, np.ndarray]) -> dict[str, str]:
    """What a clip says about itself: an object of texts."""
    try:
        metadata = json.loads(str(_entry(file, "metadata")))
    except (ValueError, RecursionError) as error:
        raise Damaged("metadata that are no JSON") from error
    if not isinstance(metadata, dict):
        raise Damaged("metadata that are no JSON object")
    if metadata.get("schema") != CLIP_SCHEMA:
        raise Damaged(f"schema {str(metadata.get('schema'))[:40]!r}")
    if (rate := metadata.get("frame_rate_hz", FRAME_RATE_HZ)) != FRAME_RATE_HZ:
        raise Damaged(f"{str(rate)[:40]} frames a second instead of {FRAME_RATE_HZ}")
    if missing := [name for name in _METADATA if name not in metadata]:
        raise Damaged(f"no entry '{missing[0]}'")
    return {name: str(metadata[name]) for name in _METADATA}


def _check_shapes(
    tracks: list[np.ndarray], confidence: np.ndarray, amplitude: np.ndarray, linguistic: list[np.ndarray]
) -> None:
    """Shapes and number types, before anything trusts them."""
    frames = confidence.shape[:1]
    groups = ((*tracks, confidence), (amplitude, *linguistic))
    moved, heard = (sorted({len(a) if a.ndim else 0 for a in group}) for group in groups)
    if len(moved) == len(heard) == 1 and moved != heard:
        raise Damaged(f"{moved[0]} rows of motion beside {heard[0]} of sound, both {FRAME_RATE_HZ} a second")
    wanted = [(*frames, columns) for columns in (50, 3, 3, 2)] + [frames, frames]
    given = [a.shape for a in (*tracks, confidence, amplitude)]
    if given != wanted or any(a.ndim != 2 or a.shape[:1] != frames for a in linguistic):
        raise Damaged(f"shapes {given} and {[a.shape for a in linguistic]}")
    if any(a.dtype.kind != "f" for a in (*tracks, confidence, amplitude, *linguistic)):
        raise Damaged("numbers that are not floating-point")


def _fault(clip: TrainingClip) -> str:
    tracks = (clip.motion.to_matrix(), clip.confidence, clip.amplitude, *clip.linguistic)
    lengths = {len(track) for track in tracks}
    if not clip.clip or not all(c.isalnum() or c in "_-." for c in clip.clip) or clip.clip.startswith("."):
        return "a name with other signs than letters, digits, _, - and ."
    if clip.split not in SPLITS:
        return f"split {clip.split!r}"
    if not clip.linguistic or len({phase.shape[1] for phase in clip.linguistic}) != 1:
        return "no linguistic features, or phases with different channels"
    if len(lengths) != 1 or 0 in lengths:
        return f"tracks of {sorted(lengths)} frames"
    if not all(np.isfinite(track).all() for track in tracks):
        return "NaN or infinite numbers"
    if max(float(np.abs(phase).max()) for phase in clip.linguistic) > float(np.finfo(np.float16).max):
        return "linguistic features beyond half precision"
    if clip.confidence.min() < 0 or clip.confidence.max() > 1 or clip.amplitude.min() < 0:
        return "confidence outside 0..1 or negative amplitude"
    felt = clip.emotion
    if felt is not None and not (np.isfinite(felt).all() and felt.min() >= 0 and felt.max() <= MAX_LEVEL):
        return f"levels of emotion outside 0..{MAX_LEVEL:g}"
    return ""
