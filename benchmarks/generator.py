"""How good the generator is, with every baseline beside it.

    python benchmarks/generator.py                                  a table of what is asked and what is measured
    python benchmarks/generator.py --json                           one JSON object on stdout, nothing else there
    python benchmarks/generator.py --part stream --keep OLD.json    measures one part again, the others as they were

grid_test      GRID speaker 1, test clips: other sentences of a speaker who was seen in training
people_test    GRID speakers 3 and 33, whom nobody trained on
facegood_test  FACEGOOD's test takes: Mandarin, another capture, the mouth alone
taught_test    lips against phone times: unseen sentences by an unseen synthetic voice, and GRID's test sentences
speed, stream, long

Lips are measured on the open head in canonical pose: vertices and opening. A part whose data is absent is null, and
`reasons` says why. GRID's truth comes from its videos (`--data`), or faster from prepared clips (`--clips-folder`,
which the ridge of the same data needs too, with `--facegood-clips` of tools/prepare_facegood.py).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

PARTS: Final = ("grid_test", "people_test", "facegood_test", "taught_test", "speed", "stream", "long")
LONGEST_S: Final = 1800


@dataclass(frozen=True)
class Bar:
    """What is asked of a figure.

    Attributes:
        figure: path in the report, with dots.
        least, most: bounds, both included; None where there is none.
    """

    figure: str
    least: float | None = None
    most: float | None = None

    def met(self, report: Mapping[str, Any]) -> bool | None:
        """Whether the report meets it; None where the figure was not measured."""
        value = self.value(report)
        if value is None:
            return None
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def value(self, report: Mapping[str, Any]) -> float | None:
        """The figure, or None."""
        found: Any = report
        for name in self.figure.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, int | float) else None


BARS: Final = (
    Bar("grid_test.lip_opening_r", 0.93), Bar("grid_test.closure_recall", 0.92),
    Bar("grid_test.lip_amplitude_ratio", 0.88, 1.08), Bar("grid_test.lip_jitter_ratio", 0.85, 1.15),
    Bar("grid_test.mouth_lag_frames", -0.5, 0.5), Bar("grid_test.head_amplitude_ratio", 0.75),
    Bar("grid_test.lip_max_vs_whisper_ridge", most=1.0),
    Bar("grid_test.lip_max_vs_whisper_ridge_mean_of_8", most=0.95),
    Bar("grid_test.closed_after_speech", 0.95), Bar("grid_test.silence_speed_vs_truth", most=1.5),
    Bar("people_test.lip_opening_r", 0.88), Bar("people_test.lip_max_vs_whisper_ridge_same_data", most=0.97),
    Bar("people_test.closure_recall_minus_whisper_ridge_same_data", 0.0),
    Bar("people_test.silence_speed_vs_truth", most=1.5),
    Bar("facegood_test.lip_opening_r", 0.80), Bar("facegood_test.lip_max_vs_whisper_ridge_same_data", most=0.97),
    *(Bar(f"taught_test.{voice}.{figure}", least) for voice in ("synthetic", "real")
      for figure, least in (("closure_share", 0.95), ("contact_share", 0.9), ("lip_width_order_r", 0.8))),
    *(Bar(f"taught_test.sounds.{sound}_opening_p95_mm", most=1.0) for sound in ("silence", "noise", "music")),
    Bar("speed.features_and_generation_fps", 1000.0),
    Bar("stream.quality_first_frame_ms", most=1500.0), Bar("stream.low_latency_first_frame_ms", most=300.0),
    Bar("stream.low_latency_lip_opening_r_loss", most=0.05), Bar("stream.gap_mm", most=0.01),
    Bar("long.memory_ratio_30min_1min", most=1.15), Bar("long.seam_error", most=1.1),
)  # fmt: skip
"""What was asked of the generator. Lips closed 0.2 s after the end of speech, and in silence, noise and music, are
read as `closed_after_speech` and as an opening below 1 mm in 95 % of the frames."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 0, or 1 for bad input."""
    options = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr):
        from xtalker.values import XtalkerError

        try:
            report = measure(options)
        except (XtalkerError, OSError, ValueError) as fault:
            print(f"generator: {fault}", file=sys.stderr)
            return 1
    print(json.dumps(report, indent=2) if options.json else table(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("XTALKER_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="only these (default: all)")
    parser.add_argument("--keep", type=Path, metavar="OLD.json", help="take the other parts from an earlier report")
    parser.add_argument("--data", type=Path, default=Path(data), help="folder with grid_s1/, grid_multi/, facegood/")
    parser.add_argument("--clips-folder", type=Path, help="prepared GRID clips (tools/prepare_grid.py)")
    parser.add_argument("--facegood-clips", type=Path, help="prepared FACEGOOD clips (tools/prepare_facegood.py)")
    parser.add_argument("--checkpoint", type=Path, help="weights (default: the shipped ones; `long` uses those always)")
    parser.add_argument(
        "--beside", nargs="+", default=[], metavar="FILE", help="checkpoints that get a row of their own"
    )
    parser.add_argument("--train-step", type=int, default=1, help="each how manieth training clip teaches baselines")
    parser.add_argument("--clips", type=int, metavar="N", help="at most N clips a group: a quick look")
    parser.add_argument("--sentences", type=int, default=200, help="of the synthetic voice, at most N of the 200")
    parser.add_argument("--longest-s", type=int, default=LONGEST_S, help="longest speech of `long`, seconds")
    return parser


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole report."""
    from benchmarks.machine import hardware, versions
    from benchmarks.main_job import _card, _generator, _plain

    old = json.loads(options.keep.read_text()) if options.keep else {}
    generator, missing = _generator(options.checkpoint)
    if generator is None:
        raise ValueError(missing)
    report: dict[str, Any] = {"schema": "xtalker-generator-figures-1", "hardware": hardware(), "versions": versions(),
                              "generator": _card(generator)}  # fmt: skip
    report |= {part: old.get(part) for part in PARTS}
    reasons = {name: why for name, why in old.get("reasons", {}).items() if name not in options.part}
    report |= _measured(options, generator, reasons)
    from benchmarks.generator_lips import DEFINITIONS
    from benchmarks.quality import definitions

    said = {"definitions": definitions() | DEFINITIONS, "reasons": reasons}
    plain: dict[str, Any] = _plain(report | said)
    return plain | {"bars": bars(plain)}


def bars(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every bar with its figure."""
    return [
        {"figure": bar.figure, "at_least": bar.least, "at_most": bar.most, "value": bar.value(report),
         "met": bar.met(report)}
        for bar in BARS
    ]  # fmt: skip


def _measured(options: argparse.Namespace, generator: Any, reasons: dict[str, str]) -> dict[str, Any]:
    from benchmarks import generator_lips, generator_live

    asked = set(options.part)
    out: dict[str, Any] = {}
    has_grid = (options.data / "grid_s1" / "video").is_dir()
    why = f"no GRID clips in {options.data}: set XTALKER_DATA or give --data"
    baselines: dict[str, Any] = {}
    if has_grid and asked - {"stream", "long"}:
        baselines, lacking = generator_lips.fit_all(
            options.data, options.clips_folder, options.facegood_clips, step=options.train_step
        )
        reasons |= lacking
    if asked & {"grid_test", "people_test", "facegood_test"} and has_grid:
        from xtalker.evaluate.systems import load_systems

        test = generator_lips.Test(generator, baselines, load_systems(options.beside), options.clips_folder)
        out |= _lips(options, test, asked, reasons)
    for part in () if has_grid else asked & {"grid_test", "people_test", "facegood_test"}:
        reasons[part], out[part] = why, None
    if "taught_test" in asked:
        from benchmarks.generator_taught import measure_taught

        out["taught_test"] = measure_taught(
            generator, baselines, data=options.data if has_grid else None, prepared=options.clips_folder,
            sentences=options.sentences, clips=options.clips,
        )  # fmt: skip
    if "speed" in asked:
        out["speed"] = generator_live.speed(generator, baselines)
    if "stream" in asked:
        out["stream"] = _stream(options, generator, has_grid, reasons)
    if "long" in asked:
        out["long"] = generator_live.long(generator, (60, options.longest_s), min(600, options.longest_s))
    return out


def _lips(options: argparse.Namespace, test: Any, asked: set[str], reasons: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if asked & {"grid_test", "people_test"}:
        out |= test.grid(options.data, options.clips, asked)
    if "facegood_test" in asked:
        out["facegood_test"] = test.facegood(options.data, options.clips, options.facegood_clips)
        if out["facegood_test"] is None:
            reasons["facegood_test"] = f"no test takes in {options.data / 'facegood'}"
        else:
            reasons["facegood_test.closure_recall"] = "its takes have no word times, so no closures and no pauses"
    return out


def _stream(options: argparse.Namespace, generator: Any, has_grid: bool, reasons: dict[str, str]) -> dict[str, Any]:
    from benchmarks.clips import MAIN_SPEAKER, evaluation_clips, hear
    from benchmarks.generator_live import stream

    clips = []
    if has_grid:
        chosen = evaluation_clips(options.data, "test", options.clips, options.clips_folder)
        clips = [clip for clip in chosen if clip.speaker == MAIN_SPEAKER]
    else:
        reasons["stream.offline_lip_opening_r"] = "no GRID clips"
    return stream(generator, clips, [hear(clip).features for clip in clips])


def table(report: Mapping[str, Any]) -> str:
    """Bars for a reader, then what is missing."""
    lines = [f"{'figure':62}{'asked':>16}{'measured':>10}"]
    for bar in report["bars"]:
        bounds = [
            f"{sign} {bar[key]:g}" for key, sign in (("at_least", ">="), ("at_most", "<=")) if bar[key] is not None
        ]
        value = "-" if bar["value"] is None else f"{bar['value']:.3f}"
        mark = {True: "", False: "  missed", None: ""}[bar["met"]]
        lines.append(f"{bar['figure']:62}{', '.join(bounds):>16}{value:>10}{mark}")
    return "\n".join(lines + [f"without {name}: {why}" for name, why in report["reasons"].items()])


if __name__ == "__main__":
    sys.exit(main())
