from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from xtalker.assets import load_checkpoint, save_checkpoint
from xtalker.assets.checkpoints import save_raw
from xtalker.assets.tensor_file import RawTensor
from xtalker.values import AssetError, OutputError

METADATA = {"config": '{"width": 8}', "encoder": "log-mel/1", "licence": "Apache-2.0"}


def some_tensors() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "weight": random.standard_normal((3, 4), np.float32),
        "transposed": random.standard_normal((5, 2), np.float32).T,
        "half": random.standard_normal(3).astype(np.float16),
        "steps": np.array(7, np.int64),
        "empty": np.zeros((0, 4), np.float32),
    }


def refused(path: Path, **options: list[str]) -> str:
    with pytest.raises(AssetError) as caught:
        load_checkpoint(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_round_trip(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.safetensors", some_tensors(), METADATA)
    tensors, metadata = load_checkpoint(tmp_path / "a.safetensors", required=["config", "encoder"])
    assert metadata == METADATA
    assert tensors.keys() == some_tensors().keys()
    for name, tensor in some_tensors().items():
        assert tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(tensors[name], tensor)


def test_another_reader_agrees(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.safetensors", some_tensors(), METADATA)
    for name, tensor in load_file(tmp_path / "a.safetensors").items():
        np.testing.assert_array_equal(tensor, some_tensors()[name])


def test_bfloat16_is_widened_exactly(tmp_path: Path) -> None:
    values = np.array([1.0, -2.5, 3.140625, 0.0], np.float32)  # all have eight bits of mantissa or fewer
    raw = RawTensor("BF16", (2, 2), (values.view(np.uint32) >> 16).astype("<u2").tobytes())
    save_raw(tmp_path / "a.safetensors", {"brain": raw}, METADATA)
    tensors, _ = load_checkpoint(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(tensors["brain"], values.reshape(2, 2))


def test_same_content_same_bytes(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a", some_tensors(), METADATA)
    save_checkpoint(tmp_path / "b", dict(reversed(some_tensors().items())), dict(reversed(METADATA.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_pickle_and_other_formats_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with zipfile.ZipFile(path, "w") as archive:  # as PyTorch saves
        archive.writestr("archive/data.pkl", pickle.dumps({"weight": 1}))
    assert "refused, because loading one can run code" in refused(path)
    path.write_bytes(pickle.dumps({"weight": 1}))
    assert "refused, because loading one can run code" in refused(path)
    path.write_bytes(b"")
    assert "not safetensors" in refused(path)
    path.write_text("hello, this is a text")
    assert "not safetensors" in refused(path)
    save_file({"weight": np.zeros(2, np.float32)}, path, {"format": "pt"})
    assert "not a checkpoint of xtalker" in refused(path)
    assert "no such checkpoint" in refused(tmp_path / "none")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, some_tensors(), METADATA)
    data = path.read_bytes()
    path.write_bytes(data[:-10])
    assert "the checkpoint is damaged" in refused(path)
    path.write_bytes(data[:40])
    assert "its end is missing" in refused(path)
    path.write_bytes(data[:60] + b"\xff" + data[61:])
    assert "header of the checkpoint is damaged" in refused(path)
    path.write_bytes(data.replace(b'"shape":[3,4]', b'"shape":[9,4]'))
    assert "the checkpoint is damaged" in refused(path)


def test_missing_entries_are_named(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a", some_tensors(), METADATA)
    assert "does not say its channels, seed" in refused(tmp_path / "a", required=["config", "channels", "seed"])


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="weight holds values that are not finite"):
        save_checkpoint(tmp_path / "a", {"weight": np.array([np.nan], np.float32)}, {})
    with pytest.raises(ValueError, match="numbers of type complex64"):
        save_checkpoint(tmp_path / "a", {"weight": np.zeros(2, np.complex64)}, {})
    save_file({"weight": np.array([np.inf], np.float32)}, tmp_path / "a", {"xtalker_checkpoint": "1"})
    assert "not finite in weight" in refused(tmp_path / "a")


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such folder to write to"):
        save_checkpoint(tmp_path / "none" / "a", some_tensors(), METADATA)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("start", [b"\x80\x02", b"\x80\x03", b"PK"])
def test_a_header_whose_length_looks_like_a_pickle_is_read(tmp_path: Path, start: bytes) -> None:
    path, tensors = tmp_path / "a.safetensors", {"a": np.ones(2, np.float32)}
    wanted = int.from_bytes(start, "little")  # lengths are multiples of 8
    for length in range(wanted - 300, wanted):
        save_checkpoint(path, tensors, {"note": "x" * length})
        if path.read_bytes().startswith(start):
            break
    else:
        pytest.fail("no header of that length")
    assert load_checkpoint(path)[1]["note"] == "x" * length
