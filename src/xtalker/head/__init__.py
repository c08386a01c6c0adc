"""Coefficients to vertices: one protocol, one file for each head model.

interface         HeadModel, what every head offers
open_head         the default, shipped head (CC0); `networks.head_layers` has differentiable twins
flame             the user's own FLAME file
flame_sheet       where FLAME's surface lies on its texture sheet, and what EMOCA's displacement makes of it
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from xtalker.values import InputError

if TYPE_CHECKING:
    from xtalker.head.interface import HeadModel

HEADS: dict[str, str] = {
    "open": "xtalker.head.open_head:OpenHead",
    "flame": "xtalker.head.flame:FlameHead",
}
"""Name -> "module:Class"; a class is called with the path of its file, or without one if it ships."""


def load_head(name: str = "open", path: Path | None = None) -> HeadModel:
    """The head model of a name.

    Args:
        name: key of HEADS.
        path: the user's own model file, for heads that do not ship.
    """
    if name not in HEADS:
        raise InputError(
            "unknown head model", received=name, accepted=", ".join(HEADS), next_step="choose one of these"
        )
    module, cls = HEADS[name].split(":")
    head: HeadModel = getattr(import_module(module), cls)(*([] if path is None else [path]))
    return head
