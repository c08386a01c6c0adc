"""The generator of low-latency use: causal attention, so that little sound must have come before a frame leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from xtalker.generator.config import GeneratorConfig
from xtalker.train.recipes.open import OpenRecipe


@dataclass(frozen=True)
class LiveRecipe(OpenRecipe):
    """Trained on clips that were heard through the causal encoder "ears" (`tools/hear_again.py`).

    It is half as wide as the default and looks back half a second in each block, 2.5 s in all, so that what a frame
    depends on fits into a window that is computed anew for every hop of sound: a stream then equals a file exactly.
    """

    generator: GeneratorConfig = field(
        default_factory=lambda: GeneratorConfig(width=128, attention_heads=4, half_window=12, attention_ahead=0)
    )
