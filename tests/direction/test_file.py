from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalker.direction.file import parse_direction, plain_from_direction, read_direction, write_direction
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
from xtalker.values.tracks import EMOTIONS

_EXAMPLE = """
emotion:
  - {at: 0.0, is: neutral}
  - {at: 1.2, is: happy, level: 1.4, ease: 0.6}
  - {at: 4.0, text: "bitter, holding back tears"}
  - {at: 7.5, image: smile.jpg, weight: 0.8}
head: {style: "energetic TED talk", amount: 1.0, mode: add}       # add to natural motion, or replace
gaze: {target: camera, wander: 0.3}
blink: {rate: 0.35}
camera: {move: "slow orbit left, then push in", at: 2.0}
seed: 7
"""


def _file(folder: Path, content: str | bytes, name: str = "take.yaml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_example(tmp_path):
    assert read_direction(_file(tmp_path, _EXAMPLE)) == Direction(
        emotion=(
            EmotionKey(0.0, (EmotionWish("is", "neutral"),)),
            EmotionKey(1.2, (EmotionWish("is", "happy", 1.4),), ease_s=0.6),
            EmotionKey(4.0, (EmotionWish("text", "bitter, holding back tears"),)),
            EmotionKey(7.5, (EmotionWish("image", "smile.jpg"),), weight=0.8),
        ),
        head=(HeadWish(0.0, "energetic TED talk"),),
        camera=(CameraWish("slow orbit left, then push in", 2.0),),
        seed=7,
        folder=tmp_path,
    )


def test_the_rest_of_the_grammar(tmp_path):
    content = """
emotion: {mix: [{is: happy, level: 1.2}, {speech: true, weight: 0.5}], at: 1}
head: [nod twice, {at: 3, style: shake, amount: 2}]
gaze: left
blink: natural
camera: close-up
accents: 0
breath: 2
breathe_with_voice: 1
emotion_strength: 0.5
"""
    direction = read_direction(_file(tmp_path, content))
    assert direction.emotion == (
        EmotionKey(1.0, (EmotionWish("is", "happy", 1.2), EmotionWish("speech", "", weight=0.5))),
    )
    assert direction.head == (HeadWish(0.0, "nod twice"), HeadWish(3.0, "shake", 2.0))
    assert direction.gaze == GazeWish("left") and direction.blink == BlinkWish(None)
    assert direction.camera == (CameraWish("close-up"),)
    assert (direction.accents, direction.breath, direction.breathe_with_voice) == (0.0, 2.0, 1.0)
    assert read_direction(_file(tmp_path, "# nothing\n")) == Direction(folder=tmp_path)


def test_json_is_read_as_well(tmp_path):
    path = _file(tmp_path, json.dumps({"emotion": [{"is": "sad"}], "seed": 3}), "take.json")
    assert read_direction(path).emotion[0].mix == (EmotionWish("is", "sad"),)


_AMOUNT = st.floats(0, 2)
_WORDS = st.text(min_size=1, max_size=40).map(str.strip).filter(lambda t: t and t.isprintable())
_DOOR = st.one_of(
    st.fixed_dictionaries({"is": st.sampled_from([*EMOTIONS, "neutral"])}, optional={"level": _AMOUNT}),
    st.fixed_dictionaries({"text": _WORDS}, optional={"level": _AMOUNT}),
    st.fixed_dictionaries({"image": _WORDS}),
    st.fixed_dictionaries({"speech": st.just(True)}, optional={"level": _AMOUNT}),
)
_MIX = st.lists(st.tuples(_DOOR, st.floats(0.1, 10)).map(lambda p: {**p[0], "weight": p[1]}), min_size=1, max_size=3)
_WHEN = st.fixed_dictionaries({"ease": st.floats(0, 2)}, optional={"weight": st.floats(0, 1)})
_EMOTION = st.lists(st.tuples(_DOOR | _MIX.map(lambda mix: {"mix": mix}), _WHEN), min_size=1, max_size=4).map(
    lambda keys: [{**door, **when, "at": 2.5 * number} for number, (door, when) in enumerate(keys)]
)


def _entries(**parts):
    entry = st.fixed_dictionaries({"at": st.floats(0, 1000), **parts})
    return st.lists(entry, min_size=1, max_size=4, unique_by=lambda e: e["at"])


_PLAIN = st.fixed_dictionaries(
    {},
    optional={
        "emotion": _EMOTION,
        "head": st.sampled_from(["add", "replace"]).flatmap(
            lambda mode: _entries(style=_WORDS, amount=_AMOUNT, mode=st.just(mode))
        ),
        "gaze": st.fixed_dictionaries(
            {"target": st.sampled_from(["camera", "left", "natural"]), "wander": st.floats(0, 1)}
        ),
        "blink": st.just("natural") | st.fixed_dictionaries({"rate": st.floats(0, 2)}),
        "camera": _entries(move=_WORDS) | _entries(move=_WORDS, **{"for": st.floats(0.04, 100)}),
        "accents": _AMOUNT,
        "breath": _AMOUNT,
        "breathe_with_voice": st.floats(0, 1),
        "emotion_strength": st.floats(0, 1),
        "seed": st.integers(0, 2**64 - 1),
    },
)


@settings(max_examples=60, deadline=None)
@given(plain=_PLAIN, suffix=st.sampled_from([".yaml", ".json"]))
def test_written_and_read_is_the_same(tmp_path_factory, plain, suffix):
    path = tmp_path_factory.getbasetemp() / f"round{suffix}"
    direction = parse_direction(plain, path.parent)
    write_direction(path, direction)
    assert read_direction(path) == direction


def test_plain_form_without_a_file(tmp_path):
    direction = read_direction(_file(tmp_path, _EXAMPLE))
    assert parse_direction(plain_from_direction(direction), tmp_path) == direction


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- a list", "direction: not a mapping"),
        ("just words", "direction: not a mapping"),
        ("emotoin: {is: happy}", "unknown key 'emotoin'.*did you mean emotion"),
        ("emotion: {is: hapy}", "emotion, is: unknown name.*did you mean happy"),
        ("emotion: [{at: 0, is: sad}, {at: 3, is: joyus}]", "emotion, entry 2, is: unknown name: received joyus"),
        (
            "emotion: {is: happy, level: 2.5}",
            "emotion, level: out of range: received 2.5; accepted: a number from 0 to 2",
        ),
        ("emotion: {is: happy, level: -1}", "emotion, level: out of range"),
        ("emotion: {is: happy, level: .nan}", "holds the number nan"),
        ("emotion: {is: happy, level: .inf}", "holds the number inf"),
        ("emotion: {is: happy, level: yes}", "emotion, level: not a number: received True"),
        ("emotion: {is: happy, level: '1,2'}", "emotion, level: not a number.*with a point, such as 0.5"),
        ("emotion: {is: happy, at: 0,5}", "unknown key '5'.*with a point, such as 0.5: a comma begins the next key"),
        ("emotion: {is: qqqq}", "emotion, is: unknown name: received qqqq; accepted: angry, .*choose one of these"),
        ("emotion: happpy:1.4", "emotion, is: unknown name.*did you mean happy"),
        ("emotion: 3", "emotion: not a mapping.*write for example emotion: {is: happy, level: 1.2}"),
        ("emotion: {is: happy, at: -0.5}", "emotion, at: out of range"),
        ("emotion: {is: happy, at: 1" + "0" * 400 + "}", "emotion, at: out of range"),
        ("emotion: {is: happy, text: glad}", "several emotions"),
        ("emotion: {at: 1}", "emotion: no emotion"),
        ("emotion: {speech: false}", "emotion, speech: not true"),
        ("emotion: {mix: []}", "emotion, mix: not a list"),
        ("emotion: {mix: [{is: sad, weight: 0}]}", "all weights are 0"),
        ("emotion: {mix: [{is: sad}], is: happy}", "'is' beside 'mix'"),
        ("emotion: []", "emotion: empty list"),
        (
            "emotion: [{at: 1, is: sad, ease: 2}, {at: 2, is: happy}]",
            "entry 2: overlaps with emotion, entry 1.*1 to 3 s",
        ),
        ("emotion: [{at: 1, is: sad, ease: 0}, {at: 1, is: happy}]", "entry 2: overlaps"),
        ("emotion: {text: ''}", "emotion, text: empty text"),
        ("emotion: {text: '" + "sad " * 25_000 + "'}", "text too long: received 100,000 characters"),
        ('emotion: {image: "a\\0b"}', "control characters"),
        ("head: {style: nod, amount: 3}", "head, amount: out of range"),
        ("head: {style: nod, mode: mixed}", "head, mode: unknown name"),
        ("head: [{style: nod}, {at: 1, style: nod, mode: replace}]", "two modes"),
        ("head: [{style: nod}, {style: shake}]", "head: two entries at the same time"),
        ("camera: {at: 1}", "camera: 'move' is missing"),
        ("camera: {move: orbit, for: 0}", "camera, for: out of range"),
        ("gaze: {target: upp}", "did you mean up"),
        ("gaze: {wander: 1.5}", "gaze, wander: out of range"),
        ("blink: {rate: 99}", "blink, rate: out of range"),
        ("blink: never", "blink: unknown name"),
        ("seed: 1.5", "seed: not a whole number"),
        ("seed: true", "seed: not a number"),
        ("accents: 3", "accents: out of range"),
        ("seed: 1\nseed: 2", "the key 'seed' twice, line 2"),
        ("seed: !!python/object/apply:os.system [ls]", r"a tag \(!\.\.\.\), line 1"),
        ("emotion: &a {is: sad}\nhead: *a", r"an anchor \(&\.\.\.\), line 1"),
        ("%YAML 1.1\n---\nseed: 1", "a directive"),
        ("<<: {seed: 1}", "unknown key '<<'"),
        ("seed: 2026-01-01", "seed: not a number: received 2026-01-01"),
        ("emotion: " + "[" * 50 + "]" * 50, "levels in each other"),
        ("emotion: [" * 5000, "levels in each other"),
        ("{[a]: 1}", "a key that is no text"),
        ("seed: 1\n---\nseed: 2", "not YAML"),
        ("seed: 'open", "not YAML"),
        ("emotion: [" + "{is: sad}, " * 1001 + "]", "too many entries: received 1,001"),
        (b"seed: \xff\xfe", "not text"),
        ("# " + "x" * 300_000, "too large"),
        (b"seed: \x00", "not YAML"),
    ],
)
def test_bad_files_say_what_is_wrong_in_one_line(tmp_path, content, told):
    started = time.perf_counter()
    with pytest.raises(InputError, match=told) as error:
        read_direction(_file(tmp_path, content))
    assert len(str(error.value)) < 1200 and "\n" not in str(error.value)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"seed": 1, "seed": 2}', "the key 'seed' twice"),
        ('{"seed": NaN}', "the number nan"),
        ('{"emotion": ' + "[" * 100_000, "not JSON"),
        ('{"emotion": ' + "[" * 40 + "]" * 40 + "}", "levels in each other"),
        ('{"seed": ' + "9" * 5000 + "}", "not JSON"),
        ("{", "not JSON"),
    ],
)
def test_bad_json(tmp_path, content, told):
    with pytest.raises(InputError, match=told):
        read_direction(_file(tmp_path, content, "take.json"))


def test_a_bomb_of_aliases_does_no_harm(tmp_path):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi")]
    with pytest.raises(InputError, match="an anchor"):
        read_direction(_file(tmp_path, "\n".join(lines)))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_direction(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ("emotion: happy", [("is", "happy", 1.0, 0.0)]),
        ("emotion: happy:1.4", [("is", "happy", 1.4, 0.0)]),
        ("emotion: 'Joy:1.2@0.5, sadness@3'", [("is", "happy", 1.2, 0.5), ("is", "sad", 1.0, 3.0)]),
        ("emotion: [anger, fear@2]", [("is", "angry", 1.0, 0.0), ("is", "fear", 1.0, 2.0)]),
        ("emotion: tired but hopeful", [("text", "tired but hopeful", 1.0, 0.0)]),
        ("emotion: {at: '0.5', is: happy, level: '1.2'}", [("is", "happy", 1.2, 0.5)]),
        ("emotion: {at: '1:30', is: joy}", [("is", "happy", 1.0, 90.0)]),
        ("emotion: {at: 1:30, is: Happy}", [("is", "happy", 1.0, 90.0)]),
    ],
)
def test_forms_that_people_write(tmp_path, content, keys):
    read = read_direction(_file(tmp_path, content)).emotion
    assert [(k.mix[0].door, k.mix[0].value, k.mix[0].level, k.at_s) for k in read] == keys
