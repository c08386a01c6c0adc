"""What an installation without PyTorch says of the verbs that need it."""

from pathlib import Path

import pytest
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "generator", "--data", "clips", "-o", "a.safetensors"),
        ("train", "personal", "--video", "me.mp4", "-o", "a.safetensors"),
        ("evaluate", "default", "--data", "clips"),
    ],
)
def test_the_command_to_install_is_said(
    xtalker: Command, work: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xtalker.values.extras.find_spec", lambda name: None)
    (work / "me.mp4").touch()
    line = xtalker(*arguments).refusal()
    assert "needs torch" in line and line.endswith("next: pip install 'xtalker[train]'")
