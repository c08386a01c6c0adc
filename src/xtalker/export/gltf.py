""".glb: a take as one glTF 2.0 file that browsers, Blender, Unity, Unreal and Godot open.

The head is one skinned mesh for each part (skin, eyes, teeth, tongue, lashes) over the rig's joints; the skin has
all morph targets (sparse, with normals), the other parts those that move them. Weights run from 0 to 1 (see
`unit_weights`), weights and rotations at 25 fps.
glTF has no sound of its own: the sound's bytes lie in a buffer view that `extras.audio` names (`bufferView`,
`mimeType`), so that one file stays whole; other programs ignore it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xtalker.export.animated_model import AnimatedModel, model_of
from xtalker.export.camera_path import path_of
from xtalker.export.gltf_animation import Timeline, add_camera, add_joints
from xtalker.export.gltf_buffer import GlbBuilder
from xtalker.export.gltf_mesh import add_mesh, add_skin
from xtalker.export.interface import Content, fault_for_rigged
from xtalker.export.losses import lost_detail
from xtalker.export.sound_file import SOUND_KINDS, sound_bytes, sound_fault
from xtalker.values.files import whole_file
from xtalker.values.surface import SurfacePart


class Glb:
    """Exporter of .glb files."""

    suffix = ".glb"

    def can_hold(self, content: Content) -> str | None:
        """Needs a rig of the motion's head."""
        return fault_for_rigged(content) or sound_fault(content.sound)

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Zooming, which glTF has no track for, and lines and pores of a person's skin."""
        camera = content.camera if content.view is None else content.view
        zooms = camera is not None and bool(np.ptp(camera.field_of_view) > 0)
        return (*(("changes of the camera's field of view",) if zooms else ()), *lost_detail(content))

    def write(self, path: Path, content: Content) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: the place cannot be written.
            InputError: the sound file cannot be read.
        """
        with whole_file(path) as part:
            part.write_bytes(glb_bytes(content, model_of(content)))


def glb_bytes(content: Content, model: AnimatedModel) -> bytes:
    """The file in memory.

    Args:
        content: card, camera and sound; with a rig where it has a camera.
        model: what is seen.
    """
    builder = GlbBuilder("xtalker")
    builder.document["asset"]["extras"] = dict(content.card)
    line = Timeline(builder, model.num_frames)
    first_joint = add_joints(builder, model.joints, model.rotations, line=line)
    skin = add_skin(builder, model.joints, first_joint)
    roots = [first_joint + i for i, joint in enumerate(model.joints) if joint.parent is None]
    roots += [_add_part(builder, model, part, line=line, skin=skin) for part in model.parts]
    path = path_of(content)
    if path is not None:
        roots.append(add_camera(builder, path, line))
    line.finish()
    builder.document |= {"scene": builder.add("scenes", {"nodes": roots})}
    if content.sound is not None:
        data, kind = sound_bytes(content.sound)
        builder.document["extras"] = {"audio": {"bufferView": builder.view(data), "mimeType": SOUND_KINDS[kind]}}
    return builder.to_bytes()


def _add_part(builder: GlbBuilder, model: AnimatedModel, part: SurfacePart, *, line: Timeline, skin: int) -> int:
    """Node of a part, with its weights."""
    node: dict[str, Any] = {"name": part.name, "mesh": add_mesh(builder, part), "skin": skin}
    weights = model.weights(part)
    if np.any(weights[:1]):
        node["weights"] = weights[0].astype(float).tolist()
    number = builder.add("nodes", node)
    if np.any(weights != weights[:1]):
        line.play(number, "weights", weights.ravel())
    return number
