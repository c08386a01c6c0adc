"""Where the next hour of data should come from: our generator on parts of the real clips, with and without additions.

    python -m tools.gather_clips plain/ --grid grid/ --facegood facegood/ --taught taught/ --data DATA
    python -m tools.gather_clips voiced/ --grid voices/ --facegood facegood/ --taught taught/ --data DATA
    python benchmarks/data_scaling.py train --plain plain/ --voiced voiced/ --out FOLDER    # minutes a row; resumable
    python benchmarks/data_scaling.py table --clips-folder grid/ --out FOLDER               # JSON, docs/results.md, SVG

Every row has the same recipe, seed and number of steps, whatever its data: what differs is what there was to learn
from. Rows are scored without the silence gate, so that a rule does not speak for a network. A row that is there is not
trained again, and one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

RESULTS, PAGE, DRAWING = (
    ROOT / "benchmarks/results/data_scaling.json", ROOT / "docs/results.md", ROOT / "docs/data_scaling.svg",
)  # fmt: skip
BEGIN, END = "<!-- data: python benchmarks/data_scaling.py table -->", "<!-- end of data -->"
STEPS: Final = 500
ADDITIONS: Final = {"voices": "moved voices", "facegood": "FACEGOOD", "taught": "taught clips"}
SHOWN: Final = {
    "lip_opening_r": ("r of opening", 3), "lip_error_max_mm": ("worst lip point, mm", 2),
    "closure_recall": ("closures kept", 2),
}  # fmt: skip
GROUPS: Final = {
    "validation": "speaker 1, validation clips", "unseen": "speakers 3 and 33, unseen",
    "facegood": "FACEGOOD, test takes",
}  # fmt: skip
ABOUT = """
## Where the next hour should come from

Made by `python benchmarks/data_scaling.py train` and `table`: one training a row, the same recipe, seed and {steps}
steps for each (`{budget}`), scored without the silence gate. Shares are of every speaker's GRID training clips. One
seed a row: differences as small as those between two seeds mean nothing, and the intervals (over clips) do not cover
them. Few steps favour little data. Voices are GRID's own clips with moved pitch and formants; FACEGOOD's train takes
are 7 minutes of one Mandarin speaker, the one whose test takes are scored; taught clips are synthetic speech moved by a
phonetic teacher.
"""


@dataclass(frozen=True)
class Row:
    """What a row learns from.

    Attributes:
        name: for a reader.
        share: of every speaker's GRID training clips.
        added: which of `ADDITIONS`.
    """

    name: str
    share: float = 1.0
    added: tuple[str, ...] = ()


def rows() -> dict[str, Row]:
    """All rows, in the order of the table."""
    shares = {f"real_{percent}": Row(f"{percent} % of GRID", percent / 100) for percent in (10, 25, 50, 100)}
    alone = {f"with_{each}": Row(f"GRID and {name}", added=(each,)) for each, name in ADDITIONS.items()}
    without = {
        f"without_{each}": Row(f"all but {name}", added=tuple(a for a in ADDITIONS if a != each))
        for each, name in ADDITIONS.items()
    }
    return {**shares, **alone, **without, "all": Row("all", added=tuple(ADDITIONS))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train or make the table; exit code 0, 1 for bad input, 130 when stopped."""
    options = _parser().parse_args(arguments)
    from xtalker.values import XtalkerError

    try:
        return train(options) if options.action == "train" else table(options)
    except XtalkerError as fault:
        print(f"data_scaling: {fault}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("XTALKER_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("action", choices=("train", "table"))
    parser.add_argument("--out", type=Path, required=True, help="folder of the rows' checkpoints")
    parser.add_argument("--plain", type=Path, help="train: gathered clips, GRID with its own voices")
    parser.add_argument("--voiced", type=Path, help="train: gathered clips, GRID with moved voices too")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"train: of each row (default: {STEPS})")
    parser.add_argument(
        "--rows", nargs="+", metavar="ROW", choices=list(rows()), help="only these; table: printed only"
    )
    parser.add_argument("--data", type=Path, default=Path(data), help="folder with grid_s1/, grid_multi/, facegood/")
    parser.add_argument("--clips-folder", type=Path, help="table: prepared GRID clips, to take truth from")
    parser.add_argument("--clips", type=int, metavar="N", help="table: a look at N clips a group, printed only")
    return parser


def budget(steps: int) -> tuple[str, ...]:
    """Options of every training: those of the ablations, with other steps."""
    from benchmarks.ablations import BUDGET

    at = BUDGET.index("--steps") + 1
    return (*BUDGET[:at], str(steps), *BUDGET[at + 1 :])


def train(options: argparse.Namespace) -> int:
    """Train the rows that are missing, one after another."""
    from xtalker.head.open_head import OpenHead
    from xtalker.train.__main__ import main as train_main

    options.out.mkdir(parents=True, exist_ok=True)
    angle = ("--jaw-open-angle-rad", str(OpenHead().jaw_open_angle_rad))
    for name in options.rows or rows():
        out = options.out / f"{name}.safetensors"
        if out.is_file():
            continue
        clips = link_clips(rows()[name], options.out / f"{name}.clips", options.plain, options.voiced)
        resume = ("--resume",) if out.with_suffix(".training.safetensors").is_file() else ()
        print(f"{name}:", flush=True)
        where = ("--data", str(clips), "--out", str(out), "--save-every", "100")
        code = train_main([*where, *budget(options.steps), *angle, *resume])
        if code:
            return code
    return 0


def link_clips(row: Row, folder: Path, plain: Path | None, voiced: Path | None) -> Path:
    """A folder of links to the training clips of a row.

    Raises:
        InputError: the gathered folder that it needs is not given, or holds no GRID clips.
    """
    from xtalker.values import InputError

    source = voiced if "voices" in row.added else plain
    option = "--voiced" if "voices" in row.added else "--plain"
    chosen = [] if source is None else choose(sorted(source.glob("*.npz")), row)
    if not chosen:
        raise InputError(
            f"no training clips for the row {row.name!r}", received=f"{option} {source}",
            accepted="a folder of tools/gather_clips.py", next_step=f"gather the clips and give {option}",
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.npz"):
        old.unlink()
    for path in chosen:
        (folder / path.name).symlink_to(path.resolve())
    return folder


def choose(paths: Sequence[Path], row: Row) -> list[Path]:
    """The clips of a row: an evenly spread share of every GRID speaker's training clips, and all of what is added."""
    from xtalker.evaluate.clips import spread

    grid: dict[str, list[Path]] = {}
    added = []
    for path in paths:
        speaker, split = _whose(path)
        if split != "train":
            continue
        if speaker in ADDITIONS:
            added += [path] if speaker in row.added else []
        else:
            grid.setdefault(speaker, []).append(path)
    kept = [path for mine in grid.values() for path in spread(mine, max(1, round(row.share * len(mine))))]
    return [*kept, *added] if grid else []


def _whose(path: Path) -> tuple[str, str]:
    """Speaker and split of a clip, without reading its arrays."""
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        said = json.loads(str(file["metadata"]))
    return str(said["speaker"]), str(said["split"])


def table(options: argparse.Namespace) -> int:
    """Score what is there; write JSON, page and drawing, unless only some clips or rows are looked at."""
    report = measure(options)
    lines = page(report)
    if options.clips is not None or options.rows is not None:
        print("\n".join(lines))
        return 0
    from benchmarks.ablations import renew
    from xtalker.evaluate import plots

    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    renew(PAGE, lines)
    if plots.available():
        DRAWING.write_bytes(draw(report))
    print(f"wrote {RESULTS} and {PAGE}" + (f" and {DRAWING}" if plots.available() else "; no drawing: no matplotlib"))
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every row that is trained, on every group of clips."""
    from benchmarks.ablations import _rounded, load
    from benchmarks.clips import MAIN_SPEAKER, evaluation_clips, facegood_clips, hear_again
    from benchmarks.machine import hardware, versions
    from benchmarks.quality import score
    from benchmarks.scores import Mouth
    from xtalker.head.open_head import OpenHead

    prepared, most = options.clips_folder, options.clips
    clips = {
        "validation": evaluation_clips(options.data, "validation", most, prepared),
        "unseen": [c for c in evaluation_clips(options.data, "test", most, prepared) if c.speaker != MAIN_SPEAKER],
    }
    heard = {name: [hear_again(clip, prepared) for clip in mine] for name, mine in clips.items()}
    pieces = facegood_clips(options.data)[:most]
    clips["facegood"], heard["facegood"] = [clip for clip, _ in pieces], [sound for _, sound in pieces]
    trained = {name: options.out / f"{name}.safetensors" for name in options.rows or rows()}
    trained = {name: path for name, path in trained.items() if path.is_file()}
    generators = {name: load(path) for name, path in trained.items()}
    steps = common_steps({name: generator.card.command for name, generator in generators.items()})
    mouth, found = Mouth(OpenHead()), {}
    for name, generator in generators.items():
        cells: dict[str, Any] = {}
        for group, mine in clips.items():
            play = lambda i, g=generator, h=heard[group]: g.generate(h[i].features, seed=0)  # noqa: E731
            row = score(mouth, mine, play, f"{name}, {group}")
            cells[group] = {"means": row.means(), "intervals_95": row.intervals()} if mine else None
        found[name] = {"data": generator.card.data, **cells}
    return {
        "schema": "xtalker-data-scaling-1", "hardware": hardware(), "versions": versions(), "steps": steps,
        "budget": " ".join(budget(steps)), "clips": {name: len(mine) for name, mine in clips.items()},
        "rows": _rounded(found), "missing": [name for name in rows() if name not in trained],
    }  # fmt: skip


def common_steps(commands: Mapping[str, str]) -> int:
    """Number of steps that all rows were trained with, by the commands on their cards.

    Raises:
        InputError: rows of different numbers, or none.
    """
    from xtalker.values import InputError

    words = {name: command.split() for name, command in commands.items()}
    steps = {name: int(said[said.index("--steps") + 1]) for name, said in words.items()}
    if len(set(steps.values())) != 1:
        raise InputError(
            "the rows cannot be compared", received=", ".join(f"{n}: {s} steps" for n, s in steps.items()) or "no rows",
            accepted="rows that were trained with the same number of steps", next_step="train the others again",
        )  # fmt: skip
    return next(iter(steps.values()))


def page(report: Mapping[str, Any]) -> list[str]:
    """The part of the results page that belongs to this command."""
    from benchmarks.table import cell

    about = ABOUT.format(steps=report["steps"], budget=report["budget"])
    lines = [BEGIN, "", *about.strip().splitlines(), "", f"![Figures by training data]({DRAWING.name})", ""]
    for group, title in GROUPS.items():
        found = {name: row[group] for name, row in report["rows"].items() if row.get(group)}
        shown = [f for f in SHOWN if any(each["means"].get(f) is not None for each in found.values())]
        if not found:
            continue
        lines += [
            f"| {title}, {report['clips'][group]} clips | " + " | ".join(SHOWN[f][0] for f in shown) + " |",
            "|---" * (len(shown) + 1) + "|",
        ]
        for name, each in found.items():
            cells = [cell(each["means"][f], SHOWN[f][1]) + _interval(each["intervals_95"].get(f), f) for f in shown]
            lines.append(f"| {rows()[name].name} | " + " | ".join(cells) + " |")
        lines.append("")
    if report["missing"]:
        lines += [f"Not trained yet: {', '.join(report['missing'])}.", ""]
    return [*lines, END]


def _interval(bounds: Sequence[float] | None, figure: str) -> str:
    digits = SHOWN[figure][1]
    return "" if bounds is None else f" ({bounds[0]:.{digits}f} to {bounds[1]:.{digits}f})"


def draw(report: Mapping[str, Any]) -> bytes:
    """Every row of every group as a point with its interval, one panel a figure; SVG, the same for the same report."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    names = list(report["rows"])
    figure = Figure(figsize=(10, 0.6 + 0.42 * len(names)), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, key in zip(axes, ("lip_opening_r", "lip_error_max_mm"), strict=True):
        for number, (group, title) in enumerate(GROUPS.items()):
            points = [(i, report["rows"][n][group]) for i, n in enumerate(names) if report["rows"][n].get(group)]
            points = [(i, each) for i, each in points if each["means"].get(key) is not None]
            at, means = [i + 0.16 * (number - 1) for i, _ in points], [each["means"][key] for _, each in points]
            low, high = zip(*(each["intervals_95"][key] for _, each in points)) if points else ((), ())
            axis.plot(means, at, "os^"[number], markersize=4, label=title)
            axis.hlines(at, low, high, linewidth=1, color=axis.lines[-1].get_color())
        axis.set_xlabel(SHOWN[key][0])
        axis.grid(axis="x", linewidth=0.3)
    axes[0].set_yticks(range(len(names)), [rows()[name].name for name in names])
    axes[0].invert_yaxis()
    handles, titles = axes[0].get_legend_handles_labels()
    figure.legend(handles, titles, loc="outside upper center", ncols=len(titles), fontsize="small")
    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "xtalker"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
