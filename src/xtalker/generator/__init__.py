"""Speech features in, motion out.

config       GeneratorConfig: the size and shape of the network
channels     what each of the 58 columns is, and which of them the mouth owns
limits       plausible ranges, their one home
normalise    displacement from the reference, z-scored, and back
graphs       the network as graphs: conditions, flow time, velocity (3DXTalker at small size)
network      MotionNetwork: the graphs with the weights of a checkpoint
silence      the gate that closes the lips in pauses
windows      any length: windows that continue each other
inputs       what a generator may be given
checkpoint   the network and its statistics as one safetensors file
generate     Generator: the object that others use

What trains (the same network in PyTorch, published designs, the paper's network) is in `networks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtalker.generator.generate import Generator
    from xtalker.generator.silence import SilenceGate

__all__ = ["Generator", "SilenceGate"]


def __getattr__(name: str) -> Any:
    """Load each part when it is first asked for."""
    if name == "Generator":
        from xtalker.generator.generate import Generator

        return Generator
    if name == "SilenceGate":
        from xtalker.generator.silence import SilenceGate

        return SilenceGate
    raise AttributeError(f"module {__name__} has no attribute {name}")
