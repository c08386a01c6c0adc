"""Containers of sound and moving pictures, opened the same way for speech, sound tracks and videos."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import av
import av.logging
from av.container import InputContainer
from av.stream import Disposition

from xtalker.values import InputError

MAX_PIXELS: Final = 36_000_000
"""Of one picture. Decoders are told, so that nothing larger is ever allocated."""

# The file may name no other file and no address: playlists that do would be followed otherwise.
_OPTIONS: Final = {"protocol_whitelist": "none", "max_pixels": str(MAX_PIXELS)}
_PLAYABLE: Final = "a file that common players play: wav, mp3, m4a, flac, ogg, opus, mp4, mkv"


@contextmanager
def open_media(path: Path, *, containers: str | None = None) -> Iterator[InputContainer]:
    """A file of sound or moving pictures; whoever opens it explains what the decoders raise.

    Args:
        path: the file; nothing else is opened, whatever it names.
        containers: FFmpeg's names of those that are taken, with commas between; None takes any.
    """
    options = _OPTIONS if containers is None else {**_OPTIONS, "format_whitelist": containers}
    with path.open("rb") as handle, av.open(handle, options=options, metadata_errors="replace") as container:
        for stream in container.streams.video:
            if _decoder(stream) is not None:
                stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        yield container


def sound_in(container: InputContainer, path: Path) -> Any | None:
    """The best stream of sound whose codec is known; None where there is no sound.

    Raises:
        InputError: sound of an unknown codec, which is named.
    """
    streams = list(container.streams.audio)
    known = [stream for stream in streams if _decoder(stream) is not None]
    if streams and not known:
        raise _unknown(container, streams[0], path, "sound")
    best = container.streams.best("audio")
    return best if best is not None and best in known else next(iter(known), None)


def picture_in(container: InputContainer, path: Path) -> Any | None:
    """The first moving picture; None where there is none, cover art does not count.

    Raises:
        InputError: of an unknown codec, which is named.
    """
    streams = [s for s in container.streams.video if not is_cover(s)]
    if streams and _decoder(streams[0]) is None:
        raise _unknown(container, streams[0], path, "pictures")
    return next(iter(streams), None)


def picture_start_s(container: InputContainer) -> float | None:
    """Time of the first picture; cover art is no picture."""
    for video in container.streams.video:
        if not is_cover(video) and video.start_time is not None and video.time_base is not None:
            return float(video.start_time * video.time_base)
    return None


def is_cover(stream: Any) -> bool:
    """Whether a stream of pictures is the cover of a sound."""
    return bool(stream.disposition & Disposition.attached_pic)


def _decoder(stream: Any) -> Any | None:
    """What decodes a stream; None for a codec that is not known."""
    return getattr(stream, "codec_context", None)


def _unknown(container: InputContainer, stream: Any, path: Path, what: str) -> InputError:
    return InputError(
        f"the codec of the {what} is not known",
        received=f"{path} (codec {_codec_tag(container, stream.index)})",
        accepted=_PLAYABLE,
        next_step="convert it, for example with a player that plays it",
    )


def _codec_tag(container: Any, index: int) -> str:
    """What the container calls the codec of a stream; only the library's own description has it."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        described = container.dumps_format()
    finally:
        av.logging.set_level(before)
    found = re.search(rf"Stream #\d+:{index}\b.*?: none \(([^)]+)\)", described)
    return found[1] if found else "without a name"
