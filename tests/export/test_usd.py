"""USD files opened by USD: baked points, camera, sound, its own validators."""

import importlib.util
import io
import wave
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.export.rigged import camera, moving, open_head, person, rigged

from xtalker.export import export, left_out
from xtalker.export.camera_path import camera_path
from xtalker.export.interface import Content
from xtalker.values import Audio, OutputError
from xtalker.values.conventions import EXPRESSION_NAMES

FRAMES = 8
needs_usd = pytest.mark.skipif(importlib.util.find_spec("pxr") is None, reason="usd-core absent: the extra 'usd'")


def _full() -> Content:
    picture = np.random.default_rng(0).integers(0, 256, (32, 16, 3), dtype=np.uint8)
    track = replace(camera(FRAMES), field_of_view=np.linspace(0.4, 0.3, FRAMES, dtype=np.float32))
    return replace(rigged(), sound=Audio(np.full(1600, 0.25, np.float32)), camera=track, texture=picture)


def _opened(path: Path, content: Content) -> Any:
    from pxr import Usd

    export(path, content)
    return Usd.Stage.Open(str(path))


@needs_usd
@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_baked_points_are_the_heads_vertices(tmp_path: Path, suffix: str) -> None:
    from pxr import Gf, UsdGeom, UsdSkel

    stage = _opened(tmp_path / f"take{suffix}", rigged())
    root = stage.GetDefaultPrim()
    assert UsdSkel.BakeSkinning(UsdSkel.Root(root), Gf.Interval(0, FRAMES - 1))
    truth = open_head().vertices(person(), moving())
    for part in open_head().topology.part_names:
        points = UsdGeom.Mesh(stage.GetPrimAtPath(root.GetPath().AppendChild(part))).GetPointsAttr()
        own = open_head().topology.part_vertices(part)
        for frame in range(FRAMES):
            assert np.abs(np.array(points.Get(frame)) - truth[frame, own]).max() < 1e-6


@needs_usd
def test_time_units_and_axes(tmp_path: Path) -> None:
    from pxr import UsdGeom

    stage = _opened(tmp_path / "take.usdc", rigged())
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (0, FRAMES - 1, 25)
    assert (UsdGeom.GetStageMetersPerUnit(stage), UsdGeom.GetStageUpAxis(stage)) == (1.0, "Y")


@needs_usd
def test_quads_texture_coordinates_and_names_are_kept(tmp_path: Path) -> None:
    from pxr import UsdGeom, UsdSkel

    stage = _opened(tmp_path / "take.usdc", rigged())
    topology = open_head().topology
    assert topology.quads is not None and topology.uv is not None and topology.quad_uv is not None
    skin = stage.GetPrimAtPath("/Take/skin")
    mine = topology.quad_part == topology.part_names.index("skin")
    assert len(UsdGeom.Mesh(skin).GetFaceVertexCountsAttr().Get()) == mine.sum()
    own = topology.part_vertices("skin")
    index = np.array(UsdGeom.Mesh(skin).GetFaceVertexIndicesAttr().Get()).reshape(-1, 4)
    np.testing.assert_array_equal(own[index], topology.quads[mine])
    st = np.array(UsdGeom.PrimvarsAPI(skin).GetPrimvar("st").ComputeFlattened()).reshape(-1, 4, 2)
    np.testing.assert_allclose(st, topology.uv[topology.quad_uv[mine]], atol=1e-7)
    shapes = list(UsdSkel.BindingAPI(skin).GetBlendShapesAttr().Get())
    own_names = {name for name in shapes if not name.endswith(("_below", "_above"))}
    assert set(EXPRESSION_NAMES) - own_names == {"tongueOut"}, "shapes that move the skin, and no others"


@needs_usd
def test_camera_walks_and_zooms(tmp_path: Path) -> None:
    from pxr import UsdGeom

    content = _full()
    stage = _opened(tmp_path / "take.usdz", content)
    assert content.rig is not None and content.camera is not None
    path = camera_path(content.rig, content.camera)
    prim = UsdGeom.Camera(stage.GetPrimAtPath("/Take/camera"))
    for frame in (0, FRAMES - 1):
        seen = prim.GetCamera(frame)
        np.testing.assert_allclose(np.array(seen.transform).T, path.world_from_camera[frame], atol=1e-6)
        assert np.radians(seen.GetFieldOfView(seen.FOVVertical)) == pytest.approx(path.field_of_view[frame], abs=1e-5)
    assert left_out(tmp_path / "take.usdz", content) == ()


@needs_usd
@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_sound_and_texture_are_found_from_the_layer(tmp_path: Path, suffix: str) -> None:
    from pxr import Ar, UsdMedia, UsdShade

    content = _full()
    stage = _opened(tmp_path / f"take{suffix}", content)
    sound = UsdMedia.SpatialAudio(stage.GetPrimAtPath("/Take/sound")).GetFilePathAttr().Get()
    shader = UsdShade.Shader(stage.GetPrimAtPath("/Take/materials/skin/picture"))
    picture = shader.GetInput("file").Get()
    assert (shader.GetInput("wrapS").Get(), shader.GetInput("wrapT").Get()) == ("repeat", "clamp")
    data = [Ar.GetResolver().OpenAsset(Ar.ResolvedPath(p.resolvedPath)).GetBuffer() for p in (sound, picture)]
    with wave.open(io.BytesIO(bytes(data[0]))) as file:
        assert np.frombuffer(file.readframes(1600), "<i2").tolist() == [8192] * 1600
    np.testing.assert_array_equal(Image.open(io.BytesIO(bytes(data[1]))), content.texture)
    beside = {"take_sound.wav", "take_skin.png", "take_eye.png"} if suffix == ".usdc" else set()
    assert {place.name for place in tmp_path.iterdir()} == {f"take{suffix}"} | beside


@needs_usd
@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_usds_own_validators_are_silent(tmp_path: Path, suffix: str) -> None:
    from pxr import UsdValidation

    stage = _opened(tmp_path / f"take{suffix}", _full())
    context = UsdValidation.ValidationContext(UsdValidation.ValidationRegistry().GetOrLoadAllValidators())
    assert [error.GetMessage() for error in context.Validate(stage)] == []


@needs_usd
def test_package_members_start_at_multiples_of_64_uncompressed(tmp_path: Path) -> None:
    export(tmp_path / "take.usdz", _full())
    data = (tmp_path / "take.usdz").read_bytes()
    with zipfile.ZipFile(tmp_path / "take.usdz") as archive:
        members = archive.infolist()
        assert [m.filename for m in members] == ["take.usdc", "sound.wav", "skin.png", "eye.png"]
        for member in members:
            assert member.compress_type == zipfile.ZIP_STORED
            lengths = np.frombuffer(data[member.header_offset + 26 :][:4], "<u2")
            assert (member.header_offset + 30 + int(lengths.sum())) % 64 == 0


@needs_usd
@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_failure_half_way_leaves_everything_as_it_was(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xtalker.export import usd_scene

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    old = tmp_path / f"take{suffix}"
    old.write_bytes(b"old")
    monkeypatch.setattr(usd_scene, "_add_sound", full)
    with pytest.raises(OutputError, match="disk full"):
        export(old, _full())
    assert old.read_bytes() == b"old" and list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_without_usd_the_message_says_how_to_get_it(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xtalker.export.usd.find_spec", lambda _: None)
    with pytest.raises(OutputError, match=rf"\{suffix} files need USD.*next: run: pip install 'xtalker\[usd\]'"):
        export(tmp_path / f"take{suffix}", rigged())
    assert list(tmp_path.iterdir()) == []
