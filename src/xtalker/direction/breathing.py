"""Breath: taken at pauses while speaking, slow at rest.

In speech one breathes in quickly, half a second just before a phrase, and out slowly while speaking; at rest a breath
takes about four seconds, two fifths of them in (Conrad and Schoenle 1979; Hixon 1973). The chest lifts the head
a little and the nostrils widen. The mouth belongs to speech and stays out of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.moments import bumps
from xtalker.values.conventions import CHANNEL, FRAME_RATE_HZ, NUM_EXPRESSION
from xtalker.values.tracks import AccentTrack, Rhythm

_REST_BREATH_S: Final = 4.0
_SPEECH_IN_S: Final = (0.35, 0.6)
_SPEECH_OUT_S: Final = (1.2, 2.0)
_LIFT_RAD: Final = np.radians(0.9)
_NOSTRILS: Final = 0.25
_SHORTEST_PAUSE_S: Final = 0.3


def breath_track(rhythm: Rhythm, *, gain: float | int, seed: int) -> AccentTrack:
    """Lift of the head and widening of the nostrils with each breath.

    Args:
        rhythm: of the speech; breath is taken in its pauses.
        gain: 0 exactly none, 1 calm, 2 twice as deep.
        seed: the same seed breathes alike.
    """
    random = np.random.default_rng([seed, 3])
    full_s, room_s, speech_follows = _breaths(rhythm, random)
    count = len(full_s)
    quick = np.minimum(random.uniform(*_SPEECH_IN_S, count), room_s)
    slow = np.minimum(0.4 * _REST_BREATH_S * random.uniform(0.85, 1.15, count), room_s)
    in_s = np.where(speech_follows, quick, slow)
    out_s = np.where(speech_follows, random.uniform(*_SPEECH_OUT_S, count), 0.5 * _REST_BREATH_S)
    depth = np.where(speech_follows, 1.0, 0.6) * np.minimum(in_s / 0.4, 1) * random.uniform(0.7, 1.0, count)
    head = np.zeros((rhythm.num_frames, 3), np.float32)
    head[:, 0] = -gain * _LIFT_RAD * bumps(rhythm.num_frames, full_s, in_s, out_s, depth)
    expression = np.zeros((rhythm.num_frames, NUM_EXPRESSION), np.float32)
    # Nostrils follow the flow of air: widest in the middle of the breath, back when the chest is full.
    expression[:, CHANNEL["nostrilDilate"]] = (
        gain * _NOSTRILS * bumps(rhythm.num_frames, full_s - in_s / 2, in_s / 2, in_s / 2, depth)
    )
    return AccentTrack(expression, head)


def _breaths(
    rhythm: Rhythm, random: np.random.Generator
) -> tuple[Float[np.ndarray, "breaths"], Float[np.ndarray, "breaths"], np.ndarray]:
    """When the chest is full, seconds; the time there was to fill it; whether speech follows at once."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], rhythm.speaking, [True]]).astype(np.int8)))
    full_s, room_s, follows = [np.zeros(0)], [np.zeros(0)], [np.zeros(0, bool)]
    for start, end in edges.reshape(-1, 2) / FRAME_RATE_HZ:
        if end - start < _SHORTEST_PAUSE_S:
            continue
        last = end < rhythm.num_frames / FRAME_RATE_HZ  # the clip goes on with speech
        between_s = _REST_BREATH_S * random.uniform(0.9, 1.1, int((end - start) / (0.9 * _REST_BREATH_S)) + 2)
        between_s[0] *= not last  # in the last pause nobody has to be ready
        times = end - np.cumsum(between_s)
        times = times[times > start + _SHORTEST_PAUSE_S - 1e-9]
        full_s.append(times)
        room_s.append(times - start)
        follows.append((np.arange(len(times)) == 0) & last)
    return np.concatenate(full_s), np.concatenate(room_s), np.concatenate(follows)
