"""Skin detail from a shot to a picture, and from a portrait to a take."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from xtalker.assets import fetch
from xtalker.head.open_head import OpenHead
from xtalker.performance.filming import frames, renderer_for
from xtalker.performance.person import read_person
from xtalker.performance.shot import DETAILS, Shot
from xtalker.performance.take import Take
from xtalker.render.detail_lines import NUM_ROUGHNESS
from xtalker.values import Identity, InputError, Motion, OutputError
from xtalker.values.conventions import CHANNEL

HEAD = OpenHead()


def _brows_up() -> Motion:
    motion = Motion.zeros(1)
    for name in ("browInnerUpLeft", "browInnerUpRight", "browOuterUpLeft", "browOuterUpRight"):
        motion.expression[0, CHANNEL[name]] = 1
    return motion


def _picture(detail: str, code: np.ndarray | None = None) -> np.ndarray:
    identity = Identity() if code is None else Identity(detail=code)
    shot = Shot(size=256, supersample=1, detail=detail)
    return next(frames(HEAD, identity, _brows_up(), shot)).rgb.astype(float)


def test_a_shot_shows_wrinkles_in_the_light_in_the_surface_or_not_at_all() -> None:
    pictures = {detail: _picture(detail) for detail in DETAILS}
    count = {detail: renderer_for(HEAD, Identity(), Shot(size=64, detail=detail)).num_vertices for detail in DETAILS}
    assert count["normal"] == count["none"] < 30_000 < 60_000 < count["dense"]
    for one, other in (("normal", "none"), ("dense", "none"), ("dense", "normal")):
        apart = np.abs(pictures[one] - pictures[other]).mean()
        assert 0.05 < apart < 6, (one, other)


def test_the_code_of_the_identity_is_drawn() -> None:
    lined = np.zeros(128, np.float32)
    lined[NUM_ROUGHNESS:] = 2
    for detail in ("normal", "dense"):
        assert np.abs(_picture(detail, lined) - _picture(detail)).mean() > 0.05
    np.testing.assert_array_equal(_picture("none", lined), _picture("none"))


def test_unknown_detail() -> None:
    with pytest.raises(InputError, match="unusable detail: received fine; accepted: one of normal, dense, none"):
        Shot(detail="fine")


@pytest.mark.parametrize(("suffix", "lost"), [(".glb", "wrinkles that come with expression"), (".bvh", "skin detail")])
def test_files_that_leave_detail_out_say_so(suffix: str, lost: str) -> None:
    lined = Take(Motion.zeros(1), Identity(detail=np.ones(128, np.float32)), HEAD)
    with pytest.raises(OutputError, match=rf"without .*{lost}"):
        lined.save(Path(f"take{suffix}"), strict=True)


@pytest.mark.real
def test_a_portrait_too_small_for_lines_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="xtalker"):
        person = read_person(fetch("portrait-astronaut"))
        assert not person.identity.detail.any()
        assert "lines and pores" not in caplog.text, "the photograph itself shows its own"
        assert person.appearance is not None
    assert "generic: lines and pores (the eyes are only 61 pixels apart, 90 show them)" in caplog.text
