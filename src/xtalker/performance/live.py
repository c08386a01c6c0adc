"""Motion while the sound is still coming."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
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
from xtalker.values.human import ANOTHER_GENERATOR, require_human


@dataclass(frozen=True)
class LiveMode:
    """How far a live generator looks ahead; more is better and later.

    Attributes:
        window: what the speech encoder hears for one hop.
        plan: what the network generates at a time.
        gate: what silence does.
        encoder: name of the shipped speech encoder, see `speech.ENCODERS`.
        generator: what loads the shipped network.
    """

    window: LiveWindow
    plan: WindowPlan
    gate: SilenceGate
    encoder: str = "whisper-base"
    generator: Callable[[], Generator] = parts.generator

    @property
    def sound_before_first_frame_s(self) -> float:
        """Sound that must have come before the first frames leave."""
        hops = -(-(self.plan.core + self.plan.ahead) // self.window.hop)
        return (hops * self.window.hop + self.window.ahead) / FRAME_RATE_HZ


QUALITY: Final = LiveMode(
    LiveWindow(before=63, hop=5, ahead=8),
    WindowPlan(core=5, before=75, ahead=10),
    SilenceGate(before_s=0.36, level_ahead=0),
)
"""Nearly what offline generation gives, 0.92 s after the sound."""

LOW_LATENCY: Final = LiveMode(
    LiveWindow(before=76, hop=2, ahead=2), WindowPlan(core=2, before=62, ahead=2),
    SilenceGate(close_db=-45.0, open_db=-39.0, before_s=0.04, level_ahead=0),
    encoder="ears", generator=parts.live_generator,
)  # fmt: skip
"""Through a small causal encoder and a causal network: frames leave 0.24 s after the sound, and no frame hears more
than 0.16 s beyond its own end. Too little to see a breath's opening before the words: only deep silence shuts lips."""

FILE: Final = LiveMode(LiveWindow(before=25, hop=200, ahead=25), WindowPlan(), SilenceGate())
"""For sounds of any length in constant memory: the windows of offline use, 25 s behind."""

MODES: Final[Mapping[str, LiveMode]] = MappingProxyType({"quality": QUALITY, "low-latency": LOW_LATENCY, "file": FILE})
"""Name -> mode."""


def perform_live(
    sound: Iterable[Float[np.ndarray, "_"]], *, mode: LiveMode = QUALITY, seed: int = 0,
    generator: Generator | None = None, encoder: LiveEncoder | None = None,
) -> Iterator[Motion]:  # fmt: skip
    """Consecutive parts of the motion, as soon as enough sound has come.

    The same sound and seed give the same motion, however the sound is cut; memory does not grow with its length.

    Args:
        sound: consecutive pieces of 16 kHz mono samples; the end of the iterable ends the sound.
        mode: one of `MODES`: how far to look ahead.
        seed: of the generator.
        generator: another than the mode's, of the same encoder.
        encoder: another than the mode's.

    Raises:
        InputError: samples that are not finite or of another type or scale, no sound at all, or motion of a damaged
            checkpoint.
    """
    heard: object = parts.speech_encoder(mode.encoder) if encoder is None else encoder
    assert isinstance(heard, LiveEncoder), "the shipped encoders can hear live"
    shipped = mode.generator() if generator is None else generator
    live = replace(shipped, plan=mode.plan, gate=mode.gate)
    return _human(live.generate_windows(live_features(sound, heard, mode.window), seed=seed))


def _human(parts_of_motion: Iterator[Motion]) -> Iterator[Motion]:
    for motion in parts_of_motion:
        require_human(motion, source="what the generator gave", next_step=ANOTHER_GENERATOR)
        yield motion
