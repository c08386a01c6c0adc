from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xtalker.emotion.templates import DATA, HIGHEST, Templates, designed_templates, load_templates, save_templates
from xtalker.values import InputError
from xtalker.values.conventions import CHANNEL
from xtalker.values.tracks import EMOTIONS


def test_shipped_file_holds_what_the_tables_say() -> None:
    np.testing.assert_array_equal(load_templates().expression, designed_templates().expression)
    assert DATA.with_name("templates.npz.card.json").is_file()


def test_every_template_stays_in_range_at_level_two() -> None:
    rows = designed_templates().expression
    assert rows.min() >= 0 and rows.max() <= HIGHEST
    assert not rows[:, CHANNEL["jawOpenCorrective"]].any()


@pytest.mark.parametrize(("emotion", "left", "right"), [
    ("contempt", "mouthSmileLeft", "mouthSmileRight"), ("contempt", "mouthDimpleLeft", "mouthDimpleRight"),
])  # fmt: skip
def test_contempt_is_one_sided(emotion: str, left: str, right: str) -> None:
    row = designed_templates().expression[EMOTIONS.index(emotion)]
    assert row[CHANNEL[left]] > 0.3 and row[CHANNEL[right]] == 0


def test_emotions_differ() -> None:
    rows = designed_templates().expression
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert (unit @ unit.T - np.eye(7)).max() < 0.85


def test_saved_is_loaded(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).uniform(0, 0.5, (7, 50)).astype(np.float32)
    save_templates(tmp_path / "t.npz", Templates(rows, "open", "me"))
    back = load_templates(tmp_path / "t.npz")
    np.testing.assert_array_equal(back.expression, rows)
    assert (back.head_model, back.made_by) == ("open", "me")


def test_other_numbers_are_refused(tmp_path: Path) -> None:
    save_templates(tmp_path / "t.npz", Templates(np.full((7, 50), 3, np.float32)))
    with pytest.raises(InputError, match="channels beyond"):
        load_templates(tmp_path / "t.npz")
    np.savez(tmp_path / "u.npz", expression=np.zeros((7, 50)))
    with pytest.raises(InputError, match="no usable template file"):
        load_templates(tmp_path / "u.npz")
