"""Layers that the networks share, as nodes of a graph."""

from __future__ import annotations

import numpy as np

from xtalker.inference.graph import Graph, Value


def linear(graph: Graph, x: Value, place: str, inputs: int, outputs: int, *, bias: bool = True) -> Value:
    """X W^T + b over the last axis, weights as PyTorch stores them: `place` + weight (outputs, inputs), bias."""
    weight = graph.op("Transpose", graph.weight(f"{place}weight", outputs, inputs), perm=[1, 0])
    out = graph.op("MatMul", x, weight)
    return graph.op("Add", out, graph.weight(f"{place}bias", outputs)) if bias else out


def convolution(
    graph: Graph, x: Value, place: str, inputs: int, outputs: int, width: int, **attributes: int | list[int]
) -> Value:
    """Over the last axis of (batch, channels, steps); attributes as of ONNX's Conv."""
    weight = graph.weight(f"{place}weight", outputs, inputs, width)
    return graph.op("Conv", x, weight, graph.weight(f"{place}bias", outputs), **attributes)


def plain_norm(graph: Graph, x: Value, width: int, *, epsilon: float = 1e-5) -> Value:
    """Layer norm over the last axis without weights of its own."""
    ones = graph.constant(np.ones(width, np.float32))
    return graph.op("LayerNormalization", x, ones, axis=-1, epsilon=epsilon)


def norm(graph: Graph, x: Value, scale: Value, shift: Value, *, epsilon: float = 1e-5) -> Value:
    """Layer norm over the last axis, times `scale`, plus `shift`."""
    return graph.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=epsilon)


def swap_last(graph: Graph, x: Value) -> Value:
    """(batch, a, b) to (batch, b, a)."""
    return graph.op("Transpose", x, perm=[0, 2, 1])


def heads_of(graph: Graph, x: Value, heads: int, depth: int, *, key: bool = False) -> Value:
    """(batch, frames, heads * depth) to (batch, heads, frames, depth); a key to (batch, heads, depth, frames)."""
    split = graph.op("Reshape", x, graph.constant(np.array([0, 0, heads, depth])))
    return graph.op("Transpose", split, perm=[0, 2, 3, 1] if key else [0, 2, 1, 3])


def attend(graph: Graph, query: Value, key: Value, value: Value, width: int, *, bias: Value | None = None) -> Value:
    """softmax(query key + bias) value, heads joined.

    Args:
        graph: to add to.
        query: (batch, heads, frames, depth), already scaled.
        key: (batch, heads, depth, rows).
        value: (batch, heads, rows, depth).
        width: heads * depth.
        bias: added to the products, as broadcast; None for none.
    """
    products = graph.op("MatMul", query, key)
    if bias is not None:
        products = graph.op("Add", products, bias)
    mixed = graph.op("MatMul", graph.op("Softmax", products, axis=-1), value)
    joined = graph.op("Transpose", mixed, perm=[0, 2, 1, 3])
    return graph.op("Reshape", joined, graph.constant(np.array([0, 0, width])))


def gelu(graph: Graph, x: Value) -> Value:
    """X Phi(x), exactly."""
    return graph.op("Gelu", x)
