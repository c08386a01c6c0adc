"""Windows and frames of encoders that a user brings, with a stand-in for the model; and tiny real ones."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from xtalker.networks.emotion2vec import Emotion2vecEncoder
from xtalker.networks.wavlm import WavlmEncoder
from xtalker.speech import USER_ENCODERS, SpeechEncoder, load_user_encoder
from xtalker.speech.user_models import STEP_FRAMES, to_frames
from xtalker.values import AssetError, Audio, InputError

_KERNEL, _HOP = 400, 320


def _vectors(samples: torch.Tensor) -> torch.Tensor:
    """Mean and power of the samples that each vector of wav2vec 2.0's convolutions covers."""
    parts = samples.unfold(1, _KERNEL, _HOP)
    return torch.stack([parts.mean(-1), parts.square().mean(-1)], dim=-1)


class _Wavlm:
    def __call__(self, samples: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(last_hidden_state=_vectors(samples))


class _Emotion:
    def extract_features(self, samples: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"x": _vectors(samples)}


@pytest.fixture(params=["wavlm", "emotion2vec"])
def encoder(request: pytest.FixtureRequest) -> SpeechEncoder:
    if request.param == "wavlm":
        return WavlmEncoder(_Wavlm(), 2, "stand-in")
    return Emotion2vecEncoder(_Emotion(), 2, "stand-in", normalises=False)


def _noise(seconds: float, seed: int = 3) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(16_000 * seconds))).astype(np.float32)


def test_every_second_of_2n_minus_1_vectors_exactly() -> None:
    vectors = np.random.default_rng(0).standard_normal((2 * 250 - 1, 7)).astype(np.float32)
    np.testing.assert_array_equal(to_frames(vectors, 250), vectors[::2])


@pytest.mark.parametrize(("vectors", "frames"), [(1, 1), (1, 4), (2, 1), (5, 9), (500, 250), (50, 3)])
def test_end_points_are_aligned_and_lines_stay_lines(vectors: int, frames: int) -> None:
    line = np.linspace(1, 2, vectors, dtype=np.float32)[:, None]
    found = to_frames(line, frames)
    wanted = np.interp(np.linspace(0, vectors - 1, frames), np.arange(vectors), line[:, 0])[:, None]
    np.testing.assert_allclose(found, wanted if frames > 1 else line[:1], atol=1e-6)


def test_vectors_belong_to_their_frames(encoder: SpeechEncoder) -> None:
    """Vector 2 i of a window that begins with a frame covers the first 400 samples of frame i."""
    samples = _noise(21)
    found = encoder.encode(Audio(samples))
    frames = samples.reshape(-1, 640)[:, :_KERNEL]
    assert found.shape == (525, 2) and found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0], frames.mean(1), atol=1e-6)
    np.testing.assert_allclose(found[:, 1], (frames**2).mean(1), atol=1e-6)


@pytest.mark.parametrize("num_samples", [1, 300, 640, 960, 16_000, 128_000, 128_320])
def test_frame_count_follows_duration(encoder: SpeechEncoder, num_samples: int) -> None:
    audio = Audio(_noise(9)[:num_samples])
    assert encoder.encode(audio).shape == (audio.num_frames, 2)
    assert isinstance(encoder, SpeechEncoder) and encoder.rate_hz == 25 and encoder.channels == 2


def test_each_window_is_normalised_when_the_model_asks_for_it() -> None:
    loud, quiet = Audio(_noise(4)), Audio(0.3 * _noise(4))
    for plain, scaled in (
        (WavlmEncoder(_Wavlm(), 2, "a"), WavlmEncoder(_Wavlm(), 2, "a", normalises=True)),
        (Emotion2vecEncoder(_Emotion(), 2, "a", normalises=False), Emotion2vecEncoder(_Emotion(), 2, "a")),
    ):
        np.testing.assert_allclose(scaled.encode(loud), scaled.encode(quiet), rtol=0.05, atol=0.01)
        assert np.abs(plain.encode(loud)[:, 1] / plain.encode(quiet)[:, 1]).min() > 11
        assert plain.fingerprint != scaled.fingerprint


def test_the_phase_moves_the_windows() -> None:
    starts: list[float] = []

    class Watching(_Wavlm):
        def __call__(self, samples: torch.Tensor) -> SimpleNamespace:
            starts.append(float(samples[0, 25 * 640]))
            return super().__call__(samples)

    ramp = np.arange(20 * 16_000, dtype=np.float32)
    WavlmEncoder(Watching(), 2, "a").encode(Audio(ramp), phase_s=2.0)
    assert starts == [0.0, 150 * 640.0, 350 * 640.0] and STEP_FRAMES == 200
    with pytest.raises(InputError, match="window phase"):
        WavlmEncoder(_Wavlm(), 2, "a").encode(Audio(ramp), phase_s=0.02)


def _wavlm_folder(folder: Path, **changes: Any) -> Path:
    config = {"model_type": "wavlm", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
              "intermediate_size": 32, "conv_dim": [16] * 7, "num_conv_pos_embeddings": 16,
              "num_conv_pos_embedding_groups": 2, "num_feat_extract_layers": 7}  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


def _emotion_settings() -> dict[str, Any]:
    audio = {
        "type": "AUDIO", "prenet_depth": 1, "prenet_layerdrop": 0.0, "prenet_dropout": 0.0,
        "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0, "num_extra_tokens": 2, "init_extra_token_zero": True,
        "mask_noise_std": 0.01, "mask_prob": 0.5, "inverse_mask": False, "mask_prob_adjust": 0.05,
        "keep_masked_pct": 0.0, "mask_length": 5, "add_masks": False, "remove_masks": False, "mask_dropout": 0.0,
        "encoder_zero_mask": True, "mask_channel_prob": 0.0, "mask_channel_length": 64, "ema_local_encoder": False,
        "local_grad_mult": 1.0, "use_alibi_encoder": True, "alibi_scale": 1.0, "learned_alibi": False,
        "alibi_max_pos": None, "learned_alibi_scale": True, "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False, "num_alibi_heads": 2, "model_depth": 2, "decoder": None,
        "extractor_mode": "layer_norm", "conv_pos_width": 15, "conv_pos_groups": 2, "conv_pos_depth": 3,
        "conv_pos_pre_ln": False,
        "feature_encoder_spec": "[(16, 10, 5)] + [(16, 3, 2)] * 4 + [(16,2,2)] + [(16,2,2)]",
    }  # fmt: skip
    return {
        "depth": 2, "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0, "num_heads": 2, "norm_eps": 1e-5,
        "norm_affine": True, "encoder_dropout": 0.1, "post_mlp_drop": 0.1, "attention_dropout": 0.1,
        "activation_dropout": 0.0, "dropout_input": 0.0, "layerdrop": 0.05, "embed_dim": 32, "mlp_ratio": 2.0,
        "layer_norm_first": False, "end_of_block_targets": False, "normalize": True, "average_top_k_layers": 2,
        "loss_beta": 0.0, "loss_scale": None, "modalities": {"audio": audio},
    }  # fmt: skip


def _emotion_folder(folder: Path, specification: str = "") -> Path:
    settings = _emotion_settings()
    if specification:
        settings["modalities"]["audio"]["feature_encoder_spec"] = specification
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": "Emotion2vec", "model_conf": settings}))
    return folder


def _write_weights(path: Path, state: dict[str, torch.Tensor]) -> None:
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    else:
        torch.save(state, path)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_a_tiny_wavlm_in_its_real_format(tmp_path: Path, file: str) -> None:
    library = pytest.importorskip("transformers", reason="transformers is not installed: the extra 'paper'")
    folder = _wavlm_folder(tmp_path / "wavlm")
    torch.manual_seed(0)
    model = library.WavLMModel(library.WavLMConfig.from_dict(json.loads((folder / "config.json").read_text()))).eval()
    state = model.state_dict()
    if file.endswith(".bin"):  # what is published: a head's prefix, and weight norm by its older names
        older = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
        for new, old in older.items():
            state = {name.replace(new, old): tensor for name, tensor in state.items()}
        state = {f"wavlm.{name}": tensor for name, tensor in state.items()}
    _write_weights(folder / file, state)
    encoder = load_user_encoder("wavlm-base-plus", folder)
    samples = _noise(1)
    window = np.concatenate([np.zeros(16_000, np.float32), samples, np.zeros(8 * 16_000, np.float32)])
    with torch.inference_mode():
        hidden = model(torch.from_numpy(window)[None]).last_hidden_state[0].numpy()
    assert len(hidden) == 2 * 250 - 1 and encoder.channels == 32
    np.testing.assert_allclose(encoder.encode(Audio(samples)), hidden[50:100:2], atol=1e-5)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("prefix", ["", "d2v_model."])
def test_a_tiny_emotion2vec_in_its_real_format(tmp_path: Path, prefix: str) -> None:
    try:
        library = import_module("funasr.models.emotion2vec.model")
    except ImportError as fault:
        pytest.skip(f"funasr is not installed: the extra 'paper' ({fault})")
    folder = _emotion_folder(tmp_path / "emotion")
    torch.manual_seed(0)
    model = library.Emotion2vec(model_conf=_emotion_settings()).eval()
    torch.save({"model": {prefix + name: tensor for name, tensor in model.state_dict().items()}}, folder / "model.pt")
    encoder = load_user_encoder("emotion2vec-plus-base", folder)
    samples = _noise(1)
    window = np.concatenate([np.zeros(16_000, np.float32), samples, np.zeros(8 * 16_000, np.float32)])
    with torch.inference_mode():
        heard = torch.nn.functional.layer_norm(torch.from_numpy(window), (len(window),))
        wanted = model.extract_features(heard[None])["x"][0].numpy()
    assert len(wanted) == 2 * 250 - 1 and encoder.channels == 32
    np.testing.assert_allclose(encoder.encode(Audio(samples)), wanted[50:100:2], atol=1e-5)


@pytest.mark.parametrize("name", USER_ENCODERS)
def test_a_missing_library_names_the_command(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _emotion_folder(_wavlm_folder(tmp_path / "both"))
    _write_weights(folder / "model.safetensors", {"a": torch.zeros(1)})

    def absent(module: str) -> Any:
        raise ModuleNotFoundError(f"No module named {module!r}")

    for module in ("wavlm", "emotion2vec"):
        monkeypatch.setattr(f"xtalker.networks.{module}.import_module", absent)
    with pytest.raises(AssetError, match=r"pip install 'xtalker\[paper\]'"):
        load_user_encoder(name, folder)


@pytest.mark.parametrize("name", USER_ENCODERS)
@pytest.mark.parametrize("what", ["nothing", "no weights", "garbage", "another model"])
def test_a_folder_without_the_model_is_refused(tmp_path: Path, name: str, what: str) -> None:
    folder = tmp_path / "model"
    if what == "no weights":
        _emotion_folder(_wavlm_folder(folder))
    elif what == "garbage":
        folder.mkdir()
        for file in ("config.json", "config.yaml"):
            (folder / file).write_bytes(b"\xff{[")
    elif what == "another model":
        _wavlm_folder(folder, model_type="bert")
        (folder / "config.yaml").write_text("model: Paraformer\nmodel_conf: {}\n")
    with pytest.raises(AssetError, match="this folder holds no"):
        load_user_encoder(name, folder)


@pytest.mark.parametrize(
    "specification", ["__import__('os').system('true')", "[(512, 10, 5)] * 999999999", "[(16,10,5)]; print(1)"]
)
def test_convolutions_that_are_code_are_refused(tmp_path: Path, specification: str) -> None:
    with pytest.raises(AssetError, match="with convolutions"):
        load_user_encoder("emotion2vec-plus-base", _emotion_folder(tmp_path / "a", specification))


def test_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown speech encoder"):
        load_user_encoder("hubert", tmp_path)
