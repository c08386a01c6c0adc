"""YAML or JSON text -> plain values, for files from anywhere: no tags, no anchors, no surprises."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import yaml

from xtalker.values import InputError

MAX_DEPTH: Final = 12
_ACCEPTED = "plain YAML or JSON: mappings, lists, text, numbers"
_TOKEN_FAULTS: Final = {
    yaml.TagToken: "a tag (!...)",
    yaml.AnchorToken: "an anchor (&...)",
    yaml.AliasToken: "an alias (*...)",
    yaml.DirectiveToken: "a directive (%...)",
}
_OPENING = (
    yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken, yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken,
)  # fmt: skip
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


class _Fault(Exception):
    """What is wrong, and where."""


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader without time stamps and merges, and with each key once."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge", ":value"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As the parent, but a key that comes twice is a fault, and so is one that is not text."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Fault(f"a key that is no text, line {key.start_mark.line + 1}")
            if key.value in seen:
                raise _Fault(f"the key '{key.value[:60]}' twice, line {key.start_mark.line + 1}")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def plain_from_text(content: str, *, name: str, is_json: bool) -> Any:
    """Mappings, lists, text, numbers, booleans, None.

    Args:
        content: the text; its size is bounded by the caller.
        name: of the file, for messages.
        is_json: JSON, else YAML.

    Raises:
        InputError: not what it should be, tags, anchors, aliases, duplicate keys, too deep, NaN and infinity.
    """
    try:
        plain = _from_json(content) if is_json else _from_yaml(content)
        _check_numbers(plain)
    except _Fault as fault:
        _refuse(name, f"it holds {fault}", fault)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
        _refuse(name, f"not YAML: {error.problem}{line}", error)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        _refuse(name, f"not {'JSON' if is_json else 'YAML'}: {str(error)[:120]}", error)
    return plain


def _refuse(name: str, fault: str, cause: Exception) -> NoReturn:
    raise InputError("cannot read the direction file", received=f"{name} ({fault})", accepted=_ACCEPTED,
                     next_step="correct the file at this place") from cause  # fmt: skip


def _from_yaml(content: str) -> Any:
    depth = 0
    for token in yaml.scan(content, Loader=_PlainLoader):
        for kind, fault in _TOKEN_FAULTS.items():
            if isinstance(token, kind):
                raise _Fault(f"{fault}, line {token.start_mark.line + 1}")
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > MAX_DEPTH:
            raise _Fault(f"more than {MAX_DEPTH} levels in each other, line {token.start_mark.line + 1}")
    return yaml.load(content, Loader=_PlainLoader)  # a SafeLoader


def _from_json(content: str) -> Any:
    plain = json.loads(content, object_pairs_hook=_each_key_once)
    for _ in _values(plain):  # raises where too deep
        pass
    return plain


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Fault(f"the key '{next(k for k in keys if keys.count(k) > 1)[:60]}' twice")
    return dict(pairs)


def _check_numbers(plain: Any) -> None:
    for value in _values(plain):
        if isinstance(value, float) and not math.isfinite(value):
            raise _Fault(f"the number {value}")


def _values(plain: Any, depth: int = 0) -> Iterator[Any]:
    """Every value inside, without containers."""
    if depth > MAX_DEPTH:
        raise _Fault(f"more than {MAX_DEPTH} levels in each other")
    if isinstance(plain, dict):
        for value in plain.values():
            yield from _values(value, depth + 1)
    elif isinstance(plain, list):
        for value in plain:
            yield from _values(value, depth + 1)
    else:
        yield plain
