"""What a file is, from its first bytes: a refusal names what came, not only what did not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HEAD_BYTES: Final = 4096
_STARTS: Final = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"fLaC", "a FLAC sound"),
    (b"ID3", "an MP3 sound"),
    (b"OggS", "an Ogg sound or video"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (b"\x93NUMPY", "an array file (.npy)"),
    (b"PK\x03\x04", "a zip archive, such as .npz"),
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
)
_RIFF: Final = {b"WAVE": "a WAV sound", b"AVI ": "an AVI video", b"WEBP": "a WebP picture"}
_HEIC: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"}
HEIC: Final = "a HEIC picture"


def kind_of(path: Path) -> str | None:
    """What a file is, in words with their article; None where its first bytes do not tell."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return None
    return kind_of_bytes(head)


def kind_of_bytes(head: bytes) -> str | None:
    """`kind_of` the file that begins with these bytes."""
    if head[4:8] == b"ftyp":
        return _of_brand(head)
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "an SVG drawing"
    return "a web page" if text.startswith((b"<!doctype html", b"<html")) else None


def _of_brand(head: bytes) -> str:
    """Of an ISO media file, by the brands that it names."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return "an AVIF picture"
    if head[8:12] in _HEIC or (brands & _HEIC and b"isom" not in brands):
        return HEIC
    return "an MP4 or QuickTime file"
