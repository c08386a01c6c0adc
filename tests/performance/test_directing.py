"""A direction is obeyed, touches nothing else, and is judged before anything is generated."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.speech import tiny_voice

import xtalker
from xtalker.direction.file import parse_direction
from xtalker.emotion import load_templates
from xtalker.metrics.lip_opening import lip_opening
from xtalker.performance import NATURAL, parts
from xtalker.performance.take import Take
from xtalker.speech import extract_features
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.direction import (
    BlinkWish,
    CameraWish,
    Direction,
    EmotionKey,
    EmotionWish,
    GazeWish,
    HeadWish,
)
from xtalker.values.motion import TRACKS
from xtalker.values.tracks import EMOTIONS

pytestmark = pytest.mark.usefixtures("tiny_parts")
LIDS = [CHANNEL[name] for name in ("eyeBlinkLeft", "eyeBlinkRight", "lidDownLeft", "lidDownRight", "lidUp")]
HELD = replace(NATURAL, breathe_with_voice=0.0)


def _take(direction: Direction, seconds: float = 2.0) -> Take:
    return xtalker.perform(tiny_voice(seconds), direction=direction)


def _emotion(name: str, level: float = 1.0, at_s: float = 0.0) -> EmotionKey:
    return EmotionKey(at_s, (EmotionWish("is", name, level),))


def _generated(seconds: float = 2.0) -> Motion:
    voice, encoder = tiny_voice(seconds), parts.speech_encoder()
    return parts.generator().generate(extract_features(voice, encoder, cache=False), seed=0)


def test_natural_is_the_generator_alone() -> None:
    take, generated = _take(NATURAL), _generated()
    for name in TRACKS:
        np.testing.assert_array_equal(getattr(take.motion, name), getattr(generated, name))


def test_a_face_lives_by_default_and_its_mouth_is_the_generators() -> None:
    take, generated = _take(Direction(), 12.0), _generated(12.0)
    mouth = [i for name, i in CHANNEL.items() if name.startswith(("mouth", "jaw", "tongue"))]
    np.testing.assert_array_equal(take.motion.expression[:, mouth], generated.expression[:, mouth])
    np.testing.assert_array_equal(take.motion.jaw, generated.jaw)
    assert take.tracks.eyes is not None and take.tracks.accents is not None
    assert take.tracks.eyes.closure.max() == 1
    assert take.motion.expression[:, CHANNEL["eyeBlinkLeft"]].max() > 0.99
    assert np.abs(take.motion.head - generated.head).max() > 1e-3


@pytest.mark.parametrize("row", range(len(EMOTIONS)))
def test_levels_are_obeyed_in_order_and_towards_the_template(row: int) -> None:
    plain, template = _generated().expression, load_templates().expression[row]
    shown = []
    for level in (0.0, 0.5, 1.0, 1.4, 2.0):
        change = (_take(replace(HELD, emotion=(_emotion(EMOTIONS[row], level),))).motion.expression - plain).mean(
            axis=0
        )
        shown.append(change @ template / np.linalg.norm(template))
        if level:
            assert change @ template / np.linalg.norm(change) / np.linalg.norm(template) > 0.9
    assert shown[0] == 0 and (np.diff(shown) > 0).all()


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_emotion_leaves_the_lips_to_the_speech(emotion: str) -> None:
    take, generated = _take(replace(HELD, emotion=(_emotion(emotion, 1.0),))), _generated()
    plain = lip_opening(take.head.landmarks(Identity(), generated, canonical=True))
    moved = lip_opening(take.landmarks(canonical=True))
    assert np.abs(moved - plain).max() < 0.5  # mm
    np.testing.assert_array_equal(take.motion.jaw, generated.jaw)


def test_an_emotion_starts_when_it_is_asked_to() -> None:
    motion, generated = _take(replace(HELD, emotion=(_emotion("happy", at_s=1.0),))).motion, _generated()
    np.testing.assert_array_equal(motion.expression[:25], generated.expression[:25])
    step = np.abs(np.diff(motion.expression - generated.expression, axis=0)).max(axis=1)
    assert (step[26:38] > 0).all() and step.max() < 0.2 and step[42:].max() < 1e-6


def test_lids_and_gaze_have_one_owner() -> None:
    wish = replace(NATURAL, blink=BlinkWish(0.0))
    np.testing.assert_array_equal(_take(wish).motion.expression[:, LIDS[:2]], 0)
    left = _take(replace(NATURAL, gaze=GazeWish("left", wander=0.0))).motion
    camera = _take(replace(NATURAL, gaze=GazeWish("camera", wander=0.0))).motion
    assert (left.gaze[:, 1] > camera.gaze[:, 1]).all()  # the subject's left is + yaw


def test_directed_head_turns_to_the_subjects_left() -> None:
    wish = HeadWish(style="slowly turn left 20 degrees")
    take, natural = _take(replace(NATURAL, head=(wish,)), 4.0), _generated(4.0)
    nose = take.landmarks()[:, 1, 0] - take.head.landmarks(Identity(), natural)[:, 1, 0]
    assert nose.max() > 0.02 and nose.min() > -1e-3  # metres, + x is the subject's left
    alone = _take(replace(NATURAL, head=(replace(wish, mode="replace"),)), 4.0)
    np.testing.assert_array_equal(alone.motion.head, alone.tracks.head.rotation)
    still = _take(replace(NATURAL, head=(replace(wish, amount=0.0),)), 4.0)
    np.testing.assert_array_equal(still.motion.head, natural.head)


def test_tracks_are_stored_with_the_take(work: Path) -> None:
    direction = replace(Direction(seed=7), emotion=(_emotion("sad"),), camera=(CameraWish("push in"),))
    take = _take(direction)
    again = xtalker.load_take(take.save("take.npz"))
    np.testing.assert_array_equal(again.tracks.emotion.levels, take.tracks.emotion.levels)
    np.testing.assert_allclose(again.tracks.camera.distance, take.tracks.camera.distance, rtol=1e-6)
    assert '"sad"' in take.card["direction"] and take.card["seed"] == "7"
    parsed = parse_direction(json.loads(take.card["direction"]), Path())
    assert parsed == direction


def test_the_same_seed_lives_alike_and_another_does_not() -> None:
    one, same, other = (_take(Direction(seed=seed), 6.0).motion.to_matrix() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.01


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        (Direction(emotion=(_emotion("hapy"),)), "happy"),
        (Direction(emotion=(_emotion("happy", 2.5),)), "0 \\(off\\) to 2"),
        (Direction(emotion=(EmotionKey(0.0, (EmotionWish("image", "none.jpg"),)),)), "none.jpg"),
        (Direction(emotion=(EmotionKey(0.0, (EmotionWish("motion", "none.npz"),)),)), "none.npz"),
        (Direction(head=(HeadWish(style="xyzzy plugh"),)), "xyzzy"),
        (Direction(camera=(CameraWish("xyzzy plugh"),)), "xyzzy"),
    ],
)
def test_wishes_are_judged_before_anything_is_generated(
    direction: Direction, text: str, monkeypatch: pytest.MonkeyPatch, work: Path
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("generated before the wish was judged")

    monkeypatch.setattr("xtalker.generator.Generator.generate", never)
    with pytest.raises(InputError, match=text):
        _take(direction)
