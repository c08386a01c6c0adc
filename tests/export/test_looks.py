"""One list of looks: what a .glb shows, a .usdc shows."""

import importlib.util
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.export.glb_reader import GlbFile, read_glb
from tests.export.rigged import open_head, rigged

from xtalker.export import export
from xtalker.export.head_surface import head_surface
from xtalker.export.interface import Content
from xtalker.export.part_looks import eye_picture, eye_uv
from xtalker.values.surface import Surface, SurfaceMaterial, SurfacePart

needs_usd = pytest.mark.skipif(importlib.util.find_spec("pxr") is None, reason="usd-core absent: the extra 'usd'")


def handed_in() -> Content:
    """The head's parts, the skin with a normal map, and layers of every kind of blending."""
    content, random = rigged(), np.random.default_rng(0)
    assert content.rig is not None
    parts = []
    for part in head_surface(content.rig).parts:
        if part.name == "skin":
            bumps = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            look = replace(part.material, normal_map=bumps)
            part = replace(part, material=look)
        parts.append(part)
    corners = np.array([[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1]], np.float32)
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    for name, blending, lit in (("background", "opaque", False), ("hair", "blend", True), ("torso", "mask", False)):
        picture = random.integers(0, 256, (6, 5, 3 if blending == "opaque" else 4), dtype=np.uint8)
        look = SurfaceMaterial(
            name, (0.5, 0.6, 0.7), picture, blending=blending, lit=lit, double_sided=True, roughness=0.9,
            opacity=1.0 if blending == "opaque" else 0.75,
        )  # fmt: skip
        parts.append(
            SurfacePart(
                name, corners, np.array([[0, 1, 2, 3]]), look, np.zeros((4, 4), np.int32), np.eye(4)[[0] * 4], uv=uv,
                morph_names=("breath",), morphs=np.ones((1, 4, 3), np.float32),
            )
        )  # fmt: skip
    return replace(content, surface=Surface(tuple(parts), {"breath": np.linspace(0, 1, 8)}))


def _glb_looks(file: GlbFile) -> dict[str, dict[str, Any]]:
    """Part -> what its material says."""
    document = file.document

    def picture(reference: dict[str, int] | None) -> bytes | None:
        if reference is None:
            return None
        image = document["images"][document["textures"][reference["index"]]["source"]]
        return np.asarray(Image.open(io.BytesIO(file.view(image["bufferView"])))).tobytes()

    out = {}
    for mesh in document["meshes"]:
        material = document["materials"][mesh["primitives"][0]["material"]]
        surface = material["pbrMetallicRoughness"]
        factor = surface.get("baseColorFactor", [1, 1, 1, 1])
        out[mesh["name"]] = {
            "picture": picture(surface.get("baseColorTexture")), "bumps": picture(material.get("normalTexture")),
            "factor": np.round(factor, 5).tolist(), "roughness": round(surface["roughnessFactor"], 5),
            "alpha": material.get("alphaMode", "OPAQUE"), "both": material.get("doubleSided", False),
            "lit": "KHR_materials_unlit" not in material.get("extensions", {}),
        }  # fmt: skip
    return out


def _usd_looks(stage: Any) -> dict[str, dict[str, Any]]:
    """The same from a stage."""
    from pxr import Ar, Usd, UsdGeom, UsdShade

    def picture(surface: Any, name: str) -> tuple[bytes | None, Any]:
        found = surface.GetInput(name).GetConnectedSources()[0] if surface.GetInput(name) else []
        if not found:
            return None, None
        shader = UsdShade.Shader(found[0].source.GetPrim())
        place = Ar.ResolvedPath(shader.GetInput("file").Get().resolvedPath)
        return np.asarray(
            Image.open(io.BytesIO(bytes(Ar.GetResolver().OpenAsset(place).GetBuffer())))
        ).tobytes(), shader

    out = {}
    for prim in stage.Traverse(Usd.TraverseInstanceProxies()):
        if not prim.IsA(UsdGeom.Mesh):
            continue
        material = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()[0]
        surface = material.ComputeSurfaceSource()[0]

        def value(name: str, usual: Any, surface: Any = surface) -> Any:
            return surface.GetInput(name).Get() if surface.GetInput(name) else usual

        lit = not surface.GetInput("emissiveColor")
        name = "diffuseColor" if lit else "emissiveColor"
        colours, shader = picture(surface, name)
        scale = shader.GetInput("scale") if shader else None
        own = [*value(name, (1, 1, 1)), value("opacity", 1.0)]
        factor = [1, 1, 1, 1] if scale is None and shader else list(scale.Get()) if scale else own
        alpha = "MASK" if value("opacityThreshold", 0) else "BLEND" if surface.GetInput("opacity") else "OPAQUE"
        out[prim.GetName()] = {
            "picture": colours, "bumps": picture(surface, "normal")[0], "factor": np.round(factor, 5).tolist(),
            "roughness": round(value("roughness", 0.5), 5), "alpha": alpha, "lit": lit,
            "both": bool(UsdGeom.Mesh(prim).GetDoubleSidedAttr().Get()),
        }  # fmt: skip
    return out


@needs_usd
@pytest.mark.parametrize("kind", ["own", "texture", "handed in"])
@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_both_writers_give_every_part_the_same_look(tmp_path: Path, kind: str, suffix: str) -> None:
    from pxr import Usd

    texture = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    content = {"own": rigged(), "texture": replace(rigged(), texture=texture), "handed in": handed_in()}[kind]
    export(tmp_path / "take.glb", content)
    export(tmp_path / f"take{suffix}", content)
    ours = _glb_looks(read_glb(tmp_path / "take.glb"))
    theirs = _usd_looks(Usd.Stage.Open(str(tmp_path / f"take{suffix}")))
    assert ours == theirs
    assert ours["eye_left"]["picture"] and ours["skin"]["picture"]


@needs_usd
def test_texture_coordinates_lie_alike_in_both(tmp_path: Path) -> None:
    """Each corner of the first triangle of each quad."""
    from pxr import Usd, UsdGeom

    content = handed_in()
    export(tmp_path / "take.glb", content)
    export(tmp_path / "take.usdc", content)
    file, stage = read_glb(tmp_path / "take.glb"), Usd.Stage.Open(str(tmp_path / "take.usdc"))
    for mesh in file.document["meshes"]:
        (primitive,) = mesh["primitives"]
        prim = stage.GetPrimAtPath(f"/Take/{mesh['name']}")
        quads = len(UsdGeom.Mesh(prim).GetFaceVertexCountsAttr().Get())
        index = file.array(primitive["indices"]).reshape(-1, 3)[:quads]
        accessor = primitive["attributes"].get("TEXCOORD_0")
        if accessor is None:
            assert mesh["name"] in ("teeth_upper", "teeth_lower", "tongue", "lashes"), "parts without a picture"
            continue
        theirs = np.array(UsdGeom.PrimvarsAPI(prim).GetPrimvar("st").ComputeFlattened()).reshape(quads, -1, 2)[:, :3]
        ours = file.array(accessor)[index] * [1, -1] + [0, 1]
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_layers_that_arehanded_in_move_by_tracks_of_their_own(tmp_path: Path) -> None:
    content = handed_in()
    export(tmp_path / "take.glb", content)
    file = read_glb(tmp_path / "take.glb")
    assert file.posed("hair", 7 / 25)[0] == pytest.approx([0, 0, 0], abs=1e-6)
    assert "KHR_materials_unlit" in file.document["extensionsUsed"]


def test_the_iris_looks_forwards() -> None:
    """The dark pupil lies in the middle of the picture, which is where the ball's foremost point is."""
    topology, neutral = open_head().topology, open_head().mean
    ball = neutral[topology.part_vertices("eye_left")]
    front = ball[:, 2].argmax()
    np.testing.assert_allclose(eye_uv(ball)[front], 0.5, atol=0.03)
    picture = eye_picture((0.2, 0.3, 0.6)).astype(float)
    middle, side = len(picture) // 2, len(picture)
    assert picture[middle, middle].max() < 20 and picture[4, 4].min() > 200
    ring = picture[middle, middle + int(0.28 / (2 * np.pi) * side)]
    assert ring[2] > ring[0] + 40, "of the colour that was asked for"
