from __future__ import annotations

import pytest

from xtalker.direction.flags import direction_from_flags
from xtalker.values import InputError
from xtalker.values.direction import (
    BlinkWish,
    CameraWish,
    Direction,
    EmotionKey,
    EmotionWish,
    GazeWish,
    HeadWish,
)


@pytest.mark.parametrize(
    ("flag", "keys"),
    [
        ("happy", (EmotionKey(0.0, (EmotionWish("is", "happy"),)),)),
        ("Happy:1.4", (EmotionKey(0.0, (EmotionWish("is", "happy", 1.4),)),)),
        (
            "happy:1.2@0.5, sad@3",
            (EmotionKey(0.5, (EmotionWish("is", "happy", 1.2),)), EmotionKey(3.0, (EmotionWish("is", "sad"),))),
        ),
        ("bitter, holding back tears", (EmotionKey(0.0, (EmotionWish("text", "bitter, holding back tears"),)),)),
        ("happy, but tired", (EmotionKey(0.0, (EmotionWish("text", "happy, but tired"),)),)),
        ("speech:1.5", (EmotionKey(0.0, (EmotionWish("speech", "", 1.5),)),)),
    ],
)
def test_emotion(flag, keys):
    assert direction_from_flags(emotion=flag).emotion == keys


def test_the_others():
    made = direction_from_flags(head="nod", head_mode="replace", gaze="left:0.5", blink="0.2", camera="orbit", seed=4)
    assert made == Direction(
        head=(HeadWish(0.0, "nod", 1.0, "replace"),),
        gaze=GazeWish("left", 0.5),
        blink=BlinkWish(0.2),
        camera=(CameraWish("orbit"),),
        seed=4,
    )
    assert direction_from_flags(blink="natural").blink == BlinkWish(None)


def test_flags_override_only_their_part_of_a_file():
    base = Direction(head=(HeadWish(0.0, "calm"),), gaze=GazeWish("up"), seed=9, accents=0.5)
    made = direction_from_flags(gaze="camera", over=base)
    assert made == Direction(head=base.head, gaze=GazeWish("camera"), seed=9, accents=0.5)
    assert direction_from_flags(over=base) == base


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"emotion": "happpy:1.2"}, "emotion, is: unknown name: received happpy; .*did you mean happy"),
        ({"emotion": "happy:3"}, "emotion, level: out of range"),
        ({"emotion": "happy@1, sad@1.2"}, "emotion, entry 2: overlaps"),
        ({"emotion": "  "}, "emotion: empty text"),
        ({"emotion": "so sad " * 20_000}, "text too long"),
        ({"head": ""}, "head, style: empty text"),
        ({"camera": "x" * 100_000}, "camera, move: text too long"),
        ({"gaze": "sideways"}, "gaze, target: unknown name"),
        ({"gaze": "left:many"}, "gaze, wander: not a number"),
        ({"blink": "often"}, "blink: unknown name"),
        ({"blink": "7"}, "blink, rate: out of range"),
        ({"head_mode": "mix"}, "head mode: unknown name"),
    ],
)
def test_bad_flags(flags, told):
    with pytest.raises(InputError, match=told):
        direction_from_flags(**flags)
