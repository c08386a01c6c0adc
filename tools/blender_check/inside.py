"""Runs inside Blender: imports one file and writes what came of it. Its one argument is the job as JSON.

vertices.npz   for each mesh, world places of its vertices in each frame, turned to y up
facts.json     what the scene holds besides, and how far each bone has turned in each frame; written last
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import bpy
import numpy as np


def main() -> None:
    """Import, look, write."""
    job = json.loads(sys.argv[-1])
    bpy.ops.wm.read_factory_settings(use_empty=True)
    path, scene = Path(job["path"]), bpy.context.scene
    if job["addon"] is None:
        _native(path)
    else:
        addon = _loaded(Path(job["addon"]))
        addon.register()
        assert bpy.ops.import_scene.xtalker_take(filepath=str(path)) == {"FINISHED"}
    frame_of = 1.0 if path.suffix.startswith(".usd") else scene.render.fps / scene.render.fps_base / 25
    meshes = [thing for thing in scene.objects if thing.type == "MESH"]
    armatures = [thing for thing in scene.objects if thing.type == "ARMATURE"]
    places = {thing.name: [] for thing in meshes}
    bones = {bone.name: [] for thing in armatures for bone in thing.pose.bones}
    for number in range(job["frames"]):
        at = number * frame_of
        scene.frame_set(int(at), subframe=at - int(at))
        graph = bpy.context.evaluated_depsgraph_get()
        for thing in meshes:
            places[thing.name].append(_vertices(thing.evaluated_get(graph)))
        for thing in armatures:
            for bone in thing.pose.bones:
                bones[bone.name].append(_turn(thing, bone))
    out = Path(job["out"])
    np.savez(out / "vertices.npz", **{name: np.stack(frames) for name, frames in places.items()})
    (out / "facts.json").write_text(json.dumps(_facts(scene, meshes) | {"bones": bones}), encoding="utf-8")


def _native(path: Path) -> None:
    if path.suffix == ".glb":
        if bpy.app.version < (3, 5, 0) and not hasattr(np, "bool"):
            np.bool = bool  # Debian ships Blender 3.4 beside a numpy that its glTF importer does not know
        bpy.ops.import_scene.gltf(filepath=str(path))
    else:
        bpy.ops.wm.usd_import(filepath=str(path))


def _loaded(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _vertices(thing: bpy.types.Object) -> np.ndarray:
    mesh = thing.data
    flat = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", flat)
    matrix = np.array(thing.matrix_world, float)
    x, y, z = (flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]).T
    return np.stack([x, z, -y], axis=1)


def _turn(thing: bpy.types.Object, bone: bpy.types.PoseBone) -> list[list[float]]:
    """How far a bone has turned from its rest, world axes, y up."""
    to_y_up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)
    world = to_y_up @ np.array(thing.matrix_world.to_3x3().normalized())
    posed, rest = (world @ np.array(m.to_3x3().normalized()) for m in (bone.matrix, bone.bone.matrix_local))
    return (posed @ rest.T).tolist()


def _facts(scene: bpy.types.Scene, meshes: list[bpy.types.Object]) -> dict[str, object]:
    editor = scene.sequence_editor
    strips = [] if editor is None else list(editor.strips if hasattr(editor, "strips") else editor.sequences)
    keys = [key for thing in meshes if thing.data.shape_keys for key in thing.data.shape_keys.key_blocks[1:]]
    materials = {slot.material for thing in meshes for slot in thing.material_slots if slot.material}
    pictures = {
        material.name: [
            node.image.name for node in material.node_tree.nodes if node.type == "TEX_IMAGE" and node.image.size[0]
        ]
        for material in materials
    }  # fmt: skip
    return {
        "version": list(bpy.app.version),
        "fps": scene.render.fps / scene.render.fps_base,
        "frames": [scene.frame_start, scene.frame_end],
        "sync": scene.sync_mode,
        "strips": [[strip.type, int(strip.frame_start), len(strip.sound.packed_file.data)] for strip in strips],
        "smooth": all(polygon.use_smooth for thing in meshes for polygon in thing.data.polygons),
        "lowest": min((key.slider_min for key in keys), default=0.0),
        "keys": len(keys),
        "has_sound": hasattr(bpy.app, "build_options") and bpy.app.build_options.audaspace,
        "pictures": pictures,
    }


main()
