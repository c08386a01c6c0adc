"""Motion while the sound is still coming."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.generator.generate import Generator
from xtalker.generator.silence import SilenceGate
from xtalker.generator.windows import WindowPlan
from xtalker.performance import parts
from xtalker.speech.live import LiveEncoder, LiveWindow, live_features
from xtalker.values import Motion
from xtalker.values.conventions import FRAME_RATE_HZ


@dataclass(frozen=True)
class LiveMode:
    """How far a live generator looks ahead; more is better and later.

    Attributes:
        window: what the speech encoder hears for one hop.
        plan: what the network generates at a time.
        gate: what silence does.
    """

    window: LiveWindow
    plan: WindowPlan
    gate: SilenceGate

    @property
    def sound_before_first_frame_s(self) -> float:
        """Sound that must have come before the first frames leave."""
        hops = -(-(self.plan.core + self.plan.ahead) // self.window.hop)
        return (hops * self.window.hop + self.window.ahead) / FRAME_RATE_HZ


QUALITY: Final = LiveMode(
    LiveWindow(before=63, hop=5, ahead=8), WindowPlan(core=5, before=75, ahead=10), SilenceGate(level_ahead=6)
)
"""Nearly what offline generation gives, 0.92 s after the sound."""


def perform_live(
    sound: Iterable[Float[np.ndarray, "_"]], *, mode: LiveMode = QUALITY, seed: int = 0,
    generator: Generator | None = None, encoder: LiveEncoder | None = None,
) -> Iterator[Motion]:  # fmt: skip
    """Consecutive parts of the motion, as soon as enough sound has come.

    The same sound and seed give the same motion, however the sound is cut; memory does not grow with its length.

    Args:
        sound: consecutive pieces of 16 kHz mono samples; the end of the iterable ends the sound.
        mode: how far to look ahead.
        seed: of the generator.
        generator: another than the shipped one.
        encoder: another than the shipped one.

    Raises:
        InputError: samples that are not finite, or no sound at all.
    """
    heard: object = parts.speech_encoder() if encoder is None else encoder
    assert isinstance(heard, LiveEncoder), "the shipped encoder can hear live"
    shipped = parts.generator() if generator is None else generator
    live = replace(shipped, plan=mode.plan, gate=mode.gate)
    return live.generate_windows(live_features(sound, heard, mode.window), seed=seed)
