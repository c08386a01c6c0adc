import dataclasses

import numpy as np
import pytest

from xtalker.head import load_head
from xtalker.render import HeadRenderer
from xtalker.render.anatomy import find_eyes, find_frame
from xtalker.render.looks import LOOKS, Light
from xtalker.render.occlusion import sky_visibility
from xtalker.render.paint import MAP_HEIGHT, MAP_WIDTH, directions, hair_map, map_corners, skin_tones
from xtalker.render.scene import build_scene
from xtalker.values import Identity, MeshTopology


def test_sky_from_the_bottom_of_a_shaft_is_the_known_form_factor() -> None:
    # 2 x 2 wide, 3 deep, open above: 4 / (2 pi) * 2 a atan(a) with a = (1 / 3) / sqrt(1 + 1 / 9)
    corners = np.array([[x, y, z] for y in (0.0, 3) for x, z in ((-1, -1), (-1, 1), (1, 1), (1, -1))])
    vertices = np.concatenate([corners, [[0, 0, 0]]]).astype(np.float32)
    walls = [[i, (i + 1) % 4, (i + 1) % 4 + 4] for i in range(4)] + [[i, (i + 1) % 4 + 4, i + 4] for i in range(4)]
    floor = [[i, (i + 1) % 4, 8] for i in range(4)]
    normals = np.tile(np.float32([0, 1, 0]), (9, 1))
    free = sky_visibility(vertices, normals, np.array(walls + floor, np.int32))
    a = (1 / 3) / np.sqrt(1 + 1 / 9)
    assert free[8] == pytest.approx(4 / (2 * np.pi) * 2 * a * np.arctan(a), abs=0.03)


def test_sky_over_a_ball_is_free(tiny: tuple[np.ndarray, MeshTopology]) -> None:
    scene = build_scene(tiny[1])
    points = (scene.matrix(len(tiny[0])) @ tiny[0])[scene.parts["skin"]].astype(np.float32)
    ball = scene.triangles[scene.triangles.max(1) < len(points)]
    outside = points / np.linalg.norm(points, axis=1, keepdims=True)
    assert sky_visibility(points, outside, ball).min() > 0.9


def test_map_corners_do_not_tear_at_the_back(tiny: tuple[np.ndarray, MeshTopology]) -> None:
    scene = build_scene(tiny[1])
    fine = (scene.matrix(len(tiny[0])) @ tiny[0]).astype(np.float32)
    frame = find_frame(fine, find_eyes(scene, fine))
    corners = map_corners(scene, fine, frame)
    _, latitude = directions(fine, frame)
    away_from_poles = np.abs(latitude[scene.triangles]).max(1) < 1.2
    assert np.ptp(corners[..., 0], axis=1)[away_from_poles].max() < 0.2 * MAP_WIDTH
    assert corners[..., 1].min() >= 0 and corners[..., 1].max() <= MAP_HEIGHT


@pytest.mark.real
def test_brows_and_hairline_lie_where_they_belong() -> None:
    head = load_head()
    for shape in (np.zeros(100, np.float32), np.random.default_rng(0).normal(size=100).astype(np.float32) * 0.8):
        rest = head.neutral(Identity(shape=shape))
        scene = build_scene(head.topology)
        fine = (scene.matrix(len(rest)) @ rest).astype(np.float32)
        frame = find_frame(fine, find_eyes(scene, fine))
        cover = hair_map(head.topology, rest, frame)[..., 1] / 255
        d, o = frame.eye_distance_m, frame.origin
        skin = fine[scene.parts["skin"]]
        longitude, latitude = directions(skin, frame)
        column = ((longitude / (2 * np.pi) + 0.5) * MAP_WIDTH).astype(int) % MAP_WIDTH
        here = cover[((0.5 - latitude / np.pi) * MAP_HEIGHT).astype(int), column]
        place = (skin - o) / d
        front = place[:, 2] > -0.3
        brow = front & (np.abs(np.abs(place[:, 0]) - 0.5) < 0.25) & (np.abs(place[:, 1] - 0.4) < 0.14)
        forehead = front & (np.abs(place[:, 0]) < 0.4) & (np.abs(place[:, 1] - 0.75) < 0.1)
        cheeks = front & (place[:, 1] < -0.1) & (np.abs(place[:, 0]) < 0.6)
        crown = place[:, 1] > 1.6
        assert here[brow].max() > 0.5 and here[cheeks].max() < 0.02
        assert here[forehead].mean() < 0.05 and here[crown].mean() > 0.8


@pytest.mark.real
def test_lips_are_redder_than_skin() -> None:
    head = load_head()
    rest, scene = head.neutral(Identity()), build_scene(head.topology)
    fine = (scene.matrix(len(rest)) @ rest).astype(np.float32)
    tones = skin_tones(scene, head.topology, fine, find_frame(fine, find_eyes(scene, fine)), LOOKS["skin"])
    lips = scene.matrix(len(rest)) @ head.topology.masks["lips"] > 0.8
    red_share = tones[:, 0] / tones[:, :3].sum(1)
    assert red_share[lips].mean() > np.median(red_share) + 0.05
    assert (tones >= 0).all() and (tones <= 1).all()


@pytest.mark.real
def test_paint_does_not_swim(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turned head seen by a camera that turns along keeps its colours up to the light."""
    head = load_head()
    flat = dataclasses.replace(LOOKS["skin"], lights=(Light((0, 1, 1), (0, 0, 0)),), ambient=((1, 1, 1), (1, 1, 1)))
    monkeypatch.setitem(LOOKS, "flat", flat)
    rest = head.neutral(Identity())
    renderer = HeadRenderer(head.topology, rest, look="flat", width=128, height=128)
    camera = renderer.portrait_camera()
    c, s = np.cos(0.5), np.sin(0.5)
    move = np.array([[c, 0, s, 0], [0, 1, 0, 0], [-s, 0, c, 0], [0, 0, 0, 1]])
    turned = dataclasses.replace(camera, world_from_camera=move @ camera.world_from_camera)
    a = renderer.render(rest, camera)
    b = renderer.render((rest @ move[:3, :3].T).astype(np.float32), turned)
    inside = (a.depth > 0) & (b.depth > 0)
    assert np.quantile(np.abs(a.rgb.astype(int) - b.rgb)[inside], 0.99) <= 3
