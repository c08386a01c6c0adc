from __future__ import annotations

import json

import pytest

from xtalker.direction.programs import parse_program
from xtalker.values import InputError
from xtalker.values.direction import Move


def _parse(moves, kind="head", duration_s=10.0):
    return parse_program(json.dumps({"moves": moves}), kind, duration_s)


def test_normal_values_are_filled_in_and_moves_ordered():
    assert _parse([{"name": "turn", "at": 4, "why": "he is asked"}, {"name": "nod", "at": 0.5, "times": 3}]) == (
        Move("nod", 0.5, 0.6 * 3, 1.0, "down", 3),
        Move("turn", 4.0, 2.4, 1.0, "left", 1),
    )
    assert _parse([{"name": "turn", "at": 9}])[0].for_s == 1.0  # normal lengths end with the clip


def test_a_bare_list_is_a_program_as_well():
    assert parse_program('Here: [{"name": "cut", "at": 1}] done', "camera", 5.0)[0] == Move("cut", 1.0, 0.04)


@pytest.mark.parametrize(
    ("move", "told"),
    [
        ({"name": "nodd", "at": 0}, "move 1, name: unknown name: received nodd; .*did you mean nod"),
        ({"at": 0}, "name: unknown name"),
        ({"name": "nod"}, "at: not a number"),
        ({"name": "nod", "at": -1}, "at: out of range"),
        ({"name": "nod", "at": True}, "at: not a number"),
        ({"name": "nod", "at": "one"}, "at: not a number"),
        ({"name": "nod", "at": 9, "for": 5}, "not inside the clip"),
        ({"name": "nod", "at": 1, "for": 0}, "not inside the clip"),
        ({"name": "nod", "at": 1, "amount": 2.1}, "amount: out of range"),
        ({"name": "nod", "at": 1, "times": 21}, "times: out of range"),
        ({"name": "nod", "at": 1, "times": 1.5}, "times: not a whole number"),
        ({"name": "nod", "at": 1, "towards": "left"}, "towards: unknown name"),
        ({"name": "hold", "at": 1, "towards": "left"}, "has no direction"),
        ({"name": "orbit", "at": 1}, "unknown name"),  # the camera's
    ],
)
def test_moves_outside_the_bounds(move, told):
    with pytest.raises(InputError, match=told):
        _parse([move])


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "no",
        "{}",
        '{"moves": 3}',
        '{"moves": [1]}',
        '{"moves": [{"name": "nod", "at": 1e999}]}',
        "{" * 100_000,
        '{"moves": []}',
    ],
)
def test_answers_without_a_program(answer):
    with pytest.raises(InputError, match="program"):
        parse_program(answer, "head", 10.0)


def test_huge_answers():
    with pytest.raises(InputError, match="too long"):
        parse_program("x" * 300_000, "head", 10.0)
