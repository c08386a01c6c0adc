"""Loss and learning rate as TensorBoard reads them. Needs tensorboard (the extra `tensorboard`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xtalker.values import InputError, OutputError


def writer_class() -> Any:
    """TensorBoard's writer.

    Raises:
        InputError: tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as fault:
        raise InputError(
            "TensorBoard logs need tensorboard", received="an installation without it",
            accepted="the extra 'tensorboard'",
            next_step="pip install 'xtalker[tensorboard]', or leave --tensorboard out",
        ) from fault  # fmt: skip
    return SummaryWriter


@contextmanager
def board(folder: Path | None) -> Iterator[Callable[[int, float, float], None]]:
    """What to tell step, mean loss and learning rate; without a folder it does nothing.

    Raises:
        InputError: tensorboard is not installed.
        OutputError: the folder cannot be made.
    """
    if folder is None:
        yield lambda step, loss, rate: None
        return
    try:
        writer = writer_class()(str(folder))
    except OSError as fault:
        raise OutputError(
            "cannot write TensorBoard logs", received=f"{folder} ({fault.strerror})", accepted="a folder to write in",
            next_step="choose another folder",
        ) from fault  # fmt: skip

    def tell(step: int, loss: float, rate: float) -> None:
        writer.add_scalar("loss", loss, step)
        writer.add_scalar("learning rate", rate, step)
        writer.flush()

    try:
        yield tell
    finally:
        writer.close()
