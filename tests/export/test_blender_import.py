"""The Blender add-on: it compiles for Blender's Python, and runs where the bpy wheel is installed."""

import ast
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import xtalker.export
from xtalker.export.interface import Content
from xtalker.export.mesh_sequence import VerticesNpz
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.values import Identity, Motion

ADDON = Path(xtalker.export.__file__).parent / "blender" / "xtalker_import.py"


def test_compiles_for_the_python_of_blender_4_and_stands_alone() -> None:
    tree = ast.parse(ADDON.read_text(), feature_version=(3, 10))
    compile(tree, ADDON.name, "exec")
    imported = {n.module if isinstance(n, ast.ImportFrom) else a.name
                for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}  # fmt: skip
    roots = {name.split(".")[0] for name in imported if name}
    assert roots == {"struct", "pathlib", "typing", "bpy", "bpy_extras", "numpy"}
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert {"register", "unregister", "import_take", "XTALKER_OT_import_take"} <= names


@pytest.mark.real
def test_blender_shows_the_vertices_of_the_take(tmp_path: Path) -> None:
    bpy = pytest.importorskip("bpy", reason="the bpy wheel (Blender as a module) is not installed")
    spec = importlib.util.spec_from_file_location("xtalker_import", ADDON)
    assert spec is not None and spec.loader is not None
    addon = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(addon)
    head, motion = OpenHead(), Motion.from_matrix(np.random.default_rng(0).normal(0, 0.1, (5, 58)).astype(np.float32))
    path = tmp_path / "take.vertices.npz"
    VerticesNpz().write(path, Content(motion, Identity(), rig=rig_of(head, Identity())))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    (thing,) = addon.import_take(bpy.context, path)
    bpy.context.scene.frame_set(3)
    posed = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    read = np.array([vertex.co for vertex in posed.vertices])
    np.testing.assert_allclose(read, head.vertices(Identity(), motion)[3], atol=1e-5)
    assert bpy.context.scene.render.fps == 25 and bpy.context.scene.frame_end == 4
