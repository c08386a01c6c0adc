"""Output of other systems for the same clips: what can be scored is, and for the rest the missing channel is said.

read_output   one file: FLAME npz/npy, VOCASET-topology npy, ARKit csv, xtalker npz, video
score_folder  a folder with one file for each clip
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from xtalker.evaluate import synchrony
from xtalker.evaluate.clips import SpokenClip, StoredClip
from xtalker.evaluate.compare import figures_with_intervals
from xtalker.evaluate.datasets import Dataset, open_dataset
from xtalker.evaluate.flame_surface import FlameSurface
from xtalker.evaluate.peer_files import KINDS, PeerOutput, read_output
from xtalker.evaluate.scores import FIGURES, Mouth, Row, Shape, figures_of, matched
from xtalker.evaluate.synchrony import Synchrony
from xtalker.head.flame import FlameHead
from xtalker.head.open_head import OpenHead
from xtalker.metrics import energy_above_8hz, gaze_error_deg, head_error_deg, jitter
from xtalker.performance import parts
from xtalker.values import InputError, Motion

__all__ = ["PeerOutput", "read_output", "score_folder"]

_NO_FLAME: Final = "needs your FLAME file (--flame): without it vertices have no regions"
_ALONE: Final = ("vertex_jitter", "vertex_energy_above_8hz")
_OF_JAW: Final = ("jaw_mae_deg",)
_OF_HEAD: Final = ("head_amplitude_ratio", "head_error_deg")
_OF_GAZE: Final = ("gaze_error_deg",)
_LIPS: Final = tuple(name for name in FIGURES if name not in (*_OF_JAW, *_OF_HEAD))


@dataclass(frozen=True)
class Judge:
    """Scores one output against a clip's truth.

    Attributes:
        head: the open head.
        flame: the user's FLAME, if given.
    """

    head: OpenHead
    flame: FlameHead | None = None

    @cached_property
    def mouth(self) -> Mouth:
        """Lips of the open head."""
        return Mouth(self.head)

    @cached_property
    def surface(self) -> FlameSurface | None:
        """Corresponding points of FLAME and the open head; None without FLAME."""
        return None if self.flame is None else FlameSurface.between(self.head, self.flame)

    def figures(self, output: PeerOutput, clip: SpokenClip) -> dict[str, float]:
        """Every figure that the output's channels allow."""
        if output.motion is not None:
            return self._of_motion(output, clip)
        out = self._of_turns(output, clip)
        if output.vertices is not None:
            out |= dict(zip(_ALONE, (jitter(output.vertices), energy_above_8hz(output.vertices))))
        if self.surface is None:
            return out
        vertices, rest = self._vertices(output)
        shapes = self.surface.shapes(fitted(vertices, clip.motion.num_frames), rest, clip, self.head, self.mouth)
        found = figures_of(*shapes, clip)
        return out | {name: found[name] for name in _LIPS}

    def _of_motion(self, output: PeerOutput, clip: SpokenClip) -> dict[str, float]:
        assert output.motion is not None
        motion = matched(output.motion, clip.motion.num_frames)
        shapes: tuple[Shape, Shape] = (
            self.mouth.shape(clip.identity, motion), self.mouth.shape(clip.identity, clip.motion),
        )  # fmt: skip
        found = figures_of(*shapes, clip)
        found["head_error_deg"] = head_error_deg(motion.head, clip.motion.head)
        found["gaze_error_deg"] = gaze_error_deg(motion.gaze, clip.motion.gaze)
        return {name: value for name, value in found.items() if name not in output.lacks}

    def _of_turns(self, output: PeerOutput, clip: SpokenClip) -> dict[str, float]:
        """Head of FLAME parameters: rotations mean the same on every head."""
        if output.flame_motion is None or "head_error_deg" in output.lacks:
            return {}
        head = fitted(output.flame_motion[0].head, clip.motion.num_frames)
        return {"head_error_deg": head_error_deg(head, clip.motion.head)}

    def _vertices(
        self, output: PeerOutput
    ) -> tuple[Float[np.ndarray, "frames vertices 3"], Float[np.ndarray, "vertices 3"] | None]:
        if output.vertices is not None:
            return output.vertices, output.rest
        assert output.flame_motion is not None and self.flame is not None
        motion, identity = output.flame_motion
        return self.flame.vertices(identity, motion, canonical=True), self.flame.neutral(identity)

    def missing(self, output: PeerOutput) -> dict[str, str]:
        """Figures that this kind of output cannot have -> why."""
        out = dict(output.lacks)
        if output.motion is None:
            out |= dict.fromkeys(synchrony.FIGURES, "the sync network watches motion of the open head")
            out |= {} if self.flame is not None else dict.fromkeys(_LIPS, _NO_FLAME)
        return out


def fitted(rows: Float[np.ndarray, "frames *axes"], num_frames: int) -> Float[np.ndarray, "_ *axes"]:
    """Cut, or the last row held, by at most the two frames that `matched` allows.

    Raises:
        InputError: they differ by more.
    """
    matched(Motion.zeros(len(rows)), num_frames)
    return rows[np.minimum(np.arange(num_frames), len(rows) - 1)]


def score_folder(
    folder: Path, data: Path, *, read: Callable[[Path], StoredClip], prepared: Path | None = None, split: str = "test",
    limit: int | None = None, flame: Path | None = None, progress: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Score the files of a system.

    Args:
        folder: one file for each clip, named as the clip or as its video.
        data: the clips, as for checkpoints.
        read: reads one prepared clip.
        prepared: as for checkpoints.
        split: as for checkpoints.
        limit: as for checkpoints.
        flame: the user's FLAME file.
        progress: show bars.

    Returns:
        plain values: kind, figures with intervals, those of truth and of the held first frame on the same clips, what
        is not computed and why.

    Raises:
        InputError: no folder, no file of any clip, a file that cannot be read, files of several kinds.
    """
    files = _files(folder)
    dataset = open_dataset(data, read=read, split=split, limit=limit, prepared=prepared, train_step=None)
    pairs = [(clip, files[name]) for clip in dataset.clips for name in _names(clip) if name in files]
    if not pairs:
        raise InputError(
            "no file belongs to a clip", received=f"{folder}: {', '.join(sorted(files)[:3]) or 'no files'}",
            accepted=f"names such as {dataset.clips[0].name} with {', '.join(KINDS)}",
            next_step="name each file as its clip",
        )  # fmt: skip
    judge = Judge(parts.open_head(), None if flame is None else FlameHead(flame))
    kinds: dict[str, PeerOutput] = {}
    clips = [clip for clip, _ in pairs]
    heard = Synchrony(clips, judge.mouth)
    figures = []
    for i, (clip, file) in enumerate(tqdm(pairs, desc="files", unit="clip", leave=False, disable=not progress)):
        output = read_output(file, clip.motion.num_frames)
        kinds.setdefault(output.kind, output)
        if len(kinds) > 1:
            raise InputError(
                "files of several kinds", received=" and ".join(kinds), accepted="one kind in a folder",
                next_step="score each kind apart",
            )  # fmt: skip
        figures.append(judge.figures(output, clip) | _sync(heard, output, i, clip))
    rows = {
        name: [judge.figures(each, clip) | _sync(heard, each, i, clip) for i, (clip, each) in enumerate(outputs)]
        for name, outputs in (
            ("truth", [(clip, _own(clip.motion)) for clip in clips]),
            ("hold_first_frame", [(clip, _own(_held(clip.motion))) for clip in clips]),
        )
    }
    return _report(dataset, clips, {"figures": figures, **rows}, judge, next(iter(kinds.values())))


def _sync(heard: Synchrony, output: PeerOutput, i: int, clip: SpokenClip) -> dict[str, float]:
    """Of outputs that are motion of the open head."""
    if output.motion is None:
        return {}
    return heard.figures(matched(output.motion, clip.motion.num_frames), i)


def _report(
    dataset: Dataset, clips: list[SpokenClip], found: Mapping[str, list[dict[str, float]]], judge: Judge,
    first: PeerOutput,
) -> dict[str, Any]:  # fmt: skip
    speakers, figures = [clip.speaker for clip in clips], found["figures"]
    common = [name for name in figures[0] if all(name in each for each in figures)]
    row = Row(speakers, [{name: each[name] for name in common} for each in figures])
    missing = judge.missing(first) | dict(_unsaid(dataset, row))
    if not common:
        missing["anything"] = "no channel of this output can be compared with the truth"
    return {
        "schema": "xtalker-peer-1", "kind": first.kind, "clips": len(clips), "clips_of_data": len(dataset.clips),
        "figures": figures_with_intervals(row), "notes": [*first.notes, dataset.about],
        **{name: figures_with_intervals(Row(speakers, found[name])) for name in ("truth", "hold_first_frame")},
        "not_computed": missing,
    }  # fmt: skip


def _unsaid(dataset: Dataset, row: Row) -> Mapping[str, str]:
    """Figures without a value for lack of word times."""
    lacks = {name: "sound" if name in synchrony.FIGURES else "words" for name in row.figures}
    unknown = "no clip has what it needs"
    return {name: dataset.missing.get(lacks[name], unknown) for name in row.figures if row.figure(name) is None}


def _own(motion: Motion) -> PeerOutput:
    return PeerOutput("truth", motion=motion)


def _held(motion: Motion) -> Motion:
    return Motion.concatenate([motion[:1]] * motion.num_frames)


def _files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(
            "no folder of another system's output", received=folder, accepted="a folder with one file for each clip",
            next_step="check the path",
        )  # fmt: skip
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in KINDS}


def _names(clip: SpokenClip) -> tuple[str, ...]:
    return (clip.name,) if clip.video is None else (clip.name, clip.video.stem)
