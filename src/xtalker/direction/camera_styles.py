"""Ways of filming -> camera moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from xtalker.direction.vocabulary import INSTANT_S
from xtalker.values.direction import Move

# (primitive, amount, towards, share of the time where it starts, share that it takes); a share of 0 is at once.
_Row = tuple[str, float, str, float, float]
CAMERA_STYLES: Final[Mapping[str, tuple[_Row, ...]]] = {
    "cinematic": (("orbit", 0.5, "left", 0.0, 1.0), ("push_in", 0.5, "", 0.0, 1.0)),
    "documentary": (
        ("cut", 1.0, "", 0.0, 0.0),
        ("medium_close_up", 1.0, "", 0.0, 0.0),
        ("handheld", 0.8, "", 0.0, 1.0),
    ),
    "interview": (("cut", 1.0, "", 0.0, 0.0), ("bust", 1.0, "", 0.0, 0.0), ("hold", 1.0, "", 0.0, 1.0)),
    "dramatic": (("cut", 1.0, "", 0.0, 0.0), ("low_angle", 0.7, "", 0.0, 0.0), ("push_in", 0.8, "", 0.0, 1.0)),
    "intimate": (("eye_level", 1.0, "", 0.0, 0.3), ("push_in", 0.9, "", 0.0, 1.0)),
    "energetic": (
        ("orbit", 0.8, "left", 0.0, 0.5),
        ("orbit", 1.2, "right", 0.5, 0.5),
        ("handheld", 0.5, "", 0.0, 1.0),
    ),
    "vlog": (("cut", 1.0, "", 0.0, 0.0), ("high_angle", 0.4, "", 0.0, 0.0), ("handheld", 1.0, "", 0.0, 1.0)),
    "calm": (("orbit", 0.5, "left", 0.0, 1.0), ("handheld", 0.3, "", 0.0, 1.0)),
}


def camera_style_moves(names: Sequence[str], start_s: float, end_s: float, amount: float) -> list[Move]:
    """Moves of one or more styles from `start_s` to `end_s`."""
    length_s = end_s - start_s
    return [
        Move(name, start_s + begin * length_s, share * length_s or INSTANT_S, min(2.0, gain * amount), towards)
        for style in names
        for name, gain, towards, begin, share in CAMERA_STYLES[style]
    ]
