"""Materials of a USD stage: UsdPreviewSurface, with pictures and normal maps read by UsdUVTexture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pxr import Gf, Sdf, UsdShade

from xtalker.export.animated_model import normal_map_name
from xtalker.values.surface import SurfaceMaterial

_MASK_LEVEL: Final = 0.5


def add_material(stage: Any, path: str, look: SurfaceMaterial, pictures: Mapping[str, str]) -> Any:
    """The material at a path; one that is already there is used again.

    Args:
        stage: the file.
        path: of the material.
        look: how it looks.
        pictures: name of a picture -> its path relative to the layer.
    """
    if stage.GetPrimAtPath(path):
        return UsdShade.Material(stage.GetPrimAtPath(path))
    material = UsdShade.Material.Define(stage, path)
    surface = _shader(stage, material, "surface", "UsdPreviewSurface")
    surface.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(look.roughness)
    colour = _colour_input(surface, look)
    colour.Set(Gf.Vec3f(*look.colour))
    opacity = surface.CreateInput("opacity", Sdf.ValueTypeNames.Float) if look.blending != "opaque" else None
    if opacity:
        opacity.Set(look.opacity)
        if look.blending == "mask":
            surface.CreateInput("opacityThreshold", Sdf.ValueTypeNames.Float).Set(_MASK_LEVEL)
    if look.picture is not None:
        picture = _texture(stage, material, "picture", pictures[look.name], wraps=look.wraps)
        picture.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set("sRGB")
        if (factor := (*look.colour, look.opacity)) != (1, 1, 1, 1):
            picture.CreateInput("scale", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(*factor))
        colour.ConnectToSource(picture.CreateOutput("rgb", Sdf.ValueTypeNames.Float3))
        if opacity and look.picture.shape[2] == 4:
            opacity.ConnectToSource(picture.CreateOutput("a", Sdf.ValueTypeNames.Float))
    if look.normal_map is not None:
        bumps = _texture(stage, material, "bumps", pictures[normal_map_name(look)], wraps=look.wraps)
        bumps.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set("raw")  # 0..1 for -1..1, no colours
        bumps.CreateInput("scale", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(2, 2, 2, 1))
        bumps.CreateInput("bias", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(-1, -1, -1, 0))
        normal = surface.CreateInput("normal", Sdf.ValueTypeNames.Normal3f)
        normal.ConnectToSource(bumps.CreateOutput("rgb", Sdf.ValueTypeNames.Float3))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", Sdf.ValueTypeNames.Token))
    return material


def _colour_input(surface: Any, look: SurfaceMaterial) -> Any:
    """What takes the part's colours: reflected light, or where it is not lit, light of its own and no other."""
    if look.lit:
        return surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f)
    surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(Gf.Vec3f(0))
    surface.CreateInput("useSpecularWorkflow", Sdf.ValueTypeNames.Int).Set(1)
    surface.CreateInput("specularColor", Sdf.ValueTypeNames.Color3f).Set(Gf.Vec3f(0))
    return surface.CreateInput("emissiveColor", Sdf.ValueTypeNames.Color3f)


def _texture(stage: Any, material: Any, name: str, path: str, *, wraps: bool) -> Any:
    """A picture over the part's texture coordinates."""
    reader = _shader(stage, material, f"{name}_st", "UsdPrimvarReader_float2")
    reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
    texture = _shader(stage, material, name, "UsdUVTexture")
    texture.CreateInput("file", Sdf.ValueTypeNames.Asset).Set(Sdf.AssetPath(path))
    for side, mode in (("wrapS", "repeat" if wraps else "clamp"), ("wrapT", "clamp")):
        texture.CreateInput(side, Sdf.ValueTypeNames.Token).Set(mode)
    place = reader.CreateOutput("result", Sdf.ValueTypeNames.Float2)
    texture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(place)
    return texture


def _shader(stage: Any, material: Any, name: str, kind: str) -> Any:
    shader = UsdShade.Shader.Define(stage, material.GetPath().AppendChild(name))
    shader.CreateIdAttr(kind)
    return shader
