from __future__ import annotations

import logging

import numpy as np
import pytest
from tests.direction.sounds import rhythm

from xtalker.direction import plan
from xtalker.direction.endpoint import Endpoint
from xtalker.direction.head_track import head_track
from xtalker.values import InputError
from xtalker.values.direction import CameraWish, HeadWish, Move

_SOUND = rhythm(10)
_DOWN = Endpoint("http://127.0.0.1:9/v1", "tiny")


def test_wishes_share_the_time_line_and_scale():
    moves = plan.head_moves((HeadWish(0.0, "turn left", 0.5), HeadWish(4.0, ""), HeadWish(6.0, "nod", 2.0)), _SOUND)
    assert moves == (Move("turn", 0.0, 2.4, 0.5, "left"), Move("nod", 6.0, 0.6, 2.0, "down"))
    track = head_track(moves, _SOUND).rotation
    assert np.degrees(track[:, 1].max()) == pytest.approx(15, rel=0.01)


def test_no_wishes_no_moves():
    assert plan.head_moves((), _SOUND) == () and plan.camera_program((), _SOUND) == ()


def test_camera_wish_with_a_length():
    moves = plan.camera_program((CameraWish("slow push in", 2.0, 4.0),), _SOUND)
    assert moves == (Move("push_in", 2.0, 4.0),)


def test_entry_past_the_end_is_a_warning(caplog):
    caplog.set_level(logging.WARNING, "xtalker")
    assert plan.head_moves((HeadWish(12.0, "nod"),), _SOUND) == ()
    assert plan.camera_program((CameraWish("orbit", 12.0),), _SOUND) == ()
    assert caplog.text.count("past the end of the clip (10.00 s)") == 2


def test_model_is_asked_and_its_program_placed(monkeypatch):
    asked = []

    def ask(endpoint, wish, kind, part):
        asked.append((wish, kind, part.num_frames))
        return (Move("nod", 1.0, 0.6, 1.0, "down"),)

    monkeypatch.setattr(plan, "ask_program", ask)
    moves = plan.head_moves((HeadWish(0.0, "be kind"), HeadWish(4.0, "be stern", 0.5)), _SOUND, _DOWN)
    assert asked == [("be kind", "head", 100), ("be stern", "head", 150)]
    assert [(m.at_s, m.amount) for m in moves] == [(1.0, 1.0), (5.0, 0.5)]


def test_endpoint_down_falls_back_with_a_warning(caplog):
    caplog.set_level(logging.WARNING, "xtalker")
    assert plan.head_moves((HeadWish(0.0, "nod"),), _SOUND, _DOWN) == (Move("nod", 0.0, 0.6, 1.0, "down"),)
    assert "did not answer" in caplog.text and "embedded parser is used instead" in caplog.text


def test_endpoint_down_and_words_unknown_is_an_error():
    with pytest.raises(InputError, match="endpoint did not answer"):
        plan.head_moves((HeadWish(0.0, "comme un chat"),), _SOUND, _DOWN)


def test_replaces():
    assert plan.replaces_head((HeadWish(0.0, "nod", 1.0, "replace"),)) and not plan.replaces_head(
        (HeadWish(0.0, "nod"),)
    )
