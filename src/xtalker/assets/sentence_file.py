"""The sentence encoder's published archive -> one safetensors file with weights and vocabulary.

The source is a zip with `model.safetensors` (float32, BERT's names) and `tokenizer.json`. Weights are halved to
float16; the vocabulary becomes a tensor of bytes, one word piece a line, so that one file is all there is.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from xtalker.assets.tensor_file import RawTensor, write_tensor_file

VOCABULARY = "vocabulary"
_UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")


def keep_weights_and_vocabulary(published: Path, into: Path) -> None:
    """Write the safetensors file.

    Args:
        published: zip whose hash was already checked.
        into: file to write; the same input gives the same bytes.

    Raises:
        ValueError: another format.
    """
    with zipfile.ZipFile(published) as archive:
        tensors = _half(archive.read("model.safetensors"))
        pieces = json.loads(archive.read("tokenizer.json"))["model"]["vocab"]
    if sorted(pieces.values()) != list(range(len(pieces))):
        raise ValueError("word pieces are not numbered without gaps")
    lines = "\n".join(sorted(pieces, key=pieces.__getitem__)).encode()
    tensors[VOCABULARY] = RawTensor("U8", (len(lines),), lines)
    write_tensor_file(into, tensors, {"model": "all-MiniLM-L6-v2", "licence": "Apache-2.0"})


def _half(blob: bytes) -> dict[str, RawTensor]:
    length = int.from_bytes(blob[:8], "little")
    header, data = json.loads(blob[8 : 8 + length]), blob[8 + length :]
    out: dict[str, RawTensor] = {}
    for name, entry in header.items():
        if name == "__metadata__" or name in _UNUSED:
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"tensor {name} is {entry['dtype']}, not F32")
        start, end = entry["data_offsets"]
        half = np.frombuffer(data[start:end], "<f4").astype("<f2")
        out[name] = RawTensor("F16", tuple(entry["shape"]), half.tobytes())
    return out
