""".glb: a take as one glTF 2.0 file that browsers, Blender, Unity, Unreal and Godot open.

The head is one skinned mesh for each part (skin, eyes, teeth, tongue, lashes) over the rig's joints; the skin has
all morph targets (sparse, with normals), the other parts those that move them. Weights and rotations run at 25 fps.
glTF has no sound of its own: the sound's bytes lie in a buffer view that `extras.audio` names (`bufferView`,
`mimeType`), so that one file stays whole; other programs ignore it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xtalker.export.camera_path import camera_path
from xtalker.export.gltf_animation import Timeline, add_camera, add_joints
from xtalker.export.gltf_buffer import GlbBuilder
from xtalker.export.gltf_look import add_texture
from xtalker.export.gltf_mesh import add_mesh, add_skin, moving_morphs
from xtalker.export.interface import Content, fault_for_rigged
from xtalker.export.losses import lost_detail
from xtalker.export.sound_file import SOUND_KINDS, sound_bytes, sound_fault
from xtalker.export.surface_parts import normals_of, parts_of
from xtalker.values import Motion
from xtalker.values.files import whole_file
from xtalker.values.rig import Rig


class Glb:
    """Exporter of .glb files."""

    suffix = ".glb"

    def can_hold(self, content: Content) -> str | None:
        """Needs a rig of the motion's head."""
        return fault_for_rigged(content) or sound_fault(content.sound)

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Zooming, which glTF has no track for, and lines and pores of a person's skin."""
        camera = content.camera
        zooms = camera is not None and bool(np.ptp(camera.field_of_view) > 0)
        return (*(("changes of the camera's field of view",) if zooms else ()), *lost_detail(content))

    def write(self, path: Path, content: Content) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: the place cannot be written.
            InputError: the sound file cannot be read.
        """
        with whole_file(path) as part:
            part.write_bytes(glb_bytes(content))


def glb_bytes(content: Content) -> bytes:
    """The file in memory; the content must have a rig."""
    rig = content.rig
    assert rig is not None, "checked by can_hold"
    builder = GlbBuilder("xtalker")
    builder.document["asset"]["extras"] = dict(content.card)
    line = Timeline(builder, content.motion.num_frames)
    first_joint = add_joints(builder, rig, rig.rotations(content.motion), line)
    skin = add_skin(builder, rig, first_joint)
    roots = [first_joint + i for i, joint in enumerate(rig.joints) if joint.parent is None]
    texture = None if content.texture is None else add_texture(builder, content.texture, "skin")
    roots += _add_parts(builder, rig, content.motion, line=line, skin=skin, texture=texture)
    if content.camera is not None:
        roots.append(add_camera(builder, camera_path(rig, content.camera), line))
    line.finish()
    builder.document |= {"scene": builder.add("scenes", {"nodes": roots})}
    if content.sound is not None:
        data, kind = sound_bytes(content.sound)
        builder.document["extras"] = {"audio": {"bufferView": builder.view(data), "mimeType": SOUND_KINDS[kind]}}
    return builder.to_bytes()


def _add_parts(
    builder: GlbBuilder, rig: Rig, motion: Motion, *, line: Timeline, skin: int, texture: int | None
) -> list[int]:
    """A node for each part of the head, with its weights."""
    normals, nodes = normals_of(rig), []
    for part in parts_of(rig.topology):
        morphs = moving_morphs(rig, part)
        mesh = add_mesh(builder, rig, part, morphs=morphs, normals=normals, skin_texture=texture)
        node: dict[str, Any] = {"name": part.name, "mesh": mesh, "skin": skin}
        weights = motion.expression[:, morphs]
        if np.any(weights[:1]):
            node["weights"] = weights[0].astype(float).tolist()
        nodes.append(builder.add("nodes", node))
        if np.any(weights != weights[:1]):
            line.play(nodes[-1], "weights", weights.ravel())
    return nodes
