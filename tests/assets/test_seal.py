from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from xtalker.assets import Asset, fetch
from xtalker.assets.catalogue import Packaged
from xtalker.assets.seal import main, seal


class InPackage(Packaged):
    @property
    def file(self) -> Path:
        return Path(self.path)


def test_sealing_makes_a_file_fetchable_and_keeps_what_its_builder_wrote(
    make_asset: Callable[..., Asset], tmp_path: Path
) -> None:
    shipped = tmp_path / "weights.bin"
    asset = make_asset(sources=(InPackage(str(shipped)),), sha256="")
    assert not seal(asset)
    shipped.write_bytes(b"weights")
    card = tmp_path / "weights.bin.card.json"
    card.write_text(json.dumps({"seed": 3, "sha256": "old", "licence": "CC0"}))
    assert seal(asset)
    said = json.loads(card.read_text())
    assert (said["seed"], said["licence"], said["size"], said["name"]) == (3, "CC0", 7, "toy-file")
    assert fetch("toy-file", catalogue={"toy-file": asset}) == shipped


def test_unknown_names_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whisper-base-encoder"]) == 1
    assert "whisper-base-encoder: no such file in the package" in capsys.readouterr().out
