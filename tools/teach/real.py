"""What a camera in front cannot see, put into tracked clips: the lower lip on the teeth, and the tongue.

A tracker reads where points lie in the picture. At /f/ and /v/ the lower lip goes back under the upper teeth, away from
the camera: tracked, it stands 4.7 mm in front of them. Phone times come from the clips' own words.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from tools.teach.align import PhoneProbe, align_words
from tools.teach.contacts import as_motion, frames_of, tongue_track
from tools.teach.gauge import MouthGauge
from tools.teach.phones import CLOSED_LIPS, LIP_ON_TEETH

from xtalker.evaluate.grid import grid_sources, read_words
from xtalker.generator.channels import COLUMN_NAMES
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import TrainingClip
from xtalker.values import Identity
from xtalker.values.conventions import CHANNEL

TOUCH_MM: Final = 0.3
BESIDE_SHARE: Final = 0.35
"""Of the way that the frames beside a contact come along."""
UNSEEN: Final = ("tongueOut", "jawForward")
"""Columns that the tracker leaves at rest, and that are known once the phones are."""
_LIP_DOWN: Final = (CHANNEL["mouthLowerDownLeft"], CHANNEL["mouthLowerDownRight"])
_WAYS: Final = np.array([
    (back / 10, roll / 5, down) for back in range(13) for roll in range(6) for down in (1.0, 0.5, 0.0)
])  # fmt: skip
"""What brings a lower lip to the teeth: jaw back, least mouthRollLower, what is left of mouthLowerDown."""


class Unseen:
    """Adds to tracked clips what was said in them but could not be seen.

    Args:
        data: folder with grid_s1 and grid_multi, for the word times.
        probe: of the clips' speech encoder.
    """

    def __init__(self, data: Path, probe: PhoneProbe) -> None:
        self._words = {source.name: read_words(source.alignment) for source in grid_sources(data)}
        head = OpenHead()
        self._probe, self._gauge = probe, MouthGauge(head)
        self._lips = head.only(head.topology.regions["lips"])

    def add(self, clip: TrainingClip) -> TrainingClip:
        """The clip with lip on teeth and tongue; as it is if its words are not known, or it is no training clip."""
        words = self._words.get(clip.clip)
        if not words or clip.split != "train":
            return clip
        phones = align_words(self._probe, clip.linguistic[0].astype(np.float32), words)
        mouth = clip.motion.to_matrix()
        tongue, jaw = (COLUMN_NAMES.index(name) for name in UNSEEN)
        mouth[:, tongue] = tongue_track(phones, len(mouth))
        closed = frames_of(phones, CLOSED_LIPS, len(mouth))
        bitten = frames_of(phones, LIP_ON_TEETH, len(mouth)) & ~closed
        if bitten.any():
            mouth = with_beside(mouth, self._on_teeth(mouth[bitten]), bitten, ~closed)
        observed = clip.observed.copy()
        observed[[tongue, jaw]] = True
        return replace(clip, motion=as_motion(mouth), observed=observed)

    def _on_teeth(self, rows: Float[np.ndarray, "frames 58"]) -> Float[np.ndarray, "frames 58"]:
        """The pose that touches and moves the worst lip point least; the nearest to the teeth where none touches."""
        trials = np.repeat(rows[None], len(_WAYS), axis=0)
        back, roll, down = _WAYS.T[:, :, None]
        trials[..., CHANNEL["jawForward"]] -= back
        trials[..., CHANNEL["mouthRollLower"]] = np.maximum(trials[..., CHANNEL["mouthRollLower"]], roll)
        trials[..., _LIP_DOWN] *= down[..., None]
        flat = trials.reshape(-1, rows.shape[1])
        gap = self._gauge.teeth_gap_mm(as_motion(flat)).reshape(len(_WAYS), -1)
        places = self._places(flat).reshape(*trials.shape[:2], -1, 3)
        moved_mm = 1e3 * np.linalg.norm(places - self._places(rows), axis=-1).max(axis=-1)
        cost = np.where(gap < TOUCH_MM, moved_mm, 1e3 * gap)
        return np.asarray(trials[cost.argmin(axis=0), np.arange(len(rows))])

    def _places(self, rows: Float[np.ndarray, "frames 58"]) -> Float[np.ndarray, "frames lips 3"]:
        return self._lips.vertices(Identity(), as_motion(rows), canonical=True)


def with_beside(
    mouth: Float[np.ndarray, "frames 58"], held: Float[np.ndarray, "held 58"], when: Bool[np.ndarray, "frames"],
    free: Bool[np.ndarray, "frames"],
) -> Float[np.ndarray, "frames 58"]:  # fmt: skip
    """Some frames replaced; free frames beside them come along part of the way."""
    change = np.zeros_like(mouth)
    change[when] = held - mouth[when]
    still = np.zeros_like(mouth[:1])
    before, after = np.concatenate([still, change[:-1]]), np.concatenate([change[1:], still])
    beside = np.where(before != 0, before, after) * (~when & free)[:, None]
    return mouth + change + BESIDE_SHARE * beside
