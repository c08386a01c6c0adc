"""EMOCA's own detail decoder, from the user's checkpoint (DECA, Feng et al. 2021; EMOCA, Danecek et al. 2022).

D(jaw 3, expression 50, detail 128) -> displacement of FLAME's surface along its normals, metres, on a square map of
256 x 256: linear to 128 maps of 8 x 8, then five times (twice the size, 3 x 3 convolution, batch norm, leaky
rectifier), a last convolution and tanh, times one centimetre. Codes and weights are EMOCA's; ours mean nothing to it.
The map lies on FLAME's texture sheet (`head.flame_sheet`).
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from xtalker.head.flame_sheet import MAP_SIDE
from xtalker.values import InputError
from xtalker.values.conventions import NUM_DETAIL, NUM_EXPRESSION
from xtalker.values.files import check_readable

_MAX_DISPLACEMENT_M: Final = 0.01
_INPUTS: Final = 3 + NUM_EXPRESSION + NUM_DETAIL
_FIRST_SIDE: Final = 8
_CHANNELS: Final = (128, 128, 64, 64, 32, 16)
_PREFIXES: Final = ("", "D_detail.", "deca.D_detail.")
_MAX_BYTES: Final = 4 << 30
_ACCEPTED: Final = "DECA's deca_model.tar, or a file of EMOCA's tensors alone with the weights of D_detail"
_CHUNK_FRAMES: Final = 4


class EmocaDetail(nn.Module):
    """The decoder with the user's weights. Names and order of its parts are the checkpoint's."""

    def __init__(self, path: Path) -> None:
        """Read the weights.

        Args:
            path: deca_model.tar, or the tensors of an EMOCA checkpoint (torch.save of its "state_dict", no objects).

        Raises:
            InputError: missing, damaged, too large, with objects other than tensors, or of another decoder.
        """
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(_INPUTS, _CHANNELS[0] * _FIRST_SIDE**2))
        parts: list[nn.Module] = [nn.BatchNorm2d(_CHANNELS[0])]
        for before, after in pairwise(_CHANNELS):
            parts += [nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(before, after, 3, padding=1)]
            parts += [nn.BatchNorm2d(after, 0.8), nn.LeakyReLU(0.2)]
        self.conv_blocks = nn.Sequential(*parts, nn.Conv2d(_CHANNELS[-1], 1, 3, padding=1), nn.Tanh())
        wanted = self.state_dict()
        self.load_state_dict(_weights(path, wanted))
        self.eval()

    @torch.no_grad()
    def displacement(
        self, jaw: Float[np.ndarray, "frames 3"], expression: Float[np.ndarray, "frames 50"],
        detail: Float[np.ndarray, "128"],
    ) -> Float[np.ndarray, "frames 256 256"]:  # fmt: skip
        """Metres along FLAME's normals; row 0 is the top of FLAME's texture sheet.

        Args:
            jaw: FLAME's, axis-angle.
            expression: FLAME's.
            detail: EMOCA's code of the person.
        """
        rows = np.column_stack([jaw, expression, np.broadcast_to(detail, (len(jaw), NUM_DETAIL))]).astype(np.float32)
        out = np.empty((len(rows), MAP_SIDE, MAP_SIDE), np.float32)
        for start in range(0, len(rows), _CHUNK_FRAMES):
            some = torch.from_numpy(rows[start : start + _CHUNK_FRAMES])
            small = self.l1(some).view(len(some), _CHANNELS[0], _FIRST_SIDE, _FIRST_SIDE)
            out[start : start + len(some)] = _MAX_DISPLACEMENT_M * self.conv_blocks(small)[:, 0].numpy()
        return out


def _weights(path: Path, wanted: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The decoder's tensors out of a checkpoint, checked."""
    check_readable(path, kind="EMOCA checkpoint", accepted=_ACCEPTED)
    _check_size(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # about pickle versions of files that are then refused
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as refused:
        raise InputError(
            "this checkpoint holds objects besides tensors; nothing in it was run", received=path, accepted=_ACCEPTED,
            next_step='where EMOCA is installed: torch.save(torch.load(CHECKPOINT)["state_dict"], "emoca_detail.pt")',
        ) from refused  # fmt: skip
    except (RuntimeError, ValueError, EOFError, KeyError, OSError) as fault:
        raise _wrong(path, f"damaged: {str(fault).splitlines()[0][:200]}") from fault
    found = _table(content, path)
    out = {}
    for name, like in wanted.items():
        tensor = found.get(name)
        if tensor is None and name.endswith("num_batches_tracked"):
            tensor = like
        if not isinstance(tensor, torch.Tensor) or tensor.shape != like.shape:
            raise _wrong(path, f"{name} is not there, or not of shape {tuple(like.shape)}")
        tensor = tensor.to(like.dtype)
        if not torch.isfinite(tensor).all() or (name.endswith("running_var") and (tensor < 0).any()):
            raise _wrong(path, f"{name} holds values that no training leaves")
        out[name] = tensor
    return out


def _table(content: object, path: Path) -> dict[str, object]:
    """Tensors of the decoder by name, from any of the layouts."""
    tables = [content]
    if isinstance(content, dict):
        tables += [content.get("D_detail"), content.get("state_dict")]
    for table in tables:
        for prefix in _PREFIXES:
            if isinstance(table, dict) and f"{prefix}l1.0.weight" in table:
                start = len(prefix)
                return {k[start:]: v for k, v in table.items() if isinstance(k, str) and k.startswith(prefix)}
    raise _wrong(path, "no D_detail in it")


def _check_size(path: Path) -> None:
    """Of the file, and of what a packed one claims to hold."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = max(size, sum(member.file_size for member in archive.infolist()))
    if size > _MAX_BYTES:
        raise _wrong(path, f"{size} bytes")


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "no detail decoder of EMOCA or DECA", received=f"{path} ({fault})", accepted=_ACCEPTED,
        next_step="use the file as its authors publish it",
    )  # fmt: skip
