"""Three published designs, trained as our own generator is: same clips, crops, optimiser and sizes."""

from __future__ import annotations

from dataclasses import dataclass, field

from xtalker.generator.config import GeneratorConfig
from xtalker.train.recipes.open import OpenRecipe


@dataclass(frozen=True)
class PeerRecipe(OpenRecipe):
    """A design of `xtalker.networks.peers.PEERS`, sized by `generator`.

    Attributes:
        design: its name.
        reference_share: none: these designs are not shown a reference.
    """

    design: str = "autoregressive"
    reference_share: float = 0.0


@dataclass(frozen=True)
class AutoregressiveRecipe(PeerRecipe):
    """FaceFormer. Two layers, since every frame waits for the last in training, and wider, for the same size."""

    design: str = "autoregressive"
    generator: GeneratorConfig = field(default_factory=lambda: GeneratorConfig(width=288))


@dataclass(frozen=True)
class DiffusionRecipe(PeerRecipe):
    """DiffPoseTalk, FaceDiffuser."""

    design: str = "diffusion"


@dataclass(frozen=True)
class CodesRecipe(PeerRecipe):
    """CodeTalker."""

    design: str = "codes"
