from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from xtalker.speech import whisper
from xtalker.speech.mel import mel_filters, whisper_log_mel
from xtalker.speech.whisper import WhisperEncoder
from xtalker.values import Audio, InputError

WIDTH, LAYERS = 16, 3


def random_weights(seed: int = 0) -> dict[str, Tensor]:
    """An encoder of Whisper's form with 16 channels and three layers."""
    generator = torch.Generator().manual_seed(seed)

    def linear(place: str, inputs: int, outputs: int) -> dict[str, Tensor]:
        weight = torch.randn(outputs, inputs, generator=generator) / math.sqrt(inputs)
        return {f"{place}/weight": weight, f"{place}/bias": 0.1 * torch.randn(outputs, generator=generator)}

    def norm(place: str) -> dict[str, Tensor]:
        return {
            f"{place}/gamma": 1 + 0.1 * torch.randn(WIDTH, generator=generator),
            f"{place}/beta": 0.1 * torch.randn(WIDTH, generator=generator),
        }

    weights = {"num_heads": torch.tensor(4, dtype=torch.int16)}
    for place, inputs in (("conv1", 80), ("conv2", WIDTH)):
        weights[f"{place}/weight"] = torch.randn(WIDTH, inputs, 3, generator=generator) / math.sqrt(3 * inputs)
        weights[f"{place}/bias"] = torch.zeros(WIDTH)
    weights["position_encodings/encodings"] = torch.randn(1500, WIDTH, generator=generator)
    for layer in range(LAYERS):
        attention, ffn = f"layer_{layer}/self_attention", f"layer_{layer}/ffn"
        weights |= norm(f"{attention}/layer_norm") | norm(f"{ffn}/layer_norm")
        weights |= linear(f"{attention}/linear_0", WIDTH, 3 * WIDTH)
        weights |= linear(f"{attention}/linear_1", WIDTH, WIDTH)
        weights |= linear(f"{ffn}/linear_0", WIDTH, 4 * WIDTH) | linear(f"{ffn}/linear_1", 4 * WIDTH, WIDTH)
    return weights | norm("layer_norm")


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(16_000 * seconds))).astype(np.float32)


@pytest.fixture(scope="module")
def encoder() -> WhisperEncoder:
    return WhisperEncoder(random_weights(), "tiny", hidden_layer=2)


def plain_window(weights: dict[str, Tensor], wave: np.ndarray) -> np.ndarray:
    """Slow twin: one window, torch's own layer, all encoder steps [hidden 2 | final]."""
    mel = whisper_log_mel(torch.from_numpy(wave[None]), mel_filters())
    x = F.gelu(F.conv1d(mel, weights["conv1/weight"], weights["conv1/bias"], padding=1))
    x = F.gelu(F.conv1d(x, weights["conv2/weight"], weights["conv2/bias"], stride=2, padding=1))
    x = x.transpose(1, 2) + weights["position_encodings/encodings"][: x.shape[2]]
    for number in range(LAYERS):
        layer = torch.nn.TransformerEncoderLayer(
            WIDTH, 4, 4 * WIDTH, dropout=0, activation="gelu", batch_first=True, norm_first=True
        ).train()  # training mode takes the plain path instead of the fused kernel
        names = {
            "self_attn.in_proj_": "self_attention/linear_0/", "self_attn.out_proj.": "self_attention/linear_1/",
            "linear1.": "ffn/linear_0/", "linear2.": "ffn/linear_1/",
        }  # fmt: skip
        state = {
            mine + end: weights[f"layer_{number}/{theirs}{end}"]
            for mine, theirs in names.items() for end in ("weight", "bias")
        }  # fmt: skip
        for mine, theirs in (("norm1", "self_attention"), ("norm2", "ffn")):
            state[f"{mine}.weight"] = weights[f"layer_{number}/{theirs}/layer_norm/gamma"]
            state[f"{mine}.bias"] = weights[f"layer_{number}/{theirs}/layer_norm/beta"]
        layer.load_state_dict(state)
        x = layer(x)
        if number == 1:
            hidden = x
    final = F.layer_norm(x, (WIDTH,), weights["layer_norm/gamma"], weights["layer_norm/beta"])
    return torch.cat([hidden, final], -1)[0].detach().numpy()


def test_equals_a_plain_encoder_window_by_window(encoder: WhisperEncoder) -> None:
    samples = speech(20)
    padded = np.concatenate([np.zeros(16_000, np.float32), samples, np.zeros(160_000, np.float32)])
    windows = [plain_window(random_weights(), padded[k * 128_000 : k * 128_000 + 160_000]) for k in range(3)]
    truth = np.concatenate([w[51:451:2] for w in windows])[:500]
    got = encoder.encode(Audio(samples))
    assert got.shape == (500, 2 * WIDTH) and got.dtype == np.float32
    np.testing.assert_allclose(got, truth, atol=2e-4)


@pytest.mark.parametrize("frames", [1, 37, 200])
def test_shift_moves_features_exactly_under_the_matching_phase(encoder: WhisperEncoder, frames: int) -> None:
    samples = speech(11)
    later = np.concatenate([np.zeros(frames * 640, np.float32), samples])
    for phase in (0, 60, 199):
        first = encoder.encode(Audio(samples), phase_s=phase * 0.04)
        second = encoder.encode(Audio(later), phase_s=((phase - frames) % 200) * 0.04)
        np.testing.assert_allclose(second[frames:], first, atol=1e-4)


def test_another_phase_gives_other_features(encoder: WhisperEncoder) -> None:
    samples = speech(11)
    first, second = encoder.encode(Audio(samples)), encoder.encode(Audio(samples), phase_s=1.0)
    assert np.abs(first - second).max() > 0.01
    np.testing.assert_array_equal(encoder.encode(Audio(samples), phase_s=8.0), first)


def test_batch_of_windows_equals_single_windows(encoder: WhisperEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = Audio(speech(35))
    batched = encoder.encode(audio)
    monkeypatch.setattr(whisper, "_BATCH_WINDOWS", 1)
    np.testing.assert_allclose(encoder.encode(audio), batched, atol=1e-4)


def test_fingerprint_names_weights_layers_and_windows() -> None:
    one = WhisperEncoder(random_weights(), "tiny", hidden_layer=2).fingerprint
    other = WhisperEncoder(random_weights(), "tiny", hidden_layer=1).fingerprint
    assert one == "tiny/hidden2+final/window10s-context1s/25fps-centres/1"
    assert one != other


@pytest.fixture(scope="module")
def whisper_base() -> WhisperEncoder:
    return WhisperEncoder.load("cpu")


@pytest.mark.real
def test_published_weights(whisper_base: WhisperEncoder) -> None:
    assert whisper_base.channels == 1024
    assert whisper_base.fingerprint.startswith("whisper-base/01844a6ab5d6/hidden4+final/")
    features = whisper_base.encode(Audio(speech(3)))
    assert np.isfinite(features).all()
    # Scale of the normed output as measured once with another implementation: rms 1.4 in speech and noise alike.
    assert 0.8 < np.sqrt(np.mean(features[:, 512:] ** 2)) < 2.2


@pytest.mark.real
@pytest.mark.parametrize("time_s", [2.5, 3.02, 3.51])
def test_encoder_frame_is_centred_on_its_time(whisper_base: WhisperEncoder, time_s: float) -> None:
    """What a click changes in the convolution stem is centred on encoder frame 50 t, to 5 ms."""
    click, silence = np.zeros((2, 1, 80_000), np.float32)
    click[0, round(time_s * 16_000)] = 1
    # The silent twin gets the floor that the click gives its own window, or every bin would differ.
    mels = [whisper_log_mel(torch.from_numpy(w), mel_filters()) for w in (click, silence)]
    mels[1] = torch.full_like(mels[1], float(mels[0].min()))
    w = whisper_base._weights
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


@pytest.fixture(scope="module", params=whisper.PRECISIONS)
def precise(request: pytest.FixtureRequest, whisper_base: WhisperEncoder) -> WhisperEncoder:
    """The published weights in each precision, whatever the environment asks for; bfloat16 runs on every processor."""
    return WhisperEncoder(whisper_base._weights | {"num_heads": torch.tensor(8)}, "both", precision=request.param)


@pytest.mark.real
def test_published_weights_shift_within_the_stated_tolerance(precise: WhisperEncoder) -> None:
    samples, frames = speech(9), 37
    later = np.concatenate([np.zeros(frames * 640, np.float32), samples])
    first = precise.encode(Audio(samples))
    second = precise.encode(Audio(later), phase_s=(-frames % 200) * 0.04)
    np.testing.assert_allclose(second[frames:], first, atol=whisper.TOLERANCE[precise.precision] * np.abs(first).max())


@pytest.mark.real
def test_published_weights_do_not_depend_on_the_batch(precise: WhisperEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = Audio(speech(20))
    batched = precise.encode(audio)
    monkeypatch.setattr(whisper, "_BATCH_WINDOWS", 1)
    off = np.abs(precise.encode(audio) - batched).max()
    assert off <= whisper.TOLERANCE[precise.precision] * np.abs(batched).max()


@pytest.mark.real
def test_bfloat16_changes_features_by_a_hundredth_of_their_spread(whisper_base: WhisperEncoder) -> None:
    weights = whisper_base._weights | {"num_heads": torch.tensor(8)}
    exact, fast = (WhisperEncoder(weights, name, precision=name) for name in whisper.PRECISIONS)
    one, other = (encoder.encode(Audio(speech(6))) for encoder in (exact, fast))
    off = np.abs(one - other) / one.std(axis=0)
    assert 1e-4 < off.mean() < 0.03 and other.dtype == np.float32


def test_single_precision_is_the_default_and_bfloat16_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(whisper.PRECISION_VARIABLE, raising=False)
    assert whisper.asked_precision() == "float32"
    monkeypatch.setenv(whisper.PRECISION_VARIABLE, "BFloat16")
    assert whisper.asked_precision() == "bfloat16"
    monkeypatch.setenv(whisper.PRECISION_VARIABLE, "int8")
    with pytest.raises(InputError, match="float32 or bfloat16"):
        whisper.asked_precision()
