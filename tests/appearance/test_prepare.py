"""A portrait to an avatar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.tiny.portrait import HEIGHT, WIDTH, DrawnPortrait, drawn_portrait

from xtalker.appearance.fitted import Fitted
from xtalker.appearance.mouth import mouth_tones, own_colours
from xtalker.appearance.pixels import polygon_mask, sampled
from xtalker.appearance.prepare import FACE_PX, LONGEST_PX, prepared_photo
from xtalker.geometry.landmark_rings import CHIN, FOREHEAD, INNER_LIPS, LEFT_EYE, RIGHT_EYE
from xtalker.values.photo_avatar import PhotoAvatar


def _scaled(portrait: DrawnPortrait, width: int, height: int, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """A picture with the face's landmarks and a bright dot on the tip of the nose."""
    marks = portrait.marks * factor
    rgb = np.full((height, width, 3), 90, np.uint8)
    y, x = np.mgrid[:height, :width] + 0.5
    radius = max(3.0, 6 * factor)
    rgb[(x - marks[4, 0]) ** 2 + (y - marks[4, 1]) ** 2 < radius**2] = 255
    return rgb, marks


@pytest.mark.parametrize(
    ("width", "height", "factor"),
    [(420, 500, 1.0), (840, 1000, 2.0), (1000, 900, 1.6), (2100, 2500, 5.0), (1500, 1200, 0.5), (180, 200, 0.4)],
)
def test_the_face_has_a_usual_size_and_landmarks_stay_on_their_places(
    portrait: DrawnPortrait, width: int, height: int, factor: float
) -> None:
    rgb, marks = _scaled(portrait, width, height, factor)
    out, places, enlarged = prepared_photo(rgb, marks)
    face = np.linalg.norm(places[CHIN] - places[FOREHEAD])
    assert FACE_PX[0] * 0.995 <= face <= FACE_PX[1] * 1.005
    assert max(out.shape[:2]) <= LONGEST_PX + 2
    np.testing.assert_allclose(face / np.linalg.norm(marks[CHIN] - marks[FOREHEAD]), enlarged, rtol=0.01)
    y, x = np.nonzero(out[..., 0] > 170)
    np.testing.assert_allclose([x.mean() + 0.5, y.mean() + 0.5], places[4], atol=1.0)
    if enlarged == 1:
        np.testing.assert_array_equal(out, rgb)


def test_layers_are_the_photo_and_what_lies_behind(portrait: DrawnPortrait, avatar: PhotoAvatar) -> None:
    assert avatar.photo.shape == (HEIGHT, WIDTH, 3) and avatar.notes == ()
    np.testing.assert_array_equal(avatar.photo, portrait.rgb)
    blue = portrait.rgb[..., 2].astype(int) - portrait.rgb[..., 0]
    assert np.mean((avatar.cover > 127) != (blue < 0)) < 0.005  # the drawing says who is who
    np.testing.assert_array_equal(avatar.person[avatar.cover == 255], portrait.rgb[avatar.cover == 255])
    np.testing.assert_array_equal(avatar.background[avatar.cover == 0], portrait.rgb[avatar.cover == 0])
    wall = avatar.background.astype(int)
    assert (wall[..., 2] > wall[..., 0] + 40).all()  # nothing of the person is left behind her
    low, high = portrait.marks[[FOREHEAD, CHIN], 1]
    assert avatar.face_box[1] <= low + 3 and avatar.face_box[3] >= high - 3


def test_eyes_put_together_are_the_photo(portrait: DrawnPortrait, avatar: PhotoAvatar) -> None:
    for eye, ring, iris in zip(avatar.eyes, (LEFT_EYE, RIGHT_EYE), (473, 468)):
        assert eye.moves
        (x, y), (rows, columns) = eye.ball.corner, eye.ball.pixels.shape[:2]
        ball, over = eye.ball.pixels.astype(float), eye.iris.pixels.astype(float)
        whole = (ball[..., :3] * (1 - over[..., 3:] / 255) + over[..., :3]) * ball[..., 3:] / 255 + eye.glint.pixels
        inside = polygon_mask(portrait.marks[list(ring)] - [x, y], columns, rows)
        off = np.abs(whole - portrait.rgb[y : y + rows, x : x + columns])[inside]
        assert inside.sum() > 100 and np.median(off) <= 2 and np.quantile(off, 0.9) < 12
        assert np.linalg.norm(np.array(eye.centre) - portrait.marks[iris]) < eye.radius
        assert 14 < eye.radius < 30  # 12 mm at 1500 pixels a metre, and a little nearer


def test_an_eye_that_is_shut_in_the_photo_is_left_alone() -> None:
    assert not any(eye.moves for eye in drawn_portrait(squint=1.0).avatar().eyes)


def test_a_shut_mouth_shows_nothing_and_an_open_one_what_is_in_it(avatar: PhotoAvatar) -> None:
    assert not avatar.mouth.toothy and not avatar.mouth.inside.pixels[..., 3].any()
    opened = drawn_portrait(opening_rad=0.25)
    mouth = opened.avatar().mouth
    assert mouth.toothy
    (x, y), (rows, columns) = mouth.inside.corner, mouth.inside.pixels.shape[:2]
    hole = polygon_mask(opened.marks[list(INNER_LIPS)] - [x, y], columns, rows)
    assert hole.sum() > 200 and (mouth.inside.pixels[hole, 3] == 255).all()
    np.testing.assert_array_equal(mouth.inside.pixels[hole, :3], opened.rgb[y : y + rows, x : x + columns][hole])
    left, right, top, bottom = mouth.box
    lips = opened.marks[list(INNER_LIPS)]
    assert left < lips[:, 0].min() and right > lips[:, 0].max() and top < lips[:, 1].min() < lips[:, 1].max() < bottom
    assert not mouth.inside.pixels[0, :, 3].any() and not mouth.inside.pixels[-1, :, 3].any()


def test_colours_behind_the_lips_follow_the_photo(fitted: Fitted) -> None:
    enamel, gum, throat = mouth_tones(fitted)
    assert enamel.mean() > gum.mean() > throat.mean() and gum[0] > gum[1]
    grey = replace(fitted, rgb=np.repeat(fitted.rgb.mean(2, keepdims=True).astype(np.uint8), 3, axis=2))
    assert np.ptp(mouth_tones(grey), axis=1).max() < 1e-6  # no red gums in a grey picture
    own = own_colours(fitted, np.ones(len(fitted.mean), bool))
    assert own[:, 3].min() >= 0 and own[:, 3].max() <= 1
    assert (own[fitted.is_skin & (fitted.inside_mouth < 0.2), 3] == 0).all()
    for part in ("teeth_upper", "teeth_lower"):
        places = own[fitted.scene.parts[part]]
        assert (places[:, 3] == 1).all() and np.abs(places[:, 0]).max() < 9 and np.ptp(places[:, 0]) > 6


def test_hidden_skin_wears_no_background(avatar: PhotoAvatar) -> None:
    face = avatar.face
    skin = np.unique(face.triangles[face.kind == 0])
    cover = sampled(avatar.cover.astype(np.float32), face.uv[skin, 0], face.uv[skin, 1])
    assert (cover > 200).mean() > 0.995
