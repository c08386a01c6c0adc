"""Whisper in PyTorch against ONNX Runtime, and in bfloat16."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tests.speech.test_whisper import random_weights, speech

from xtalker.assets import fetch
from xtalker.assets.tensor_file import array_of, read_tensor_file
from xtalker.networks.whisper import BfloatWhisper
from xtalker.speech import whisper
from xtalker.speech.mel import mel_filters, whisper_log_mel
from xtalker.speech.whisper import ASSET, TOLERANCE, WhisperEncoder
from xtalker.values import Audio


def test_single_precision_equals_the_graph() -> None:
    audio = Audio(speech(11))
    graph = WhisperEncoder(random_weights(), "tiny", hidden_layer=2)
    twin = BfloatWhisper(random_weights(), "tiny", hidden_layer=2, bfloat16=False)
    assert twin.fingerprint == graph.fingerprint
    np.testing.assert_allclose(twin.encode(audio), graph.encode(audio), atol=2e-5)


def published() -> dict[str, np.ndarray]:
    return {name: array_of(raw) for name, raw in read_tensor_file(fetch(ASSET))[0].items()}


@pytest.mark.real
def test_bfloat16_changes_features_by_a_hundredth_of_their_spread() -> None:
    exact, fast = WhisperEncoder(published(), "exact"), BfloatWhisper(published(), "fast")
    one, other = (encoder.encode(Audio(speech(6))) for encoder in (exact, fast))
    off = np.abs(one - other) / one.std(axis=0)
    assert 1e-4 < off.mean() < 0.03 and other.dtype == np.float32


@pytest.mark.real
def test_bfloat16_keeps_its_tolerance_under_shift_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features of the same sound, 37 frames later under the matching phase, and with its windows one by one."""
    fast, samples, frames = BfloatWhisper(published(), "fast"), speech(20), 37
    first = fast.encode(Audio(samples))
    later = fast.encode(
        Audio(np.concatenate([np.zeros(frames * 640, np.float32), samples])), phase_s=(-frames % 200) * 0.04
    )
    near = TOLERANCE["bfloat16"] * np.abs(first).max()
    np.testing.assert_allclose(later[frames:], first, rtol=0, atol=near)
    monkeypatch.setattr(whisper, "_BATCH_WINDOWS", 1)
    np.testing.assert_allclose(fast.encode(Audio(samples)), first, rtol=0, atol=near)


@pytest.mark.real
def test_bfloat16_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XTALKER_PRECISION", "bfloat16")
    assert isinstance(WhisperEncoder.load(), BfloatWhisper)


@pytest.mark.real
@pytest.mark.parametrize("time_s", [2.5, 3.02, 3.51])
def test_encoder_frame_is_centred_on_its_time(time_s: float) -> None:
    """What a click changes in the convolution stem is centred on encoder frame 50 t, to 5 ms."""
    click, silence = np.zeros((2, 1, 80_000), np.float32)
    click[0, round(time_s * 16_000)] = 1
    # The silent twin gets the floor that the click gives its own window, or every bin would differ.
    mels = [torch.from_numpy(whisper_log_mel(w, mel_filters())) for w in (click, silence)]
    mels[1] = torch.full_like(mels[1], float(mels[0].min()))
    w = {name: torch.from_numpy(array.astype(np.float32)) for name, array in published().items()}
    stems = [
        F.gelu(F.conv1d(F.gelu(F.conv1d(m, w["conv1/weight"], w["conv1/bias"], padding=1)),
                        w["conv2/weight"], w["conv2/bias"], stride=2, padding=1))
        for m in mels
    ]  # fmt: skip
    change = (stems[0] - stems[1])[0].norm(dim=0)
    steps = torch.arange(len(change))
    near = (steps - 50 * time_s).abs() < 6
    centre_s = float((steps * change * near).sum() / (change * near).sum()) / 50
    assert abs(centre_s - time_s) < 0.005
