"""Whether numbers can be a head's motion at all: refused when they are made or read, not when they are drawn."""

from __future__ import annotations

from typing import Final

import numpy as np

from xtalker.values.errors import InputError
from xtalker.values.identity import Identity
from xtalker.values.motion import Motion

_EXPRESSION: Final = {"open": 10.0}
_TURNS_RAD: Final = {"jaw": 2 * np.pi, "head": 4 * np.pi, "gaze": 2 * np.pi}
_SHAPE: Final = {"open": 30.0}
_ELSEWHERE: Final = 100.0
"""Coefficients of other heads have other units: standard deviations, mostly."""

ANOTHER_GENERATOR: Final = "use another checkpoint: this one is damaged, or its training went wrong"
"""What to do about motion that a generator gave."""


def require_human(
    motion: Motion,
    identity: Identity | None = None,
    *,
    source: object,
    next_step: str = "check how the motion was made",
) -> None:
    """Refuse motion and shape that are not finite, or far beyond what any head does.

    Channels of the open head are about 0 to 1 and its shape is in standard deviations: the bounds are ten times and
    more what people and exaggerated styles reach.

    Args:
        motion: to be used.
        identity: whose head, where that is known.
        source: where they come from, for the message.
        next_step: what to do.

    Raises:
        InputError: with the track and its largest value.
    """
    model = motion.head_model
    bounds = {"expression": _EXPRESSION.get(model, _ELSEWHERE), **_TURNS_RAD}
    tracks = [(name, getattr(motion, name), most) for name, most in bounds.items()]
    if identity is not None:
        most = _SHAPE.get(identity.head_model, _ELSEWHERE)
        tracks += [("shape", identity.shape, most), ("detail", identity.detail, _ELSEWHERE)]
    for name, values, most in tracks:
        if bool((np.abs(values) <= most).all()):  # false for NaN as well
            continue
        finite = np.isfinite(values)
        said = f"up to {np.abs(values[finite]).max():.3g}" if finite.all() else "numbers that are not finite"
        raise InputError(
            "this motion is not that of a head",
            received=f"{source} ({name}: {said})",
            accepted=f"{name} from {-most:.3g} to {most:.3g}",
            next_step=next_step,
        )
