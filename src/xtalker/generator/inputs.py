"""What a generator may be given, checked once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from xtalker.values import InputError, Motion, SpeechFeatures
from xtalker.values.motion import NUM_MOTION


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
