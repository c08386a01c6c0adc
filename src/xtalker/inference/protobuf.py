"""The few bytes of Protocol Buffers that a model file needs.

A message is a run of fields: a key (number << 3 | wire type), then a variable-length integer (type 0), or a length and
so many bytes (type 2), or four bytes (type 5). See Google's "Protocol Buffers: Encoding".
"""

from __future__ import annotations

import struct

_VARINT, _BYTES, _FOUR_BYTES = 0, 2, 5


def integer(field: int, value: int) -> bytes:
    """A whole number; negative ones take ten bytes, as the format says."""
    return _varint(field << 3 | _VARINT) + _varint(value % 2**64)


def text(field: int, value: str) -> bytes:
    """A string."""
    return message(field, value.encode())


def message(field: int, content: bytes) -> bytes:
    """A message inside another, or raw bytes."""
    return _varint(field << 3 | _BYTES) + _varint(len(content)) + content


def real(field: int, value: float) -> bytes:
    """A number in single precision."""
    return _varint(field << 3 | _FOUR_BYTES) + struct.pack("<f", value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
