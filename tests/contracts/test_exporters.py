"""What every exporter owes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xtalker.export import EXPORTERS, export, exporter_for
from xtalker.export.interface import Content
from xtalker.values import Identity, Motion, OutputError


def _content(frames: int = 4) -> Content:
    motion = Motion.from_matrix(np.random.default_rng(0).normal(0, 0.1, (frames, 58)).astype(np.float32))
    return Content(motion, Identity(), {"licence": "CC0-1.0"})


def _numbers_of_npz(path: Path) -> np.ndarray:
    with np.load(path, allow_pickle=False) as file:
        return np.hstack([file[name] for name in ("expression", "jaw", "head", "gaze")])


# How another reader gets at the motion of each kind of file: (frames, 58).
OTHER_READERS = {".npz": _numbers_of_npz}


def test_every_exporter_has_another_reader_here() -> None:
    assert OTHER_READERS.keys() == EXPORTERS.keys()


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_round_trip_through_another_reader(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"take{suffix}"
    export(path, _content())
    np.testing.assert_allclose(OTHER_READERS[suffix](path), _content().motion.to_matrix(), atol=1e-6)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_suffix_agrees_with_the_table_in_any_case(suffix: str) -> None:
    assert exporter_for(Path(f"take{suffix}")).suffix == suffix
    assert exporter_for(Path(f"TAKE{suffix.upper()}")).suffix == suffix


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_what_cannot_be_held_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"take{suffix}"
    mixed = replace(_content(), identity=Identity(head_model="flame"))
    empty = replace(_content(), motion=Motion.zeros(0))
    for content, text in ((mixed, "motion of head 'open', identity of 'flame'"), (empty, "0 frames")):
        with pytest.raises(OutputError, match=f"cannot hold this: received {text}"):
            export(path, content)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_places_that_cannot_be_written(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError, match="no such folder"):
        export(tmp_path / "none" / f"take{suffix}", _content())
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(OutputError, match="a folder is in the way"):
        export(tmp_path / f"folder{suffix}", _content())


@pytest.mark.parametrize("name", ["take.docx", "take", "npz"])
def test_unknown_suffix_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"unknown kind of file: received .*; accepted: .*\.npz"):
        export(tmp_path / name, _content())
