"""Lids and gaze of a real portrait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.photo_eyes import GAZE_DEG, gaze_turns, lids
from benchmarks.photo_measures import landmarks_of
from benchmarks.photo_people import prepare_sitter
from benchmarks.photo_report import SPECK_PX

from xtalker.assets import fetch
from xtalker.render import photo_renderer
from xtalker.values.photo_avatar import EYE_LEFT, EYE_RIGHT, PhotoAvatar


@pytest.fixture(scope="module")
def avatar(tmp_path_factory: pytest.TempPathFactory) -> PhotoAvatar:
    return prepare_sitter(fetch("portrait-astronaut"), tmp_path_factory.mktemp("avatar")).avatar


def _eyes_forward(avatar: PhotoAvatar, metres: float) -> PhotoAvatar:
    face = avatar.face
    eyes = np.unique(face.triangles[(face.kind == EYE_LEFT) | (face.kind == EYE_RIGHT)])
    rest = face.rest.copy()
    rest[eyes, 2] += np.float32(metres)
    return replace(avatar, face=replace(face, rest=rest))


@pytest.mark.real
def test_eyes_are_seen_between_open_lids_only(avatar: PhotoAvatar) -> None:
    marks = landmarks_of(avatar.photo)
    seen = lids(avatar, marks)
    assert seen["open_px"] > 500
    assert (seen["shut_px"], seen["astray_px"]) == (0, 0)


@pytest.mark.real
def test_eyeballs_that_stand_out_a_little_yield_to_the_lids(
    avatar: PhotoAvatar, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks, staring = landmarks_of(avatar.photo), _eyes_forward(avatar, 0.0025)
    seen = lids(staring, marks)
    assert seen["shut_px"] + seen["astray_px"] <= SPECK_PX
    monkeypatch.setattr(photo_renderer, "EYES_BEHIND", 0.0)
    pierced = lids(staring, marks)
    assert pierced["shut_px"] + pierced["astray_px"] > 10 * SPECK_PX


@pytest.mark.real
def test_a_portrait_whose_eyes_pierced_its_lids(shared_data: Path, tmp_path: Path) -> None:
    portrait = shared_data / "portraits" / "small_031.jpg"
    if not portrait.is_file():
        pytest.skip("the data folder has no portraits/small_031.jpg")
    avatar = prepare_sitter(portrait, tmp_path).avatar
    assert lids(avatar, landmarks_of(avatar.photo))["astray_px"] == 0


@pytest.mark.real
def test_irises_turn_as_they_are_asked(avatar: PhotoAvatar) -> None:
    np.testing.assert_allclose(list(gaze_turns(avatar)), [GAZE_DEG, GAZE_DEG], atol=1.0)
