"""What sound files claim about their own length, read from their first bytes.

The decoder corrects a wrong claim by the file's size, or guesses one from the bit rate; to tell a file that was cut
short, or one that lies, the claim itself is needed.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_HEAD_BYTES = 1 << 16
# Written by programs that did not know the length when they began (pipes): no claim at all.
_UNKNOWN_FROM = (0x7FFFF000, 0xFFFFF000)


def wav_claim_s(head: bytes) -> float:
    """Seconds that a RIFF header claims; 0 when there is no such header, or when it does not know."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return 0.0
    place, bytes_per_s = 12, 0
    while place + 8 <= len(head):
        name, size = head[place : place + 4], struct.unpack_from("<I", head, place + 4)[0]
        if name == b"fmt " and place + 24 <= len(head):
            bytes_per_s = struct.unpack_from("<I", head, place + 16)[0]
        if name == b"data":
            unknown = any(start <= size <= start + 0xFFF for start in _UNKNOWN_FROM)
            return 0.0 if unknown or not bytes_per_s else size / bytes_per_s
        place += 8 + size + size % 2
    return 0.0


def knows_its_length(head: bytes, container: str) -> bool:
    """Whether the length that a container states is its own; for bare mp3 the decoder guesses it."""
    return container != "mp3" or b"Xing" in head or b"Info" in head


def read_head(file: BinaryIO) -> bytes:
    """First bytes of a file."""
    return file.read(_HEAD_BYTES)
