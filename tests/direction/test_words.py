from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.direction.sounds import rhythm

from xtalker.direction.head_track import head_track
from xtalker.direction.styles import HEAD_STYLES
from xtalker.direction.vocabulary import CAMERA, HEAD, VOCABULARY
from xtalker.direction.words import program_from_words
from xtalker.values import InputError

_SOUND = rhythm(12, pauses=((4.0, 5.0),), beats=(1.0, 2.5, 6.0, 8.0, 10.0))


def _moves(text, kind="head", **where):
    found = program_from_words(text, kind, _SOUND, **{"end_s": 12.0, **where})
    return [(m.name, round(m.at_s, 2), round(m.for_s, 2), round(m.amount, 2), m.towards, m.times) for m in found]


def _names(text, kind="head"):
    return [name for name, *_ in _moves(text, kind)]


def test_a_sentence():
    assert _moves("Nod twice, then slowly turn left 20 degrees and look up at 4 s.") == [
        ("nod", 0.0, 1.2, 1.0, "down", 2),
        ("turn", 1.2, 4.32, 0.67, "left", 1),
        ("look", 4.0, 2.0, 1.0, "up", 1),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nod", [("nod", 0.0, 0.6, 1.0, "down", 1)]),
        ("nod three times", [("nod", 0.0, 1.8, 1.0, "down", 3)]),
        ("nodding along", [("nod", 0.0, 12.0, 1.0, "down", 0)]),
        ("nod every 4 seconds", [("nod", at, 0.6, 1.0, "down", 1) for at in (0.0, 4.0, 8.0)]),
        ("shake your head slowly for 2 seconds", [("shake", 0.0, 2.0, 1.0, "left", 1)]),
        ("slightly turn to the right", [("turn", 0.0, 2.4, 0.4, "right", 1)]),
        ("a strong turn to her left", [("turn", 0.0, 2.4, 1.5, "left", 1)]),
        ("right turn, quickly", [("turn", 0.0, 1.56, 1.0, "right", 1)]),
        ("after 3 seconds, tilt left 15°", [("tilt", 3.0, 2.0, 1.0, "left", 1)]),
        ("turn left, then right", [("turn", 0.0, 2.4, 1.0, "left", 1), ("turn", 2.4, 2.4, 1.0, "right", 1)]),
        ("look left and right", [("look", 0.0, 2.0, 1.0, "left", 1), ("look", 2.0, 2.0, 1.0, "right", 1)]),
        ("turn left while nodding", [("turn", 0.0, 2.4, 1.0, "left", 1), ("nod", 0.0, 12.0, 1.0, "down", 0)]),
        ("turn left and hold for 2 s", [("turn", 0.0, 2.4, 1.0, "left", 1), ("hold", 2.4, 2.0, 1.0, "", 1)]),
        ("tilt your head up", [("look", 0.0, 2.0, 1.0, "up", 1)]),
        ("lean in from 2 s to 6 s", [("lean", 2.0, 4.0, 1.0, "in", 1)]),
        ("robotic, still", "turn"),
    ],
)
def test_head(text, expected):
    found = _moves(text)
    if isinstance(expected, str):
        assert {name for name, *_ in found} == {expected}
    else:
        assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("slow orbit left, then push in", [("orbit", 0.0, 9.0, 1.0, "left", 1), ("push_in", 9.0, 3.0, 1.0, "", 1)]),
        ("cut to close-up at 3 s", [("cut", 3.0, 0.04, 1.0, "", 1), ("close_up", 3.0, 1.5, 1.0, "", 1)]),
        ("slow push in", [("push_in", 0.0, 12.0, 1.0, "", 1)]),
        ("orbit right 45 degrees", [("orbit", 0.0, 4.0, 1.5, "right", 1)]),
        ("dolly zoom out", [("dolly_zoom", 0.0, 3.0, 1.0, "out", 1)]),
        ("tilt up, then pan left", [("tilt", 0.0, 2.0, 1.0, "up", 1), ("pan", 2.0, 2.0, 1.0, "left", 1)]),
        ("zoom out slightly at 5 s", [("pull_out", 5.0, 3.0, 0.4, "", 1)]),
    ],
)
def test_camera(text, expected):
    assert _moves(text, "camera") == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("handheld low angle", {"cut", "handheld", "low_angle"}),
        ("medium close-up", {"cut", "medium_close_up"}),
        ("bust shot, from above", {"cut", "bust", "high_angle"}),
        ("cinematic", {"orbit", "push_in"}),
        ("documentary", {"cut", "handheld", "medium_close_up"}),
        ("pull back", {"pull_out"}),
    ],
)
def test_camera_names(text, names):
    assert set(_names(text, "camera")) == names


def test_every_style_has_words_and_differs():
    programs = {}
    for style in HEAD_STYLES:
        programs[style] = str(_moves(style))
    assert len(set(programs.values())) == len(HEAD_STYLES)


def test_energetic_moves_more_than_calm_and_rests_in_the_pause():
    def energy(text):
        track = head_track(program_from_words(text, "head", _SOUND, end_s=12.0), _SOUND).rotation
        return np.abs(np.diff(track, axis=0)).sum(), np.abs(np.diff(track[105:120], axis=0)).sum()

    (energetic, in_pause), (calm, _) = energy("energetic TED talk"), energy("calm")
    assert energetic > 2.5 * calm
    assert in_pause < 0.01 * energetic


def test_styles_follow_each_other_and_can_leave_moves_out():
    moves = program_from_words("calm, then energetic", "head", _SOUND, end_s=12.0)
    assert {m.at_s for m in moves if m.name == "nod"} == {0.0, 6.0}
    assert "nod" not in _names("calm without nodding")
    assert set(_names("calm")) == {"nod", "sway", "drift"}


def test_a_part_of_the_time_line():
    assert _moves("turn left at 1 s", start_s=5.0, end_s=9.0) == [("turn", 6.0, 2.4, 1.0, "left", 1)]
    assert _moves("turn left for 9 s", start_s=5.0, end_s=9.0)[0][:3] == ("turn", 5.0, 4.0)


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("head", "energtic", "did you mean energetic"),
        ("head", "thoughful", "did you mean thoughtful"),
        ("camera", "orbbit", "did you mean orbit"),
        ("head", "langsam nach links drehen", "English such as"),
        ("head", "穏やかに話す", "English such as"),
        ("head", "говорите спокойно", "styles: presenting, energetic"),
        ("camera", "!!! ???", "no known style or move"),
        ("head", "slowly", "no known style or move"),
        ("head", "turn left 80 degrees", "at most 60 degrees"),
    ],
)
def test_what_is_not_understood_is_an_error(kind, text, told):
    with pytest.raises(InputError, match=told) as error:
        _moves(text, kind)
    assert "\n" not in str(error.value)


def test_what_is_partly_understood_is_a_warning(caplog):
    caplog.set_level(logging.WARNING, "xtalker")
    assert _names("nod like a drunken flamingo") == ["nod"]
    assert "drunken, flamingo" in caplog.text


def test_times_past_the_end_are_a_warning(caplog):
    caplog.set_level(logging.WARNING, "xtalker")
    assert _names("nod, then look up at 40 s") == ["nod"]
    assert "after the end (12.0 s)" in caplog.text


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["head", "camera"]),
    st.lists(
        st.sampled_from(
            [
                "nod",
                "turn",
                "left",
                "right",
                "up",
                "look",
                "slowly",
                "then",
                "and",
                ",",
                "at",
                "3",
                "s",
                "for",
                "2",
                "calm",
                "energetic",
                "20",
                "degrees",
                "twice",
                "not",
                "every",
                "orbit",
                "push",
                "in",
                "cut",
                "close-up",
                ".",
                "hold",
                "99",
                "slightly",
                "handheld",
                "xyzzy",
                "sway",
                "from",
                "to",
                "0",
                "times",
                "%",
                "1e9",
                "until",
            ]
        ),
        min_size=1,
        max_size=14,
    ),
)
def test_any_words_give_a_bounded_program_or_one_clear_error(kind, words):
    try:
        moves = program_from_words(" ".join(words), kind, _SOUND, start_s=2.0, end_s=10.0)
    except InputError:
        return
    assert moves
    for move in moves:
        row = VOCABULARY[kind][move.name]
        assert move.at_s >= 2.0 - 1e-6 and move.for_s > 0
        assert move.at_s + move.for_s <= 10.05
        assert 0 <= move.amount <= 2 and 0 <= move.times <= 20
        assert move.towards in (*row.towards, "")


def test_a_long_prompt_is_parsed_in_a_moment():
    text = ("nod and turn left, then " * 90)[:2000]
    assert len(program_from_words(text, "head", _SOUND, end_s=12.0)) > 50


def test_tables_have_sane_rows():
    for table in (HEAD, CAMERA):
        for row in table.values():
            assert row.length_s > 0 and row.what and row.size >= 0
