"""MetaHuman face animation (.metahuman.csv, .metahuman.json), 60 rows a second.

csv   `time` in seconds, then the 174 controls of the face board, one row for each frame
json  {"frame_rate_hz": 60, "controls": {name: values}, "curves": {name: values}, "card": ...}; curves are the
      animation curves of the face mesh (`CTRL_expressions_*`), which Unreal plays without a rig

How our channels map to them, what was checked and what was assumed is in `data/metahuman_map.json`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float

from xtalker.export.arkit_names import ARKIT_SHAPES, arkit_from_tracks
from xtalker.export.frame_rate import at_rate
from xtalker.export.interface import Content
from xtalker.export.losses import extras_of, fault_for_curves, moving_channels
from xtalker.values import Motion
from xtalker.values.conventions import EXPRESSION_NAMES
from xtalker.values.files import whole_file

METAHUMAN_RATE_HZ: Final = 60
MAP: Final = Path(__file__).parent / "data" / "metahuman_map.json"
_SAID_TURN_RAD: Final = 0.01


class MetaHumanMap(NamedTuple):
    """The table `data/metahuman_map.json`.

    Attributes:
        controls: the 174 controls, in order.
        two_way: those that run from -1 to 1.
        board: (source, control, weight).
        curves: (source, curve, weight).
    """

    controls: tuple[str, ...]
    two_way: frozenset[str]
    board: tuple[tuple[str, str, float], ...]
    curves: tuple[tuple[str, str, float], ...]


class _MetaHuman:
    suffix: str

    def can_hold(self, content: Content) -> str | None:
        """Motion of the open head, whose channels have names."""
        return fault_for_curves(content, "open")

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """The head's rotation, which has no control on the face board, lids apart from gaze, and what is no curve."""
        motion = content.motion
        turns = {"head rotation": motion.head, "sideways turn of the jaw, except for its shift": motion.jaw[:, 1:]}
        lost = [name for name, track in turns.items() if np.abs(track).max(initial=0) > _SAID_TURN_RAD]
        return (*lost, *moving_channels(content, ("lidDownLeft", "lidDownRight", "lidUp")), *extras_of(content))


class MetaHumanCsv(_MetaHuman):
    """Exporter of the 174 controls as a table."""

    suffix = ".metahuman.csv"

    def write(self, path: Path, content: Content) -> None:
        """One row for each sixtieth of a second.

        Raises:
            OutputError: the place cannot be written.
        """
        controls = load_map().controls
        values, _ = metahuman_values(content.motion)
        with whole_file(path) as part, part.open("w", encoding="ascii", newline="\n") as stream:
            print("time", *controls, sep=",", file=stream)
            line = ",".join(["%.6f"] * (1 + len(controls)))
            for number, row in enumerate(values):
                print(line % (number / METAHUMAN_RATE_HZ, *row), file=stream)


class MetaHumanJson(_MetaHuman):
    """Exporter of the 174 controls and of the mesh's animation curves."""

    suffix = ".metahuman.json"

    def write(self, path: Path, content: Content) -> None:
        """One list for each control and each curve.

        Raises:
            OutputError: the place cannot be written.
        """
        values, curves = metahuman_values(content.motion)
        document = {
            "frame_rate_hz": METAHUMAN_RATE_HZ,
            "num_frames": len(values),
            "controls": _lists(load_map().controls, values),
            "curves": _lists(curve_names(), curves),
            "card": dict(content.card),
        }
        with whole_file(path) as part:
            part.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


@cache
def load_map() -> MetaHumanMap:
    """The table of this package."""
    raw = json.loads(MAP.read_text(encoding="utf-8"))
    board, curves = (tuple((s, t, float(w)) for s, t, w in raw[name]) for name in ("board", "curves"))
    return MetaHumanMap(tuple(raw["controls"]), frozenset(raw["two_way"]), board, curves)


def curve_names() -> tuple[str, ...]:
    """Curves of the face mesh that we move, in the order of the table."""
    return tuple(dict.fromkeys(curve for _, curve, _ in load_map().curves))


def metahuman_values(
    motion: Motion, rate_hz: int = METAHUMAN_RATE_HZ
) -> tuple[Float[np.ndarray, "rows 174"], Float[np.ndarray, "rows curves"]]:
    """Controls of the board (-1 or 0 to 1) and curves of the mesh (0 to 1) at another frame rate."""
    table = load_map()
    tracks = at_rate(motion, rate_hz)
    shapes = arkit_from_tracks(tracks.expression, tracks.jaw, tracks.head, tracks.gaze)[:, : len(ARKIT_SHAPES)]
    sources = dict(zip(ARKIT_SHAPES, np.clip(shapes, 0, 1).T))
    # Our own channels last: where both have a name, they keep left and right apart.
    sources |= dict(zip(EXPRESSION_NAMES, np.clip(tracks.expression, 0, 1).T))
    board = _sum(sources, table.board, table.controls)
    lowest = np.array([-1.0 if name in table.two_way else 0.0 for name in table.controls])
    return np.clip(board, lowest, 1), np.clip(_sum(sources, table.curves, curve_names()), 0, 1)


def _sum(
    sources: dict[str, np.ndarray], rows: Sequence[tuple[str, str, float]], targets: tuple[str, ...]
) -> Float[np.ndarray, "frames targets"]:
    place = {name: i for i, name in enumerate(targets)}
    out = np.zeros((len(next(iter(sources.values()))), len(targets)))
    for source, target, weight in rows:
        out[:, place[target]] += weight * sources[source]
    return out


def _lists(names: tuple[str, ...], values: np.ndarray) -> dict[str, list[float]]:
    return dict(zip(names, np.round(values.T, 6).tolist()))
