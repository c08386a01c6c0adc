"""The portrait look from a picture to a film, and through a file."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xtalker.head.open_head import OpenHead
from xtalker.performance.filming import frames, renderer_for
from xtalker.performance.person import Person
from xtalker.performance.shot import Shot
from xtalker.performance.take import Take, load_take
from xtalker.values import Identity, Motion
from xtalker.values.appearance import Appearance

SMALL = Shot(size=96, supersample=1)


def _plain() -> Appearance:
    return Appearance(np.full((1024, 1024, 4), 120, np.uint8), (0.1, 0.1, 0.1), (0.1, 0.1, 0.1))


def test_the_look_follows_what_is_known() -> None:
    take = Take(Motion.zeros(1), Identity(), OpenHead())
    known = replace(take, appearance=_plain())
    assert take.look_of(Shot()) == "skin" and known.look_of(Shot()) == "portrait"
    assert known.look_of(Shot(look="clay")) == "clay"


def test_asking_for_a_portrait_that_is_not_there_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="xtalker"):
        renderer_for(OpenHead(), Identity(), Shot(look="portrait", size=64, supersample=1))
    assert [r.getMessage() for r in caplog.records] == [
        "there is no portrait to take skin from: the skin is generic"
    ]  # fmt: skip


def test_a_stored_take_looks_the_same(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    texture = random.integers(60, 200, (1024, 1024, 4), dtype=np.uint8)
    own = Appearance(texture, (0.1, 0.2, 0.3), (0.05, 0.04, 0.03), ("skin (the picture is too dark)",))
    take = Take(Motion.zeros(1), Identity(), OpenHead(), appearance=own)
    take.save(tmp_path / "take.npz")
    again = load_take(tmp_path / "take.npz")
    assert again.appearance is not None and again.appearance.generic == own.generic
    one, other = (next(frames(t.head, t.identity, t.motion, SMALL, appearance=t.appearance)).rgb for t in (take, again))
    np.testing.assert_array_equal(one, other)
    generic = next(frames(take.head, take.identity, take.motion, SMALL)).rgb
    assert np.abs(one.astype(int) - generic).max() > 40


@pytest.mark.real
def test_the_demo_portrait_is_read_whole(astronaut_person: Person) -> None:
    fit, own = astronaut_person.fit, astronaut_person.appearance
    assert fit is not None and own is not None
    assert own.generic == () and fit.residual_percent < 3
    middle = own.texture[560:760, 400:620, :3].astype(float).mean((0, 1))
    assert middle[0] > middle[1] > middle[2] > 60  # light skin
    assert own.hair[0] < 0.5 and own.texture[300:330, 480:540, 3].mean() > 100  # a fringe
