"""Do the tests of the metrics notice faults? `python -m tools.mutate_metrics [--count 150] [--seed 0]`.

Plants one fault at a time in a copy of `xtalker.metrics` and runs tests/metrics there: first the tests that name the
metric, then all. A fault that no test notices survives and is printed. Faults: comparisons, arithmetic, signs, and/or,
numbers one off, bools, returned values, reductions exchanged. Cards, annotations and error texts are left alone.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = Path("src/xtalker/metrics")
COPIED = ("src/xtalker/__init__.py", "src/xtalker/values", "src/xtalker/geometry", PACKAGE, "tests/conftest.py",
          "tests/metrics", "pyproject.toml")  # fmt: skip
LIMIT_CPU_S = 120
"""For one run of tests. Time of the processor: a busy machine must not make a survivor look noticed."""
SURVIVED, KILLED = 0, 1

_OTHER: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
_REDUCTION = {"max": "min", "min": "max", "mean": "sum", "sum": "mean", "any": "all", "all": "any", "std": "var",
              "var": "std", "argmin": "argmax", "argmax": "argmin", "median": "mean", "sqrt": "square",
              "minimum": "maximum", "maximum": "minimum"}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One planted fault.

    Attributes:
        module: file name without its suffix.
        line: where.
        before, after: the smallest expression around it.
        source: of the whole file with the fault.
    """

    module: str
    line: int
    before: str
    after: str
    source: str


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All faults of one file."""
    tree = ast.parse(path.read_text())
    for node in list(_code(tree)):
        for change, undo in _changes(node):
            before = ast.unparse(node)
            change()
            yield Mutant(path.stem, getattr(node, "lineno", 0), before, ast.unparse(node), ast.unparse(tree))
            undo()


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that compute: no cards, annotations, decorators, imports or error texts."""
    skipped: list[object] = []
    if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.AnnAssign):
        if ast.unparse(node.target) == "CARD":
            return
        skipped.append(node.annotation)
    if isinstance(node, ast.FunctionDef):
        skipped += [*node.decorator_list, node.returns, *(a.annotation for a in _arguments(node.args))]
    if isinstance(node, ast.ClassDef):
        skipped += node.decorator_list
    # One-line aliases of array types.
    if (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Subscript)
        and ast.unparse(node.targets[0]).istitle()
    ):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        if not any(child is other for other in skipped):
            if isinstance(child, ast.arguments):
                for default in [*child.defaults, *(d for d in child.kw_defaults if d)]:
                    yield from _code(default)
            else:
                yield from _code(child)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _changes(node: ast.AST) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """How to plant each fault in a node and how to take it out."""

    def swap(owner: object, name: str, new: object) -> tuple[Callable[[], None], Callable[[], None]]:
        old = getattr(owner, name)
        return (lambda: setattr(owner, name, new)), (lambda: setattr(owner, name, old))

    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from (swap(node, "ops", [other()]) for other in _OTHER.get(type(node.ops[0]), ()))
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        yield from (swap(node, "op", other()) for other in _OTHER.get(type(node.op), ()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert | ast.Not):
        yield swap(node, "op", ast.Not() if isinstance(node.op, ast.Invert) else ast.UAdd())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield swap(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield from (swap(node, "value", node.value + step) for step in (1, -1))
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield swap(node, "value", node.value * 2 if node.value else 1.0)
    elif isinstance(node, ast.Attribute) and node.attr in _REDUCTION:
        yield swap(node, "attr", _REDUCTION[node.attr])
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Call | ast.BinOp | ast.IfExp):
        yield swap(node, "value", ast.UnaryOp(ast.USub(), copy.deepcopy(node.value)))


def run_tests(folder: Path, mutant: Mutant | None) -> int:
    """Whether the tests of a copied tree notice; None runs it as it is. In a process of its own."""
    child = os.fork()
    if child == 0:
        os.setsid()
        _in_child(folder, mutant)
    _, status = os.waitpid(child, 0)
    return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED


def _in_child(folder: Path, mutant: Mutant | None) -> None:
    """Ends the process with pytest's answer."""
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_CPU_S, LIMIT_CPU_S))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.chdir(folder)
    # The parent has imported what pytest would rewrite, and says so.
    quick = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", "tests/metrics"]
    code = 1
    try:
        if mutant is not None:
            # Hidden behind a second fork, so that the second run imports everything anew.
            first = os.fork()
            if first == 0:
                os._exit(int(pytest.main([*quick, "-k", mutant.module])))
            _, status = os.waitpid(first, 0)
            if os.waitstatus_to_exitcode(status) not in (0, 5):  # 5: no test has that name
                os._exit(1)
        code = int(pytest.main(quick))
    finally:
        os._exit(code)


def _import_once(folder: Path) -> None:
    """Load what every fork shares and no fault touches: a second of work instead of four for each fault."""
    sys.path[:0] = [str(folder / "src"), str(folder)]
    from jaxtyping import install_import_hook

    install_import_hook("xtalker", "beartype.beartype")
    for name in ("hypothesis", "pytest", "scipy.linalg", "scipy.ndimage", "scipy.signal", "scipy.spatial.transform",
                 "scipy.stats", "torch", "xtalker.geometry.rotations", "xtalker.values.conventions"):  # fmt: skip
        import_module(name)


def main() -> None:
    """Plant, run, report; exit code 1 below 90 %."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=150, help="faults, drawn at random from all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", default="", help="only this file of the package")
    chosen = parser.parse_args()
    files = [path for path in sorted((ROOT / PACKAGE).glob("*.py")) if path.stem not in ("__init__", "card")]
    everything = [m for path in files if chosen.module in ("", path.stem) for m in mutants_of(path)]
    drawn = random.Random(chosen.seed).sample(everything, min(chosen.count, len(everything)))
    survivors = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        _import_once(folder)
        if run_tests(folder, None) != SURVIVED:
            sys.exit("the tests fail without any fault: mend them first")
        for number, mutant in enumerate(drawn, 1):
            path = folder / PACKAGE / f"{mutant.module}.py"
            whole = path.read_text()
            path.write_text(mutant.source)
            # Compiled files are told apart by time and size: a time of its own for each.
            os.utime(path, (number, number))
            if run_tests(folder, mutant) == SURVIVED:
                survivors.append(mutant)
                print(f"{number}: {mutant.module}.py:{mutant.line}: {mutant.before}  ->  {mutant.after}", flush=True)
            path.write_text(whole)
    killed = len(drawn) - len(survivors)
    print(f"{killed} of {len(drawn)} faults noticed ({100 * killed / len(drawn):.1f} %), {len(everything)} possible")
    sys.exit(killed < 0.9 * len(drawn))


if __name__ == "__main__":
    main()
