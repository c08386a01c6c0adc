"""Templates from a labelled corpus of tracked motion: what 3DXTalker (E.1) does with MEAD, with each step explicit.

1. A person's neutral is the median of their neutral clips; without any, of the calmest fifth of all their frames.
2. It is subtracted from the person's other clips.
3. Of each clip only the strongest frames count: those at or above the 0.8 quantile of the displacement's length, over
   channels that speech does not move.
4. The median of these frames is the clip's expression; the mean of a person's clips is the person's; the mean over
   persons without the outer tenth at either end is the template.
5. Each template gets the length of the designed one, so that levels mean the same, and no channel above two thirds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.stats import trim_mean

from xtalker.emotion.templates import HIGHEST, Templates, designed_templates
from xtalker.values import InputError
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES
from xtalker.values.tracks import EMOTIONS

STRONGEST: Final = 0.8
CALMEST: Final = 0.2
TRIMMED: Final = 0.1
_MOVED_BY_SPEECH: Final = (
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLowerDown", "mouthUpperUp", "mouthRoll", "mouthShrug",
    "jaw", "tongue", "eyeBlink",
)  # fmt: skip
_QUIET = np.array([not name.startswith(_MOVED_BY_SPEECH) for name in EXPRESSION_NAMES])


@dataclass(frozen=True)
class LabelledClip:
    """Motion of one person in one emotion.

    Attributes:
        expression: channels of each frame.
        emotion: one of the seven, or neutral.
        person: who; neutrals and means are taken person by person.
        head_model: the head whose channels these are.
    """

    expression: Float[np.ndarray, "frames 50"]
    emotion: str
    person: str = ""
    head_model: str = "open"


def extract_templates(clips: Sequence[LabelledClip]) -> Templates:
    """Templates of a corpus.

    Raises:
        InputError: an emotion without clips, or clips of several head models.
    """
    missing = [emotion for emotion in EMOTIONS if all(clip.emotion != emotion for clip in clips)]
    if missing:
        raise InputError(
            "emotions without a clip", received=f"nothing for {', '.join(missing)}",
            accepted=f"at least one clip of each of {', '.join(EMOTIONS)}", next_step="add clips to the list",
        )  # fmt: skip
    models = sorted({clip.head_model for clip in clips})
    if len(models) > 1:
        raise InputError("clips of different heads", received=", ".join(models), accepted="clips of one head model",
                         next_step="split the list")  # fmt: skip
    by_person: dict[str, list[LabelledClip]] = defaultdict(list)
    for clip in clips:
        by_person[clip.person].append(clip)
    seen: dict[str, list[Float[np.ndarray, "50"]]] = defaultdict(list)
    for own in by_person.values():
        for emotion, row in _person(own).items():
            seen[emotion].append(row)
    rows = [_scaled(np.asarray(trim_mean(np.stack(seen[e]), TRIMMED)), k) for k, e in enumerate(EMOTIONS)]
    made_by = f"xtalker templates: {len(clips)} clips of {len(by_person)} people"
    return Templates(np.stack(rows).astype(np.float32), models[0], made_by)


def _person(clips: Sequence[LabelledClip]) -> dict[str, Float[np.ndarray, "50"]]:
    neutral = _neutral(clips)
    found: dict[str, list[Float[np.ndarray, "50"]]] = defaultdict(list)
    for clip in clips:
        if clip.emotion != "neutral":
            found[clip.emotion].append(_peak(clip.expression.astype(np.float64) - neutral))
    return {emotion: np.mean(rows, axis=0) for emotion, rows in found.items()}


def _neutral(clips: Sequence[LabelledClip]) -> Float[np.ndarray, "50"]:
    said = [clip.expression for clip in clips if clip.emotion == "neutral"]
    if said:
        return np.median(np.concatenate(said), axis=0)
    frames = np.concatenate([clip.expression for clip in clips])
    length = np.linalg.norm(frames[:, _QUIET], axis=1)
    return np.median(frames[length <= np.quantile(length, CALMEST)], axis=0)


def _peak(moved: Float[np.ndarray, "frames 50"]) -> Float[np.ndarray, "50"]:
    length = np.linalg.norm(moved[:, _QUIET], axis=1)
    return np.median(moved[length >= np.quantile(length, STRONGEST)], axis=0)


def _scaled(row: Float[np.ndarray, "50"], emotion: int) -> Float[np.ndarray, "50"]:
    row = row.copy()
    row[CHANNEL["jawOpenCorrective"]] = 0  # it follows the jaw, which belongs to the speech
    length = np.linalg.norm(row)
    if length < 1e-6:
        raise InputError(
            "an emotion's clips show no expression", received=EMOTIONS[emotion],
            accepted="clips whose face differs from the person's neutral", next_step="check the labels of the list",
        )  # fmt: skip
    row *= np.linalg.norm(designed_templates().expression[emotion]) / length
    return row * min(1.0, HIGHEST / np.abs(row).max())
