"""lve_mean, lve_max, jaw_mae_deg, lip_opening."""

from __future__ import annotations

import numpy as np
import pytest
from tests.metrics.conftest import points

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.metrics import jaw_mae_deg, lip_opening, lve_max, lve_mean
from xtalker.values import InputError

RANDOM = np.random.default_rng(5)


def test_a_shift_of_all_points_is_its_own_length():
    true = points()
    moved = true + np.array([0.003, 0.0, 0.004])
    assert lve_mean(moved, true) == pytest.approx(5.0)
    assert lve_max(moved, true) == pytest.approx(5.0)


def test_one_point_among_twelve():
    true, wrong = points(), points()
    wrong[:, 4, 1] += 0.006
    wrong[:5, 4, 1] += 0.002  # five frames of 75 are 8 mm off
    expected = 6.0 + 2.0 * 5 / 75
    assert lve_max(wrong, true) == pytest.approx(expected)
    assert lve_mean(wrong, true) == pytest.approx(expected / 12)


def test_agree_with_plain_loops():
    predicted, true = points(9), points(9) + RANDOM.normal(0, 0.003, (9, 12, 3))
    away = [
        [1e3 * sum((a - b) ** 2 for a, b in zip(p, q)) ** 0.5 for p, q in zip(f, g)] for f, g in zip(predicted, true)
    ]
    assert lve_mean(predicted, true) == pytest.approx(sum(map(sum, away)) / 108)
    assert lve_max(predicted, true) == pytest.approx(sum(map(max, away)) / 9)


@pytest.mark.parametrize("metric", [lve_mean, lve_max])
def test_turning_both_changes_nothing(metric):
    predicted, true = points(), points() + RANDOM.normal(0, 0.003, (75, 12, 3))
    turn = matrix_from_axis_angle(np.array([0.3, -0.8, 0.2], np.float32))
    assert metric(predicted @ turn.T, true @ turn.T) == pytest.approx(metric(predicted, true), rel=1e-5)


@pytest.mark.parametrize("metric", [lve_mean, lve_max])
def test_only_the_region_counts(metric):
    true, wrong = points(), points()
    wrong[:, 3:] += 1.0
    assert metric(wrong, true, np.array([0, 1, 2])) == 0
    assert metric(wrong, true, np.array([2, 3])) > 100


@pytest.mark.parametrize(
    ("region", "text"),
    [([1, 1, 2], "3 entries, 2 different"), ([0, 12], "indices from 0 to 11"), ([-1, 3], "indices from 0 to 11")],
)
def test_a_region_is_a_set_of_these_vertices(region, text):
    with pytest.raises(InputError, match=text):
        lve_mean(points(), points(), np.array(region))


def test_vertices_of_different_heads_are_refused():
    with pytest.raises(InputError, match=r"predicted \(75, 12, 3\), true \(75, 11, 3\)"):
        lve_max(points(), points()[:, 1:])


def test_a_frozen_face_is_further_away_than_a_small_error():
    frozen = np.repeat(points()[:1], 75, axis=0)
    assert lve_mean(frozen, points()) > lve_mean(points() + 1e-4, points())


def test_jaw_counts_pitch_only_in_degrees():
    true = RANDOM.normal(0, 0.1, (20, 3))
    predicted = true + np.array([np.radians(2), 1, 1])
    predicted[:5, 0] -= np.radians(6)
    assert jaw_mae_deg(predicted, true) == pytest.approx((15 * 2 + 5 * 4) / 20)


def test_opening_is_the_signed_height_of_the_middle_of_the_lips():
    landmarks = RANDOM.normal(0, 0.05, (3, 478, 3))
    landmarks[:, [13, 82, 312], 1] = 0.01
    landmarks[:, [14, 87, 317], 1] = np.array([0.004, 0.01, 0.013])[:, None]
    np.testing.assert_allclose(lip_opening(landmarks), [6, 0, -3], atol=1e-12)


def test_opening_averages_three_pairs():
    landmarks = np.zeros((1, 478, 3))
    landmarks[0, 82, 1] = 0.003
    assert lip_opening(landmarks)[0] == pytest.approx(1.0)
    with pytest.raises(InputError, match="NaN"):
        lip_opening(landmarks * np.nan)
