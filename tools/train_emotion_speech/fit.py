"""Training of the speech-emotion network on kept features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from tools.train_emotion_speech.corpus import HeardClip
from torch import Tensor
from tqdm import tqdm

from xtalker.emotion.speech_network import NetworkConfig
from xtalker.networks.speech_emotion import Heard, SpeechEmotionNetwork, clip_logits, clip_strength


@dataclass(frozen=True)
class FitRecipe:
    """How to train; chosen on the validation actors.

    Attributes:
        network: sizes.
        epochs: each shows every clip once, in a pass that is drawn.
        batch: clips in a step.
        crop_frames: length of the piece that is drawn from each clip.
        learning_rate: at the peak of a one-cycle schedule.
        weight_decay: of AdamW.
        frame_loss: weight of the loss on single frames (the clip's label, frames weighted by their attention).
        strength_loss: weight of the loss on acted intensity.
        label_smoothing: of both class losses.
        noise: deviation added to normalised inputs.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    epochs: int = 40
    batch: int = 60
    crop_frames: int = 50
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    frame_loss: float = 0.5
    strength_loss: float = 0.2
    label_smoothing: float = 0.1
    noise: float = 0.3


@dataclass(frozen=True)
class Batch:
    """Clips of one length, completed with frames that are not present."""

    inputs: Float[Tensor, "batch frames inputs"]
    present: Bool[Tensor, "batch frames"]
    labels: Int[Tensor, "batch"]
    strong: Float[Tensor, "batch"]


def make_batch(clips: Sequence[HeardClip], network: SpeechEmotionNetwork) -> Batch:
    """Normalised inputs of clips."""
    frames = max(len(clip.prosody) for clip in clips)
    inputs = torch.zeros(len(clips), frames, len(network.means))
    present = torch.zeros(len(clips), frames, dtype=torch.bool)
    for row, clip in enumerate(clips):
        both = np.concatenate([clip.linguistic, clip.prosody], axis=1, dtype=np.float32)
        inputs[row, : len(both)] = network.normalise(torch.from_numpy(both))
        present[row, : len(both)] = True
    labels = torch.tensor([clip.clip.label for clip in clips])
    strong = torch.tensor([float(clip.clip.strong) for clip in clips])
    return Batch(inputs, present, labels, strong)


def fit(passes: Sequence[Sequence[HeardClip]], recipe: FitRecipe, *, seed: int) -> SpeechEmotionNetwork:
    """Train one member for each seed from `seed` on, and give them together.

    Args:
        passes: the same clips in the same order, heard in several ways.
        recipe: sizes and settings.
        seed: of weights, drawing and noise.
    """
    together = SpeechEmotionNetwork(recipe.network)
    _measure_inputs(together, passes)
    for number in range(recipe.network.members):
        alone = _fit_member(together, passes, recipe, seed + number)
        together.members[number].load_state_dict(alone.members[0].state_dict())
    return together.eval()


def _measure_inputs(network: SpeechEmotionNetwork, passes: Sequence[Sequence[HeardClip]]) -> None:
    speech = np.concatenate([clip.linguistic for way in passes for clip in way]).astype(np.float32)
    prosody = np.concatenate([clip.prosody for way in passes for clip in way])
    means = [a.mean(axis=0, dtype=np.float64) for a in (speech, prosody)]
    scales = [np.sqrt(((a - m.astype(np.float32)) ** 2).mean(axis=0, dtype=np.float64)) for a, m in
              zip((speech, prosody), means)]  # fmt: skip
    network.means.copy_(torch.from_numpy(np.concatenate(means)))
    network.scales.copy_(torch.from_numpy(np.maximum(np.concatenate(scales), 1e-3)))


def _fit_member(
    shared: SpeechEmotionNetwork, passes: Sequence[Sequence[HeardClip]], recipe: FitRecipe, seed: int
) -> SpeechEmotionNetwork:
    torch.manual_seed(seed)  # dropout draws from the global generator
    random = np.random.default_rng(seed)
    network = SpeechEmotionNetwork(replace(recipe.network, members=1))
    network.means.copy_(shared.means)
    network.scales.copy_(shared.scales)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    count = len(passes[0])
    steps = recipe.epochs * -(-count // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps)
    network.train()
    for _ in tqdm(range(recipe.epochs), desc=f"training, seed {seed}"):
        order = random.permutation(count)
        for start in range(0, count, recipe.batch):
            clips = [passes[random.integers(len(passes))][i] for i in order[start : start + recipe.batch]]
            batch = make_batch([_crop(clip, recipe.crop_frames, random) for clip in clips], network)
            noisy = batch.inputs + recipe.noise * torch.randn_like(batch.inputs)
            (heard,) = network(noisy, batch.present)
            optimiser.zero_grad()
            _loss(heard, batch, recipe).backward()
            optimiser.step()
            schedule.step()
    return network


def _crop(clip: HeardClip, frames: int, random: np.random.Generator) -> HeardClip:
    """A piece of a clip, drawn rather from its middle: the clips start and end in silence."""
    room = max(0, len(clip.prosody) - frames)
    first = int(random.integers(room // 4, room - room // 4 + 1))
    kept = slice(first, first + frames)
    return HeardClip(clip.clip, clip.linguistic[kept], clip.prosody[kept])


def _loss(heard: Heard, batch: Batch, recipe: FitRecipe) -> Tensor:
    smoothing = recipe.label_smoothing
    # Neutral has half as many clips as the others, and every class counts alike.
    weight = torch.ones(heard.logits.shape[-1])
    weight[0] = 2.0
    whole = F.cross_entropy(clip_logits(heard, batch.present), batch.labels, weight, label_smoothing=smoothing)
    say = heard.attention.detach().masked_fill(~batch.present, -torch.inf).softmax(dim=1)
    of_frames = F.cross_entropy(
        heard.logits.transpose(1, 2), batch.labels[:, None].expand(batch.present.shape), weight,
        label_smoothing=smoothing, reduction="none",
    )  # fmt: skip
    frames = (say * of_frames).sum(dim=1).mean()
    strength = F.binary_cross_entropy_with_logits(clip_strength(heard, batch.present), batch.strong)
    return whole + recipe.frame_loss * frames + recipe.strength_loss * strength


@torch.inference_mode()
def answers(network: SpeechEmotionNetwork, clips: Sequence[HeardClip]) -> Float[np.ndarray, "clips 8"]:
    """Probabilities of the classes for each clip: the mean over the members."""
    out = []
    for start in range(0, len(clips), 60):
        batch = make_batch(clips[start : start + 60], network)
        said = [clip_logits(heard, batch.present).softmax(dim=-1) for heard in network(batch.inputs, batch.present)]
        out.append(torch.stack(said).mean(dim=0).numpy())
    return np.concatenate(out)
