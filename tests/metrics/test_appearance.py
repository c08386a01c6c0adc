"""Pictures, embeddings and emotion against scipy and plain loops."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import rankdata
from tests.metrics.conftest import pictures

from xtalker import metrics
from xtalker.metrics.pictures import unit_pictures
from xtalker.values import InputError

RANDOM = np.random.default_rng(13)
TRUE = pictures()[:3]
PREDICTED = np.clip(TRUE + RANDOM.normal(0, 0.1, TRUE.shape), 0, 1)
FACE = np.zeros(TRUE.shape[:3], bool)
FACE[:, 6:20, 8:25] = True


def test_psnr_of_a_known_error():
    true = np.full((2, 4, 4, 3), 0.5)
    wrong = true.copy()
    wrong[:, :2] += 0.1
    assert metrics.psnr(wrong, true) == pytest.approx(10 * np.log10(1 / (0.01 / 2)))
    upper = np.zeros((2, 4, 4), bool)
    upper[:, :2] = True
    assert metrics.psnr(wrong, true, upper) == pytest.approx(20)
    assert metrics.psnr(wrong, true, ~upper) == np.inf


def test_eight_bit_pictures_are_scaled_once():
    eight = (PREDICTED * 255).round().astype(np.uint8), (TRUE * 255).round().astype(np.uint8)
    assert metrics.psnr(*eight) == pytest.approx(metrics.psnr(eight[0] / 255.0, eight[1] / 255.0))
    for wrong in (TRUE * 255, TRUE - 0.5):
        with pytest.raises(InputError, match="out of range"):
            metrics.psnr(PREDICTED, wrong)
    assert unit_pictures(np.array([0.0, 1.0]).reshape(1, 1, 2, 1), "true").max() == 1


def test_unusable_masks_are_refused():
    for mask in (FACE[:, 1:], FACE[:1], FACE & False):
        with pytest.raises(InputError, match="unusable mask"):
            metrics.psnr(PREDICTED, TRUE, mask)


def test_ssim_agrees_with_explicit_windows():
    axis = np.arange(-5, 6)
    weight = np.exp(-(axis**2) / (2 * 1.5**2))
    window = np.outer(weight, weight) / weight.sum() ** 2
    c1, c2, values = 0.01**2, 0.03**2, []
    for f in range(3):
        for y in range(5, 19):
            for x in range(5, 27):
                for c in range(3):
                    a, b = (p[f, y - 5 : y + 6, x - 5 : x + 6, c] for p in (PREDICTED, TRUE))
                    ma, mb = (window * a).sum(), (window * b).sum()
                    va, vb = (window * (a - ma) ** 2).sum(), (window * (b - mb) ** 2).sum()
                    cov = (window * (a - ma) * (b - mb)).sum()
                    one = (2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
                    values.append((one, FACE[f, y, x]))
    assert metrics.ssim(PREDICTED, TRUE) == pytest.approx(np.mean([v for v, _ in values]))
    assert metrics.ssim(PREDICTED, TRUE, FACE) == pytest.approx(np.mean([v for v, inside in values if inside]))


def test_ssim_needs_a_whole_window():
    with pytest.raises(InputError, match="at least 11"):
        metrics.ssim(PREDICTED[:, :10], TRUE[:, :10])
    assert metrics.ssim(PREDICTED[:, :11, :11], TRUE[:, :11, :11]) < 1
    border = np.zeros(TRUE.shape[:3], bool)
    border[:, 0] = True
    with pytest.raises(InputError, match="mask inside the border: received 0"):
        metrics.ssim(PREDICTED, TRUE, border)
    border[0, 12, 16] = True
    assert metrics.ssim(PREDICTED, TRUE, border) < 1


def test_copula_similarity_agrees_with_loops():
    def copula(patch):
        ranks = np.mean([rankdata(patch[..., c].ravel(), method="ordinal") for c in range(3)], axis=0)
        return np.array([NormalDist().inv_cdf(r / 65) for r in ranks])

    near = np.clip(TRUE + RANDOM.normal(0, 0.02, TRUE.shape), 0, 1)
    values = [
        max(0, 1 - np.sqrt(np.mean((copula(p[y : y + 8, x : x + 8]) - copula(t[y : y + 8, x : x + 8])) ** 2)))
        for p, t in zip(near, TRUE)
        for y in (0, 8, 16)
        for x in (0, 8, 16, 24)
    ]
    assert metrics.csim_copula_gt(near, TRUE) == pytest.approx(np.mean(values))
    # A rest that fills no patch is left out.
    assert metrics.csim_copula_gt(near[:, :, :26], TRUE[:, :, :26]) == pytest.approx(
        metrics.csim_copula_gt(near[:, :, :24], TRUE[:, :, :24])
    )
    assert metrics.csim_copula_temporal(TRUE) == pytest.approx(metrics.csim_copula_gt(TRUE[:2], TRUE[1:]))


def test_copula_similarity_sees_order_only():
    assert metrics.csim_copula_gt(TRUE**2, TRUE) == pytest.approx(1)
    assert metrics.csim_copula_gt(np.full_like(TRUE, 0.2), np.full_like(TRUE, 0.9)) == 1
    assert metrics.csim_copula_gt(1 - TRUE[..., :1], TRUE[..., :1]) == 0
    with pytest.raises(InputError, match="at least 8"):
        metrics.csim_copula_gt(TRUE[:, :7], TRUE[:, :7])
    assert metrics.csim_copula_gt(TRUE[:, :8, :8], TRUE[:, :8, :8]) == 1
    with pytest.raises(InputError, match="at least 2 frames"):
        metrics.csim_copula_temporal(TRUE[:1])
    assert metrics.csim_copula_temporal(TRUE[:2]) < 1


def test_a_still_picture_of_somebody_else_passes_the_published_identity_score():
    stranger = np.repeat(RANDOM.uniform(size=(1, 24, 32, 3)), 3, axis=0)
    assert metrics.csim_copula_temporal(stranger) == 1
    # Averaging ranks over three channels draws all to the middle: pictures without relation share about 0.4.
    assert metrics.csim_copula_gt(stranger, TRUE) == pytest.approx(0.4, abs=0.05)


def test_lpips_agrees_with_loops():
    p, t = [RANDOM.uniform(0.1, 1, (2, 3, 4, 5))], [RANDOM.uniform(0.1, 1, (2, 3, 4, 5))]
    p.append(p[0][:, :2, :2, :3] + 1)
    t.append(t[0][:, :2, :2, :3])
    weights = [RANDOM.uniform(0, 1, 5), RANDOM.uniform(0, 1, 3)]
    total = 0.0
    for a, b, w in zip(p, t, weights):
        places = [
            sum(w * (a[i] / np.sqrt((a[i] ** 2).sum()) - b[i] / np.sqrt((b[i] ** 2).sum())) ** 2)
            for i in np.ndindex(a.shape[:3])
        ]
        total += np.mean(places)
    assert metrics.lpips(p, t, weights) == pytest.approx(total)
    assert metrics.lpips([0 * p[0]], [0 * t[0]], weights[:1]) == 0
    # The published 1e-10 keeps empty features from dividing by nothing: here it halves the vector.
    faint = np.full((1, 1, 1, 1), 1e-10)
    assert metrics.lpips([faint], [0 * faint], [np.ones(1)]) == pytest.approx(0.25)
    for lists in ((p[:1], t, weights), (p, t[:1], weights), (p, t, weights[:1]), ([], [], [])):
        with pytest.raises(InputError, match="lists have different lengths"):
            metrics.lpips(*lists)
    with pytest.raises(InputError, match="different shapes"):
        metrics.lpips(p, t, weights[::-1])


def _cos(a, b) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_cosines_agree_with_loops():
    p, t = RANDOM.normal(0.5, 1, (2, 9, 6))
    middle = RANDOM.normal(size=6)
    assert metrics.emo_sim(p, t) == pytest.approx(np.mean([_cos(a, b) for a, b in zip(p, t)]))
    assert metrics.emo_cos(p, t) == pytest.approx(np.mean([_cos(a, b) for a, b in zip(p, t)]))
    centred = np.mean([_cos(a - middle, b - middle) for a, b in zip(p, t)])
    assert metrics.emo_cos_centred(p, t, middle) == pytest.approx(centred)
    assert metrics.csim_face(p, middle) == pytest.approx(np.mean([_cos(a, middle) for a in p]))
    p[:3] = 0
    assert metrics.emo_cos(p, t) == pytest.approx(np.sum([_cos(a, b) for a, b in zip(p[3:], t[3:])]) / 9)
    with pytest.raises(InputError, match="a true embedding is zero"):
        metrics.emo_cos(t, p)
    for call in (lambda: metrics.csim_face(t, middle[1:]), lambda: metrics.emo_cos_centred(t, t, middle[1:])):
        with pytest.raises(InputError, match="different shapes"):
            call()


def test_what_a_person_always_shows_hides_the_emotion():
    usual = np.full(6, 10.0)
    p, t = RANDOM.normal(size=(2, 50, 6))
    assert metrics.emo_cos(p + usual, t + usual) > 0.98
    assert abs(metrics.emo_cos_centred(p + usual, t + usual, usual)) < 0.2


def _frechet(a, b) -> float:
    ca, cb = np.cov(a.T), np.cov(b.T)
    shift = a.mean(axis=0) - b.mean(axis=0)
    return float(shift @ shift + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real))


def test_frechet_distance_agrees_with_scipys_root():
    a = RANDOM.normal(0.3, 1, (200, 5)) @ RANDOM.normal(size=(5, 5))
    b = RANDOM.normal(0, 2, (150, 5)) @ RANDOM.normal(size=(5, 5))
    assert metrics.emo_fid(a, b) == pytest.approx(_frechet(a, b))
    directions = np.linalg.eigh(np.cov(b.T))[1][:, ::-1][:, :2]
    assert metrics.emo_fid(a, b, components=2) == pytest.approx(_frechet(a @ directions, b @ directions))
    one, other = a[:, :1], b[:, :1]
    expected = (one.mean() - other.mean()) ** 2 + (one.std(ddof=1) - other.std(ddof=1)) ** 2
    assert metrics.emo_fid(one, other) == pytest.approx(expected)


def test_rank_deficient_covariances_are_refused():
    a = RANDOM.normal(size=(50, 5))
    assert metrics.emo_fid(a, a + 1) == pytest.approx(5, abs=1e-6)
    for few in ((a[:49], a), (a, a[:49])):
        with pytest.raises(InputError, match="too few rows: received 49; accepted: at least 50"):
            metrics.emo_fid(*few)
    assert metrics.emo_fid(a[:49], a, components=4) < 1
    with pytest.raises(InputError, match="different shapes"):
        metrics.emo_fid(a, a[:, :4])
    with pytest.raises(InputError, match="true track holds NaN"):
        metrics.emo_fid(a, a * np.nan)


def test_the_floor_is_the_distance_of_halves():
    clips = np.repeat(np.arange(8), 30)
    own = RANDOM.normal(size=(8, 2))[clips]
    true = own + RANDOM.normal(0, 0.1, (240, 2))
    halves = [metrics.emo_fid_floor(true, clips, splits=1, seed=s) for s in range(40)]
    from itertools import combinations

    possible = [_frechet(true[np.isin(clips, half)], true[~np.isin(clips, half)]) for half in combinations(range(8), 4)]
    for value in halves:
        assert min(abs(value - p) for p in possible) < 1e-9
    assert np.mean(halves) == pytest.approx(np.mean(possible), rel=0.3)
    ten = metrics.emo_fid_floor(true, clips)
    assert ten == metrics.emo_fid_floor(true, clips, seed=0, splits=10) != metrics.emo_fid_floor(true, clips, splits=9)
    # Rows of one clip are alike: halves by row would look far too good.
    assert ten > 5 * metrics.emo_fid_floor(true, np.arange(240))
    assert metrics.emo_fid_floor(true, clips, components=1) < ten
    with pytest.raises(InputError, match="too few clips: received 1"):
        metrics.emo_fid_floor(true, clips * 0)
    assert metrics.emo_fid_floor(true, clips // 4) > 0
