"""`xtalker evaluate`: checkpoints on clips that they have not seen; listening tests; other systems' output."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtalker.cli import console, options
from xtalker.cli.console import Report

if TYPE_CHECKING:
    from xtalker.evaluate.measuring import Measured

_SUITES = ("lips", "emotion", "pose", "speed", "robust", "all")
_SHOWN = (
    "lip_error_mean_mm", "lip_error_max_mm", "lip_opening_r", "mouth_lag_frames", "closure_recall", "sync_confidence",
)  # fmt: skip


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    text = "measure checkpoints or other systems' output on unseen clips, or run a listening test"
    parser = options.add_verb(verbs, "evaluate", run, text, json_to_file=True)
    parser.add_argument(
        "checkpoints", nargs="*", metavar="CHECKPOINT", help="a .safetensors file, or the word default; several compare"
    )
    parser.add_argument("--suite", choices=_SUITES, default="lips", help="what to measure (default: lips)")
    parser.add_argument(
        "--data", type=options.path, metavar="DATASET", help="GRID (grid_s1, grid_multi), or prepared clips (*.npz)"
    )
    parser.add_argument(
        "--prepared", type=options.path, metavar="FOLDER", help="prepared clips to take GRID's truth from: no tracking"
    )
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--clips", type=options.whole_number(1, 100_000), metavar="N", help="at most N of each group")
    parser.add_argument("--report", type=options.path, metavar="OUT.html", help="write a page that opens from disk")
    _add_study(parser)
    _add_peers(parser)


def _add_study(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("listening test", "blind and shuffled, in a folder that needs no server")
    group.add_argument("--study", type=options.path, metavar="FOLDER", help="make the test there (a new folder)")
    group.add_argument(
        "--videos",
        type=options.path,
        nargs="+",
        metavar="DIR",
        help="one folder a system; equal file names are one clip",
    )
    group.add_argument("--seed", type=options.whole_number(0, options.MAX_SEED), default=0, help="of the hidden names")
    group.add_argument(
        "--study-answers", type=options.path, nargs="+", metavar="FILE.json", help="what raters saved: the analysis"
    )
    group.add_argument("--study-key", type=options.path, metavar="FOLDER.key.json", help="which video is whose")


def _add_peers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("other systems", "their output for the clips of --data, scored alike")
    group.add_argument(
        "--peer", type=options.path, metavar="DIR",
        help="one file a clip, named as the clip: FLAME npz/npy, VOCASET-topology npy, ARKit csv, video, xtalker npz",
    )  # fmt: skip
    group.add_argument(
        "--flame", type=options.path, metavar="FILE", help="your FLAME file, for FLAME and VOCASET output"
    )


def run(given: argparse.Namespace) -> Report:
    """Choose what was asked for.

    Raises:
        XtalkerError: something that the user can change.
    """
    place = None if isinstance(given.json, bool) else options.path(given.json)
    given.json = given.json is True
    modes = [name for name in ("study", "study_answers", "peer") if getattr(given, name) is not None]
    if len(modes) + bool(given.checkpoints) != 1:
        given.refuse("give checkpoints, or one of --study, --study-answers and --peer")
    if given.report is not None and not given.checkpoints:
        given.refuse("--report draws checkpoints; the others have --json")
    if modes == ["study"]:
        return _study(given)
    if modes == ["study_answers"]:
        return _answers(given, place)
    return _peer(given, place) if modes else _measure(given, place)


def _measure(given: argparse.Namespace, place: Path | None) -> Report:
    _require_judges()
    from xtalker.evaluate.measuring import Asked, measure
    from xtalker.evaluate.report import write_html, write_json
    from xtalker.train.clips import read_clip

    started = time.perf_counter()
    _require_data(given)
    _check_outputs(given, place)
    asked = Asked(
        given.checkpoints, given.suite, given.data, prepared=given.prepared, split=given.split, clips=given.clips,
        pictures=given.report is not None,
    )  # fmt: skip
    measured = measure(asked, read_clip, progress=console.wants_bars(quiet=given.quiet))
    if place is not None:
        write_json(place, measured.report)
    if given.report is not None:
        write_html(given.report, measured.report, measured.results)
    made = [path for path in (place, given.report) if path is not None]
    lines = [*_lines(measured), *(f"made      {console.described(path)}" for path in made)]
    if given.report is not None and not measured.report["pictures"]:
        lines.append("pictures  none: they need the extra 'plots'")
    return Report(measured.report, [*lines, f"took      {time.perf_counter() - started:.1f} s"])


def _require_judges() -> None:
    """Synchrony is judged by networks that run in PyTorch."""
    from xtalker.values.extras import require_extra

    require_extra("train", "torch", "xtalker evaluate")


def _require_data(given: argparse.Namespace) -> None:
    if given.data is None:
        given.refuse("--data is needed: the folder of the clips")


def _check_outputs(given: argparse.Namespace, place: Path | None) -> None:
    from xtalker.cli.places import check_places

    outputs = [] if place is None else [(place, (".json",))]
    outputs += [] if given.report is None else [(given.report, (".html",))]
    check_places(outputs, [Path(name) for name in given.checkpoints])


def _lines(measured: Measured) -> list[str]:
    """The main figures of each table."""
    out = []
    for name, suite in measured.report["suites"].items():
        for table in suite["tables"]:
            first = next(iter(table["rows"].values()))
            shown = [figure for figure in _SHOWN if figure in first] or list(first)[:5]
            out += [f"{name}: {table['title']}", " " * 24 + "".join(f"{figure[:20]:>22}" for figure in shown)]
            out += [
                f"  {row[:21]:22}" + "".join(f"{_cell(figures[f]):>22}" for f in shown)
                for row, figures in table["rows"].items()
            ]
        out += [f"{name}: {line}" for line in _without(suite["not_computed"])]
    return out


def _without(missing: dict[str, str]) -> list[str]:
    """What is not computed, a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for what, why in missing.items():
        reasons.setdefault(why, []).append(what)
    return [f"without {', '.join(names)}: {why}" for why, names in reasons.items()]


def _cell(figure: dict[str, Any]) -> str:
    from xtalker.evaluate.report import shown

    return "-" if figure["value"] is None else shown(figure["value"])


def _study(given: argparse.Namespace) -> Report:
    from xtalker.evaluate.study import make_study

    if not given.videos:
        given.refuse("--study needs --videos: one folder a system")
    made = make_study(given.study, given.videos, seed=given.seed)
    figures = {
        "command": "evaluate study", "page": str(made.page), "key": str(made.key), "systems": list(made.systems),
        "clips": list(made.clips),
    }  # fmt: skip
    lines = [
        f"page      {made.page}: {len(made.clips)} clips of {len(made.systems)} systems; give raters the whole folder",
        f"key       {made.key}: keep it from them",
    ]
    return Report(figures, lines)


def _answers(given: argparse.Namespace, place: Path | None) -> Report:
    from xtalker.evaluate.report import write_json
    from xtalker.evaluate.study_answers import analyse, read_answers, read_key

    if given.study_key is None:
        given.refuse("--study-answers needs --study-key, the file beside the folder of the test")
    if place is not None:
        _check_outputs(given, place)
    analysis = analyse(read_key(given.study_key), read_answers(given.study_answers))
    if place is not None:
        write_json(place, analysis)
    lines = [f"{analysis['raters']} raters, {analysis['trials']} clips"]
    for question, found in analysis["questions"].items():
        lines.append(
            f"{question}: agreement W {_value(found['kendall_w'])}, alpha {_value(found['krippendorff_alpha'])}"
        )
        for system, figures in found["systems"].items():
            (low, high), (weak, strong) = figures["mean_rank_95"], figures["bradley_terry_95"]
            lines.append(
                f"  {system[:24]:26} mean rank {figures['mean_rank']:.2f} ({low:.2f} to {high:.2f})   "
                f"strength {figures['bradley_terry']:+.2f} ({weak:+.2f} to {strong:+.2f})"
            )
    return Report(analysis, lines)


def _value(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"


def _peer(given: argparse.Namespace, place: Path | None) -> Report:
    _require_judges()
    from xtalker.evaluate.peers import score_folder
    from xtalker.evaluate.report import write_json
    from xtalker.train.clips import read_clip

    _require_data(given)
    _check_outputs(given, place)
    report = score_folder(
        given.peer, given.data, read=read_clip, prepared=given.prepared, split=given.split, limit=given.clips,
        flame=given.flame, progress=console.wants_bars(quiet=given.quiet),
    )  # fmt: skip
    if place is not None:
        write_json(place, report)
    lines = [f"{report['kind']}: {report['clips']} of {report['clips_of_data']} clips"]
    lines += [f"  {name:24} {_cell(figure)}" for name, figure in report["figures"].items()]
    lines += [f"  {line}" for line in _without(report["not_computed"])]
    return Report(report, lines + [f"  note: {note}" for note in report["notes"]])
