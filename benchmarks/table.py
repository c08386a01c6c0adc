"""Write the README's figures from a saved run.

python benchmarks/main_job.py --json > benchmarks/results/main_job.json
python benchmarks/table.py                 # renews the part between the markers in README.md
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS, README = ROOT / "benchmarks/results/main_job.json", ROOT / "README.md"
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


def main() -> None:
    """Renew the README."""
    run = json.loads(RESULTS.read_text())
    gain = run["improvement_over_loudness_to_jaw_percent"]
    lines = [
        BEGIN, "",
        *table(run, f"speaker 1, {run['clips']} test clips"),
        f"Lip error is {gain['mean']:.0f} % (mean) and {gain['max']:.0f} % (worst point) below loudness to jaw. "
        "Before speaking, this speaker opens his mouth to breathe, and so does the model when it hears breath; digital "
        "silence closes it.", "",
        *table(run["unseen"], f"unseen speakers 3 and 33, {run['unseen']['clips']} clips"),
        *speed(run), END,
    ]  # fmt: skip
    before, rest = README.read_text().split(BEGIN)
    README.write_text(before + "\n".join(lines) + rest.split(END)[1])


if __name__ == "__main__":
    main()
