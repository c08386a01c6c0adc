"""FLAME parameters to EMOCA's displacement, with files named in the environment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from tests.networks.test_emoca_detail import sheet_of, weights
from tests.tiny.flame import write_tiny_flame

from xtalker.export.read_flame import read_flame_motion
from xtalker.head.flame import FlameHead
from xtalker.performance.importing import convert
from xtalker.performance.own_emoca import dense_surface, displacement_maps, wants_surface
from xtalker.values import Identity, InputError, Motion, OutputError


def tracked(folder: Path) -> tuple[Motion, Identity]:
    """What a file of EMOCA's rows gives."""
    rows = np.random.default_rng(0).normal(0, 0.2, (2, 284)).astype(np.float32)
    rows[:, :100], rows[:, 156:] = rows[0, :100], rows[0, 156:]
    np.savez(folder / "latent.npz", latent=rows, fps=np.float64(25))
    motion, identity, _ = read_flame_motion(folder / "latent.npz")
    return motion, identity


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.save({"D_detail": weights()}, tmp_path / "deca_model.tar")
    monkeypatch.setenv("XTALKER_ASSET_EMOCA", str(tmp_path / "deca_model.tar"))
    monkeypatch.setenv("XTALKER_ASSET_FLAME", str(write_tiny_flame(tmp_path / "flame.npz")))
    return tmp_path


def test_rows_of_284_become_maps(named: Path) -> None:
    motion, identity = tracked(named)
    maps = displacement_maps(motion, identity)
    assert maps.shape == (2, 256, 256) and np.abs(maps[0] - maps[1]).max() > 1e-6
    plain = displacement_maps(motion, Identity(identity.shape, np.zeros(128, np.float32), "flame"))
    assert np.abs(maps - plain).max() > 1e-6


def test_the_third_mesh_level(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    motion, identity = tracked(named)
    with pytest.raises(InputError, match=r"FLAME's model file does not hold.*XTALKER_ASSET_FLAME_UV"):
        dense_surface(motion, identity)
    head = FlameHead(named / "flame.npz")
    monkeypatch.setenv("XTALKER_ASSET_FLAME_UV", str(sheet_of(head.topology, named / "head_template.obj")))
    surface, triangles = dense_surface(motion, identity)
    assert surface.shape[0] == 2 and surface.shape[1] > 5000 and triangles.max() < surface.shape[1]
    assert np.isfinite(surface).all()


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XTALKER_ASSET_EMOCA", raising=False)
    motion, identity = tracked(tmp_path)
    with pytest.raises(InputError, match="EMOCA's detail needs your own files: received none in XTALKER_ASSET_EMOCA"):
        displacement_maps(motion, identity)
    with pytest.raises(InputError, match="EMOCA's decoder takes FLAME parameters"):
        displacement_maps(Motion.zeros(1), Identity())


def test_export_writes_the_surface_while_a_checkpoint_is_named(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    motion, identity = tracked(named)
    head = FlameHead(named / "flame.npz")
    monkeypatch.setenv("XTALKER_ASSET_FLAME_UV", str(sheet_of(head.topology, named / "head_template.obj")))
    made, read = convert(named / "latent.npz", named / "face.ply")
    assert read.notes[-1] == "FLAME's surface with EMOCA's displacement"
    meshes = [trimesh.load(path, process=False) for path in sorted(made.iterdir())]
    surface, triangles = dense_surface(motion, identity)
    for mesh, vertices in zip(meshes, surface, strict=True):
        np.testing.assert_allclose(mesh.vertices, vertices, atol=1e-6)
        np.testing.assert_array_equal(mesh.faces, triangles)
    with pytest.raises(OutputError, match="FLAME parameters keep FLAME's own shape"):
        convert(named / "latent.npz", named / "other.ply", portrait=named / "face.jpg")
    monkeypatch.delenv("XTALKER_ASSET_EMOCA")
    assert not wants_surface(named / "face.ply", motion)
