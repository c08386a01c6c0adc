"""The user's own SyncNet weights, for the LSE-C and LSE-D of the literature.

The network of J. S. Chung and A. Zisserman, "Out of time: automated lip sync in the wild" (2016), as its makers
published it: five colour pictures of a face, 224 x 224, blue first, grey levels 0 to 255; 13 x 20 cepstra (0.2 s).
Its weights may not be used commercially by everybody, so they do not ship. Faces are cut with our landmarks and not
with the detector of the published script, so figures come close to published ones and are not the same.
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from xtalker.capture.crop import Region, crop
from xtalker.evaluate.sync.mfcc import mfcc
from xtalker.metrics import lse_c, lse_d
from xtalker.values import AssetError, Audio, InputError
from xtalker.values.files import check_readable

STACK_FRAMES: Final = 5
FACE_PIXELS: Final = 224
HOPS_PER_FRAME: Final = 4
_LARGEST_BYTES: Final = 1 << 30
_BATCH: Final = 8
_MARGIN: Final = 0.4  # the published script's, around the detector's box
_STEADY_FRAMES: Final = 13  # its median filter over time
_ACCEPTED: Final = "SyncNet's published weights: a state dictionary as .model, .pth or .safetensors"


class SyncNetNetwork(nn.Module):
    """Layers and names of the published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_block2(1, 64, 3, 1), nn.MaxPool2d(1, 1),
            *_block2(64, 192, 3, 1), nn.MaxPool2d(3, (1, 2)),
            *_block2(192, 384, 3, 1), *_block2(384, 256, 3, 1), *_block2(256, 256, 3, 1), nn.MaxPool2d(3, 2),
            *_block2(256, 512, (5, 4), 0),
        )  # fmt: skip
        self.netfcaud = _last_layers()
        self.netfclip = _last_layers()
        flat, half = (1, 3, 3), (1, 2, 2)
        self.netcnnlip = nn.Sequential(
            *_block3(3, 96, (5, 7, 7), half, 0), nn.MaxPool3d(flat, half),
            *_block3(96, 256, (1, 5, 5), half, (0, 1, 1)), nn.MaxPool3d(flat, half, (0, 1, 1)),
            *_block3(256, 256, flat, 1, (0, 1, 1)), *_block3(256, 256, flat, 1, (0, 1, 1)),
            *_block3(256, 256, flat, 1, (0, 1, 1)), nn.MaxPool3d(flat, half),
            *_block3(256, 512, (1, 6, 6), 1, 0),
        )  # fmt: skip

    def lips(self, faces: Float[Tensor, "batch 3 5 224 224"]) -> Float[Tensor, "batch 1024"]:
        """Embeddings of stacks of pictures."""
        return torch.as_tensor(self.netfclip(self.netcnnlip(faces).flatten(1)))

    def sound(self, cepstra: Float[Tensor, "batch 1 13 20"]) -> Float[Tensor, "batch 1024"]:
        """Embeddings of 0.2 s of sound."""
        return torch.as_tensor(self.netfcaud(self.netcnnaud(cepstra).flatten(1)))


@dataclass(frozen=True)
class SyncNetScores:
    """Figures of one clip, as published evaluations take them.

    Attributes:
        lse_c: confidence; higher than truth is not better.
        lse_d: distance.
    """

    lse_c: float
    lse_d: float


class SyncNet:
    """SyncNet with somebody's weights."""

    def __init__(self, network: SyncNetNetwork) -> None:
        self.network = network.eval()

    @classmethod
    def load(cls, path: Path) -> SyncNet:
        """Read weights; nothing in the file is executed.

        Raises:
            InputError: no such file.
            AssetError: damaged, too large, or not SyncNet's.
        """
        check_readable(path, kind="SyncNet weights file", accepted=_ACCEPTED)
        with torch.device("meta"):
            network = SyncNetNetwork()
        try:
            if path.stat().st_size > _LARGEST_BYTES:
                raise ValueError(f"more than {_LARGEST_BYTES} bytes")
            network.load_state_dict(_state(path), strict=True, assign=True)
        except (OSError, ValueError, RuntimeError, TypeError, EOFError, pickle.UnpicklingError, SafetensorError,
                zipfile.BadZipFile, AttributeError, KeyError) as fault:  # fmt: skip
            reason = (str(fault).splitlines() or [type(fault).__name__])[0]
            raise AssetError(
                f"unusable SyncNet weights {path.name}", received=reason,
                accepted=_ACCEPTED, next_step="take the file of the makers (syncnet_v2.model) as it is",
            ) from fault  # fmt: skip
        return cls(network.float())

    @torch.inference_mode()
    def embed_faces(self, faces: UInt8[np.ndarray, "frames 224 224 3"]) -> Float32[np.ndarray, "stacks 1024"]:
        """Embeddings of frames 0-4, 1-5, ...: four fewer than frames.

        Args:
            faces: RGB, from `face_crops`.
        """
        planes = torch.from_numpy(np.ascontiguousarray(faces[..., ::-1])).permute(3, 0, 1, 2)  # blue first
        every = planes.unfold(1, STACK_FRAMES, 1).permute(1, 0, 4, 2, 3)
        stacks = torch.split(every, _BATCH)
        return np.asarray(torch.cat([self.network.lips(stack.float()) for stack in stacks]).numpy())

    @torch.inference_mode()
    def embed_sound(self, audio: Audio, stacks: int) -> Float32[np.ndarray, "{stacks} 1024"]:
        """Embeddings of the sound of the first `stacks` stacks of pictures.

        Raises:
            InputError: the sound is shorter.
        """
        cepstra, length = torch.from_numpy(mfcc(audio).T.copy()), STACK_FRAMES * HOPS_PER_FRAME
        missing = (stacks - 1) * HOPS_PER_FRAME + length - cepstra.shape[1]
        if missing > 0:
            raise _too_short(f"{audio.duration_s:.2f} s of sound for {stacks + STACK_FRAMES - 1} frames")
        every = cepstra.unfold(1, length, HOPS_PER_FRAME)[:, :stacks].permute(1, 0, 2)[:, None]
        return np.asarray(torch.cat([self.network.sound(part) for part in torch.split(every, 256)]).numpy())

    def scores(self, faces: UInt8[np.ndarray, "frames 224 224 3"], audio: Audio) -> SyncNetScores:
        """LSE-C and LSE-D of a clip; pictures or sound that outlast the other are left out, as published.

        Raises:
            InputError: fewer than six frames.
        """
        frames = min(len(faces), len(audio.samples) * 25 // 16_000)
        stacks = frames - STACK_FRAMES  # the published script leaves the last stack out
        if stacks < 1:
            raise _too_short(f"{frames} frames with sound")
        mouth, sound = self.embed_faces(faces[: frames - 1]), self.embed_sound(audio, stacks)
        return SyncNetScores(lse_c=lse_c(mouth, sound), lse_d=lse_d(mouth, sound))


def face_crops(
    frames: Iterable[UInt8[np.ndarray, "height width 3"]], pixels: Float[np.ndarray, "frames 478 2"]
) -> Iterator[UInt8[np.ndarray, "224 224 3"]]:
    """Faces as SyncNet wants them, from the box of the landmarks.

    The published script takes the box of a detector: from `bs` above its middle to 1.8 `bs` below, 1.4 `bs` to each
    side, where `bs` is half the longer edge, steadied by a median filter.

    Args:
        frames: RGB pictures, as many as landmarks.
        pixels: landmarks of every frame, none missing.
    """
    from scipy.signal import medfilt

    low, high = pixels.min(axis=1), pixels.max(axis=1)
    middle, half = (low + high) / 2, (high - low).max(axis=1) / 2
    x, y, half = (medfilt(np.pad(track, 6, mode="edge"), _STEADY_FRAMES)[6:-6] for track in (*middle.T, half))
    for rgb, across, down, size in zip(frames, x, y, half, strict=False):
        region = Region(float(across), float(down + _MARGIN * size), float(2 * (1 + _MARGIN) * size))
        yield crop(rgb, region, FACE_PIXELS, replicate_border=True).round().astype(np.uint8)


def _state(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return dict(load_file(path))
    with warnings.catch_warnings():  # remarks on a pickle's age: what cannot be read is refused anyway
        warnings.simplefilter("ignore", UserWarning)
        state = torch.load(path, map_location="cpu", weights_only=True)  # tensors only, nothing is executed
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ValueError("no dictionary of tensors")
    return dict(state)


def _block2(before: int, after: int, kernel: int | tuple[int, int], padding: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, kernel, padding=padding), nn.BatchNorm2d(after), nn.ReLU()


Three = int | tuple[int, int, int]


def _block3(before: int, after: int, kernel: Three, stride: Three, padding: Three) -> tuple[nn.Module, ...]:
    return nn.Conv3d(before, after, kernel, stride, padding), nn.BatchNorm3d(after), nn.ReLU()


def _last_layers() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 1024))


def _too_short(received: str) -> InputError:
    return InputError(
        "the clip is too short for SyncNet", received=received, accepted="at least six frames with their sound",
        next_step="give a longer clip",
    )  # fmt: skip
