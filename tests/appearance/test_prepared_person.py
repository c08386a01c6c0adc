"""Cover that came with the picture, eyes that cannot move, and what the file keeps of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.photo_covers import sunglasses
from tests.tiny.portrait import SCALE, SHIFT, DrawnPortrait, blue_is_background, drawn_avatar, drawn_portrait

from xtalker.appearance.avatar_file import load_avatar, save_avatar
from xtalker.appearance.prepare import prepare, prepared_photo
from xtalker.values.photo_avatar import PhotoAvatar


def prepared(drawn: DrawnPortrait, rgb: np.ndarray | None = None, **further: object) -> PhotoAvatar:
    return prepare(
        drawn.rgb if rgb is None else rgb,
        drawn.marks,
        drawn.head,
        drawn.identity,
        drawn.reference,
        SCALE,
        SHIFT,
        blue_is_background(),
        **further,
    )


def test_the_pictures_own_cover_is_the_avatars() -> None:
    drawn = drawn_portrait()
    cover = np.where(drawn_avatar().cover > 128, 255, 0).astype(np.uint8)
    cover[-40:] = 0  # cut above the lower border, which no matte would do
    avatar = prepared(drawn, own_cover=cover)
    away = np.abs(avatar.cover.astype(int) - cover)
    assert (away > 40).mean() < 0.01 and avatar.cover[-30:].max() == 0
    assert avatar.notes == ()


def test_dark_glasses_are_said() -> None:
    drawn = drawn_portrait()
    avatar = prepared(drawn, sunglasses(drawn.rgb, drawn.marks, np.random.default_rng(0)))
    assert not any(eye.moves for eye in avatar.eyes)
    assert avatar.notes == ("dark glasses or deep shade over both eyes: no blinks and no gaze there",)


def test_shut_eyes_are_said() -> None:
    drawn = drawn_portrait(squint=1.0)
    avatar = prepared(drawn)
    assert not any(eye.moves for eye in avatar.eyes)
    assert avatar.notes == ("the photo shows both eyes shut: stay shut, no blinks and no gaze there",)


def test_points_of_others_go_along() -> None:
    drawn = drawn_portrait()
    more = np.array([[10.0, 20.0], [300.0, 400.0]])
    _, placed, enlarged = prepared_photo(drawn.rgb, np.concatenate([drawn.marks, more]))
    _, alone, same = prepared_photo(drawn.rgb, drawn.marks)
    assert enlarged == same
    np.testing.assert_array_equal(placed[:478], alone)
    np.testing.assert_allclose(placed[479] - placed[478], enlarged * (more[1] - more[0]), rtol=0.01)


@pytest.mark.parametrize("covered", [False, True])
def test_the_file_keeps_notes_and_cover_of_the_mouth(tmp_path: Path, covered: bool) -> None:
    avatar = drawn_avatar()
    said = replace(avatar, mouth=replace(avatar.mouth, covered=covered), notes=("a small face", "two faces"))
    save_avatar(tmp_path / "a.avatar", said)
    again = load_avatar(tmp_path / "a.avatar")
    assert again.mouth.covered is covered and again.notes == said.notes
