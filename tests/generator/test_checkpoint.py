import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.generator import TINY_CONFIG, tiny_saved

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.checkpoint import read_generator, write_generator
from xtalker.values import AssetError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_generator(tmp_path / "one.safetensors", tiny_saved())
    return tmp_path / "one.safetensors"


def test_round_trip_keeps_every_number_and_word(path: Path) -> None:
    saved, loaded = tiny_saved(), read_generator(path)
    assert loaded.card == saved.card and loaded.network.config == TINY_CONFIG
    for name, values in asdict(saved.statistics).items():
        np.testing.assert_array_equal(getattr(loaded.statistics, name), values)
    assert loaded.network.weights.keys() == saved.network.weights.keys()
    for name, array in saved.network.weights.items():
        np.testing.assert_array_equal(loaded.network.weights[name], array)


def test_same_generator_same_bytes(path: Path) -> None:
    again = path.with_name("again.safetensors")
    write_generator(again, read_generator(path))
    assert again.read_bytes() == path.read_bytes()


def _rewrite(path: Path, *, metadata: dict[str, str] | None = None, drop: str = "", swap: str = "") -> None:
    tensors, words = load_checkpoint(path)
    if drop:
        tensors.pop(drop, None)
        words.pop(drop, None)
    if swap:
        tensors[swap] = np.zeros(3, np.float32)
    save_checkpoint(path, tensors, words | (metadata or {}))


@pytest.mark.parametrize(
    ("change", "text"),
    [({"metadata": {"schema": "other-2"}}, "schema 'other-2'"),
     ({"drop": "schema"}, "schema None"),
     ({"metadata": {"columns": json.dumps(["a"])}}, "other motion columns"),
     ({"metadata": {"config": json.dumps(asdict(replace(TINY_CONFIG, width=18 * 2)))}}, "size mismatch"),
     ({"metadata": {"config": json.dumps(asdict(TINY_CONFIG) | {"width": 10**12})}}, "whole number up to 4096"),
     ({"metadata": {"config": json.dumps(asdict(TINY_CONFIG) | {"depth": 3})}}, "depth"),
     ({"metadata": {"config": "{"}}, "Expecting property name"),
     ({"drop": "encoder"}, "no entry 'encoder'"),
     ({"drop": "network.state.bias"}, "Missing key"),
     ({"swap": "network.extra"}, "Unexpected key"),
     ({"swap": "network.state.bias"}, "size mismatch"),
     ({"swap": "statistics.linguistic_std"}, "statistics linguistic_std of shape (3,)"),
     ({"swap": "statistics.motion_std"}, "statistics motion_std of shape (3,)"),
     ({"drop": "statistics.loudness"}, "no entry 'statistics.loudness'")],
)  # fmt: skip
def test_other_contents_are_refused_with_the_reason(path: Path, change: dict, text: str) -> None:
    _rewrite(path, **change)
    with pytest.raises(AssetError) as caught:
        read_generator(path)
    assert text in str(caught.value) and "one.safetensors" in str(caught.value)


def test_absent_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError):
        read_generator(tmp_path / "absent.safetensors")
