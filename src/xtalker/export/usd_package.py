"""The .usdz container: an uncompressed zip whose members start at multiples of 64 bytes, the layer first.

Source: "Usdz File Format Specification", OpenUSD documentation.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_ALIGNMENT: Final = 64
_HEADER_BYTES: Final = 30  # of a local file header, before name and extra field
_PADDING_ID: Final = 0x1986


def write_package(path: Path, members: Mapping[str, bytes]) -> None:
    """Pack contents under the given names (ASCII), in their order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            start = archive.fp.tell() + _HEADER_BYTES + len(name)  # type: ignore[union-attr]
            info.extra = _padding(start)
            archive.writestr(info, data)


def _padding(start: int) -> bytes:
    """Extra field that moves what follows `start` to the next multiple of 64; a field has at least four bytes."""
    size = -start % _ALIGNMENT
    if 0 < size < 4:
        size += _ALIGNMENT
    return struct.pack("<HH", _PADDING_ID, size - 4) + b"\0" * (size - 4) if size else b""
