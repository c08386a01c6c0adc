"""3DXTalker as published (Sec. 4.1, App. B.2), misprints put right; every deviation is a field."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from xtalker.networks.paper.config import PaperConfig
from xtalker.train.recipes.open import OpenRecipe

FIRST_RATE_SHARE, LAST_RATE_SHARE = 1 / 25, 1e-4 / 25
"""Of the learning rate's peak, as PyTorch's OneCycleLR has them."""

UNUSED: Final = ("warmup_steps", "learns_styles", "learns_emotions", "style_drop", "speaker_balance")
"""Fields of `OpenRecipe` that this recipe has no use for; their options are refused."""


@dataclass(frozen=True)
class PaperRecipe(OpenRecipe):
    """All that can be chosen about a training run. The defaults are the paper; fields of `OpenRecipe` mean the same.

    Attributes:
        steps: of the optimiser; 0: as many as `epochs` take.
        epochs: visits to each video.
        batch: crops a step, over all processes and parts.
        crop_frames: length of a crop; a shorter video is padded.
        learning_rate: peak of the one cycle.
        warm_share: share of the steps in which the learning rate rises. The paper's text asks for a warm-up (0.3 is
            OneCycleLR's own default); the history of the code has none (0).
        average_decay: 0: no average of the weights, as published.
        accumulate: parts in which each process computes its share of a batch, one after another; the sum is the same.
        joins_clips: join a speaker's short clips until a crop fits, as the paper's curation does.
        reference: "first" frame of the video, as published; "neutral": the speaker's closed-mouth neutral, with the
            median of the head. Many clips begin with an open mouth, breathing in.
        reference_share: only with "neutral".
        gain_db: none, as published.
        mouth_weight: only with `weighs_columns`.
        weighs_confidence: let the tracker's confidence weigh frames.
        weighs_columns: let columns count by what they move, as in our own recipe; published is the plain mean square.
        emotion_drop: share of crops whose emotion features are withheld, so that the network learns to do without.
        bfloat16: mixed precision, as published.
        generator: the network.
    """

    steps: int = 0
    epochs: int = 100
    batch: int = 128
    crop_frames: int = 250
    learning_rate: float = 1e-4
    warm_share: float = 0.3
    weight_decay: float = 0.01
    largest_gradient: float = 1.0
    average_decay: float = 0.0
    accumulate: int = 1
    joins_clips: bool = True
    reference: str = "first"
    gain_db: float = 0.0
    mouth_weight: float = 1.0
    weighs_confidence: bool = False
    weighs_columns: bool = False
    emotion_drop: float = 0.0
    bfloat16: bool = True
    generator: PaperConfig = field(default_factory=PaperConfig)

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if self.reference not in ("first", "neutral"):
            raise ValueError(f"reference must be first or neutral, not {self.reference!r}")
        for name in ("warm_share", "emotion_drop", "average_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must lie in [0, 1), not {getattr(self, name)!r}")
        if min(self.batch, self.crop_frames, self.epochs, self.accumulate) < 1:
            raise ValueError("batch, crop_frames, epochs and accumulate start at 1")

    def learning_rate_at(self, step: int) -> float:
        """OneCycleLR (Smith and Topin 2018): a cosine up to the peak, a cosine down to nearly nothing."""
        top = self.warm_share * self.steps - 1
        last = max(1.0, self.steps - 1)
        if step < top:
            return _cosine(FIRST_RATE_SHARE, 1.0, step / top) * self.learning_rate
        top = max(top, 0.0)
        return _cosine(1.0, LAST_RATE_SHARE, (step - top) / max(last - top, 1e-9)) * self.learning_rate


def _cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * min(max(part, 0.0), 1.0)))


ON_OPEN_CLIPS: Final[dict[str, Any]] = {
    "reference": "neutral", "weighs_confidence": True, "standard_speech": True, "loudness": "log",
    "rotations": "composed",
}  # fmt: skip
"""Deviations that clips of the open head ask for: they have a neutral, a confidence, and another speech encoder. They
hold unless the run is to be exactly as published (`--as-published`)."""

PAPER_ABLATIONS: Final[dict[str, dict[str, Any]]] = {
    "absolute": {"latent": "absolute"},
    "no-amplitude": {"hears_loudness": False},
    "no-emotion": {"emotion_channels": 0},
    "no-reference": {"sees_reference": False},
    "frame-aligned": {"speech_through": "frames"},
    "keyed-noise": {"start_noise": "keyed"},
    "local": {"half_window": 45},
    "open-columns": {"layout": "open58"},
    "no-warm-up": {"warm_share": 0.0},
}
"""Name -> the fields that it changes; the first three are those of the paper's Table 2."""


def changed(recipe: PaperRecipe, values: dict[str, Any]) -> PaperRecipe:
    """The recipe with fields of its own or of its network changed, by name.

    Raises:
        ValueError: no such field, or a value that it cannot have.
    """
    own = {f.name for f in fields(PaperRecipe)} - {"generator"}
    network = {f.name for f in fields(PaperConfig)}
    if unknown := sorted(set(values) - own - network):
        raise ValueError(f"there is no field {', '.join(unknown)}")
    config = replace(recipe.generator, **{name: value for name, value in values.items() if name in network})
    return replace(recipe, generator=config, **{name: value for name, value in values.items() if name in own})


def parsed(assignments: Sequence[str]) -> dict[str, Any]:
    """`name=value` as fields, each of the type of its default.

    Raises:
        ValueError: no such field, or text that is no value of it.
    """
    defaults: dict[str, Any] = {f.name: getattr(PaperRecipe(), f.name) for f in fields(PaperRecipe)}
    defaults |= {f.name: getattr(PaperConfig(), f.name) for f in fields(PaperConfig)}
    found = {}
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        default = defaults.get(name)
        if default is None or not isinstance(default, bool | int | float | str) or name in UNUSED:
            raise ValueError(f"there is no field {name!r}")
        found[name] = _value(text, default, name)
    return found


def _value(text: str, default: Any, name: str) -> Any:
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ValueError(f"{name} must be true or false, not {text!r}")
        return text == "true"
    try:
        value = type(default)(text)
    except ValueError as fault:
        raise ValueError(f"{name} must be like {default!r}, not {text!r}") from fault
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be finite, not {text!r}")
    return value


def deviations(recipe: PaperRecipe) -> dict[str, Any]:
    """Fields that differ from the paper's, network and training alike; sizes that the data decide are left out."""
    given = {"steps", "seed", "accumulate", "speech_channels", "emotion_optional", "jaw_open_angle_rad"}
    given |= {"emotion_channels"} if recipe.generator.emotion_channels else set()
    pairs = ((recipe, PaperRecipe()), (recipe.generator, PaperConfig()))
    return {
        f.name: getattr(one, f.name)
        for one, published in pairs
        for f in fields(one)
        if f.name not in given | {"generator"} and getattr(one, f.name) != getattr(published, f.name)
    }
