"""Encoder "whisper-base": hidden states of Whisper base at the frame centres.

Radford et al. (2022), figure 1, left. The features of a sound depend on where in the window it lies, so one window
policy holds everywhere: windows of 10 s, silence around the sound, 1 s of context dropped on each side.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Final

import numpy as np
from jaxtyping import Float, Shaped

from xtalker.assets import CATALOGUE, fetch
from xtalker.assets.tensor_file import array_of, read_tensor_file
from xtalker.inference.session import Session
from xtalker.speech.encoder import phase_frames
from xtalker.speech.log_mel import cut_with_silence
from xtalker.speech.mel import mel_filters, whisper_log_mel
from xtalker.speech.whisper_graph import WhisperSize, whisper_graph
from xtalker.values import Audio, InputError
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLES_PER_FRAME
from xtalker.values.extras import require_extra

ASSET = "whisper-base-encoder"
WINDOW_FRAMES, CONTEXT_FRAMES = 10 * FRAME_RATE_HZ, FRAME_RATE_HZ
STEP_FRAMES = WINDOW_FRAMES - 2 * CONTEXT_FRAMES
HIDDEN_LAYER = 4
PRECISION_VARIABLE: Final = "XTALKER_PRECISION"
TOLERANCE: Final = {"float32": 2e-5, "bfloat16": 1e-2}
"""How far features of the same sound may differ with the batch or the window they are computed in, and with the
processor, as a share of the largest feature. Some processors sum bfloat16 products in an order that depends on the
size of the matrices (0.4 % was measured), so bfloat16 is a choice and single precision the default."""

_BATCH_WINDOWS = 4
_SILENCE_AFTER_FRAMES = 10
_SINGLE, _BFLOAT16 = "float32", "bfloat16"


class WhisperEncoder:
    """Whisper's encoder: channels [hidden state 4 | normed output], single precision by ONNX Runtime.

    Encoder frame j of a window is centred on 0.02 j s and video frame i on 0.04 i + 0.02 s, so the frame taken is
    2 i + 1 exactly, without interpolation. Window k covers frames 200 k - 25 - p .. 200 k + 225 - p for a phase of p
    frames. Therefore a sound that comes d frames later gives the same features d frames later when the phase is
    p - d modulo 200; under the same phase it does so when d is a multiple of 200. How windows are batched changes
    nothing beyond 2e-5 of the features' scale.

    Args:
        tensors: weights by name, any float type.
        weights_id: names the weights in the fingerprint.
        hidden_layer: which hidden state comes first, 0 being the input of the first layer.
    """

    rate_hz = FRAME_RATE_HZ
    precision = "float32"

    def __init__(
        self,
        tensors: Mapping[str, Shaped[np.ndarray, "..."]],
        weights_id: str,
        *,
        hidden_layer: int = HIDDEN_LAYER,
    ) -> None:
        self._weights = {name: tensor for name, tensor in tensors.items() if tensor.ndim}
        self._size = WhisperSize(
            width=len(tensors["layer_norm/gamma"]), heads=int(tensors["num_heads"]),
            layers=sum(name.endswith("ffn/linear_0/weight") for name in tensors),
            inner=len(tensors["layer_0/ffn/linear_0/bias"]), hidden_layer=hidden_layer,
        )  # fmt: skip
        self._filters = mel_filters()
        self.channels = 2 * self._size.width
        self.fingerprint = f"{weights_id}/hidden{hidden_layer}+final/window10s-context1s/25fps-centres/1"

    @classmethod
    def load(cls) -> WhisperEncoder:
        """The published weights.

        XTALKER_PRECISION=bfloat16 multiplies in bfloat16 by PyTorch, see `networks.whisper`.

        Raises:
            InputError: another precision, or bfloat16 without PyTorch.
        """
        tensors = {name: array_of(raw) for name, raw in read_tensor_file(fetch(ASSET))[0].items()}
        weights_id = f"whisper-base/{CATALOGUE[ASSET].sha256[:12]}"
        asked = os.environ.get(PRECISION_VARIABLE, "") or _SINGLE
        if asked == _BFLOAT16:
            require_extra("train", "torch", f"{PRECISION_VARIABLE}={_BFLOAT16}")
            # By name: inference does not depend on PyTorch.
            encoder: WhisperEncoder = import_module("xtalker.networks.whisper").BfloatWhisper(tensors, weights_id)
            return encoder
        if asked != _SINGLE:
            raise InputError(
                "unknown precision", received=f"{PRECISION_VARIABLE}={asked}", accepted=f"{_SINGLE}, {_BFLOAT16}",
                next_step="remove the setting, or choose one of these",
            )  # fmt: skip
        return cls(tensors, weights_id)

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> Float[np.ndarray, "frames channels"]:
        """See `SpeechEncoder.encode`."""
        phase = phase_frames(phase_s) % STEP_FRAMES
        out = np.empty((audio.num_frames, self.channels), np.float32)
        starts = range(-phase, len(out), STEP_FRAMES)
        for batch in range(0, len(starts), _BATCH_WINDOWS):
            group = starts[batch : batch + _BATCH_WINDOWS]
            for start, rows in zip(group, self._windows(audio, group)):
                stop = min(start + STEP_FRAMES, len(out))
                out[max(start, 0) : stop] = rows[max(-start, 0) : stop - start]
        return out

    def hear(self, samples: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "frames channels"]:
        """See `live.LiveEncoder.hear`; up to 29 s.

        Silence follows the sound: Whisper's last half second in a window is unlike all the rest.
        """
        frames = len(samples) // SAMPLES_PER_FRAME
        wave = np.pad(samples, (0, _SILENCE_AFTER_FRAMES * SAMPLES_PER_FRAME)).astype(np.float32)
        return self.hidden_and_final(whisper_log_mel(wave[None], self._filters))[0, 1::2][:frames]

    def _windows(self, audio: Audio, starts: range) -> Float[np.ndarray, "windows 200 channels"]:
        """The kept frames of the windows whose first kept frames are given."""
        waves = np.stack([_window(audio.samples, start) for start in starts])
        both = self.hidden_and_final(whisper_log_mel(waves, self._filters))
        first = 2 * CONTEXT_FRAMES + 1
        return both[:, first : first + 2 * STEP_FRAMES : 2]

    def hidden_and_final(self, mel: Float[np.ndarray, "windows 80 hops"]) -> Float[np.ndarray, "windows steps both"]:
        """All steps of windows: the hidden state, then the normed output."""
        return self._session.run(mel=mel)[0]

    @cached_property
    def _session(self) -> Session:
        session = Session(whisper_graph(self._size), self._weights)
        self._weights = {}  # the session has its own
        return session


def _window(samples: Float[np.ndarray, "samples"], start_frame: int) -> Float[np.ndarray, "160000"]:
    first = (start_frame - CONTEXT_FRAMES) * SAMPLES_PER_FRAME
    return cut_with_silence(samples, first, first + WINDOW_FRAMES * SAMPLES_PER_FRAME)
