"""Blender add-on (4.0 and later): File > Import > xtalker take.

take.glb            head with morph targets, joints and animation, through Blender's own glTF importer
take.vertices.npz   the moving surface: a mesh with a point cache (.pc2) written beside the file

Install this one file under Edit > Preferences > Add-ons > Install from Disk. It needs nothing of xtalker; numpy comes
with Blender. The scene is set to 25 frames a second and to the length of the take.
"""

# mypy: ignore-errors
# Blender writes properties as annotations, which no type checker reads, and ships no types.

import struct
from pathlib import Path
from typing import ClassVar

import bpy
import numpy as np
from bpy.props import StringProperty
from bpy_extras.io_utils import ImportHelper

bl_info = {
    "name": "xtalker take",
    "author": "xtalker",
    "version": (1, 0, 0),
    "blender": (4, 0, 0),
    "location": "File > Import > xtalker take (.glb, .npz)",
    "description": "Import a talking head",
    "category": "Import-Export",
}

FRAME_RATE_HZ = 25
MAX_VALUES = 1 << 30


def import_take(context, path):
    """Import a file into the current scene and give the objects that it made.

    Raises:
        ValueError: neither kind of file.
    """
    scene = context.scene
    scene.render.fps, scene.render.fps_base = FRAME_RATE_HZ, 1.0
    before = set(bpy.data.objects)
    if path.suffix.lower() == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(path))
        scene.frame_start, scene.frame_end = 0, _last_keyed_frame()
    elif path.name.lower().endswith(".vertices.npz"):
        _import_vertices(context, path)
    else:
        raise ValueError("not a take: choose a .glb or a .vertices.npz")
    return [thing for thing in bpy.data.objects if thing not in before]


def read_vertices(path):
    """Vertices (frames, vertices, 3) in metres and faces of a .vertices.npz; nothing in it is executed.

    Raises:
        ValueError: another kind of file.
    """
    with np.load(path, allow_pickle=False) as file:
        if "vertices" not in file or not ("quads" in file or "triangles" in file):
            raise ValueError("this .npz holds motion, not vertices: save the take as .vertices.npz")
        vertices, faces = file["vertices"], file["quads" if "quads" in file else "triangles"]
    if vertices.ndim != 3 or vertices.shape[2] != 3 or not 0 < vertices.size < MAX_VALUES:
        raise ValueError(f"vertices of an unexpected shape: {vertices.shape}")
    if faces.ndim != 2 or faces.min() < 0 or faces.max() >= vertices.shape[1]:
        raise ValueError("faces that name vertices that do not exist")
    return vertices.astype("<f4"), faces


def write_point_cache(path, vertices):
    """PC2: header, then all positions of all frames."""
    frames, count = vertices.shape[:2]
    head = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, count, 0.0, 1.0, frames)
    path.write_bytes(head + vertices.astype("<f4").tobytes())


def _import_vertices(context, path):
    vertices, faces = read_vertices(path)
    name = path.name.split(".")[0]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices[0].tolist(), [], faces.tolist())
    mesh.validate()
    thing = bpy.data.objects.new(name, mesh)
    thing.rotation_euler = (np.pi / 2, 0.0, 0.0)  # ours is y up, Blender's is z up
    context.collection.objects.link(thing)
    cache = path.with_suffix(".pc2")
    write_point_cache(cache, vertices)
    modifier = thing.modifiers.new("Take", "MESH_CACHE")
    modifier.cache_format, modifier.filepath = "PC2", str(cache)
    modifier.frame_start = 0.0
    context.scene.frame_start, context.scene.frame_end = 0, len(vertices) - 1


def _last_keyed_frame():
    return max((int(action.frame_range[1]) for action in bpy.data.actions), default=0)


class XTALKER_OT_import_take(bpy.types.Operator, ImportHelper):
    """Import a talking head"""

    bl_idname = "import_scene.xtalker_take"
    bl_label = "Import xtalker take"
    bl_options: ClassVar[set] = {"REGISTER", "UNDO"}
    filename_ext = ".glb"
    filter_glob: StringProperty(default="*.glb;*.npz", options={"HIDDEN"})

    def execute(self, context):
        """Called by Blender once a file was chosen."""
        try:
            import_take(context, Path(self.filepath))
        except (OSError, ValueError, RuntimeError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _menu(self, context):
    self.layout.operator(XTALKER_OT_import_take.bl_idname, text="xtalker take (.glb, .npz)")


def register():
    """Called by Blender when the add-on is switched on."""
    bpy.utils.register_class(XTALKER_OT_import_take)
    bpy.types.TOPBAR_MT_file_import.append(_menu)


def unregister():
    """Called by Blender when the add-on is switched off."""
    bpy.types.TOPBAR_MT_file_import.remove(_menu)
    bpy.utils.unregister_class(XTALKER_OT_import_take)
