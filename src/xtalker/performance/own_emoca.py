"""The user's own EMOCA or DECA checkpoint: FLAME parameters to displacement maps and a dense surface.

XTALKER_ASSET_EMOCA     deca_model.tar, or EMOCA's tensors (networks.emoca_detail); while it is set, `xtalker export`
                        writes FLAME parameters to .ply as FLAME's displaced surface and not as the open head's
XTALKER_ASSET_FLAME     the model file (see own_flame)
XTALKER_ASSET_FLAME_UV  FLAME's head_template.obj, which says where FLAME's surface lies on its texture sheet
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from xtalker.export import suffix_of
from xtalker.export.mesh_sequence import PlySequence
from xtalker.performance import own_flame
from xtalker.values import Identity, InputError, MeshTopology, Motion
from xtalker.values.extras import require_extra
from xtalker.values.folders import check_folder, frame_names, sequence_folder, whole_folder

if TYPE_CHECKING:
    from xtalker.head.flame_sheet import FlameSheet

EMOCA_VARIABLE: Final = "XTALKER_ASSET_EMOCA"
SHEET_VARIABLE: Final = "XTALKER_ASSET_FLAME_UV"
_CHUNK_FRAMES: Final = 8


@runtime_checkable
class _Decoder(Protocol):
    def displacement(
        self,
        jaw: Float[np.ndarray, "frames 3"],
        expression: Float[np.ndarray, "frames 50"],
        detail: Float[np.ndarray, "128"],
    ) -> Float[np.ndarray, "frames 256 256"]:
        """See `networks.emoca_detail.EmocaDetail`."""
        ...


def displacement_maps(
    motion: Motion, identity: Identity, *, checkpoint: Path | None = None
) -> Float[np.ndarray, "frames 256 256"]:
    """Displacement of FLAME's surface in every frame, metres, on FLAME's texture sheet.

    Args:
        motion: of FLAME, such as `read_motion_file` reads from rows of 284.
        identity: of FLAME; its `detail` is EMOCA's code.
        checkpoint: the user's file; None takes that of XTALKER_ASSET_EMOCA.

    Raises:
        InputError: no checkpoint, one that cannot be used, or parameters of another head.
    """
    if motion.head_model != "flame" or identity.head_model != "flame":
        raise InputError(
            "EMOCA's decoder takes FLAME parameters",
            received=f"motion of '{motion.head_model}', identity of '{identity.head_model}'",
            accepted="rows of 284, or FLAME's expression, jaw and detail", next_step="track the video with EMOCA",
        )  # fmt: skip
    decoder = _decoder(_place(checkpoint, EMOCA_VARIABLE))
    return decoder.displacement(motion.jaw, motion.expression, identity.detail)


def dense_surface(
    motion: Motion, identity: Identity, *, checkpoint: Path | None = None, flame: Path | None = None,
    sheet: Path | None = None,
) -> tuple[Float[np.ndarray, "frames dense 3"], Int[np.ndarray, "triangles 3"]]:  # fmt: skip
    """The paper's third mesh level: about 50,000 vertices of FLAME's surface, displaced; and their triangles.

    Args:
        motion: of FLAME.
        identity: of FLAME.
        checkpoint: as in `displacement_maps`.
        flame: the user's FLAME file; None takes that of XTALKER_ASSET_FLAME.
        sheet: FLAME's head_template.obj; None takes that of XTALKER_ASSET_FLAME_UV.

    Raises:
        InputError: as `displacement_maps`, or no file that says where FLAME's surface lies on its sheet.
    """
    maps = displacement_maps(motion, identity, checkpoint=checkpoint)
    head = own_flame.head(_place(own_flame.flame_place(flame), own_flame.FLAME_VARIABLE))
    named = os.environ.get(SHEET_VARIABLE)
    where = _sheet(sheet or (Path(named) if named else None), own_flame.flame_place(flame))
    posed, triangles = head.vertices(identity, motion), head.topology.triangles
    return np.stack([where.raised(v, triangles, m) for v, m in zip(posed, maps)]), where.triangles


def wants_surface(output: Path, motion: Motion) -> bool:
    """Whether a file should hold EMOCA's surface: a .ply of FLAME parameters, while a checkpoint is named."""
    return motion.head_model == "flame" and suffix_of(output) == ".ply" and bool(os.environ.get(EMOCA_VARIABLE))


def save_surface(output: Path, motion: Motion, identity: Identity, *, flame: Path | None = None) -> Path:
    """Write the dense surface of every frame; see `export.mesh_sequence`. Gives the folder.

    Raises:
        InputError: as `dense_surface`.
        OutputError: the place cannot be written, or another folder is in the way.
    """
    folder = sequence_folder(output)
    check_folder(folder, frame_names(".ply"))
    encode = None
    with whole_folder(folder, frame_names(".ply")) as part:
        for start in range(0, motion.num_frames, _CHUNK_FRAMES):
            surface, triangles = dense_surface(motion[start : start + _CHUNK_FRAMES], identity, flame=flame)
            encode = encode or PlySequence().encoder(_topology(surface.shape[1], triangles))
            for number, vertices in enumerate(surface, start):
                (part / f"{number:06d}.ply").write_bytes(encode(vertices))
    return folder


def _topology(num_vertices: int, triangles: Int[np.ndarray, "triangles 3"]) -> MeshTopology:
    return MeshTopology(
        num_vertices=num_vertices, triangles=triangles, quads=None, quad_part=None, part_names=(), uv=None,
        quad_uv=None, masks={}, regions={},
    )  # fmt: skip


def _place(given: Path | None, variable: str) -> Path:
    named = os.environ.get(variable)
    place = given or (Path(named) if named else None)
    if place is None:
        raise InputError(
            "EMOCA's detail needs your own files", received=f"none in {variable}",
            accepted="an EMOCA or DECA checkpoint, FLAME's model file and its head_template.obj",
            next_step="get them from their authors under their licences and name them in XTALKER_ASSET_EMOCA, "
            "XTALKER_ASSET_FLAME and XTALKER_ASSET_FLAME_UV",
        )  # fmt: skip
    return place


@cache
def _decoder(place: Path) -> _Decoder:
    require_extra("train", "torch", "EMOCA's detail decoder")
    # By name: what performs does not depend on PyTorch.
    decoder: _Decoder = import_module("xtalker.networks.emoca_detail").EmocaDetail(place)
    return decoder


@cache
def _sheet(place: Path | None, flame: Path | None) -> FlameSheet:
    from xtalker.head.flame_sheet import read_flame_sheet

    assert flame is not None, "the head was read before"
    return read_flame_sheet(place, own_flame.head(flame).topology)
