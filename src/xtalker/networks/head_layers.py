"""Differentiable twins of the heads.

A twin's forward takes shape (batch, 100), expression (batch, 50), jaw (batch, 3), head (batch, 3) and gaze (batch, 2),
all of one dtype, and gives (batch, vertices, 3). No parameters; constants are buffers.
"""

from __future__ import annotations

from torch import nn

from xtalker.head.flame import FlameHead
from xtalker.head.interface import HeadModel
from xtalker.head.open_head import OpenHead
from xtalker.networks.flame_layer import FlameLayer
from xtalker.networks.open_head_layer import OpenHeadLayer


def layer_of(head: HeadModel) -> nn.Module:
    """A new twin each time, so that moving it to a device does not move another.

    Raises:
        TypeError: a head that has none.
    """
    if isinstance(head, OpenHead):
        return OpenHeadLayer(head)
    if isinstance(head, FlameHead):
        return FlameLayer(head.constants)
    raise TypeError(f"no differentiable twin of {type(head).__name__}")
