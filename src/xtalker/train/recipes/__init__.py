"""Recipes: name -> "module:Class" of a frozen dataclass whose fields are all that can be chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from xtalker.train.recipes.open import OpenRecipe

RECIPES: dict[str, str] = {
    "open": "xtalker.train.recipes.open:OpenRecipe",
    "live": "xtalker.train.recipes.live:LiveRecipe",
    "paper": "xtalker.train.recipes.paper:PaperRecipe",
    "autoregressive": "xtalker.train.recipes.peers:AutoregressiveRecipe",
    "diffusion": "xtalker.train.recipes.peers:DiffusionRecipe",
    "codes": "xtalker.train.recipes.peers:CodesRecipe",
}


@dataclass(frozen=True)
class Ablation:
    """A recipe that differs from another by one field of its network.

    Attributes:
        field: of `GeneratorConfig`.
        value: instead of the default.
        what: for the reader of a table.
    """

    field: str
    value: str | bool
    what: str

    def applied(self, recipe: OpenRecipe) -> OpenRecipe:
        """The recipe with that field changed."""
        changed: dict[str, Any] = {self.field: self.value}
        return replace(recipe, generator=replace(recipe.generator, **changed))


ABLATIONS: dict[str, Ablation] = {
    "absolute": Ablation("latent", "absolute", "absolute motion instead of displacement"),
    "no-amplitude": Ablation("hears_loudness", False, "no amplitude"),
    "no-reference": Ablation("sees_reference", False, "no reference expression"),
    "cross-attention": Ablation("speech_through", "attention", "cross-attention to speech, not aligned"),
    "keyed-noise": Ablation("start_noise", "keyed", "smooth start noise, one key a second"),
}
"""Those of 3DXTalker that this generator can have. Its row "no emotion" has no counterpart: no video of real emotion
is in the training clips, so there is no learnt emotion input to remove. What reaches the network of an emotion today
is the reference expression; "no-reference" removes that, and stands in for the row under its own name."""
