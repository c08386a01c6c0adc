"""ARKit CSV against a reader of this file's own, and back into Motion."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xtalker.export.arkit_csv import ArkitCsv, timecode
from xtalker.export.arkit_names import ARKIT_COLUMNS, JAW_OPEN_ANGLE_RAD, NOT_IN_ARKIT
from xtalker.export.interface import Content
from xtalker.export.read_arkit import read_arkit
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES


def speech(frames: int = 100, seed: int = 0, *, holdable: bool = True) -> Motion:
    """Speech-like motion, faster than real speech; `holdable` keeps to what ARKit has columns for."""
    random = np.random.default_rng(seed)
    time_s = (np.arange(frames) + 0.5) / 25

    def waves(count: int, size: float) -> np.ndarray:
        rate_hz, phase = random.uniform(0.3, 4, count), random.uniform(0, 6.3, count)
        return size * (0.6 + np.sin(2 * np.pi * time_s[:, None] * rate_hz + phase))

    expression, jaw, head = waves(50, 0.12), np.zeros((frames, 3)), waves(3, 0.1)
    jaw[:, 0] = 0.06 * (1 + np.sin(2 * np.pi * 4 * time_s))
    expression[:, CHANNEL["jawOpenCorrective"]] = jaw[:, 0] / JAW_OPEN_ANGLE_RAD
    if holdable:
        expression[:, [CHANNEL[name] for name in NOT_IN_ARKIT]] = 0
        for name in ("browInnerUp", "cheekPuff"):
            expression[:, CHANNEL[f"{name}Right"]] = expression[:, CHANNEL[f"{name}Left"]]
    tracks = (expression, jaw, head, waves(2, 0.1))
    return Motion(*(track.astype(np.float32) for track in tracks))


def rows_of(path: Path) -> tuple[np.ndarray, list[dict[str, str]]]:
    """Seconds and rows, read with the csv module alone."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    parts = [[float(x) for x in row["Timecode"].split(":")] for row in rows]
    return np.array([h * 3600 + m * 60 + s + f / 60 for h, m, s, f in parts]), rows


def independent_motion(path: Path, frames: int) -> Motion:
    """Second reader: the documented meaning of the columns, written out by name."""
    time_s, rows = rows_of(path)

    def column(name: str) -> np.ndarray:
        values = [float(row[name[0].upper() + name[1:]]) for row in rows]
        return np.interp((np.arange(frames) + 0.5) / 25, time_s + 0.5 / 60, values)

    expression = np.zeros((frames, 50))
    for name, index in CHANNEL.items():
        if name in ARKIT_COLUMNS:
            expression[:, index] = column(name)
    for half in ("browInnerUpLeft", "browInnerUpRight", "cheekPuffLeft", "cheekPuffRight"):
        expression[:, CHANNEL[half]] = column(half.removesuffix("Left").removesuffix("Right"))
    expression[:, CHANNEL["jawSide"]] = column("jawLeft") - column("jawRight")
    expression[:, CHANNEL["jawOpenCorrective"]] = column("jawOpen")
    jaw = np.stack([math.radians(20.7013) * column("jawOpen"), *np.zeros((2, frames))], axis=1)
    gaze = np.stack([column("leftEyePitch"), -column("rightEyeYaw")], axis=1)
    still = np.zeros((frames, 3))
    return Motion(*(x.astype(np.float32) for x in (expression, jaw, still, gaze)))


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


def lips_mm(head: OpenHead, one: Motion, other: Motion) -> np.ndarray:
    lips = head.topology.regions["lips"]
    one, other = (head.vertices(Identity(), motion, canonical=True)[:, lips] for motion in (one, other))
    return np.linalg.norm(one - other, axis=-1) * 1e3


def test_jaw_angle_is_the_open_heads(head: OpenHead) -> None:
    assert pytest.approx(head.jaw_open_angle_rad, abs=1e-7) == JAW_OPEN_ANGLE_RAD


def test_layout(tmp_path: Path) -> None:
    ArkitCsv().write(tmp_path / "a.csv", Content(speech(50), Identity()))
    time_s, rows = rows_of(tmp_path / "a.csv")
    np.testing.assert_allclose(time_s, np.arange(120) / 60, atol=1e-9)
    assert len(rows[0]) == 63 and all(row["BlendShapeCount"] == "61" for row in rows)
    assert list(rows[0])[2:5] == ["EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft"]
    assert list(rows[0])[16:20] == ["JawForward", "JawRight", "JawLeft", "JawOpen"]
    assert list(rows[0])[-9:-6] == ["HeadYaw", "HeadPitch", "HeadRoll"]
    assert timecode(3600 * 60 + 61, 60) == "01:00:01:01.000"


def test_lips_within_half_a_millimetre_through_a_second_reader(tmp_path: Path, head: OpenHead) -> None:
    motion = speech(100)
    ArkitCsv().write(tmp_path / "a.csv", Content(motion, Identity()))
    error = lips_mm(head, independent_motion(tmp_path / "a.csv", 100), motion)
    print(f"second reader: lips mean {error.mean():.3f} mm, max {error.max():.3f} mm")
    assert error.max() < 0.5


def test_our_reader_returns_the_motion(tmp_path: Path, head: OpenHead) -> None:
    motion = speech(100)
    ArkitCsv().write(tmp_path / "a.csv", Content(motion, Identity()))
    back, notes = read_arkit(tmp_path / "a.csv")
    assert notes == ("60 frames a second",) and back.num_frames == 100
    assert lips_mm(head, back, motion).max() < 0.5
    np.testing.assert_allclose(back.head, motion.head, atol=0.01)
    np.testing.assert_allclose(back.gaze, motion.gaze, atol=0.02)


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ({"gaze": [0.2, 0.0]}, {"EyeLookDownLeft": 0.327, "EyeLookUpLeft": 0, "LeftEyePitch": 0.2}),
        ({"gaze": [0.0, 0.2]}, {"EyeLookOutLeft": 0.327, "EyeLookInRight": 0.327, "LeftEyeYaw": -0.2}),
        ({"head": [0.3, 0.0, 0.0]}, {"HeadPitch": 0.3, "HeadYaw": 0}),
        ({"head": [0.0, 0.3, 0.0]}, {"HeadYaw": -0.3, "HeadPitch": 0}),
        ({"jaw": [0.36130587, 0.0, 0.0]}, {"JawOpen": 1.0}),
    ],
)
def test_signs(tmp_path: Path, change: dict[str, list[float]], columns: dict[str, float]) -> None:
    values = {name: np.tile(np.float32(value), (5, 1)) for name, value in change.items()}
    ArkitCsv().write(tmp_path / "a.csv", Content(replace(Motion.zeros(5), **values), Identity()))
    row = rows_of(tmp_path / "a.csv")[1][3]
    for name, value in columns.items():
        assert float(row[name]) == pytest.approx(value, abs=1e-3), name


def test_what_is_left_out_is_named() -> None:
    assert ArkitCsv().leaves_out(Content(speech(30), Identity())) == ()
    lost = ArkitCsv().leaves_out(Content(speech(30, holdable=False), Identity(np.ones(100, np.float32))))
    assert set(NOT_IN_ARKIT) <= set(lost)
    assert {"difference of left and right in browInnerUp", "shape of the head"} <= set(lost)
    assert ArkitCsv().can_hold(Content(Motion.zeros(3, head_model="flame"), Identity(head_model="flame"))) is not None


def test_every_named_channel_survives(tmp_path: Path) -> None:
    for index, name in enumerate(EXPRESSION_NAMES):
        if name in NOT_IN_ARKIT or name == "jawOpenCorrective":
            continue
        motion = Motion.zeros(3)
        halves = [
            i for i, n in enumerate(EXPRESSION_NAMES) if n[:9] == name[:9] and n[:9] in ("browInner", "cheekPuff")
        ]
        motion.expression[:, halves or [index]] = 0.4
        ArkitCsv().write(tmp_path / "a.csv", Content(motion, Identity()))
        back, _ = read_arkit(tmp_path / "a.csv")
        np.testing.assert_allclose(back.expression, motion.expression, atol=1e-6, err_msg=name)


APP = "Timecode,BlendshapeCount," + ",".join(n[0].upper() + n[1:] for n in ARKIT_COLUMNS)


def _recording(path: Path, times: list[str], opened: list[float | str], *, count: int = 61) -> Path:
    place = ARKIT_COLUMNS.index("jawOpen")
    lines = [APP]
    for code, value in zip(times, opened):
        cells = ["0.0"] * len(ARKIT_COLUMNS)
        cells[place] = str(value)
        lines.append(",".join([code, str(count), *cells]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_rows_without_a_face_are_bridged(tmp_path: Path) -> None:
    times = [f"10:00:{i // 60:02d}:{i % 60:02d}.429" for i in range(120)]
    path = _recording(tmp_path / "app.csv", times, [0.5] * 120)
    lines = path.read_text().splitlines()
    lines[31] = f"{times[30]},0"
    path.write_text("\n".join(lines))
    motion, notes = read_arkit(path)
    assert motion.num_frames == 50 and any("1 rows without a face" in note for note in notes)
    np.testing.assert_allclose(motion.expression[:, CHANNEL["jawOpenCorrective"]], 0.5, atol=1e-6)
    assert any("no eye angles" in note for note in notes)


def test_thirty_frames_a_second_are_recognised(tmp_path: Path) -> None:
    times = [f"10:00:{i // 30:02d}:{i % 30:02d}.000" for i in range(60)]
    motion, notes = read_arkit(_recording(tmp_path / "app.csv", times, list(np.linspace(0, 1, 60))))
    assert notes[0] == "30 frames a second" and motion.num_frames == 50


@pytest.mark.parametrize(
    ("times", "opened", "text"),
    [
        (["00:00:00:00", "00:00:00:01"], [0, "nan"], "not finite"),
        (["00:00:00:00", "00:00:00:01"], [0, "1e9"], "beyond 2"),
        (["00:00:00:00", "00:00:00:01"], [0, "open"], "no number"),
        (["00:00:00:01", "00:00:00:00"], [0, 0], "do not increase"),
        (["soon", "later"], [0, 0], "timecode that is neither"),
    ],
)
def test_bad_values_are_refused(tmp_path: Path, times: list[str], opened: list[float | str], text: str) -> None:
    with pytest.raises(InputError, match=text):
        read_arkit(_recording(tmp_path / "bad.csv", times, opened))


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"\x00binary\x80", "not text"), (b"a,b\n1,2\n", "header of 2 names"), (b"Timecode\n", "no rows")],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(InputError, match=text):
        read_arkit(tmp_path / "bad.csv")
    with pytest.raises(InputError, match="no such file"):
        read_arkit(tmp_path / "none.csv")


def _table(path: Path, *, times: list[str], delimiter: str = ",", quote: str = "", comma: bool = False) -> Path:
    """A recording of an opening jaw, as other programs save it."""
    place = ARKIT_COLUMNS.index("jawOpen")
    lines = [["Timecode", "BlendshapeCount", *(n[0].upper() + n[1:] for n in ARKIT_COLUMNS)]]
    for number, time in enumerate(times):
        cells = ["0.0"] * len(ARKIT_COLUMNS)
        cells[place] = f"{number / 200:.4f}"
        lines.append([time, "61", *(c.replace(".", ",") if comma else c for c in cells)])
    text = "\n".join(delimiter.join(f"{quote}{cell}{quote}" for cell in line) for line in lines)
    path.write_text(text + "\n", encoding="utf-8-sig")
    return path


_PLAIN = [f"10:00:{i // 60:02d}:{i % 60:02d}.000" for i in range(120)]


@pytest.mark.parametrize(
    ("delimiter", "quote", "comma"),
    [(",", '"', False), (";", "", False), (";", "", True), (";", '"', True), ("\t", "", False), ("\t", "", True)],
)
def test_tables_as_other_programs_save_them(tmp_path: Path, delimiter: str, quote: str, comma: bool) -> None:
    plain, notes = read_arkit(_table(tmp_path / "plain.csv", times=_PLAIN))
    path = _table(tmp_path / "other.csv", times=_PLAIN, delimiter=delimiter, quote=quote, comma=comma)
    other, others = read_arkit(path)
    np.testing.assert_allclose(other.to_matrix(), plain.to_matrix(), atol=1e-6)
    assert notes == others


def test_a_recording_over_midnight(tmp_path: Path) -> None:
    late = [f"23:59:{59 if i < 60 else 0:02d}:{i % 60:02d}.000" for i in range(120)]
    late[60:] = [f"00:00:00:{i:02d}.000" for i in range(60)]
    plain, _ = read_arkit(_table(tmp_path / "plain.csv", times=_PLAIN))
    over, _ = read_arkit(_table(tmp_path / "late.csv", times=late))
    np.testing.assert_allclose(over.to_matrix(), plain.to_matrix(), atol=1e-6)


def test_seconds_and_prefixes_of_other_tools(tmp_path: Path) -> None:
    plain, _ = read_arkit(_table(tmp_path / "plain.csv", times=_PLAIN))
    path = _table(tmp_path / "a2f.csv", times=[f"{i / 60:.4f}" for i in range(120)])
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    names = lines[0].split(",")
    lines[0] = ",".join(["timeCode", names[1], *(f"blendShapes.{name}" for name in names[2:])])
    path.write_text("\n".join(lines))
    other, notes = read_arkit(path)
    np.testing.assert_allclose(other.expression, plain.expression, atol=1e-3)
    assert notes[0] == "60 frames a second"


def test_repeated_rows_are_left_out_and_said(tmp_path: Path) -> None:
    plain, _ = read_arkit(_table(tmp_path / "plain.csv", times=_PLAIN))
    lines = (tmp_path / "plain.csv").read_text(encoding="utf-8-sig").splitlines()
    lines.insert(40, lines[39])
    (tmp_path / "twice.csv").write_text("\n".join(lines))
    twice, notes = read_arkit(tmp_path / "twice.csv")
    np.testing.assert_array_equal(twice.to_matrix(), plain.to_matrix())
    assert "1 rows that do not go on in time: left out" in notes
