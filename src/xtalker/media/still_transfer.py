"""Whether the numbers of a still picture mean light of high dynamic range: what PNG and AVIF write about it.

Both name the transfer function as ITU-T H.273 numbers it: PNG in its chunk cICP (PNG 3rd edition, 11.3.2.6), AVIF in
the box colr of kind nclx (ISO/IEC 14496-12, 12.1.5).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAMES: Final = {16: "PQ", 18: "HLG"}
"""Transfer functions of high dynamic range."""

_HEAD_BYTES: Final = 1 << 16
_NCLX: Final = b"colrnclx"
_FIRST_CHUNK: Final = 8


def transfer_of(path: Path, kind: str | None) -> int | None:
    """Number of the transfer function, a key of `NAMES`; None for the standard range.

    Args:
        path: the file.
        kind: its format, as Pillow names it.
    """
    if kind not in ("PNG", "AVIF"):
        return None
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    number = _in_png(head) if kind == "PNG" else _in_avif(head)
    return number if number in NAMES else None


def _in_png(head: bytes) -> int | None:
    at = _FIRST_CHUNK
    while at + 12 <= len(head):
        length, name = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]
        if name == b"cICP" and length >= 2:
            return head[at + 9]  # after the primaries
        if name == b"IDAT":
            return None
        at += 12 + length
    return None


def _in_avif(head: bytes) -> int | None:
    at = head.find(_NCLX)
    number = head[at + len(_NCLX) + 2 : at + len(_NCLX) + 4]
    return int.from_bytes(number, "big") if at >= 0 and len(number) == 2 else None
