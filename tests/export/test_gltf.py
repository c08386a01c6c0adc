"""Glb files read back by another reader: the head's own vertices, and all that goes with them."""

import io
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.export.glb_reader import GlbFile, read_glb
from tests.export.rigged import camera, moving, open_head, person, rigged

from xtalker.export import export, left_out
from xtalker.export.animated_model import normals_of
from xtalker.export.camera_path import camera_path, framed_box
from xtalker.export.gltf_buffer import GlbBuilder
from xtalker.export.head_surface import head_surface
from xtalker.export.interface import Content
from xtalker.geometry.cameras import Camera
from xtalker.render.moving_camera import moving_cameras
from xtalker.values import Audio, InputError, Motion, OutputError
from xtalker.values.conventions import EXPRESSION_NAMES
from xtalker.values.surface import Surface, SurfaceMaterial, SurfacePart
from xtalker.values.tracks import CameraTrack

PARTS = open_head().topology.part_names
TOLERANCE_M = 5e-6  # shares of joints are kept in 65535ths


def _written(tmp_path: Path, content: Content) -> GlbFile:
    export(tmp_path / "take.glb", content)
    return read_glb(tmp_path / "take.glb")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> GlbFile:
    return _written(tmp_path_factory.mktemp("glb"), rigged())


def _channels(file: GlbFile) -> set[tuple[str, str]]:
    nodes = file.document["nodes"]
    channels = [c["target"] for a in file.document.get("animations", []) for c in a["channels"]]
    return {(nodes[c["node"]]["name"], c["path"]) for c in channels}


@pytest.mark.parametrize("part", PARTS)
def test_posed_points_are_the_heads_vertices(file: GlbFile, part: str) -> None:
    truth = open_head().vertices(person(), moving())[:, open_head().topology.part_vertices(part)]
    for frame in (0, 5):
        points = file.posed(part, frame / 25)[: truth.shape[1]]
        assert np.abs(points - truth[frame]).max() < TOLERANCE_M


def test_points_on_a_seam_appear_on_both_sides(file: GlbFile) -> None:
    own = open_head().topology.part_vertices("skin")
    points = file.posed("skin", 0.2)
    second = points[len(own) :]
    assert len(second) > 0
    gap = np.linalg.norm(second[:, None] - points[None, : len(own)], axis=-1).min(axis=1)
    assert gap.max() < 1e-7


def test_between_frames_weights_and_turns_are_interpolated(file: GlbFile) -> None:
    motion = moving()
    values = file.value(file.node("skin"), "weights", 2.5 / 25)
    (mesh,) = (mesh for mesh in file.document["meshes"] if mesh["name"] == "skin")
    assert values is not None and values.min() >= 0 and values.max() <= 1
    weights = dict(zip(mesh["extras"]["targetNames"], values, strict=True))
    deepest = np.maximum(-motion.expression.min(0), 0)  # where the weight of the backward morph is one
    sums = [weights[name] - deepest[k] * weights.get(f"{name}_below", 0) for k, name in enumerate(EXPRESSION_NAMES)]
    np.testing.assert_allclose(sums, motion.expression[2:4].mean(0), atol=1e-5)
    turn = file.world(file.node("head"), 2.0 / 25)[:3, :3]
    np.testing.assert_allclose(np.trace(turn), 1 + 2 * np.cos(np.linalg.norm(motion.head[2])), atol=1e-5)


def test_faces_cover_the_head_and_wind_outwards(file: GlbFile) -> None:
    topology, count = open_head().topology, 0
    for mesh in file.document["meshes"]:
        (primitive,) = mesh["primitives"]
        index = file.array(primitive["indices"]).reshape(-1, 3)
        points = file.array(primitive["attributes"]["POSITION"])
        normals = file.array(primitive["attributes"]["NORMAL"])
        assert index.max() < len(points)
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
        a, b, c = (points[index[:, k]].astype(float) for k in range(3))
        facing = np.sum(np.cross(b - a, c - a) * normals[index].mean(axis=1), axis=1)
        assert np.mean(facing > 0) > 0.97
        count += len(index)
    assert count == len(topology.triangles)


def test_texture_coordinates_count_from_the_top(file: GlbFile) -> None:
    topology = open_head().topology
    assert topology.uv is not None and topology.quad_uv is not None and topology.quads is not None
    (primitive,) = file.document["meshes"][file.document["nodes"][file.node("skin")]["mesh"]]["primitives"]
    uv = file.array(primitive["attributes"]["TEXCOORD_0"])
    index = file.array(primitive["indices"]).reshape(-1, 3)
    skin = np.flatnonzero(topology.quad_part == topology.part_names.index("skin"))
    expected = topology.uv[topology.quad_uv[skin][:, :3]] * [1, -1] + [0, 1]
    np.testing.assert_allclose(uv[index[: len(skin)]], expected, atol=1e-6)


def test_the_skin_has_all_morphs_and_other_parts_those_that_move_them(file: GlbFile) -> None:
    meshes = {mesh["name"]: mesh for mesh in file.document["meshes"]}
    assert tuple(meshes["skin"]["extras"]["targetNames"])[:50] == EXPRESSION_NAMES
    assert "tongueOut" in meshes["tongue"]["extras"]["targetNames"]
    assert "targets" not in meshes["eye_left"]["primitives"][0]
    assert sum("sparse" in accessor for accessor in file.document["accessors"]) > 90


def test_morphed_normals_are_those_of_the_morphed_surface(file: GlbFile) -> None:
    """Against normals from cross products around one vertex, for a smile."""
    (primitive,) = file.document["meshes"][file.document["nodes"][file.node("skin")]["mesh"]]["primitives"]
    target = primitive["targets"][EXPRESSION_NAMES.index("mouthSmileLeft")]
    points = file.array(primitive["attributes"]["POSITION"]) + file.array(target["POSITION"])
    normals = file.array(primitive["attributes"]["NORMAL"]) + file.array(target["NORMAL"])
    index = file.array(primitive["indices"]).reshape(-1, 3)
    own = len(open_head().topology.part_vertices("skin"))
    copied = set(map(tuple, points[own:]))
    moved = np.argsort(-np.abs(file.array(target["NORMAL"])[:own]).max(axis=1))[:20]
    for vertex in moved:
        if tuple(points[vertex]) in copied:
            continue
        around = index[np.any(index == vertex, axis=1)]
        a, b, c = (points[around[:, k]].astype(float) for k in range(3))
        truth = np.cross(b - a, c - a).sum(axis=0)
        np.testing.assert_allclose(normals[vertex], truth / np.linalg.norm(truth), atol=1e-3)


def test_what_never_moves_has_no_track(tmp_path: Path) -> None:
    motion = Motion.zeros(6)
    motion.head[:, 1] = np.linspace(0, 0.3, 6)
    motion.jaw[:] = [0.2, 0, 0]
    motion.expression[:, EXPRESSION_NAMES.index("mouthPucker")] = 0.5
    file = _written(tmp_path, rigged(motion))
    assert _channels(file) == {("head", "rotation")}
    truth = open_head().vertices(person(), motion)[3, open_head().topology.part_vertices("teeth_lower")]
    assert np.abs(file.posed("teeth_lower", 3 / 25)[: len(truth)] - truth).max() < TOLERANCE_M


def test_a_still_face_has_no_animation(tmp_path: Path) -> None:
    file = _written(tmp_path, rigged(Motion.zeros(3)))
    assert "animations" not in file.document
    neutral = open_head().neutral(person())[open_head().topology.part_vertices("tongue")]
    assert np.abs(file.posed("tongue", 1.0)[: len(neutral)] - neutral).max() < 1e-7


def test_an_unmoved_camera_is_the_portraits(tmp_path: Path) -> None:
    zero, one = np.zeros(8, np.float32), np.ones(8, np.float32)
    track = CameraTrack(zero, zero, zero, one, 0.42 * one, np.zeros((8, 2), np.float32), np.zeros(8, bool))
    content = replace(rigged(), camera=track)
    file = _written(tmp_path, content)
    left, right = open_head().joints_of(person())[1:].astype(float)
    middle, unit = (left + right) / 2, np.linalg.norm(left - right)
    top = open_head().neutral(person())[:, 1].max()
    lower = middle - unit * np.array([1.5, 2.35, 1.5])
    upper = np.array([middle[0] + 1.5 * unit, top, middle[2]])
    truth = Camera.portrait(lower, upper, margin=0.02)
    np.testing.assert_allclose(file.world(file.node("camera"), 0), truth.world_from_camera, atol=1e-5)
    (lens,) = file.document["cameras"]
    assert lens["perspective"]["yfov"] == pytest.approx(0.42)
    assert not {path for name, path in _channels(file) if name == "camera"}


def test_a_walking_camera_shows_the_subjects_left_and_turns_the_picture_clockwise(tmp_path: Path) -> None:
    file = _written(tmp_path, replace(rigged(), camera=camera(8)))
    pose = file.world(file.node("camera"), 7 / 25)
    assert pose[0, 3] > 0.1, "yaw + walks to the subject's left, +x"
    assert pose[1, 0] > 0.1, "picture clockwise: the camera's right side rises"


def test_files_are_filmed_as_pictures_are() -> None:
    """The renderer's own cameras for the same box; siblings do not import each other, tests may."""
    content = rigged()
    assert content.rig is not None
    lower, upper = framed_box(content.rig)
    track = camera(8, cut_at=4)
    cameras = moving_cameras(Camera.portrait(lower, upper, margin=0.02), lower, upper, track)
    poses = camera_path(content.rig, track).world_from_camera
    for ours, pictures in zip(poses, cameras, strict=True):
        np.testing.assert_allclose(ours, pictures.world_from_camera, atol=1e-6)


def test_large_meshes_get_wide_indices() -> None:
    builder = GlbBuilder("test")
    many = np.zeros((70_000, 3), np.float32)
    many[69_999] = [1, 2, 3]
    builder.sparse(many, negligible=0.5, bounds=True)
    builder.sparse(np.zeros((5, 3), np.float32), negligible=0.5, bounds=False)
    wide, nothing = builder.document["accessors"]
    assert wide["sparse"]["indices"]["componentType"] == 5125 and wide["max"] == [1, 2, 3]
    assert "sparse" not in nothing and "bufferView" not in nothing, "all zero by the specification"


def test_a_cut_is_not_smeared(tmp_path: Path) -> None:
    file = _written(tmp_path, replace(rigged(), camera=camera(8, cut_at=4)))
    node = file.node("camera")
    before, at, after = (file.world(node, t)[:3, 3] for t in (4 / 25 - 2e-3, 3 / 25, 4 / 25))
    np.testing.assert_allclose(before, at, atol=1e-6)
    assert after[0] < -0.1 < before[0]


def test_zooming_is_left_out_and_said(tmp_path: Path) -> None:
    track = camera(8)
    zoomed = replace(track, field_of_view=np.linspace(0.4, 0.3, 8, dtype=np.float32))
    assert left_out(tmp_path / "a.glb", replace(rigged(), camera=track)) == ()
    said = left_out(tmp_path / "a.glb", replace(rigged(), camera=zoomed))
    assert said == ("changes of the camera's field of view",)


def test_samples_travel_as_a_wav_inside(tmp_path: Path) -> None:
    samples = np.sin(np.arange(5000) / 20).astype(np.float32) * 0.5
    file = _written(tmp_path, replace(rigged(), sound=Audio(samples)))
    audio = file.document["extras"]["audio"]
    assert audio["mimeType"] == "audio/wav"
    with wave.open(io.BytesIO(file.view(audio["bufferView"]))) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16_000, 1)
        read = np.frombuffer(sound.readframes(5000), "<i2") / 32767
    assert np.abs(read - samples).max() < 2e-5


def test_sound_files_travel_as_they_are_or_are_refused(tmp_path: Path) -> None:
    (tmp_path / "speech.MP3").write_bytes(b"whatever it is")
    file = _written(tmp_path, replace(rigged(), sound=tmp_path / "speech.MP3"))
    audio = file.document["extras"]["audio"]
    assert (audio["mimeType"], file.view(audio["bufferView"])) == ("audio/mpeg", b"whatever it is")
    with pytest.raises(OutputError, match=r"sound of kind '\.mkv', not \.wav \.mp3 \.m4a or samples"):
        export(tmp_path / "b.glb", replace(rigged(), sound=tmp_path / "film.mkv"))
    with pytest.raises(InputError, match=r"cannot read the sound: .*no such file"):
        export(tmp_path / "b.glb", replace(rigged(), sound=tmp_path / "none.wav"))
    assert not (tmp_path / "b.glb").exists()


def test_the_skins_texture_is_kept_to_the_last_bit(tmp_path: Path) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    file = _written(tmp_path, replace(rigged(), texture=picture))
    (primitive,) = file.document["meshes"][file.document["nodes"][file.node("skin")]["mesh"]]["primitives"]
    assert "COLOR_0" not in primitive["attributes"]
    surface = file.document["materials"][primitive["material"]]["pbrMetallicRoughness"]
    image = file.document["images"][file.document["textures"][surface["baseColorTexture"]["index"]]["source"]]
    np.testing.assert_array_equal(Image.open(io.BytesIO(file.view(image["bufferView"]))), picture)


def test_without_a_texture_lips_have_their_own_colour(file: GlbFile) -> None:
    (primitive,) = file.document["meshes"][file.document["nodes"][file.node("skin")]["mesh"]]["primitives"]
    surface = file.document["materials"][primitive["material"]]["pbrMetallicRoughness"]
    image = file.document["images"][file.document["textures"][surface["baseColorTexture"]["index"]]["source"]]
    picture = np.asarray(Image.open(io.BytesIO(file.view(image["bufferView"]))))
    topology = open_head().topology
    own = topology.part_vertices("skin")
    uv = file.array(primitive["attributes"]["TEXCOORD_0"])[: len(own)]
    column, row = np.clip((uv * len(picture)).astype(int), 0, len(picture) - 1).T
    colour = picture[row, column].astype(float)
    lips = topology.masks["lips"][own] > 0.95
    plain = (topology.masks["lips"][own] == 0) & (topology.masks["inside_mouth"][own] == 0)
    assert np.median(colour[lips, 1]) < 0.8 * np.quantile(colour[plain, 1], 0.02)


def test_card_is_kept(file: GlbFile) -> None:
    assert file.document["asset"]["extras"] == {"licence": "CC0-1.0", "note": "zwölf"}


def test_ten_seconds_stay_below_three_and_a_half_megabytes(tmp_path: Path) -> None:
    """Every channel goes below zero here, so every morph is there twice."""
    export(tmp_path / "take.glb", replace(rigged(moving(250)), camera=camera(250)))
    assert (tmp_path / "take.glb").stat().st_size < 3.5e6


def test_a_camera_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="a camera of 5 frames with a motion of 8"):
        export(tmp_path / "take.glb", replace(rigged(), camera=camera(5)))


def test_tangents_run_with_the_columns_of_the_texture(tmp_path: Path) -> None:
    """Against each triangle's own direction; the cross product with the normal is where the picture's top lies."""
    content = rigged()
    assert content.rig is not None
    parts = [
        replace(part, material=replace(part.material, normal_map=np.full((4, 4, 3), 128, np.uint8)))
        if part.name == "skin"
        else part
        for part in head_surface(content.rig).parts
    ]
    file = _written(tmp_path, replace(content, surface=Surface(tuple(parts))))
    (primitive,) = file.document["meshes"][file.document["nodes"][file.node("skin")]["mesh"]]["primitives"]
    read = {name: file.array(accessor).astype(float) for name, accessor in primitive["attributes"].items()}
    np.testing.assert_allclose(np.linalg.norm(read["TANGENT"][:, :3], axis=1), 1, atol=1e-5)
    assert np.abs(np.sum(read["TANGENT"][:, :3] * read["NORMAL"], axis=1)).max() < 1e-5
    agree = []
    for triangle in file.array(primitive["indices"]).reshape(-1, 3)[::37]:
        place, uv = read["POSITION"][triangle], read["TEXCOORD_0"][triangle] * [1, -1]
        steps = np.stack([uv[1] - uv[0], uv[2] - uv[0]])
        if abs(np.linalg.det(steps)) < 1e-9:
            continue
        u, v = np.linalg.solve(steps, np.stack([place[1] - place[0], place[2] - place[0]]))
        tangent, normal = read["TANGENT"][triangle], read["NORMAL"][triangle]
        up = np.cross(normal, tangent[:, :3]) * tangent[:, 3:]
        agree.append((np.mean(tangent[:, :3] @ u) / np.linalg.norm(u), np.mean(up @ v) / np.linalg.norm(v)))
    assert len(agree) > 100 and np.median(agree, axis=0).min() > 0.97


def test_points_without_area_have_a_normal() -> None:
    flat = SurfacePart(
        "hair", np.zeros((3, 3), np.float32), np.array([[0, 1, 2]]), SurfaceMaterial("hair"),
        np.zeros((3, 4), np.int32), np.eye(4)[[0, 0, 0]],
    )  # fmt: skip
    np.testing.assert_array_equal(np.linalg.norm(normals_of(flat).neutral, axis=1), 1)
