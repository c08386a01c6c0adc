import numpy as np
import pytest

from xtalker.direction.camera_moves import camera_track
from xtalker.direction.framing import FACE, HEM, face_margin, keep_in_frame, projected
from xtalker.direction.vocabulary import CAMERA
from xtalker.geometry.cameras import Camera
from xtalker.head.open_head import OpenHead
from xtalker.render.head_renderer import HeadRenderer
from xtalker.values import Identity
from xtalker.values.direction import Move

SINGLE = [(n, t) for n in CAMERA for t in (CAMERA[n].towards or ("",))]


@pytest.mark.parametrize(("name", "towards"), SINGLE)
@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 0.75])
def test_no_move_takes_the_face_out_of_the_picture(name: str, towards: str, aspect: float) -> None:
    for amount in (1.0, 2.0) if name not in ("close_up", "push_in") else (1.0,):
        track = camera_track((Move(name, 0.0, 1.5, amount, towards),), 50, aspect=aspect, seed=3)
        assert face_margin(track, aspect=aspect).min() > (-0.07 if (name, aspect) == ("push_in", 0.75) else -0.02)


def test_unbounded_when_asked() -> None:
    track = camera_track((Move("pan", 0.0, 1.5, 2.0, "left"),), 50, seed=3, keep_subject=False)
    assert face_margin(track).min() < -0.2
    assert face_margin(keep_in_frame(track)).min() > 0


def test_random_programs_keep_the_face_and_hide_the_hem() -> None:
    random = np.random.default_rng(0)
    names = ["orbit", "pull_out", "pan", "tilt", "low_angle", "high_angle", "bust", "medium_close_up", "dolly_zoom"]
    for _ in range(40):
        moves = []
        for at_s in (0.0, 1.0, 1.5, 3.0):
            name = str(random.choice(names))
            towards = str(random.choice(CAMERA[name].towards)) if CAMERA[name].towards else ""
            moves.append(Move(name, at_s, random.uniform(1.2, 3), random.uniform(0.3, 1.5), towards))
        track = camera_track(tuple(moves), 150, seed=0)
        assert face_margin(track).min() > -0.05
        _, y = projected(track, HEM[:4])  # front of the shoulders' end
        # From far above, chin and shoulders are at one height, and the chin comes first.
        usual = (np.abs(track.yaw) < np.radians(50)) & (track.pitch < np.radians(21))
        assert (y[usual].max(axis=1) < -0.93).all()
        for part in (track.aim, track.yaw, track.distance):
            assert np.abs(np.diff(part, 2, axis=0)).max() < 0.05


def test_projection_agrees_with_the_renderers_cameras() -> None:
    head = OpenHead()
    rest = head.neutral(Identity())
    renderer = HeadRenderer(head.topology, rest, width=200, height=200)
    moves = (Move("orbit", 0.0, 2.0), Move("pan", 0.5, 1.0), Move("roll", 0.0, 1.0), Move("high_angle", 0.3, 1.0))
    track = camera_track(moves, 60, seed=0)
    cameras: list[Camera] = list(renderer.moving_cameras(track))
    lower, upper = renderer.portrait_box
    middle, height_m = (lower + upper) / 2, upper[1] - lower[1]
    x, y = projected(track, FACE)
    for frame in (0, 20, 40, 59):
        pixels, _ = cameras[frame].project(middle + height_m * FACE)
        np.testing.assert_allclose(pixels[:, 0], 100 + 100 * x[frame], atol=0.5)
        np.testing.assert_allclose(pixels[:, 1], 100 - 100 * y[frame], atol=0.5)


def test_places_are_those_of_the_average_head() -> None:
    head = OpenHead()
    rest = head.neutral(Identity())
    renderer = HeadRenderer(head.topology, rest, width=64, height=64)
    lower, upper = renderer.portrait_box
    places = (rest - (lower + upper) / 2) / (upper[1] - lower[1])
    nearest = np.linalg.norm(FACE[:, None] - places[None], axis=2).min(axis=1)
    assert nearest.max() < 0.07  # head heights: the box of the face is round, the face is not
    skin = places[head.topology.part_vertices("skin")]
    assert HEM[:5, 1].max() > skin[:, 1].min() and np.abs(HEM[:, 0]).max() == pytest.approx(
        np.abs(skin[:, 0]).max(), abs=0.01
    )
