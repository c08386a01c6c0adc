"""The Blender add-on: it compiles for Blender's Python and stands alone. What it does there: test_blender.py."""

import ast
from pathlib import Path

import xtalker.export

ADDON = Path(xtalker.export.__file__).parent / "blender" / "xtalker_import.py"


def test_compiles_for_the_python_of_blender_3_and_stands_alone() -> None:
    tree = ast.parse(ADDON.read_text(), feature_version=(3, 10))
    compile(tree, ADDON.name, "exec")
    imported = {n.module if isinstance(n, ast.ImportFrom) else a.name
                for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}  # fmt: skip
    roots = {name.split(".")[0] for name in imported if name}
    assert roots == {"json", "struct", "tempfile", "zipfile", "pathlib", "typing", "bpy", "bpy_extras", "numpy"}
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert {"register", "unregister", "import_take", "XTALKER_OT_import_take"} <= names
