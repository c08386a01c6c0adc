"""Graphs against numpy, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from xtalker.inference.graph import Graph
from xtalker.inference.layers import attend, convolution, gelu, heads_of, linear, norm, plain_norm
from xtalker.inference.session import Session, WeightsMismatch, num_threads

_RANDOM = np.random.default_rng(0)


def _normal(*shape: int) -> np.ndarray:
    return _RANDOM.standard_normal(shape, np.float32)


def test_a_linear_layer_takes_weights_as_they_are_stored() -> None:
    graph = Graph("one")
    graph.output("y", linear(graph, graph.input("x", ("rows", 5)), "a.", 5, 3), ("rows", 3))
    weights = {"a.weight": _normal(3, 5), "a.bias": _normal(3)}
    assert graph.weights == {"a.weight": (3, 5), "a.bias": (3,)}
    x = _normal(4, 5)
    np.testing.assert_allclose(
        Session(graph, weights).run(x=x)[0], x @ weights["a.weight"].T + weights["a.bias"], rtol=1e-5, atol=1e-5
    )


def test_norms_and_gelu() -> None:
    graph = Graph("norms")
    x = graph.input("x", ("rows", 8))
    scaled = norm(graph, x, graph.weight("scale", 8), graph.weight("shift", 8), epsilon=1e-3)
    for name, value in (("plain", plain_norm(graph, x, 8)), ("scaled", scaled), ("gelu", gelu(graph, x))):
        graph.output(name, value, ("rows", 8))
    weights, x = {"scale": _normal(8), "shift": _normal(8)}, 3 * _normal(5, 8)
    plain, got, bent = Session(graph, weights).run(x=x)
    centred = x - x.mean(1, keepdims=True)
    np.testing.assert_allclose(plain, centred / np.sqrt(x.var(1, keepdims=True) + 1e-5), atol=1e-5)
    truth = centred / np.sqrt(x.var(1, keepdims=True) + 1e-3) * weights["scale"] + weights["shift"]
    np.testing.assert_allclose(got, truth, atol=1e-5)
    np.testing.assert_allclose(bent, x * ndtr(x), atol=1e-6)


def test_convolution_sees_its_neighbours() -> None:
    graph = Graph("convolution")
    out = convolution(graph, graph.input("x", (1, 2, "steps")), "c.", 2, 3, 3, pads=[1, 1])
    graph.output("y", out, (1, 3, "steps"))
    weights, x = {"c.weight": _normal(3, 2, 3), "c.bias": _normal(3)}, _normal(1, 2, 7)
    pieces = np.lib.stride_tricks.sliding_window_view(np.pad(x[0], ((0, 0), (1, 1))), 3, axis=1)
    truth = np.einsum("itk,oik->ot", pieces, weights["c.weight"]) + weights["c.bias"][:, None]
    np.testing.assert_allclose(Session(graph, weights).run(x=x)[0][0], truth, atol=1e-5)


def test_attention_looks_where_the_bias_lets_it() -> None:
    graph = Graph("attention")
    split = [heads_of(graph, graph.input(name, (1, "n", 6)), 2, 3, key=name == "key") for name in ("q", "key", "v")]
    bias = graph.input("bias", ("n", "n"))
    graph.output("y", attend(graph, *split, 6, bias=bias), (1, "n", 6))
    near = np.where(np.abs(np.subtract.outer(np.arange(5), np.arange(5))) <= 1, 0, -60).astype(np.float32)
    q, key, v = _normal(3, 1, 5, 6)
    got = Session(graph, {}).run(q=q, key=key, v=v, bias=near)[0]
    truth = []
    for head in (slice(0, 3), slice(3, 6)):
        share = np.exp(q[0, :, head] @ key[0, :, head].T + near)
        truth.append(share / share.sum(1, keepdims=True) @ v[0, :, head])
    np.testing.assert_allclose(got[0], np.concatenate(truth, 1), atol=1e-5)
    moved = v.copy()
    moved[0, 3:] += 1
    np.testing.assert_array_equal(Session(graph, {}).run(q=q, key=key, v=moved, bias=near)[0][0, 0], got[0, 0])


def test_the_same_network_is_the_same_bytes() -> None:
    def made(width: int) -> bytes:
        graph = Graph("a")
        graph.output("y", linear(graph, graph.input("x", ("n", width)), "l.", width, 2), ("n", 2))
        return graph.to_bytes()

    assert made(3) == made(3) != made(4)
    assert len(made(4096)) < 1000  # no weights in it


@pytest.mark.parametrize(
    ("change", "text"),
    [({"a.bias": None}, "Missing key a.bias"), ({"b": (1,)}, "Unexpected key b"),
     ({"a.weight": (5, 3)}, r"size mismatch for a.weight: \(5, 3\) instead of \(3, 5\)")],
)  # fmt: skip
def test_weights_that_do_not_fit(change: dict[str, tuple[int, ...] | None], text: str) -> None:
    graph = Graph("one")
    graph.output("y", linear(graph, graph.input("x", ("rows", 5)), "a.", 5, 3), ("rows", 3))
    weights = {"a.weight": _normal(3, 5), "a.bias": _normal(3)}
    for name, shape in change.items():
        weights = {n: w for n, w in weights.items() if n != name} | ({} if shape is None else {name: _normal(*shape)})
    with pytest.raises(WeightsMismatch, match=text):
        Session(graph, weights)


def test_threads_are_those_that_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XTALKER_THREADS", "3")
    assert num_threads() == 3
    for nonsense in ("0", "many", "-1", ""):
        monkeypatch.setenv("XTALKER_THREADS", nonsense)
        assert num_threads() >= 1
