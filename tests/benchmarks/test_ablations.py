"""Rows, page and the order of training; scoring itself is tested with the scores."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest
from benchmarks.ablations import BEGIN, COLUMNS, DEFAULT, END, SHIPPED, entries, load, page, renew, train
from tests.tiny.generator import write_tiny_generator
from tests.tiny.peers import tiny_saved_peer

from benchmarks import ablations
from xtalker.generator import Generator
from xtalker.networks.peers import PEERS
from xtalker.networks.peers.checkpoint import write_peer
from xtalker.networks.peers.generate import PeerGenerator
from xtalker.train.recipes import ABLATIONS


def _block() -> dict[str, object]:
    row = {"means": dict.fromkeys(COLUMNS, 1.234), "intervals_95": {}}
    worse = row | {"minus_default": {"lip_error_mean_mm": [0.1, -0.2, 0.4]}}
    rows = {SHIPPED: worse, DEFAULT: row, "codes": worse, "mean_face": worse, "truth": row}
    return {"clips": 3, "people": ["s1"], "rows": rows}


def _report() -> dict[str, object]:
    systems = {name: {"parameters": 3_500_000} for name in (SHIPPED, DEFAULT, "codes")}
    return {"budget": "--steps 5", "systems": systems, "missing": ["diffusion"], "main": _block(), "unseen": _block()}


def test_rows_are_the_default_the_designs_and_the_ablations() -> None:
    assert list(entries()) == [DEFAULT, *PEERS, *ABLATIONS]
    assert entries()["keyed-noise"].options == ("--ablation", "keyed-noise")
    assert entries()["codes"].options == ("--peer", "codes") and entries()[DEFAULT].options == ()


def test_missing_rows_are_trained_and_stopped_ones_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "default.safetensors").touch()
    (tmp_path / "codes.training.safetensors").touch()
    asked: list[list[str]] = []

    def take(arguments: list[str]) -> int:
        asked.append(arguments)
        return 130 if "diffusion" in arguments else 0

    monkeypatch.setattr("xtalker.train.__main__.main", take)
    chosen = Namespace(out=tmp_path, clips_folder=Path("clips"), rows=[DEFAULT, "codes", "diffusion", "absolute"])
    assert train(chosen) == 130
    assert [a[a.index("--peer") + 1] for a in asked] == ["codes", "diffusion"]
    assert ["--resume" in a for a in asked] == [True, False]
    same = [[x for x in a if x not in ("--resume", "codes", "diffusion")] for a in asked]
    assert [x for x in same[0] if not x.endswith("tensors")] == [x for x in same[1] if not x.endswith("tensors")]


def test_networks_are_loaded_without_the_gate(tmp_path: Path) -> None:
    ours, peer = write_tiny_generator(tmp_path / "a.safetensors"), tmp_path / "b.safetensors"
    write_peer(peer, tiny_saved_peer("codes"))
    assert isinstance(load(ours), Generator) and not load(ours).gate.enabled
    assert isinstance(load(peer), PeerGenerator)


def test_page_has_every_row_and_says_what_is_missing() -> None:
    lines = page(_report())
    text = "\n".join(lines)
    assert lines[0] == BEGIN and lines[-1] == END and "`--steps 5`" in text.replace("\n", " ")
    rows = [line for line in lines if line.startswith("| ") and "1.23" in line]
    assert len(rows) == 10 and {line.count("|") for line in rows} == {len(COLUMNS) + 4}
    assert "+0.10 (-0.20 to +0.40) | 3.5 |" in text and "Not trained yet: diffusion." in text


def test_only_the_part_between_the_markers_is_renewed(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "results.md"
    renew(path, [BEGIN, "one", END])
    assert path.read_text() == f"# Results\n\n{BEGIN}\none\n{END}\n"
    path.write_text("before\n" + path.read_text() + "after\n")
    renew(path, [BEGIN, "two", END])
    assert path.read_text() == f"before\n# Results\n\n{BEGIN}\ntwo\n{END}\nafter\n"


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--clips-folder", str(tmp_path), "--out", str(tmp_path / "o"), "--rows", "absolute"]
    assert ablations.main(["train", *where]) == 1
    assert "cannot train on" in capsys.readouterr().err
