"""What every entry of METRICS must do."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
from tests.metrics.conftest import cases

from xtalker.metrics import METRICS, Card
from xtalker.values import InputError

PAIRED = {name for name, case in cases().items() if case.paired}


def _card(name: str) -> Card:
    return import_module(METRICS[name].partition(":")[0]).CARD


def test_the_table_names_functions_with_a_full_card(named_case):
    name, _ = named_case
    module, _, function = METRICS[name].partition(":")
    assert callable(getattr(import_module(module), function))
    card = _card(name)
    assert card.name == name
    empty = [f.name for f in fields(card) if f.name != "perfect" and not getattr(card, f.name)]
    assert empty == []


def test_truth_itself_is_perfect(named_case):
    name, case = named_case
    perfect = _card(name).perfect
    if not case.paired:
        assert perfect is None
        return
    assert case.call(case.track, case.track) == pytest.approx(perfect, abs=1e-12)


@pytest.mark.parametrize("name", sorted(PAIRED - {"mouth_lag"}))
def test_more_noise_is_further_from_perfect(name):
    case = cases()[name]
    noise = np.random.default_rng(0).normal(0, np.ptp(case.track), case.track.shape)
    away = [abs(case.call(case.track + size * noise, case.track) - _card(name).perfect) for size in (0, 0.1, 0.3, 1)]
    assert all(less < more for less, more in pairwise(away))


def test_nan_is_refused(named_case):
    _, case = named_case
    spoilt = case.track.copy()
    spoilt[(7,) + (0,) * (spoilt.ndim - 1)] = np.nan
    with pytest.raises(InputError, match=r"NaN or infinite numbers: received 1 of"):
        case.call(spoilt, case.track)
    if case.paired:
        with pytest.raises(InputError, match=r"true track holds NaN"):
            case.call(case.track, spoilt)


def test_nothing_is_refused(named_case):
    _, case = named_case
    with pytest.raises(InputError, match="too short"):
        case.call(case.track[:0], case.track[:0])


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_different_lengths_are_refused_and_both_are_named(name):
    case = cases()[name]
    shorter = case.track[:-1]
    with pytest.raises(InputError) as refused:
        case.call(shorter, case.track)
    assert f"predicted {shorter.shape}, true {case.track.shape}" in str(refused.value)


def test_single_precision_gives_the_same(named_case):
    _, case = named_case
    single = case.track.astype(np.float32)
    other = np.roll(case.track, 1, axis=0)
    assert case.call(single, other.astype(np.float32)) == pytest.approx(case.call(case.track, other), abs=2e-3)
