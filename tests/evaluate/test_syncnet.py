from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests.tiny.speech import tiny_voice

from xtalker.evaluate.sync import syncnet
from xtalker.evaluate.sync.mfcc import mfcc
from xtalker.evaluate.sync.syncnet import SyncNet, SyncNetNetwork, face_crops
from xtalker.values import AssetError, Audio, InputError


@pytest.fixture(scope="module")
def network() -> SyncNetNetwork:
    torch.manual_seed(0)
    return SyncNetNetwork().eval()


@pytest.fixture(scope="module")
def weights(network: SyncNetNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the makers' file: a plain dictionary, older than the counters of batch normalisation."""
    path = tmp_path_factory.mktemp("syncnet") / "syncnet_v2.model"
    torch.save({n: t for n, t in network.state_dict().items() if not n.endswith("num_batches_tracked")}, path)
    return path


def _faces(frames: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (frames, 224, 224, 3)).astype(np.uint8)


def test_names_and_shapes_are_the_published_ones(network: SyncNetNetwork) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert len(shapes) == 102 and {
        "netcnnaud.0.weight": (64, 1, 3, 3), "netcnnaud.4.weight": (192, 64, 3, 3), "netcnnaud.18.weight":
        (512, 256, 5, 4), "netfcaud.0.weight": (512, 512), "netfcaud.3.weight": (1024, 512),
        "netfclip.3.bias": (1024,), "netcnnlip.0.weight": (96, 3, 5, 7, 7), "netcnnlip.4.weight": (256, 96, 1, 5, 5),
        "netcnnlip.18.weight": (512, 256, 1, 6, 6), "netcnnlip.19.running_var": (512,),
    }.items() <= shapes.items()  # fmt: skip


def test_scores_are_the_published_script_s(network: SyncNetNetwork, weights: Path) -> None:
    """Embeddings one by one and distances by loops, as the script takes them."""
    faces, voice = _faces(9), tiny_voice(0.36)
    scores = SyncNet.load(weights).scores(faces, voice)
    blue_first = torch.from_numpy(faces[..., ::-1].copy()).float().permute(3, 0, 1, 2)[None]
    cepstra = torch.from_numpy(mfcc(voice).T.copy())[None, None]
    with torch.inference_mode():
        mouth = torch.cat([network.lips(blue_first[:, :, i : i + 5]) for i in range(4)]).numpy()
        sound = torch.cat([network.sound(cepstra[..., 4 * i : 4 * i + 20]) for i in range(4)]).numpy()
    around = np.pad(sound, ((15, 15), (0, 0)))
    means = [np.mean([np.linalg.norm(mouth[i] - around[i + k]) for i in range(4)]) for k in range(31)]
    assert scores.lse_d == pytest.approx(min(means), rel=1e-3)
    assert scores.lse_c == pytest.approx(np.median(means) - min(means), rel=1e-2, abs=1e-4)


def test_safetensors_are_the_same(network: SyncNetNetwork, weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "syncnet.safetensors"
    save_file(network.state_dict(), path)
    one, two = (SyncNet.load(p).embed_sound(tiny_voice(0.4), 3) for p in (path, weights))
    assert np.array_equal(one, two)


def test_absent_weights_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the SyncNet weights file") as caught:
        SyncNet.load(tmp_path / "none.model")
    assert "\n" not in str(caught.value)


class _Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("harm"),)


def test_other_files_are_refused(network: SyncNetNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = network.state_dict()
    short = {name: tensor for name, tensor in state.items() if name != "netfclip.3.bias"}
    for name, content in (("short", short), ("wide", state | {"netfclip.3.bias": torch.zeros(9)}), ("list", [1])):
        torch.save(content, tmp_path / name)
    (tmp_path / "pickle").write_bytes(pickle.dumps(_Harm()))
    torch.save({"weights": _Harm()}, tmp_path / "harmful")
    (tmp_path / "text").write_text("no weights")
    (tmp_path / "noise.safetensors").write_bytes(b"\xff" * 100)
    for name in ("short", "wide", "list", "pickle", "harmful", "text", "noise.safetensors"):
        with pytest.raises(AssetError, match=f"unusable SyncNet weights {name}"):
            SyncNet.load(tmp_path / name)
    assert not (tmp_path / "harm").exists()


def test_short_clips_are_refused(weights: Path) -> None:
    expert = SyncNet.load(weights)
    with pytest.raises(InputError, match="5 frames with sound"):
        expert.scores(_faces(5), tiny_voice(1.0))
    with pytest.raises(InputError, match=r"0\.20 s of sound for 9 frames"):
        expert.embed_sound(tiny_voice(0.2), 5)


def test_faces_are_cut_as_published() -> None:
    """Half the longer edge of the box is 50: from 50 above its middle to 90 below, 70 to each side."""
    pixels = np.random.default_rng(0).uniform((160, 120), (220, 180), (4, 478, 2))
    pixels[:, 0], pixels[:, 1] = (160, 100), (220, 200)
    rgb = np.zeros((400, 400, 3), np.uint8)
    rgb[100:240, 120:260] = 200
    for face in face_crops([rgb] * 4, pixels):
        assert (face[2:-2, 2:-2] == 200).all()
    rgb[:] = 0
    rgb[:100], rgb[240:], rgb[:, :120], rgb[:, 260:] = 200, 200, 200, 200
    for face in face_crops([rgb] * 4, pixels):
        assert (face[2:-2, 2:-2] == 0).all()


def _slow_mfcc(samples: np.ndarray) -> np.ndarray:
    """The library's definition with loops."""
    wave = np.round(samples.astype(float) * 32768)
    wave = np.array([wave[0]] + [wave[i] - 0.97 * wave[i - 1] for i in range(1, len(wave))])
    count = 1 + int(np.ceil((len(wave) - 400) / 160))
    wave = np.concatenate([wave, np.zeros(400 + 160 * count - len(wave))])
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 28)
    edge = [int(513 * (700 * (10 ** (m / 2595) - 1)) / 16000) for m in mel]
    rows = []
    for hop in range(count):
        turn = np.exp(-2j * np.pi * np.outer(np.arange(257), np.arange(400)) / 512)
        power = np.abs(turn @ wave[160 * hop : 160 * hop + 400]) ** 2 / 512
        bands = []
        for band in range(26):
            low, mid, high = edge[band : band + 3]
            rise = sum(power[b] * (b - low) / (mid - low) for b in range(low, mid))
            bands.append(np.log(rise + sum(power[b] * (high - b) / (high - mid) for b in range(mid, high))))
        row = []
        for k in range(13):
            total = sum(bands[n] * np.cos(np.pi * k * (2 * n + 1) / 52) for n in range(26))
            row.append(total * np.sqrt((1 if k == 0 else 2) / 26) * (1 + 11 * np.sin(np.pi * k / 22)))
        row[0] = np.log(power.sum())
        rows.append(row)
    return np.array(rows)


def test_cepstra_are_the_library_s() -> None:
    samples = (0.1 * np.random.default_rng(0).standard_normal(2000)).astype(np.float32)
    np.testing.assert_allclose(mfcc(Audio(samples)), _slow_mfcc(samples), rtol=1e-4, atol=1e-4)


def test_silence_has_finite_cepstra_and_shortest_sound_one_row() -> None:
    assert np.isfinite(mfcc(Audio(np.zeros(1600, np.float32)))).all()
    assert mfcc(Audio(np.zeros(10, np.float32))).shape == (1, 13)


def test_long_sound_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mfcc(tiny_voice(1.0))
    monkeypatch.setattr("xtalker.evaluate.sync.mfcc._CHUNK", 7)
    np.testing.assert_allclose(mfcc(tiny_voice(1.0)), whole, atol=1e-4)
    assert syncnet.STACK_FRAMES * syncnet.HOPS_PER_FRAME == 20
