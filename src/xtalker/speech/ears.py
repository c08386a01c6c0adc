"""Encoder "ears": what Whisper would say, heard 80 ms ahead instead of seconds. For live use.

A small causal network over log-mel spectra, distilled from the features of encoder "whisper-base"
(`tools/distil_ears.py`): its channels are the largest principal components of Whisper's standardised channels. Frame i
depends on the sound of frames i - 75 to i + 2 and on nothing else, so a stream and a file give the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.assets import CATALOGUE, fetch
from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.inference.graph import Graph, Value
from xtalker.inference.layers import gelu, linear, plain_norm
from xtalker.inference.session import Session, check_weights
from xtalker.speech.encoder import phase_frames
from xtalker.speech.log_mel import cut_with_silence
from xtalker.speech.mel import FFT_SAMPLES, HOP_SAMPLES, NUM_MELS, POWER_FLOOR, mel_filters, mel_power
from xtalker.values import AssetError, Audio
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLES_PER_FRAME

ASSET: Final = "speech-ears"
SCHEMA: Final = "xtalker-ears-1"
AHEAD_FRAMES: Final = 2
_HOPS: Final = SAMPLES_PER_FRAME // HOP_SAMPLES
MEL_ROW: Final = _HOPS * NUM_MELS
_LEAD: Final = FFT_SAMPLES - HOP_SAMPLES
Cut = Callable[[int, int], Float[np.ndarray, "samples"]]
"""Gives the samples of a sound from a first one to before a last one."""

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


def ears_graph(config: EarsConfig) -> Graph:
    """Causal dilated convolutions over frames of four log-mel spectra each; a step of a stream, or all of a sound.

    `mel` (batch, frames, 320) and `before`, what each block has seen last (batch, 2 sum(dilations), width), to `rows`
    (batch, frames, channels) and `seen`, the `before` of the next step. Row i hears mel rows up to i; the caller
    shifts by `AHEAD_FRAMES`. Before the beginning of a sound lie zeros.
    """
    graph, width = Graph("ears"), config.width
    x = linear(graph, graph.input("mel", ("batch", "frames", MEL_ROW)), "enter.", MEL_ROW, width)
    before = graph.input("before", ("batch", config.memory_frames, width))
    parts = graph.ops(
        "Split", before, graph.constant([2 * each for each in config.dilations]), results=len(config.dilations), axis=1
    )
    seen = []
    for number, (dilation, past) in enumerate(zip(config.dilations, parts, strict=True)):
        x, last = _block(graph, x, past, f"blocks.{number}.", (width, dilation))
        seen.append(last)
    rows = linear(graph, plain_norm(graph, x, width), "leave.", width, config.channels)
    graph.output("rows", rows, ("batch", "frames", config.channels))
    graph.output("seen", graph.op("Concat", *seen, axis=1), ("batch", config.memory_frames, width))
    return graph


def _block(graph: Graph, x: Value, past: Value, place: str, size: tuple[int, int]) -> tuple[Value, Value]:
    """A dilated causal convolution of three frames, as one matrix product."""
    width, dilation = size
    track = graph.op("Concat", past, plain_norm(graph, x, width), axis=1)
    oldest, middle = (_cut(graph, track, i * dilation, (i - 2) * dilation) for i in range(2))
    newest = _cut(graph, track, 2 * dilation, None)
    across = linear(graph, graph.op("Concat", oldest, middle, newest, axis=2), f"{place}across.", 3 * width, width)
    mixed = linear(graph, gelu(graph, across), f"{place}mix.", width, width)
    return graph.op("Add", x, mixed), _cut(graph, track, -2 * dilation, None)


def _cut(graph: Graph, track: Value, start: int, stop: int | None) -> Value:
    end = np.iinfo(np.int64).max if stop is None else stop
    return graph.op("Slice", track, graph.constant([start]), graph.constant([int(end)]), graph.constant([1]))


class EarsEncoder:
    """The network as a speech encoder, offline and live.

    Args:
        config: sizes of the network.
        weights: by name, exactly those of `ears_graph`.
        weights_id: names the weights in the fingerprint.
    """

    rate_hz = FRAME_RATE_HZ
    ahead_frames = AHEAD_FRAMES

    def __init__(self, config: EarsConfig, weights: Mapping[str, Float[np.ndarray, "..."]], weights_id: str) -> None:
        self.config, self._filters = config, mel_filters()
        # Rows of a hop are too few to share between threads.
        self._session = Session(ears_graph(config), weights, threads=1)
        self.channels = config.channels
        self.fingerprint = f"ears/{weights_id}/ahead{AHEAD_FRAMES}/25fps/1"
        self.before_frames = config.memory_frames

    @classmethod
    def load(cls) -> EarsEncoder:
        """The shipped weights."""
        return cls(*read_ears(fetch(ASSET)), CATALOGUE[ASSET].expected_sha256()[:12])

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

    def stream(self) -> EarsStream:
        """See `live.StreamEncoder.stream`."""
        return EarsStream(self)

    @cached_property
    def silence(self) -> Float[np.ndarray, "1 memory width"]:
        """What the blocks have seen when a sound begins: long silence."""
        mel = frame_mels(np.zeros(self.before_frames * SAMPLES_PER_FRAME, np.float32), self._filters)
        nothing = np.zeros((1, self.before_frames, self.config.width), np.float32)
        return self.step(mel[None], nothing)[1]

    def step(
        self, mel: Float[np.ndarray, "batch frames 320"], seen: Float[np.ndarray, "batch memory width"]
    ) -> tuple[Float[np.ndarray, "batch frames channels"], Float[np.ndarray, "batch memory width"]]:
        """The next rows of streams and what their blocks have seen then; see `ears_graph`."""
        rows, seen = self._session.run(mel=mel, before=seen)
        return rows, seen

    def mels(self, cut: Cut, begin: int, end: int) -> Float[np.ndarray, "1 frames 320"]:
        """Spectra of frames begin ... end - 1 of a sound."""
        wave = cut(begin * SAMPLES_PER_FRAME - _LEAD, end * SAMPLES_PER_FRAME)
        return _log_mels(wave, self._filters)[None]

    def hear(self, samples: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "frames channels"]:
        """See `live.LiveEncoder.hear`; rows equal those of `encode` from `before_frames` on."""
        frames = len(samples) // SAMPLES_PER_FRAME
        mel = frame_mels(samples[: frames * SAMPLES_PER_FRAME], self._filters)
        nothing = np.zeros((1, self.before_frames, self.config.width), np.float32)
        return self.step(mel[None], nothing)[0][0, AHEAD_FRAMES:]


class EarsStream:
    """A sound that is heard hop by hop; see `live.HeardStream`."""

    def __init__(self, encoder: EarsEncoder) -> None:
        self._encoder, self._seen = encoder, encoder.silence
        self._next = 0

    def rows(self, cut: Cut, begin: int, end: int) -> Float[np.ndarray, "frames channels"]:
        """See `live.HeardStream.rows`."""
        assert begin == max(self._next - AHEAD_FRAMES, 0), "hops come in order"
        mel = self._encoder.mels(cut, self._next, end + AHEAD_FRAMES)
        self._next = end + AHEAD_FRAMES
        rows, self._seen = self._encoder.step(mel, self._seen)
        return rows[0, begin - end :]


def frame_mels(
    samples: Float[np.ndarray, "samples"], filters: Float[np.ndarray, "80 201"]
) -> Float[np.ndarray, "rows 320"]:
    """Four log-mel spectra of each frame, none of which reaches beyond it, and `AHEAD_FRAMES` rows of silence.

    Values are (log10(power) + 4) / 4 with a floor of 1e-10: -1.5 is silence.
    """
    quiet = np.pad(samples, (_LEAD, AHEAD_FRAMES * SAMPLES_PER_FRAME))
    return _log_mels(quiet, filters)


def _log_mels(
    wave: Float[np.ndarray, "samples"], filters: Float[np.ndarray, "80 201"]
) -> Float[np.ndarray, "rows 320"]:
    """Of whole frames, which `_LEAD` samples more go before."""
    power = np.maximum(mel_power(wave, filters, padded=False), np.float32(POWER_FLOOR))
    return np.asarray((np.log10(power) + 4) / 4, np.float32).T.reshape(-1, MEL_ROW)


def write_ears(
    path: Path, config: EarsConfig, weights: Mapping[str, Float[np.ndarray, "..."]], said: Mapping[str, str]
) -> None:
    """Write a checkpoint in half precision, with what it says of its making.

    Raises:
        OutputError: the place cannot be written.
    """
    halves = {name: array.astype(np.float16) for name, array in weights.items()}
    save_checkpoint(path, halves, {**said, "schema": SCHEMA, "config": json.dumps(asdict(config))})


def read_ears(path: Path) -> tuple[EarsConfig, dict[str, Float[np.ndarray, "..."]]]:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing, damaged, or of another schema.
    """
    tensors, metadata = load_checkpoint(path)
    try:
        if metadata.get("schema") != SCHEMA:
            raise ValueError(f"schema {metadata.get('schema')!r}")
        plain = json.loads(metadata["config"])
        config = EarsConfig(**{**plain, "dilations": tuple(plain["dilations"])})
        check_weights(ears_graph(config).weights, tensors)
    except (KeyError, TypeError, ValueError) as fault:
        raise AssetError(
            f"unusable ears {path.name}", received=fault, accepted=f"a checkpoint of schema {SCHEMA}",
            next_step="fetch the file again, or make it with `python -m tools.distil_ears`",
        ) from fault  # fmt: skip
    return config, tensors
