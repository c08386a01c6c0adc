"""Blender add-on (3.4 and later): File > Import > xtalker take.

take.glb            head with morph targets, joints, animation, camera and sound, by Blender's own glTF importer
take.usdc, .usdz    the same by Blender's own USD importer, which reads moving heads since 4.1; a .usdc's sound and
                    pictures lie beside it
take.bvh            head and jaw as an armature
take.vertices.npz   the moving surface: a mesh with a point cache (.pc2) written beside the file

Beyond what those importers do, the scene runs at 25 frames a second over the length of the take, the sound lies in the
sequencer and playback follows it, surfaces are shaded smooth, and sliders of shape keys may go below 0 and above 1.

Install this one file under Edit > Preferences > Add-ons > Install from Disk. It needs nothing of xtalker; numpy comes
with Blender.
"""

# mypy: ignore-errors
# Blender writes properties as annotations, which no type checker reads, and ships no types.

import json
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import ClassVar

import bpy
import numpy as np
from bpy.props import StringProperty
from bpy_extras.io_utils import ImportHelper

bl_info = {
    "name": "xtalker take",
    "author": "xtalker",
    "version": (2, 0, 0),
    "blender": (3, 4, 0),
    "location": "File > Import > xtalker take (.glb, .usdc, .usdz, .bvh, .vertices.npz)",
    "description": "Import a talking head",
    "category": "Import-Export",
}

FRAME_RATE_HZ = 25
MAX_VALUES = 1 << 30
MAX_SOUND_BYTES = 1 << 29
SLIDER_RANGE = 10.0
SOUND_ENDINGS = (".wav", ".mp3", ".m4a")
_SOUND_TYPES = {"audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/mp4": ".m4a"}
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942


def import_take(context, path):
    """Import a file into the current scene and give the objects that it made.

    Raises:
        ValueError: none of the kinds, or damaged.
    """
    path = Path(path)
    readers = {".glb": _import_glb, ".usdc": _import_usd, ".usdz": _import_usd, ".bvh": _import_bvh}
    reader = readers.get(path.suffix.lower())
    if path.name.lower().endswith(".vertices.npz"):
        reader = _import_vertices
    if reader is None:
        raise ValueError("not a take: choose a .glb, .usdc, .usdz, .bvh or .vertices.npz")
    scene = context.scene
    scene.render.fps, scene.render.fps_base = FRAME_RATE_HZ, 1.0
    objects, actions = set(bpy.data.objects), set(bpy.data.actions)
    last_frame = reader(context, path)
    made = [thing for thing in bpy.data.objects if thing not in objects]
    if last_frame is None:
        new = [action for action in bpy.data.actions if action not in actions]
        last_frame = max((round(action.frame_range[1]) for action in new), default=0)
    scene.frame_start, scene.frame_end = 0, last_frame
    for thing in made:
        if thing.type == "MESH":
            _shade_smooth(thing.data)
            _open_ranges(thing.data)
        elif thing.type == "CAMERA":
            scene.camera = thing
    return made


def _import_glb(context, path):
    sound = read_sound(path)
    # The default asks numpy for something that the one beside Debian's Blender 3.4 does not have any more.
    bpy.ops.import_scene.gltf(filepath=str(path), import_shading="SMOOTH")
    if sound is not None:
        _add_sound(context, path.stem, *sound)


def _import_usd(context, path):
    if bpy.app.version < (4, 1, 0):
        raise ValueError("Blender before 4.1 reads no moving heads from USD: import the .glb of the take")
    bpy.ops.wm.usd_import(filepath=str(path), set_frame_range=True)
    last_frame = context.scene.frame_end
    found = _sound_in_package(path) if path.suffix.lower() == ".usdz" else _sound_beside(path)
    if found is not None:
        _add_sound(context, path.stem, *found)
    return last_frame


def _import_bvh(context, path):
    # Ours is in centimetres and y up; frames are 1/25 s in the file and in the scene. Blender's importer begins at
    # frame 1 whatever it is told; here as everywhere frame 0 is the first.
    before = set(bpy.data.actions)
    bpy.ops.import_anim.bvh(
        filepath=str(path), axis_forward="-Z", axis_up="Y", global_scale=0.01, frame_start=0, use_fps_scale=False,
        update_scene_fps=False, update_scene_duration=False,
    )  # fmt: skip
    for action in set(bpy.data.actions) - before:
        _shift(action, -1.0)
    found = _sound_beside(path)
    if found is not None:
        _add_sound(context, path.stem, *found)


def _shift(action, frames):
    """Move all keys of an action in time."""
    curves = getattr(action, "fcurves", None)
    if curves is None:  # Blender 5 keeps them in layers only
        bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
        curves = [curve for bag in bags for curve in bag.fcurves]
    for curve in curves:
        for key in curve.keyframe_points:
            for point in (key.co, key.handle_left, key.handle_right):
                point[0] += frames
        curve.update()


def read_sound(path):
    """Bytes and ending of the sound in a .glb, or None.

    Raises:
        ValueError: no .glb, or a damaged one.
    """
    data = path.read_bytes()
    try:
        magic, _, length = struct.unpack_from("<4sII", data)
        if magic != b"glTF" or length > len(data):
            raise ValueError("not a .glb")
        chunks, at = {}, 12
        while at + 8 <= length:
            size, kind = struct.unpack_from("<II", data, at)
            chunks.setdefault(kind, data[at + 8 : at + 8 + size])
            at += 8 + size
        document = json.loads(chunks[_JSON_CHUNK])
        audio = document.get("extras", {}).get("audio")
        if audio is None:
            return None
        view = document["bufferViews"][audio["bufferView"]]
        start = view.get("byteOffset", 0)
        return chunks[_BINARY_CHUNK][start : start + view["byteLength"]], _SOUND_TYPES[audio["mimeType"]]
    except (struct.error, KeyError, IndexError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise ValueError(f"a damaged .glb: {type(error).__name__}") from error


def _sound_in_package(path):
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if Path(info.filename).suffix in SOUND_ENDINGS and info.file_size < MAX_SOUND_BYTES:
                return archive.read(info), Path(info.filename).suffix
    return None


def _sound_beside(path):
    """NAME_sound.wav and so on, which belongs to NAME.usdc."""
    for ending in SOUND_ENDINGS:
        place = path.with_name(f"{path.stem}_sound{ending}")
        if place.is_file() and place.stat().st_size < MAX_SOUND_BYTES:
            return place.read_bytes(), ending
    return None


def _add_sound(context, name, data, ending):
    """The sound as a strip from frame 0 on, kept inside the .blend; playback keeps its pace."""
    scene = context.scene
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"{name}_sound{ending}"
        place.write_bytes(data)
        editor = scene.sequence_editor or scene.sequence_editor_create()
        strips = editor.strips if hasattr(editor, "strips") else editor.sequences  # renamed in Blender 4.4
        channel = 1 + max((strip.channel for strip in strips), default=0)
        try:
            strips.new_sound(name, str(place), channel, 0).sound.pack()
        except RuntimeError as error:  # a Blender built without sound, such as the bpy module
            print(f"xtalker: the take comes without its sound: {error}")
            return
    scene.sync_mode = "AUDIO_SYNC"


def _shade_smooth(mesh):
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    mesh.update()


def _open_ranges(mesh):
    """Shape keys keep values below 0 and above 1, which Blender cuts off otherwise."""
    for key in mesh.shape_keys.key_blocks[1:] if mesh.shape_keys else ():
        key.slider_min, key.slider_max = -SLIDER_RANGE, SLIDER_RANGE


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
    return len(vertices) - 1


class XTALKER_OT_import_take(bpy.types.Operator, ImportHelper):
    """Import a talking head"""

    bl_idname = "import_scene.xtalker_take"
    bl_label = "Import xtalker take"
    bl_options: ClassVar[set] = {"REGISTER", "UNDO"}
    filename_ext = ".glb"
    filter_glob: StringProperty(default="*.glb;*.usdc;*.usdz;*.bvh;*.npz", options={"HIDDEN"})

    def execute(self, context):
        """Called by Blender once a file was chosen."""
        try:
            import_take(context, Path(self.filepath))
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _menu(self, context):
    self.layout.operator(XTALKER_OT_import_take.bl_idname, text="xtalker take (.glb, .usdc, .bvh, .npz)")


def register():
    """Called by Blender when the add-on is switched on."""
    bpy.utils.register_class(XTALKER_OT_import_take)
    bpy.types.TOPBAR_MT_file_import.append(_menu)


def unregister():
    """Called by Blender when the add-on is switched off."""
    bpy.types.TOPBAR_MT_file_import.remove(_menu)
    bpy.utils.unregister_class(XTALKER_OT_import_take)
