"""EMOCA's decoder with random weights in the layouts of the real files; files that are something else."""

from __future__ import annotations

import pickle
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.flame import tiny_flame_arrays, write_tiny_flame
from torch.nn import functional

from xtalker.head.flame import FlameHead
from xtalker.head.flame_sheet import MAP_SIDE, read_flame_sheet
from xtalker.networks.emoca_detail import EmocaDetail
from xtalker.values import InputError, MeshTopology

CHANNELS = (128, 128, 64, 64, 32, 16)


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """Names and shapes of D_detail as the public checkpoints have them."""
    random = torch.Generator().manual_seed(seed)

    def some(*shape: int, scale: float = 0.05) -> torch.Tensor:
        return scale * torch.randn(*shape, generator=random)

    def norm(name: str, size: int) -> dict[str, torch.Tensor]:
        return {
            f"{name}.weight": 1 + some(size), f"{name}.bias": some(size), f"{name}.running_mean": some(size),
            f"{name}.running_var": 1 + some(size).abs(), f"{name}.num_batches_tracked": torch.tensor(7),
        }  # fmt: skip

    out = {"l1.0.weight": some(8192, 181), "l1.0.bias": some(8192), **norm("conv_blocks.0", 128)}
    for block, (before, after) in enumerate(pairwise(CHANNELS)):
        conv = f"conv_blocks.{4 * block + 2}"
        out |= {f"{conv}.weight": some(after, before, 3, 3), f"{conv}.bias": some(after)}
        out |= norm(f"conv_blocks.{4 * block + 3}", after)
    return out | {"conv_blocks.21.weight": some(1, 16, 3, 3), "conv_blocks.21.bias": some(1)}


def slow(table: dict[str, torch.Tensor], row: torch.Tensor) -> torch.Tensor:
    """The decoder written out with functions."""

    def norm(x: torch.Tensor, name: str, eps: float) -> torch.Tensor:
        mean, var, scale, bias = (
            table[f"{name}.{k}"][None, :, None, None] for k in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(var + eps) * scale + bias

    x = (table["l1.0.weight"] @ row + table["l1.0.bias"]).reshape(1, 128, 8, 8)
    x = norm(x, "conv_blocks.0", 1e-5)
    for number in (2, 6, 10, 14, 18):
        x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = functional.conv2d(x, table[f"conv_blocks.{number}.weight"], table[f"conv_blocks.{number}.bias"], padding=1)
        x = functional.leaky_relu(norm(x, f"conv_blocks.{number + 1}", 0.8), 0.2)
    x = functional.conv2d(x, table["conv_blocks.21.weight"], table["conv_blocks.21.bias"], padding=1)
    return 0.01 * torch.tanh(x)[0, 0]


def sheet_of(topology: MeshTopology, path: Path) -> Path:
    """An OBJ in which every triangle has its own little square of the sheet."""
    lines = [f"v 0 0 {k}" for k in range(topology.num_vertices)]
    side = int(np.ceil(np.sqrt(len(topology.triangles))))
    for number, triangle in enumerate(topology.triangles):
        x, y = (number % side) / side, (number // side) / side
        lines += [f"vt {x:.6f} {y:.6f}", f"vt {x + 0.9 / side:.6f} {y:.6f}", f"vt {x:.6f} {y + 0.9 / side:.6f}"]
        lines.append("f " + " ".join(f"{v + 1}/{3 * number + k + 1}" for k, v in enumerate(triangle)))
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("layout", ["deca", "emoca", "bare"])
def test_the_decoder_is_the_published_one(tmp_path: Path, layout: str) -> None:
    table = weights()
    content = {
        "deca": {"E_flame": {"a": torch.zeros(2)}, "D_detail": table},
        "emoca": {"state_dict": {f"deca.D_detail.{k}": v for k, v in table.items()}, "epoch": 3},
        "bare": table,
    }[layout]
    torch.save(content, tmp_path / "a.tar")
    random = np.random.default_rng(1)
    jaw, expression = (random.normal(0, 0.3, (5, n)).astype(np.float32) for n in (3, 50))
    detail = random.normal(0, 1, 128).astype(np.float32)
    got = EmocaDetail(tmp_path / "a.tar").displacement(jaw, expression, detail)
    assert got.shape == (5, MAP_SIDE, MAP_SIDE) and np.abs(got).max() < 0.01 and got.std() > 1e-5
    row = torch.from_numpy(np.concatenate([jaw[4], expression[4], detail]))
    np.testing.assert_allclose(got[4], slow(table, row).numpy(), atol=1e-7)


class Evil:
    """Would write a file if it were unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.place,)


def test_objects_in_a_checkpoint_are_refused_and_not_run(tmp_path: Path) -> None:
    place = tmp_path / "touched"
    torch.save({"state_dict": {}, "hyper_parameters": Evil(place)}, tmp_path / "a.ckpt")
    (tmp_path / "b.ckpt").write_bytes(pickle.dumps(Evil(place)))
    for name in ("a.ckpt", "b.ckpt"):
        with pytest.raises(InputError, match=r"holds objects besides tensors; nothing in it was run"):
            EmocaDetail(tmp_path / name)
    assert not place.exists()


def _changed(name: str, tensor: torch.Tensor | None) -> dict[str, object]:
    table: dict[str, object] = dict(weights())
    if tensor is None:
        del table[name]
    else:
        table[name] = tensor
    return table


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({}, "no D_detail in it"),
        ([1, 2], "no D_detail in it"),
        (_changed("l1.0.weight", torch.zeros(8192, 178)), r"l1\.0\.weight is not there, or not of shape \(8192, 181\)"),
        (_changed("conv_blocks.21.bias", None), r"conv_blocks\.21\.bias is not there"),
        (_changed("conv_blocks.0.running_var", torch.full((128,), -1.0)), "values that no training leaves"),
        (_changed("l1.0.bias", torch.full((8192,), float("nan"))), "values that no training leaves"),
    ],
)
def test_other_checkpoints(tmp_path: Path, content: object, text: str) -> None:
    torch.save(content, tmp_path / "a.tar")
    with pytest.raises(InputError, match=text):
        EmocaDetail(tmp_path / "a.tar")


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    torch.save(weights(), tmp_path / "a.tar")
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.tar").write_text("no weights")
    with zipfile.ZipFile(tmp_path / "other.tar", "w") as archive:
        archive.writestr("a/data.pkl", b"none")
    for name in ("a.tar", "text.tar", "other.tar", "absent.tar"):
        with pytest.raises(InputError, match=r"no detail decoder|holds objects|cannot read"):
            EmocaDetail(tmp_path / name)


def test_the_dense_surface_lies_on_flame_and_moves_along_its_normals(tmp_path: Path) -> None:
    head = FlameHead(write_tiny_flame(tmp_path / "flame.npz"))
    sheet = read_flame_sheet(sheet_of(head.topology, tmp_path / "head_template.obj"), head.topology)
    vertices = tiny_flame_arrays()["v_template"]
    flat = sheet.raised(vertices, head.topology.triangles, np.zeros((MAP_SIDE, MAP_SIDE), np.float32))
    up = sheet.raised(vertices, head.topology.triangles, np.full((MAP_SIDE, MAP_SIDE), 0.002, np.float32))
    np.testing.assert_allclose(np.linalg.norm(up - flat, axis=1), 0.002, atol=1e-9)
    np.testing.assert_allclose(flat, np.einsum("tkc,tk->tc", vertices[sheet.corners], sheet.weights))
    assert sheet.weights.min() > -1e-6 and len(sheet.texels) > 5000 and sheet.triangles.max() < len(sheet.texels)
    corners = np.sort(sheet.corners, axis=1)
    across = [np.any(corners[sheet.triangles[:, 0]] != corners[sheet.triangles[:, k]], axis=1) for k in (1, 2)]
    assert not np.any(across), "no triangle joins two pieces of the sheet"


def test_the_sheet_follows_texture_coordinates(tmp_path: Path) -> None:
    """One triangle over the lower left half of the sheet: texel rows count from the top."""
    topology = MeshTopology(
        num_vertices=3, triangles=np.array([[0, 1, 2]]), quads=None, quad_part=None, part_names=(), uv=None,
        quad_uv=None, masks={}, regions={},
    )  # fmt: skip
    (tmp_path / "a.obj").write_text("vt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n")
    sheet = read_flame_sheet(tmp_path / "a.obj", topology)
    row, column = sheet.texels // MAP_SIDE, sheet.texels % MAP_SIDE
    np.testing.assert_allclose(sheet.weights[:, 1], (column + 0.5) / MAP_SIDE)
    np.testing.assert_allclose(sheet.weights[:, 2], 1 - (row + 0.5) / MAP_SIDE)


def test_sheets_that_cannot_be_used(tmp_path: Path) -> None:
    head = FlameHead(write_tiny_flame(tmp_path / "flame.npz"))
    with pytest.raises(InputError, match=r"name the file in XTALKER_ASSET_FLAME_UV"):
        read_flame_sheet(None, head.topology)
    texts = ("f 1/1 2/2", "v 0 0 0", "vt 0 nan\nf 1/1 1/1 1/1", "vt x 0", "vt 0 0\nf 1/1 2/9 3/1", "\xff")
    for text in texts:
        (tmp_path / "a.obj").write_text(text, "utf-8")
        with pytest.raises(InputError, match="not FLAME's texture sheet"):
            read_flame_sheet(tmp_path / "a.obj", head.topology)
