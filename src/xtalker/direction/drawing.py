"""A direction as a picture: what it asks for over time. Needs matplotlib (the extra `plots`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xtalker.direction.camera_moves import camera_track
from xtalker.direction.head_track import head_track
from xtalker.direction.plan import camera_program, head_moves
from xtalker.geometry.timeline import frame_centres_s, frames_covering
from xtalker.values import InputError
from xtalker.values.direction import Direction, EmotionKey, Move
from xtalker.values.files import whole_file
from xtalker.values.tracks import Rhythm

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_S: Final = 10.0
_AFTER_LAST_S: Final = 4.0
_BEAT_S, _PHRASE_S, _PAUSE_S = 0.9, 3.2, 0.5
_LABEL_LENGTH = 36


def shown_duration_s(direction: Direction) -> float:
    """Long enough for everything that the direction names, at least 10 s."""
    last = max(
        (
            0.0,
            *(k.at_s for k in direction.emotion),
            *(w.at_s for w in direction.head),
            *(w.at_s for w in direction.camera),
        )
    )
    return max(_LEAST_S, last + _AFTER_LAST_S)


def example_rhythm(duration_s: float) -> Rhythm:
    """Invented speech for drawings without a recording: phrases of 3.2 s, pauses of 0.5 s, an emphasis each 0.9 s."""
    at_s = frame_centres_s(frames_covering(duration_s))
    speaking = at_s % (_PHRASE_S + _PAUSE_S) < _PHRASE_S
    prominence = np.where(speaking, np.clip(1 - np.abs(at_s % _BEAT_S - _BEAT_S / 2) / 0.12, 0, 1), 0.0)
    return Rhythm(np.where(speaking, 0.0, -60.0), np.where(speaking, 120.0, 0.0), speaking, prominence)


def draw(direction: Direction, path: Path, duration_s: float) -> None:
    """Write a picture of emotion levels, head angles, and camera over time, with gaze and blinks in words.

    Emotions are drawn as they are written: labels, texts and files are not looked up. Head and camera follow
    the embedded parser on invented speech.

    Args:
        direction: what to draw.
        path: .png, .svg or .pdf.
        duration_s: of the time line.

    Raises:
        InputError: matplotlib is absent, words that are not understood.
        OutputError: a place that cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(
            "drawing needs matplotlib",
            received="an installation without it",
            accepted="the extra 'plots'",
            next_step="pip install 'xtalker[plots]'",
        ) from error
    rhythm = example_rhythm(duration_s)
    moves, camera = head_moves(direction.head, rhythm), camera_program(direction.camera, rhythm)
    figure = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(3, 1, sharex=True)
    _draw_emotion(axes[0], direction.emotion, duration_s)
    _draw_head(axes[1], moves, rhythm, direction.seed)
    _draw_camera(axes[2], camera, rhythm, direction.seed)
    axes[2].set_xlabel("seconds")
    axes[2].set_xlim(0, duration_s)
    figure.suptitle(_settings(direction), fontsize=10)
    with whole_file(path) as part:
        figure.savefig(part, format=path.suffix[1:].lower(), dpi=110)


def _settings(direction: Direction) -> str:
    blink = "natural" if direction.blink.rate is None else f"{direction.blink.rate:g}/s"
    return (
        f"gaze {direction.gaze.target}, wander {direction.gaze.wander:g}   blinks {blink}   "
        f"accents {direction.accents:g}   breath {direction.breath:g}   "
        f"emotion strength {direction.emotion_strength:g}   seed {direction.seed}"
    )


def _draw_emotion(axis: Any, keys: Sequence[EmotionKey], duration_s: float) -> None:
    """Each wish as a ramp that rises at its key and falls at the next."""
    axis.set(ylabel="emotion, level", ylim=(0, 2.1))
    ends: list[EmotionKey | None] = [*keys[1:], None]
    for key, following in zip(keys, ends):
        total = sum(wish.weight for wish in key.mix)
        for wish in key.mix:
            level = wish.level * key.weight * wish.weight / total
            stop = (
                (duration_s + 1, duration_s + 1)
                if following is None
                else (following.at_s, following.at_s + following.ease_s)
            )
            name = wish.value or wish.door
            label = f"{key.at_s:g} s: {wish.door} {name}" if wish.door != "is" else f"{key.at_s:g} s: {name}"
            level = 0.0 if name == "neutral" else level
            axis.plot([key.at_s, key.at_s + key.ease_s, *stop], [0, level, level, 0], label=_plain(label))
    if keys:
        axis.legend(fontsize=7, loc="upper right", ncols=2)


def _draw_head(axis: Any, moves: Sequence[Move], rhythm: Rhythm, seed: int) -> None:
    angles = np.degrees(head_track(moves, rhythm, seed=seed).rotation)
    at_s = frame_centres_s(rhythm.num_frames)
    for column, name in enumerate(("pitch (+ down)", "yaw (+ subject's left)", "roll (+ subject's right)")):
        axis.plot(at_s, angles[:, column], label=name)
    axis.set_ylabel("head, degrees")
    axis.fill_between(at_s, 0, 1, where=~rhythm.speaking, transform=axis.get_xaxis_transform(), color="0.92")
    axis.legend(fontsize=7, loc="upper right", ncols=3)


def _draw_camera(axis: Any, moves: tuple[Move, ...], rhythm: Rhythm, seed: int) -> None:
    track = camera_track(moves, rhythm.num_frames, seed=seed)
    at_s = frame_centres_s(rhythm.num_frames)
    for name, row in (("yaw", track.yaw), ("pitch", track.pitch), ("roll", track.roll), ("view", track.field_of_view)):
        axis.plot(at_s, np.degrees(row), label=name)
    axis.plot(at_s, 10 * track.distance, label="distance x 10", linestyle="--")
    for cut_s in at_s[track.cut]:
        axis.axvline(cut_s, color="0.5", linewidth=0.8)
    axis.set_ylabel("camera, degrees")
    axis.legend(fontsize=7, loc="upper right", ncols=5)


def _plain(label: str) -> str:
    """Short, and without what matplotlib would read as mathematics."""
    short = label if len(label) <= _LABEL_LENGTH else f"{label[:_LABEL_LENGTH]}..."
    return short.replace("\\", "/").replace("$", r"\$")
