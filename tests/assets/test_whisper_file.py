from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from xtalker.assets.whisper_file import keep_encoder


def text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def variable(name: str, array: np.ndarray) -> bytes:
    kind = {"float16": 4, "int16": 2}[array.dtype.name]
    axes = b"".join(struct.pack("<I", n) for n in array.shape)
    head = text(name) + struct.pack("<B", array.ndim) + axes
    return head + struct.pack("<BI", kind, array.nbytes) + array.tobytes()


def published(version: int = 6, kind: str = "WhisperSpec") -> tuple[bytes, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    arrays = {
        "encoder/conv1/weight": rng.standard_normal((4, 3, 3)).astype(np.float16),
        "decoder/embeddings/weight": rng.standard_normal((9, 4)).astype(np.float16),
        "encoder/num_heads": np.array(8, np.int16),
        "encoder/layer_norm/gamma": rng.standard_normal(5).astype(np.float16),
    }
    body = b"".join(variable(name, array) for name, array in arrays.items())
    head = struct.pack("<I", version) + text(kind) + struct.pack("<II", 3, len(arrays))
    return head + body + struct.pack("<I", 0), arrays


def test_encoder_is_kept_bit_for_bit(tmp_path: Path) -> None:
    blob, arrays = published()
    (tmp_path / "model.bin").write_bytes(blob)
    for name in ("a", "b"):
        keep_encoder(tmp_path / "model.bin", tmp_path / name)
    got = load_file(tmp_path / "a")
    expected = {n.removeprefix("encoder/"): a for n, a in arrays.items() if n.startswith("encoder/")}
    assert got.keys() == expected.keys()
    for name, array in expected.items():
        assert got[name].dtype == array.dtype
        np.testing.assert_array_equal(got[name], array)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(("version", "kind"), [(5, "WhisperSpec"), (6, "TransformerSpec")])
def test_another_format_is_refused(tmp_path: Path, version: int, kind: str) -> None:
    (tmp_path / "model.bin").write_bytes(published(version, kind)[0])
    with pytest.raises(ValueError, match=f"'{kind}' of version {version}"):
        keep_encoder(tmp_path / "model.bin", tmp_path / "a")
