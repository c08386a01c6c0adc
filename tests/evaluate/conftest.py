"""A prepared folder of invented clips, and two untrained generators that hear it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tiny.clips import write_tiny_clips
from tests.tiny.generator import tiny_generator

from xtalker.evaluate.bench import Bench, System, set_up
from xtalker.evaluate.datasets import Dataset, open_dataset
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import read_clip


@pytest.fixture(scope="session", autouse=True)
def judges() -> None:
    """Synchrony is judged by networks of PyTorch, so all of evaluation asks for it."""
    pytest.importorskip("torch", reason="evaluation needs the extra 'train'")


@pytest.fixture(scope="session")
def clips_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve clips of two people, three of them to measure on."""
    return write_tiny_clips(tmp_path_factory.mktemp("evaluate") / "clips")


@pytest.fixture(scope="session")
def dataset(clips_folder: Path) -> Dataset:
    return open_dataset(clips_folder, read=read_clip)


@pytest.fixture(scope="session")
def bench(dataset: Dataset) -> Bench:
    systems = [System(name, tiny_generator(seed=seed), {"seed": seed}) for seed, name in enumerate(("one", "two"))]
    return set_up(dataset, systems, head=OpenHead())
