"""Recipes: name -> "module:Class" of a frozen dataclass whose fields are all that can be chosen."""

from __future__ import annotations

RECIPES: dict[str, str] = {"open": "xtalker.train.recipes.open:OpenRecipe"}
