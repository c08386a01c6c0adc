"""The avatar in motion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.tiny.portrait import drawn_avatar, drawn_portrait

from xtalker.performance.filming import film
from xtalker.performance.photo_film import photo_frames, photo_renderer_for
from xtalker.performance.shot import Shot
from xtalker.performance.take import Take
from xtalker.render import read_frames
from xtalker.values import Identity, InputError, Motion

SMALL = Shot(size=(84, 100), supersample=1)


def _talking(frames: int) -> Motion:
    motion = Motion.zeros(frames)
    motion.jaw[:, 0] = 0.1 * (1 - np.cos(np.arange(frames) / 2))
    motion.head[:, 1] = 0.1 * np.sin(np.arange(frames) / 10)
    return motion


def test_the_first_picture_is_the_photo() -> None:
    """In the photo's own form, with a short side of 512 where no size is asked for."""
    frame = next(photo_frames(drawn_portrait().head, drawn_avatar(), _talking(3), Shot()))
    assert frame.rgb.shape == (610, 512, 3)
    photo = np.asarray(Image.fromarray(drawn_avatar().photo).resize((512, 610), Image.Resampling.LANCZOS), float)
    assert 10 * np.log10(255**2 / np.mean((frame.rgb - photo) ** 2)) > 40


def test_frames_come_in_chunks_that_nobody_sees() -> None:
    head, avatar, motion = drawn_portrait().head, drawn_avatar(), _talking(40)
    renderer = photo_renderer_for(head, avatar, SMALL)
    long = [frame.rgb for frame in photo_frames(head, avatar, motion, SMALL, renderer=renderer)]
    assert len(long) == 40
    again = [frame.rgb for frame in photo_frames(head, avatar, motion, SMALL)]
    np.testing.assert_array_equal(long, again)
    assert np.abs(long[31].astype(int) - long[32]).max() > 5  # it moves on


def test_any_rate_lasts_as_long() -> None:
    head, avatar = drawn_portrait().head, drawn_avatar()
    shot = Shot(size=(84, 100), supersample=1, frame_rate_hz=50)
    assert len(list(photo_frames(head, avatar, _talking(10), shot))) == 20


def test_background_and_torso_stand_still_while_the_mouth_speaks() -> None:
    head, avatar, motion = drawn_portrait().head, drawn_avatar(), _talking(12)
    motion.head[:] = 0
    frames = np.stack([f.rgb for f in photo_frames(head, avatar, motion, Shot(size=(210, 250)))]).astype(float)
    assert frames[:, :, :40].var(0).max() <= 0.5 and frames[:, 215:].var(0).max() <= 0.5


def test_a_film_of_an_avatar(tmp_path: Path) -> None:
    head, avatar = drawn_portrait().head, drawn_avatar()
    take = Take(_talking(6), avatar.identity, head, avatar=avatar)
    assert take.has_photo and take.look_of(Shot()) == "photo" and take.look_of(Shot(look="clay")) == "clay"
    take.save(tmp_path / "a.mp4", shot=Shot(size=(84, 100), supersample=1, depth=tmp_path / "d.mp4"))
    frames, depth = list(read_frames(tmp_path / "a.mp4")), list(read_frames(tmp_path / "d.mp4"))
    assert len(frames) == len(depth) == 6 and frames[0].shape == (100, 84, 3)
    assert depth[0][5, 5].max() < 8 and depth[0][45, 42].min() > 100
    clear = Shot(size=(84, 100), supersample=1, background="transparent")
    film(head, Identity(), _talking(2), tmp_path / "a.png", sound=None, shot=clear, avatar=avatar)
    picture = np.asarray(Image.open(tmp_path / "a_png" / "000001.png"))
    assert picture.shape == (100, 84, 4) and picture[5, 5, 3] == 0 and picture[45, 42, 3] == 255


def test_without_a_photo_the_look_is_refused(tmp_path: Path) -> None:
    take = Take(Motion.zeros(1), Identity(), drawn_portrait().head)
    with pytest.raises(InputError, match="the look 'photo' shows a photograph, and there is none"):
        take.save(tmp_path / "a.mp4", shot=Shot(look="photo", size=64))
    assert not list(tmp_path.iterdir())
