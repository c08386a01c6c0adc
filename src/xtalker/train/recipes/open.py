"""The default generator: small, frame-aligned, trained in minutes on a CPU."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from xtalker.generator.config import GeneratorConfig


@dataclass(frozen=True)
class OpenRecipe:
    """All that can be chosen about a training run.

    Attributes:
        steps: optimiser steps. On an hour of clips more than 2,000 change nothing: data is the limit.
        batch: crops a step.
        crop_frames: length of a crop; shorter clips are padded.
        learning_rate: at the peak, after `warmup_steps` of linear rise, before a cosine fall to zero.
        warmup_steps: of the learning rate.
        weight_decay: of AdamW.
        largest_gradient: norm at which gradients are clipped.
        average_decay: of the exponential average of the weights, which is what gets exported.
        gain_db: amplitude is scaled by a random gain of up to this much either way: a microphone's gain must
            not drive the jaw.
        reference_share: share of crops whose reference is a random part of one of their clip's own frames
            instead of the neutral face, so that lips also close for a face whose rest is not quite neutral.
        mouth_weight: factor on the loss of mouth and jaw columns.
        speaker_balance: 0 draws clips alike, so that a speaker with many clips is seen as often as he has clips; 1
            draws speakers alike; between them, in between.
        learns_styles: give the network a style for each speaker of the clips.
        style_drop: share of crops whose speaker is not told, so that the network also speaks without a style.
        learns_emotions: tell the network the emotions of the clips, where they are known.
        emotion_drop: share of crops whose emotion is not told.
        bfloat16: run the network in bfloat16 (autocast): 1.7 times as fast, same metrics to three digits.
        seed: of weights, crops and noise.
        generator: the network.
    """

    steps: int = 2000
    batch: int = 64
    crop_frames: int = 60
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    weight_decay: float = 0.01
    largest_gradient: float = 1.0
    average_decay: float = 0.995
    gain_db: float = 12.0
    reference_share: float = 0.2
    mouth_weight: float = 2.0
    speaker_balance: float = 0.5
    learns_styles: bool = False
    style_drop: float = 0.3
    learns_emotions: bool = False
    emotion_drop: float = 0.3
    bfloat16: bool = False
    seed: int = 0
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)

    def learning_rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        rise = min(1.0, (step + 1) / max(1, self.warmup_steps))
        fall = max(0, step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        return self.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * min(1.0, fall)))
