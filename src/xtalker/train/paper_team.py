"""Processes that train together, as `torchrun` starts them: each has a share of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed
from torch.nn.parallel import DistributedDataParallel

from xtalker.networks.paper.network import PaperNetwork


@dataclass(frozen=True)
class Team:
    """One process among those that train.

    Attributes:
        rank: its number; 0 writes and speaks.
        size: how many there are.
        device: where it computes.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    def any(self, here: bool) -> bool:
        """Whether it holds in any process: all must stop between the same steps."""
        if self.size == 1:
            return here
        flag = torch.tensor([float(here)], device=self.device)
        distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
        return bool(flag.item())

    def mean(self, value: Tensor) -> Tensor:
        """The mean over all processes."""
        if self.size > 1:
            distributed.all_reduce(value)
            value = value / self.size
        return value

    def share(self, network: PaperNetwork) -> PaperNetwork | DistributedDataParallel:
        """The network, its gradients averaged over all processes."""
        if self.size == 1:
            return network
        devices = [self.device] if self.device.startswith("cuda") else None
        return DistributedDataParallel(network, device_ids=devices, forward_sync_buffers=False)


@contextmanager
def assembled(device: str) -> Iterator[Team]:
    """The processes that `torchrun` started, or this one alone.

    Args:
        device: "cpu" (gloo) or "cuda" (nccl, one GPU a process).
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team(device=device)
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield Team(distributed.get_rank(), size, device)
    finally:
        distributed.destroy_process_group()
