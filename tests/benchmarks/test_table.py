"""Tables of the documents from a run's JSON."""

from __future__ import annotations

from benchmarks.generator import bars
from benchmarks.table import generator, left_out, lip_rows, taught


def _block(**more: object) -> dict[str, object]:
    return {"clips": 3, "lip_opening_r": 0.94, "lip_error_max_mm": 1.7, "closure_recall": None, **more}


def test_bars_and_groups_are_shown_and_a_miss_is_said() -> None:
    run: dict[str, object] = {
        "grid_test": _block(baselines={"truth": {"lip_opening_r": 1.0, "lip_error_max_mm": 0.0}}),
        "people_test": None, "long": {"seam_error": 1.25},
    }  # fmt: skip
    text = "\n".join(generator(run | {"bars": bars(run)}))
    assert "| `grid_test.lip_opening_r` | >= 0.93 | 0.940 |" in text
    assert "| `grid_test.lip_amplitude_ratio` | >= 0.88, <= 1.08 | - |" in text
    assert "| `long.seam_error` | <= 1.1 | 1.250 (missed) |" in text
    assert "| speaker 1, test clips, 3 clips | worst lip point, mm | r of opening |" in text
    assert "| truth | 0.00 | 1.000 |" in text and "unseen" not in text.replace("people_test", "")


def test_rows_have_an_order_and_columns_without_figures_are_left_out() -> None:
    names = ("truth", "paper", "whisper_ridge", "mean_of_8")
    block = _block(baselines={name: {"lip_opening_r": 0.5, "lip_error_max_mm": 2.0} for name in names})
    lines = lip_rows(block, "title")
    assert [line.split(" | ")[0] for line in lines[2:-1]] == [
        "| **xtalker**", "| xtalker, mean of 8 samples", "| Whisper features, ridge", "| truth", "| paper"
    ]  # fmt: skip
    assert "closures" not in lines[0] and {line.count("|") for line in lines[:-1]} == {4}


def test_taught_figures_with_and_without_baselines() -> None:
    figures = {"closure_share": 0.97, "contact_share": 0.94, "lip_width_order_r": None}
    run = {"synthetic": figures, "real": None, "real_tracked": {**figures, "contact_share": 0.0}}
    lines = taught(run)
    assert "| **xtalker** | 0.97 | 0.94 | - | - | - | - |" in lines
    assert "| truth, as tracked in the video | - | - | - | 0.97 | 0.00 | - |" in lines
    more = taught({**run, "real_tracked": None, "baselines": {"mean_face": {"synthetic": figures, "real": figures}}})
    assert any(line.startswith("| mean face | 0.97 |") for line in more)


def test_people_left_out_and_people_who_are_not_there() -> None:
    lines = left_out({"mean_r": {"own voice": 0.8334}, "mean_r_test_speakers": {"own voice": None}})
    assert "| own voice | 0.833 | - |" in lines
