"""Our own weights: safetensors with the resolved configuration in the header. Never pickle.

A checkpoint says what it is: the metadata carry the resolved configuration, the fingerprint of the speech encoder,
channel names and licence, as strings (JSON where structured).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from xtalker.assets.tensor_file import RawTensor, write_tensor_file
from xtalker.values import AssetError, OutputError
from xtalker.values.files import whole_file

_FORMAT_KEY, _FORMAT = "xtalker_checkpoint", "1"
_MAX_BYTES = 8 << 30
_MAX_HEADER_BYTES = 16 << 20
_TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}
_ACCEPTED = "a safetensors checkpoint written by xtalker"
_PICKLES = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


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
    raw = {name: _raw(name, tensor) for name, tensor in tensors.items()}
    try:
        with whole_file(path) as beside:
            write_tensor_file(beside, raw, {**metadata, _FORMAT_KEY: _FORMAT})
    except OSError as error:
        raise OutputError(
            "the checkpoint cannot be written", received=f"{path} ({error.strerror})",
            accepted="a place in a folder that exists and can be written", next_step="choose another place",
        ) from error  # fmt: skip


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
    _check_header(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise _refusal("the checkpoint is damaged", f"{path} ({error})") from error
    if metadata.pop(_FORMAT_KEY, None) != _FORMAT:
        raise _refusal("the file is not a checkpoint of xtalker, or of another version", path)
    if missing := [key for key in required if key not in metadata]:
        raise _refusal(f"the checkpoint does not say its {', '.join(missing)}", path)
    bad = [name for name, t in tensors.items() if t.is_floating_point() and not torch.isfinite(t).all()]
    if bad:
        raise _refusal(f"the checkpoint holds values that are not finite in {bad[0]}", path)
    return tensors, metadata


def _raw(name: str, tensor: torch.Tensor) -> RawTensor:
    if tensor.dtype not in _TYPES:
        raise ValueError(f"{name} is {tensor.dtype}; a checkpoint holds {list(_TYPES)}")
    plain = tensor.detach().cpu().contiguous()
    if plain.is_floating_point() and not torch.isfinite(plain).all():
        raise ValueError(f"{name} holds values that are not finite")
    # Bytes through uint8: numpy has no bfloat16.
    data = plain.reshape(-1).view(torch.uint8).numpy().tobytes()
    return RawTensor(_TYPES[tensor.dtype], tuple(plain.shape), data)


def _check_header(path: Path) -> None:
    """Size, magic and header length, before anything is given to the parser."""
    if not path.is_file():
        raise _refusal("no such checkpoint", path)
    size = path.stat().st_size
    with path.open("rb") as handle:
        start = handle.read(9)
        if start.startswith(_PICKLES) and start[8:] != b"{":  # a header of 640 bytes also begins like a pickle
            raise _refusal("pickle and zip checkpoints are refused, because loading one can run code", path)
        length = int.from_bytes(start[:8], "little")
        if len(start) < 9 or start[8:] != b"{" or length > size - 8:
            raise _refusal("the file is not safetensors, or its end is missing", f"{path} ({size} bytes)")
        if size > _MAX_BYTES or length > _MAX_HEADER_BYTES:
            raise _refusal("the checkpoint is too large", f"{path} ({size} bytes)")
        try:
            handle.seek(8)
            json.loads(handle.read(length))
        except (ValueError, RecursionError) as error:
            raise _refusal("the header of the checkpoint is damaged", path) from error


def _refusal(what: str, received: object) -> AssetError:
    return AssetError(what, received=received, accepted=_ACCEPTED, next_step="give another checkpoint")
