"""What the paper's recipe reads of a training clip beyond what every clip has.

Optional arrays of the same npz: emotion_features (frames, channels) float16 of a speech-emotion encoder, with
emotion_encoder, its fingerprint; identity (frames, 228) float32, FLAME's shape and detail of each frame. With
identity, the clip's motion is that of FLAME: 50 expression components, rotations, no gaze.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from xtalker.networks.paper.layout import NUM_IDENTITY
from xtalker.values import InputError
from xtalker.values.files import array_names, read_arrays, whole_file

_EMOTION, _ENCODER, _IDENTITY = "emotion_features", "emotion_encoder", "identity"
_MOST_CHANNELS = 65536
_KIND, _LARGEST_BYTES, _MOST_MEMBERS = "training clip", 2 << 30, 128


@dataclass(frozen=True)
class PaperTracks:
    """The optional arrays of a clip.

    Attributes:
        emotion: features of a speech-emotion encoder.
        emotion_encoder: its fingerprint; empty without features.
        identity: FLAME's shape and detail.
    """

    emotion: Float[np.ndarray, "frames feelings"] | None = None
    emotion_encoder: str = ""
    identity: Float[np.ndarray, "frames 228"] | None = None


def add_tracks(path: Path, tracks: PaperTracks) -> None:
    """Add tracks to a clip that is there; others of the same name are replaced.

    Raises:
        InputError: a clip that is damaged.
        OutputError: the file cannot be written.
    """
    arrays = dict(read_arrays(path, kind=_KIND, max_bytes=_LARGEST_BYTES, max_members=_MOST_MEMBERS))
    if tracks.emotion is not None:
        arrays[_EMOTION], arrays[_ENCODER] = tracks.emotion.astype(np.float16), np.array(tracks.emotion_encoder)
    if tracks.identity is not None:
        arrays[_IDENTITY] = tracks.identity.astype(np.float32)
    with whole_file(path) as beside, beside.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # the stub takes the names for options


def names_of(path: Path) -> frozenset[str]:
    """Which optional arrays a clip has.

    Raises:
        InputError: a clip that is damaged.
    """
    names = array_names(path, kind=_KIND, max_members=_MOST_MEMBERS)
    return frozenset({_EMOTION, _IDENTITY} & set(names))


def read_tracks(path: Path, num_frames: int) -> PaperTracks:
    """Read and check the optional arrays of a clip.

    Raises:
        InputError: of another length or type, not finite, emotion features without the name of their encoder.
    """
    wanted = (_EMOTION, _ENCODER, _IDENTITY)
    file = read_arrays(path, kind=_KIND, max_bytes=_LARGEST_BYTES, max_members=_MOST_MEMBERS, only=wanted)
    emotion, identity = file.get(_EMOTION), file.get(_IDENTITY)
    fault = _fault(emotion, num_frames, _MOST_CHANNELS) or _fault(identity, num_frames, NUM_IDENTITY, exact=True)
    if emotion is not None and _ENCODER not in file:
        fault = f"no entry '{_ENCODER}'"
    if fault:
        raise InputError(
            f"unusable tracks in training clip {path.name}",
            received=fault,
            accepted="finite emotion features with the name of their encoder, 228 numbers of identity a frame",
            next_step="make the clip again",
        )
    encoder = "" if emotion is None else str(file[_ENCODER])
    return PaperTracks(
        None if emotion is None else emotion.astype(np.float32), encoder,
        None if identity is None else identity.astype(np.float32),
    )  # fmt: skip


def _fault(array: np.ndarray | None, num_frames: int, channels: int, *, exact: bool = False) -> str | None:
    if array is None:
        return None
    fits = array.ndim == 2 and array.shape[0] == num_frames and 0 < array.shape[1] <= channels
    if not fits or (exact and array.shape[1] != channels) or array.dtype.kind != "f":
        return f"an array of shape {array.shape} and type {array.dtype} for {num_frames} frames"
    return None if np.isfinite(array).all() else "NaN or infinite numbers"
