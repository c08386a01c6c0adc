"""ONNX Runtime with one set of habits: graph and weights apart, threads counted once, none that spins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Shaped

from xtalker.inference.graph import Graph

if TYPE_CHECKING:
    pass

THREADS_VARIABLE = "XTALKER_THREADS"


class WeightsMismatch(ValueError):
    """Weights that are not those of the graph; the text says which."""


class Session:
    """A graph with its weights, ready to run.

    Args:
        graph: the network.
        weights: tensors of the checkpoint by name; exactly those of the graph. They are copied.
        threads: at most so many; None takes `num_threads`.

    Raises:
        WeightsMismatch: one is missing, one is too many, or has another shape.
    """

    def __init__(
        self, graph: Graph, weights: Mapping[str, Float[np.ndarray, "..."]], *, threads: int | None = None
    ) -> None:
        check_weights(graph.weights, weights)
        ort = _runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads or num_threads(), 1
        options.log_severity_level = 3
        # A thread that waits by spinning takes the processor from numba's and from other programs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        arrays = [np.ascontiguousarray(weights[name], np.float32) for name in graph.weights]
        if arrays:
            values = [ort.OrtValue.ortvalue_from_numpy(array) for array in arrays]
            options.add_external_initializers(list(graph.weights), values)
        self._session = ort.InferenceSession(graph.to_bytes(), options, providers=["CPUExecutionProvider"])

    def run(self, **inputs: Shaped[np.ndarray, "..."]) -> list[Float[np.ndarray, "..."]]:
        """Outputs in the order of the graph."""
        out: list[Float[np.ndarray, "..."]] = self._session.run(None, inputs)
        return out


def check_weights(wanted: Mapping[str, tuple[int, ...]], given: Mapping[str, Float[np.ndarray, "..."]]) -> None:
    """Refuse weights that are not exactly the wanted ones.

    Raises:
        WeightsMismatch: with the first fault.
    """
    for name, shape in wanted.items():
        if name not in given:
            raise WeightsMismatch(f"Missing key {name}")
        if given[name].shape != shape:
            raise WeightsMismatch(f"size mismatch for {name}: {given[name].shape} instead of {shape}")
    if more := [name for name in given if name not in wanted]:
        raise WeightsMismatch(f"Unexpected key {more[0]}")


def num_threads() -> int:
    """Processors that this process may use, or what XTALKER_THREADS says."""
    asked = os.environ.get(THREADS_VARIABLE, "")
    if asked.isascii() and asked.isdecimal() and 0 < int(asked) <= 1024:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _runtime() -> Any:
    """Loaded when the first network is: it takes a tenth of a second."""
    import onnxruntime

    return onnxruntime
