"""What every entry of METRICS must do."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
from tests.metrics.conftest import cases

from xtalker.metrics import METRICS, Card, card_of, in_summaries
from xtalker.values import InputError

CASES = cases()
PAIRED = sorted(name for name, case in CASES.items() if case.paired)
ANY_LENGTH = {"emo_fid"}  # compares distributions
SIZES = (0, 0.1, 0.3, 1)


def _card(name: str) -> Card:
    return card_of(METRICS[name])


def test_every_metric_has_a_case():
    assert sorted(CASES) == sorted(METRICS)


def test_the_table_names_functions_with_a_full_card(named_case):
    name, _ = named_case
    module, _, function = METRICS[name].partition(":")
    assert callable(getattr(import_module(module), function))
    card = _card(name)
    assert card.name == name
    empty = [f.name for f in fields(card) if f.name not in ("perfect", "in_summaries") and not getattr(card, f.name)]
    assert empty == []
    assert card.perfect is not None or card.direction in ("nearer to truth", "none", "higher", "lower")


def test_summaries_print_no_name_that_means_two_things():
    assert set(METRICS) - set(in_summaries()) == {
        "lve_artalk", "fdd_deeptalk", "fdd_artalk", "lse_d", "lse_c", "lse_d_3dxtalker", "ba_3dxtalker",
        "csim_copula_temporal",
    }  # fmt: skip
    assert not {"lve", "fdd_upper", "csim", "ba", "lse", "jaw_mae"} & set(METRICS)


def test_truth_itself_is_perfect(named_case):
    name, case = named_case
    perfect = _card(name).perfect
    if perfect is None:
        assert _card(name).direction != "nearer to perfect"
        return
    assert case.call(case.track, case.track) == pytest.approx(perfect, abs=1e-6 if name == "emo_fid" else 1e-12)


def test_spoiling_moves_the_score_the_declared_way(named_case):
    name, case = named_case
    scores = [case.call(case.worse(case.track, size), case.track) for size in SIZES]
    if case.effect == "away":
        scores = [abs(score - _card(name).perfect) for score in scores]
    if case.effect == "down":
        scores = [-score for score in scores]
    assert all(less <= more + 1e-12 for less, more in pairwise(scores))
    assert scores[0] < scores[-1]


def test_scores_stay_in_the_span_of_the_card(named_case):
    name, case = named_case
    low, high = _card(name).span
    for size in SIZES:
        score = case.call(case.worse(case.track, size), case.track)
        assert (low is None or score >= low - 1e-12) and (high is None or score <= high + 1e-12)


def test_declared_invariances_hold(named_case):
    _, case = named_case
    spoilt = case.worse(case.track, 0.3)
    for change in case.same:
        assert case.call(change(spoilt), change(case.track)) == pytest.approx(case.call(spoilt, case.track), rel=1e-6)


def test_a_frozen_face_moves_dynamics_the_right_way(named_case):
    _, case = named_case
    if case.frozen is not None:
        frozen = np.repeat(case.track[:1], len(case.track), axis=0)
        assert case.frozen(case.call(frozen, case.track))


def test_nan_is_refused(named_case):
    _, case = named_case
    spoilt = case.track.copy()
    spoilt[(min(7, len(spoilt) - 1),) + (0,) * (spoilt.ndim - 1)] = np.nan
    with pytest.raises(InputError, match=r"NaN or infinite numbers: received 1 of"):
        case.call(spoilt, case.track)
    if case.paired:
        with pytest.raises(InputError, match=r"true track holds NaN"):
            case.call(case.track, spoilt)


def test_nothing_is_refused(named_case):
    _, case = named_case
    with pytest.raises(InputError, match="too short"):
        case.call(case.track[:0], case.track[:0])


@pytest.mark.parametrize("name", [name for name in PAIRED if name not in ANY_LENGTH])
def test_different_lengths_are_refused_and_both_are_named(name):
    case = CASES[name]
    shorter = case.track[:-1]
    with pytest.raises(InputError, match="different shapes") as refused:
        case.call(shorter, case.track)
    text = str(refused.value)
    assert str(len(shorter)) in text and str(len(case.track)) in text


def test_single_precision_gives_the_same(named_case):
    _, case = named_case
    single, other = case.track.astype(np.float32), np.roll(case.track, 1, axis=0)
    expected = case.call(case.track, other)
    assert case.call(single, other.astype(np.float32)) == pytest.approx(expected, rel=2e-3, abs=2e-3, nan_ok=True)


def test_tensors_give_the_same(named_case):
    torch = pytest.importorskip("torch", reason="compares with PyTorch")

    _, case = named_case
    other = np.roll(case.track, 1, axis=0)
    tensors = (torch.from_numpy(track.copy()).requires_grad_() for track in (case.track, other))
    assert case.call(*tensors) == pytest.approx(case.call(case.track, other), nan_ok=True)
