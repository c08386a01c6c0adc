"""The emotion that a voice has, frame by frame; and its arousal alone, for when no weights may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from xtalker.emotion.speech_network import (
    SPEECH_CLASSES,
    EmotionCard,
    NetworkConfig,
    emotion_graph,
    read_network,
)
from xtalker.inference.session import Session
from xtalker.values import InputError, SpeechFeatures
from xtalker.values.tracks import EMOTIONS, Rhythm

NUM_CLASSES: Final = len(SPEECH_CLASSES)
SMOOTHING_FRAMES: Final = 5.5
"""Deviation of the smoothing; its bell is about half a second wide at half height."""

_CONTEXT: Final = 16  # frames that the convolutions reach (14), and two more
_PIECE: Final = 3000
_GUESS: Final = 6 / 8  # share of the six emotions when nothing is known
_AROUSAL: Final = np.array([0.30, 0.20, 0.65, 0.30, 0.85, 0.75, 0.50, 0.80])
_TO_EMOTIONS: Final = np.array([[float(c == e) for e in EMOTIONS] for c in SPEECH_CLASSES])


@dataclass(frozen=True)
class SpeechEmotionFrames:
    """What a voice says of its emotion, 25 fps.

    Attributes:
        probabilities: of SPEECH_CLASSES, smoothed over about half a second; rows sum to 1.
        levels: of EMOTIONS, 0 to 2, ready for an EmotionTrack; small when the network is unsure.
        activations: of the network's last hidden layer, -1 to 1, not smoothed.
        arousal: 0 calm to 1 excited.
    """

    probabilities: Float[np.ndarray, "frames 8"]
    levels: Float[np.ndarray, "frames 7"]
    activations: Float[np.ndarray, "frames 64"]
    arousal: Float[np.ndarray, "frames"]


class SpeechEmotion:
    """The shipped network, ready to listen.

    Args:
        config: sizes of the network.
        weights: of it.
        card: of the same file.
    """

    def __init__(
        self, config: NetworkConfig, weights: Mapping[str, Float[np.ndarray, "..."]], card: EmotionCard
    ) -> None:
        self.config, self.card = config, card
        self._session = Session(emotion_graph(config), weights)

    @classmethod
    def load(cls, path: Path) -> SpeechEmotion:
        """Read weights.

        Raises:
            AssetError: missing, damaged, or no speech-emotion network.
        """
        return cls(*read_network(path))

    def frames(self, features: SpeechFeatures, prosody: Float[np.ndarray, "frames tracks"]) -> SpeechEmotionFrames:
        """Listen to a sound of any length, in pieces that do not show.

        Args:
            features: of the encoder that the network was trained with.
            prosody: from `speech.prosody_features` of the same sound.

        Raises:
            InputError: the features come from another encoder.
        """
        if features.encoder != self.card.encoder:
            raise InputError(
                "the speech features come from another encoder", received=features.encoder,
                accepted=self.card.encoder, next_step="extract the features with the encoder that the network names",
            )  # fmt: skip
        assert features.num_frames == len(prosody), "features and prosody are of one sound"
        pieces = [self._piece(features, prosody, start) for start in range(0, len(prosody), _PIECE)]
        raw, strong, say, activations = (np.concatenate(parts) for parts in zip(*pieces))
        weight = np.exp(np.clip(say - np.median(say), -4, 4))[:, None]
        smooth = _smooth(raw * weight) / _smooth(weight)
        probabilities = smooth / smooth.sum(axis=1, keepdims=True)
        strength = (_smooth(strong[:, None] * weight) / _smooth(weight))[:, 0]
        arousal = 0.6 * (probabilities @ _AROUSAL) + 0.4 * strength
        return SpeechEmotionFrames(
            probabilities.astype(np.float32),
            levels_of(probabilities, strength),
            activations,
            np.clip(arousal, 0, 1).astype(np.float32),
        )

    def _piece(
        self, features: SpeechFeatures, prosody: Float[np.ndarray, "frames tracks"], start: int
    ) -> tuple[np.ndarray, ...]:
        """From `start` on: probabilities, strength, attention, activations, as `emotion_graph` gives them."""
        stop = min(start + _PIECE, len(prosody))
        first, last = max(0, start - _CONTEXT), min(len(prosody), stop + _CONTEXT)
        both = np.concatenate([features.linguistic[first:last], prosody[first:last]], axis=1, dtype=np.float32)
        return tuple(track[0, start - first : stop - first] for track in self._session.run(inputs=both[None]))


def levels_of(
    probabilities: Float[np.ndarray, "frames 8"], strength: Float[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames 7"]:
    """Levels of an EmotionTrack from what was heard.

    level = 2 certainty (0.5 + 0.5 strength) p(emotion), neutral and calm give nothing, and contempt is never heard.
    Certainty is 0 where all that is not neutral or calm has less than the share of six emotions in eight classes,
    and rises to 1; so guesses give small levels, and the levels of a frame add up to 2 at most.

    Args:
        probabilities: of SPEECH_CLASSES.
        strength: of the acting, 0 to 1.
    """
    emotional = 1 - probabilities[:, :2].sum(axis=1)
    certainty = np.clip((emotional - _GUESS) / (1 - _GUESS), 0, 1)
    size = 2 * certainty * (0.5 + 0.5 * strength)
    return (size[:, None] * (probabilities @ _TO_EMOTIONS)).astype(np.float32)


def arousal_from_prosody(rhythm: Rhythm) -> Float[np.ndarray, "frames"]:
    """Arousal, 0 to 1, of a voice from its rhythm alone: a formula, not learned.

    0.35 + 0.15 loudness / 6 dB + 0.15 pitch / 4 semitones + 0.2 liveliness, smoothed over about half a second;
    loudness and pitch are above the sound's own median over speech, liveliness is how far the pitch of two seconds
    strays from its mean, in units of 3 semitones beyond the first 3. Pauses give 0.2. Excited voices are louder,
    higher and livelier in pitch (Scherer, Speech Communication 40, 2003); what a voice's median cannot tell
    (a shouted take from a whispered one) this cannot either.
    """
    speaking, pitched = rhythm.speaking, rhythm.pitch_hz > 0
    spoken, voiced = speaking.astype(np.float64), (speaking & pitched).astype(np.float64)
    loud = np.maximum(rhythm.loudness.astype(np.float64), -40)
    semitones = 12 * np.log2(rhythm.pitch_hz, where=pitched, out=np.zeros(rhythm.num_frames))
    louder = _mean(loud - _median(loud, speaking), spoken, SMOOTHING_FRAMES) / 6
    tone = semitones - _median(semitones, speaking & pitched)
    higher = _mean(tone, voiced, SMOOTHING_FRAMES) / 4
    spread = np.sqrt(np.maximum(_mean(tone**2, voiced, 25.0) - _mean(tone, voiced, 25.0) ** 2, 0))
    lively = np.clip((spread - 3) / 3, -1, 1) * (_mean(voiced, np.ones_like(voiced), 25.0) > 0.05)
    heard = np.clip(0.35 + 0.15 * louder + 0.15 * higher + 0.2 * lively, 0, 1)
    share = gaussian_filter1d(spoken, SMOOTHING_FRAMES, mode="nearest")
    return (0.2 + (heard - 0.2) * share).astype(np.float32)


def _smooth(track: Float[np.ndarray, "frames columns"]) -> Float[np.ndarray, "frames columns"]:
    return gaussian_filter1d(track.astype(np.float64), SMOOTHING_FRAMES, axis=0, mode="nearest")


def _median(track: Float[np.ndarray, "frames"], chosen: np.ndarray) -> float:
    return float(np.median(track[chosen])) if chosen.any() else 0.0


def _mean(
    track: Float[np.ndarray, "frames"], weight: Float[np.ndarray, "frames"], width: float
) -> Float[np.ndarray, "frames"]:
    above = gaussian_filter1d(track * weight, width, mode="nearest")
    below = gaussian_filter1d(weight, width, mode="nearest")
    return np.divide(above, below, where=below > 1e-3, out=np.zeros_like(above))
