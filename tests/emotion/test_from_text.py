from __future__ import annotations

import logging

import numpy as np
import pytest

from xtalker.emotion import from_text
from xtalker.emotion.from_text import TextDoor, open_text_door
from xtalker.emotion.lexicon import load_lexicon, read_text
from xtalker.emotion.space import LABELS, load_space
from xtalker.values import AssetError, InputError


@pytest.fixture
def door() -> TextDoor:
    return TextDoor(load_space(), load_lexicon(), None, None)


@pytest.mark.parametrize(("text", "emotion"), [
    ("a furious old man", "angry"), ("she smirks", "contempt"), ("eww, that is gross", "disgust"),
    ("terrified of the dark", "fear"), ("grinning happily", "happy"), ("he cried all night", "sad"),
    ("utterly astonished", "surprise"), ("calm and relaxed", "neutral"),
])  # fmt: skip
def test_known_words_lead_to_their_emotion(door: TextDoor, text: str, emotion: str) -> None:
    assert LABELS[int(door.read(text)[0].argmax())] == emotion


def test_words_set_the_level(door: TextDoor) -> None:
    level = lambda text: door(text).strength  # noqa: E731
    assert level("furious") > level("angry") > level("annoyed")
    assert level("slightly sad") < 0.6 < level("sad") < level("very sad")


def test_negation_turns_a_word_off() -> None:
    lexicon = load_lexicon()
    assert read_text("he is not angry", lexicon).probabilities[LABELS.index("angry")] == 0
    assert read_text("she isn't happy at all", lexicon).probabilities[LABELS.index("sad")] == 1


@pytest.mark.parametrize(("text", "told"), [
    ("", "is empty"), ("  \n", "is empty"), ("x" * 100_000, "100000 characters"),
    ("ein Gesicht voller Traurigkeit", "no known word"), ("彼女は悲しい", "no known word"),
])  # fmt: skip
def test_unusable_texts_are_one_line(door: TextDoor, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        door(text)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_without_the_encoder_the_word_list_is_used_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(name: str) -> None:
        raise AssetError("not there", received=name, accepted="it", next_step="get it")

    monkeypatch.setattr(from_text, "fetch", refuse)
    open_text_door.cache_clear()
    with caplog.at_level(logging.WARNING, logger="xtalker"):
        opened = open_text_door()
    open_text_door.cache_clear()
    assert opened.encoder is None and "word list" in caplog.text


@pytest.mark.real
def test_the_encoder_reads_sentences_without_known_words() -> None:
    door = open_text_door()
    assert door.encoder is not None
    assert LABELS[int(door.read("a burglar is in the house")[0].argmax())] == "fear"
    same = door.encoder(["a short one", "a much longer sentence of several more words"])
    np.testing.assert_allclose(same[0], door.encoder(["a short one"])[0], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(same, axis=1), 1, atol=1e-5)
    with pytest.raises(InputError, match="description in English"):
        door("elle est profondément malheureuse aujourd'hui")
