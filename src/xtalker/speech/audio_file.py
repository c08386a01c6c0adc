"""load_audio, stream_audio: whatever PyAV decodes -> 16 kHz mono, in step with the picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.media.opening import open_media, picture_start_s
from xtalker.media.piped import readable_again
from xtalker.media.sniff import kind_of
from xtalker.media.sound import Piece, Silence, SoundDecoder, refusal, require_sound, too_long
from xtalker.speech.sound_claim import Claim, claim_of
from xtalker.values import Audio, InputError
from xtalker.values.conventions import SAMPLE_RATE_HZ
from xtalker.values.errors import XtalkerError, memory_wanted

_LOUD: Final = 1.5
_SHORT_S, _SHORT_SHARE = 0.5, 0.1
_JUDGED_S: Final = 600.0
_CANCELS: Final = 0.1  # energy of the mean of two channels against the louder one; a silent channel leaves 0.25
_log = logging.getLogger("xtalker")


def load_audio(path: Path | str, *, max_duration_s: float = 7200.0) -> Audio:
    """Read a sound file, or the sound of a video, as 16 kHz mono.

    The clock is that of `media.sound`: sample 0 is the moment of the first picture, or the start of the sound. The
    mean of the channels is taken, or the louder one where two cancel. What is damaged is left out, values above 1 are
    clipped and values that are not finite become 0; each of these is said in the log "xtalker", in one line.

    Args:
        path: any container and codec that PyAV decodes, any rate from 2 kHz on, any channels; also a pipe.
        max_duration_s: longest sound taken, by what the header claims and by what is there.

    Returns:
        The samples, -1..1.

    Raises:
        InputError: no such file, not a sound, empty, too long, cut short, or without a finite value.
    """
    pieces = list(stream_audio(path, max_duration_s=max_duration_s))
    return Audio(np.concatenate(pieces), str(path))


def stream_audio(path: Path | str, *, max_duration_s: float = 7200.0) -> Iterator[Float[np.ndarray, "_"]]:
    """The samples of `load_audio` in consecutive pieces, as they are decoded; memory does not grow with the length.

    Raises:
        InputError: as `load_audio`; a file that is cut short, or holds no finite value, is refused at its end.
    """
    named = Path(path)
    with _explained(named):
        file = _existing(named)
        loudest = _louder_of_two_that_cancel(file)
        with open_media(file) as container:
            stream, zero_s = require_sound(container, named), picture_start_s(container)
            claim = claim_of(file, container, stream, zero_s)
            if claim.firm and claim.seconds > max_duration_s:
                raise too_long(named, f"a header that claims {claim.seconds:.0f} s", max_duration_s)
            sound = SoundDecoder(container, stream, named, SAMPLE_RATE_HZ, limit_s=max_duration_s)
            for piece in sound.pieces():
                yield from _mono(piece, loudest)
        _judge(named, sound, claim, loudest)


def _mono(piece: Piece, loudest: int | None) -> Iterator[Float[np.ndarray, "_"]]:
    if isinstance(piece, Silence):
        yield from (np.zeros(count, np.float32) for count in piece.pieces())
    else:
        yield piece.mean(axis=0) if loudest is None else piece[min(loudest, len(piece) - 1)].copy()


def _louder_of_two_that_cancel(path: Path) -> int | None:
    """Number of the louder of two channels whose mean is much weaker than it; None for all other sounds."""
    with open_media(path) as container:
        stream = require_sound(container, path)
        if stream.codec_context.layout.nb_channels != 2:
            return None
        energy = np.zeros(3)
        # Only the sound of a plain two-channel file is judged; the limit is that of looking, not of the file.
        sound = SoundDecoder(container, stream, path, SAMPLE_RATE_HZ, limit_s=np.inf)
        for piece in sound.pieces():
            if isinstance(piece, Silence):
                continue
            if len(piece) == 2:
                energy += np.square(np.vstack([piece, piece.mean(axis=0)]), dtype=np.float64).sum(axis=1)
            if sound.num_out > _JUDGED_S * SAMPLE_RATE_HZ:
                break
    louder = int(energy[:2].argmax())
    return louder if energy[2] < _CANCELS * energy[louder] else None


def _judge(path: Path, sound: SoundDecoder, claim: Claim, loudest: int | None) -> None:
    """Refuse what cannot be used as a whole, and say in one line what else there is to know."""
    num_kept = sound.num_out - sound.num_to_cut
    if num_kept <= 0:
        raise refusal("the file holds no sound samples", path)
    if sound.num_not_finite == sound.num_seen:
        raise refusal("the sound holds no finite value", f"{path} ({sound.num_seen} NaN or infinite)")
    duration_s, notes = num_kept / SAMPLE_RATE_HZ, []
    if claim.seconds - duration_s > max(_SHORT_S, _SHORT_SHARE * claim.seconds):
        if claim.firm:
            raise InputError(
                "the sound file is cut short",
                received=f"{path}: {duration_s:.2f} s, its header says {claim.seconds:.2f} s",
                accepted="a whole file",
                next_step="fetch it again, or convert what is there to wav",
            )
        notes.append(f"{duration_s:.2f} s of sound, where the file leads to expect about {claim.seconds:.2f} s")
    if loudest is not None:
        notes.append(f"its two channels cancel each other: only the {('left', 'right')[loudest]} one is heard")
    if sound.num_damaged:
        notes.append(f"{sound.num_damaged} damaged packets were left out")
    if sound.num_not_finite:
        notes.append(f"{sound.num_not_finite} of {sound.num_seen} values are not finite and became 0")
    if sound.peak > _LOUD:
        notes.append(f"the sound peaks at {sound.peak:.3g} and was clipped to 1")
    if notes:
        _log.warning("%s: %s", path, "; ".join(notes))


def _existing(path: Path) -> Path:
    """A file that can be read again and again."""
    if path.is_dir():
        raise refusal("this is a folder, not a sound file", path)
    if not path.exists():
        raise refusal("no such sound file", path)
    path = readable_again(path)
    if path.stat().st_size == 0:
        raise refusal("the sound file is empty", f"{path} (0 bytes)")
    return path


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Whatever the decoders raise is a refusal of the file."""
    try:
        yield
    except XtalkerError:
        raise
    except Exception as error:
        if memory_wanted(error) is not None:
            raise
        said = [_reason(error), kind_of(path)] if path.is_file() else [_reason(error)]
        received = f"{path} ({', '.join(text for text in said if text)})"
        raise refusal("the file cannot be read as sound", received) from error


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]
