"""Seven expression templates of the open head, from published prototypes of facial action units.

Sources: Ekman and Friesen, Facial Action Coding System, 1978; Ekman, Friesen and Hager, FACS Investigator's Guide,
2002 (table of emotion predictions); for contempt Ekman and Friesen, Motivation and Emotion 10, 1986: one-sided 12
and 14. What each unit does to this head's channels, and the amounts, are ours, chosen on renders.

The jaw is left to the speech: unit 26 (jaw drop) of fear and surprise is not part of a template, and every template
keeps the lips of a silent face closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.values import InputError, OutputError
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES, NUM_EXPRESSION
from xtalker.values.files import read_arrays, whole_file
from xtalker.values.tracks import EMOTIONS

DATA: Final = Path(__file__).parent / "data" / "templates.npz"
HIGHEST: Final = 2 / 3
"""Largest channel of a template: level 2 at strength 0.75 multiplies it by 1.5, and channels end at 1."""
_KIND, _MAX_BYTES, _SCHEMA = "template file", 1 << 20, 1

ACTION_UNITS: Final[Mapping[int, Mapping[str, float]]] = {
    1: {"browInnerUp": 1}, 2: {"browOuterUp": 1}, 4: {"browDown": 1},
    5: {"eyeWide": 1, "lidUp": 0.45}, 6: {"cheekSquint": 1}, 7: {"eyeSquint": 1},
    9: {"noseSneer": 1}, 10: {"mouthUpperUp": 1}, 12: {"mouthSmile": 1},
    14: {"mouthDimple": 1, "mouthPress": 0.48}, 15: {"mouthFrown": 1}, 17: {"mouthShrugLower": 1},
    18: {"mouthPucker": 1}, 20: {"mouthStretch": 1}, 21: {"platysma": 1},
    23: {"mouthRollUpper": 1, "mouthRollLower": 1}, 24: {"mouthPress": 1}, 38: {"nostrilDilate": 1},
    43: {"lidDown": 1},
}  # fmt: skip
"""Action unit -> channels (without Left and Right where there are two), each in units of the channel."""

PROTOTYPES: Final[Mapping[str, Mapping[int, float | tuple[float, float]]]] = {
    "angry": {4: 0.66, 5: 0.3, 7: 0.34, 23: 0.14, 24: 0.5},
    "contempt": {12: (0.4, 0.0), 14: (0.45, 0.0)},
    "disgust": {9: 0.66, 10: 0.3, 15: 0.42, 17: 0.52},
    "fear": {1: 0.66, 2: 0.4, 4: 0.34, 5: 0.64, 20: 0.42},
    "happy": {6: 0.62, 12: 0.5},
    "sad": {1: 0.66, 4: 0.22, 15: 0.6, 17: 0.34},
    "surprise": {1: 0.66, 2: 0.66, 5: 0.66},
}
"""Published units of each emotion with our amounts; two amounts are left and right."""

SUPPORT: Final[Mapping[str, Mapping[int, float | tuple[float, float]]]] = {
    "angry": {9: 0.3, 15: 0.32, 17: 0.1, 38: 0.5},
    "contempt": {2: (0.45, 0.0), 4: (0.0, 0.3), 6: (0.2, 0.0), 7: 0.24, 24: 0.08},
    "disgust": {4: 0.42, 6: 0.4, 7: 0.46, 38: 0.15},
    "fear": {15: 0.16, 21: 0.16, 24: 0.1},
    "happy": {2: 0.1, 7: 0.28, 14: 0.12},
    "sad": {7: 0.1, 43: 0.3},
    "surprise": {18: 0.2},
}
"""Units beyond the prototype that make it read on this head, whose skin has no wrinkles that appear."""


@dataclass(frozen=True)
class Templates:
    """Expression of each emotion at level 1 before the blend's strength.

    Attributes:
        expression: one row for each of `values.tracks.EMOTIONS`, channels of `values.conventions`.
        head_model: the head whose channels these are.
        made_by: where they come from.
    """

    expression: Float[np.ndarray, "7 50"]
    head_model: str = "open"
    made_by: str = ""


def designed_templates() -> Templates:
    """The templates that the tables of this file say."""
    rows = [
        _channels(PROTOTYPES[emotion]) + _channels(SUPPORT[emotion]) for emotion in EMOTIONS
    ]  # fmt: skip
    return Templates(np.stack(rows).astype(np.float32), made_by="designed from action-unit prototypes")


def _channels(units: Mapping[int, float | tuple[float, float]]) -> Float[np.ndarray, "50"]:
    out = np.zeros(NUM_EXPRESSION)
    for unit, amount in units.items():
        left, right = amount if isinstance(amount, tuple) else (amount, amount)
        for stem, gain in ACTION_UNITS[unit].items():
            if stem in CHANNEL:
                out[CHANNEL[stem]] += gain * (left + right) / 2
            else:
                out[CHANNEL[f"{stem}Left"]] += gain * left
                out[CHANNEL[f"{stem}Right"]] += gain * right
    return out


def load_templates(path: Path | None = None) -> Templates:
    """Templates from a file; None gives those that ship.

    Raises:
        InputError: not a template file, other emotions or channels, numbers out of range.
    """
    path = DATA if path is None else path
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    fault = _fault(arrays)
    if fault:
        raise InputError(
            f"this is no usable {_KIND}", received=f"{path} ({fault})",
            accepted="a file that `xtalker templates` wrote, channels from -1 to 1",
            next_step="make it again with `xtalker templates`",
        )  # fmt: skip
    rows = arrays["expression"].astype(np.float32)
    return Templates(rows, str(arrays["head_model"]), str(arrays["made_by"]))


def _fault(arrays: Mapping[str, np.ndarray]) -> str | None:
    wanted = {"schema_version", "expression", "emotions", "expression_names", "head_model", "made_by"}
    if set(arrays) != wanted:
        return f"arrays {', '.join(sorted(arrays))[:200]}"
    if arrays["schema_version"].shape != () or str(arrays["schema_version"]) != str(_SCHEMA):
        return f"schema version {str(arrays['schema_version'])[:40]}"
    if tuple(arrays["emotions"].ravel().tolist()) != EMOTIONS:
        return "other emotions"
    if tuple(arrays["expression_names"].ravel().tolist()) != EXPRESSION_NAMES:
        return "other expression channels"
    if any(arrays[name].shape != () or arrays[name].dtype.kind != "U" for name in ("head_model", "made_by")):
        return "head_model and made_by are one text each"
    rows = arrays["expression"]
    if rows.shape != (len(EMOTIONS), NUM_EXPRESSION) or rows.dtype.kind != "f":
        return f"expression of shape {rows.shape}, type {rows.dtype}"
    if not (np.isfinite(rows).all() and np.abs(rows).max() <= 1):
        return "channels beyond -1 to 1"
    return None


def save_templates(path: Path, templates: Templates) -> None:
    """Write a template file whole.

    Raises:
        OutputError: not a name that ends in .npz, or a place that cannot be written.
    """
    if path.suffix.lower() != ".npz":
        raise OutputError("unknown kind of output file", received=path, accepted=".npz",
                          next_step="choose a name with this ending")  # fmt: skip
    with whole_file(path) as part, part.open("wb") as handle:
        np.savez(
            handle, schema_version=np.array(_SCHEMA), expression=templates.expression.astype(np.float32),
            emotions=np.array(EMOTIONS), expression_names=np.array(EXPRESSION_NAMES),
            head_model=np.array(templates.head_model), made_by=np.array(templates.made_by),
        )  # fmt: skip


def template_card() -> dict[str, object]:
    """What the card of the shipped file says."""
    return json.loads(DATA.with_name(f"{DATA.name}.card.json").read_text())  # type: ignore[no-any-return]
