"""Synthetic expressions with known emotion: what the motion encoder of the emotion space learns from.

Templates x level x left-right asymmetry x channel jitter + the person's own offset + mouth movements of speech +
blinks; then, for half, what tracking a video would have read of it (`seen_through`). What reading a single picture does
is not imitated here: `emotion_captures` renders and reads real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from xtalker.capture.fit import CHANNEL_SD_FACTOR, DATA_SD, GAP_SD, INNER_LIP_PAIRS, SEEN, landmark_weights
from xtalker.emotion.blend import DEFAULT_STRENGTH, lip_safe_matrix
from xtalker.emotion.templates import designed_templates
from xtalker.head.open_head import OpenHead
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES, LEFT_EYE_OUTER, NUM_EXPRESSION, RIGHT_EYE_OUTER
from xtalker.values.tracks import EMOTIONS, MAX_LEVEL

SPEECH = (*(n for n in EXPRESSION_NAMES if n.startswith("mouth")), "jawOpenCorrective", "jawForward")
SPEECH_SD = {"mouthClose": 0.12, "mouthFrown": 0.05, "mouthDimple": 0.08, "mouthSmile": 0.05}
ORDINARY_SPEECH_SD = 0.16
LIDS = ("eyeBlinkLeft", "eyeBlinkRight")
NOISE_EYE_DISTANCES = 0.006  # of one landmark coordinate, what the attention mesh scatters by
VIDEO_SD = 0.35  # prior of tracking


@dataclass(frozen=True)
class Samples:
    """Expressions with the truth.

    Attributes:
        expression: channels.
        shares: of the seven emotions and neutral, adding up to 1.
        level: sum of the levels.
    """

    expression: Float[np.ndarray, "samples 50"]
    shares: Float[np.ndarray, "samples 8"]
    level: Float[np.ndarray, "samples"]


def make_samples(rng: np.random.Generator, count: int) -> Samples:
    """Random samples: 65 % one emotion, 15 % two, 20 % none."""
    levels = _levels(rng, count)
    head = OpenHead()
    unsafe = DEFAULT_STRENGTH * levels @ designed_templates().expression
    safe = unsafe @ lip_safe_matrix(lip_gaps_mm(head)).T
    face = np.where(rng.random((count, 1)) < 0.4, safe, unsafe)
    face = face * _asymmetry(rng, count) * np.exp(rng.normal(0, 0.25, face.shape))
    face = face * (rng.random(face.shape) > 0.08)
    person = rng.normal(0, 0.05, face.shape) * (rng.random(face.shape) < 0.3)
    face = np.clip(face + person + _speech(rng, count) + _blinks(rng, count), -0.1, 1)
    chosen = rng.random(count) < 1 / 2
    face[chosen] = seen_through(face[chosen], head, rng)
    total = levels.sum(1)
    shares = np.concatenate([levels / np.maximum(total, 1e-9)[:, None], (total == 0)[:, None]], axis=1)
    # A weak emotion is partly neutral to whoever looks.
    fade = np.clip(total / 0.5, 0, 1)[:, None]
    shares = fade * shares + (1 - fade) * np.eye(len(EMOTIONS) + 1)[-1]
    return Samples(face.astype(np.float32), shares.astype(np.float32), total.astype(np.float32))


def _levels(rng: np.random.Generator, count: int) -> Float[np.ndarray, "samples 7"]:
    kind = rng.random(count)
    first, second = rng.integers(len(EMOTIONS), size=(2, count))
    total = rng.uniform(0.2, MAX_LEVEL, count) * (kind > 0.2)
    part = np.where(kind > 0.85, rng.uniform(0.2, 0.8, count), 0)
    levels = np.zeros((count, len(EMOTIONS)))
    rows = np.arange(count)
    np.add.at(levels, (rows, first), total * (1 - part))
    np.add.at(levels, (rows, second), total * part)
    return levels


def _asymmetry(rng: np.random.Generator, count: int) -> Float[np.ndarray, "samples 50"]:
    lean = rng.normal(0, 0.15, count)
    side = np.array([n.endswith("Left") * 1.0 - n.endswith("Right") * 1.0 for n in EXPRESSION_NAMES])
    return np.maximum(1 + lean[:, None] * side, 0)


def _speech(rng: np.random.Generator, count: int) -> Float[np.ndarray, "samples 50"]:
    """Mouth shapes on half of the samples; left and right alike up to a tenth."""
    out = np.zeros((count, NUM_EXPRESSION))
    speaking = (rng.random(count) < 0.5)[:, None]
    for name in SPEECH:
        stem = name.removesuffix("Left").removesuffix("Right")
        size = SPEECH_SD.get(stem, ORDINARY_SPEECH_SD)
        if name.endswith("Right") and f"{stem}Left" in CHANNEL:
            out[:, CHANNEL[name]] = out[:, CHANNEL[f"{stem}Left"]] * rng.normal(1, 0.1, count)
        else:
            out[:, CHANNEL[name]] = np.abs(rng.normal(0, size, count)) * (rng.random(count) < 0.5)
    return out * speaking


def _blinks(rng: np.random.Generator, count: int) -> Float[np.ndarray, "samples 50"]:
    out = np.zeros((count, NUM_EXPRESSION))
    closing = rng.random(count) * (rng.random(count) < 0.15)
    out[:, [CHANNEL[n] for n in LIDS]] = closing[:, None]
    return out


def lip_gaps_mm(head: OpenHead) -> Float[np.ndarray, "7 50"]:
    """Change of the inner-lip gaps by each channel."""
    height = 1e3 * _landmark_basis(head.expression_basis, head)[..., 1]
    upper, lower = np.array(INNER_LIP_PAIRS).T
    return np.ascontiguousarray((height[:, upper] - height[:, lower]).T)


def _landmark_basis(basis: np.ndarray, head: OpenHead) -> Float[np.ndarray, "_ 478 3"]:
    corners = basis[:, head.landmark_triangles].astype(np.float64)
    return np.asarray(np.einsum("nlkc,lk->nlc", corners, head.landmark_weights))


def seen_through(
    face: Float[np.ndarray, "samples 50"], head: OpenHead, rng: np.random.Generator
) -> Float[np.ndarray, "samples 50"]:
    """What fitting landmarks of a frontal video with a known person would give: a linear Gaussian stand-in.

    Expression and the rigid pose explain the landmarks.
    """
    expression, mean = _landmark_basis(head.expression_basis, head), _landmark_basis(head.mean[None], head)[0]
    eye_distance = np.linalg.norm(mean[LEFT_EYE_OUTER] - mean[RIGHT_EYE_OUTER])
    shifts = [np.tile(axis, (len(mean), 1)) for axis in np.eye(3)[:2]]
    rigid = np.stack([*(np.cross(axis, mean) for axis in np.eye(3)), mean, *shifts])
    flat = lambda b: b[..., :2].reshape(len(b), -1).T / eye_distance  # noqa: E731
    weight = np.repeat(landmark_weights(), 2)[:, None] / DATA_SD
    upper, lower = np.array(INNER_LIP_PAIRS).T
    gaps = lambda b: (b[:, lower] - b[:, upper])[..., :2].reshape(len(b), -1).T / eye_distance / GAP_SD  # noqa: E731
    stack = lambda b: np.concatenate([weight * flat(b), gaps(b)])  # noqa: E731
    factor = np.array([CHANNEL_SD_FACTOR.get(EXPRESSION_NAMES[i], 1.0) for i in SEEN])
    held = np.r_[1 / (VIDEO_SD * factor) ** 2, np.full(len(rigid), 1e-6)]
    posed = np.concatenate([stack(expression[SEEN]), np.concatenate([weight * flat(rigid), 0 * gaps(rigid)])], axis=1)
    solve = np.linalg.solve(posed.T @ posed + np.diag(held), posed.T)[: len(SEEN)]
    noise = rng.normal(0, NOISE_EYE_DISTANCES, (len(face), len(weight))) * weight[:, 0]
    seen = face @ (solve @ stack(expression)).T + noise @ solve[:, : len(weight)].T
    out = np.zeros_like(face)
    out[:, SEEN] = np.clip(seen, -0.05, 1)
    return out
