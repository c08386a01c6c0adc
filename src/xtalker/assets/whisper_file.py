"""Whisper's published file -> safetensors with the encoder only.

The source is a CTranslate2 binary, version 6, little endian: u32 version, string, u32 revision, u32 count, then
for each variable: string name, u8 rank, u32 axes, u8 type (2 = int16, 4 = float16), u32 byte count, data.
A string is a u16 length, final NUL included, and its bytes. The decoder is left out: nothing here needs it.
"""

from __future__ import annotations

import struct
from pathlib import Path

from xtalker.assets.tensor_file import RawTensor, write_tensor_file

_TYPES = {2: "I16", 4: "F16"}
_PREFIX = "encoder/"


class _Reader:
    def __init__(self, blob: bytes) -> None:
        self._blob, self._position = blob, 0

    def number(self, code: str) -> int:
        value = struct.unpack_from("<" + code, self._blob, self._position)[0]
        self._position += struct.calcsize("<" + code)
        return int(value)

    def data(self, count: int) -> bytes:
        start, self._position = self._position, self._position + count
        return self._blob[start : self._position]

    def text(self) -> str:
        return self.data(self.number("H"))[:-1].decode()


def keep_encoder(published: Path, into: Path) -> None:
    """Write the 80 encoder variables of a published Whisper file, float16 as stored, to a safetensors file.

    Args:
        published: CTranslate2 binary whose hash was already checked.
        into: file to write; the same input gives the same bytes.

    Raises:
        ValueError: another format or version.
    """
    reader = _Reader(published.read_bytes())
    version, kind, _revision = reader.number("I"), reader.text(), reader.number("I")
    if (version, kind) != (6, "WhisperSpec"):
        raise ValueError(f"not a Whisper file of version 6 but {kind!r} of version {version}")
    tensors: dict[str, RawTensor] = {}
    for _ in range(reader.number("I")):
        name, rank = reader.text(), reader.number("B")
        shape = tuple(reader.number("I") for _ in range(rank))
        type_number, size = reader.number("B"), reader.number("I")
        data = reader.data(size)
        if name.startswith(_PREFIX):
            tensors[name.removeprefix(_PREFIX)] = RawTensor(_TYPES[type_number], shape, data)
    write_tensor_file(into, tensors, {"model": "whisper-base encoder", "licence": "MIT, OpenAI"})
