"""The moving surface itself: one mesh for each frame at 25 frames a second, metres.

take.obj           folder `take_obj` with 000000.obj, 000001.obj, ... (text, quads where the head has them)
take.ply           folder `take_ply` with 000000.ply, ... (binary, little endian)
take.vertices.npz  vertices (frames, vertices, 3) float32, triangles, quads if any, frame_rate_hz, card as JSON text

All vertices are written, in the head's order, so frames correspond. A folder appears whole or not at all; one of an
earlier run is replaced, one that holds anything else is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.export.interface import Content, fault_for_rigged
from xtalker.export.losses import extras_of
from xtalker.export.posing import posed
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import whole_file
from xtalker.values.folders import check_folder, frame_names, sequence_folder, whole_folder
from xtalker.values.mesh import MeshTopology
from xtalker.values.rig import Rig

_MAX_SEQUENCE_FRAMES: Final = 10 * 60 * FRAME_RATE_HZ
_Faces = Int[np.ndarray, "faces corners"]
_Vertices = Float[np.ndarray, "vertices 3"]


class _Meshes:
    suffix: str

    def can_hold(self, content: Content) -> str | None:
        """A head with a mesh, ten minutes at most: a frame takes about 200 kB."""
        if content.motion.num_frames > _MAX_SEQUENCE_FRAMES:
            return f"{content.motion.num_frames} frames; at most {_MAX_SEQUENCE_FRAMES} fit"
        return fault_for_rigged(content)

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Sound, camera and skin; the shape of the head is in the mesh."""
        return tuple(name for name in extras_of(content) if name != "shape of the head")


class _Sequence(_Meshes):
    def encoder(self, topology: MeshTopology) -> Callable[[_Vertices], bytes]:
        """Vertices of one frame to the bytes of its file."""
        raise NotImplementedError

    def check_ready(self, path: Path) -> None:
        """Its folder must be free, or hold an earlier sequence.

        Raises:
            OutputError: no such parent, or something else is in the way.
        """
        check_folder(sequence_folder(path), frame_names(self.suffix))

    def write(self, path: Path, content: Content) -> None:
        """A folder beside `path` named after it, with one file for each frame.

        Raises:
            OutputError: the place cannot be written, or another folder is in the way.
        """
        rig = _rig(content)
        encode = self.encoder(rig.topology)
        with whole_folder(sequence_folder(path), frame_names(self.suffix)) as part:
            number = 0
            for chunk in posed(rig, content.motion):
                for vertices in chunk:
                    (part / f"{number:06d}{self.suffix}").write_bytes(encode(vertices))
                    number += 1


class ObjSequence(_Sequence):
    """Exporter of Wavefront meshes."""

    suffix = ".obj"

    def encoder(self, topology: MeshTopology) -> Callable[[_Vertices], bytes]:
        """Text with micrometres."""
        faces = _faces(topology) + 1
        corners = " ".join(["%d"] * faces.shape[1])
        tail = ((f"f {corners}\n" * len(faces)) % tuple(faces.ravel().tolist())).encode("ascii")
        return lambda vertices: vertex_lines(vertices) + tail


def vertex_lines(vertices: Float[np.ndarray, "vertices 3"]) -> bytes:
    """Lines `v x y z` of fixed width with six decimals, for |x| below 10: digits at once, not number by number."""
    micro = np.rint(np.abs(vertices.astype(np.float64)) * 1e6).astype(np.int64)
    assert micro.max(initial=0) < 10**7, "a head is smaller than ten metres"
    text = np.full((len(vertices), 32), ord(" "), np.uint8)
    text[:, 0], text[:, -1] = ord("v"), ord("\n")
    for axis, column in enumerate((2, 12, 22)):
        text[vertices[:, axis] < 0, column] = ord("-")
        text[:, column + 2] = ord(".")
        for digit, place in enumerate((1, 3, 4, 5, 6, 7, 8)):
            text[:, column + place] = ord("0") + micro[:, axis] // 10 ** (6 - digit) % 10
    return text.tobytes()


class PlySequence(_Sequence):
    """Exporter of Stanford meshes."""

    suffix = ".ply"

    def encoder(self, topology: MeshTopology) -> Callable[[_Vertices], bytes]:
        """Binary."""
        faces = _faces(topology)
        header = (
            f"ply\nformat binary_little_endian 1.0\ncomment metres, y up\nelement vertex {topology.num_vertices}\n"
            "property float x\nproperty float y\nproperty float z\n"
            f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
        ).encode("ascii")
        rows = np.empty(len(faces), [("count", "u1"), ("corners", "<i4", (faces.shape[1],))])
        rows["count"], rows["corners"] = faces.shape[1], faces
        tail = rows.tobytes()
        return lambda vertices: header + vertices.astype("<f4").tobytes() + tail


class VerticesNpz(_Meshes):
    """Exporter of all vertices in one file."""

    suffix = ".vertices.npz"

    def write(self, path: Path, content: Content) -> None:
        """Uncompressed: moving vertices do not shrink much, and programs can map the file.

        Raises:
            OutputError: the place cannot be written.
        """
        rig = _rig(content)
        arrays = {"vertices": np.concatenate(list(posed(rig, content.motion))), "triangles": rig.topology.triangles}
        if rig.topology.quads is not None:
            arrays["quads"] = rig.topology.quads
        arrays["frame_rate_hz"] = np.array(FRAME_RATE_HZ)
        arrays["card"] = np.array(json.dumps(dict(content.card), ensure_ascii=False))
        with whole_file(path) as part, part.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)


def _rig(content: Content) -> Rig:
    assert content.rig is not None, "checked by can_hold"
    return content.rig


def _faces(topology: MeshTopology) -> _Faces:
    return (topology.triangles if topology.quads is None else topology.quads).astype(np.int64)
