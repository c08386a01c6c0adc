"""What a generator may be given, checked once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.values import InputError, Motion, SpeechFeatures
from xtalker.values.motion import NUM_MOTION
from xtalker.values.tracks import EMOTIONS, EmotionTrack

MOST_GUIDANCE: Final = 4.0
_MOST_NAMED: Final = 12


@dataclass(frozen=True)
class Manner:
    """How speech is said.

    Attributes:
        shares: of each of the network's styles.
        guidance: how far styles and emotions are followed.
        levels: of each of the network's emotions, frame by frame; None tells it of none.
    """

    shares: Float[np.ndarray, "styles"]
    guidance: float = 1.0
    levels: Float[np.ndarray, "told emotions"] | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked."""
        return not self.shares.any() and self.levels is None

    @property
    def dropped(self) -> Manner:
        """The same with nothing asked."""
        return Manner(np.zeros_like(self.shares))

    def levels_in(self, start: int, stop: int) -> Float[np.ndarray, "frames emotions"] | None:
        """Levels of frames start ... stop - 1; zero after the track's end."""
        if self.levels is None:
            return None
        rows = self.levels[start:stop]
        return np.pad(rows, ((0, stop - start - len(rows)), (0, 0)))


def emotion_levels(track: EmotionTrack | None, names: tuple[str, ...]) -> Float[np.ndarray, "told emotions"] | None:
    """The track's columns in the order of the network's emotions; None stays None.

    Raises:
        InputError: a track for a network that is told of no emotions, or not of one that the track has.
    """
    if track is None:
        return None
    asked = [name for name, levels in zip(EMOTIONS, track.levels.T, strict=True) if levels.any()]
    if not names or not set(asked) <= set(names):
        raise InputError(
            "this generator cannot be told of these emotions", received=", ".join(asked) or "a neutral track",
            accepted=", ".join(names) or "none: it learnt from neutral speech",
            next_step="leave the track out, and lay the emotion over the motion (performance.follow)",
        )  # fmt: skip
    return track.levels[:, [EMOTIONS.index(name) for name in names]].astype(np.float32)


def style_shares(style: Mapping[str, float] | str | None, names: tuple[str, ...]) -> Float[np.ndarray, "styles"]:
    """The asked mix as a row; None is zeros.

    Raises:
        InputError: a style that the network does not have, or shares that are negative or sum to more than 1.
    """
    asked = {style: 1.0} if isinstance(style, str) else dict(style or {})
    for name in asked:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3)
            known = [*near, *(other for other in names if other not in near)][:_MOST_NAMED]
            raise InputError(
                "unknown style", received=name, accepted=", ".join(known) or "none: this generator has no styles",
                next_step="choose one of these, or leave it out",
            )  # fmt: skip
    row = np.array([asked.get(name, 0.0) for name in names], np.float32)
    if not np.isfinite(row).all() or (row < 0).any() or row.sum() > 1 + 1e-5:
        raise InputError(
            "unusable mix of styles", received=asked, accepted="shares from 0 to 1 that sum to at most 1",
            next_step="lower the shares",
        )  # fmt: skip
    return row


def check_features(features: SpeechFeatures, *, encoder: str, channels: int) -> None:
    """Refuse what a generator of that encoder cannot hear.

    Raises:
        InputError: features of another encoder or shape, or not finite.
    """
    if features.encoder != encoder:
        raise InputError(
            "speech features of another encoder",
            received=features.encoder,
            accepted=encoder,
            next_step="encode the sound with the encoder that this generator was trained with",
        )
    if features.linguistic.shape != (features.num_frames, channels):
        raise InputError(
            "speech features of another shape",
            received=features.linguistic.shape,
            accepted=f"{features.num_frames} frames of {channels} channels",
            next_step="encode the sound again",
        )
    if not (np.isfinite(features.linguistic).all() and np.isfinite(features.amplitude).all()):
        raise InputError(
            "speech features with NaN or infinite numbers",
            received=f"{features.num_frames} frames",
            accepted="finite numbers",
            next_step="check the recording and encode it again",
        )


def reference_row(reference: Motion | None, *, head_model: str) -> Float[np.ndarray, "58"]:
    """The reference as a row; None is the neutral face.

    Raises:
        InputError: not one frame of that head.
    """
    if reference is None:
        return np.zeros(NUM_MOTION, np.float32)
    if reference.num_frames != 1 or reference.head_model != head_model:
        raise InputError(
            "unusable reference",
            received=f"{reference.num_frames} frames of head {reference.head_model!r}",
            accepted=f"1 frame of head {head_model!r}",
            next_step="give the frame of the face at rest",
        )
    return reference.to_matrix()[0].astype(np.float32)
