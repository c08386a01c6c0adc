"""Door: a label or a common synonym to a point."""

from __future__ import annotations

import difflib

from xtalker.emotion.lexicon import Lexicon, load_lexicon, normalised
from xtalker.emotion.space import LABELS, EmotionPoint, EmotionSpace
from xtalker.values import InputError
from xtalker.values.tracks import LEVELS, MAX_LEVEL

_SHOWN = 60


def point_from_label(label: str, level: float, space: EmotionSpace) -> EmotionPoint:
    """The anchor of an emotion at a level.

    Args:
        label: one of the seven, neutral, or a word that the lexicon knows; a synonym brings its own strength, so
            `furious` at level 1 is stronger than `angry` at level 1.
        level: 0 to 2.
        space: where to land.

    Raises:
        InputError: unknown word (nearest names offered), level out of range.
    """
    if not 0 <= level <= MAX_LEVEL:  # also refuses NaN
        raise InputError(
            "emotion level out of range", received=f"{label}:{level:g}",
            accepted=f"0 (off) to {MAX_LEVEL:g}; named steps are {', '.join(f'{x:g}' for x in LEVELS)}",
            next_step="choose a level in this range",
        )  # fmt: skip
    lexicon = load_lexicon()
    emotion, strength = resolve_label(label, lexicon)
    return space.label_point(emotion, min(level * strength, MAX_LEVEL))


def resolve_label(label: str, lexicon: Lexicon) -> tuple[str, float]:
    """One of LABELS and the strength of the word.

    Raises:
        InputError: unknown word.
    """
    word = normalised(label)
    if word in LABELS:
        return word, 1.0
    found = lexicon.entries.get(word)
    if found is not None:
        return found.emotion, found.level
    near = difflib.get_close_matches(word[:_SHOWN], [*LABELS, *lexicon.entries], n=3, cutoff=0.6)
    raise InputError(
        "unknown emotion", received=repr(label[:_SHOWN]), accepted=", ".join(LABELS) + ", and common synonyms",
        next_step=f"did you mean {' or '.join(near)}?" if near else "choose one of these or describe it as text",
    )  # fmt: skip
