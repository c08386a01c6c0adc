"""Straight paths from noise to data (Liu et al. 2022, "Flow Straight and Fast")."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def mix(
    noise: Float[Tensor, "batch frames channels"],
    data: Float[Tensor, "batch frames channels"],
    time: Float[Tensor, "batch"],
) -> Float[Tensor, "batch frames channels"]:
    """The point at flow time `time` on the way from noise (0) to data (1): what the network is shown."""
    time = time[:, None, None]
    return time * data + (1 - time) * noise


def velocity(
    noise: Float[Tensor, "batch frames channels"], data: Float[Tensor, "batch frames channels"]
) -> Float[Tensor, "batch frames channels"]:
    """What the network learns: the constant velocity of the path.

    3DXTalker, Eq. 8, prints the mix itself as the target. That is a misprint: a network which met it would
    return its own input, and the integration of Eq. 7 would only scale the start noise. The derivative
    of the mix with respect to time is data - noise, and Eq. 7 integrates that one to the data.
    """
    return data - noise
