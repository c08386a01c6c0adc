"""Files of a photo avatar: its points, joints and pictures against the film's."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sparse
import trimesh
from PIL import Image
from scipy.spatial import cKDTree
from tests.export.glb_picture import front_view, posed_points
from tests.export.glb_reader import GlbFile, read_glb
from tests.tiny.portrait import drawn_avatar

from xtalker.export import export, left_out
from xtalker.export.interface import Content
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.performance.photo_film import photo_renderer_for
from xtalker.performance.photo_motion import PhotoMotion, photo_motion
from xtalker.performance.photo_surface import photo_surface, photo_view
from xtalker.performance.photo_thinning import thinned
from xtalker.performance.shot import Shot
from xtalker.render.photo_pose import displace_face, place_points
from xtalker.render.photo_renderer import BODY_PIVOT_M, BODY_TURNS, BREATH_M, PhotoPose
from xtalker.render.scene import build_scene
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M, SKIN, PhotoAvatar

HEAD = OpenHead()
RATE_HZ = 25
REST, VOWEL, ROUND, BLINK, TURNED, GAZE = range(6)


def _motion() -> Motion:
    motion = Motion.zeros(6)
    motion.jaw[VOWEL, 0], motion.jaw[ROUND] = np.radians(15), (0.1, 0.05, 0)
    motion.expression[VOWEL, [CHANNEL["mouthLowerDownLeft"], CHANNEL["mouthSmileRight"]]] = 0.5, 0.4
    motion.expression[ROUND, [CHANNEL["mouthPucker"], CHANNEL["mouthFunnel"], CHANNEL["browInnerUpLeft"]]] = 0.7, 0.5, 1
    motion.expression[BLINK, [CHANNEL["eyeBlinkLeft"], CHANNEL["eyeBlinkRight"]]] = 1
    motion.expression[GAZE, CHANNEL["eyeBlinkLeft"]] = -0.1
    motion.head[TURNED], motion.jaw[TURNED, 0] = (0.1, 0.3, 0.05), 0.15
    motion.expression[TURNED, CHANNEL["nostrilDilate"]] = 0.3
    motion.gaze[GAZE] = (0.05, 0.2)
    return motion


@pytest.fixture(scope="module")
def avatar() -> PhotoAvatar:
    return drawn_avatar()


@pytest.fixture(scope="module")
def laid(avatar: PhotoAvatar) -> PhotoMotion:
    return photo_motion(avatar, _motion(), jaw_open_angle_rad=HEAD.jaw_open_angle_rad)


@pytest.fixture(scope="module")
def content(avatar: PhotoAvatar, laid: PhotoMotion) -> Content:
    rig, surface = rig_of(HEAD, avatar.identity), photo_surface(HEAD, avatar, laid)
    return Content(_motion(), avatar.identity, rig=rig, surface=surface, view=photo_view(avatar, laid))


@pytest.fixture(scope="module")
def path(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("photo") / "take.glb"
    export(place, content)
    return place


@pytest.fixture(scope="module")
def file(path: Path) -> GlbFile:
    return read_glb(path)


def _film_points(avatar: PhotoAvatar, vertices: np.ndarray, pose: PhotoPose) -> tuple[np.ndarray, np.ndarray]:
    """Face and lattice where the renderer's own kernels put them, world axes."""
    face, lattice, scene = avatar.face, avatar.lattice, build_scene(HEAD.topology)
    matrix = scene.matrix(HEAD.topology.num_vertices)
    reference = HEAD.vertices(avatar.identity, avatar.reference, canonical=True)[0]
    now, rest = (np.ascontiguousarray(matrix @ points, np.float32) for points in (vertices, reference))
    still = np.zeros(len(now), np.bool_)
    for part in ("eye_left", "eye_right"):
        still[scene.parts[part]] = True
    delta = np.empty_like(now)
    displace_face(now, rest, still, face.blink, np.ascontiguousarray(pose.closing, np.float32), delta)
    shape = (len(lattice.rest), len(now))
    bind = sparse.csr_matrix((lattice.row_weight, lattice.row_index, lattice.row_start), shape)
    photo = matrix_from_axis_angle(avatar.reference.head[0].astype(float))
    turn = photo @ matrix_from_axis_angle(pose.turn.astype(float)) @ photo.T
    body = matrix_from_axis_angle(pose.turn.astype(float) * BODY_TURNS)
    camera = np.array([1, -1, 0, 0, 0, 0, CAMERA_DISTANCE_M], np.float32)
    placed = []
    for points, moves, head, torso in (
        (face.rest, delta, face.head_share, np.zeros(len(now), np.float32)),
        (lattice.rest, np.ascontiguousarray(bind @ delta, np.float32), lattice.head_share, lattice.body_share),
    ):
        screen = np.empty_like(points)
        place_points(
            points, moves, head, torso, *(turns.astype(np.float32) for turns in (photo, turn, body)),
            BODY_PIVOT_M, np.float32(pose.breath * BREATH_M), camera, screen,
        )  # fmt: skip
        shrink = CAMERA_DISTANCE_M * screen[:, 2:]
        placed.append(np.column_stack([screen[:, :2] / shrink * [1, -1], CAMERA_DISTANCE_M - 1 / screen[:, 2]]))
    return placed[0], placed[1]


@pytest.mark.parametrize("frame", range(6))
def test_points_of_the_file_are_the_films(avatar: PhotoAvatar, laid: PhotoMotion, file: GlbFile, frame: int) -> None:
    vertices = HEAD.vertices(avatar.identity, laid.motion, canonical=True)[frame]
    face, lattice = _film_points(avatar, vertices, laid.poses[frame])
    skin = np.unique(avatar.face.triangles[avatar.face.kind == SKIN])
    for name, points, most_m in (("face", face[skin], 0.0002), ("person", lattice, 0.0006)):
        posed = posed_points(file, file.node(name), frame / RATE_HZ)
        start = avatar.face.rest[skin] if name == "face" else avatar.lattice.rest
        own = _same(_unposed(file, name), start)
        assert np.linalg.norm(posed - points[own], axis=1).max() < most_m, name


def _unposed(file: GlbFile, name: str) -> np.ndarray:
    (primitive,) = file.document["meshes"][file.document["nodes"][file.node(name)]["mesh"]]["primitives"]
    return file.array(primitive["attributes"]["POSITION"])


def _same(points: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Which of many points each one is."""
    away, which = cKDTree(among.astype(float)).query(points)
    assert away.max() < 1e-6
    return np.asarray(which)


@pytest.mark.parametrize(("frame", "least_db"), [(REST, 38), (VOWEL, 32), (ROUND, 32), (BLINK, 34), (TURNED, 30)])
def test_the_front_view_is_the_films_picture(
    avatar: PhotoAvatar, laid: PhotoMotion, file: GlbFile, frame: int, least_db: float
) -> None:
    rows, columns = avatar.photo.shape[:2]
    size = 2 * (columns // 4), 2 * (rows // 4)
    renderer = photo_renderer_for(HEAD, avatar, Shot(size=size))
    vertices = HEAD.vertices(avatar.identity, laid.motion, canonical=True)[frame]
    film = renderer.render(vertices, laid.poses[frame]).rgb.astype(float)
    whole = Image.fromarray(np.rint(front_view(file, frame / RATE_HZ, avatar.camera, (columns, rows))).astype(np.uint8))
    ours = np.asarray(whole.resize(size, Image.Resampling.BOX), float)
    left, top, right, bottom = (int(at / 2) for at in avatar.face_box)
    face = np.mean((ours - film)[top:bottom, left:right] ** 2)
    assert 10 * np.log10(255**2 / face) > least_db


def test_gaze_turns_the_iris_alone(file: GlbFile) -> None:
    for side in ("left", "right"):
        for name, moves in ((f"iris_{side}", True), (f"eye_{side}", False), (f"eye_shade_{side}", False)):
            before, after = (posed_points(file, file.node(name), frame / RATE_HZ) for frame in (REST, GAZE))
            assert (np.linalg.norm(after - before, axis=1).max() > 0.002) == moves, name


def test_shut_lids_come_before_the_skin_that_hid_them(avatar: PhotoAvatar, file: GlbFile) -> None:
    for frame, sign in ((REST, -1), (BLINK, 1)):
        lid, face = (posed_points(file, file.node(name), frame / RATE_HZ) for name in ("lid_left", "face"))
        pixels, skin = avatar.camera.project(lid), avatar.camera.project(face)
        near = np.linalg.norm(pixels[:, None, :2] - skin[None, :, :2], axis=2)
        on = near.min(1) < 0.02
        assert on.sum() > 20
        away = sign * (pixels[on, 2] - skin[near[on].argmin(1), 2])
        assert np.median(away) > 0.0001


def test_materials_hold_their_own_light_and_share_pictures(content: Content, file: GlbFile) -> None:
    assert content.surface is not None
    assert not any(part.material.lit for part in content.surface.parts)
    assert all("NORMAL" not in mesh["primitives"][0]["attributes"] for mesh in file.document["meshes"])
    faces = {part.name: part.material for part in content.surface.parts}
    assert faces["face"].picture is faces["lip_line"].picture
    assert len(file.document["images"]) < len(file.document["materials"])
    assert left_out(Path("take.glb"), content) == ("shade that comes and goes as the face moves",)


def test_the_camera_is_the_photos(avatar: PhotoAvatar, file: GlbFile) -> None:
    world = file.world(file.node("camera"), 0.0)
    height = 2 * np.tan(file.document["cameras"][0]["perspective"]["yfov"] / 2)
    points = avatar.face.rest[::500].astype(float)
    seen = np.linalg.inv(world) @ np.column_stack([points, np.ones(len(points))]).T
    inches = seen[:2] / -seen[2] / height * [[1], [-1]]
    pixels = avatar.camera.project(points)[:, :2] - avatar.camera.principal
    np.testing.assert_allclose(pixels / pixels[0, 1] * inches[1, 0], inches.T, atol=1e-6)


def test_another_reader_opens_it(path: Path, content: Content) -> None:
    assert content.surface is not None
    scene = trimesh.load(path)
    assert len(scene.geometry) == len(content.surface.parts)
    assert (
        scene.geometry["face"].visual.material.baseColorTexture.size
        == (
            content.surface.parts[[part.name for part in content.surface.parts].index("face")].material.picture.shape[
                1::-1
            ]
        )
    )


@pytest.mark.skipif(importlib.util.find_spec("pxr") is None, reason="usd-core absent: the extra 'usd'")
def test_usd_bakes_the_same_points(content: Content, file: GlbFile, tmp_path: Path) -> None:
    from pxr import Gf, Usd, UsdGeom, UsdSkel

    export(tmp_path / "take.usdz", content)
    stage = Usd.Stage.Open(str(tmp_path / "take.usdz"))
    root = stage.GetDefaultPrim()
    assert UsdSkel.BakeSkinning(UsdSkel.Root(root), Gf.Interval(0, 5))
    for name in ("face", "person", "iris_left", "lid_left"):
        points = UsdGeom.Mesh(stage.GetPrimAtPath(root.GetPath().AppendChild(name))).GetPointsAttr()
        for frame in (REST, VOWEL, TURNED):
            away = np.array(points.Get(frame)) - posed_points(file, file.node(name), frame / RATE_HZ)
            assert np.abs(away).max() < 1e-5


def test_a_thinned_lattice_covers_the_same_and_gapes_nowhere() -> None:
    rows, columns = 9, 12
    ids = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]], -1).reshape(-1, 4)
    quads = np.delete(quads, 30, axis=0)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    x, y = np.meshgrid(np.arange(columns) * 7.5 + 3, np.arange(rows) * 7.5 - 2)
    places = np.column_stack([x.ravel(), y.ravel()])
    busy = np.zeros(len(places), np.bool_)
    busy[ids[3, 7]] = True
    fewer = thinned(triangles, places, busy)
    assert len(fewer) < 0.7 * len(triangles)
    assert _areas(fewer, places).min() > 0
    assert _areas(fewer, places).sum() == pytest.approx(_areas(triangles, places).sum())
    assert _border(fewer, places) == pytest.approx(_border(triangles, places))
    np.testing.assert_array_equal(thinned(triangles, places + np.sin(places), busy), triangles)


def _areas(triangles: np.ndarray, places: np.ndarray) -> np.ndarray:
    a, b = places[triangles[:, 1]] - places[triangles[:, 0]], places[triangles[:, 2]] - places[triangles[:, 0]]
    return np.asarray(a[:, 1] * b[:, 0] - a[:, 0] * b[:, 1])


def _border(triangles: np.ndarray, places: np.ndarray) -> float:
    """Length of all edges that one triangle alone has: a gap would count twice."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    single, count = np.unique(edges, axis=0, return_counts=True)
    ends = places[single[count == 1]]
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum())
