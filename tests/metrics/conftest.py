"""Inputs of every metric: a talking mouth of a few points, a nodding head, embeddings, pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from xtalker import metrics
from xtalker.geometry.rotations import compose, matrix_from_axis_angle

PAUSES = ((0.0, 0.8), (2.2, 3.0))
CLOSURES = ((1.0, 1.2), (1.5, 1.7))
LIPS = np.array([0, 2, 3, 5, 8])
BEATS = np.arange(1, 7) * 0.8
_RANDOM = partial(np.random.default_rng)

Track = np.ndarray


def add_noise(track: Track, size: float) -> Track:
    """As large as the whole range at size 1."""
    return track + size * _RANDOM(0).normal(0, np.ptp(track), track.shape)


def raise_by_noise(track: Track, size: float) -> Track:
    return track + size * np.abs(_RANDOM(0).normal(0, np.ptp(track), track.shape))


def delay(track: Track, size: float) -> Track:
    """By ten frames at size 1."""
    return np.roll(track, round(10 * size), axis=0)


def rigid(track: Track) -> Track:
    turn = matrix_from_axis_angle(np.array([0.3, -0.8, 0.2]))
    return track @ turn.T + np.array([0.1, -0.2, 0.05])


def mirrored(track: Track) -> Track:
    return track[:, ::-1, ::-1].copy()


def turned(track: Track) -> Track:
    return compose(np.array([0.2, -0.4, 0.1]), track)


@dataclass(frozen=True)
class Case:
    """How to call a metric on one track, or on a pair.

    Attributes:
        track: what it looks at, (frames, ...).
        call: with a predicted and a true track; metrics of one track ignore the second.
        paired: whether it compares tracks of equal shape.
        worse: spoils a track by a size from 0 to 1.
        effect: what that does to the score: "away" from perfect, "up" or "down".
        same: changes of both tracks that leave the score.
        frozen: what the score does when the prediction stays on one frame; None where that says nothing.
    """

    track: Track
    call: Callable[[Track, Track], float]
    paired: bool = True
    worse: Callable[[Track, float], Track] = add_noise
    effect: str = "away"
    same: tuple[Callable[[Track], Track], ...] = ()
    frozen: Callable[[float], bool] | None = None


def opening(num_frames: int = 75) -> Track:
    """Closed, talking, closed; millimetres."""
    frame = np.arange(num_frames)
    talking = (frame > 20) & (frame < 55)
    return np.where(talking, 5 + 4 * np.sin(frame / 2.1), 0.1)


def points(num_frames: int = 75) -> Track:
    """Twelve points that follow the opening; metres."""
    rest = _RANDOM(3).normal(0, 0.02, (12, 3))
    way = _RANDOM(4).normal(0, 1, (12, 3))
    return rest + opening(num_frames)[:, None, None] * 1e-3 * way


def nodding(num_frames: int = 150) -> Track:
    """Axis-angle of a head that comes to rest every 0.8 s, on BEATS."""
    angle = 0.2 * np.cos(np.pi * (np.arange(num_frames) + 0.5) / 20)
    return angle[:, None] * np.array([1.0, 0.4, -0.2])


def embeddings(num_frames: int = 300) -> Track:
    return _RANDOM(5).normal(0, 1, (num_frames, 16))


def pictures() -> Track:
    return _RANDOM(6).uniform(0.3, 0.7, (9, 24, 32, 3))


def blinks() -> Track:
    closure = np.full(150, 0.05)
    closure[40:46] = closure[100:105] = 0.9
    return closure


def _positions() -> dict[str, Case]:
    vertex = partial(Case, points(), same=(rigid,), frozen=lambda score: score > 0)
    region = lambda function: lambda p, t: function(p, t, LIPS)  # noqa: E731
    controls = partial(Case, points()[..., 0])
    jaw = np.zeros((75, 3))
    jaw[:, 0] = opening() * 0.02
    return {
        "mve": vertex(metrics.mve),
        "lve_mean": vertex(metrics.lve_mean),
        "lve_max": vertex(metrics.lve_max),
        "lve_max_sq": vertex(region(metrics.lve_max_sq)),
        "lve_artalk": vertex(region(metrics.lve_artalk)),
        "ufve": vertex(region(metrics.ufve)),
        "lmd": Case(
            points(), lambda p, t: metrics.lmd(p, t, LIPS, width_between=(1, 7)), same=(rigid, lambda track: 3 * track)
        ),
        "jaw_mae_deg": Case(jaw, metrics.jaw_mae_deg, same=(lambda track: track + 0.1,)),
        "head_error_deg": Case(nodding(), metrics.head_error_deg, same=(turned,)),
        "gaze_error_deg": Case(nodding()[:, :2], metrics.gaze_error_deg, same=(lambda track: track * [1, -1],)),
        "mle": controls(region(metrics.mle), same=(lambda track: track + 2,)),
        "mee": controls(region(metrics.mee), same=(lambda track: track + 2,)),
        "eie": Case(opening(), metrics.eie, same=(lambda track: track + 2,)),
        "stream_gap": vertex(metrics.stream_gap),
        "bleed": vertex(lambda p, t: metrics.bleed(p, t, CLOSURES, LIPS)),
    }


def _dynamics() -> dict[str, Case]:
    def upper(function: Callable[..., float]) -> Callable[[Track, Track], float]:
        """The first true frame is the neutral face."""
        return lambda p, t: function(p, t, t[0] if len(t) else points()[0], LIPS)

    alone = partial(Case, points(), paired=False, effect="up", same=(rigid,))
    still, undefined, missing = (lambda score: score < 1e-12), np.isnan, (lambda score: score > 0)
    return {
        "fdd": Case(points(), upper(metrics.fdd), same=(rigid,), frozen=missing),
        "fdd_abs": Case(points(), upper(metrics.fdd_abs), same=(rigid,), frozen=missing),
        "fdd_deeptalk": Case(points(), upper(metrics.fdd_deeptalk)),
        "fdd_artalk": Case(points(), upper(metrics.fdd_artalk), frozen=missing),
        "frd": Case(points()[..., 0], lambda p, t: metrics.frd(p, t, LIPS), frozen=missing),
        "lip_opening_r": Case(opening(), metrics.lip_opening_r, same=(lambda track: 3 * track + 1,), frozen=still),
        "amplitude_ratio": Case(opening(), metrics.amplitude_ratio, same=(lambda track: 3 * track + 1,), frozen=still),
        "jitter_ratio": Case(points(), metrics.jitter_ratio, same=(rigid, lambda track: 3 * track), frozen=still),
        "jitter": alone(lambda track, _: metrics.jitter(track), frozen=still),
        "energy_above_8hz": alone(lambda track, _: metrics.energy_above_8hz(track), frozen=undefined),
        "blink_rate": Case(
            blinks(), lambda track, _: metrics.blink_rate(track, track), paired=False, effect="up", frozen=still
        ),
        "mouth_lag": Case(opening(), metrics.mouth_lag, worse=delay, same=(lambda t: 3 * t + 1,), frozen=undefined),
        "onset_lead": alone(
            lambda track, _: metrics.onset_lead(track, np.array([1.1])), worse=delay, effect="down", frozen=undefined
        ),
        "seam_error": alone(
            lambda track, _: metrics.seam_error(track, np.array([30, 45])),
            worse=lambda track, size: track + size * 0.1 * (np.arange(75) // 15 % 3 == 2)[:, None, None],
        ),
        "identity_drift": Case(np.full((9, 4), 0.3), lambda track, _: metrics.identity_drift(track), paired=False,
                               worse=lambda track, size: track + size * _RANDOM(0).normal(size=track.shape),
                               frozen=still),
    }  # fmt: skip


def _sound() -> dict[str, Case]:
    pair = partial(Case, embeddings(), same=(lambda track: track[:, ::-1].copy(),))
    expert = lambda function: lambda p, t: function(metrics.overlap_distances(p, t))  # noqa: E731
    beat = partial(Case, nodding(), paired=False, worse=delay, effect="down", frozen=np.isnan)
    others = [BEATS + 0.2, BEATS + 0.4]
    scores = _RANDOM(2).uniform(1, 2, 40)
    return {
        "lse_d": pair(metrics.lse_d),
        "lse_c": pair(metrics.lse_c, effect="down"),
        "lse_d_3dxtalker": pair(metrics.lse_d_3dxtalker, effect="up"),
        "sync_distance": pair(expert(metrics.sync_distance)),
        "sync_confidence": pair(expert(metrics.sync_confidence), effect="down"),
        "av_offset": pair(expert(metrics.av_offset), worse=delay),
        "av_offset_within": pair(
            expert(metrics.av_offset_within),
            worse=lambda track, size: np.where(np.arange(300)[:, None] < 300 * size, np.roll(track, 5, 0), track),
        ),
        "sync_auc": Case(scores, lambda track, _: metrics.sync_auc(track, scores - 1), paired=False,
                         worse=lambda track, size: track - 2 * size),
        "beat_align": beat(lambda track, _: metrics.beat_align(track, BEATS), same=(turned,)),
        "beat_align_motion": beat(lambda track, _: metrics.beat_align_motion(track, BEATS), same=(turned,)),
        "beat_align_excess": beat(lambda track, _: metrics.beat_align_excess(track, BEATS, others), same=(turned,)),
        "ba_3dxtalker": beat(lambda track, _: metrics.ba_3dxtalker(track, BEATS)),
        "speed": Case(scores, lambda track, _: metrics.speed(track, np.full(len(track), 2.0)), paired=False,
                      worse=lambda track, size: track * (1 + size), effect="up"),
    }  # fmt: skip


def _intervals() -> dict[str, Case]:
    lips = partial(Case, opening() * (np.arange(75) != 27), paired=False, worse=raise_by_noise, effect="down")
    return {
        "silence_open": lips(lambda track, _: metrics.silence_open(track, PAUSES), effect="up"),
        "silence_speed": Case(points(), lambda track, _: metrics.silence_speed(track, PAUSES), paired=False,
                              effect="up", same=(rigid,), frozen=lambda score: score == 0),
        "closure_recall": lips(lambda track, _: metrics.closure_recall(track, CLOSURES)),
        "labiodental_recall": lips(lambda track, _: metrics.labiodental_recall(track, CLOSURES)),
        "closures_elsewhere": lips(
            lambda track, _: metrics.closures_elsewhere(track, CLOSURES), worse=add_noise, effect="up"
        ),
    }  # fmt: skip


def _appearance() -> dict[str, Case]:
    noisy = lambda track, size: np.clip(add_noise(track, size), 0, 1)  # noqa: E731
    picture = partial(Case, pictures(), worse=noisy, same=(mirrored,))
    weights = [np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.0, 1.0])]
    vectors = partial(Case, embeddings(), same=(lambda track: track[:, ::-1].copy(),))
    mean = np.full(16, 0.1)
    levels = np.array([1.0, 1.2, 1.4, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4])
    face = np.tile(embeddings()[:1], (9, 1))
    return {
        "psnr": picture(metrics.psnr, effect="down"),
        "ssim": picture(metrics.ssim),
        "lpips": picture(lambda p, t: metrics.lpips([p, p[:, ::2]], [t, t[:, ::2]], weights), same=()),
        "csim_copula_gt": picture(metrics.csim_copula_gt),
        "csim_copula_temporal": Case(
            np.repeat(pictures()[:1], 9, axis=0), lambda track, _: metrics.csim_copula_temporal(track), paired=False,
            worse=noisy, effect="down", frozen=lambda score: score == 1,
        ),
        "csim_face": Case(face, lambda track, _: metrics.csim_face(track, face[0]), paired=False),
        "emo_sim": vectors(metrics.emo_sim),
        "emo_cos": vectors(metrics.emo_cos),
        "emo_cos_centred": vectors(lambda p, t: metrics.emo_cos_centred(p, t, mean)),
        "emo_fid": vectors(metrics.emo_fid),
        "emo_fid_floor": vectors(
            lambda track, _: metrics.emo_fid_floor(track[:, :4], np.arange(len(track)) // 10), paired=False,
            effect="up", same=(),
        ),
        "intensity_slope": Case(
            levels, lambda p, t: metrics.intensity_slope(t, p), same=(lambda track: track**3,)
        ),
        "diversity": Case(
            np.stack([points(), points() + 0.001, points() - 0.002]), lambda track, _: metrics.diversity(track, LIPS),
            paired=False, effect="up", same=(rigid,), frozen=lambda score: score == 0,
        ),
    }  # fmt: skip


def cases() -> Mapping[str, Case]:
    """One for each entry of METRICS."""
    return _positions() | _dynamics() | _sound() | _intervals() | _appearance()


@pytest.fixture(params=sorted(metrics.METRICS))
def named_case(request: pytest.FixtureRequest) -> tuple[str, Case]:
    """Every metric of the table with its input."""
    return request.param, cases()[request.param]
