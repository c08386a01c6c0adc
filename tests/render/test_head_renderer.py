import dataclasses

import numba
import numpy as np
import pytest

from xtalker.geometry.cameras import Camera
from xtalker.render import LOOKS, HeadRenderer
from xtalker.values import InputError, MeshTopology

Tiny = tuple[np.ndarray, MeshTopology]
SIZE = 96


@pytest.fixture(scope="module")
def renderer(tiny: Tiny) -> HeadRenderer:
    return HeadRenderer(tiny[1], tiny[0], width=SIZE, height=SIZE)


def turned(vertices: np.ndarray, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return (vertices @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])).astype(np.float32)


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_draws_a_head_before_its_backdrop(look: str, tiny: Tiny) -> None:
    renderer = HeadRenderer(tiny[1], tiny[0], look=look, width=SIZE, height=SIZE, background="#000000")
    frame = renderer.render(tiny[0], renderer.portrait_camera())
    assert frame.rgb.shape == (SIZE, SIZE, 3) and frame.depth.dtype == np.float32
    seen = frame.depth > 0
    assert 0.1 < seen.mean() < 0.9
    assert (frame.rgb[~seen] == 0).all()
    assert frame.rgb[seen].mean() > 60 and frame.rgb[seen].std() > 10


def test_depth_is_the_distance_of_the_nearest_point(renderer: HeadRenderer, tiny: Tiny) -> None:
    camera = renderer.portrait_camera()
    depth = renderer.render(tiny[0], camera).depth
    nearest = camera.project(tiny[0][tiny[1].part_vertices("eye_left")].astype(float))[1].min()
    assert depth[depth > 0].min() == pytest.approx(nearest, abs=2e-4)


def test_moving_head_and_camera_together_keeps_the_depth(renderer: HeadRenderer, tiny: Tiny) -> None:
    camera = renderer.portrait_camera()
    before = renderer.render(tiny[0], camera).depth
    angle, shift = 0.7, np.array([0.3, -0.2, 0.1])
    c, s = np.cos(angle), np.sin(angle)
    move = np.array([[c, 0, s, 0], [0, 1, 0, 0], [-s, 0, c, 0], [0, 0, 0, 1]])
    move[:3, 3] = shift
    other = Camera(move @ camera.world_from_camera, camera.vertical_fov_rad, SIZE, SIZE)
    after = renderer.render((tiny[0] @ move[:3, :3].T + shift).astype(np.float32), other).depth
    assert ((before > 0) == (after > 0)).mean() > 0.998  # rounding moves samples at the very edge
    both = (before > 0) & (after > 0)
    assert np.quantile(np.abs(before - after)[both], 0.99) < 2e-5


def test_frames_do_not_remember_each_other(renderer: HeadRenderer, tiny: Tiny) -> None:
    camera = renderer.portrait_camera()
    first = renderer.render(tiny[0], camera)
    rgb, depth = first.rgb.copy(), first.depth.copy()
    other = renderer.render(turned(tiny[0], 0.6), camera)
    assert (other.rgb != rgb).any()
    np.testing.assert_array_equal(first.rgb, rgb)  # not a buffer that is written again
    again = renderer.render(tiny[0], camera)
    np.testing.assert_array_equal(again.rgb, rgb)
    np.testing.assert_array_equal(again.depth, depth)


def test_two_renderers_agree(renderer: HeadRenderer, tiny: Tiny) -> None:
    twin = HeadRenderer(tiny[1], tiny[0], width=SIZE, height=SIZE)
    camera = renderer.portrait_camera()
    np.testing.assert_array_equal(twin.render(tiny[0], camera).rgb, renderer.render(tiny[0], camera).rgb)


def test_number_of_threads_does_not_matter(renderer: HeadRenderer, tiny: Tiny) -> None:
    camera, before = renderer.portrait_camera(), numba.get_num_threads()
    many = renderer.render(tiny[0], camera)
    try:
        numba.set_num_threads(1)
        one = renderer.render(tiny[0], camera)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(many.rgb, one.rgb)


def test_more_samples_come_nearer_to_the_true_picture(tiny: Tiny) -> None:
    def picture(samples: int) -> np.ndarray:
        renderer = HeadRenderer(
            tiny[1], tiny[0], look="clay", width=64, height=64, supersample=samples, background="white"
        )
        return renderer.render(turned(tiny[0], 0.3), renderer.portrait_camera()).rgb.astype(float)

    truth = picture(4)
    errors = [np.abs(picture(samples) - truth).mean() for samples in (1, 2, 3)]
    assert errors[0] > 1.5 * errors[1] > 1.5 * errors[2] > 0


def test_one_shading_for_a_smooth_pixel_is_enough(tiny: Tiny, renderer: HeadRenderer) -> None:
    """Inside the skin, the picture with shared shading is that of one with twice the size, averaged."""
    camera = renderer.portrait_camera()
    large = HeadRenderer(tiny[1], tiny[0], width=2 * SIZE, height=2 * SIZE, supersample=1)
    fine = large.render(tiny[0], large.portrait_camera()).rgb.astype(float)
    mean = fine.reshape(SIZE, 2, SIZE, 2, 3).mean((1, 3))
    frame = renderer.render(tiny[0], camera)
    close = np.abs(frame.rgb - mean).max(-1)[frame.depth > 0]
    assert np.quantile(close, 0.95) < 4


def test_eyes_follow_the_gaze_and_skin_stays(renderer: HeadRenderer, tiny: Tiny) -> None:
    camera, vertices = renderer.portrait_camera(), tiny[0].copy()
    before = renderer.render(vertices, camera)
    for part in ("eye_left", "eye_right"):
        eye = tiny[1].part_vertices(part)
        middle = vertices[eye].mean(0)
        vertices[eye] = turned(vertices[eye] - middle, 0.5) + middle
    after = renderer.render(vertices, camera)
    changed = (np.abs(before.rgb.astype(int) - after.rgb) > 12).any(-1)
    x, y = camera.project(np.array([[0.03, 0.02, 0.105], [-0.03, 0.02, 0.105]]))[0].T
    rows, columns = np.nonzero(changed)
    distance = np.hypot(columns[:, None] + 0.5 - x, rows[:, None] + 0.5 - y).min(1)
    assert changed.sum() > 20
    assert distance.max() < 0.022 / 0.105 * SIZE


def test_triangle_only_heads_are_drawn_as_skin(tiny: Tiny) -> None:
    vertices, topology = tiny
    bare = dataclasses.replace(
        topology, quads=None, quad_part=None, part_names=(), masks={}, triangles=topology.triangles[:-32]
    )
    renderer = HeadRenderer(bare, vertices, width=SIZE, height=SIZE)
    assert (renderer.render(vertices, renderer.portrait_camera()).depth > 0).any()


def test_unknown_look_is_refused(tiny: Tiny) -> None:
    with pytest.raises(InputError, match="unknown look: received gold; accepted: skin, portrait, clay; next: choose"):
        HeadRenderer(tiny[1], tiny[0], look="gold")
