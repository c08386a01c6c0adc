"""The network's border to its runtime."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from xtalker.assets import fetch
from xtalker.capture import network


@pytest.mark.real
def test_loading_a_model_is_silent() -> None:
    """The runtime greets each process once, so a fresh one is asked."""
    code = (
        "import pathlib, sys; from xtalker.capture import FaceDetector;"
        "FaceDetector(pathlib.Path(sys.argv[1]).read_bytes()); print('said', file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, str(fetch("face-detector"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == "said\n"
    assert done.stdout == ""


def test_only_the_greeting_is_hidden(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="on purpose"), network._greeting_hidden():
        os.write(2, network._GREETING + b"ERROR: something else\n")
        raise ValueError("on purpose")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "ERROR: something else\nafter\n"
