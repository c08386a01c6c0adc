"""What is said of a portrait, and what a covered mouth does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.photo_covers import DRAWINGS, MOUTH_COVERS
from tests.tiny.portrait import DrawnPortrait, drawn_avatar, drawn_portrait

from xtalker.capture.images import Portrait
from xtalker.capture.mesh import LandmarkFrame
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.portrait_face import PortraitFace
from xtalker.performance import parts
from xtalker.performance.person import require_flawless
from xtalker.performance.photo_motion import COVERED_JAW, photo_motion
from xtalker.performance.photo_notes import Judgement, judge
from xtalker.values import InputError, Motion
from xtalker.values.conventions import CHANNEL


def judged(drawn: DrawnPortrait, *, rgb: np.ndarray | None = None, **changed: object) -> Judgement:
    """A drawn portrait as it would be judged, with parts replaced."""
    marks = np.column_stack([drawn.marks, np.zeros(478)]).astype(np.float32)
    marks[:, :2] *= changed.pop("factor", 1.0)
    picture = Portrait(drawn.rgb if rgb is None else rgb, "face.png", **changed)
    fit = PortraitFit(drawn.identity, drawn.reference, 1.0, 1500.0, np.zeros(2), marks)
    found = PortraitFace(picture, LandmarkFrame(marks, 1.0), np.zeros((0, 2, 2)), picture.notes)
    return judge(found, fit)


def test_nothing_is_said_of_a_plain_portrait() -> None:
    assert judged(drawn_portrait()) == Judgement((), False, None)


def test_what_reading_the_file_said_is_kept() -> None:
    assert judged(drawn_portrait(), notes=("the first one is used",)).notes == ("the first one is used",)


@pytest.mark.parametrize(("degrees", "side"), [(30, "left"), (-30, "right")])
def test_a_turned_head_is_said_with_its_side(degrees: float, side: str) -> None:
    (note,) = judged(drawn_portrait(yaw_rad=np.radians(degrees))).notes
    assert note == (
        f"the head is turned about 30 degrees to its {side}: turns further that way are "
        "limited to 25 degrees in all, turns back to the hidden side as well"
    )


@pytest.mark.parametrize("degrees", [45, -45])
def test_a_profile_is_refused(degrees: float) -> None:
    with pytest.raises(InputError) as error:
        judged(drawn_portrait(yaw_rad=np.radians(degrees)))
    assert str(error.value) == (
        "the face is seen too much from the side for the photo itself to speak: received face.png (turned by about 45 "
        "degrees); accepted: up to 40 degrees to either side; next: use a more frontal photo, or --look portrait"
    )


def test_a_small_face_is_said() -> None:
    drawn = drawn_portrait()
    tiny = np.ascontiguousarray(drawn.rgb[::4, ::4])
    (note,) = judged(drawn, rgb=tiny, factor=0.25).notes
    assert note.startswith("a small face (") and "60 wanted): enlarged, so it looks soft" in note


def test_a_covered_mouth_is_said_once() -> None:
    drawn = drawn_portrait()
    masked = judged(drawn, rgb=MOUTH_COVERS["mask surgical"](drawn.rgb, drawn.marks, np.random.default_rng(0)))
    assert masked.mouth_covered and len(masked.notes) == 1
    assert masked.notes[0].startswith("something covers the mouth")


def test_a_drawing_is_said_and_its_mouth_not_judged() -> None:
    drawn = drawn_portrait()
    comic = judged(drawn, rgb=DRAWINGS["comic"](drawn.rgb, drawn.marks, np.random.default_rng(0)))
    assert comic.notes == ("the picture seems to be a drawing: lips, lids and teeth may look painted",)
    assert not comic.mouth_covered


def test_a_cover_of_its_own_is_taken_where_it_surrounds_the_face() -> None:
    drawn = drawn_portrait()
    cover = np.zeros(drawn.rgb.shape[:2], np.uint8)
    low, high = drawn.marks.min(0).astype(int), drawn.marks.max(0).astype(int)
    cover[low[1] - 20 :, low[0] - 20 : high[0] + 20] = 255
    own = judged(drawn, cover=cover)
    assert own.cover is cover and own.notes[0].startswith("a transparent picture: its own cover")
    through = judged(drawn, cover=255 - cover)  # the face itself is missing
    assert through.cover is None and through.notes[0].endswith("laid on grey")
    assert judged(drawn, cover=np.full_like(cover, 255)) == Judgement((), False, None)


def test_behind_a_cover_the_lips_stay_closed_and_the_jaw_moves_less() -> None:
    head, avatar = parts.open_head(), drawn_avatar()
    covered = replace(avatar, mouth=replace(avatar.mouth, covered=True))
    motion = Motion.zeros(40)
    motion.jaw[:, 0] = 0.2 * np.sin(np.arange(40) / 4) ** 2
    motion.expression[:, CHANNEL["mouthFunnel"]] = 0.6
    motion.expression[:, CHANNEL["browInnerUpLeft"]] = 0.5
    free, shut = (
        photo_motion(who, motion, jaw_open_angle_rad=head.jaw_open_angle_rad).motion for who in (avatar, covered)
    )

    def opening(of: Motion) -> float:
        landmarks = head.landmarks(avatar.identity, of)
        return float(np.linalg.norm(landmarks[:, 13] - landmarks[:, 14], axis=1).max())

    rest = opening(avatar.reference)
    assert opening(free) > rest + 0.006 and opening(shut) < rest + 0.0006
    np.testing.assert_allclose(shut.jaw, avatar.reference.jaw + COVERED_JAW * motion.jaw, atol=1e-6)
    brow = CHANNEL["browInnerUpLeft"]
    np.testing.assert_array_equal(shut.expression[:, brow], free.expression[:, brow])


def test_strict_names_every_note() -> None:
    avatar = drawn_avatar()
    require_flawless(avatar, "face.png")
    with pytest.raises(InputError) as error:
        require_flawless(replace(avatar, notes=("one", "two")), "face.png")
    assert str(error.value) == (
        "the photo does not show everything that it should: received face.png: one; two; accepted: with --strict, only "
        "photos of which nothing had to be said; next: use another photo, or leave --strict out"
    )
