from __future__ import annotations

import numpy as np
import pytest

from xtalker.emotion.spoken_words import SpokenWord, spread_transcript, text_intensity, word_intensities
from xtalker.values import InputError


def _of(text: str) -> np.ndarray:
    return word_intensities(text.split())


def test_emotive_words_exceed_plain_ones() -> None:
    plain, strong = _of("the table stands there"), _of("a terrified child screamed")
    assert np.allclose(plain, 0.3) and strong[1] == 1 and strong[3] > 0.7


def test_strengthening_and_weakening_act_on_the_next_word() -> None:
    assert _of("very happy")[1] > _of("happy")[0] > _of("slightly happy")[1]


def test_marks_capitals_and_drawn_out_letters_count_in_any_language() -> None:
    assert (_of("komm jetzt sofort!") > _of("komm jetzt sofort.")).all()
    assert _of("come NOW please friend")[1] > _of("come now please friend")[1]
    assert _of("das ist sooooo gross")[2] > _of("das ist so gross")[2] - 0.3
    assert _of("it was looong ago")[2] > _of("it was long ago")[2]


def test_a_text_all_in_capitals_shouts_nothing() -> None:
    assert np.allclose(_of("THE TABLE STANDS THERE"), _of("the table stands there"))


def test_exclamation_reaches_its_own_sentence_only() -> None:
    found = _of("stand there. come here! sit there.")
    assert np.allclose(found[[0, 1, 4, 5]], 0.3) and (found[[2, 3]] > 0.45).all()


def test_words_are_put_where_somebody_speaks() -> None:
    speaking = np.zeros(100, bool)
    speaking[10:30] = speaking[60:80] = True
    words = spread_transcript("aaa bbb ccc ddd", speaking)
    assert [w.text for w in words] == ["aaa", "bbb", "ccc", "ddd"]
    assert np.allclose([w.start_s * 25 for w in words], [10, 20, 60, 70])
    assert np.allclose([w.end_s * 25 for w in words], [20, 30, 70, 80])


def test_track_is_high_where_the_strong_word_is() -> None:
    track = text_intensity([SpokenWord("table", 0.0, 1.0), SpokenWord("nightmare", 2.0, 3.0)], 100)
    assert track[62] == pytest.approx(1, abs=0.02) and track[12] == pytest.approx(0.3, abs=0.02)
    assert track[37] < 0.05 and track.dtype == np.float32 and len(track) == 100


def test_nobody_speaks_or_nothing_is_said() -> None:
    assert spread_transcript("hello", np.zeros(50, bool)) == ()
    assert spread_transcript("  ", np.ones(50, bool)) == ()
    assert not text_intensity([], 50).any()


def test_refusals() -> None:
    with pytest.raises(InputError, match="transcript is too long"):
        spread_transcript("a" * 1_000_001, np.ones(5, bool))
    with pytest.raises(InputError, match="impossible times"):
        text_intensity([SpokenWord("late", 2.0, 1.0)], 50)
    assert len(text_intensity([SpokenWord("after", 90.0, 91.0)], 50)) == 50
