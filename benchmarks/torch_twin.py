"""The networks that ship, evaluated by PyTorch: what ONNX Runtime is held against. Needs the extra 'train'."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xtalker.assets import fetch
from xtalker.assets.tensor_file import array_of, read_tensor_file
from xtalker.generator import Generator
from xtalker.generator.network import MotionNetwork, Told
from xtalker.networks.ears import EarsNetwork
from xtalker.networks.generator_checkpoint import TrainedGenerator, load_arrays, read_generator, write_generator
from xtalker.networks.transformer import Network
from xtalker.networks.whisper import BfloatWhisper
from xtalker.speech.ears import EarsEncoder, read_ears
from xtalker.speech.whisper import ASSET


class TorchMotion(MotionNetwork):
    """A generator's network by PyTorch, in single precision."""

    def __init__(self, network: MotionNetwork) -> None:
        super().__init__(network.config, network.weights)
        self._torch = Network(network.config, torch.ones(58, dtype=torch.bool))
        load_arrays(self._torch, network.weights)
        self._torch.float().eval()

    @torch.inference_mode()
    def condition(self, told: Told) -> Any:
        """See `MotionNetwork.condition`."""
        given = (told.linguistic, told.loudness, told.reference, np.ones(told.loudness.shape, bool), told.style)
        tensors = [None if each is None else torch.from_numpy(each) for each in (*given, told.emotion)]
        return self._torch.condition(*tensors)

    @torch.inference_mode()
    def velocity(self, state: np.ndarray, time: float, conditions: Any) -> np.ndarray:
        """See `MotionNetwork.velocity`."""
        moved = self._torch(torch.from_numpy(state), torch.full((len(state),), time), conditions)
        return np.asarray(moved.numpy())


class TorchEars(EarsEncoder):
    """The ears by PyTorch, offline."""

    def __init__(self) -> None:
        config, weights = read_ears(fetch("speech-ears"))
        super().__init__(config, weights, "twin")
        self._torch = EarsNetwork(config)
        load_arrays(self._torch, weights)
        self._torch.float().eval()

    @torch.inference_mode()
    def step(self, mel: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `EarsEncoder.step`, from silence."""
        return self._torch(torch.from_numpy(np.ascontiguousarray(mel))).numpy(), seen


def torch_encoder(name: str = "whisper-base") -> Any:
    """A shipped speech encoder by PyTorch, single precision."""
    if name == "ears":
        return TorchEars()
    tensors = {key: array_of(raw) for key, raw in read_tensor_file(fetch(ASSET))[0].items()}
    return BfloatWhisper(tensors, "twin", bfloat16=False)


def torch_generator(generator: Generator) -> Generator:
    """The same generator by PyTorch."""
    return replace(generator, network=TorchMotion(generator.network))


def personal_generator() -> Generator:
    """What fine-tuning leaves, without its hour: the shipped network with one style more, weights of style and heads
    moved by a tenth of their size, statistics scaled; through a file, as a user's.
    """
    base, random = read_generator(fetch("generator-open")), np.random.default_rng(0)
    config = replace(base.network.config, styles=(*base.network.config.styles, "me"))
    network = Network(config, torch.from_numpy(base.statistics.live))
    weights = {name: tensor.numpy().copy() for name, tensor in base.network.state_dict().items()}
    new = np.zeros((config.width, 1), np.float32)
    weights["style.weight"] = np.concatenate([weights.get("style.weight", new[:, :0]), new], axis=1)
    for name, array in weights.items():
        if name.startswith(("style.", "pose", "expression")):
            weights[name] = array + random.normal(0, 0.1 * array.std(), array.shape).astype(np.float32)
    load_arrays(network, weights)
    mean, std = (array * np.float32(1.2) for array in (base.statistics.motion_mean, base.statistics.motion_std))
    statistics = replace(base.statistics, motion_mean=mean, motion_std=std)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "me.safetensors"
        card = replace(base.card, default_style="me")
        write_generator(path, TrainedGenerator(network.float().eval(), statistics, card))
        return Generator.from_checkpoint(path)
