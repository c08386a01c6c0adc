"""A TFLite network as a function of arrays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from ai_edge_litert.interpreter import Interpreter

_STDERR = 2
_GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"


class Network:
    """Calls a TFLite model by tensor names; not safe to share between threads.

    Args:
        model_bytes: the flatbuffer.
        inputs: names of the input tensors, in the order of call.
        outputs: names of the output tensors, in the order of return.
        threads: processor threads.
    """

    def __init__(self, model_bytes: bytes, inputs: Sequence[str], outputs: Sequence[str], *, threads: int = 1) -> None:
        with _greeting_hidden():
            self._interpreter = Interpreter(model_content=model_bytes, num_threads=threads)
            self._interpreter.allocate_tensors()
        index = {d["name"]: d["index"] for d in self._interpreter.get_input_details()}
        self._inputs = [index[name] for name in inputs]
        index = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}
        self._outputs = [index[name] for name in outputs]

    def __call__(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """Copies of the outputs for the given inputs, batch axis included."""
        for index, array in zip(self._inputs, arrays, strict=True):
            self._interpreter.set_tensor(index, np.ascontiguousarray(array, np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


@contextmanager
def _greeting_hidden() -> Iterator[None]:
    """Keep the runtime's first line out of the error stream; no setting of its own does. The rest passes on."""
    with tempfile.TemporaryFile() as heard:
        stream = os.dup(_STDERR)
        os.dup2(heard.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(stream, _STDERR)
            os.close(stream)
            heard.seek(0)
            os.write(_STDERR, heard.read().replace(_GREETING, b""))
