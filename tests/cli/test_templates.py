from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from xtalker.cli import templates
from xtalker.emotion.templates import designed_templates, load_templates
from xtalker.export.motion_npz import write_motion
from xtalker.values import Identity, InputError, Motion
from xtalker.values.tracks import EMOTIONS


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    rows = ["motion,emotion,person"]
    for number, emotion in enumerate((*EMOTIONS, "neutral")):
        motion = Motion.zeros(10)
        if emotion != "neutral":
            motion.expression[5:] = designed_templates().expression[number]
        write_motion(tmp_path / f"{emotion}.npz", motion, Identity(), card={})
        rows.append(f"{emotion}.npz,{emotion},ann")
    path = tmp_path / "list.csv"
    path.write_text("\n".join(rows))
    return path


def _run(listed: Path) -> object:
    parser = argparse.ArgumentParser()
    templates.add_to(parser.add_subparsers())
    given = parser.parse_args(["templates", str(listed), "-o", str(listed.with_name("out.npz")), "--quiet"])
    return given.run(given)


def test_a_list_becomes_templates(listed: Path) -> None:
    _run(listed)
    made = load_templates(listed.with_name("out.npz")).expression
    np.testing.assert_allclose(made, designed_templates().expression, atol=1e-4)


@pytest.mark.parametrize(("text", "told"), [
    ("a.npz,joyous", "the emotion 'joyous'"), ("a.npz", "line 1 with 1 cells"), ("motion,emotion", "0 rows"),
])  # fmt: skip
def test_bad_lists_are_one_line(listed: Path, text: str, told: str) -> None:
    listed.write_text(text)
    with pytest.raises(InputError, match=told):
        _run(listed)
    assert not listed.with_name("out.npz").exists()
