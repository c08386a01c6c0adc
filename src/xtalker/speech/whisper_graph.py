"""Whisper's encoder as a graph: Radford et al. (2022), figure 1, left."""

from __future__ import annotations

from dataclasses import dataclass

from xtalker.inference.graph import Graph, Value
from xtalker.inference.layers import attend, convolution, gelu, heads_of, linear, norm, swap_last

_MELS = 80
_POSITIONS = 1500


@dataclass(frozen=True)
class WhisperSize:
    """What tells one Whisper encoder from another.

    Attributes:
        width: channels of a step.
        heads: of each self-attention.
        layers: of the encoder.
        inner: channels of the feed-forward layers.
        hidden_layer: which hidden state is given besides the last, 0 being the input of the first layer.
    """

    width: int
    heads: int
    layers: int
    inner: int
    hidden_layer: int


def whisper_graph(size: WhisperSize) -> Graph:
    """`mel` (windows, 80, hops) to `both` (windows, steps, 2 width): hidden state and normed output; 2 hops a step."""
    graph = Graph("whisper encoder")
    mel = graph.input("mel", ("windows", _MELS, "hops"))
    x = gelu(graph, convolution(graph, mel, "conv1/", _MELS, size.width, 3, pads=[1, 1]))
    x = gelu(graph, convolution(graph, x, "conv2/", size.width, size.width, 3, pads=[1, 1], strides=[2]))
    x = _with_positions(graph, swap_last(graph, x), size.width)
    hidden = x
    for layer in range(size.layers):
        x = graph.op("Add", x, _attention(graph, x, f"layer_{layer}/self_attention/", size))
        x = graph.op("Add", x, _feed_forward(graph, x, f"layer_{layer}/ffn/", size))
        if layer + 1 == size.hidden_layer:
            hidden = x
    final = _norm(graph, x, "", size.width)
    graph.output("both", graph.op("Concat", hidden, final, axis=-1), ("windows", "steps", 2 * size.width))
    return graph


def _with_positions(graph: Graph, x: Value, width: int) -> Value:
    positions = graph.weight("position_encodings/encodings", _POSITIONS, width)
    steps = graph.op("Shape", x, start=1, end=2)
    return graph.op("Add", x, graph.op("Slice", positions, graph.constant([0]), steps, graph.constant([0])))


def _norm(graph: Graph, x: Value, place: str, width: int) -> Value:
    gamma, beta = (graph.weight(f"{place}layer_norm/{name}", width) for name in ("gamma", "beta"))
    return norm(graph, x, gamma, beta)


def _attention(graph: Graph, x: Value, place: str, size: WhisperSize) -> Value:
    width, heads = size.width, size.heads
    depth = width // heads
    parts = linear(graph, _norm(graph, x, place, width), f"{place}linear_0/", width, 3 * width)
    query, key, value = graph.ops("Split", parts, results=3, axis=-1, num_outputs=3)
    query = graph.op("Mul", query, graph.constant(depth**-0.5))
    split = [heads_of(graph, each, heads, depth, key=each == key) for each in (query, key, value)]
    return linear(graph, attend(graph, split[0], split[1], split[2], width), f"{place}linear_1/", width, width)


def _feed_forward(graph: Graph, x: Value, place: str, size: WhisperSize) -> Value:
    inner = linear(graph, _norm(graph, x, place, size.width), f"{place}linear_0/", size.width, size.inner)
    return linear(graph, gelu(graph, inner), f"{place}linear_1/", size.inner, size.width)
