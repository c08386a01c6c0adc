"""Shared fixtures. Array shapes written in signatures are checked at run time, here only."""

from __future__ import annotations

import os
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from jaxtyping import install_import_hook

# The tower: a whole number is a float, as for mypy (PEP 484).
install_import_hook("xtalker", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

import pytest  # noqa: E402  the hook must come first

from xtalker.assets import fetch  # noqa: E402
from xtalker.performance.person import Person, read_person  # noqa: E402
from xtalker.values.photo_avatar import PhotoAvatar  # noqa: E402


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Without PyTorch, tests of what needs it are skipped, and said to be."""
    report = yield
    if report.failed and find_spec("torch") is None and "No module named 'torch'" in str(report.longrepr):
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, "Skipped: needs PyTorch (pip install 'xtalker[train]')")
    return report


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of speech-with-face corpora; not part of the project, so tests that need it skip."""
    folder = Path(os.environ.get("XTALKER_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("corpora absent: set XTALKER_DATA to a folder with grid_s1/, grid_multi/ and facegood/")
    return folder


@pytest.fixture(scope="session")
def astronaut_person() -> Person:
    """The demo portrait; for tests marked `real`."""
    return read_person(fetch("portrait-astronaut"))


@pytest.fixture(scope="session")
def astronaut_avatar(astronaut_person: Person) -> PhotoAvatar:
    """The demo portrait, ready to move."""
    return astronaut_person.avatar
