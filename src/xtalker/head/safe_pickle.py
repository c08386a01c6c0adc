"""A pickle file as plain records, without executing anything from it.

A pickle is a program: it names functions and the reader calls them. This reader walks the same instructions
but has none that imports or calls: names become `Name`, calls become `Built`, both plain records. Names
outside a short list stop the reading. `pickled_arrays` then rebuilds arrays from the records.
"""

from __future__ import annotations

import io
import pickletools
import re
from dataclasses import dataclass
from typing import Any

_MAX_INSTRUCTIONS = 200_000

# Python 2, old numpy and new numpy name the same things differently.
_ALLOWED = re.compile(
    r"(numpy(\._?core)?(\.multiarray|\.numeric)?"
    r" (_reconstruct|ndarray|dtype|scalar|_frombuffer))"
    r"|scipy\.sparse\.(_?csc) csc_matrix"
    r"|(copy_?reg) _reconstructor|(__builtin__|builtins) (object|bytes)"
    r"|_codecs encode"
    r"|chumpy(\.[a-z_]+)* [A-Za-z_]+"
)


@dataclass(frozen=True)
class Name:
    """A function or class that the file names; never looked up."""

    module: str
    name: str


@dataclass(eq=False)
class Built:
    """What the file wanted to build by calling `what`; never called."""

    what: object
    arguments: object
    state: object = None


class Refused(Exception):
    """Something that this reader does not do; its text says what."""


def read_records(data: bytes) -> object:
    """What a pickle describes (protocols 1 to 5, Python 2's strings read as latin-1).

    Raises:
        Refused: it wants something that this reader does not do.
        ValueError, IndexError, KeyError, TypeError: it is damaged.
    """
    machine = _Machine()
    for count, (opcode, argument, _) in enumerate(pickletools.genops(io.BytesIO(data))):
        if count > _MAX_INSTRUCTIONS:
            raise Refused(f"more than {_MAX_INSTRUCTIONS} instructions")
        if opcode.name == "STOP":
            return machine.stack.pop()
        machine.step(opcode.name, argument)
    raise ValueError("it ends too early")


_LITERALS = frozenset([
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
])  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}

    def step(self, opcode: str, argument: Any) -> None:
        stack = self.stack
        if opcode in _LITERALS:
            stack.append(argument)
        elif opcode in _CONSTANTS:
            stack.append(_CONSTANTS[opcode])
        elif opcode in _TUPLES:
            stack.append(tuple(self._pop(_TUPLES[opcode])))
        elif (method := getattr(self, f"op_{opcode.lower()}", None)) is not None:
            method(argument)
        elif opcode not in ("PROTO", "FRAME"):
            raise Refused(f"instruction {opcode}")

    def _pop(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise ValueError("its stack runs empty")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def _pop_to_mark(self) -> list[Any]:
        return self._pop(len(self.stack) - self.marks.pop())

    # Containers

    def op_mark(self, _: object) -> None:
        self.marks.append(len(self.stack))

    def op_pop_mark(self, _: object) -> None:
        self._pop_to_mark()

    def op_tuple(self, _: object) -> None:
        self.stack.append(tuple(self._pop_to_mark()))

    def op_empty_list(self, _: object) -> None:
        self.stack.append([])

    def op_list(self, _: object) -> None:
        self.stack.append(self._pop_to_mark())

    def op_append(self, _: object) -> None:
        self._extend(self._pop(1))

    def op_appends(self, _: object) -> None:
        self._extend(self._pop_to_mark())

    def _extend(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise Refused("items added to something that is not a list")
        self.stack[-1].extend(items)

    def op_empty_dict(self, _: object) -> None:
        self.stack.append({})

    def op_dict(self, _: object) -> None:
        items = self._pop_to_mark()
        self.stack.append({})
        self._update(items)

    def op_setitem(self, _: object) -> None:
        self._update(self._pop(2))

    def op_setitems(self, _: object) -> None:
        self._update(self._pop_to_mark())

    def _update(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], dict):
            raise Refused("entries added to something that is not a dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Other keys could be nested so deep that hashing them overflows the C stack.
            if not isinstance(key, str | int):
                raise Refused("a dictionary key that is neither text nor number")
            self.stack[-1][key] = value

    # Memory

    def op_put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    op_binput = op_long_binput = op_put

    def op_memoize(self, _: object) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def op_get(self, index: int) -> None:
        self.stack.append(self.memo[index])

    op_binget = op_long_binget = op_get

    # Names and calls: recorded only

    def op_global(self, argument: str) -> None:
        self._name(*argument.split(" ", 1))

    def op_stack_global(self, _: object) -> None:
        self._name(*self._pop(2))

    def _name(self, module: object, name: object) -> None:
        if not _ALLOWED.fullmatch(f"{module} {name}"):
            raise Refused(f"it names {module}.{name}"[:200])
        self.stack.append(Name(str(module), str(name)))

    def op_reduce(self, _: object) -> None:
        what, arguments = self._pop(2)
        if not isinstance(what, Name):
            raise Refused("a call of something that is not a name")
        self.stack.append(Built(what, arguments))

    op_newobj = op_reduce

    def op_build(self, _: object) -> None:
        target, state = self._pop(2)
        if not isinstance(target, Built):
            raise Refused("a state for something that was not built")
        target.state = state
        self.stack.append(target)
