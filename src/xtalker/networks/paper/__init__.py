"""3DXTalker at its published size and shape, misprints put right, to be trained and scored beside our own generator.

What the texts leave open is decided here in one way and said where it is decided; what we would do otherwise is a
field of `PaperConfig` (the network) or of `xtalker.train.recipes.paper.PaperRecipe` (the training), whose defaults
are the paper.

config      PaperConfig: sizes, and every deviation of the network by name
layout      284 columns, or the 58 of the open head: which head moves which
layers      integer flow time, blocks of self-attention, cross-attention and feed-forward, the amplitude's convolutions
network     PaperNetwork: trunk, identity head, pose head, expression head
statistics  z-scores of the latent
checkpoint  a trained network as one safetensors file
generate    PaperGenerator: the object that others use
"""

from __future__ import annotations

SCHEMA = "xtalker-paper-1"
"""Of checkpoints."""
