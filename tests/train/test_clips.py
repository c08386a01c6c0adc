import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.clips import tiny_clip

from xtalker.train.clips import CLIP_SCHEMA, read_clip, write_clip
from xtalker.train.statistics import measure
from xtalker.values import InputError, Motion, OutputError


def test_round_trip(tmp_path: Path) -> None:
    clip = tiny_clip("s1.bbaf2n_0-1", seed=3)
    path = write_clip(tmp_path / "new" / "folder", clip)
    again = read_clip(path)
    assert path.name == "s1.bbaf2n_0-1.npz" and [p.name for p in path.parent.iterdir()] == [path.name]
    assert (again.clip, again.speaker, again.split, again.encoder) == (
        clip.clip, clip.speaker, clip.split, clip.encoder
    )  # fmt: skip
    np.testing.assert_array_equal(again.motion.to_matrix(), clip.motion.to_matrix())
    np.testing.assert_array_equal(again.amplitude, clip.amplitude)
    assert len(again.linguistic) == 2 and again.linguistic[0].dtype == np.float16
    np.testing.assert_allclose(again.linguistic[1], clip.linguistic[1], atol=4e-3)


@pytest.mark.parametrize(
    ("change", "text"),
    [({"split": "dev"}, "split 'dev'"),
     ({"clip": "../escape"}, "a name with other signs"),
     ({"clip": ".hidden"}, "a name with other signs"),
     ({"clip": ""}, "a name with other signs"),
     ({"linguistic": ()}, "no linguistic features"),
     ({"confidence": np.full(50, 1.5, np.float32)}, "confidence outside 0..1"),
     ({"amplitude": np.full(50, -1, np.float32)}, "negative amplitude"),
     ({"amplitude": np.full(50, np.nan, np.float32)}, "NaN or infinite"),
     ({"linguistic": (np.full((50, 8), 1e6, np.float32),)}, "beyond half precision"),
     ({"motion": Motion.zeros(51)}, "tracks of [50, 51] frames")],
)  # fmt: skip
def test_what_training_cannot_use_is_refused_by_name(change: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(tiny_clip("one", seed=0), **change)
    assert text in str(caught.value) and "training clip" in str(caught.value)


def _tampered(path: Path, **changes: np.ndarray) -> Path:
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"jaw": np.zeros((50, 2), np.float32)}, "shapes"),
     ({"jaw": np.zeros((50, 3), np.int64)}, "not floating-point"),
     ({"linguistic_1": np.zeros(50, np.float16)}, "shapes"),
     ({"jaw": np.full((50, 3), np.nan, np.float32)}, "NaN or infinite"),
     ({"metadata": np.array(json.dumps({"schema": CLIP_SCHEMA, "frame_rate_hz": 30}))}, "30 frames a second instead"),
     ({"jaw": None}, "no entry"),
     ({"jaw": np.array([object()] * 50)}, "never unpickled"),
     ({"metadata": np.array(json.dumps({"schema": "other"}))}, "schema 'other'"),
     ({"metadata": np.array("{")}, "metadata that are no JSON"),
     ({"metadata": np.array("[1, 2]")}, "metadata that are no JSON object"),
     ({"metadata": np.array("[" * 50_000)}, "metadata that are no JSON"),
     ({"metadata": np.zeros(3)}, "metadata that are no JSON")],
)  # fmt: skip
def test_tampered_files_are_refused(tmp_path: Path, changes: dict, text: str) -> None:
    path = _tampered(write_clip(tmp_path, tiny_clip("one", seed=0)), **changes)
    with pytest.raises(InputError) as caught:
        read_clip(path)
    assert text in str(caught.value) and "one" in str(caught.value)


def test_motion_of_another_frame_rate_is_named(tmp_path: Path) -> None:
    shapes = {"expression": 50, "jaw": 3, "head": 3, "gaze": 2}
    rows = {name: np.zeros((60, columns), np.float32) for name, columns in shapes.items()}
    path = _tampered(
        write_clip(tmp_path, tiny_clip("one", seed=0)), **rows, confidence=np.ones(60, np.float32)
    )  # fmt: skip
    with pytest.raises(InputError, match="60 rows of motion beside 50 of sound, both 25 a second"):
        read_clip(path)


def test_a_clip_without_a_stated_rate_is_of_the_usual_one(tmp_path: Path) -> None:
    path = write_clip(tmp_path, tiny_clip("one", seed=0))
    with np.load(path) as file:
        said = json.loads(str(file["metadata"]))
    assert said.pop("frame_rate_hz") == 25
    assert read_clip(_tampered(path, metadata=np.array(json.dumps(said)))).num_frames == 50


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 broken"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "one.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"the training clip|damaged training clip, or none at all.*one\.npz"):
        read_clip(path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_clip(tmp_path / "file", tiny_clip("one", seed=0))


def test_unobserved_columns_are_kept_and_count_for_nothing(tmp_path: Path) -> None:
    observed = np.arange(58) < 53
    blind = replace(tiny_clip("blind", seed=1), observed=observed)
    write_clip(tmp_path, blind)
    np.testing.assert_array_equal(read_clip(tmp_path / "blind.npz").observed, observed)
    seen = tiny_clip("seen", seed=2)
    both, alone = measure([blind, seen]), measure([seen])
    np.testing.assert_allclose(both.motion_std[~observed], alone.motion_std[~observed], rtol=1e-6)
    assert (both.motion_std[observed] != alone.motion_std[observed]).any()
