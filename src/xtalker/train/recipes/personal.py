"""A few minutes of one person: a small part of a trained network learns their manner."""

from __future__ import annotations

from dataclasses import dataclass

from xtalker.train.recipes.open import OpenRecipe


@dataclass(frozen=True)
class PersonalRecipe(OpenRecipe):
    """What can be chosen about personal fine-tuning; the network's own size is that of what it starts from.

    Attributes:
        keep_weight: weight of staying with the network that it starts from where the person is not asked for: on every
            crop the velocity without a style is held to what it was, so the shared skill is not forgotten.
    """

    steps: int = 400
    batch: int = 16
    learning_rate: float = 4e-4
    warmup_steps: int = 20
    average_decay: float = 0.98
    style_drop: float = 0.0
    keep_weight: float = 0.5
