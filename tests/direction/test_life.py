"""Eyes and lids in a Motion, and on the real head."""

from dataclasses import replace

import numpy as np
import pytest
from tests.direction.rhythms import talk

from xtalker.direction.life import apply_eyes, eye_track
from xtalker.geometry.cameras import Camera
from xtalker.head.open_head import OpenHead
from xtalker.render.rasterise import Visibility
from xtalker.render.scene import EYE_LEFT, EYE_RIGHT, build_scene
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.direction import BlinkWish, GazeWish
from xtalker.values.tracks import EyeTrack

FRAMES = 400
LIDS = [i for name, i in CHANNEL.items() if name.startswith(("eye", "lid"))]
OTHERS = [i for i in range(50) if i not in LIDS]


@pytest.fixture
def motion() -> Motion:
    random = np.random.default_rng(0)
    expression, jaw, head, gaze = (random.uniform(0, 0.3, (FRAMES, n)).astype(np.float32) for n in (50, 3, 3, 2))
    return Motion(expression, jaw, head, gaze)


def lived(motion: Motion, gaze: GazeWish, blink: BlinkWish) -> tuple[Motion, EyeTrack]:
    track = eye_track(talk(FRAMES), motion.head, gaze, blink, seed=3)
    return apply_eyes(motion, track, gaze=gaze, blink=blink), track


def test_natural_eyes_are_untouched(motion: Motion) -> None:
    out, _ = lived(motion, GazeWish("natural"), BlinkWish(None))
    np.testing.assert_array_equal(out.to_matrix(), motion.to_matrix())


def test_wished_eyes_replace_the_generators(motion: Motion) -> None:
    out, track = lived(motion, GazeWish(), BlinkWish())
    np.testing.assert_array_equal(out.gaze, track.gaze)
    for side in ("Left", "Right"):
        blink = out.expression[:, CHANNEL[f"eyeBlink{side}"]]
        assert ((blink == 1) == (track.closure == 1)).all() and (blink[track.closure == 0] == 0).all()
    still = track.closure == 0
    assert 0.5 < still.mean() < 1
    wide = CHANNEL["eyeWideLeft"]
    np.testing.assert_array_equal(out.expression[still, wide], motion.expression[still, wide])
    assert (out.expression[track.closure == 1, wide] == 0).all()
    np.testing.assert_array_equal(out.expression[:, OTHERS], motion.expression[:, OTHERS])
    np.testing.assert_array_equal(out.jaw, motion.jaw)
    np.testing.assert_array_equal(out.head, motion.head)


def test_each_wish_touches_its_own(motion: Motion) -> None:
    only_blink, track = lived(motion, GazeWish("natural"), BlinkWish())
    np.testing.assert_array_equal(only_blink.gaze, motion.gaze)
    still = track.closure == 0
    down = CHANNEL["lidDownLeft"]
    np.testing.assert_array_equal(only_blink.expression[still, down], motion.expression[still, down])
    level = replace(motion, head=np.zeros_like(motion.head))
    only_gaze, _ = lived(level, GazeWish("down", 0.0), BlinkWish(None))
    blink = CHANNEL["eyeBlinkLeft"]
    np.testing.assert_array_equal(only_gaze.expression[:, blink], motion.expression[:, blink])
    assert (only_gaze.expression[:, down] > 0.2).all() and (only_gaze.expression[:, CHANNEL["lidUp"]] == 0).all()


def test_rate_zero_keeps_the_lids_open(motion: Motion) -> None:
    out, _ = lived(motion, GazeWish(), BlinkWish(0.0))
    assert (out.expression[:, CHANNEL["eyeBlinkLeft"]] == 0).all()


COMBINATIONS = [
    (), ("eyeWide",), ("eyeSquint",), ("browInnerUp", "browOuterUp"), ("browDown",), ("cheekSquint", "mouthSmile"),
    ("noseSneer",), ("eyeWide", "browInnerUp", "browOuterUp"), ("eyeSquint", "browDown", "cheekSquint"),
]  # fmt: skip


def test_no_sliver_of_eye_shows_in_a_blink() -> None:
    head = OpenHead()
    scene = build_scene(head.topology)
    matrix = scene.matrix(head.topology.num_vertices)
    middle = (head.joints[1] + head.joints[2]) / 2
    camera = Camera.look_at(middle + np.array([0, 0, 0.6]), middle, vertical_fov_rad=0.11, width=400, height=250)
    buffers = Visibility.empty(scene.num_vertices, (400, 250), 1)

    def eye_pixels(expression: np.ndarray, gaze: tuple[float, float], closure: float) -> int:
        wish = GazeWish("camera", 0.0), BlinkWish()
        track = EyeTrack(
            np.array([gaze], float), np.zeros(1), np.array([closure], float), np.clip(np.array([gaze[0] / 0.3]), -1, 1)
        )
        motion = Motion(expression, *(np.zeros((1, n), np.float32) for n in (3, 3, 2)))
        posed = head.vertices(Identity(), apply_eyes(motion, track, gaze=wish[0], blink=wish[1]))[0]
        buffers.draw((matrix @ posed).astype(np.float32), scene.triangles[: scene.num_opaque], camera, cull=True)
        kind = scene.material[buffers.triangle]
        return int(np.sum((buffers.triangle >= 0) & ((kind == EYE_LEFT) | (kind == EYE_RIGHT))))

    for names in COMBINATIONS:
        expression = np.zeros((1, 50), np.float32)
        expression[0, [CHANNEL[n + side] for n in names for side in ("Left", "Right")]] = 1
        open_eyes = eye_pixels(expression, (0, 0), 0)
        assert open_eyes > 500
        for gaze in ((0.0, 0.0), (0.3, 0.0), (-0.3, 0.0), (0.0, 0.4), (0.0, -0.4)):
            assert eye_pixels(expression, gaze, 1) == 0, (names, gaze)
    shown = [eye_pixels(np.zeros((1, 50), np.float32), (0, 0), c) for c in np.linspace(0, 1, 6)]
    assert (np.diff(shown) <= 0).all() and 0.3 < eye_pixels(np.zeros((1, 50), np.float32), (0, 0), 0.5) / shown[0] < 0.7
