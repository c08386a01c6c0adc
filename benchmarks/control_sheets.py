"""The contact sheets of `benchmarks/control.py --sheets`: what the figures cannot say, to be looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from benchmarks.control_parts import directed, generated, held, opening_mm
from xtalker.performance import NATURAL, Shot, parts
from xtalker.performance.filming import frames
from xtalker.render import contact_sheet, write_png
from xtalker.values import Identity, Motion
from xtalker.values.direction import BlinkWish, CameraWish, Direction, EmotionKey, EmotionWish, HeadWish
from xtalker.values.tracks import EMOTIONS, LEVELS, CameraTrack

_CELL: Final = 192
HEAD_STYLES: Final = ("calm", "energetic TED talk", "shy", "nod twice, then slowly turn left 20 degrees")
CAMERA_MOVES: Final = (
    "slow orbit left", "push in", "dolly zoom in", "low angle", "pan right", "cut to close-up at 4 s",
)  # fmt: skip

Picture = UInt8[np.ndarray, "height width 3"]


def draw_sheets(folder: Path) -> None:
    """Draw all sheets as PNG files.

    Args:
        folder: made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opening = opening_mm(generated(0))
    write_png(folder / "emotions_closed.png", _emotions(int(opening.argmin())))
    write_png(folder / "emotions_speaking.png", _emotions(int(opening.argmax())))
    write_png(folder / "transition.png", _transition())
    write_png(folder / "camera_moves.png", _camera_moves())
    _head_styles(folder / "head_styles.png")


def _emotions(frame: int) -> Picture:
    """Seven rows of emotions, six columns of levels, one frame of the demo speech."""
    open_eyes = BlinkWish(0.0)  # or a blink of the generator would hide what the emotion does
    wishes = [replace(held(emotion, level), blink=open_eyes) for emotion in EMOTIONS for level in LEVELS]
    rows = [directed(wish)[0][frame : frame + 1] for wish in wishes]
    return contact_sheet(_pictures(Motion.concatenate(rows)), len(LEVELS))


def _transition() -> Picture:
    """Five emotions in one clip, every fifth frame."""
    names = ("happy", "surprise", "sad", "angry", "disgust")
    keys = tuple(EmotionKey(0.4 + 2 * i, (EmotionWish("is", name, 1.4),)) for i, name in enumerate(names))
    motion, _ = directed(replace(Direction(), emotion=keys))
    chosen = [motion[i : i + 1] for i in range(0, motion.num_frames, 5)]
    return contact_sheet(_pictures(Motion.concatenate(chosen)), 9)


def _camera_moves() -> Picture:
    """Six moves, seven moments each."""
    cells: list[Picture] = []
    for move in CAMERA_MOVES:
        motion, tracks = directed(replace(Direction(), camera=(CameraWish(move),)))
        assert tracks.camera is not None
        chosen = np.linspace(0, motion.num_frames - 1, 7).astype(int)
        camera = _at(tracks.camera, chosen)
        cells += _pictures(Motion.concatenate([motion[i : i + 1] for i in chosen]), camera)
    return contact_sheet(cells, 7)


def _at(camera: CameraTrack, chosen: np.ndarray) -> CameraTrack:
    return CameraTrack(**{name: getattr(camera, name)[chosen] for name in CameraTrack.__dataclass_fields__})


def _pictures(motion: Motion, camera: CameraTrack | None = None) -> list[Picture]:
    made = frames(parts.open_head(), Identity(), motion, Shot(size=_CELL), camera=camera)
    return [frame.rgb for frame in made]


def _head_styles(path: Path) -> None:
    """Head angles over time, natural and under four directions."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(HEAD_STYLES) + 1, 1, figsize=(9, 9), sharex=True, sharey=True)
    for axis, style in zip(axes, ("", *HEAD_STYLES)):
        motion, _ = directed(replace(NATURAL, head=(HeadWish(style=style),)))
        seconds = (np.arange(motion.num_frames) + 0.5) / 25
        for column, name in enumerate(("pitch (+ down)", "yaw (+ left)", "roll (+ right shoulder)")):
            axis.plot(seconds, np.degrees(motion.head[:, column]), label=name)
        axis.set_title(style or "natural", loc="left", fontsize=9)
        axis.set_ylabel("degrees")
        axis.grid(alpha=0.3)
    axes[0].legend(ncols=3, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1))
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    pyplot.close(figure)
