"""Camera tracks on a head: where places land in the picture."""

import numpy as np
import pytest

from xtalker.geometry.cameras import PORTRAIT_FOV_RAD, Camera
from xtalker.render import HeadRenderer
from xtalker.values import MeshTopology
from xtalker.values.tracks import CameraTrack

Tiny = tuple[np.ndarray, MeshTopology]
SIZE = 96


def track(**parts: float) -> CameraTrack:
    one = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0, "distance": 1.0, "field_of_view": PORTRAIT_FOV_RAD} | parts
    aim = np.array([[one.pop("aim_x", 0.0), one.pop("aim_y", 0.0)]])
    return CameraTrack(**{name: np.array([value]) for name, value in one.items()}, aim=aim, cut=np.zeros(1, bool))


@pytest.fixture(scope="module")
def renderer(tiny: Tiny) -> HeadRenderer:
    return HeadRenderer(tiny[1], tiny[0], width=SIZE, height=SIZE)


def camera(renderer: HeadRenderer, **parts: float) -> Camera:
    (one,) = renderer.moving_cameras(track(**parts))
    return one


def at(renderer: HeadRenderer, place: tuple[float, float, float], **parts: float) -> np.ndarray:
    """Pixel of a place, in head heights from the middle of the head."""
    lower, upper = renderer.portrait_box
    point = (lower + upper) / 2 + np.array(place) * (upper[1] - lower[1])
    return camera(renderer, **parts).project(point[None])[0][0] - SIZE / 2


def test_neutral_track_is_the_portrait(renderer: HeadRenderer, tiny: Tiny) -> None:
    portrait, moving = renderer.portrait_camera(), camera(renderer)
    np.testing.assert_allclose(moving.world_from_camera, portrait.world_from_camera, atol=1e-12)
    np.testing.assert_array_equal(renderer.render(tiny[0], moving).rgb, renderer.render(tiny[0], portrait).rgb)


@pytest.mark.parametrize(("yaw", "pitch"), [(0.6, 0.0), (-0.5, 0.3), (0.0, -0.4)])
def test_walks_like_the_portrait_camera(renderer: HeadRenderer, yaw: float, pitch: float) -> None:
    moving, portrait = camera(renderer, yaw=yaw, pitch=pitch), renderer.portrait_camera(yaw_rad=yaw, pitch_rad=pitch)
    np.testing.assert_allclose(moving.world_from_camera[:3, :3], portrait.world_from_camera[:3, :3], atol=1e-9)


def test_signs(renderer: HeadRenderer) -> None:
    left_ear, crown, front = (0.4, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.4)
    assert camera(renderer, yaw=0.3).position[0] > 0.05  # the subject's left
    assert camera(renderer, pitch=0.3).position[1] > camera(renderer).position[1]  # from above
    assert at(renderer, crown, roll=0.2)[0] > 5  # clockwise: what was up leans to the right
    assert at(renderer, left_ear, roll=0.2)[1] > 5  # and what was right goes down
    assert at(renderer, (0.0, 0.0, 0.0), aim_x=0.2)[0] < -5 and at(renderer, (0.0, 0.0, 0.0), aim_y=0.2)[1] > 5
    assert at(renderer, front, yaw=0.3)[0] < -2


def test_aim_is_in_the_middle(renderer: HeadRenderer) -> None:
    np.testing.assert_allclose(at(renderer, (0.2, -0.1, 0.0), aim_x=0.2, aim_y=-0.1), 0, atol=1e-9)


def test_distance_and_lens(renderer: HeadRenderer) -> None:
    near = camera(renderer, distance=0.5)
    middle = np.mean(renderer.portrait_box, axis=0)
    far_m = np.linalg.norm(camera(renderer).position - middle)
    assert np.linalg.norm(near.position - middle) == pytest.approx(far_m / 2)
    size = at(renderer, (0.0, 0.3, 0.0))
    wide = 2 * np.arctan(2 * np.tan(PORTRAIT_FOV_RAD / 2))
    np.testing.assert_allclose(at(renderer, (0.0, 0.3, 0.0), distance=0.5, field_of_view=wide), size, atol=1e-9)


def test_background_stays_and_depth_is_true(renderer: HeadRenderer, tiny: Tiny) -> None:
    still, moved = renderer.render(tiny[0], camera(renderer)), renderer.render(tiny[0], camera(renderer, aim_x=0.6))
    empty = (still.depth == 0) & (moved.depth == 0)
    assert empty.mean() > 0.1
    np.testing.assert_array_equal(still.rgb[empty], moved.rgb[empty])
    near = renderer.render(tiny[0], camera(renderer, distance=0.6))
    middle = np.mean(renderer.portrait_box, axis=0)
    step = 0.4 * np.linalg.norm(camera(renderer).position - middle)
    assert near.depth[near.depth > 0].min() == pytest.approx(still.depth[still.depth > 0].min() - step, abs=2e-3)
