"""Phone times of real speech: a frame-wise phone probe on speech features, and Viterbi within given word times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from tools.teach.phones import GRID_WORDS, PAUSE, PHONES, TimedPhone

from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import whole_file

STEP_S: Final = 0.01
_STATES_PER_PHONE: Final = 3  # each lasts a step or more: no phone is shorter than 30 ms
_WORD_SLACK_S: Final = 0.05
_SILENCES: Final = ("sil", "sp")
_WEIGHT_DECAY, _ITERATIONS = 1e-3, 60
_SMALLEST: Final = 1e-4

Word = tuple[float, float, str]
"""Start and end in seconds, and the word."""


@dataclass(frozen=True)
class PhoneProbe:
    """Linear softmax over PHONES.

    Attributes:
        mean, scale: of the speech channels.
        weight, bias: on the standardised channels.
        log_prior: of each phone among the frames that taught it.
    """

    mean: Float[np.ndarray, "channels"]
    scale: Float[np.ndarray, "channels"]
    weight: Float[np.ndarray, "channels phones"]
    bias: Float[np.ndarray, "phones"]
    log_prior: Float[np.ndarray, "phones"]

    def log_posterior(self, features: Float[np.ndarray, "frames channels"]) -> Float[np.ndarray, "frames phones"]:
        """Natural logarithm of each phone's probability."""
        logits = ((features.astype(np.float32) - self.mean) / self.scale) @ self.weight + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))

    def write(self, path: Path) -> None:
        """As npz, the weight in half precision."""
        with whole_file(path) as beside, beside.open("wb") as file:
            np.savez_compressed(file, mean=self.mean, scale=self.scale, weight=self.weight.astype(np.float16),
                                bias=self.bias, log_prior=self.log_prior)  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> PhoneProbe:
        """Inverse of `write`."""
        with np.load(path, allow_pickle=False) as file:
            return cls(*(file[name].astype(np.float32) for name in cls.__dataclass_fields__))


def fit_probe(
    features: Float[np.ndarray, "frames channels"], labels: Int[np.ndarray, "frames"], iterations: int = _ITERATIONS
) -> PhoneProbe:
    """Softmax regression by L-BFGS; deterministic."""
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64) + 1e-6
    inputs = torch.from_numpy(((features - mean) / scale).astype(np.float32))
    wanted = torch.from_numpy(labels.astype(np.int64))
    weight = torch.zeros(features.shape[1], len(PHONES), requires_grad=True)
    bias = torch.zeros(len(PHONES), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=iterations, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = (
            torch.nn.functional.cross_entropy(inputs @ weight + bias, wanted) + _WEIGHT_DECAY * weight.square().sum()
        )
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)
    share = np.bincount(labels, minlength=len(PHONES)) / len(labels)
    return PhoneProbe(
        mean.astype(np.float32), scale.astype(np.float32), weight.detach().numpy(), bias.detach().numpy(),
        np.log(np.maximum(share, _SMALLEST)).astype(np.float32),
    )  # fmt: skip


def frame_labels(phones: Sequence[TimedPhone], num_frames: int) -> Int[np.ndarray, "frames"]:
    """Index in PHONES of what sounds at the centre of each frame."""
    ends = np.array([p.end_s for p in phones])
    which = np.searchsorted(ends, (np.arange(num_frames) + 0.5) / FRAME_RATE_HZ).clip(max=len(phones) - 1)
    return np.array([PHONES.index(p.name) for p in phones])[which]


def align_words(
    probe: PhoneProbe, features: Float[np.ndarray, "frames channels"], words: Sequence[Word]
) -> tuple[TimedPhone, ...]:
    """Phones of a clip of GRID, from 0 to its end.

    Args:
        probe: of the same speech encoder.
        features: of the clip, 25 a second.
        words: of the whole clip in order, pauses as "sil" or "sp".

    Raises:
        InputError: no words, or one that GRID does not have.
    """
    unknown = [word for _, _, word in words if word not in GRID_WORDS and word not in _SILENCES]
    if unknown or not words:
        raise InputError("cannot align", received=f"words {unknown}", accepted="words of GRID",
                         next_step="check the alignment file of this clip")  # fmt: skip
    score = probe.log_posterior(features) - probe.log_prior
    times = np.arange(0, len(features) / FRAME_RATE_HZ - STEP_S / 2, STEP_S) + STEP_S / 2
    centres = (np.arange(len(features)) + 0.5) / FRAME_RATE_HZ
    fine = np.stack([np.interp(times, centres, column) for column in score.T], axis=1)
    phones = [(phone, *word[:2]) for word in words for phone in GRID_WORDS.get(word[2], (PAUSE,))]
    column = np.repeat([PHONES.index(phone) for phone, _, _ in phones], _STATES_PER_PHONE)
    begin, end = (np.repeat([p[i] for p in phones], _STATES_PER_PHONE) for i in (1, 2))
    allowed = (times[:, None] > begin - _WORD_SLACK_S) & (times[:, None] < end + _WORD_SLACK_S)
    path = _viterbi(np.where(allowed, fine[:, column], -1e3)) // _STATES_PER_PHONE
    starts = np.searchsorted(path, np.arange(len(phones))) * STEP_S
    stops = [*starts[1:], len(features) / FRAME_RATE_HZ]
    return tuple(TimedPhone(p[0], float(a), float(b)) for p, a, b in zip(phones, starts, stops) if b > a)


def _viterbi(score: Float[np.ndarray, "steps states"]) -> Int[np.ndarray, "steps"]:
    """Best path from the first to the last state, each step staying or going on by one."""
    steps, states = score.shape
    total = np.full(states, -np.inf)
    total[0] = score[0, 0]
    moved: Bool[np.ndarray, "steps states"] = np.zeros((steps, states), bool)
    for step in range(1, steps):
        before = np.concatenate([[-np.inf], total[:-1]])
        moved[step] = before > total
        total = np.maximum(before, total) + score[step]
    path = np.empty(steps, np.int64)
    path[-1] = states - 1
    for step in range(steps - 1, 0, -1):
        path[step - 1] = path[step] - moved[step, path[step]]
    return path


def adapt(
    probe: PhoneProbe,
    clips: Sequence[tuple[Float[np.ndarray, "frames channels"], Sequence[Word]]],
    teach: Callable[[Float[np.ndarray, "frames channels"], Int[np.ndarray, "frames"]], PhoneProbe],
    rounds: int,
) -> PhoneProbe:
    """Align real clips, learn from the result too, and again.

    Args:
        probe: learnt from synthesised speech.
        clips: features and words of real clips.
        teach: makes a probe of real frames and their labels, adding the synthesised ones.
        rounds: how often.
    """
    for _ in range(rounds):
        labels = [frame_labels(align_words(probe, features, words), len(features)) for features, words in clips]
        probe = teach(np.concatenate([features for features, _ in clips]), np.concatenate(labels))
    return probe
