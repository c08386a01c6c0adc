"""Our generator, the paper's ablations and three published designs, trained alike and scored on the same clips.

    python benchmarks/ablations.py train --clips-folder CLIPS --out FOLDER    # some minutes a row; resumable
    python benchmarks/ablations.py table --clips-folder CLIPS --out FOLDER    # results/ablations.json, docs/results.md

CLIPS is what tools/prepare_grid.py makes. Every row has the same steps, crops and optimiser; a row that is there is not
trained again, and one that was stopped goes on. The table scores what is there, with the clips and metrics of
benchmarks/main_job.py. All rows are scored without the silence gate, so that a rule does not speak for a network; the
shipped weights, trained longer, are scored as they are used, with it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

RESULTS = ROOT / "benchmarks/results/ablations.json"
PAGE = ROOT / "docs/results.md"
BEGIN, END = "<!-- ablations: python benchmarks/ablations.py table -->", "<!-- end of ablations -->"
BUDGET = ("--steps", "500", "--batch", "16", "--warmup-steps", "50", "--average-decay", "0.99", "--bfloat16")
SHIPPED = "shipped"
DEFAULT = "default"
ERRORS = ("lip_error_mean_mm", "lip_error_max_mm", "lip_opening_r")
COLUMNS = {
    "lip_error_mean_mm": ("lip error, mm", 2), "lip_error_max_mm": ("worst lip point, mm", 2),
    "lip_opening_r": ("r of opening", 3), "mouth_lag_frames": ("lag, frames", 2),
    "closure_recall": ("closures kept", 2), "lip_amplitude_ratio": ("lip amplitude", 2),
    "lip_jitter_ratio": ("lip jitter", 2), "head_amplitude_ratio": ("head amplitude", 2),
    "trailing_open_mm": ("open in final silence, mm", 2),
}  # fmt: skip
BLOCKS = {"main": "GRID, speaker 1", "unseen": "GRID, speakers 3 and 33, unseen", "facegood": "FACEGOOD, unseen"}
BASELINES = {
    "whisper_ridge": "Whisper features, ridge", "log_mel_ridge": "log-mel, ridge",
    "time_only": "mean trajectory, no sound", "loudness_to_jaw": "loudness to jaw", "mean_face": "mean face",
}  # fmt: skip
ABOUT = """
## Ablations and published designs

Made by `python benchmarks/ablations.py train` and `table`. Every row between the shipped weights and the ridges is
trained on the same clips (GRID: 1,008 clips of 8 speakers) with the same optimiser, seed and number of crops
(`{budget}`), hears the same Whisper features and is scored on the same clips. An ablation differs from the default
by one field. The published designs are small re-implementations from their papers; what each keeps and leaves out
is said at the top of its file in `src/xtalker/generator/peers`. Ratios (amplitude, jitter) are to truth: 1 is best.
The ridges and trajectories learn from a quarter of speaker 1's training clips. Differences are paired by clip and
averaged over people; below zero is better than the default. FACEGOOD's test takes (Mandarin, one speaker, other
people's capture of the mouth alone, cut into pieces of 8 s) are on the average head; no row of this budget has
seen that speaker. The shipped weights have: they also learn from FACEGOOD's training takes and from taught voices.
"""
LIMITS = """
**What this cannot tell.** One training seed a row: between rows of nearly equal figures the intervals, which are
over clips, do not cover the luck of a training. The budget is short, under a third of the shipped weights' and far
from what the papers used, and it may favour designs that learn fast; their own encoders, vertex losses, speaker
styles and guidance are missing. Two unseen people are two people. GRID's sentences are six words out of 51, neutral
and frontal, and their truth is our own tracker's. FACEGOOD is one person more; its truth is an artist's rig, whose
rounded vowels have no exact counterpart here, so its millimetres cannot be compared with GRID's, its correlations
can. An error against one recording punishes liveliness: a network that returns the mean scores well on it, so read
it with amplitude and jitter. "Absolute motion" differs little here by construction: zero of our motion is already
each person's neutral face, so only the resting pose of the head and the shifted references of training separate the
two. "No emotion" of the paper has no row: no video of real emotion is in the clips and the network has no learnt
emotion input; "no reference expression" removes the one way by which an emotion reaches it today, and on neutral
clips with the neutral reference it can only show what that input costs. Cross-attention has absolute positions on
both sides, which is kinder than the paper, and short clips do not show what happens to it on long speech. Start noise
of the mouth is scaled by 0.3 in every row that draws noise, the diffusion peer's too.
"""


@dataclass(frozen=True)
class Entry:
    """A row of the table: what it is called there and the options of its training."""

    name: str
    options: tuple[str, ...] = ()


def entries() -> dict[str, Entry]:
    """All rows, in the order of the table."""
    from xtalker.train.recipes import ABLATIONS

    return {
        DEFAULT: Entry("**xtalker**, at this budget"),
        "autoregressive": Entry("autoregressive, after FaceFormer", ("--peer", "autoregressive")),
        "diffusion": Entry("diffusion, after DiffPoseTalk", ("--peer", "diffusion")),
        "codes": Entry("codes, after CodeTalker", ("--peer", "codes")),
        **{name: Entry(a.what, ("--ablation", name)) for name, a in ABLATIONS.items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Train or make the table; exit code 0, 1 for bad input, 130 when stopped."""
    options = _parser().parse_args(arguments)
    from xtalker.values import XtalkerError

    try:
        return train(options) if options.action == "train" else table(options)
    except XtalkerError as fault:
        print(f"ablations: {fault}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("XTALKER_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("action", choices=("train", "table"))
    parser.add_argument("--clips-folder", type=Path, required=True, help="prepared clips (tools/prepare_grid.py)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the rows' checkpoints")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="only these (default: all); table: printed only")
    parser.add_argument("--data", type=Path, default=Path(data), help="folder with grid_s1/ and grid_multi/")
    parser.add_argument("--clips", type=int, metavar="N", help="table: a look at N test clips, printed only")
    return parser


def train(options: argparse.Namespace) -> int:
    """Train the rows that are missing, one after another."""
    from xtalker.head.open_head import OpenHead
    from xtalker.train.__main__ import main as train_main

    options.out.mkdir(parents=True, exist_ok=True)
    angle = ("--jaw-open-angle-rad", str(OpenHead().jaw_open_angle_rad))
    for row in options.rows or entries():
        out = options.out / f"{row}.safetensors"
        if out.is_file():
            continue
        resume = ("--resume",) if out.with_suffix(".training.safetensors").is_file() else ()
        print(f"{row}:", flush=True)
        where = ("--data", str(options.clips_folder), "--out", str(out), "--save-every", "100")
        code = train_main([*where, *BUDGET, *angle, *entries()[row].options, *resume])
        if code:
            return code
    return 0


def table(options: argparse.Namespace) -> int:
    """Score what is there; write the JSON and the page, unless only some clips or rows are looked at."""
    report = measure(options)
    lines = page(report)
    if options.clips is not None or options.rows is not None:
        print("\n".join(lines))
        return 0
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    renew(PAGE, lines)
    print(f"wrote {RESULTS} and {PAGE}")
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every row on test clips of the main speaker and on speakers that nobody trained on."""
    from benchmarks.baselines import fit_baselines, lesson
    from benchmarks.clips import (
        FACEGOOD,
        MAIN_SPEAKER,
        evaluation_clips,
        facegood_clips,
        hear_again,
        training_clips,
    )
    from benchmarks.machine import hardware, versions

    prepared = options.clips_folder
    clips = evaluation_clips(options.data, "test", options.clips, prepared)
    heard = {clip.name: hear_again(clip, prepared) for clip in clips}
    lessons = [lesson(clip, hear_again(clip, prepared)) for clip in training_clips(options.data, prepared)]
    systems, about = _systems(options, fit_baselines(lessons))
    strangers = facegood_clips(options.data)[: options.clips]
    heard |= {clip.name: sound for clip, sound in strangers}
    groups = {
        "main": [clip for clip in clips if clip.speaker == MAIN_SPEAKER],
        "unseen": [clip for clip in clips if clip.speaker != MAIN_SPEAKER],
        FACEGOOD: [clip for clip, _ in strangers],
    }
    blocks = {
        name: {"clips": len(mine), "people": sorted({c.speaker for c in mine}), "rows": _rows(mine, heard, systems)}
        for name, mine in groups.items()
        if mine
    }
    return {
        "schema": "xtalker-ablations-1", "hardware": hardware(), "versions": versions(), "budget": " ".join(BUDGET),
        "systems": about, "missing": [row for row in entries() if row not in systems], **blocks,
    }  # fmt: skip


def _systems(options: argparse.Namespace, baselines: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Name -> what makes motion of a sound (`Heard`); name -> what it is."""
    import numpy as np

    from xtalker.performance import parts
    from xtalker.values import Motion

    generators = {SHIPPED: parts.generator()}
    for row in options.rows or entries():
        path = options.out / f"{row}.safetensors"
        if path.is_file():
            generators[row] = load(path)
    about = {name: _about(name, generator) for name, generator in generators.items()}
    systems = {name: lambda heard, g=g: g.generate(heard.features, seed=0) for name, g in generators.items()}
    for name in BASELINES:
        play = baselines[name]
        systems[name] = lambda heard, play=play: Motion.from_matrix(play(heard).astype(np.float32))
    return systems, about


def load(path: Path) -> Any:
    """A generator without its silence gate, a peer, or the paper's network."""
    from xtalker.assets.checkpoints import load_checkpoint
    from xtalker.generator import Generator, SilenceGate
    from xtalker.networks.paper import SCHEMA as PAPER
    from xtalker.networks.paper.generate import PaperGenerator
    from xtalker.networks.peers import SCHEMA
    from xtalker.networks.peers.generate import PeerGenerator

    schema = load_checkpoint(path)[1].get("schema")
    if schema in (SCHEMA, PAPER):
        return (PaperGenerator if schema == PAPER else PeerGenerator).from_checkpoint(path)
    return replace(Generator.from_checkpoint(path), gate=SilenceGate(enabled=False))


def _about(name: str, generator: Any) -> dict[str, Any]:
    """Size, data and training command, without the folders of the machine that trained."""
    from xtalker.generator.network import MotionNetwork
    from xtalker.networks.generator_checkpoint import arrays_of

    network = generator.network
    weights = network.weights if isinstance(network, MotionNetwork) else arrays_of(network)
    parameters = sum(array.size for array in weights.values())
    command = generator.card.command
    if name != SHIPPED:
        options = " ".join((*BUDGET, *entries()[name].options))
        command = f"xtalker train generator --data clips -o {name}.safetensors {options}"
    return {"parameters": parameters, "command": command, "data": generator.card.data}


def _rows(clips: Sequence[Any], heard: dict[str, Any], systems: dict[str, Any]) -> dict[str, Any]:
    """Means, their intervals, and the paired difference from the default row, for every system."""
    from benchmarks.quality import score
    from benchmarks.scores import Mouth
    from xtalker.head.open_head import OpenHead
    from xtalker.metrics import summarise_difference

    mouth = Mouth(OpenHead())
    rows = {
        name: score(mouth, clips, lambda i, play=play: play(heard[clips[i].name]), name)
        for name, play in systems.items()
    }
    rows["truth"] = score(mouth, clips, lambda i: clips[i].motion, "truth")
    out: dict[str, Any] = {}
    for name, row in rows.items():
        out[name] = {"means": _rounded(row.means()), "intervals_95": _rounded(row.intervals())}
        if DEFAULT in rows and name not in (DEFAULT, "truth"):
            apart = {e: summarise_difference(row.values(e), rows[DEFAULT].values(e)) for e in ERRORS}
            out[name]["minus_default"] = _rounded({e: [s.mean, s.low, s.high] for e, s in apart.items()})
    return out


def _rounded(value: Any) -> Any:
    """Numbers to six digits."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def page(report: dict[str, Any]) -> list[str]:
    """The part of the results page that belongs to this command."""
    names = {key: entry.name for key, entry in entries().items()} | BASELINES
    names |= {SHIPPED: "xtalker as shipped (1,800 steps, more data, silence gate)", "truth": "truth"}
    lines = [BEGIN, "", *ABOUT.format(budget=report["budget"]).strip().splitlines(), ""]
    for block, title in BLOCKS.items():
        if block not in report:
            continue
        found = report[block]
        shown = [
            column for column in COLUMNS if any(r["means"].get(column) is not None for r in found["rows"].values())
        ]
        lines += [
            f"| {title}, {found['clips']} test clips | " + " | ".join(COLUMNS[column][0] for column in shown)
            + " | lip error minus default (95 %) | parameters, M |",
            "|---" * (len(shown) + 3) + "|",
        ]  # fmt: skip
        for key in (SHIPPED, *entries(), *BASELINES, "truth"):
            if key in found["rows"]:
                lines.append(_line(names[key], found["rows"][key], report["systems"].get(key), shown))
        lines.append("")
    if report["missing"]:
        lines += [f"Not trained yet: {', '.join(report['missing'])}.", ""]
    return [*lines, *LIMITS.strip().splitlines(), "", END]


def _line(name: str, row: dict[str, Any], about: dict[str, Any] | None, shown: Sequence[str]) -> str:
    from benchmarks.table import cell

    cells = [cell(row["means"].get(column), COLUMNS[column][1]) for column in shown]
    apart = row.get("minus_default", {}).get("lip_error_mean_mm")
    cells.append("-" if apart is None else f"{apart[0]:+.2f} ({apart[1]:+.2f} to {apart[2]:+.2f})")
    cells.append("-" if about is None else f"{about['parameters'] / 1e6:.1f}")
    return f"| {name} | " + " | ".join(cells) + " |"


def renew(path: Path, lines: list[str]) -> None:
    """Replace the part between two markers, the first and last line; a page without them gets them at its end."""
    begin, end = lines[0], lines[-1]
    old = path.read_text() if path.is_file() else "# Results\n"
    if begin not in old:
        old = f"{old.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = old.split(begin)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + "\n".join(lines) + rest.split(end, 1)[1])


if __name__ == "__main__":
    sys.exit(main())
