"""Sizes, times and round-trip errors of every file that a take can be written to.

    python benchmarks/export.py            a table
    python benchmarks/export.py --json     one JSON object on stdout, nothing else there
    python benchmarks/export.py --docs     also renews the table between the markers in docs/formats.md

The take is 10 s of the demo speech by the demo portrait with a moving camera. FLAME's file has a licence that keeps it
out of any repository: its row is measured on a stand-in in FLAME's format, made from the open head's own surface, so
it judges the method and not the likeness of two heads. `--flame FILE` measures on your own FLAME instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from xtalker.performance import Take

DOCS: Final = ROOT / "docs" / "formats.md"
BEGIN, END = "<!-- figures: python benchmarks/export.py --docs -->", "<!-- end of figures -->"
SECONDS, REPEATS, NUM_FLAME = 10, 3, 3
GLB_MB, SLOWEST_S = 4.0, 3.0
_USD = (".usdc", ".usdz")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 0, or 1 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--docs", action="store_true", help="renew docs/formats.md")
    parser.add_argument("--flame", type=Path, help="your FLAME file")
    options = parser.parse_args(arguments)
    with redirect_stdout(sys.stderr):
        from xtalker.values import XtalkerError

        try:
            report = measure(options.flame)
        except XtalkerError as fault:
            print(f"export: {fault}", file=sys.stderr)
            return 1
    if options.docs:
        before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN)
        text = before + "\n".join([BEGIN, "", *lines_of(report), "", END]) + rest.split(END)[1]
        DOCS.write_text(text, encoding="utf-8")
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines_of(report)))
    return 0


def measure(flame: Path | None) -> dict[str, Any]:
    """The whole report."""
    from benchmarks.machine import hardware

    take = demo_take()
    with tempfile.TemporaryDirectory(prefix="xtalker-") as name:
        folder = Path(name)
        model = flame or stand_in_flame(folder / "stand_in.npz")
        files = formats(take, folder, model)
        return {
            "schema": "xtalker-export-1", "hardware": hardware(), "frames": take.motion.num_frames,
            "formats": files, "goals": goals(files),
            "round_trips": round_trips(take, folder) | flame_round_trip(take, folder, model, own=flame is not None),
        }  # fmt: skip


def demo_take() -> Take:
    """Ten seconds of the demo with a camera that walks."""
    from benchmarks.speed import speech
    from xtalker.assets import fetch
    from xtalker.direction.flags import direction_from_flags
    from xtalker.performance import perform

    direction = direction_from_flags(camera="slow orbit left", seed=0)
    return perform(speech(SECONDS), portrait=fetch("portrait-astronaut"), direction=direction)


def formats(take: Take, folder: Path, flame: Path) -> dict[str, Any]:
    """Megabytes of every ending, with sound and skin where they go along and without, and median seconds of the
    clock and of the processor, which other programs slow down less; None for what is not here.
    """
    from dataclasses import replace

    from xtalker.export import EXPORTERS, left_out
    from xtalker.performance.own_flame import FLAME_SUFFIX, exporter_to

    exporter_to(folder / f"warm{FLAME_SUFFIX}", flame)  # the fit is made once in a process
    out: dict[str, Any] = {}
    for suffix in EXPORTERS:
        if suffix in _USD and find_spec("pxr") is None:
            out[suffix] = None
            continue
        place, seconds, busy = folder / f"take{suffix}", [], []
        for _ in range(REPEATS + 1):
            started, began = time.perf_counter(), time.process_time()
            made = take.save(place, flame=flame if suffix == FLAME_SUFFIX else None)
            seconds.append(time.perf_counter() - started)
            busy.append(time.process_time() - began)
        silent = replace(take, sound=None, appearance=None).save(
            folder / f"silent{suffix}", flame=flame if suffix == FLAME_SUFFIX else None
        )
        out[suffix] = {
            "mb": _megabytes(made), "mb_bare": _megabytes(silent), "seconds": median(seconds[1:]),
            "processor_seconds": median(busy[1:]), "left_out": left_out(place, take._content(place)),
        }  # fmt: skip
    return out


def goals(files: dict[str, Any]) -> dict[str, Any]:
    """What a take of ten seconds may take, and whether it does."""
    slowest = max((suffix for suffix in files if files[suffix]), key=lambda suffix: files[suffix]["seconds"])
    size_mb, seconds = files[".glb"]["mb_bare"], files[slowest]["seconds"]
    return {
        "glb_mb_bare": size_mb, "glb_mb_at_most": GLB_MB, "slowest": slowest, "slowest_s": seconds,
        "slowest_s_at_most": SLOWEST_S, "met": size_mb <= GLB_MB and seconds <= SLOWEST_S,
    }  # fmt: skip


def _megabytes(place: Path) -> float:
    beside = (*place.parent.glob(f"{place.stem}_sound.*"), *place.parent.glob(f"{place.stem}_*.png"))
    files = place.iterdir() if place.is_dir() else (place, *(beside if place.suffix == ".usdc" else ()))
    return sum(file.stat().st_size for file in files) / 1e6


def round_trips(take: Take, folder: Path) -> dict[str, Any]:
    """Millimetres and degrees between the take and what comes back from its files."""
    from xtalker.export.posing import posed
    from xtalker.export.read_arkit import read_arkit
    from xtalker.head.rig import rig_of

    truth = take.vertices()
    rig = rig_of(take.head, take.identity)
    assert rig is not None
    out = {"rig_max_mm": _apart_mm(np.concatenate(list(posed(rig, take.motion))), truth).max()}
    back, _ = read_arkit(folder / "take.csv")
    lips = take.head.topology.regions["lips"]
    canonical = take.vertices(canonical=True)
    away = _apart_mm(take.head.vertices(take.identity, back, canonical=True)[:, lips], canonical[:, lips])
    turned = _turn_deg(back.head, take.motion.head)
    out |= {"arkit_lips_mean_mm": away.mean(), "arkit_lips_max_mm": away.max(), "arkit_head_max_deg": turned.max()}
    with np.load(folder / "take.vertices.npz", allow_pickle=False) as file:
        out["vertices_max_mm"] = _apart_mm(file["vertices"], truth).max()
    out["obj_max_mm"] = _apart_mm(_obj_vertices(sorted((folder / "take_obj").iterdir())[100]), truth[100]).max()
    rows = (folder / "take.bvh").read_text(encoding="ascii").partition("Frame Time:")[2].splitlines()[1:]
    from scipy.spatial.transform import Rotation

    read = Rotation.from_euler("YXZ", np.array([row.split()[:3] for row in rows], float), degrees=True).as_rotvec()
    out["bvh_head_max_deg"] = _turn_deg(read, take.motion.head).max()
    if (folder / "take.usdc").exists():
        out["usd_baked_max_mm"] = _usd_apart_mm(folder / "take.usdc", take, truth)
    return {name: float(value) for name, value in out.items()}


def _obj_vertices(path: Path) -> np.ndarray:
    lines = path.read_text(encoding="ascii").splitlines()
    return np.array([line.split()[1:4] for line in lines if line.startswith("v ")], float)


def _usd_apart_mm(path: Path, take: Take, truth: np.ndarray) -> float:
    """Points that usd-core bakes at five times, over all parts."""
    from pxr import Gf, Usd, UsdGeom, UsdSkel

    stage, topology = Usd.Stage.Open(str(path)), take.head.topology
    last = take.motion.num_frames - 1
    UsdSkel.BakeSkinning(UsdSkel.Root(stage.GetDefaultPrim()), Gf.Interval(0, last))
    worst = 0.0
    for part in topology.part_names:
        track = UsdGeom.Mesh(stage.GetPrimAtPath(f"/Take/{part}")).GetPointsAttr()
        for frame in np.linspace(0, last, 5).astype(int):
            own = truth[frame, topology.part_vertices(part)]
            worst = max(worst, float(_apart_mm(np.array(track.Get(float(frame))), own).max()))
    return worst


def flame_round_trip(take: Take, folder: Path, flame: Path, *, own: bool) -> dict[str, Any]:
    """Lips between the open head and FLAME, both ways, by the file that was written."""
    from xtalker.export.read_flame import read_flame_motion
    from xtalker.performance import own_flame
    from xtalker.performance.flame_map import vertex_error_m

    ours, theirs, fit = take.head, own_flame.head(flame), own_flame.fit(flame)
    lips = ours.topology.regions["lips"]
    read, _, _ = read_flame_motion(folder / "take.flame.npz")
    away = 1e3 * vertex_error_m(fit, ours, theirs, take.motion, region=lips, flame_motion=read)
    back = 1e3 * vertex_error_m(fit, ours, theirs, fit.carry_back(read), region=lips, flame_motion=read)
    return {
        "flame_is_the_users": own, "flame_lips_mean_mm": float(away.mean()), "flame_lips_max_mm": float(away.max()),
        "flame_back_lips_mean_mm": float(back.mean()), "flame_back_lips_max_mm": float(back.max()),
    }  # fmt: skip


def stand_in_flame(path: Path) -> Path:
    """A file in FLAME's format: every third vertex of the open head's skin, nine tenths as large, channels mixed."""
    from xtalker.head.open_head import OpenHead
    from xtalker.performance.flame_map import skin_triangles

    head, random = OpenHead(), np.random.default_rng(0)
    chosen = np.unique(skin_triangles(head.topology))[::NUM_FLAME]
    count, scale, shift = len(chosen), 0.9, np.array([0.01, -0.05, 0.02])
    points = head.mean[chosen].astype(np.float64) * scale + shift
    mixes = np.eye(50) + random.normal(0, 0.05, (50, 50))
    shapes = np.zeros((count, 3, 400))
    basis = head.expression_basis[:, chosen].astype(np.float64) * scale
    shapes[:, :, 300:350] = np.einsum("mk,kvc->vcm", mixes, basis)
    # The jaw joint is an average of vertices in FLAME's file: least squares finds shares that sum to one.
    equations = np.vstack([points.T, np.ones(count)])
    regressor = np.full((5, count), 1 / count)
    wanted = np.append(head.joints[0] * scale + shift, 1)
    regressor[2] += np.linalg.pinv(equations) @ (wanted - equations @ regressor[2])
    weights = np.zeros((count, 5))
    weights[:, 2] = head.jaw_weight[chosen]
    weights[:, 1] = 1 - weights[:, 2]
    faces = random.permuted(np.tile(np.arange(count), (40, 1)), axis=1)[:, :3].astype(np.uint32)
    root = np.iinfo(np.uint32).max
    np.savez(
        path, v_template=points, shapedirs=shapes, posedirs=np.zeros((count, 3, 36)), J_regressor=regressor,
        weights=weights, f=faces, kintree_table=np.array([[root, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
    )  # fmt: skip
    return path


def _apart_mm(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(1e3 * np.linalg.norm(one.astype(np.float64) - other, axis=-1))


def _turn_deg(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    between = Rotation.from_rotvec(one.astype(np.float64)).inv() * Rotation.from_rotvec(other.astype(np.float64))
    return np.degrees(between.magnitude())


def lines_of(report: dict[str, Any]) -> list[str]:
    """Tables in Markdown."""
    hardware, trips = report["hardware"], report["round_trips"]
    out = [
        f"{report['frames']} frames of the demo with a walking camera, {hardware['cores']} cores of "
        f"{hardware['processor']}; median of {REPEATS} after one warm-up.", "",
        "| file | MB with sound and skin | MB without | seconds | of the processor | this take loses |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for suffix, row in report["formats"].items():
        if row is None:
            out.append(f"| `{suffix}` | not measured: no `usd-core` | | | | |")
            continue
        lost = ", ".join(row["left_out"]) or "nothing"
        sizes, times = (
            f"{row['mb']:.2f} | {row['mb_bare']:.2f}",
            f"{row['seconds']:.2f} | {row['processor_seconds']:.2f}",
        )
        out.append(f"| `{suffix}` | {sizes} | {times} | {lost} |")
    out += ["", "| what comes back | apart |", "|---|---|"]
    flame = "your FLAME" if trips["flame_is_the_users"] else "stand-in in FLAME's format"
    texts: dict[str, Callable[[float], str]] = {
        "rig_max_mm": lambda x: f"| morph targets and joints against the head itself, worst vertex | {x:.2g} mm |",
        "usd_baked_max_mm": lambda x: f"| `.usdc` baked by usd-core, five times, worst vertex | {x:.2g} mm |",
        "vertices_max_mm": lambda x: f"| `.vertices.npz`, worst vertex | {x:.2g} mm |",
        "obj_max_mm": lambda x: f"| `.obj`, frame 100, worst vertex | {x:.2g} mm |",
        "arkit_lips_mean_mm": lambda x: f"| ARKit `.csv` at 60 fps and back, lips, mean | {x:.3f} mm |",
        "arkit_lips_max_mm": lambda x: f"| ... worst lip vertex of any frame | {x:.2f} mm |",
        "arkit_head_max_deg": lambda x: f"| ... head rotation, worst frame | {x:.2g} degrees |",
        "bvh_head_max_deg": lambda x: f"| `.bvh`, head rotation, worst frame | {x:.2g} degrees |",
        "flame_lips_mean_mm": lambda x: f"| open head to `.flame.npz` ({flame}), lips, mean | {x:.3f} mm |",
        "flame_lips_max_mm": lambda x: f"| ... worst lip point | {x:.2f} mm |",
        "flame_back_lips_mean_mm": lambda x: f"| and back to the open head, lips, mean | {x:.3f} mm |",
        "flame_back_lips_max_mm": lambda x: f"| ... worst lip point | {x:.2f} mm |",
    }
    return out + [text(trips[name]) for name, text in texts.items() if name in trips]


if __name__ == "__main__":
    sys.exit(main())
