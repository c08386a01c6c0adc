"""Sentence embeddings by all-MiniLM-L6-v2: a plain BERT of six layers and its word pieces.

Sources: Devlin et al., BERT, 2019; Wang et al., MiniLM, 2020; Reimers and Gurevych, Sentence-BERT, 2019 (mean of the
last hidden states, then unit length).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Shaped
from safetensors import SafetensorError

from xtalker.assets.sentence_file import VOCABULARY
from xtalker.assets.tensor_file import array_of, read_tensor_file
from xtalker.inference.graph import Graph, Value
from xtalker.inference.layers import attend, gelu, heads_of, linear, norm
from xtalker.inference.session import Session
from xtalker.values import AssetError

WIDTH: Final = 384
MAX_PIECES: Final = 256
_HEADS, _LAYERS, _NORM_EPS = 12, 6, 1e-12
_LONGEST_WORD: Final = 100
_DROPPED: Final = ("Mn", "Cc", "Cf")  # accents, control characters
_BATCH: Final = 32
_POSITIONS: Final = 512
_PADDING: Final = -60.0  # added to products with padding, see generator.network
_PIECES: Final = "embeddings.word_embeddings.weight"
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

    def __init__(self, weights: Mapping[str, Shaped[np.ndarray, "..."]], words: WordPieces) -> None:
        self.words = words
        # One table is looked up here, so that the graph does not depend on the number of word pieces.
        self._of_piece = weights[_PIECES].astype(np.float32)
        graph = sentence_graph()
        self._session = Session(graph, {name: weights[name] for name in graph.weights})

    @classmethod
    def load(cls, path: Path) -> SentenceEncoder:
        """From the file that the catalogue describes.

        Raises:
            AssetError: the user's own copy is something else.
        """
        try:
            tensors = {name: array_of(raw) for name, raw in read_tensor_file(path)[0].items()}
            vocabulary = bytes(tensors.pop(VOCABULARY)).decode().split("\n")
            encoder = cls(tensors, WordPieces(vocabulary))
            encoder(["a"])
        except (KeyError, ValueError, SafetensorError, OSError) as error:
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

    def _encode(self, numbers: Sequence[Sequence[int]]) -> Float[np.ndarray, "batch 384"]:
        padded = np.zeros((len(numbers), max(map(len, numbers))), np.int64)
        for row, own in zip(padded, numbers):
            row[: len(own)] = own
        return self._session.run(pieces=self._of_piece[padded], seen=(padded > 0).astype(np.float32))[0]


def sentence_graph() -> Graph:
    """`pieces` (batch, length, 384), the embeddings of word pieces, and `seen` (1, or 0 in padding) to `sentence`."""
    graph = Graph("sentence")
    x = graph.input("pieces", ("batch", "length", WIDTH))
    seen = graph.input("seen", ("batch", "length"))
    length = graph.op("Shape", seen, start=1, end=2)
    places = graph.weight("embeddings.position_embeddings.weight", _POSITIONS, WIDTH)
    places = graph.op("Slice", places, graph.constant([0]), length, graph.constant([0]))
    first = [0], [1], [0]
    kind = graph.op("Slice", graph.weight("embeddings.token_type_embeddings.weight", 2, WIDTH),
                    *(graph.constant(each) for each in first))  # fmt: skip
    x = _norm(graph, graph.op("Add", graph.op("Add", x, places), kind), "embeddings.LayerNorm")
    far = graph.op("Mul", graph.op("Sub", graph.constant(1.0), seen), graph.constant(_PADDING))
    far = graph.op("Unsqueeze", far, graph.constant([1, 2]))
    for number in range(_LAYERS):
        x = _layer(graph, x, far, f"encoder.layer.{number}")
    share = graph.op("Unsqueeze", seen, graph.constant([2]))
    total = graph.op("ReduceSum", graph.op("Mul", x, share), graph.constant([1]), keepdims=0)
    mean = graph.op("Div", total, graph.op("ReduceSum", share, graph.constant([1]), keepdims=0))
    graph.output("sentence", graph.op("LpNormalization", mean, axis=-1, p=2), ("batch", WIDTH))
    return graph


def _layer(graph: Graph, x: Value, far: Value, name: str) -> Value:
    depth = WIDTH // _HEADS
    query, key, value = (
        linear(graph, x, f"{name}.attention.self.{part}.", WIDTH, WIDTH) for part in ("query", "key", "value")
    )
    query = graph.op("Mul", query, graph.constant(depth**-0.5))
    split = [heads_of(graph, each, _HEADS, depth, key=each == key) for each in (query, key, value)]
    joined = attend(graph, split[0], split[1], split[2], WIDTH, bias=far)
    joined = linear(graph, joined, f"{name}.attention.output.dense.", WIDTH, WIDTH)
    x = _norm(graph, graph.op("Add", x, joined), f"{name}.attention.output.LayerNorm")
    wide = gelu(graph, linear(graph, x, f"{name}.intermediate.dense.", WIDTH, 4 * WIDTH))
    narrow = linear(graph, wide, f"{name}.output.dense.", 4 * WIDTH, WIDTH)
    return _norm(graph, graph.op("Add", x, narrow), f"{name}.output.LayerNorm")


def _norm(graph: Graph, x: Value, name: str) -> Value:
    scale, shift = (graph.weight(f"{name}.{part}", WIDTH) for part in ("weight", "bias"))
    return norm(graph, x, scale, shift, epsilon=_NORM_EPS)
