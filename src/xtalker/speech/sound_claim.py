"""What a file claims about the length of its own sound, and whether that claim can be trusted.

A claim is only ever used to notice that an end is missing. It is the sound's own, never the picture's, and counts from
the same zero as the samples. Firm is a count of samples or an index; lengths that are worked out from a byte rate,
or that belong to the whole container, are doubtful.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer

_HEAD_BYTES: Final = 1 << 16
# Written by programs that did not know the length when they began (pipes): no claim at all.
_UNKNOWN_FROM: Final = (0x7FFFF000, 0xFFFFF000)
_PLAIN_CODES: Final = (1, 3, 6, 7)  # PCM, float, A-law, mu-law: as many bytes a second as they say
_EXTENSIBLE: Final = 0xFFFE
_INDEXED: Final = ("mov", "flac", "aiff", "au", "caf", "avi", "asf", "w64", "ogg")
_TAG: Final = "DURATION"


@dataclass(frozen=True)
class Claim:
    """Length of a sound by its header.

    Attributes:
        seconds: from the sample zero on; 0 where nothing is claimed.
        firm: whether a shorter sound must have been cut.
    """

    seconds: float
    firm: bool


def claim_of(path: Path, container: InputContainer, stream: Any, zero_s: float | None) -> Claim:
    """What a file says about its sound.

    Args:
        path: the file, for what its first bytes say.
        container: the same file, opened.
        stream: its sound.
        zero_s: time of sample 0 on the file's clock; None is the start of the sound.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(head)
    start_s = 0.0 if stream.start_time is None else float(stream.start_time * stream.time_base)
    zero_s = start_s if zero_s is None else zero_s
    name = container.format.name
    if (tagged_s := _seconds(stream.metadata.get(_TAG, ""))) is not None:
        return Claim(max(0.0, tagged_s - zero_s), firm=True)
    if stream.duration:
        firm = name.startswith(_INDEXED) or (name == "mp3" and _counts_its_frames(head, path.stat().st_size))
        return Claim(max(0.0, start_s + float(stream.duration * stream.time_base) - zero_s), firm)
    if container.duration is None:
        return Claim(0.0, firm=False)
    alone = len(list(container.streams)) == 1
    return Claim(max(0.0, container.duration / av.time_base - zero_s), firm=alone and name.startswith("matroska"))


def _wav(head: bytes) -> Claim:
    place, code, bytes_per_s, samples = 12, 0, 0, 0
    rate_hz = 0
    while place + 8 <= len(head):
        name, size = head[place : place + 4], struct.unpack_from("<I", head, place + 4)[0]
        if name == b"fmt " and place + 24 <= len(head):
            code, _, rate_hz, bytes_per_s = struct.unpack_from("<HHII", head, place + 8)
            if code == _EXTENSIBLE and place + 34 <= len(head):
                code = struct.unpack_from("<H", head, place + 32)[0]
        if name == b"fact" and place + 12 <= len(head):
            samples = struct.unpack_from("<I", head, place + 8)[0]
        if name == b"data":
            unknown = any(start <= size <= start + 0xFFF for start in _UNKNOWN_FROM)
            if code in _PLAIN_CODES:
                return Claim(0.0 if unknown or not bytes_per_s else size / bytes_per_s, firm=True)
            return Claim(samples / rate_hz if samples and rate_hz and samples < _UNKNOWN_FROM[0] else 0.0, firm=False)
        place += 8 + size + size % 2
    return Claim(0.0, firm=False)


def _counts_its_frames(head: bytes, file_bytes: int) -> bool:
    """Whether an mp3 begins with a count of its frames that is about this file, and not about a part of joined ones."""
    at = max(head.find(b"Xing"), head.find(b"Info"))
    if at < 0 or at + 16 > len(head):
        return False
    flags, _, num_bytes = struct.unpack_from(">III", head, at + 4)
    return flags & 3 == 3 and file_bytes - num_bytes <= max(num_bytes, file_bytes) >> 4


def _seconds(text: str) -> float | None:
    """Of a tag like 00:01:02.500000000."""
    parts = text.strip().split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds
