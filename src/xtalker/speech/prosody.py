"""How something is said: pitch, loudness, brightness, pauses and emphasis at 25 fps.

Everything is measured on rows of 10 ms, four in a frame and symmetric about its centre, then averaged. Nothing
depends on the recording's gain: levels are relative to the loud speech of the same sound. Sounds of any length go
through in pieces of a minute; the pieces do not show in the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from xtalker.speech.pitch import REACH_SAMPLES, pitch_of_rows, without_jumps
from xtalker.values import Audio
from xtalker.values.conventions import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from xtalker.values.tracks import Rhythm

PROSODY_NAMES: Final = (
    "log_pitch", "voicing", "loudness", "loudness_slope", "pitch_slope",
    "tilt", "brightness", "flux", "harmonicity",
)  # fmt: skip
"""Columns of `prosody_features`, see there."""

_ROWS: Final = 4
_HOP: Final = SAMPLES_PER_FRAME // _ROWS
_STFT: Final = 512
_PIECE_FRAMES: Final = 1500
_EDGES_HZ: Final = (62.5, 200, 400, 600, 800, 1000, 1400, 1900, 2500, 3300, 4300, 5500, 7000)
_LOW_BANDS: Final = 5  # those up to 1 kHz
_QUIETEST_DB: Final = -80.0
_NOTHING: Final = 1e-10  # mean square of what counts as digital silence (-100 dB)
_VOICED: Final = 0.6
_PAUSE_ROWS, _CLICK_ROWS = 19, 4  # a pause of 0.2 s holds 19 whole rows wherever it starts


@dataclass(frozen=True)
class _Rows:
    """Measured every 10 ms: decibels below loud speech, of each band too; pitch (0: none) and periodicity."""

    level_db: Float[np.ndarray, "rows"]
    bands_db: Float[np.ndarray, "rows 12"]
    pitch_hz: Float[np.ndarray, "rows"]
    periodicity: Float[np.ndarray, "rows"]


def listen(audio: Audio) -> tuple[Rhythm, Float[np.ndarray, "frames 9"]]:
    """`rhythm` and `prosody_features` of a sound, measured once."""
    rows = _measure(audio)
    return _rhythm(rows), _features(rows)


def rhythm(audio: Audio) -> Rhythm:
    """What a sound tells about time, one value for each of `audio.num_frames`.

    Loud speech (0 dB) is the 90th percentile of what lies within 30 dB of the loudest. A frame speaks unless it lies
    in a stretch of 0.2 s or more that stays below a threshold: 8 dB above the recording's own floor, but from -40 to
    -20 dB. Pitch is found from 60 to 500 Hz. Prominence is 0.5 loudness / 6 dB + 0.35 pitch / 4 semitones
    + 0.3 voicing, each above its mean over the speech within about a second, clipped to 0..1; 0 in pauses.
    """
    return _rhythm(_measure(audio))


def prosody_features(audio: Audio) -> Float[np.ndarray, "frames 9"]:
    """Nine tracks for learning, float32, one row for each of `audio.num_frames`; independent of gain.

    log_pitch: octaves above 200 Hz, drawn straight through what has no pitch (0 if nothing has any). voicing: share
    of the frame that is periodic, times its periodicity. loudness: decibels / 20 relative to loud speech.
    loudness_slope, pitch_slope: change over two frames. tilt: level above 1 kHz minus level below, decibels / 20.
    brightness: centre of the spectrum in octaves above 1 kHz. flux: mean rise of the bands, decibels / 20 in 10 ms.
    harmonicity: harmonic to noise power, decibels / 20, from -1 to 1.
    """
    return _features(_measure(audio))


def _measure(audio: Audio) -> _Rows:
    num_frames = audio.num_frames
    margin = max(REACH_SAMPLES, _STFT)
    wave = np.zeros(num_frames * SAMPLES_PER_FRAME + 2 * margin, np.float32)
    kept = audio.samples[: num_frames * SAMPLES_PER_FRAME]
    wave[margin : margin + len(kept)] = kept
    powers, pitches, likenesses = [], [], []
    for start in range(0, num_frames, _PIECE_FRAMES):
        frames = min(_PIECE_FRAMES, num_frames - start)
        first = start * SAMPLES_PER_FRAME
        piece = wave[first : first + frames * SAMPLES_PER_FRAME + 2 * margin].astype(np.float64)
        middle = margin + _HOP // 2
        pitch, likeness = pitch_of_rows(piece, middle, _HOP, frames * _ROWS)
        powers.append(_band_powers(piece, middle, frames * _ROWS))
        pitches.append(pitch)
        likenesses.append(likeness)
    return _relative(np.concatenate(powers), np.concatenate(pitches), np.concatenate(likenesses))


def _band_powers(wave: Float[np.ndarray, "samples"], first: int, num_rows: int) -> Float[np.ndarray, "rows 12"]:
    """Mean square of the sound in each band, around the samples `first`, `first + hop`, ..."""
    starts = first - _STFT // 2 + _HOP * np.arange(num_rows)
    window = np.hanning(_STFT + 1)[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(wave, _STFT)[starts] * window
    spectrum = fft.rfft(windows, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) * (2 / (_STFT * np.sum(window**2)))
    bins = np.round(np.asarray(_EDGES_HZ) * _STFT / SAMPLE_RATE_HZ).astype(int)
    return np.add.reduceat(power[:, : bins[-1]], bins[:-1], axis=1)


def _relative(
    powers: Float[np.ndarray, "rows 12"], pitch_hz: Float[np.ndarray, "rows"], periodicity: Float[np.ndarray, "rows"]
) -> _Rows:
    total = powers.sum(axis=1)
    loud = _loud_power(total)
    level_db = np.maximum(10 * np.log10(np.maximum(total / loud, 1e-30)), _QUIETEST_DB)
    bands_db = np.maximum(10 * np.log10(np.maximum(powers / loud, 1e-30)), _QUIETEST_DB)
    voiced = (periodicity > _VOICED) & (level_db > -45)
    pitch_hz = without_jumps(np.where(voiced, pitch_hz, 0.0), reach=8)
    return _Rows(level_db, bands_db, pitch_hz, np.where(level_db > -60, np.maximum(periodicity, 0.0), 0.0))


def _loud_power(total: Float[np.ndarray, "rows"]) -> float:
    """Of loud speech; a mean square of 1 stands in when there is only digital silence."""
    heard = total[total > max(1e-3 * float(total.max()), _NOTHING)]
    return float(np.percentile(heard, 90)) if len(heard) else 1.0


def _per_frame(rows: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "frames"]:
    return rows.reshape(-1, _ROWS).mean(axis=1)


def _loudness_db(rows: _Rows) -> Float[np.ndarray, "frames"]:
    power = _per_frame(np.exp2(rows.level_db * (np.log2(10) / 10)))
    return np.maximum(10 * np.log10(power), _QUIETEST_DB)


def _pitch(rows: _Rows) -> tuple[Float[np.ndarray, "frames"], Float[np.ndarray, "frames"]]:
    """Octaves above 200 Hz of each frame (mean of its pitched rows, else 0), and the share of such rows."""
    pitched = rows.pitch_hz > 0
    octaves = np.log2(rows.pitch_hz / 200.0, where=pitched, out=np.zeros_like(rows.pitch_hz))
    share = _per_frame(pitched.astype(np.float64))
    return _per_frame(octaves) / np.maximum(share, 1 / _ROWS), share


def _drawn_through(values: Float[np.ndarray, "frames"], known: Bool[np.ndarray, "frames"]) -> np.ndarray:
    """Linear between what is known, held beyond; 0 if nothing is."""
    if not known.any():
        return np.zeros(len(values))
    at = np.arange(len(values))
    return np.interp(at, at[known], values[known])


def _features(rows: _Rows) -> Float[np.ndarray, "frames 9"]:
    octaves, share = _pitch(rows)
    log_pitch = _drawn_through(octaves, share >= 0.5)
    loudness = _loudness_db(rows) / 20
    linear = np.exp2(rows.bands_db * (np.log2(10) / 10))
    low, high = linear[:, :_LOW_BANDS].sum(axis=1), linear[:, _LOW_BANDS:].sum(axis=1)
    centre = np.log2(np.sqrt(np.asarray(_EDGES_HZ[:-1]) * _EDGES_HZ[1:]) / 1000)
    brightness = (linear @ centre) / linear.sum(axis=1)
    rise = np.diff(np.maximum(rows.bands_db, -60), axis=0, prepend=np.maximum(rows.bands_db[:1], -60))
    clean = np.clip(rows.periodicity, 1 / 11, 10 / 11)  # 10 dB either way
    columns = (
        log_pitch,
        _per_frame(np.where(rows.pitch_hz > 0, rows.periodicity, 0.0)),
        loudness,
        _slope(loudness),
        _slope(log_pitch),
        _per_frame(10 * np.log10(high / low)) / 20,
        _per_frame(brightness),
        _per_frame(np.maximum(rise, 0).mean(axis=1)) / 20,
        _per_frame(np.log10(clean / (1 - clean))),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _slope(track: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    padded = np.pad(track, 1, mode="edge")
    return padded[2:] - padded[:-2]


def _rhythm(rows: _Rows) -> Rhythm:
    octaves, share = _pitch(rows)
    pitched, loudness_db = share >= 0.5, _loudness_db(rows)
    speaking = _per_frame(np.where(_pausing(rows.level_db), 0.0, 1.0)) >= 0.5
    return Rhythm(
        loudness=loudness_db.astype(np.float32),
        pitch_hz=np.where(pitched, 200.0 * np.exp2(octaves), 0.0).astype(np.float32),
        speaking=speaking,
        prominence=_prominence(loudness_db, octaves, share, speaking).astype(np.float32),
    )


def _pausing(level_db: Float[np.ndarray, "rows"]) -> Bool[np.ndarray, "rows"]:
    """Rows in quiet stretches of 0.2 s or more; a click of up to 40 ms within does not end one."""
    heard = level_db[level_db > _QUIETEST_DB + 1]
    floor_db = float(np.percentile(heard, 5)) if len(heard) else _QUIETEST_DB
    quiet = level_db < np.clip(floor_db + 8, -40, -20)
    quiet = ~_runs(~quiet, at_least=_CLICK_ROWS + 1)
    return _runs(quiet, at_least=_PAUSE_ROWS)


def _runs(mask: Bool[np.ndarray, "rows"], *, at_least: int) -> Bool[np.ndarray, "rows"]:
    """The mask without its runs of True that are shorter."""
    change = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    starts, stops = change[::2], change[1::2]
    kept = stops - starts >= at_least
    steps = np.zeros(len(mask) + 1, np.int64)
    steps[starts[kept]] += 1
    steps[stops[kept]] -= 1
    return np.cumsum(steps[:-1]) > 0


def _prominence(
    loudness_db: Float[np.ndarray, "frames"],
    octaves: Float[np.ndarray, "frames"],
    share: Float[np.ndarray, "frames"],
    speaking: Bool[np.ndarray, "frames"],
) -> Float[np.ndarray, "frames"]:
    spoken = speaking.astype(np.float64)
    louder = _above(np.maximum(loudness_db, -40), spoken, brief=1.5) / 6
    higher = _above(octaves, spoken * share, brief=1.5) * (12 / 4)
    longer = _above(share, spoken, brief=3.0)
    return np.clip(0.5 * louder + 0.35 * higher + 0.3 * longer, 0, 1) * spoken


def _above(
    track: Float[np.ndarray, "frames"], weight: Float[np.ndarray, "frames"], *, brief: float
) -> Float[np.ndarray, "frames"]:
    """Weighted mean over a moment (a Gaussian of `brief` frames) minus that over a second around; 0 without weight."""

    def mean(width: float) -> np.ndarray:
        above = gaussian_filter1d(track * weight, width, mode="constant")
        below = gaussian_filter1d(weight, width, mode="constant")
        return np.divide(above, below, where=below > 1e-3, out=np.zeros_like(above))

    near = gaussian_filter1d(weight, brief, mode="constant") > 1e-3
    return np.where(near, mean(brief) - mean(25.0), 0.0)
