"""One definition per file, usable alone on arrays; every function has a `CARD` beside it.

card               Card: quantity, unit, region, direction, perfect score, source, known failure
arrays             tensors to arrays; refusal of NaN, emptiness and shapes that differ
intervals          seconds -> frames
pictures           pictures -> values from 0 to 1
lip_opening        the signal that several metrics compare (signed gap of the inner lips)
head_beats         moments at which the head comes to rest
offset_distances   embeddings of mouth and speech -> distances at every offset
aggregate          per clip, per person, mean over people, bootstrap interval, paired comparison
result             a summary with its card: one line of a report

where the face is
    mve, lve_mean, lve_max, lve_max_sq, ufve, lmd, jaw_mae_deg, head_error_deg, gaze_error_deg, mle, mee, eie
how it moves
    fdd, fdd_abs, frd, lip_opening_r, amplitude_ratio, jitter_ratio, jitter, energy_above_8hz, blink_rate
whether sound and motion belong together
    mouth_lag, onset_lead, sync_distance, sync_confidence, av_offset, av_offset_within, sync_auc, beat_align,
    beat_align_motion, beat_align_excess
what the lips do in given intervals
    silence_open, silence_speed, closure_recall, closures_elsewhere, labiodental_recall, bleed
pictures, identity, emotion
    psnr, ssim, lpips, csim_copula_gt, csim_face, identity_drift, emo_fid, emo_fid_floor, emo_cos,
    emo_cos_centred, emo_sim, intensity_slope
takes and speed
    diversity, seam_error, stream_gap, speed
as published, for comparison only
    lve_artalk, fdd_deeptalk, fdd_artalk, lse_d, lse_c, lse_d_3dxtalker, ba_3dxtalker,
    csim_copula_temporal

Arrays are numpy's or torch's. Vertices and landmarks come in metres, times in seconds, motion at 25 frames a second,
results in the unit of the card. Two tracks of different length are an error, never cut here. What needs a learned
network takes its embeddings, so that any network plugs in. To add a metric: one file, one line in METRICS;
tests/metrics/test_contract.py picks it up.
"""

from __future__ import annotations

from typing import Final

from xtalker.metrics.aggregate import Summary, summarise, summarise_difference
from xtalker.metrics.amplitude_ratio import amplitude_ratio
from xtalker.metrics.av_offset import av_offset
from xtalker.metrics.av_offset_within import av_offset_within
from xtalker.metrics.ba_3dxtalker import ba_3dxtalker
from xtalker.metrics.beat_align import beat_align
from xtalker.metrics.beat_align_excess import beat_align_excess, shifted_beats
from xtalker.metrics.beat_align_motion import beat_align_motion
from xtalker.metrics.bleed import bleed
from xtalker.metrics.blink_rate import NOT_MODELLED, blink_rate
from xtalker.metrics.card import Card
from xtalker.metrics.closure_recall import closure_recall
from xtalker.metrics.closures_elsewhere import closures_elsewhere
from xtalker.metrics.csim_copula_gt import csim_copula_gt
from xtalker.metrics.csim_copula_temporal import csim_copula_temporal
from xtalker.metrics.csim_face import csim_face
from xtalker.metrics.diversity import diversity
from xtalker.metrics.eie import eie
from xtalker.metrics.emo_cos import emo_cos
from xtalker.metrics.emo_cos_centred import emo_cos_centred
from xtalker.metrics.emo_fid import emo_fid
from xtalker.metrics.emo_fid_floor import emo_fid_floor
from xtalker.metrics.emo_sim import emo_sim
from xtalker.metrics.energy_above_8hz import energy_above_8hz
from xtalker.metrics.fdd import fdd
from xtalker.metrics.fdd_abs import fdd_abs
from xtalker.metrics.fdd_artalk import fdd_artalk
from xtalker.metrics.fdd_deeptalk import fdd_deeptalk
from xtalker.metrics.frd import frd
from xtalker.metrics.gaze_error_deg import gaze_error_deg
from xtalker.metrics.head_beats import head_beats
from xtalker.metrics.head_error_deg import head_error_deg
from xtalker.metrics.identity_drift import identity_drift
from xtalker.metrics.intensity_slope import intensity_slope
from xtalker.metrics.jaw_mae_deg import jaw_mae_deg
from xtalker.metrics.jitter import jitter
from xtalker.metrics.jitter_ratio import jitter_ratio
from xtalker.metrics.labiodental_recall import labiodental_recall
from xtalker.metrics.lip_opening import lip_opening
from xtalker.metrics.lip_opening_r import lip_opening_r
from xtalker.metrics.lmd import lmd
from xtalker.metrics.lpips import lpips
from xtalker.metrics.lse_c import lse_c
from xtalker.metrics.lse_d import lse_d
from xtalker.metrics.lse_d_3dxtalker import lse_d_3dxtalker
from xtalker.metrics.lve_artalk import lve_artalk
from xtalker.metrics.lve_max import lve_max
from xtalker.metrics.lve_max_sq import lve_max_sq
from xtalker.metrics.lve_mean import lve_mean
from xtalker.metrics.mee import mee
from xtalker.metrics.mle import mle
from xtalker.metrics.mouth_lag import mouth_lag
from xtalker.metrics.mve import mve
from xtalker.metrics.offset_distances import overlap_distances, padded_distances
from xtalker.metrics.onset_lead import onset_lead
from xtalker.metrics.psnr import psnr
from xtalker.metrics.result import Result, card_of, region_hash, report_line
from xtalker.metrics.seam_error import seam_error
from xtalker.metrics.silence_open import silence_open
from xtalker.metrics.silence_speed import silence_speed
from xtalker.metrics.speed import speed
from xtalker.metrics.ssim import ssim
from xtalker.metrics.stream_gap import stream_gap
from xtalker.metrics.sync_auc import sync_auc
from xtalker.metrics.sync_confidence import sync_confidence
from xtalker.metrics.sync_distance import sync_distance
from xtalker.metrics.ufve import ufve

__all__ = [
    "METRICS", "NOT_MODELLED", "Card", "Result", "Summary", "amplitude_ratio", "av_offset", "av_offset_within",
    "ba_3dxtalker", "beat_align", "beat_align_excess", "beat_align_motion", "bleed", "blink_rate", "card_of",
    "closure_recall", "closures_elsewhere", "csim_copula_gt", "csim_copula_temporal", "csim_face", "diversity",
    "eie", "emo_cos", "emo_cos_centred", "emo_fid", "emo_fid_floor", "emo_sim", "energy_above_8hz", "fdd",
    "fdd_abs", "fdd_artalk", "fdd_deeptalk", "frd", "gaze_error_deg", "head_beats", "head_error_deg",
    "identity_drift", "in_summaries", "intensity_slope", "jaw_mae_deg", "jitter", "jitter_ratio",
    "labiodental_recall", "lip_opening", "lip_opening_r", "lmd", "lpips", "lse_c", "lse_d", "lse_d_3dxtalker",
    "lve_artalk", "lve_max", "lve_max_sq", "lve_mean", "mee", "mle", "mouth_lag", "mve", "onset_lead",
    "overlap_distances", "padded_distances", "psnr", "region_hash", "report_line", "seam_error", "shifted_beats",
    "silence_open",
    "silence_speed", "speed", "ssim", "stream_gap", "summarise", "summarise_difference", "sync_auc",
    "sync_confidence", "sync_distance", "ufve",
]  # fmt: skip

METRICS: Final = {
    name: f"xtalker.metrics.{name}:{name}"
    for name in (
        "mve", "lve_mean", "lve_max", "lve_max_sq", "ufve", "lmd", "jaw_mae_deg", "head_error_deg", "gaze_error_deg",
        "mle", "mee", "eie",
        "fdd", "fdd_abs", "frd", "lip_opening_r", "amplitude_ratio", "jitter_ratio", "jitter",
        "energy_above_8hz", "blink_rate",
        "mouth_lag", "onset_lead", "sync_distance", "sync_confidence", "av_offset", "av_offset_within",
        "sync_auc", "beat_align", "beat_align_motion", "beat_align_excess",
        "silence_open", "silence_speed", "closure_recall", "closures_elsewhere", "labiodental_recall",
        "bleed",
        "psnr", "ssim", "lpips", "csim_copula_gt", "csim_face", "identity_drift", "emo_fid",
        "emo_fid_floor", "emo_cos", "emo_cos_centred", "emo_sim", "intensity_slope",
        "diversity", "seam_error", "stream_gap", "speed",
        "lve_artalk", "fdd_deeptalk", "fdd_artalk", "lse_d", "lse_c", "lse_d_3dxtalker",
        "ba_3dxtalker", "csim_copula_temporal",
    )
}  # fmt: skip
"""Name -> "module:function"; the module's `CARD` belongs to it."""


def in_summaries() -> tuple[str, ...]:
    """The metrics whose name means one thing only: what tables for people may print."""
    return tuple(name for name, reference in METRICS.items() if card_of(reference).in_summaries)
