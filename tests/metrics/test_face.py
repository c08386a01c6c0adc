"""Geometry and dynamics against plain loops, and what the published variants fail to see."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.metrics.conftest import LIPS, points

from xtalker import metrics
from xtalker.values import InputError

RANDOM = np.random.default_rng(11)
TRUE = points(20)
PREDICTED = TRUE + RANDOM.normal(0, 0.003, TRUE.shape)
REST = RANDOM.normal(0, 0.02, (12, 3))


def _squared(p, q) -> float:
    return sum((a - b) ** 2 for a, b in zip(p, q))


def test_squared_and_rooted_lip_errors_agree_with_loops():
    worst = [max(_squared(p[v], q[v]) for v in LIPS) for p, q in zip(PREDICTED, TRUE)]
    assert metrics.lve_max_sq(PREDICTED, TRUE, LIPS) == pytest.approx(sum(worst) / 20)
    assert metrics.lve_artalk(PREDICTED, TRUE, LIPS) == pytest.approx(1e3 * (sum(worst) / 20) ** 0.5)
    assert metrics.lve_max(PREDICTED, TRUE, LIPS) == pytest.approx(1e3 * sum(w**0.5 for w in worst) / 20)


def test_the_squared_lip_error_is_torchmetrics():
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    lip_vertex_error = pytest.importorskip("torchmetrics.functional.multimodal").lip_vertex_error
    theirs = lip_vertex_error(torch.from_numpy(PREDICTED), torch.from_numpy(TRUE), LIPS.tolist())
    assert metrics.lve_max_sq(PREDICTED, TRUE, LIPS) == pytest.approx(float(theirs), rel=1e-12)


def test_mean_errors_agree_with_loops():
    away = [[1e3 * _squared(p[v], q[v]) ** 0.5 for v in range(12)] for p, q in zip(PREDICTED, TRUE)]
    assert metrics.mve(PREDICTED, TRUE) == pytest.approx(np.mean(away))
    assert metrics.mve(PREDICTED, TRUE, LIPS) == pytest.approx(np.mean(np.array(away)[:, LIPS]))
    assert metrics.ufve(PREDICTED, TRUE, LIPS) == pytest.approx(np.mean(np.array(away)[:, LIPS]))
    assert metrics.stream_gap(PREDICTED, TRUE) == pytest.approx(np.max(away))


def test_the_order_of_lve_variants():
    values = [f(PREDICTED, TRUE, LIPS) for f in (metrics.lve_mean, metrics.lve_max, metrics.lve_artalk)]
    assert values[0] < values[1] < values[2]


def _std(values) -> float:
    mean = sum(values) / len(values)
    return (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5


def test_fdd_and_artalks_agree_with_loops():
    def squared(track):
        return np.mean([_std([_squared(frame[v], REST[v]) for frame in track]) for v in LIPS])

    def signed(track):
        return np.mean([_std([float(sum(frame[v] - REST[v])) for frame in track]) for v in LIPS])

    lost = squared(TRUE) - squared(PREDICTED)
    assert metrics.fdd(PREDICTED, TRUE, REST, LIPS) == pytest.approx(lost)
    assert metrics.fdd_abs(PREDICTED, TRUE, REST, LIPS) == pytest.approx(abs(lost))
    expected = 100 * abs(signed(TRUE) - signed(PREDICTED))
    assert metrics.fdd_artalk(PREDICTED, TRUE, REST, LIPS) == pytest.approx(expected)


def test_deeptalks_fdd_agrees_with_the_published_steps_in_torch():
    torch = pytest.importorskip("torch", reason="compares with PyTorch")

    def spread(track):
        moved = torch.from_numpy(track - REST)
        masked = torch.zeros_like(moved)
        masked[:, LIPS] = moved[:, LIPS]
        return torch.std(masked.transpose(0, 1).sum(dim=2), dim=0).mean()

    expected = abs(float(spread(TRUE) - spread(PREDICTED)))
    assert metrics.fdd_deeptalk(PREDICTED, TRUE, REST, LIPS) == pytest.approx(expected)


def test_deeptalks_fdd_lets_a_frozen_face_pass():
    """A face that differs from rest and moves a little: frozen, it loses all dynamics."""
    true = REST + 0.01 + 0.0005 * np.sin(np.arange(80) / 3)[:, None, None]
    frozen = np.repeat(true[:1], 80, axis=0)
    still = np.repeat(REST[None], 80, axis=0)
    share = [f(frozen, true, REST, LIPS) / f(still, true, REST, LIPS) for f in (metrics.fdd, metrics.fdd_deeptalk)]
    assert share[0] == pytest.approx(1.0)
    assert share[1] < 0.02


def test_fdd_needs_the_persons_own_rest():
    with pytest.raises(InputError, match=r"rest \(11, 3\), true \(20, 12, 3\)"):
        metrics.fdd(PREDICTED, TRUE, REST[1:], LIPS)
    with pytest.raises(InputError, match="rest track holds NaN"):
        metrics.fdd(PREDICTED, TRUE, REST * np.nan, LIPS)
    with pytest.raises(InputError, match="at least 2 frames"):
        metrics.fdd(PREDICTED[:1], TRUE[:1], REST, LIPS)
    assert np.isfinite(metrics.fdd(PREDICTED[:2], TRUE[:2], REST, LIPS))


def test_landmark_distance_in_face_widths():
    true = np.zeros((4, 5, 2))
    true[:, 4, 0] = [1.0, 2.0, 2.0, 3.0]  # width 2 on average
    wrong = true.copy()
    wrong[:, 1] += [0.3, 0.4]
    wrong[:, 2] += 9.0
    assert metrics.lmd(wrong, true, np.array([0, 1]), width_between=(0, 4)) == pytest.approx(0.5 / 2 / 2)
    with pytest.raises(InputError, match=r"landmarks \(0, 3\) in one place"):
        metrics.lmd(wrong, true, np.array([0, 1]), width_between=(0, 3))


def test_control_errors_agree_with_loops():
    p, t = PREDICTED[..., 0], TRUE[..., 0]
    away = [[abs(a[c] - b[c]) for c in LIPS] for a, b in zip(p, t)]
    assert metrics.mle(p, t, LIPS) == metrics.mee(p, t, LIPS) == pytest.approx(np.mean(away))
    lost = np.mean([_std(t[:, c].tolist()) - _std(p[:, c].tolist()) for c in LIPS])
    assert metrics.frd(p, t, LIPS) == pytest.approx(lost)
    assert metrics.eie(np.array([1.0, 2, 3]), np.array([2.0, 2, 1])) == 1.0
    with pytest.raises(InputError, match="at least 2 frames"):
        metrics.frd(p[:1], t[:1], LIPS)
    assert np.isfinite(metrics.frd(p[:2], t[:2], LIPS))


def test_head_error_agrees_with_scipy():
    p, t = RANDOM.normal(0, 0.6, (2, 30, 3))
    angle = (Rotation.from_rotvec(p) * Rotation.from_rotvec(t).inv()).magnitude()
    assert metrics.head_error_deg(p, t) == pytest.approx(np.degrees(angle).mean())


def test_gaze_error_agrees_with_rotated_axes():
    p, t = RANDOM.normal(0, 0.4, (2, 30, 2))
    sight = [Rotation.from_euler("YX", track[:, ::-1]).apply([0, 0, 1]) for track in (p, t)]
    angle = np.arccos((sight[0] * sight[1]).sum(axis=1))
    assert metrics.gaze_error_deg(p, t) == pytest.approx(np.degrees(angle).mean())
    assert metrics.gaze_error_deg(p + 1e-9, p) == pytest.approx(np.degrees(1e-9 * 2**0.5), rel=0.2)
