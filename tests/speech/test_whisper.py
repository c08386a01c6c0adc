from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from xtalker.speech import whisper
from xtalker.speech.mel import mel_filters, whisper_log_mel
from xtalker.speech.whisper import WhisperEncoder
from xtalker.values import Audio, InputError

WIDTH, LAYERS = 16, 3


def random_weights(seed: int = 0) -> dict[str, np.ndarray]:
    """An encoder of Whisper's form with 16 channels and three layers."""
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, np.float32)

    def linear(place: str, inputs: int, outputs: int) -> dict[str, np.ndarray]:
        weight = normal(outputs, inputs) / np.float32(math.sqrt(inputs))
        return {f"{place}/weight": weight, f"{place}/bias": np.float32(0.1) * normal(outputs)}

    def norm(place: str) -> dict[str, np.ndarray]:
        return {f"{place}/gamma": 1 + np.float32(0.1) * normal(WIDTH), f"{place}/beta": np.float32(0.1) * normal(WIDTH)}

    weights = {"num_heads": np.array(4, np.int16)}
    for place, inputs in (("conv1", 80), ("conv2", WIDTH)):
        weights[f"{place}/weight"] = normal(WIDTH, inputs, 3) / np.float32(math.sqrt(3 * inputs))
        weights[f"{place}/bias"] = np.zeros(WIDTH, np.float32)
    weights["position_encodings/encodings"] = normal(1500, WIDTH)
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


def plain_window(weights: dict[str, np.ndarray], wave: np.ndarray) -> np.ndarray:
    """Slow twin in double precision: one window, written out; all encoder steps [hidden 2 | final]."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    x = whisper_log_mel(wave[None], mel_filters())[0].astype(np.float64)
    for place, stride in (("conv1", 1), ("conv2", 2)):
        padded = np.pad(x, ((0, 0), (1, 1)))
        pieces = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=1)[:, ::stride]
        x = gelu(np.einsum("itk,oik->ot", pieces, w[f"{place}/weight"]) + w[f"{place}/bias"][:, None])
    x = x.T + w["position_encodings/encodings"][: x.shape[1]]
    for number in range(LAYERS):
        x = x + plain_attention(normed(x, w, f"layer_{number}/self_attention/"), w, f"layer_{number}/self_attention/")
        inner = gelu(product(normed(x, w, f"layer_{number}/ffn/"), w, f"layer_{number}/ffn/linear_0"))
        x = x + product(inner, w, f"layer_{number}/ffn/linear_1")
        if number == 1:
            hidden = x
    return np.concatenate([hidden, normed(x, w, "")], axis=-1)


def plain_attention(x: np.ndarray, w: dict[str, np.ndarray], place: str) -> np.ndarray:
    query, key, value = np.split(product(x, w, f"{place}linear_0"), 3, axis=1)
    out = []
    for head in range(4):
        of = slice(4 * head, 4 * head + 4)
        score = np.exp(query[:, of] @ key[:, of].T / 2)
        out.append(score / score.sum(axis=1, keepdims=True) @ value[:, of])
    return product(np.concatenate(out, axis=1), w, f"{place}linear_1")


def product(x: np.ndarray, w: dict[str, np.ndarray], place: str) -> np.ndarray:
    return x @ w[f"{place}/weight"].T + w[f"{place}/bias"]


def normed(x: np.ndarray, w: dict[str, np.ndarray], place: str) -> np.ndarray:
    spread = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    return (x - x.mean(axis=1, keepdims=True)) / spread * w[f"{place}layer_norm/gamma"] + w[f"{place}layer_norm/beta"]


def gelu(x: np.ndarray) -> np.ndarray:
    return x * ndtr(x)


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
    np.testing.assert_allclose(encoder.encode(audio), batched, atol=2e-5 * np.abs(batched).max())


def test_fingerprint_names_weights_layers_and_windows() -> None:
    one = WhisperEncoder(random_weights(), "tiny", hidden_layer=2).fingerprint
    other = WhisperEncoder(random_weights(), "tiny", hidden_layer=1).fingerprint
    assert one == "tiny/hidden2+final/window10s-context1s/25fps-centres/1"
    assert one != other


@pytest.fixture(scope="module")
def whisper_base() -> WhisperEncoder:
    return WhisperEncoder.load()


@pytest.mark.real
def test_published_weights(whisper_base: WhisperEncoder) -> None:
    assert whisper_base.channels == 1024
    assert whisper_base.fingerprint.startswith("whisper-base/01844a6ab5d6/hidden4+final/")
    features = whisper_base.encode(Audio(speech(3)))
    assert np.isfinite(features).all()
    # Scale of the normed output as measured once with another implementation: rms 1.4 in speech and noise alike.
    assert 0.8 < np.sqrt(np.mean(features[:, 512:] ** 2)) < 2.2


@pytest.mark.real
def test_published_weights_shift_exactly(whisper_base: WhisperEncoder) -> None:
    samples, frames = speech(9), 37
    later = np.concatenate([np.zeros(frames * 640, np.float32), samples])
    first = whisper_base.encode(Audio(samples))
    second = whisper_base.encode(Audio(later), phase_s=(-frames % 200) * 0.04)
    np.testing.assert_allclose(second[frames:], first, atol=5e-3)  # of values up to about 400


@pytest.mark.real
def test_batches_of_published_weights_agree(whisper_base: WhisperEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    batched = whisper_base.encode(Audio(speech(30)))
    monkeypatch.setattr(whisper, "_BATCH_WINDOWS", 1)
    alone = whisper_base.encode(Audio(speech(30)))
    assert np.abs(batched - alone).max() <= 2e-5 * np.abs(batched).max()


def test_another_precision_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XTALKER_PRECISION", "int8")
    monkeypatch.setattr(whisper, "fetch", lambda name: tmp_path / name)
    monkeypatch.setattr(whisper, "read_tensor_file", lambda path: ({}, {}))
    with pytest.raises(InputError, match=r"received XTALKER_PRECISION=int8; accepted: float32, bfloat16"):
        WhisperEncoder.load()


def test_bfloat16_without_pytorch_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XTALKER_PRECISION", "bfloat16")
    monkeypatch.setattr(whisper, "fetch", lambda name: tmp_path / name)
    monkeypatch.setattr(whisper, "read_tensor_file", lambda path: ({}, {}))
    monkeypatch.setattr("xtalker.values.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'xtalker\[train\]'"):
        WhisperEncoder.load()
