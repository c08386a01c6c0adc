"""Materials of a .glb: generic colours for each part, the eye's picture, the take's own skin where there is one."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from xtalker.export.gltf_buffer import GlbBuilder
from xtalker.export.part_looks import COLOUR, LASH_OPACITY, ROUGHNESS, eye_picture, kind_of


def add_material(builder: GlbBuilder, part: str, skin_texture: int | None) -> int:
    """Material of a part.

    Args:
        builder: the file.
        part: name of the part.
        skin_texture: texture of the skin, or None for vertex colours.
    """
    kind = kind_of(part)
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": ROUGHNESS[kind]}
    material: dict[str, Any] = {"name": part, "pbrMetallicRoughness": surface}
    if kind == "eye":
        surface["baseColorTexture"] = {"index": add_texture(builder, eye_picture(), "eye")}
    elif kind == "skin" and skin_texture is not None:
        surface["baseColorTexture"] = {"index": skin_texture}
    elif kind == "lashes":
        surface["baseColorFactor"] = [*COLOUR[kind], LASH_OPACITY]
        material |= {"alphaMode": "BLEND", "doubleSided": True}
    elif kind != "skin":
        surface["baseColorFactor"] = [*COLOUR[kind], 1.0]
    return builder.add("materials", material)


def add_texture(builder: GlbBuilder, picture: UInt8[np.ndarray, "height width 3"], name: str) -> int:
    """A picture as a PNG inside the file; one that is already there is used again."""
    for index, image in enumerate(builder.document.get("images", [])):
        if image["name"] == name:
            return index
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    image = builder.add(
        "images", {"bufferView": builder.view(stream.getvalue()), "mimeType": "image/png", "name": name}
    )
    return builder.add("textures", {"source": image})
