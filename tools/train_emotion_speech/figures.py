"""Figures of a speech-emotion network on people whom it has not heard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from tools.train_emotion_speech.corpus import HeardClip
from tools.train_emotion_speech.fit import answers

from xtalker.emotion.from_speech import SpeechEmotion
from xtalker.emotion.speech_network import SPEECH_CLASSES
from xtalker.networks.speech_emotion import SpeechEmotionNetwork
from xtalker.values import SpeechFeatures

DRAWS = 2000


def recall(said: Int[np.ndarray, "clips"], labels: Int[np.ndarray, "clips"]) -> float:
    """Unweighted average recall: the mean over the classes present of the share of their clips that is right."""
    return float(np.mean([(said[labels == k] == k).mean() for k in np.unique(labels)]))


def interval(
    said: Int[np.ndarray, "clips"], labels: Int[np.ndarray, "clips"], groups: Int[np.ndarray, "clips"]
) -> tuple[float, float]:
    """95 % bootstrap interval of the recall, drawing whole groups (people, or single clips) with replacement."""
    random = np.random.default_rng(0)
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    drawn = []
    for _ in range(DRAWS):
        chosen = np.concatenate([members[i] for i in random.integers(len(members), size=len(members))])
        drawn.append(recall(said[chosen], labels[chosen]))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def figures(emotion: SpeechEmotion, network: SpeechEmotionNetwork, clips: Sequence[HeardClip]) -> dict[str, object]:
    """Recall by clip with intervals, confusion, and what single frames say."""
    labels = np.array([clip.clip.label for clip in clips])
    actors = np.array([clip.clip.actor for clip in clips])
    with torch.inference_mode():
        said = answers(network, clips).argmax(axis=1)
    confusion = np.zeros((len(SPEECH_CLASSES), len(SPEECH_CLASSES)), int)
    np.add.at(confusion, (labels, said), 1)
    heard = [emotion.frames(_features(clip, emotion.card.encoder), clip.prosody) for clip in clips]
    middles = [_middle(frames.probabilities) for frames in heard]
    arousal = np.array([float(frames.arousal.mean()) for frames in heard])
    strong = np.array([clip.clip.strong for clip in clips])
    return {
        "clips": len(clips),
        "unweighted_recall": recall(said, labels),
        "interval_by_clip": interval(said, labels, np.arange(len(labels))),
        "interval_by_actor": interval(said, labels, actors),
        "recall_of_each_actor": {int(a): recall(said[actors == a], labels[actors == a]) for a in np.unique(actors)},
        "classes": SPEECH_CLASSES,
        "confusion_rows_are_true": confusion.tolist(),
        "share_of_frames_right": float(np.mean([(m.argmax(1) == k).mean() for m, k in zip(middles, labels)])),
        "changes_of_class_a_second": float(25 * np.mean([(np.diff(m.argmax(1)) != 0).mean() for m in middles])),
        "arousal_of_strong_above_normal": float((arousal[strong, None] > arousal[None, ~strong & (labels > 0)]).mean()),
    }


def _features(clip: HeardClip, encoder: str) -> SpeechFeatures:
    linguistic = clip.linguistic.astype(np.float32)
    return SpeechFeatures(linguistic, np.zeros(len(linguistic), np.float32), encoder)


def _middle(track: Float[np.ndarray, "frames 8"]) -> Float[np.ndarray, "kept 8"]:
    """Without the outer quarters: the clips start and end in silence."""
    quarter = len(track) // 4
    return track[quarter : len(track) - quarter]
