"""Checkpoints as tensors of PyTorch; the files are those of `assets.checkpoints`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import torch

from xtalker.assets.checkpoints import load_raw, save_raw
from xtalker.assets.tensor_file import RawTensor

_TYPES: Final = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}
_STORED: Final = {name: dtype for dtype, name in _TYPES.items()}


def save_checkpoint(path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> None:
    """Write a checkpoint; the same content gives the same bytes.

    Args:
        path: file to write, whole or not at all; ends in .safetensors.
        tensors: name -> float32, float16, bfloat16 or int64 tensor on any device; all values finite.
        metadata: configuration, encoder fingerprint, channel names, licence.

    Raises:
        OutputError: the place cannot be written.
        ValueError: a tensor of another type or with values that are not finite.
    """
    save_raw(path, {name: _raw(name, tensor) for name, tensor in tensors.items()}, metadata)


def load_checkpoint(path: Path, *, required: Sequence[str] = ()) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read a checkpoint.

    Args:
        path: file written by `save_checkpoint`.
        required: metadata entries that must be there.

    Returns:
        Tensors on the CPU and the metadata.

    Raises:
        AssetError: absent, another format, damaged, too large, values not finite, or an entry is missing.
    """
    raw, metadata = load_raw(path, required=required)
    return {name: tensor_of(each) for name, each in raw.items()}, metadata


def tensor_of(raw: RawTensor) -> torch.Tensor:
    """A tensor with memory of its own."""
    if not raw.data:
        return torch.empty(raw.shape, dtype=_STORED[raw.dtype])
    return torch.frombuffer(bytearray(raw.data), dtype=_STORED[raw.dtype]).reshape(raw.shape)


def _raw(name: str, tensor: torch.Tensor) -> RawTensor:
    if tensor.dtype not in _TYPES:
        raise ValueError(f"{name} is {tensor.dtype}; a checkpoint holds {list(_TYPES)}")
    plain = tensor.detach().cpu().contiguous()
    # Bytes through uint8: numpy has no bfloat16.
    data = plain.reshape(-1).view(torch.uint8).numpy().tobytes()
    return RawTensor(_TYPES[tensor.dtype], tuple(plain.shape), data)
