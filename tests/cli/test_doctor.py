"""`doctor` says what is here, what is missing and what to type."""

from __future__ import annotations

import json
from importlib import metadata

import numpy as np
import pytest
from tests.cli.conftest import Command

from xtalker.assets import CATALOGUE
from xtalker.cli import doctor


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small measure."""
    monkeypatch.setattr(doctor, "_MEASURED_FRAMES", 5)
    monkeypatch.setattr(doctor, "_MEASURED_PICTURES", 1)
    monkeypatch.setattr(doctor, "_MEASURED_SIZE", 64)


def test_one_object(xtalker: Command, quick: None) -> None:
    outcome = xtalker("doctor", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    seen = json.loads(outcome.out)
    assert seen["cores"] >= 1 and seen["packages"]["numpy"]["installed"] == np.__version__
    rows = {row["name"]: row for row in seen["assets"]}
    assert rows.keys() == CATALOGUE.keys()
    assert rows["face-detector"] | {"path": "", "bytes": 0} == {
        "name": "face-detector", "version": "0.10.21", "licence": "Apache-2.0", "commercial": True,
        "state": "absent", "path": "", "bytes": 0,
    }  # fmt: skip
    assert rows["open-head"]["state"] == "packaged"
    assert any("xtalker doctor --fetch" in line for line in seen["next"])
    assert all(fps > 0 for fps in seen["speed"].values()) and len(seen["speed"]) == 2


def test_for_people(xtalker: Command, quick: None) -> None:
    outcome = xtalker("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert all(any(line.split()[:1] == [name] for line in outcome.out.splitlines()) for name in CATALOGUE)
    assert "next: some models are absent" in outcome.out


def test_a_missing_package_and_the_command_that_brings_it(
    xtalker: Command, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["numpy==2.4.6", 'toothbrush==1.2; extra == "shiny"', 'hammer==3; extra == "dev"']
    monkeypatch.setattr(metadata, "requires", lambda name: wanted)
    seen = json.loads(xtalker("doctor", "--json").out)
    assert seen["packages"]["toothbrush"] == {"installed": None, "wanted": "1.2", "extra": "shiny"}
    assert any("toothbrush is missing (for the extra 'shiny')" in line for line in seen["next"])
    assert any("-m pip install 'xtalker[shiny]'" in line for line in seen["next"])
    assert not any("hammer" in line for line in seen["next"])  # users need no developers' tools


def test_a_damaged_copy_and_its_cure(xtalker: Command, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XTALKER_ASSET_FACE_DETECTOR", "/none")
    seen = json.loads(xtalker("doctor", "--json").out)
    assert "face-detector is damaged: correct or unset XTALKER_ASSET_FACE_DETECTOR" in seen["next"]
