"""Analysis of answers against cases whose result is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from xtalker.evaluate.agreement import kendall_w, krippendorff_alpha
from xtalker.evaluate.study import QUESTIONS
from xtalker.evaluate.study_answers import Key, analyse, bradley_terry, read_answers, read_key, shared_ranks
from xtalker.values import InputError

RANDOM = np.random.default_rng(6)
KEY = Key("s", ("a", "b", "c"), {f"clip{i}": {f"{i}{n}.mp4": n for n in range(3)} for i in range(4)})


def _answers(rater, ranks):
    """One file in which every clip has these ranks (of a, b, c)."""
    rows = [
        {"clip": clip, "ranks": {q: dict(zip(files, ranks)) for q in QUESTIONS}} for clip, files in KEY.videos.items()
    ]
    return {"study": "s", "rater": rater, "started": rater, "answers": rows, "file": f"{rater}.json"}


def test_tied_ranks_share_their_places():
    assert shared_ranks(np.array([1.0, 1.0, 3.0])).tolist() == [1.5, 1.5, 3]
    assert shared_ranks(np.array([2.0, 3.0, 3.0])).tolist() == [1, 2.5, 2.5]
    assert shared_ranks(np.array([3.0, 3.0, 3.0])).tolist() == [2, 2, 2]


def test_strengths_of_a_known_model_are_found():
    true = np.array([1.0, 0.0, -1.0])
    noise = RANDOM.gumbel(size=(4000, 3))  # the largest of strength plus Gumbel noise wins by Bradley-Terry's odds
    ranks = (-(true + noise)).argsort(axis=1).argsort(axis=1) + 1.0
    np.testing.assert_allclose(bradley_terry(ranks), true, atol=0.08)


def test_two_systems_have_the_odds_of_their_wins():
    ranks = np.array([[1.0, 2.0]] * 30 + [[2.0, 1.0]] * 10)
    assert np.diff(bradley_terry(ranks))[0] == pytest.approx(-np.log(30.1 / 10.1), abs=1e-6)


def test_a_winner_of_everything_stays_finite_and_ties_are_even():
    assert np.isfinite(bradley_terry(np.array([[1.0, 2.0, 3.0]] * 5))).all()
    np.testing.assert_allclose(bradley_terry(np.full((4, 3), 2.0)), 0, atol=1e-9)


def test_raters_who_agree_have_one_and_opposite_ones_have_none():
    same = [np.array([[1.0, 2, 3], [1, 2, 3], [1, 2, 3]])]
    assert kendall_w(same) == pytest.approx(1)
    assert krippendorff_alpha(same) == pytest.approx(1)
    opposite = [np.array([[1.0, 2, 3], [3, 2, 1]])]
    assert kendall_w(opposite) == pytest.approx(0)
    assert krippendorff_alpha(opposite) < 0


def test_kendall_equals_a_worked_case_and_the_mean_of_spearman():
    ranks = RANDOM.permuted(np.tile(np.arange(1.0, 7), (5, 1)), axis=1)
    spearman = np.corrcoef(ranks)[np.triu_indices(5, 1)].mean()
    assert kendall_w([ranks]) == pytest.approx((1 + 4 * spearman) / 5)  # Kendall & Babington Smith 1939


def test_krippendorff_is_one_minus_observed_over_expected_pairs():
    ranks = RANDOM.integers(1, 4, size=(3, 6)).astype(float)
    values, counts = np.unique(ranks, return_counts=True)
    middle = {v: counts[:i].sum() + counts[i] / 2 for i, v in enumerate(values)}
    apart = lambda a, b: (middle[a] - middle[b]) ** 2  # noqa: E731
    within = [apart(a, b) for column in ranks.T for i, a in enumerate(column) for j, b in enumerate(column) if i != j]
    flat = ranks.ravel()
    across = [apart(a, b) for i, a in enumerate(flat) for j, b in enumerate(flat) if i != j]
    assert krippendorff_alpha([ranks]) == pytest.approx(1 - np.mean(within) / np.mean(across))


def test_random_raters_agree_by_chance_only():
    items = [RANDOM.permuted(np.tile(np.arange(1.0, 6), (8, 1)), axis=1) for _ in range(60)]
    assert abs(krippendorff_alpha(items)) < 0.05
    assert kendall_w(items) == pytest.approx(1 / 8, abs=0.04)


def test_one_rater_agrees_with_nobody():
    assert kendall_w([np.array([[1.0, 2.0]])]) is None
    assert krippendorff_alpha([np.array([[1.0, 2.0]])]) is None


def test_mean_ranks_and_intervals_of_raters():
    found = analyse(KEY, [_answers("x", [1, 2, 3]), _answers("y", [1, 3, 2]), _answers("z", [1, 2, 3])])
    systems = found["questions"]["lips"]["systems"]
    assert systems["a"]["mean_rank"] == 1 and systems["a"]["mean_rank_95"] == [1, 1]
    assert systems["b"]["mean_rank"] == pytest.approx(7 / 3)
    low, high = systems["b"]["mean_rank_95"]
    assert low == 2 and high == 3
    assert found["raters"] == 3 and found["trials"] == 4


def test_answers_of_another_study_or_twice_are_refused():
    other = _answers("x", [1, 2, 3]) | {"study": "t"}
    with pytest.raises(InputError, match="study 't', not 's'"):
        analyse(KEY, [other])
    with pytest.raises(InputError, match="'x' a second time"):
        analyse(KEY, [_answers("x", [1, 2, 3])] * 2)


@pytest.mark.parametrize("rank", [0, 4, True, 1.5, "1", None])
def test_ranks_that_are_none_are_refused(rank):
    with pytest.raises(InputError, match="not the answers of a rater"):
        analyse(KEY, [_answers("x", [1, 2, rank])])


def test_files_that_are_no_answers_or_keys_are_refused(tmp_path):
    for text in ("", "no json", "[]", '{"schema": "other"}', "[" * 100_000):
        path = tmp_path / "a.json"
        path.write_text(text)
        for read in (lambda p: read_answers([p]), read_key):
            with pytest.raises(InputError):
                read(path)
    path.write_text(json.dumps({"schema": "xtalker-study-key-1", "study": "s", "systems": ["a"], "clips": {}}))
    with pytest.raises(InputError, match="not the key of a study"):
        read_key(path)
