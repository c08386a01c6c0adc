"""Lines of a report."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.metrics import METRICS, card_of, lve_mean, region_hash, report_line, summarise
from xtalker.metrics.arrays import accepts_tensors


def test_a_line_carries_all_that_makes_it_comparable():
    card = card_of(METRICS["lve_mean"])
    summary = summarise({"a": np.array([1.0, 2.0]), "b": np.array([3.0])})
    line = report_line(card, summary, pose="canonical", region="lips", indices=np.array([4, 2]))
    assert (line.metric, line.unit, line.region, line.pose) == ("lve_mean", "mm", "lips", "canonical")
    assert (line.value, line.low, line.high) == (summary.mean, summary.low, summary.high)
    assert (line.clips, line.people, line.frame_rate_hz) == (3, 2, 25)
    assert line.region_hash == region_hash(np.array([2, 4]))
    assert "over people" in line.aggregation
    assert report_line(card, summary, pose="none").region_hash == ""


def test_the_hash_tells_regions_apart_and_not_their_order():
    assert region_hash(np.array([3, 1, 2])) == region_hash(np.array([1, 2, 3], np.int32))
    assert region_hash(np.array([1, 2, 3])) != region_hash(np.array([1, 2, 4]))
    assert len(region_hash(np.array([1]))) == 12


def test_tensors_are_accepted_by_position_by_name_and_in_lists():
    torch = pytest.importorskip("torch", reason="compares with PyTorch")

    true = torch.rand(5, 4, 3, dtype=torch.bfloat16)
    wrong = true.float() + torch.tensor([0.003, 0.0, 0.004])
    region = torch.tensor([0, 2])
    assert abs(lve_mean(predicted=wrong, true=true, region=region) - 5) < 1e-4
    kinds = accepts_tensors(lambda *values, **named: (values, named))(([true], (region, 7)), word="x", other=region)
    assert kinds[0][0][0][0].dtype == np.float64
    assert kinds[0][0][1][0].dtype == np.int64 and kinds[0][0][1][1] == 7
    assert kinds[1]["word"] == "x" and isinstance(kinds[1]["other"], np.ndarray)
