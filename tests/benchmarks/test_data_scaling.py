"""Rows and their clips; the page and the drawing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.ablations import BUDGET
from benchmarks.data_scaling import BEGIN, END, Row, budget, choose, common_steps, draw, link_clips, page, rows
from tests.tiny.clips import tiny_clip

from benchmarks import data_scaling
from xtalker.train.clips import write_clip
from xtalker.values import InputError


@pytest.fixture
def gathered(tmp_path: Path) -> Path:
    """20 training clips of one speaker, 4 of another, one test clip, 3 clips of each other source."""
    clip = tiny_clip("x", seed=0)
    names = [(f"s1_{i:02}", "s1", "train") for i in range(20)] + [(f"s4_{i}", "s4", "train") for i in range(4)]
    names += [("s1_99", "s1", "test"), ("facegood_9", "facegood", "validation")]
    names += [(f"{source}_{i}", source, "train") for source in ("facegood", "taught") for i in range(3)]
    for name, speaker, split in names:
        write_clip(tmp_path / "plain", replace(clip, clip=name, speaker=speaker, split=split))
    return tmp_path / "plain"


@pytest.mark.parametrize(("share", "counts"), [(0.1, (2, 1)), (0.25, (5, 1)), (0.5, (10, 2)), (1.0, (20, 4))])
def test_a_share_is_of_every_speaker(gathered: Path, share: float, counts: tuple[int, int]) -> None:
    names = [path.stem for path in choose(sorted(gathered.glob("*.npz")), Row("r", share))]
    assert tuple(sum(name.startswith(f"{speaker}_") for name in names) for speaker in ("s1", "s4")) == counts
    assert len(names) == sum(counts) and "s1_99" not in names


def test_what_is_added_is_added_whole(gathered: Path) -> None:
    paths = sorted(gathered.glob("*.npz"))
    taught = {path.stem for path in choose(paths, Row("r", 0.1, ("taught",)))}
    assert {name for name in taught if not name.startswith("s")} == {"taught_0", "taught_1", "taught_2"}
    assert len(choose(paths, rows()["all"])) == 24 + 6


def test_links_are_made_anew_and_come_from_the_right_folder(gathered: Path, tmp_path: Path) -> None:
    folder = tmp_path / "row.clips"
    assert len(list(link_clips(rows()["real_100"], folder, gathered, None).glob("*.npz"))) == 24
    linked = list(link_clips(rows()["real_10"], folder, gathered, None).iterdir())
    assert len(linked) == 3 and all(path.is_symlink() and path.resolve().parent == gathered for path in linked)
    with pytest.raises(InputError, match=r"give --voiced"):
        link_clips(rows()["with_voices"], folder, gathered, None)
    with pytest.raises(InputError, match=r"no training clips for the row"):
        link_clips(rows()["real_10"], folder, tmp_path / "nowhere", None)


def test_rows_are_with_and_without_each_addition() -> None:
    found = rows()
    assert [row.share for row in found.values()][:4] == [0.1, 0.25, 0.5, 1.0]
    for each in data_scaling.ADDITIONS:
        assert found[f"with_{each}"].added == (each,)
        assert {*found[f"without_{each}"].added, each} == set(found["all"].added)


def test_all_rows_are_trained_alike(gathered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("xtalker.train.__main__.main", lambda arguments: asked.append(list(arguments)) or 0)
    out = tmp_path / "out"
    out.mkdir()
    (out / "real_25.safetensors").write_bytes(b"there already")
    (out / "with_taught.training.safetensors").write_bytes(b"stopped")
    chosen = ["real_10", "real_25", "with_taught"]
    common = ["train", "--out", str(out), "--plain", str(gathered), "--steps", "7"]
    assert data_scaling.main([*common, "--rows", *chosen]) == 0
    assert [Path(a[a.index("--out") + 1]).stem for a in asked] == ["real_10", "with_taught"]
    assert ["--resume" in a for a in asked] == [False, True]
    assert all(a[a.index("--steps") + 1] == "7" and a[a.index("--batch") + 1] == BUDGET[3] for a in asked)
    assert len(budget(7)) == len(BUDGET)


def _report() -> dict[str, object]:
    def cells(r: float) -> dict[str, object]:
        means = {"lip_opening_r": r, "lip_error_max_mm": 2.0, "closure_recall": None}
        return {"means": means, "intervals_95": {"lip_opening_r": [r - 0.01, r + 0.01], "lip_error_max_mm": [1.9, 2.1]}}

    found = {
        name: {"data": "d", "validation": cells(0.8 + 0.01 * i), "unseen": cells(0.7), "facegood": None}
        for i, name in enumerate(rows())
        if name != "all"
    }
    return {"steps": 5, "budget": "--steps 5", "clips": {"validation": 50, "unseen": 30, "facegood": 0},
            "rows": found, "missing": ["all"]}  # fmt: skip


def test_the_page_has_every_row_and_says_what_is_missing() -> None:
    lines = page(_report())
    text = "\n".join(lines)
    assert lines[0] == BEGIN and lines[-1] == END
    assert "| 10 % of GRID | 0.800 (0.790 to 0.810) | 2.00 (1.90 to 2.10) |" in text
    assert (
        text.count("| all but moved voices |") == 2
        and "FACEGOOD, test takes" not in text
        and "closures kept" not in text
    )
    assert "Not trained yet: all." in text and "Shares are of every speaker's" in text and "5\nsteps" in text


def test_the_drawing_is_the_same_for_the_same_report() -> None:
    pytest.importorskip("matplotlib")
    one, other = draw(_report()), draw(_report())
    assert one == other and one.startswith(b"<?xml") and b"<svg" in one
    changed = _report()
    changed["rows"]["real_10"]["validation"]["means"]["lip_opening_r"] = 0.5  # type: ignore[index]
    assert draw(changed) != one


def test_rows_of_other_steps_are_not_compared() -> None:
    assert common_steps({"a": "xtalker train --steps 500 -o a", "b": "xtalker train --steps 500 -o b"}) == 500
    with pytest.raises(InputError, match="a: 500 steps, b: 60 steps"):
        common_steps({"a": "xtalker train --steps 500 -o a", "b": "xtalker train --steps 60 -o b"})
    with pytest.raises(InputError, match="received no rows"):
        common_steps({})


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        data_scaling.main(["train", "--out", str(tmp_path / "o"), "--plain", str(tmp_path), "--rows", "real_10"]) == 1
    )
    assert "no training clips for the row" in capsys.readouterr().err
