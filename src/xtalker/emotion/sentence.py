"""Sentence embeddings by all-MiniLM-L6-v2: a plain BERT of six layers and its word pieces. Loads torch.

Sources: Devlin et al., BERT, 2019; Wang et al., MiniLM, 2020; Reimers and Gurevych, Sentence-BERT, 2019 (mean of the
last hidden states, then unit length).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from safetensors.torch import load_file
from torch import Tensor

from xtalker.assets.sentence_file import VOCABULARY
from xtalker.values import AssetError

WIDTH: Final = 384
MAX_PIECES: Final = 256
_HEADS, _LAYERS, _NORM_EPS = 12, 6, 1e-12
_LONGEST_WORD: Final = 100
_DROPPED: Final = ("Mn", "Cc", "Cf")  # accents, control characters
_BATCH: Final = 32
_TOKENS: Final = re.compile(r"\w+|[^\w\s]")


class WordPieces:
    """BERT's uncased tokenizer: lower case, no accents, longest known piece first.

    Args:
        vocabulary: pieces in the order of their numbers; `##` continues a word.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._number = {piece: i for i, piece in enumerate(vocabulary)}
        self._unknown = self._number["[UNK]"]
        self._first, self._last = self._number["[CLS]"], self._number["[SEP]"]

    def __call__(self, text: str) -> list[int]:
        """Numbers of the pieces with start and end mark, at most 256."""
        inner = [number for word in plain_words(text) for number in self.pieces(word)]
        return [self._first, *inner[: MAX_PIECES - 2], self._last]

    def whole_words(self) -> list[str]:
        """Plain words of three letters or more that are one piece, the frequent ones first."""
        return [piece for piece in self._number if len(piece) > 2 and piece.isascii() and piece.isalpha()]

    def pieces(self, word: str) -> list[int]:
        """Numbers of one word's pieces."""
        out: list[int] = []
        start = 0
        while start < len(word) and len(word) <= _LONGEST_WORD:
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                if piece in self._number:
                    out.append(self._number[piece])
                    start = end
                    break
            else:
                return [self._unknown]
        return out or [self._unknown]


def plain_words(text: str) -> list[str]:
    """Words and single punctuation marks, lower case, without accents."""
    folded = unicodedata.normalize("NFD", text.lower())
    return _TOKENS.findall("".join(c for c in folded if unicodedata.category(c) not in _DROPPED or c.isspace()))


class SentenceEncoder:
    """Texts to unit vectors.

    Args:
        weights: tensors by BERT's names.
        words: the tokenizer that belongs to them.
    """

    def __init__(self, weights: dict[str, Tensor], words: WordPieces) -> None:
        self._weights = {name: tensor.float() for name, tensor in weights.items()}
        self.words = words

    @classmethod
    def load(cls, path: Path) -> SentenceEncoder:
        """From the file that the catalogue describes.

        Raises:
            AssetError: the user's own copy is something else.
        """
        try:
            tensors = load_file(path)
            vocabulary = bytes(tensors.pop(VOCABULARY).numpy()).decode().split("\n")
            encoder = cls(tensors, WordPieces(vocabulary))
            encoder(["a"])
        except (KeyError, ValueError, RuntimeError, OSError) as error:
            raise AssetError(
                "this is not the sentence encoder", received=f"{path} ({error})",
                accepted="the file that the catalogue describes", next_step="remove the setting that names this file",
            ) from error  # fmt: skip
        return encoder

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "texts 384"]:
        """Embedding of each text."""
        numbers = [self.words(text) for text in texts]
        out = np.empty((len(texts), WIDTH), np.float32)
        order = np.argsort([len(n) for n in numbers], kind="stable")
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            out[part] = self._encode([numbers[i] for i in part])
        return out

    @torch.inference_mode()
    def _encode(self, numbers: Sequence[Sequence[int]]) -> Float[np.ndarray, "batch 384"]:
        length = max(map(len, numbers))
        padded = np.zeros((len(numbers), length), np.int64)
        for row, own in zip(padded, numbers):
            row[: len(own)] = own
        ids = torch.from_numpy(padded)
        seen = ids > 0
        w = self._weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][:length] + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for number in range(_LAYERS):
            x = self._layer(x, seen, f"encoder.layer.{number}")
        share = seen[..., None].float()
        mean = (x * share).sum(1) / share.sum(1)
        return np.asarray(F.normalize(mean, dim=1).numpy())

    def _layer(
        self, x: Float[Tensor, "batch length 384"], seen: Bool[Tensor, "batch length"], name: str
    ) -> Float[Tensor, "batch length 384"]:
        parts = (self._linear(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        query, key, value = (y.reshape(*y.shape[:2], _HEADS, -1).transpose(1, 2) for y in parts)
        heard = F.scaled_dot_product_attention(query, key, value, attn_mask=seen[:, None, None])
        joined = self._linear(heard.transpose(1, 2).flatten(2), f"{name}.attention.output.dense")
        x = self._norm(x + joined, f"{name}.attention.output.LayerNorm")
        wide = F.gelu(self._linear(x, f"{name}.intermediate.dense"))
        return self._norm(x + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (WIDTH,), self._weights[f"{name}.weight"], self._weights[f"{name}.bias"], _NORM_EPS)
