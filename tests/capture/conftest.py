"""Real parts for tests marked `real`; each is loaded once."""

from __future__ import annotations

import pytest

from xtalker.assets import fetch
from xtalker.capture import FaceDetector, FaceMesh, Portrait, load_portrait


@pytest.fixture(scope="session")
def detector() -> FaceDetector:
    return FaceDetector(fetch("face-detector").read_bytes())


@pytest.fixture(scope="session")
def mesh() -> FaceMesh:
    return FaceMesh(fetch("face-mesh-attention").read_bytes())


@pytest.fixture(scope="session")
def astronaut() -> Portrait:
    return load_portrait(fetch("portrait-astronaut"))
