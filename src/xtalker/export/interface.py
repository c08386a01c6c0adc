"""What an exporter is given and what it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from xtalker.values import Identity, Motion


@dataclass(frozen=True)
class Content:
    """What can be exported of a take.

    Attributes:
        motion: what the face does.
        identity: whose face it is.
        card: where it comes from, as label -> text (model, licence, seed).
    """

    motion: Motion
    identity: Identity
    card: Mapping[str, str] = field(default_factory=dict)


class Exporter(Protocol):
    """One file format."""

    @property
    def suffix(self) -> str:
        """File name ending with its dot, lower case."""
        ...

    def can_hold(self, content: Content) -> str | None:
        """None, or in a few words what of the content this format cannot hold."""
        ...

    def write(self, path: Path, content: Content) -> None:
        """Write the content; nothing is left behind, or lost, on failure.

        Raises:
            OutputError: the place cannot be written.
        """
        ...
