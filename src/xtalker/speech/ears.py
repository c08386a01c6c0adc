"""Encoder "ears": what Whisper would say, heard 80 ms ahead instead of seconds. For live use.

A small causal network over log-mel spectra, distilled from the features of encoder "whisper-base"
(`tools/distil_ears.py`): its channels are the largest principal components of Whisper's standardised channels. Frame i
depends on the sound of frames i - 75 to i + 2 and on nothing else, so a stream and a file give the same rows.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from xtalker.assets import CATALOGUE, fetch
from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.speech.encoder import phase_frames
from xtalker.speech.log_mel import cut_with_silence
from xtalker.speech.mel import FFT_SAMPLES, HOP_SAMPLES, NUM_MELS, POWER_FLOOR, mel_filters, mel_power
from xtalker.values import AssetError, Audio
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLES_PER_FRAME

ASSET: Final = "speech-ears"
SCHEMA: Final = "xtalker-ears-1"
AHEAD_FRAMES: Final = 2
_HOPS: Final = SAMPLES_PER_FRAME // HOP_SAMPLES
_LEAD: Final = FFT_SAMPLES - HOP_SAMPLES
_CHUNK_FRAMES: Final = 60 * FRAME_RATE_HZ
_MOST: Final = {"width": 2048, "channels": 4096}


@dataclass(frozen=True)
class EarsConfig:
    """Size of the network.

    Attributes:
        width: channels inside.
        channels: channels that come out.
        dilations: steps between the three frames that each block sees, the last of them the newest.
    """

    width: int = 256
    channels: int = 256
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 1, 2, 4)

    def __post_init__(self) -> None:
        """Refuse what would not fit a computer: a checkpoint may come from anywhere."""
        if not all(type(getattr(self, n)) is int and 0 < getattr(self, n) <= most for n, most in _MOST.items()):
            raise ValueError(f"width and channels must be whole numbers up to {_MOST}")
        if not 0 < len(self.dilations) <= 32 or not all(type(d) is int and 0 < d <= 64 for d in self.dilations):
            raise ValueError("dilations must be up to 32 whole numbers from 1 to 64")

    @property
    def memory_frames(self) -> int:
        """Frames before the newest heard one that a row depends on."""
        return 2 * sum(self.dilations)


class EarsNetwork(nn.Module):
    """Causal dilated convolutions over frames of four log-mel spectra each."""

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        self.config = config
        self.enter = nn.Linear(_HOPS * NUM_MELS, config.width)
        self.blocks = nn.ModuleList(_Block(config.width, dilation) for dilation in config.dilations)
        self.leave = nn.Linear(config.width, config.channels)

    def forward(self, mel: Float[Tensor, "batch frames 320"]) -> Float[Tensor, "batch frames channels"]:
        """Row i hears mel rows up to i; the caller shifts by `AHEAD_FRAMES`. What lies before row 0 is zeros."""
        x = self.enter(mel)
        for block in self.blocks:
            x = block(x)
        return self.leave(functional.layer_norm(x, x.shape[-1:]))


class _Block(nn.Module):
    """A dilated causal convolution of three frames; as one matrix product, which is many times faster on a CPU."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.across = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames width"]:
        frames, step = x.shape[1], self.dilation
        padded = functional.pad(functional.layer_norm(x, x.shape[-1:]), (0, 0, 2 * step, 0))
        seen = torch.cat([padded[:, i * step : i * step + frames] for i in range(3)], dim=-1)
        return x + self.mix(functional.gelu(self.across(seen)))


class EarsEncoder:
    """The network as a speech encoder, offline and live.

    Args:
        network: in evaluation mode.
        weights_id: names the weights in the fingerprint.
        device: torch device to run on.
    """

    rate_hz = FRAME_RATE_HZ

    def __init__(self, network: EarsNetwork, weights_id: str, device: str = "cpu") -> None:
        self._network, self._filters = network.to(device), mel_filters().to(device)
        self.channels = network.config.channels
        self.fingerprint = f"ears/{weights_id}/ahead{AHEAD_FRAMES}/25fps/1"
        self.before_frames = network.config.memory_frames

    @classmethod
    def load(cls, device: str) -> EarsEncoder:
        """The shipped weights on a torch device."""
        return cls(read_ears(fetch(ASSET)), CATALOGUE[ASSET].expected_sha256()[:12], device)

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> Float[np.ndarray, "frames channels"]:
        """See `SpeechEncoder.encode`; there are no windows, so the phase is only checked."""
        phase_frames(phase_s)
        out = np.empty((audio.num_frames, self.channels), np.float32)
        for start in range(0, len(out), _CHUNK_FRAMES):
            stop = min(start + _CHUNK_FRAMES, len(out))
            first, last = start - self.before_frames, stop + AHEAD_FRAMES
            window = cut_with_silence(audio.samples, first * SAMPLES_PER_FRAME, last * SAMPLES_PER_FRAME)
            out[start:stop] = self.hear(window)[self.before_frames :][: stop - start]
        return out

    @torch.inference_mode()
    def hear(self, samples: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "frames channels"]:
        """See `live.LiveEncoder.hear`; rows equal those of `encode` from `before_frames` on."""
        frames = len(samples) // SAMPLES_PER_FRAME
        mel = frame_mels(torch.from_numpy(samples[: frames * SAMPLES_PER_FRAME]).to(self._filters.device),
                         self._filters)  # fmt: skip
        return self._network(mel[None])[0, AHEAD_FRAMES:].cpu().numpy()


def frame_mels(samples: Float[Tensor, "samples"], filters: Float[Tensor, "80 201"]) -> Float[Tensor, "rows 320"]:
    """Four log-mel spectra of each frame, none of which reaches beyond it, and `AHEAD_FRAMES` rows of silence.

    Values are (log10(power) + 4) / 4 with a floor of 1e-10: -1.5 is silence.
    """
    quiet = functional.pad(samples.float(), (_LEAD, AHEAD_FRAMES * SAMPLES_PER_FRAME))
    power = mel_power(quiet, filters, padded=False).clamp(min=POWER_FLOOR)
    return ((power.log10() + 4) / 4).T.reshape(-1, _HOPS * NUM_MELS)


def write_ears(path: Path, network: EarsNetwork, said: dict[str, str]) -> None:
    """Write a checkpoint in half precision, with what it says of its making.

    Raises:
        OutputError: the place cannot be written.
    """
    halves = {name: tensor.detach().half().contiguous() for name, tensor in network.state_dict().items()}
    save_checkpoint(path, halves, {**said, "schema": SCHEMA, "config": json.dumps(asdict(network.config))})


def read_ears(path: Path) -> EarsNetwork:
    """Read and check a checkpoint; the network is in evaluation mode and single precision.

    Raises:
        AssetError: missing, damaged, or of another schema.
    """
    tensors, metadata = load_checkpoint(path)
    try:
        if metadata.get("schema") != SCHEMA:
            raise ValueError(f"schema {metadata.get('schema')!r}")
        plain = json.loads(metadata["config"])
        config = EarsConfig(**{**plain, "dilations": tuple(plain["dilations"])})
        with torch.device("meta"):  # a hostile config costs no memory
            network = EarsNetwork(config)
        network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as fault:
        raise AssetError(
            f"unusable ears {path.name}", received=fault, accepted=f"a checkpoint of schema {SCHEMA}",
            next_step="fetch the file again, or make it with `python -m tools.distil_ears`",
        ) from fault  # fmt: skip
    return network.eval()
