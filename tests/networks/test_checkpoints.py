"""The same files from tensors of PyTorch."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from xtalker.networks.checkpoints import load_checkpoint, save_checkpoint
from xtalker.values import AssetError

METADATA = {"config": '{"width": 8}', "encoder": "log-mel/1", "licence": "Apache-2.0"}


def some_tensors() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "weight": torch.randn(3, 4, generator=generator),
        "transposed": torch.randn(5, 2, generator=generator).T,
        "half": torch.randn(3, generator=generator).half(),
        "brain": torch.randn(3, generator=generator).bfloat16(),
        "steps": torch.tensor(7),
        "empty": torch.zeros(0, 4),
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
        torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=0)


def test_another_reader_agrees(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.safetensors", some_tensors(), METADATA)
    for name, tensor in load_file(tmp_path / "a.safetensors").items():
        torch.testing.assert_close(tensor, some_tensors()[name], rtol=0, atol=0)


def test_same_content_same_bytes(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a", some_tensors(), METADATA)
    save_checkpoint(tmp_path / "b", dict(reversed(some_tensors().items())), dict(reversed(METADATA.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_pickle_and_other_formats_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    torch.save({"weight": torch.zeros(2)}, path)
    assert "refused, because loading one can run code" in refused(path)
    path.write_bytes(pickle.dumps({"weight": 1}))
    assert "refused, because loading one can run code" in refused(path)
    path.write_bytes(b"")
    assert "not safetensors" in refused(path)
    path.write_text("hello, this is a text")
    assert "not safetensors" in refused(path)
    save_file({"weight": torch.zeros(2)}, path, {"format": "pt"})
    assert "not a checkpoint of xtalker" in refused(path)
    assert "no such checkpoint" in refused(tmp_path / "none")


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="weight holds values that are not finite"):
        save_checkpoint(tmp_path / "a", {"weight": torch.tensor([float("nan")])}, {})
    with pytest.raises(ValueError, match=r"a checkpoint holds"):
        save_checkpoint(tmp_path / "a", {"weight": torch.zeros(2, dtype=torch.complex64)}, {})
    save_file({"weight": torch.tensor([float("inf")])}, tmp_path / "a", {"xtalker_checkpoint": "1"})
    assert "not finite in weight" in refused(tmp_path / "a")
