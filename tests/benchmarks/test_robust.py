"""The benchmark of strangers' files notices what it is there to notice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.robust_borders import BORDERS, Border

from benchmarks import robust_cases, robust_mutations
from xtalker.values import InputError


def test_the_cases_made_here_hold(tmp_path: Path) -> None:
    found = robust_cases.run(tmp_path, tmp_path / "none")
    assert found["failed"] == {} and found["passed"] == found["tried"] >= 8


def test_a_case_that_does_not_hold_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"taken": (lambda path: path.touch(), robust_cases.refused(lambda path: None, "anything"))}
    monkeypatch.setattr(robust_cases, "generators", lambda: wrong)
    found = robust_cases.run(tmp_path, tmp_path / "none")
    assert not found["holds"] and "AssertionError: taken" in found["failed"]["made/taken"]


def _refuse(path: Path, folder: Path) -> None:
    raise InputError("a", received="b", accepted="c", next_step="d")


def _break(path: Path, folder: Path) -> None:
    raise KeyError("x")


def _forget(path: Path, folder: Path) -> None:
    (folder / ".a.part.npz").touch()


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        (lambda path, folder: None, "taken"),
        (_refuse, "refused"),
        (_break, "traceback"),
        (_forget, "half file"),
        (lambda path, folder: "not finite", "not finite"),
    ],
)
def test_outcomes_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: object, outcome: str) -> None:
    def seeds(folder: Path) -> list[Path]:
        (folder / "a.bin").write_bytes(bytes(range(100)))
        return [folder / "a.bin"]

    answers: list[object] = []
    monkeypatch.setitem(BORDERS, "tried", Border(seeds, read))  # type: ignore[arg-type]
    monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "tried").mkdir()
    queue = type("Queue", (), {"put": lambda self, answer: answers.append(answer)})()
    robust_mutations._border("tried", tmp_path / "tried", 3, [0], queue)
    ((found, _, peak_mb),) = answers
    assert found == {outcome: 3} and peak_mb > 0


def test_mangling_changes_and_is_repeatable() -> None:
    data = bytes(range(256)) * 4
    one = [robust_mutations.mangled(data, np.random.default_rng(n)) for n in range(50)]
    assert one == [robust_mutations.mangled(data, np.random.default_rng(n)) for n in range(50)]
    assert sum(other != data for other in one) > 45
