"""A network as an ONNX graph without weights, written down in the program instead of exported from another.

The nodes are those of the ONNX standard (operator set 20, no custom operators), so ONNX Runtime runs the bytes on
every platform and in the browser. Weights are named as in the checkpoint and stay there: the graph only says their
shapes. One function of a configuration gives the graph of every checkpoint of that configuration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Shaped

from xtalker.inference import protobuf as pb

OPERATOR_SET: Final = 20
_IR_VERSION: Final = 9
_TYPES: Final = {"float32": 1, "int64": 7, "bool": 9}
_EXTERNAL: Final = 1
_FLOAT_ATTRIBUTE, _INT_ATTRIBUTE, _TEXT_ATTRIBUTE, _INTS_ATTRIBUTE = 1, 2, 3, 7

Value = str
"""A tensor inside the graph, by its name."""

Axis = int | str
"""A length, or the name of one that each run may choose."""


class Graph:
    """Nodes in order, and what goes in and out.

    Attributes:
        weights: name -> shape of every weight that a checkpoint must bring.
        outputs: names, in order.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.weights: dict[str, tuple[int, ...]] = {}
        self._nodes: list[bytes] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Value] = {}
        self._initialisers: list[bytes] = []
        self._inputs: list[bytes] = []
        self.outputs: list[str] = []
        self._outputs: list[bytes] = []

    def input(self, name: str, shape: Sequence[Axis], dtype: str = "float32") -> Value:
        """Something that a run is given."""
        self._inputs.append(pb.message(11, _value_info(name, shape, dtype)))
        return name

    def output(self, name: str, value: Value, shape: Sequence[Axis]) -> None:
        """Something that a run gives."""
        self.outputs.append(name)
        self._nodes.append(_node("Identity", [value], [name], {}))
        self._outputs.append(pb.message(12, _value_info(name, shape, "float32")))

    def weight(self, name: str, *shape: int) -> Value:
        """A tensor of the checkpoint, float32."""
        if name not in self.weights:
            self.weights[name] = shape
            # ONNX wants a place for tensors outside the file; ONNX Runtime is handed them before it would look.
            count = int(np.prod(shape)) * 4
            place = {"location": "weights", "offset": "0", "length": str(count)}
            entries = b"".join(pb.message(13, pb.text(1, k) + pb.text(2, v)) for k, v in place.items())
            tensor = _tensor_head(name, shape, "float32") + entries + pb.integer(14, _EXTERNAL)
            self._initialisers.append(pb.message(5, tensor))
        return name

    def constant(self, value: Shaped[np.ndarray, "..."] | float | Sequence[int]) -> Value:
        """A small fixed tensor; a number is float32, a list of whole numbers int64."""
        array = np.asarray(value, np.float32 if isinstance(value, float) else None)
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name
            tensor = _tensor_head(name, array.shape, array.dtype.name) + pb.message(9, array.tobytes())
            self._initialisers.append(pb.message(5, tensor))
        return self._constants[key]

    def op(self, kind: str, *inputs: Value, **attributes: int | float | str | Sequence[int]) -> Value:
        """One node with one result."""
        return self.ops(kind, *inputs, results=1, **attributes)[0]

    def ops(
        self, kind: str, *inputs: Value, results: int, **attributes: int | float | str | Sequence[int]
    ) -> list[Value]:
        """One node with several results."""
        names = [f"v{len(self._nodes)}_{number}" for number in range(results)]
        self._nodes.append(_node(kind, inputs, names, attributes))
        return names

    def to_bytes(self) -> bytes:
        """The model file; the same network gives the same bytes."""
        nodes = b"".join(pb.message(1, node) for node in self._nodes)
        graph = nodes + pb.text(2, self.name) + b"".join([*self._initialisers, *self._inputs, *self._outputs])
        operators = pb.text(1, "") + pb.integer(2, OPERATOR_SET)
        return pb.integer(1, _IR_VERSION) + pb.text(2, "xtalker") + pb.message(7, graph) + pb.message(8, operators)


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Mapping[str, object]) -> bytes:
    out = b"".join(pb.text(1, name) for name in inputs) + b"".join(pb.text(2, name) for name in outputs)
    out += pb.text(4, kind)
    return out + b"".join(pb.message(5, _attribute(name, value)) for name, value in attributes.items())


def _attribute(name: str, value: object) -> bytes:
    head = pb.text(1, name)
    if isinstance(value, int):
        return head + pb.integer(3, value) + pb.integer(20, _INT_ATTRIBUTE)
    if isinstance(value, float):
        return head + pb.real(2, value) + pb.integer(20, _FLOAT_ATTRIBUTE)
    if isinstance(value, str):
        return head + pb.text(4, value) + pb.integer(20, _TEXT_ATTRIBUTE)
    assert isinstance(value, Sequence)
    return head + b"".join(pb.integer(8, each) for each in value) + pb.integer(20, _INTS_ATTRIBUTE)


def _tensor_head(name: str, shape: Sequence[int], dtype: str) -> bytes:
    return b"".join(pb.integer(1, side) for side in shape) + pb.integer(2, _TYPES[dtype]) + pb.text(8, name)


def _value_info(name: str, shape: Sequence[Axis], dtype: str) -> bytes:
    sides = b"".join(
        pb.message(1, pb.text(2, side) if isinstance(side, str) else pb.integer(1, side)) for side in shape
    )
    tensor = pb.integer(1, _TYPES[dtype]) + pb.message(2, sides)
    return pb.text(1, name) + pb.message(2, pb.message(1, tensor))
