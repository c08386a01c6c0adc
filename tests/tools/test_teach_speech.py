"""Sentences, synthesised voices and phone times."""

from __future__ import annotations

import itertools
import shutil

import numpy as np
import pytest
from tools.teach.align import PhoneProbe, _viterbi, align_words, fit_probe, frame_labels
from tools.teach.heard import covered_pairs, sounds_of, unseen_lines
from tools.teach.phones import GRID_WORDS, PAUSE, PHONES, STAND_INS, UNITS, TimedPhone, pairs_of
from tools.teach.sentences import attainable, fill_strings, make_sentences, read_words
from tools.teach.voices import SOUNDS, Person, Spoken, make_sound, place_in_silence, speak, with_noise

from xtalker.values import InputError

LEXICON = {"pa": ("p", "aa"), "me": ("m", "iy"), "off": ("ao", "f"), "ash": ("ae", "sh"), "the": ("dh", "ax")}
needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")


def test_no_word_of_the_test_is_ever_trained_on():
    train, test = ({w.lower() for listed in read_words(s).values() for w in listed} for s in ("train", "test"))
    assert len(train) > 300
    assert len(test) > 180
    assert not test & (train | set(GRID_WORDS))


def test_sentences_use_their_words_evenly_and_repeat_with_the_seed():
    words = {kind: [f"{kind}{i}" for i in range(9)] for kind in ("noun", "verb", "adj", "adv", "prep", "name")}
    made = make_sentences(words, 80, seed=1)
    assert made == make_sentences(words, 80, seed=1) != make_sentences(words, 80, seed=2)
    counts = [" ".join(made).count(noun) for noun in words["noun"]]
    assert max(counts) - min(counts) <= 1
    assert len(unseen_lines()) == 200


def test_strings_cover_every_pair_that_is_missing():
    wanted = attainable(LEXICON)
    assert ("f", "ae") in wanted and ("ah", "p") in wanted and ("p", "aa") in wanted and ("p", "m") not in wanted
    first = covered_pairs(["Pa me."], LEXICON)
    assert first == {("p", "aa"), ("aa", "m"), ("m", "iy")}
    strings = fill_strings(LEXICON, first)
    assert first | covered_pairs(strings, LEXICON) == wanted
    assert covered_pairs(["Pa, me."], LEXICON) == first - {("aa", "m")}


def test_every_phone_of_grid_and_of_the_stand_ins_is_known():
    assert len(GRID_WORDS) == 51
    assert {phone for phones in GRID_WORDS.values() for phone in phones} <= set(PHONES)
    assert set(STAND_INS) <= set(PHONES)
    assert pairs_of(("dh", "ax", PAUSE, "b")) == {("dh", "ah"), ("ah", "b")}
    tracked = {phone for phones in GRID_WORDS.values() for phone in phones} | {PAUSE}
    assert set(UNITS) <= tracked  # nothing that the teacher learns is absent from GRID


def test_best_path_is_the_best_of_all_paths():
    score = np.random.default_rng(3).normal(size=(7, 3))
    cuts = itertools.combinations(range(1, 7), 2)
    paths = [np.repeat([0, 1, 2], [a, b - a, 7 - b]) for a, b in cuts]
    best = max(paths, key=lambda path: score[np.arange(7), path].sum())
    assert _viterbi(score).tolist() == best.tolist()


def _planted(words: list[tuple[float, float, str]], frames: int) -> tuple[tuple[TimedPhone, ...], np.ndarray]:
    """Phones that share their word's time unevenly, and features that show them."""
    phones = []
    for start, end, word in words:
        said = GRID_WORDS.get(word, (PAUSE,))
        share = np.cumsum([0, *np.arange(2, 2 + len(said))]) / np.arange(2, 2 + len(said)).sum()
        times = start + (end - start) * share
        phones += [TimedPhone(p, float(a), float(b)) for p, a, b in zip(said, times, times[1:])]
    labels = frame_labels(phones, frames)
    noise = np.random.default_rng(1).normal(0, 0.3, (frames, len(PHONES)))
    return tuple(phones), (6 * np.eye(len(PHONES))[labels] + noise).astype(np.float32)


def test_alignment_finds_planted_phones():
    words = [(0.0, 0.4, "sil"), (0.4, 1.0, "bin"), (1.0, 1.8, "seven"), (1.8, 2.4, "sil")]
    phones, features = _planted(words, 60)
    ones, zeros = np.ones(len(PHONES), np.float32), np.zeros(len(PHONES), np.float32)
    probe = PhoneProbe(zeros, ones, np.eye(len(PHONES), dtype=np.float32), zeros, zeros)
    found = align_words(probe, features, words)
    assert [p.name for p in found] == [p.name for p in phones]
    assert found[0].start_s == 0
    assert found[-1].end_s == pytest.approx(2.4)
    assert np.abs([a.start_s - b.start_s for a, b in zip(found, phones)]).max() < 0.045  # a frame
    with pytest.raises(InputError, match="cannot align"):
        align_words(probe, features, [(0, 2.4, "banana")])


def test_probe_learns_and_is_the_same_after_writing(tmp_path):
    random = np.random.default_rng(5)
    labels = random.integers(0, len(PHONES), 900)
    features = (np.eye(len(PHONES))[labels] + random.normal(0, 0.2, (900, len(PHONES)))).astype(np.float32)
    probe = fit_probe(features[:600], labels[:600], 15)
    assert (probe.log_posterior(features[600:]).argmax(1) == labels[600:]).mean() > 0.9
    probe.write(tmp_path / "probe.npz")
    again = PhoneProbe.read(tmp_path / "probe.npz")
    np.testing.assert_allclose(again.log_posterior(features), probe.log_posterior(features), atol=0.05)


def test_pauses_are_put_around_whole_frames():
    spoken = Spoken(np.ones(1600, np.float32), (TimedPhone("m", 0.0, 0.1),))
    placed = place_in_silence(spoken, 0.2, 0.33)
    assert len(placed.samples) % 640 == 0
    assert [p.name for p in placed.phones] == [PAUSE, "m", PAUSE]
    assert placed.samples[3200:4800].all()
    assert not placed.samples[:3200].any()
    assert placed.phones[-1].end_s == len(placed.samples) / 16_000


def test_sounds_and_noise_have_their_level():
    random = np.random.default_rng(2)
    for kind in SOUNDS:
        sound = make_sound(kind, 1.0, random).samples
        assert len(sound) == 16_000
        assert (0.05 <= np.abs(sound).max() <= 0.5) == (kind != "silence")
    speech = np.sin(np.arange(16_000) / 20).astype(np.float32)
    added = with_noise(speech, 20, random) - speech
    assert 10 * np.log10(np.mean(speech**2) / np.mean(added**2)) == pytest.approx(20, abs=0.1)


@needs_flite
def test_a_smaller_person_says_the_same_phones_as_fast_but_higher():
    usual, small = (speak(["Five vivid puppies."], Person("kal16", size), [1.0])[0] for size in (1.0, 1.25))
    assert [p.name for p in usual.phones] == [p.name for p in small.phones]
    assert small.phones[-1].end_s == pytest.approx(usual.phones[-1].end_s, rel=0.1)
    for one in (usual, small):
        assert one.phones[-1].end_s == pytest.approx(len(one.samples) / 16_000, abs=0.02)
        assert all(a.end_s == b.start_s for a, b in itertools.pairwise(one.phones))
    centres = []
    for samples in (usual.samples, small.samples):
        power = np.abs(np.fft.rfft(samples))
        centres.append(np.average(np.fft.rfftfreq(len(samples)), weights=power))
    assert centres[1] > 1.05 * centres[0]


@needs_flite
def test_an_utterance_follows_from_its_name():
    line = unseen_lines()[0]
    one, other = sounds_of([line])[0], sounds_of(unseen_lines()[:2])[0]
    np.testing.assert_array_equal(one.samples, other.samples)
    assert one.phones == other.phones
