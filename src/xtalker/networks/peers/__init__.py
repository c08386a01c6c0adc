"""Three published designs, re-implemented small from their papers, to be trained and scored beside our own.

All hear the same speech features, move the same columns, are sized by the same `GeneratorConfig` and answer
`generate(features, reference, seed=...)`. None is the published system: those have other encoders, heads, data and
sizes, so a row of such a peer says what the design does here, not what the authors' weights do.

interface       Lesson, PeerNetwork: what a design offers
layers          attention with a bias, aligned listening; the causal decoder of two of the designs
autoregressive  FaceFormer (Fan et al. 2022)
diffusion       DiffPoseTalk (Sun et al. 2024), with FaceDiffuser (Stan et al. 2023)
codes           CodeTalker (Xing et al. 2023)
checkpoint      a trained peer as one safetensors file
generate        PeerGenerator: the object that others use
"""

from __future__ import annotations

PEERS: dict[str, str] = {
    "autoregressive": "xtalker.networks.peers.autoregressive:Autoregressive",
    "diffusion": "xtalker.networks.peers.diffusion:Diffusion",
    "codes": "xtalker.networks.peers.codes:Codes",
}
"""Name -> "module:Class" of a `PeerNetwork`."""

SCHEMA = "xtalker-peer-1"
"""Of checkpoints."""
