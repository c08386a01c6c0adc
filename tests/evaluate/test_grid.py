"""Words, pauses and closures of GRID's alignments."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.evaluate.clips import evaluation_clips, spread
from xtalker.evaluate.grid import closures, pauses, read_words

ALIGNMENT = "0 23750 sil\r\n23750 29500 bin\r\n29500 34000 red\r\n34000 39000 m\r\n39000 74500 sil\r\n"


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "clip.align"
    path.write_bytes(ALIGNMENT.encode())
    return read_words(path)


def test_words_come_in_seconds_without_carriage_returns(words):
    assert words[0] == (0.0, 0.95, "sil")
    assert [word for _, _, word in words] == ["sil", "bin", "red", "m", "sil"]


def test_pauses_lie_before_the_first_and_after_the_last_word(words):
    assert pauses(words, 3.0) == (((0.0, 0.95),), ((1.56, 3.0),))
    assert pauses([(0.0, 1.0, "at")], 1.0) == ((), ())


def test_lips_close_at_the_start_of_bin_and_the_end_of_m(words):
    np.testing.assert_allclose(closures(words, 3.0), [(0.87, 1.07), (1.48, 1.68)])
    np.testing.assert_allclose(closures([(0.02, 0.1, "by")], 0.1), [(0.0, 0.1)])


def test_a_clip_without_alignment_has_neither(tmp_path):
    assert read_words(tmp_path / "absent.align") == []
    assert closures([], 3.0) == ()
    assert pauses([], 3.0) == ((), ())


def test_a_quick_look_is_spread_over_all_clips():
    assert spread(list(range(100)), 5) == [0, 25, 50, 74, 99]
    assert spread([1, 2], 5) == [1, 2]
    assert spread([1, 2], None) == [1, 2]


def test_splits_of_the_corpus(shared_data, monkeypatch):
    chosen = []
    monkeypatch.setattr("xtalker.evaluate.clips._with_truth", lambda mine, *_: chosen.append(mine) or [])
    evaluation_clips(shared_data, "test", None, None)
    evaluation_clips(shared_data, "validation", None, None)
    test, validation = chosen
    by_speaker = {speaker: sum(s.speaker == speaker for s in test) for speaker in {s.speaker for s in test}}
    assert by_speaker == {"s1": 100, "s3": 20, "s33": by_speaker["s33"]}
    assert {s.speaker for s in validation} == {"s1"} and len(validation) == 50
    assert not {s.name for s in test} & {s.name for s in validation}
