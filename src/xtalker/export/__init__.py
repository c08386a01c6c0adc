"""Motion to files that other programs open: one file for each format.

interface    Content in, Exporter's protocol
motion_npz   all parameters, readable with numpy alone; also read back here
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from xtalker.values import OutputError

if TYPE_CHECKING:
    from xtalker.export.interface import Content, Exporter

EXPORTERS: dict[str, str] = {
    ".npz": "xtalker.export.motion_npz:MotionNpz",
}
"""File suffix -> "module:Class"; a class is called without arguments."""


def exporter_for(path: Path) -> Exporter:
    """The exporter of a file name.

    Raises:
        OutputError: no exporter has this suffix.
    """
    suffix = path.suffix.lower()
    if suffix not in EXPORTERS:
        raise OutputError(
            "unknown kind of file", received=path, accepted=", ".join(EXPORTERS),
            next_step="choose a file name with one of these endings",
        )  # fmt: skip
    module, cls = EXPORTERS[suffix].split(":")
    exporter: Exporter = getattr(import_module(module), cls)()
    return exporter


def export(path: Path, content: Content) -> None:
    """Write content in the format that the file name asks for.

    Raises:
        OutputError: unknown suffix, content that the format cannot hold, a place that cannot be written.
    """
    exporter = exporter_for(path)
    lost = exporter.can_hold(content)
    if lost is not None:
        raise OutputError(
            f"{exporter.suffix} files cannot hold this", received=lost, accepted="content without it",
            next_step="choose another format",
        )  # fmt: skip
    exporter.write(path, content)
