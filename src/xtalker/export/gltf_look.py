"""Materials and pictures of a .glb."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from xtalker.export.animated_model import normal_map_name
from xtalker.export.gltf_buffer import GlbBuilder
from xtalker.values.surface import SurfaceMaterial

UNLIT: Final = "KHR_materials_unlit"
_CLAMP, _REPEAT, _LINEAR, _MIPMAPS = 33071, 10497, 9729, 9987
_JPEG_QUALITY: Final = 92
_ALPHA_MODES: Final = {"opaque": "OPAQUE", "mask": "MASK", "blend": "BLEND"}


def add_material(builder: GlbBuilder, material: SurfaceMaterial) -> int:
    """A material; one that is already there is used again."""
    for index, other in enumerate(builder.document.get("materials", [])):
        if other["name"] == material.name:
            return index
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": material.roughness}
    out: dict[str, Any] = {"name": material.name, "pbrMetallicRoughness": surface}
    factor = [*material.colour, material.opacity]
    if factor != [1, 1, 1, 1]:
        surface["baseColorFactor"] = [float(value) for value in factor]
    if material.picture is not None:
        picture = add_texture(builder, material.picture, material.name, wraps=material.wraps, lossy=material.lossy)
        surface["baseColorTexture"] = {"index": picture}
    if material.normal_map is not None:
        bumps = add_texture(builder, material.normal_map, normal_map_name(material), wraps=material.wraps)
        out["normalTexture"] = {"index": bumps}
    if material.blending != "opaque":
        out["alphaMode"] = _ALPHA_MODES[material.blending]
    if material.double_sided:
        out["doubleSided"] = True
    if not material.lit:
        out["extensions"] = {UNLIT: {}}
        builder.use_extension(UNLIT)
    return builder.add("materials", out)


def add_texture(
    builder: GlbBuilder,
    picture: UInt8[np.ndarray, "height width channels"],
    name: str,
    *,
    wraps: bool,
    lossy: bool = False,
) -> int:
    """A picture inside the file; one that another material wears is used again."""
    image = builder.shared(picture, lambda: _add_image(builder, picture, name, lossy=lossy))
    sampler = {"magFilter": _LINEAR, "minFilter": _MIPMAPS, "wrapS": _REPEAT if wraps else _CLAMP, "wrapT": _CLAMP}
    return builder.add("textures", {"source": image, "sampler": builder.add_once("samplers", sampler)})


def _add_image(
    builder: GlbBuilder, picture: UInt8[np.ndarray, "height width channels"], name: str, *, lossy: bool
) -> int:
    view = builder.view(jpeg_bytes(picture) if lossy else png_bytes(picture))
    return builder.add("images", {"bufferView": view, "mimeType": "image/jpeg" if lossy else "image/png", "name": name})


def jpeg_bytes(picture: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """A picture as a JPEG that differs by a grey level or two."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return stream.getvalue()


def png_bytes(picture: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """A picture as a PNG."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()
