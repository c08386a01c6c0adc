"""Live Link Face recordings (.csv) to Motion of the open head, and other tools' weights under ARKit's names.

Columns are found by name in any case and order, with or without the prefix of Audio2Face and NeuroSync
(`blendShapes.`); commas, semicolons or tabs, quotes and decimal commas are told apart by `export.table`. Times are the
app's timecodes, which may pass midnight, or seconds. Rows in which the app had lost the face (a count of 0, or no
values) are bridged from their neighbours; rows that do not go on in time are left out. Both are said.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.export.arkit_names import ANGLES, ARKIT_COLUMNS, ARKIT_SHAPES, tracks_from_arkit
from xtalker.export.losses import MAX_FRAMES
from xtalker.export.table import NoTable, rows_of_table
from xtalker.geometry import timeline
from xtalker.values import InputError, Motion
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import check_readable

_KIND: Final = "ARKit recording"
_MAX_BYTES: Final = 1 << 28
_MAX_COLUMNS: Final = 256
_RATES_HZ: Final = (24, 25, 30, 48, 50, 60, 90, 100, 120)
_APP_RATE_HZ: Final = 60
_MAX_WEIGHT: Final = 2.0
_TIMECODE: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,3})(\.\d{1,6})?")
_SECONDS: Final = re.compile(r"\d{1,6}(\.\d{0,9})?([eE][+-]?\d{1,2})?")
_DAY_S: Final = 86_400.0
_FEW_ROWS: Final = 0.1
_EYE_ANGLES: Final = tuple(name for name in ANGLES if name.startswith(("leftEye", "rightEye")) and "Roll" not in name)


def read_arkit(path: Path, *, rate_hz: int | None = None) -> tuple[Motion, tuple[str, ...]]:
    """Read a recording.

    Args:
        path: the file.
        rate_hz: what the frame numbers of the timecode count; None finds it from the largest one.

    Returns:
        motion of the open head, 25 fps, and what had to be assumed or filled, in a few words each.

    Raises:
        InputError: missing, too large, not text, without timecode or shapes, times that do not increase, values
            that are no numbers or out of range.
    """
    header, lines = _lines(path)
    column = {_plain(name): i for i, name in reversed(list(enumerate(header)))}
    missing = [name for name in ARKIT_SHAPES if name.lower() not in column]
    if "timecode" not in column or len(missing) > len(ARKIT_SHAPES) // 2 or "jawopen" not in column:
        raise _wrong(path, f"a header of {len(header)} names without {', '.join(missing[:4]) or 'Timecode'}")
    places = [column.get(name.lower()) for name in ARKIT_COLUMNS]
    rows, seen = _values(lines, places, column.get("blendshapecount"), path)
    times_s, rate_hz = _times(lines, column["timecode"], rate_hz, path)
    onwards = _onwards(times_s, path)
    rows, seen, times_s = rows[onwards], seen[onwards], times_s[onwards]
    if not seen.any():
        raise _wrong(path, "no row with values")
    notes = [f"{rate_hz} frames a second"]
    if not onwards.all():
        notes.append(f"{np.count_nonzero(~onwards)} rows that do not go on in time: left out")
    if missing:
        notes.append(f"no column for {', '.join(missing)}: taken as 0")
    if not seen.all():
        notes.append(f"{np.count_nonzero(~seen)} rows without a face: bridged")
    eye_angles = all(name.lower() in column for name in _EYE_ANGLES) and bool(
        np.any(rows[:, [ARKIT_COLUMNS.index(name) for name in _EYE_ANGLES]])
    )
    if not eye_angles:
        notes.append("no eye angles: gaze taken from the eyeLook shapes")
    return _motion(rows[seen], times_s[seen], times_s[-1] + 0.5 / rate_hz, eye_angles), tuple(notes)


def _plain(name: str) -> str:
    """A column's name in small letters, without what other tools put before it."""
    return name.strip().lower().removeprefix("blendshapes.")


def _lines(path: Path) -> tuple[list[str], list[list[str]]]:
    check_readable(path, kind=_KIND, accepted="a recording of Live Link Face (.csv)")
    if path.stat().st_size > _MAX_BYTES:
        raise _wrong(path, f"{path.stat().st_size} bytes; {_MAX_BYTES} at most")
    try:
        lines = rows_of_table(path.read_bytes(), max_columns=_MAX_COLUMNS)
    except NoTable as fault:
        raise _wrong(path, str(fault)) from fault
    if len(lines) < 2:
        raise _wrong(path, "no rows")
    return lines[0], lines[1:]


def _values(
    lines: list[list[str]], places: list[int | None], count: int | None, path: Path
) -> tuple[Float[np.ndarray, "rows 61"], np.ndarray]:
    """Values of every row, zero where there is no column, and which rows have a face."""
    there = [place for place in places if place is not None]
    longest = max(there)
    seen = np.array([len(row) > longest and (count is None or row[count].strip() != "0") for row in lines])
    if not seen.any():
        raise _wrong(path, "no row with values")
    out = np.zeros((len(lines), len(places)))
    picked = [[row[place] for place in there] for row, face in zip(lines, seen) if face]
    try:
        numbers = np.array(picked, dtype=np.float64)
    except ValueError as error:
        raise _wrong(path, f"a value that is no number ({error})") from error
    filled = np.array([place is not None for place in places])
    out[np.ix_(seen, filled)] = numbers
    weights, angles = np.split(out, [len(ARKIT_SHAPES)], axis=1)
    if not (np.all(np.abs(weights) <= _MAX_WEIGHT) and np.all(np.abs(angles) <= 2 * np.pi)):
        raise _wrong(path, "weights beyond 2, angles beyond a full turn, or values that are not finite")
    return out, seen


def _times(lines: list[list[str]], column: int, rate_hz: int | None, path: Path) -> tuple[np.ndarray, int]:
    """Centre of each row in seconds after the first row's start, and the rate of the frame numbers."""
    cells = [row[column].strip() if len(row) > column else "" for row in lines]
    if all(_SECONDS.fullmatch(cell) for cell in cells):
        times_s = np.array([float(cell) for cell in cells])
        rate_hz = rate_hz or _rate_of_seconds(times_s)
    else:
        matches = [_TIMECODE.fullmatch(cell) for cell in cells]
        parts = [m.groups(default="0") for m in matches if m is not None]
        if len(parts) < len(lines):
            raise _wrong(path, "a timecode that is neither HH:MM:SS:FF.mmm nor seconds")
        clock = np.array([[float(x) for x in p] for p in parts])
        if rate_hz is None:
            rate_hz = _rate(clock)
        times_s = clock[:, :3] @ [3600.0, 60.0, 1.0] + (clock[:, 3] + clock[:, 4]) / rate_hz
        # A jump back by about a day is midnight.
        times_s = times_s + _DAY_S * np.cumsum(np.diff(times_s, prepend=times_s[0]) < -_DAY_S / 2)
    times_s = times_s - times_s[0]
    if times_s[-1] * FRAME_RATE_HZ > MAX_FRAMES:
        raise _wrong(path, f"{times_s[-1]:.0f} seconds")
    return times_s + 0.5 / rate_hz, rate_hz


def _onwards(times_s: np.ndarray, path: Path) -> np.ndarray:
    """Rows that come after all rows before them: repeated ones and a few that fall back are left out."""
    latest_s = np.concatenate([[-np.inf], np.maximum.accumulate(times_s)[:-1]])
    onwards: np.ndarray = times_s > latest_s
    if np.count_nonzero(~onwards) > max(_FEW_ROWS * len(times_s), 1) or np.count_nonzero(onwards) < min(
        2, len(onwards)
    ):
        raise _wrong(path, "timecodes that do not increase")
    return onwards


def _rate_of_seconds(times_s: np.ndarray) -> int:
    """The whole rate nearest to most steps."""
    steps_s = np.diff(times_s)
    steps_s = steps_s[steps_s > 0]
    return int(np.clip(np.rint(1 / np.median(steps_s)), 1, 1000)) if len(steps_s) else _APP_RATE_HZ


def _rate(clock: np.ndarray) -> int:
    """The lowest usual rate that has all frame numbers; the app's own where less than a second was recorded."""
    if len(np.unique(clock[:, 2])) < 2:
        return _APP_RATE_HZ
    largest = clock[:, 3].max()
    return next((rate for rate in _RATES_HZ if largest < rate), int(largest) + 1)


def _motion(rows: np.ndarray, times_s: np.ndarray, duration_s: float, eye_angles: bool) -> Motion:
    expression, jaw, head, gaze = tracks_from_arkit(rows, eye_angles=eye_angles)
    target_s = timeline.frame_centres_s(timeline.frames_covering(duration_s))
    return Motion(
        timeline.resample(expression, times_s, target_s).astype(np.float32),
        timeline.resample_rotations(jaw, times_s, target_s).astype(np.float32),
        timeline.resample_rotations(head, times_s, target_s).astype(np.float32),
        timeline.resample(gaze, times_s, target_s).astype(np.float32),
    )


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not an ARKit recording that can be read", received=f"{path} ({fault})",
        accepted="a .csv of Live Link Face, Audio2Face or NeuroSync: Timecode, the 52 ARKit shapes (0 to 1), angles in "
        "radians, 8 hours at most",
        next_step="export it again as CSV from the app",
    )  # fmt: skip
