"""Wishes in words -> programs on the clip's time line, through a language model where one is set, else the parser."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from xtalker.direction.endpoint import Endpoint, ask_program
from xtalker.direction.vocabulary import Kind
from xtalker.direction.words import program_from_words
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.direction import CameraWish, HeadWish, Move
from xtalker.values.tracks import Rhythm

_log = logging.getLogger("xtalker")


def head_moves(wishes: Sequence[HeadWish], rhythm: Rhythm, endpoint: Endpoint | None = None) -> tuple[Move, ...]:
    """Program of the head: each wish holds from its time to the next one's.

    Args:
        wishes: in the order of time. An empty style ends the one before and asks for nothing.
        rhythm: of the clip.
        endpoint: asked first; when it fails, the embedded parser is, with a warning.

    Returns:
        Moves in the order of time; their amounts include those of the wishes (up to 4).

    Raises:
        InputError: words that neither understands.
    """
    duration_s = rhythm.num_frames / FRAME_RATE_HZ
    ends = [*(wish.at_s for wish in wishes[1:]), duration_s]
    moves: list[Move] = []
    for wish, end_s in zip(wishes, ends):
        if wish.style and _in_clip("head", wish.at_s, duration_s):
            made = _moves(wish.style, "head", rhythm, wish.at_s, min(end_s, duration_s), endpoint)
            moves += [replace(move, amount=move.amount * wish.amount) for move in made]
    return tuple(sorted(moves, key=lambda move: move.at_s))


def camera_program(wishes: Sequence[CameraWish], rhythm: Rhythm, endpoint: Endpoint | None = None) -> tuple[Move, ...]:
    """Program of the camera: each wish holds for its length, or until the next one.

    Args, returns and raises as `head_moves`.
    """
    duration_s = rhythm.num_frames / FRAME_RATE_HZ
    ends = [*(wish.at_s for wish in wishes[1:]), duration_s]
    moves: list[Move] = []
    for wish, end_s in zip(wishes, ends):
        if _in_clip("camera", wish.at_s, duration_s):
            end_s = min(end_s, duration_s, wish.at_s + (wish.for_s or duration_s))
            moves += _moves(wish.move, "camera", rhythm, wish.at_s, end_s, endpoint)
    return tuple(sorted(moves, key=lambda move: move.at_s))


def replaces_head(wishes: Sequence[HeadWish]) -> bool:
    """Whether the wishes take the place of the natural motion."""
    return any(wish.mode == "replace" and wish.style for wish in wishes)


def _in_clip(part: str, at_s: float, duration_s: float) -> bool:
    if at_s < duration_s:
        return True
    _log.warning("%s: an entry at %g s lies past the end of the clip (%.2f s); it is left out", part, at_s, duration_s)
    return False


def _moves(
    text: str, kind: Kind, rhythm: Rhythm, start_s: float, end_s: float, endpoint: Endpoint | None
) -> tuple[Move, ...]:
    """One wish; the model sees only its own part of the time line."""
    if endpoint is None:
        return program_from_words(text, kind, rhythm, start_s=start_s, end_s=end_s)
    first, last = round(start_s * FRAME_RATE_HZ), max(round(end_s * FRAME_RATE_HZ), round(start_s * FRAME_RATE_HZ) + 1)
    part = Rhythm(*(getattr(rhythm, name)[first:last] for name in ("loudness", "pitch_hz", "speaking", "prominence")))
    try:
        made = ask_program(endpoint, text, kind, part)
    except InputError as failed:
        try:
            moves = program_from_words(text, kind, rhythm, start_s=start_s, end_s=end_s)
        except InputError:
            raise failed from None
        _log.warning("%s: %s; the embedded parser is used instead", kind, failed)
        return moves
    return tuple(replace(move, at_s=move.at_s + first / FRAME_RATE_HZ) for move in made)
