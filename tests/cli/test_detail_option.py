"""`--detail` of the verbs that film."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Command

from xtalker.export.motion_npz import write_motion
from xtalker.render import read_frames
from xtalker.values import Identity, Motion


def test_every_kind_of_detail_is_filmed(xtalker: Command, work: Path) -> None:
    lined = Identity(detail=np.full(128, 2, np.float32))
    write_motion(work / "motion.npz", Motion.zeros(2), lined, card={})
    pictures = []
    for detail in ("normal", "dense", "none"):
        outcome = xtalker("render", "motion.npz", "-o", f"{detail}.mkv", "--size", "192", "--detail", detail, "--json")
        assert outcome.code == 0, outcome
        assert json.loads(outcome.out)["made"] == [f"{detail}.mkv"]
        pictures.append(next(iter(read_frames(work / f"{detail}.mkv"))).astype(float))
    assert np.abs(pictures[0] - pictures[2]).mean() > 0.2 < np.abs(pictures[1] - pictures[2]).mean()


@pytest.mark.parametrize("verb", ["talk", "render", "demo"])
def test_the_option_is_offered(xtalker: Command, verb: str) -> None:
    assert "--detail {normal,dense,none}" in xtalker(verb, "--help").out


def test_wrong_usage(xtalker: Command) -> None:
    outcome = xtalker("talk", "a.wav", "-o", "b.mp4", "--detail", "fine")
    assert outcome.code == 2 and "invalid choice: 'fine'" in outcome.err
    outcome = xtalker("talk", "a.wav", "-o", "b.npz", "--detail", "dense")
    assert outcome.code == 2 and "--detail says how a video looks, but b.npz is not one" in outcome.err
