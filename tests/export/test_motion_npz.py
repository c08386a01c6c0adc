"""Motion files: round trip, reading without xtalker, and every way to be wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from xtalker.export.motion_npz import read_motion, read_tracks, write_motion
from xtalker.values import Identity, InputError, Motion, OutputError
from xtalker.values.conventions import EXPRESSION_NAMES
from xtalker.values.motion import TRACKS
from xtalker.values.tracks import CameraTrack, EmotionTrack, Tracks

CARD = {"generator": "tiny", "licence": "CC0-1.0", "note": "zwölf Köpfe"}


def _motion(frames: int = 6, head_model: str = "open") -> Motion:
    random = np.random.default_rng(0)
    tracks = (random.normal(size=(frames, n)).astype(np.float32) for n in (50, 3, 3, 2))
    return Motion(*tracks, head_model=head_model)


def _identity(head_model: str = "open") -> Identity:
    random = np.random.default_rng(1)
    return Identity(*(random.normal(size=n).astype(np.float32) for n in (100, 128)), head_model)


@pytest.mark.parametrize("head_model", ["open", "flame"])
def test_round_trip_is_exact(tmp_path: Path, head_model: str) -> None:
    path = tmp_path / "motion.npz"
    write_motion(path, _motion(head_model=head_model), _identity(head_model), card=CARD)
    motion, identity, card = read_motion(path)
    for name in TRACKS:
        np.testing.assert_array_equal(getattr(motion, name), getattr(_motion(), name))
    np.testing.assert_array_equal(identity.shape, _identity().shape)
    np.testing.assert_array_equal(identity.detail, _identity().detail)
    assert motion.head_model == identity.head_model == head_model
    assert card == CARD


def test_numpy_alone_reads_it(tmp_path: Path) -> None:
    write_motion(tmp_path / "motion.npz", _motion(), _identity(), card=CARD)
    code = """
import json, sys, numpy as np
with np.load(sys.argv[1], allow_pickle=False) as file:
    print(json.dumps({k: [list(file[k].shape), file[k].dtype.kind] for k in file.files}
        | {"names": file["expression_names"].tolist(), "text": json.loads(str(file["card"])),
           "head": str(file["head_model"]), "rate": int(file["frame_rate_hz"])}))
assert "xtalker" not in sys.modules
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "motion.npz")], capture_output=True, text=True, check=True
    )
    read = json.loads(run.stdout)
    assert read["expression"] == [[6, 50], "f"] and read["gaze"] == [[6, 2], "f"]
    assert read["shape"] == [[100], "f"] and read["detail"] == [[128], "f"]
    assert read["names"] == list(EXPRESSION_NAMES) and read["head"] == "open" and read["rate"] == 25
    assert read["text"] == CARD


def _raw(tmp_path: Path, **changes: object) -> Path:
    """A good file with some members replaced, or left out when None."""
    path = tmp_path / "motion.npz"
    write_motion(path, _motion(), _identity(), card=CARD)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files} | changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})  # type: ignore[arg-type]
    return path


def _with_nan(width: int, value: float = np.nan) -> np.ndarray:
    track = np.zeros((6, width), np.float32)
    track[3, 1] = value
    return track


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"schema_version": np.array(2)}, r"another schema_version: received .*\(2\); accepted: schema_version 1"),
        ({"schema_version": np.zeros(3)}, r"another schema_version.*array of shape \(3,\)"),
        ({"schema_version": np.array("1")}, "another schema_version"),
        ({"frame_rate_hz": np.array(30)}, r"another frame_rate_hz: received .*\(30\); accepted: frame_rate_hz 25"),
        ({"gaze": None, "card": None}, "without card, gaze"),
        ({"jaw": _with_nan(3)}, "jaw with values that are not finite"),
        ({"head": _with_nan(3, np.inf)}, "head with values that are not finite"),
        ({"head": _with_nan(3).astype(np.float64) + 1e300}, "head with values that are not finite"),
        ({"gaze": np.zeros((7, 2), np.float32)}, r"gaze of shape \(7, 2\) and type float32 instead of \(6, 2\)"),
        ({"expression": np.zeros((6, 52), np.float32)}, r"expression of shape \(6, 52\)"),
        ({"expression": np.zeros((0, 50), np.float32)}, "0 frames"),
        ({"expression": np.array(1.0)}, "0 frames"),
        ({"expression": np.zeros((720_001, 1), np.float16)}, "720001 frames.*accepted.*1 to 720000 frames"),
        ({"shape": np.zeros(300, np.float32)}, r"shape of shape \(300,\)"),
        ({"detail": np.zeros(128, np.int32)}, "detail of shape .* type int32"),
        ({"expression": np.zeros((6, 50), object)}, "something other than numbers and text.*never unpickled"),
        ({"extra": np.array([print])}, "something other than numbers and text.*extra.*never unpickled"),
        ({"head_model": np.array("x" * 65)}, "head_model that is not a text"),
        ({"head_model": np.array(3)}, "head_model that is not a text"),
        ({"expression_names": np.array(EXPRESSION_NAMES[::-1])}, "another version of the open head"),
        ({"card": np.array("[1]")}, "a card that is not JSON of label and text"),
        ({"card": np.array('{"a": 1}')}, "a card that is not JSON"),
        ({"card": np.array("[" * 100_000)}, "a card that is not JSON"),
    ],
)
def test_wrong_content_is_refused(tmp_path: Path, changes: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        read_motion(_raw(tmp_path, **changes))


def test_truncated_file(tmp_path: Path) -> None:
    path = _raw(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="damaged motion file"):
        read_motion(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the motion file.*no such file"):
        read_motion(tmp_path / "none.npz")


def test_missing_folder_to_write_to(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such folder"):
        write_motion(tmp_path / "none" / "motion.npz", _motion(), _identity(), card={})


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _raw(tmp_path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError, match="disk full"):
        write_motion(path, _motion(), _identity(), card={})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_motion_and_identity_of_different_heads_do_not_share_a_file(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="different heads"):
        write_motion(tmp_path / "motion.npz", _motion(), _identity("flame"), card={})


def _tracks(frames: int = 6) -> Tracks:
    random = np.random.default_rng(3)
    levels = random.uniform(0, 0.25, (frames, 7)).astype(np.float32)
    yaw, pitch, roll = random.uniform(-0.5, 0.5, (3, frames)).astype(np.float32).astype(np.float64)
    cut = np.arange(frames) == 3
    half, aim = np.full(frames, 0.5), np.full((frames, 2), 0.125)
    return Tracks(emotion=EmotionTrack(levels), camera=CameraTrack(yaw, pitch, roll, 2 * half, half, aim, cut))


def test_tracks_come_back(tmp_path: Path) -> None:
    path, tracks = tmp_path / "motion.npz", _tracks()
    write_motion(path, _motion(), _identity(), card=CARD, tracks=tracks)
    back = read_tracks(path)
    np.testing.assert_array_equal(back.emotion.levels, tracks.emotion.levels)
    for field in ("yaw", "pitch", "roll", "distance", "field_of_view", "aim", "cut"):
        np.testing.assert_array_equal(getattr(back.camera, field), getattr(tracks.camera, field))


def test_a_file_without_tracks_has_none(tmp_path: Path) -> None:
    write_motion(tmp_path / "motion.npz", _motion(), _identity(), card=CARD)
    assert read_tracks(tmp_path / "motion.npz") == Tracks()


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("emotion_levels", lambda a: a * 20, "emotion levels outside 0 to 2"),
        ("emotion_levels", lambda a: a[:-1], "emotion_levels of shape"),
        ("camera", lambda a: a[:, :-1], "camera of shape"),
        ("camera", lambda a: a * [1, 1, 1, 0, 1, 1, 1, 1], "distances or fields of view out of range"),
        ("camera", lambda a: a + np.array([9, 0, 0, 0, 0, 0, 0, 0]), "camera angles, aims or cuts out of range"),
        ("camera", lambda a: a * np.nan, "camera with values that are not finite"),
    ],
)
def test_strange_tracks_are_refused(tmp_path: Path, name: str, change, fault: str) -> None:
    path = tmp_path / "motion.npz"
    write_motion(path, _motion(), _identity(), card=CARD, tracks=_tracks())
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    arrays[name] = change(arrays[name]).astype(np.float32)
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=fault):
        read_tracks(path)
