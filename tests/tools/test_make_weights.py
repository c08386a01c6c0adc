import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.generator import write_tiny_generator
from tests.tiny.speech import tiny_features

from tools import make_weights
from xtalker.generator import Generator


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands instead of their work."""
    commands: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> None:
        commands.append(command[1:])
        if command[2] == "tools.teach" and sum("tools.teach" in c for c in commands) == 1:
            raise subprocess.CalledProcessError(7, command)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(make_weights, "_SHIPPED", {})
    return commands


def test_a_stopped_run_goes_on_where_it_stopped(
    tmp_path: Path, said: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make_weights", str(tmp_path), str(tmp_path / "work")])
    assert make_weights.main() == 7
    assert "stage taught ended with code 7" in capsys.readouterr().err
    before = len(said)
    (tmp_path / "work" / "open.training.safetensors").touch()
    assert make_weights.main() == 0
    assert said[before][1] == "tools.teach" and [c[1] for c in said].count("tools.prepare_grid") == 1
    opened, live = (c for c in said if c[1] == "xtalker")
    assert "--resume" in opened and "--resume" not in live and live[live.index("--recipe") + 1] == "live"
    done = len(said)
    assert make_weights.main() == 0 and len(said) == done


def test_every_command_is_one_that_exists(tmp_path: Path, said: list[list[str]]) -> None:
    root = Path(make_weights.__file__).parent
    for stage in make_weights.stages(tmp_path, tmp_path):
        if stage.name in ("rest", "taught"):
            continue
        stage.run()
    names = {c[1].removeprefix("tools.") for c in said if c[1].startswith("tools.")}
    assert len(names) >= 7 and all((root / f"{name}.py").is_file() for name in names)


def test_what_ships_is_half_as_large_and_moves_alike(tmp_path: Path) -> None:
    make_weights.write_halved(write_tiny_generator(tmp_path / "whole.safetensors"), tmp_path / "half.safetensors")
    whole, half = (Generator.from_checkpoint(tmp_path / f"{name}.safetensors") for name in ("whole", "half"))
    kept, halved = (sum(a.nbytes for a in g.network.weights.values()) for g in (whole, half))
    assert halved == kept / 2
    np.testing.assert_array_equal(half.statistics.motion_std, whole.statistics.motion_std)
    one, other = (g.generate(tiny_features(50), seed=0).to_matrix() for g in (whole, half))
    assert 0 < np.abs(one - other).max() < 3e-3
