"""Motion to files that other programs open: one file for each format.

interface      Content in, Exporter's protocol
motion_npz     all parameters, readable with numpy alone; also read back here
gltf           .glb: mesh, morph targets, joints, animation, camera; gltf_* are its pieces
usd            .usdc, .usdz: the same in USD (extra `usd`); usd_* are its pieces
arkit_csv      .csv: Live Link Face recordings; read_arkit reads them
metahuman      .metahuman.csv, .metahuman.json: control rig curves
bvh            .bvh: head and jaw rotation
mesh_sequence  .obj, .ply: a folder with a mesh for each frame; .vertices.npz: all vertices
surface_parts  the head's surface in pieces, with normals
part_looks     generic colours, the picture of an eye
camera_path    a camera track on one head
sound_file     sound that travels with a model
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
    ".glb": "xtalker.export.gltf:Glb",
    ".usdc": "xtalker.export.usd:Usdc",
    ".usdz": "xtalker.export.usd:Usdz",
    ".csv": "xtalker.export.arkit_csv:ArkitCsv",
    ".metahuman.csv": "xtalker.export.metahuman:MetaHumanCsv",
    ".metahuman.json": "xtalker.export.metahuman:MetaHumanJson",
    ".bvh": "xtalker.export.bvh:Bvh",
    ".obj": "xtalker.export.mesh_sequence:ObjSequence",
    ".ply": "xtalker.export.mesh_sequence:PlySequence",
    ".vertices.npz": "xtalker.export.mesh_sequence:VerticesNpz",
}
"""Ending of a file name -> "module:Class"; the longest one wins, and a class is called without arguments."""


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
        raise OutputError(
            "unknown kind of file", received=path, accepted=", ".join(EXPORTERS),
            next_step="choose a file name with one of these endings",
        )  # fmt: skip
    module, cls = EXPORTERS[suffix].split(":")
    exporter: Exporter = getattr(import_module(module), cls)()
    return exporter


def left_out(path: Path, content: Content) -> tuple[str, ...]:
    """What of the content a file of this name will not have, in a few words each; empty when it keeps everything.

    Raises:
        OutputError: no exporter has this suffix.
    """
    from xtalker.export.interface import SaysWhatIsLost

    exporter = exporter_for(path)
    if isinstance(exporter, SaysWhatIsLost):
        return exporter.leaves_out(content)
    extras = {"sound": content.sound, "camera": content.camera, "skin texture": content.texture}
    return tuple(name for name, extra in extras.items() if extra is not None)


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
