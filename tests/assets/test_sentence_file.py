from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from xtalker.assets.sentence_file import VOCABULARY, keep_weights_and_vocabulary


def _published(path: Path, weights: dict[str, np.ndarray], pieces: dict[str, int]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.safetensors", save(weights))
        archive.writestr("tokenizer.json", json.dumps({"model": {"vocab": pieces}}))
    return path


def test_weights_are_halved_and_words_kept_in_order(tmp_path: Path) -> None:
    weight = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    source = _published(tmp_path / "m.zip", {"a.weight": weight, "pooler.dense.bias": weight}, {"b": 1, "a": 0})
    keep_weights_and_vocabulary(source, tmp_path / "one")
    keep_weights_and_vocabulary(source, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    kept = load_file(tmp_path / "one")
    assert set(kept) == {"a.weight", VOCABULARY} and bytes(kept[VOCABULARY]) == b"a\nb"
    np.testing.assert_array_equal(kept["a.weight"], weight.astype(np.float16))


def test_gaps_in_the_vocabulary_are_refused(tmp_path: Path) -> None:
    source = _published(tmp_path / "m.zip", {"w": np.zeros(2, np.float32)}, {"a": 0, "b": 2})
    with pytest.raises(ValueError, match="without gaps"):
        keep_weights_and_vocabulary(source, tmp_path / "out")
