"""Write the figures of the documents between their markers, from saved runs.

python benchmarks/main_job.py --json > benchmarks/results/main_job.json
python benchmarks/control.py --json > benchmarks/results/control.json
python benchmarks/face.py --json --sheets docs/face > benchmarks/results/face.json
python benchmarks/sync_expert.py --data DATA --clips CLIPS --json > benchmarks/results/sync_expert.json
python benchmarks/taught.py --data DATA --clips-folder CLIPS --json > benchmarks/results/taught.json
python benchmarks/generator.py --clips-folder CLIPS --facegood-clips CLIPS --json > benchmarks/results/generator.json
python benchmarks/left_out_speakers.py CLIPS --json > benchmarks/results/left_out_speakers.json
python benchmarks/photo.py --json --all --sheets docs/photo > benchmarks/results/photo.json
python benchmarks/table.py                 # renews the parts between the markers
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks import photo_report  # noqa: E402  started as a file, it finds its neighbours by name

RESULTS, README = ROOT / "benchmarks/results/main_job.json", ROOT / "README.md"
CONTROL_RESULTS, CONTROL = ROOT / "benchmarks/results/control.json", ROOT / "docs/control.md"
FACE_RESULTS, FACE = ROOT / "benchmarks/results/face.json", ROOT / "docs/face.md"
SYNC_RESULTS, SYNC = ROOT / "benchmarks/results/sync_expert.json", ROOT / "docs/results.md"
GENERATOR_RESULTS, GENERATOR = ROOT / "benchmarks/results/generator.json", ROOT / "docs/generator.md"
TAUGHT_RESULTS = ROOT / "benchmarks/results/taught.json"
PHOTO_RESULTS, PHOTO = ROOT / "benchmarks/results/photo.json", ROOT / "docs/photo.md"
LEFT_OUT_RESULTS = ROOT / "benchmarks/results/left_out_speakers.json"
BEGIN, END = "<!-- figures: python benchmarks/table.py -->", "<!-- end of figures -->"
COLUMNS = {
    "lip_error_mean_mm": ("lip error, mm", 2), "lip_error_max_mm": ("worst lip point, mm", 2),
    "lip_opening_r": ("r of opening", 3), "mouth_lag_frames": ("lag, frames", 2),
    "closure_recall": ("closures kept", 2), "trailing_open_mm": ("open in final silence, mm", 2),
    "leading_open_mm": ("open before speech, mm", 2),
}  # fmt: skip
ROWS = {
    "ours": "**xtalker**", "whisper_ridge": "Whisper features, ridge", "log_mel_ridge": "log-mel, ridge",
    "time_only": "mean trajectory, no sound", "loudness_to_jaw": "loudness to jaw", "mean_face": "mean face",
    "shuffled_audio": "xtalker, another clip's sound", "second_seed": "xtalker, second seed", "truth": "truth",
}  # fmt: skip


def cell(value: float | None, digits: int) -> str:
    """A number, or a dash where a metric does not exist."""
    return "-" if value is None else f"{value:.{digits}f}"


def table(block: dict[str, Any], title: str) -> list[str]:
    """One table of all rows."""
    rows = {"ours": block} | block["baselines"]
    lines = [
        f"| {title} | " + " | ".join(name for name, _ in COLUMNS.values()) + " |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for key, name in ROWS.items():
        if key in rows:
            cells = (cell(rows[key].get(column), digits) for column, (_, digits) in COLUMNS.items())
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def speed(run: dict[str, Any]) -> list[str]:
    """Time and memory on the machine of the run."""
    hardware = run["hardware"]
    return [
        f"On {hardware['cores']} cores ({hardware['processor']}, no GPU): 10 s of speech to a 512 x 512 video in "
        f"{run['talk_10s_wall_s']:.0f} s with {run['talk_10s_peak_mb']:.0f} MB at most; speech features "
        f"{run['whisper_frames_per_s']:.0f}, generator {run['generator_frames_per_s']:.0f}, renderer "
        f"{run['render_frames_per_s']:.0f} frames/s; 250 frames of vertices in "
        f"{1e3 * run['head_250_frames_s']:.0f} ms; "
        f"demo portrait fitted in {run['portrait_fit_s']:.2f} s with a residual of "
        f"{run['portrait_residual_percent']:.2f} % of the eye distance.",
        "",
    ]  # fmt: skip


def control(run: dict[str, Any]) -> list[str]:
    """What was asked of control and what is measured."""
    levels, steps, life, head, cost = (run[k] for k in ("intensity", "transitions", "life", "head", "cost"))
    lips = run["independence"]
    rows = [
        ("rank correlation of asked level and shown expression, worst emotion", ">= 0.98", levels["spearman_worst"], 3),
        ("cosine of shown expression and template at level 1, worst emotion", ">= 0.9", levels["cosine_worst"], 3),
        ("largest step that five transitions add, of the clip's own 99th percentile", "<= 1",
         steps["largest_added_step"] / steps["natural_p99"], 2),
        ("share of frames above that percentile with transitions", "0.01", steps["share_above_p99"], 3),
        *_lips(lips),
        ("blinks a second, default, 20 minutes", "0.28-0.45", life["blinks_per_s"], 2),
        ("gaze on the camera, default, share of time", ">= 0.7", life["gaze_on_camera"], 2),
        ("directed head: reached of asked, worst of seven moves", ">= 0.95", head["reached_least"], 3),
        ("gain 0 equals the natural motion exactly", "yes", "yes" if head["gain_0_equals_natural"] else "no", 0),
        ("time added to features and generation, percent", "< 15", cost["added_percent"], 1),
        ("the same when the voice's emotion is heard too", "< 15", cost["added_percent_with_emotion_of_voice"], 1),
        *_doors(run.get("doors")),
    ]  # fmt: skip
    lines = [f"| {name} | {goal} | {value if isinstance(value, str) else cell(value, digits)} |"
             for name, goal, value, digits in rows]  # fmt: skip
    return ["| figure | goal | measured |", "|---|---|---|", *lines, ""]


def _lips(lips: dict[str, Any]) -> list[tuple[str, str, Any, int]]:
    rows: list[tuple[str, str, Any, int]] = []
    for level in (1, 2):
        block, grid, at = lips[f"level_{level}"], lips["grid"], f"level {level}, worst emotion"
        change = "closure_recall_change_worst"
        if grid is not None:
            what = f"change of closure recall of /p b m/, {grid['clips']} GRID clips, {at}"
            rows.append((what, "< 0.03", grid[change][f"level_{level}"], 3))
        rows += [
            (f"the same, {block['closures']} closures of the demo speech", "< 0.03", block[change], 3),
            (f"correlation of lip opening with and without emotion, {at}", "> 0.9", block["opening_r_worst"], 4),
            (f"change of the opening in closed frames (bleed), mm, {at}", "low", block["bleed_mm_worst"], 3),
        ]
    return rows


def _doors(doors: dict[str, Any] | None) -> list[tuple[str, str, Any, int]]:
    if doors is None:
        return []
    texts, images = doors["text_count"], doors["image_count"]
    return [
        (f"descriptions: nearest label right, of {texts} kept apart", ">= 0.8", doors["text_top1"], 3),
        ("the same by the word list alone", "-", doors["text_top1_lexicon"], 3),
        (f"pictures: nearest label right, of {images} renders kept apart", ">= 0.8", doors["image_top1"], 3),
    ]


def face(run: dict[str, Any]) -> list[str]:
    """Closures, drawing, likeness and exports."""
    shape, likeness, goals = run["geometry"], run["identity"], run["exports"]["goals"]
    people = f"{shape['people']} random people and the mean"
    rows = [
        (f"gap between closed lips in /p b m/ poses, worst of {people}, mm", "< 0.3", shape["lip_gap_worst_mm"]),
        (f"pixels (0.15 mm) of eyeball behind shut lids from the front, {people}", "0", shape["lids_eye_pixels_front"]),
        ("the same from 28 degrees on either side", "-", shape["lids_eye_pixels_sides"]),
        *((f"{level} surface, {shape[level]['fine_vertices']:,} vertices drawn, frames/s at 512 x 512", goal,
           shape[level]["fps_median"]) for level, goal in (("coarse", ">= 25"), ("dense", ">= 8"))),
        ("peak memory of drawing the dense surface, MB", "< 1500", shape["dense"]["peak_mb"]),
        (f"likeness, {likeness.get('count', 0)} people: AUC", ">= 0.95", likeness["auc"]),
        ("mean cosine to the own photograph", "-", likeness.get("own_mean")),
        ("mean cosine to other people's", "-", likeness.get("other_mean")),
    ]  # fmt: skip
    rows += [
        ("10 s .glb without texture and sound, MB", f"<= {goals['glb_mb_at_most']}", goals["glb_mb_bare"]),
        (f"slowest export of 10 s ({goals['slowest']}), s", f"< {goals['slowest_s_at_most']}", goals["slowest_s"]),
    ]
    lines = [f"| {name.replace('_', ' ')} | {goal} | {'-' if value is None else f'{value:.4g}'} |"
             for name, goal, value in rows]  # fmt: skip
    return ["| figure | goal | measured |", "|---|---|---|", *lines, ""]


def sync(run: dict[str, Any]) -> list[str]:
    """How well the experts know what belongs together."""
    lines = [
        "| expert | sees | clips of | AUC, own or other sound | offset within a frame, windows of 1 s | windows |",
        "|---|---|---|---:|---:|---:|",
    ]
    for expert, kinds in run["experts"].items():
        for kind, groups in kinds.items():
            for who, row in groups.items():
                cells = f"{row['auc']:.3f} | {row['within_one_frame']:.3f} | {row['windows']}"
                lines.append(f"| {expert.replace('_', '-')} | {kind} | {who} | {cells} |")
    return [*lines, ""]


LIPS = {
    "lip_error_max_mm": ("worst lip point, mm", 2), "lip_error_max_in_picture_mm": ("without depth, mm", 2),
    "lip_opening_r": ("r of opening", 3), "mouth_lag_frames": ("lag, frames", 2),
    "closure_recall": ("closures kept", 2),
    "lip_amplitude_ratio": ("lip amplitude", 2), "lip_jitter_ratio": ("lip jitter", 2),
    "head_amplitude_ratio": ("head amplitude", 2), "closed_after_speech": ("closed 0.2 s after speech", 2),
}  # fmt: skip
MORE_ROWS = {
    "told_its_source": "xtalker, told whose style",
    "mean_of_8": "xtalker, mean of 8 samples", "whisper_ridge_same_data": "Whisper features, ridge, all real data",
}  # fmt: skip
TESTS = {
    "grid_test": "speaker 1, test clips", "people_test": "speakers 3 and 33, unseen",
    "facegood_test": "FACEGOOD, Mandarin, test takes",
}  # fmt: skip
SPOKEN = {"synthetic": "unseen synthetic voice", "real": "GRID's test voices"}
PHONES = {
    "closure_share": "/p b m/ closed",
    "contact_share": "/f v/ on the teeth",
    "lip_width_order_r": "r of lip width",
}


def generator(run: dict[str, Any]) -> list[str]:
    """What was asked of the generator and what is measured, then every row of every group of clips."""
    lines = ["| figure | asked | measured |", "|---|---|---|"]
    for bar in run["bars"]:
        asked = [f"{sign} {bar[k]:g}" for k, sign in (("at_least", ">="), ("at_most", "<=")) if bar[k] is not None]
        missed = " (missed)" if bar["met"] is False else ""
        lines.append(f"| `{bar['figure']}` | {', '.join(asked)} | {cell(bar['value'], 3)}{missed} |")
    lines.append("")
    for test, title in TESTS.items():
        if run.get(test):
            lines += lip_rows(run[test], f"{title}, {run[test]['clips']} clips")
    return lines


def lip_rows(block: dict[str, Any], title: str) -> list[str]:
    """Rows of one group of clips, in its own columns: what a group has no figure of is left out."""
    rows = {"ours": block} | block["baselines"]
    known = ROWS | MORE_ROWS
    order = ["ours", *MORE_ROWS, *(name for name in ROWS if name != "ours")]
    order += [name for name in rows if name not in known]
    shown = [column for column in LIPS if block.get(column) is not None]
    lines = [f"| {title} | " + " | ".join(LIPS[column][0] for column in shown) + " |", "|---" * (len(shown) + 1) + "|"]
    for name in order:
        if name in rows:
            cells = [cell(rows[name].get(column), LIPS[column][1]) for column in shown]
            lines.append(f"| {known.get(name, name)} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def taught(run: dict[str, Any]) -> list[str]:
    """Lips against phone times; a run of `taught.py` has no baselines."""
    rows = {"ours": run} | run.get("baselines", {})
    if run.get("real_tracked"):
        rows["truth"] = {"real": run["real_tracked"]}
    names = ROWS | MORE_ROWS | {"truth": "truth, as tracked in the video"}
    titles = [f"{what}, {who}" for who in SPOKEN.values() for what in PHONES.values()]
    lines = ["| lips against phone times | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for name, row in rows.items():
        cells = [cell((row.get(who) or {}).get(figure), 2) for who in SPOKEN for figure in PHONES]
        lines.append(f"| {names.get(name, name)} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def left_out(run: dict[str, Any]) -> list[str]:
    """What a ridge knows of people whom it never heard, and of those that it did."""
    lines = ["| ridge, r of opening | training speakers, each left out in turn | speakers 3 and 33 |", "|---|---|---|"]
    for way, mean in run["mean_r"].items():
        lines.append(f"| {way} | {cell(mean, 3)} | {cell(run['mean_r_test_speakers'][way], 3)} |")
    return [*lines, ""]


def _generator_page() -> list[str]:
    run, alone, strangers = (
        json.loads(path.read_text()) if path.is_file() else None
        for path in (GENERATOR_RESULTS, TAUGHT_RESULTS, LEFT_OUT_RESULTS)
    )
    spoken = (run or {}).get("taught_test") or alone
    parts = ((generator, run), (taught, spoken), (left_out, strangers))
    return [line for make, given in parts if given for line in make(given)]


def main() -> None:
    """Renew the documents."""
    _renew(GENERATOR, _generator_page())
    _renew(README, _readme(json.loads(RESULTS.read_text())))
    _renew(CONTROL, control(json.loads(CONTROL_RESULTS.read_text())))
    _renew(FACE, face(json.loads(FACE_RESULTS.read_text())))
    _renew(PHOTO, photo_report.page(json.loads(PHOTO_RESULTS.read_text())))
    _renew(SYNC, sync(json.loads(SYNC_RESULTS.read_text())))


def _renew(path: Path, lines: list[str]) -> None:
    before, rest = path.read_text().split(BEGIN)
    path.write_text(before + "\n".join([BEGIN, "", *lines, END]) + rest.split(END)[1])


def _readme(run: dict[str, Any]) -> list[str]:
    gain = run["improvement_over_loudness_to_jaw_percent"]
    return [
        *table(run, f"speaker 1, {run['clips']} test clips"),
        f"Lip error is {gain['mean']:.0f} % (mean) and {gain['max']:.0f} % (worst point) below loudness to jaw. "
        "Before speaking, this speaker opens his mouth to breathe, and so does the model when it hears breath; digital "
        "silence closes it.", "",
        *table(run["unseen"], f"unseen speakers 3 and 33, {run['unseen']['clips']} clips"),
        *speed(run),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
