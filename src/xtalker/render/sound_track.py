"""The original sound for a video: decoded at its own rate and channels, handed out sample by sample."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
from jaxtyping import Float32

from xtalker.media.opening import open_media
from xtalker.media.piped import readable_again
from xtalker.media.sniff import kind_of
from xtalker.media.sound import Piece, Silence, SoundDecoder, require_sound
from xtalker.values.files import check_readable, damage_explained

_ACCEPTED: Final = "a file with sound: wav, mp3, m4a, flac, ogg, opus, mp4, mkv"
_LAYOUTS: Final = {1: "mono", 2: "stereo"}


class SoundTrack:
    """Sound of a file on the clock of `media.sound`, as it is heard; a context manager.

    Damaged packets are left out, gaps in the time stamps become silence, changes of rate or channels are joined, and
    after the end comes silence for ever; values that are not finite become 0. Memory does not grow with any of it.

    Args:
        path: any container and codec that PyAV decodes.
        rates_hz: rates that the encoder takes, or None for any; the nearest higher one is used.

    Attributes:
        rate_hz: samples a second.
        layout: "mono" or "stereo"; more channels are mixed down to stereo.

    Raises:
        InputError: missing, empty or without sound.
    """

    def __init__(self, path: Path, rates_hz: tuple[int, ...] | None = None) -> None:
        file = readable_again(path) if path.exists() and not path.is_dir() else path
        check_readable(file, kind="sound file", accepted=_ACCEPTED)
        kind = kind_of(file)
        self._path, self._kind = path, f": it is {kind}" if kind else ""
        self._open = ExitStack()
        with self._explained(), ExitStack() as opened:
            container = opened.enter_context(open_media(file))
            stream = require_sound(container, path)
            own_rate_hz = int(stream.codec_context.sample_rate)
            channels = int(stream.codec_context.layout.nb_channels)
            self._open = opened.pop_all()
        self.rate_hz = own_rate_hz
        if rates_hz is not None and own_rate_hz not in rates_hz:
            self.rate_hz = min((r for r in rates_hz if r >= own_rate_hz), default=max(rates_hz))
        self.layout = _LAYOUTS[min(max(channels, 1), 2)]
        self._channels = 2 if self.layout == "stereo" else 1
        self._waiting: deque[Piece] = deque()
        decoder = SoundDecoder(container, stream, path, self.rate_hz, self.layout)
        self._coming: Iterator[Piece] | None = decoder.pieces()

    def __enter__(self) -> SoundTrack:
        """The track itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._open.close()

    def take(self, count: int) -> Float32[np.ndarray, "channels {count}"]:
        """The next samples, -1..1; silence once the sound is over."""
        out, filled = np.zeros((self._channels, count), np.float32), 0
        while filled < count and (piece := self._next()) is not None:
            used = min(count - filled, _length(piece))
            if isinstance(piece, Silence):
                rest: Piece = Silence(piece.count - used)
            else:
                out[:, filled : filled + used], rest = piece[:, :used], piece[:, used:]
            filled += used
            if _length(rest):
                self._waiting.appendleft(rest)
        return out

    def _next(self) -> Piece | None:
        """What comes next, a rest of what came before first."""
        if self._waiting:
            return self._waiting.popleft()
        if self._coming is None:
            return None
        with self._explained():
            piece = next(self._coming, None)
        if piece is None:
            self._coming = None
        return piece

    def _explained(self) -> AbstractContextManager[None]:
        return damage_explained(
            self._path,
            kind="sound file",
            what="the file cannot be read as sound" + self._kind,
            accepted=_ACCEPTED,
            next_step="give the sound file that was spoken",
        )


def _length(piece: Piece) -> int:
    return piece.count if isinstance(piece, Silence) else piece.shape[1]
