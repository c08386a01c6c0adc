"""Motion to files that other programs open: one file for each format.

interface      Content in, Exporter's protocol
motion_npz     all parameters, readable with numpy alone; also read back here
gltf           .glb: mesh, morph targets, joints, animation, camera; gltf_* are its pieces
usd            .usdc, .usdz: the same in USD (extra `usd`); usd_* are its pieces
arkit_csv      .csv: Live Link Face recordings; read_arkit reads them, read_facegood those of FACEGOOD
metahuman      .metahuman.csv, .metahuman.json: control rig curves
flame_npz      .flame.npz: FLAME parameters, with a map to the user's FLAME; read_flame reads them
bvh            .bvh: head and jaw rotation
mesh_sequence  .obj, .ply: a folder with a mesh for each frame; .vertices.npz: all vertices
animated_model what both writers of meshes are given: parts, joints, movement; normals
head_surface   the head's own parts, where the content brings none; part_looks their colours and pictures
unit_weights   morph weights from 0 to 1, as other programs take them
camera_path    a camera track on one head
sound_file     sound that travels with a model

Importing this module loads nothing heavy: the command line takes its table for help texts.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xtalker.export.interface import Content, Exporter

EXPORTERS: dict[str, str] = {
    ".npz": "xtalker.export.motion_npz:MotionNpz",
    ".glb": "xtalker.export.gltf:Glb",
    ".usdc": "xtalker.export.usd:Usdc",
    ".usdz": "xtalker.export.usd:Usdz",
    ".csv": "xtalker.export.arkit_csv:ArkitCsv",
    ".metahuman.csv": "xtalker.export.metahuman:MetaHumanCsv",
    ".metahuman.json": "xtalker.export.metahuman:MetaHumanJson",
    ".flame.npz": "xtalker.export.flame_npz:FlameNpz",
    ".bvh": "xtalker.export.bvh:Bvh",
    ".obj": "xtalker.export.mesh_sequence:ObjSequence",
    ".ply": "xtalker.export.mesh_sequence:PlySequence",
    ".vertices.npz": "xtalker.export.mesh_sequence:VerticesNpz",
}
"""Ending of a file name -> "module:Class"; the longest one wins, and a class is called without arguments."""

SEQUENCES: tuple[str, ...] = (".obj", ".ply")
"""Endings that become a folder with a file for each frame."""


def suffix_of(path: Path) -> str:
    """The longest ending of a file name that an exporter has (`.flame.npz` before `.npz`), else its last one."""
    name = path.name.lower()
    known = [suffix for suffix in EXPORTERS if name.endswith(suffix) and len(name) > len(suffix)]
    return max(known, key=len, default=path.suffix.lower())


def exporter_for(path: Path) -> Exporter:
    """The exporter of a file name.

    Raises:
        OutputError: no exporter has this suffix.
    """
    suffix = suffix_of(path)
    if suffix not in EXPORTERS:
        from xtalker.values import OutputError

        raise OutputError(
            "unknown kind of file", received=path, accepted=", ".join(EXPORTERS),
            next_step="choose a file name with one of these endings",
        )  # fmt: skip
    module, cls = EXPORTERS[suffix].split(":")
    exporter: Exporter = getattr(import_module(module), cls)()
    return exporter


def check_ready(path: Path) -> None:
    """Refuse, before any work is done, a name that cannot be written here whatever the content is.

    Raises:
        OutputError: unknown suffix, a package that is not installed, a folder in the way of a mesh sequence.
    """
    from xtalker.export.interface import ChecksEarly

    exporter = exporter_for(path)
    if isinstance(exporter, ChecksEarly):
        exporter.check_ready(path)


def place_of(path: Path) -> Path:
    """What appears under a name: the file, or for mesh sequences a folder named after it."""
    if suffix_of(path) not in SEQUENCES:
        return path
    from xtalker.values.folders import sequence_folder

    return sequence_folder(path)


def left_out(path: Path, content: Content, *, exporter: Exporter | None = None) -> tuple[str, ...]:
    """What of the content a file of this name will not have, in a few words each; empty when it keeps everything.

    Args:
        path: the file.
        content: what is to be written.
        exporter: for its suffix; None takes the table's.

    Raises:
        OutputError: no exporter has this suffix.
    """
    from xtalker.export.interface import SaysWhatIsLost

    exporter = exporter or exporter_for(path)
    if isinstance(exporter, SaysWhatIsLost):
        return exporter.leaves_out(content)
    extras = {"sound": content.sound, "camera": content.camera, "skin texture": content.texture}
    return tuple(name for name, extra in extras.items() if extra is not None)


def check_held(path: Path, content: Content, *, exporter: Exporter | None = None) -> None:
    """Refuse content that a file of this name cannot hold at all.

    Raises:
        OutputError: what is in the way; or unknown suffix.
    """
    exporter = exporter or exporter_for(path)
    fault = exporter.can_hold(content)
    if fault is not None:
        from xtalker.values import OutputError

        raise OutputError(
            f"{exporter.suffix} files cannot hold this", received=fault, accepted="content without it",
            next_step="choose another format",
        )  # fmt: skip


def export(path: Path, content: Content, *, exporter: Exporter | None = None) -> None:
    """Write content in the format that the file name asks for.

    Args:
        path: the file; see `place_of`.
        content: what is written.
        exporter: for its suffix; None takes the table's.

    Raises:
        OutputError: unknown suffix, content that the format cannot hold, a place that cannot be written.
    """
    exporter = exporter or exporter_for(path)
    check_held(path, content, exporter=exporter)
    try:
        exporter.write(path, content)
    except Exception as error:
        if not type(error).__module__.startswith("pxr"):
            raise
        # USD's own errors: its files are checked before, so what is left is a place that cannot be written.
        from xtalker.values import OutputError

        reason = (str(error).strip().splitlines() or ["no reason given"])[-1]
        raise OutputError(
            "cannot write the USD file",
            received=f"{path} ({reason[:200]})",
            accepted="a place with room that can be written, also for temporary files",
            next_step="free some space, or set TMPDIR to a folder with room",
        ) from error
