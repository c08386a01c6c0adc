"""Mesh sequences against trimesh, and folders that appear whole or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest

from xtalker.export import mesh_sequence
from xtalker.export.interface import Content
from xtalker.export.mesh_sequence import ObjSequence, PlySequence, VerticesNpz, vertex_lines
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.values import Identity, Motion, OutputError
from xtalker.values.folders import sequence_folder

PERSON = Identity(np.random.default_rng(1).normal(0, 0.5, 100).astype(np.float32))


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


@pytest.fixture(scope="module")
def content(head: OpenHead) -> Content:
    motion = Motion.from_matrix(np.random.default_rng(0).normal(0, 0.1, (3, 58)).astype(np.float32))
    return Content(motion, PERSON, {"licence": "CC0-1.0"}, rig=rig_of(head, PERSON))


@pytest.mark.parametrize("exporter", [ObjSequence(), PlySequence()])
def test_trimesh_reads_every_frame(
    tmp_path: Path, head: OpenHead, content: Content, exporter: ObjSequence | PlySequence
) -> None:
    trimesh = pytest.importorskip("trimesh")
    path = tmp_path / f"take{exporter.suffix}"
    exporter.write(path, content)
    expected = head.vertices(PERSON, content.motion)
    files = sorted(sequence_folder(path).iterdir())
    assert [file.name for file in files] == [f"00000{i}{exporter.suffix}" for i in range(3)]
    for file, vertices in zip(files, expected):
        mesh = trimesh.load(file, process=False, maintain_order=True)
        np.testing.assert_allclose(mesh.vertices, vertices, atol=1e-6)
        # trimesh cuts quads in its own way: compare the corners of quads through their area vectors.
        assert len(mesh.faces) == len(head.topology.triangles)
        assert set(np.unique(mesh.faces)) == set(np.unique(head.topology.triangles))
        assert mesh.area == pytest.approx(trimesh.Trimesh(vertices, head.topology.triangles).area, rel=2e-3)
    assert list(tmp_path.iterdir()) == [sequence_folder(path)]


def test_vertices_npz(tmp_path: Path, head: OpenHead, content: Content) -> None:
    VerticesNpz().write(tmp_path / "take.vertices.npz", content)
    with np.load(tmp_path / "take.vertices.npz", allow_pickle=False) as file:
        np.testing.assert_allclose(file["vertices"], head.vertices(PERSON, content.motion), atol=1e-6)
        np.testing.assert_array_equal(file["triangles"], head.topology.triangles)
        assert int(file["frame_rate_hz"]) == 25 and json.loads(str(file["card"])) == {"licence": "CC0-1.0"}


def test_vertex_lines_equal_pythons_formatting() -> None:
    points = np.random.default_rng(0).normal(0, 1, (50, 3)).astype(np.float32)
    points[0] = [0, -9.9999994, 9.5]
    for line, point in zip(vertex_lines(points[1:]).decode().splitlines(), points[1:].astype(np.float64)):
        assert line.split() == ["v", *(f"{x:.6f}" for x in point)]


def test_earlier_sequence_is_replaced_and_other_folders_are_not(tmp_path: Path, content: Content) -> None:
    path = tmp_path / "take.ply"
    folder = sequence_folder(path)
    folder.mkdir()
    (folder / "000099.ply").write_bytes(b"old")
    PlySequence().write(path, content)
    assert len(list(folder.iterdir())) == 3
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="something else is in the way"):
        PlySequence().write(path, content)
    assert (folder / "notes.txt").read_text() == "mine"
    with pytest.raises(OutputError, match="no such folder"):
        PlySequence().write(tmp_path / "none" / "take.ply", content)


def test_stopped_run_leaves_the_old_sequence(tmp_path: Path, content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "take.ply"
    PlySequence().write(path, content)
    before = {f.name: f.read_bytes() for f in sequence_folder(path).iterdir()}

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mesh_sequence, "posed", stopped)
    with pytest.raises(KeyboardInterrupt):
        PlySequence().write(path, content)
    assert {f.name: f.read_bytes() for f in sequence_folder(path).iterdir()} == before
    assert list(tmp_path.iterdir()) == [sequence_folder(path)]


def test_a_head_without_mesh_is_refused(content: Content) -> None:
    lost = ObjSequence().can_hold(Content(content.motion, PERSON))
    assert lost is not None and "without mesh" in lost
    assert ObjSequence().can_hold(content) is None
