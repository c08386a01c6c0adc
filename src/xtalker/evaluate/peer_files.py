"""Files of other systems, whatever they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.evaluate.scores import matched
from xtalker.export.motion_npz import read_motion
from xtalker.export.read_arkit import read_arkit
from xtalker.export.read_flame import read_flame_motion
from xtalker.geometry import timeline
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import FRAME_RATE_HZ, NUM_EXPRESSION
from xtalker.values.files import read_array, read_arrays

NUM_FLAME_VERTICES: Final = 5023
RATES_HZ: Final = (25, 30, 24, 50, 60)
"""Rates that are tried for files that state none: the one that gives the clip's length."""
_MAX_BYTES: Final = 1 << 31
_MAX_METRES: Final = 10.0
_VERTEX_NAMES: Final = ("vertices", "verts", "pred", "vertices_out")
_FLAME_COLUMNS: Final = {53: (50, 0), 56: (50, 3), 103: (100, 0), 106: (100, 3)}
"""Columns of a FLAME npy -> (expression components, head columns): [expression | head | jaw]."""
_TRACKED: Final = "tracked by our own tracker, whose errors count"
_NO_HEAD: Final = dict.fromkeys(("head_error_deg", "head_amplitude_ratio"), "no head rotation in the file")
_NO_MODEL_JAW: Final = "another head's jaw has other axes: compare the lips"


@dataclass(frozen=True)
class PeerOutput:
    """What one file holds, at 25 frames a second.

    Attributes:
        kind: in words.
        motion: of the open head, where the file has or gives one.
        flame_motion: of FLAME, with its identity.
        vertices: of FLAME's topology, metres.
        rest: its neutral face, where the file has one.
        lacks: figure -> the channel that is missing for it.
        notes: what was assumed.
    """

    kind: str
    motion: Motion | None = None
    flame_motion: tuple[Motion, Identity] | None = None
    vertices: Float[np.ndarray, "frames 5023 3"] | None = None
    rest: Float[np.ndarray, "5023 3"] | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_output(path: Path, num_frames: int) -> PeerOutput:
    """Read a file.

    Args:
        path: .npz of xtalker or of FLAME parameters; .npy of FLAME parameters (frames, 53, 56, 103, 106) as
            [expression | head | jaw] or of vertices (frames, 15069) or (frames, 5023, 3); .csv of ARKit; a video.
        num_frames: of the clip at 25 a second, which tells the rate of files that state none.

    Raises:
        InputError: missing, damaged, none of these, of another length than the clip.
    """
    read = KINDS.get(path.suffix.lower())
    if read is None:
        raise _wrong(path, "another ending")
    return read(path, num_frames)


def _npz(path: Path, num_frames: int) -> PeerOutput:
    arrays = read_arrays(path, kind="output of another system", max_bytes=_MAX_BYTES)
    if "head_model" in arrays and "expression_names" in arrays:
        return _own(path)
    name = next((name for name in _VERTEX_NAMES if name in arrays), None)
    if name is not None:
        rest = arrays.get("template")
        return _vertices(arrays[name], path, num_frames, None if rest is None else _one_face(rest, path))
    rate = None
    if not {"fps", "frame_rate_hz"} & set(arrays):
        rate = _rate(read_flame_motion(path)[0].num_frames, num_frames, path)
    motion, identity, notes = read_flame_motion(path, rate_hz=rate)
    return _flame(motion, identity, notes)


def _own(path: Path) -> PeerOutput:
    motion, identity, _ = read_motion(path)
    if motion.head_model == "flame":
        return _flame(motion, identity, ())
    return PeerOutput("xtalker motion", motion=motion)


def _npy(path: Path, num_frames: int) -> PeerOutput:
    array = _array(path)
    if array.shape[1:] in ((3 * NUM_FLAME_VERTICES,), (NUM_FLAME_VERTICES, 3)):
        return _vertices(array, path, num_frames, None)
    if array.ndim != 2 or array.shape[1] not in _FLAME_COLUMNS:
        raise _wrong(path, f"shape {array.shape}")
    used, turns = _FLAME_COLUMNS[array.shape[1]]
    rate = _rate(len(array), num_frames, path)
    rows = timeline.resample_rate(array, rate)
    head = rows[:, used : used + turns] if turns else np.zeros((len(rows), 3), np.float32)
    still = np.zeros((len(rows), 2), np.float32)
    motion = Motion(rows[:, :NUM_EXPRESSION], rows[:, -3:], head, still, head_model="flame")
    notes = (f"taken as [expression {used} | head {turns} | jaw 3] at {rate:g} frames a second, mean face",)
    found = _flame(motion, Identity(head_model="flame"), notes)
    return found if turns else _without_head(found)


def _without_head(output: PeerOutput) -> PeerOutput:
    return replace(output, lacks={**output.lacks, **_NO_HEAD})


def _flame(motion: Motion, identity: Identity, notes: tuple[str, ...]) -> PeerOutput:
    lacks = {
        "gaze_error_deg": "no gaze in FLAME parameters", "jaw_mae_deg": _NO_MODEL_JAW,
        "head_amplitude_ratio": "not taken over another head's rest pose",
    }  # fmt: skip
    if any(note.startswith("no head rotation") for note in notes):
        lacks |= _NO_HEAD
    return PeerOutput("FLAME parameters", flame_motion=(motion, identity), lacks=lacks, notes=notes)


def _vertices(array: np.ndarray, path: Path, num_frames: int, rest: np.ndarray | None) -> PeerOutput:
    if array.ndim not in (2, 3) or array.size != len(array) * 3 * NUM_FLAME_VERTICES or array.dtype.kind != "f":
        raise _wrong(path, f"vertices of shape {array.shape}")
    if not np.all(np.abs(array) <= _MAX_METRES):
        raise _wrong(path, f"vertices beyond {_MAX_METRES:g} m or not finite")
    rate = _rate(len(array), num_frames, path)
    flat = timeline.resample_rate(np.ascontiguousarray(array.reshape(len(array), -1), np.float32), rate)
    lacks = dict.fromkeys(
        ("head_error_deg", "head_amplitude_ratio", "gaze_error_deg", "jaw_mae_deg"), "vertices have no such channel"
    )
    about = "the file's template" if rest is not None else "the frame in which the lips are nearest to each other"
    notes = (f"taken as {rate:g} frames a second", f"rest: {about}", "head taken as still")
    vertices = flat.reshape(len(flat), NUM_FLAME_VERTICES, 3)
    return PeerOutput("vertices of FLAME's topology", vertices=vertices, rest=rest, lacks=lacks, notes=notes)


def _one_face(array: np.ndarray, path: Path) -> Float[np.ndarray, "5023 3"]:
    if array.size != 3 * NUM_FLAME_VERTICES or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise _wrong(path, f"template of shape {array.shape}")
    return array.reshape(NUM_FLAME_VERTICES, 3).astype(np.float32)


def _arkit(path: Path, num_frames: int) -> PeerOutput:
    motion, notes = read_arkit(path)
    matched(motion, num_frames)
    lacks: dict[str, str] = {}
    if not motion.head.any():
        lacks |= _NO_HEAD
    return PeerOutput("ARKit recording", motion=motion, lacks=lacks, notes=notes)


def _video(path: Path, num_frames: int) -> PeerOutput:
    from xtalker.performance import watch

    motion = watch(path).motion
    matched(motion, num_frames)
    return PeerOutput("video", motion=motion, notes=(_TRACKED, "the person in the video is fitted to it alone"))


KINDS: Final[Mapping[str, Callable[[Path, int], PeerOutput]]] = {
    ".npz": _npz, ".npy": _npy, ".csv": _arkit, ".mp4": _video, ".webm": _video, ".mkv": _video, ".mov": _video,
    ".avi": _video,
}  # fmt: skip
"""Ending -> what reads it."""


def _rate(rows: int, num_frames: int, path: Path) -> float:
    """The usual rate at which so many rows last as long as the clip.

    Raises:
        InputError: none does.
    """
    apart = {rate: abs(timeline.frames_covering(rows / rate) - num_frames) for rate in RATES_HZ}
    rate = min(apart, key=lambda r: apart[r])
    if apart[rate] > 2:
        raise InputError(
            "the output is not as long as its clip", received=f"{path}: {rows} rows",
            accepted=f"{num_frames / FRAME_RATE_HZ:.2f} s at one of {', '.join(map(str, sorted(RATES_HZ)))} a second",
            next_step="check that the file belongs to this clip",
        )  # fmt: skip
    return float(rate)


def _array(path: Path) -> np.ndarray:
    array = read_array(path, kind="output of another system", max_bytes=_MAX_BYTES)
    if array.ndim < 2 or array.dtype.kind != "f" or not len(array):
        raise _wrong(path, "no array of floating-point rows")
    if not np.isfinite(array).all():
        raise _wrong(path, "numbers that are not finite")
    return np.ascontiguousarray(array, np.float32)


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not the output of a system that can be read", received=f"{path} ({fault})",
        accepted="FLAME npz, npy (frames, 53/56/103/106), vertices npy (frames, 15069), ARKit csv, video",
        next_step="save it in one of these forms",
    )  # fmt: skip
