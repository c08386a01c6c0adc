"""Our own weights: safetensors with the resolved configuration in the header. Never pickle.

A checkpoint says what it is: the metadata carry the resolved configuration, the fingerprint of the speech encoder,
channel names and licence, as strings (JSON where structured). Training reads and writes the same files through
`networks.checkpoints`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Shaped
from safetensors import SafetensorError

from xtalker.assets.tensor_file import RawTensor, array_of, raw_of, read_tensor_file, write_tensor_file
from xtalker.values import AssetError, OutputError
from xtalker.values.files import whole_file

Arrays = Mapping[str, Shaped[np.ndarray, "..."]]

_FORMAT_KEY, _FORMAT = "xtalker_checkpoint", "1"
_MAX_BYTES = 8 << 30
_MAX_HEADER_BYTES = 16 << 20
_TYPES: Final = ("F32", "F16", "BF16", "I64")
_FLOATS: Final = ("F32", "F16", "BF16")
_ACCEPTED = "a safetensors checkpoint written by xtalker"
_PICKLES = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def save_checkpoint(path: Path, tensors: Arrays, metadata: Mapping[str, str]) -> None:
    """Write a checkpoint; the same content gives the same bytes.

    Args:
        path: file to write, whole or not at all; ends in .safetensors.
        tensors: name -> float32, float16 or int64 array; all values finite.
        metadata: configuration, encoder fingerprint, channel names, licence.

    Raises:
        OutputError: the place cannot be written.
        ValueError: an array of another type or with values that are not finite.
    """
    save_raw(path, {name: raw_of(array) for name, array in tensors.items()}, metadata)


def save_raw(path: Path, tensors: Mapping[str, RawTensor], metadata: Mapping[str, str]) -> None:
    """As `save_checkpoint`, from tensors as they are stored; these may be bfloat16.

    Raises:
        OutputError, ValueError: as there.
    """
    for name, raw in tensors.items():
        if raw.dtype not in _TYPES:
            raise ValueError(f"{name} is {raw.dtype}; a checkpoint holds {', '.join(_TYPES)}")
        if not _is_finite(raw):
            raise ValueError(f"{name} holds values that are not finite")
    try:
        with whole_file(path) as beside:
            write_tensor_file(beside, tensors, {**metadata, _FORMAT_KEY: _FORMAT})
    except OSError as error:
        raise OutputError(
            "the checkpoint cannot be written", received=f"{path} ({error.strerror})",
            accepted="a place in a folder that exists and can be written", next_step="choose another place",
        ) from error  # fmt: skip


def load_checkpoint(
    path: Path, *, required: Sequence[str] = ()
) -> tuple[dict[str, Shaped[np.ndarray, "..."]], dict[str, str]]:
    """Read a checkpoint.

    Args:
        path: file written by `save_checkpoint`.
        required: metadata entries that must be there.

    Returns:
        Arrays as stored (bfloat16 as float32; not to be written to) and the metadata.

    Raises:
        AssetError: absent, another format, damaged, too large, values not finite, or an entry is missing.
    """
    tensors, metadata = load_raw(path, required=required)
    return {name: array_of(raw) for name, raw in tensors.items()}, metadata


def load_raw(path: Path, *, required: Sequence[str] = ()) -> tuple[dict[str, RawTensor], dict[str, str]]:
    """As `load_checkpoint`, tensors as they are stored.

    Raises:
        AssetError: as there.
    """
    _check_header(path)
    try:
        tensors, metadata = read_tensor_file(path)
        bad = [name for name, raw in tensors.items() if not _is_finite(raw)]
    except (SafetensorError, OSError, ValueError) as error:
        raise _refusal("the checkpoint is damaged", f"{path} ({error})") from error
    if metadata.pop(_FORMAT_KEY, None) != _FORMAT:
        raise _refusal("the file is not a checkpoint of xtalker, or of another version", path)
    if missing := [key for key in required if key not in metadata]:
        raise _refusal(f"the checkpoint does not say its {', '.join(missing)}", path)
    if bad:
        raise _refusal(f"the checkpoint holds values that are not finite in {bad[0]}", path)
    return tensors, metadata


def _is_finite(raw: RawTensor) -> bool:
    return raw.dtype not in _FLOATS or bool(np.isfinite(array_of(raw)).all())


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
