"""How fast each stage is, when the first picture is there, and how memory grows with the length of the speech.

    python benchmarks/throughput.py                   results/throughput.json, docs/speed.md
    python benchmarks/throughput.py --part lengths    measures that part again and keeps the others
    python benchmarks/throughput.py --longest-s 60    a quick look: shorter speech only, printed only

Every stage is measured warm, in this process, on 10 s of the demo speech: the fastest of some runs after one that does
not count, since other work on the machine only ever adds. Latency and memory are those of fresh processes. Speech that
was heard before is taken from a cache, so every run gets its own loudness.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

RESULTS = ROOT / "benchmarks/results/throughput.json"
PAGE = ROOT / "docs/speed.md"
STEPS: Final = (1, 2, 4, 8, 16)
EXPORTS: Final = (".npz", ".glb", ".csv", ".bvh", ".usdc")
PARTS: Final = ("stages", "first_picture_s", "lengths")
LENGTHS_S: Final = (10, 60, 600, 1800)
VIDEO_LENGTHS_S: Final = (10,)
"""Longer videos are those of `benchmarks/main_job.py --long`: frames are made and written a few at a time."""
SECONDS, PICTURES, REPEATS = 10, 25, 5
FRAMES: Final = 25 * SECONDS
STARTS: Final = 3
_FIRST_PICTURE = """
import sys, time
started = time.perf_counter()
from xtalker.performance import perform
from xtalker.performance.filming import frames
from xtalker.performance.parts import open_head
from xtalker.performance.shot import Shot
from xtalker.values import Identity
imported = time.perf_counter()
take = perform(sys.argv[1])
spoken = time.perf_counter()
next(frames(open_head(), take.identity, take.motion, Shot()))
print(imported - started, spoken - imported, time.perf_counter() - spoken)
"""

Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; exit code 0, or 1 where something cannot be measured."""
    options = _parser().parse_args(arguments)
    from xtalker.values import XtalkerError

    look = options.longest_s < max(LENGTHS_S)
    report = json.loads(RESULTS.read_text()) if RESULTS.is_file() and not look else {"parts": {}}
    try:
        for part in options.part:
            report = measure(part, options.longest_s, report["parts"])
            if not look:
                RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    except (XtalkerError, RuntimeError) as fault:
        print(f"throughput: {fault}", file=sys.stderr)
        return 1
    lines = page(report)
    if look:
        print("\n".join(lines))
        return 0
    PAGE.write_text("\n".join(lines) + "\n")
    print(f"wrote {RESULTS} and {PAGE}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="only these (default: all)")
    parser.add_argument("--longest-s", type=int, default=max(LENGTHS_S), help="longest speech for memory, seconds")
    return parser


def measure(part: str, longest_s: int, kept: dict[str, Any]) -> dict[str, Any]:
    """The report with one part measured and the others kept; frames a second unless a name says otherwise."""
    from benchmarks.machine import hardware, versions

    about = {"schema": "xtalker-throughput-1", "hardware": hardware(), "versions": versions()}
    with tempfile.TemporaryDirectory(prefix="xtalker-throughput-") as place:
        folder, before = Path(place), os.getloadavg()[0]
        found: Any
        if part == "stages":
            found = {**sound_stages(folder), **motion_stages(), **picture_stages(folder), **exports(folder)}
        elif part == "first_picture_s":
            found = first_picture(folder)
        else:
            found = [length(seconds, folder) for seconds in LENGTHS_S if seconds <= longest_s]
    parts = {**kept, part: {"found": found, "load_averages_1min": [before, os.getloadavg()[0]]}}
    return _rounded({**about, "parts": {name: parts[name] for name in PARTS if name in parts}})


def sound_stages(folder: Path) -> Figures:
    """A file to samples, samples to speech features without cache."""
    from benchmarks.speed import speech, write_wav
    from xtalker.speech import load_audio, load_encoder

    audio = speech(SECONDS)
    file, encoder = write_wav(audio, folder / "speech.wav"), load_encoder("whisper-base")
    return {
        "decode": rate(lambda: load_audio(file)),
        "speech features": rate(lambda: encoder.encode(audio)),
    }


def motion_stages() -> Figures:
    """Features to motion at every number of steps, motion to vertices."""
    import numpy as np

    from benchmarks.speed import lively_motion
    from xtalker.head.open_head import OpenHead
    from xtalker.performance import parts
    from xtalker.values import Identity, SpeechFeatures

    generator, random = parts.generator(), np.random.default_rng(0)
    linguistic = random.normal(0, 1, (FRAMES, generator.network.config.speech_channels)).astype(np.float32)
    features = SpeechFeatures(linguistic, np.full(FRAMES, 0.1, np.float32), generator.encoder)
    out = {
        f"generation, {steps} step{'s' if steps > 1 else ''}": rate(
            lambda steps=steps: generator.generate(features, seed=0, steps=steps)
        )
        for steps in STEPS
    }
    head, motion = OpenHead(), lively_motion(random, FRAMES)
    return out | {"vertices": rate(lambda: head.vertices(Identity(), motion))}


def picture_stages(folder: Path) -> Figures:
    """Motion to pictures (vertices included), pictures and sound to a file."""
    import numpy as np

    from benchmarks.speed import lively_motion
    from xtalker.head.open_head import OpenHead
    from xtalker.performance.filming import frames
    from xtalker.performance.shot import Shot
    from xtalker.render.video import video_writer
    from xtalker.values import Identity

    def start() -> Iterator[Any]:
        return frames(OpenHead(), Identity(), lively_motion(np.random.default_rng(0), PICTURES), Shot())

    def mux() -> None:
        with video_writer(folder / "out.mp4", sound=folder / "speech.wav", frame_rate_hz=25) as add:
            for picture in pictures:
                add(picture)

    pictures = [frame.rgb for frame in start()]  # also compiles the renderer
    return {
        "rendering, 512 x 512": rate(lambda: list(islice(start(), PICTURES)), PICTURES),
        "video file (H.264, AAC)": rate(mux, PICTURES),
    }


def exports(folder: Path) -> Figures:
    """A finished take to files."""
    from benchmarks.speed import speech
    from xtalker.performance import perform

    take = perform(speech(SECONDS))
    return {f"export to {suffix}": rate(lambda s=suffix: take.save(folder / f"take{s}")) for suffix in EXPORTS}


def first_picture(folder: Path) -> Figures:
    """Seconds from the start of a fresh process to its first picture, for 10 s of speech that is new to it."""
    from benchmarks.speed import fresh_gain, speech, write_wav

    runs = []
    for number in range(STARTS + 1):
        file = write_wav(speech(SECONDS, gain=fresh_gain()), folder / f"new{number}.wav")
        started = time.perf_counter()
        words = run_command([sys.executable, "-c", _FIRST_PICTURE, str(file)]).split()
        runs.append((*map(float, words), time.perf_counter() - started))
    imported, spoken, pictured, whole = map(min, zip(*runs[1:]))
    return {"imports": imported, "models, features, motion": spoken, "first picture": pictured, "whole process": whole}


def length(seconds: int, folder: Path) -> Figures:
    """Wall time and peak memory of `xtalker talk` to a motion file, and for short speech to a video."""
    from benchmarks.speed import MEASURED_RUN, fresh_gain, speech, write_wav

    file = write_wav(speech(seconds, gain=fresh_gain()), folder / f"{seconds}.wav")
    out: Figures = {"seconds": seconds}
    for kind in ("motion", "video") if seconds in VIDEO_LENGTHS_S else ("motion",):
        made = file.with_suffix(".npz" if kind == "motion" else ".mp4")
        talk = [sys.executable, "-m", "xtalker.cli.main", "talk", str(file), "-o", str(made), "--quiet"]
        run = json.loads(run_command([sys.executable, str(MEASURED_RUN), *talk]))
        out |= {f"{kind}_wall_s": run["wall_s"], f"{kind}_peak_mb": run["peak_mb"]}
        made.unlink()
    return out


def run_command(command: Sequence[str]) -> str:
    """What a command says on stdout.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(f"a run ended with code {done.returncode}: {said[-1] if said else 'nothing said'}")
    return done.stdout


def rate(work: Callable[[], object], frames: int = FRAMES) -> float:
    """Frames a second of some work that is done for so many frames: the fastest of the runs after the first."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return frames / min(times[1:])


def _rounded(value: Any) -> Any:
    """Numbers to four digits."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def page(report: dict[str, Any]) -> list[str]:
    """The document."""
    hardware, parts = report["hardware"], report["parts"]
    packages = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    lines = [
        "# Speed and memory", "", "Made by `python benchmarks/throughput.py`; the numbers lie in",
        "`benchmarks/results/throughput.json`.", "",
        f"{hardware['processor']}, {hardware['cores']} cores, {hardware['memory_gb']:.0f} GB, no GPU; {packages}. "
        "Under each table stands how many processes wanted a core before and after it (load average): with more than "
        f"{hardware['cores']} the times are those of a busy machine, and an idle one is faster. Memory is the same.",
        "",
    ]  # fmt: skip
    if "stages" in parts:
        lines += [f"| stage, on {SECONDS} s of speech, warm | frames a second | times real time |", "|---|---:|---:|"]
        lines += [f"| {name} | {value:,.0f} | {value / 25:,.1f} |" for name, value in parts["stages"]["found"].items()]
        said = f"Fastest of {REPEATS} runs. Rendering includes the vertices. Two steps are the default."
        lines += ["", f"{said} {_load(parts['stages'])}", ""]
    if "first_picture_s" in parts:
        found = parts["first_picture_s"]["found"]
        lines += [f"| a fresh process, {SECONDS} s of new speech | s |", "|---|---:|"]
        lines += [f"| {name} | {value:.2f} |" for name, value in found.items()]
        lines += ["", f"Each line by itself, the last one all of it. {_load(parts['first_picture_s'])}", ""]
    if "lengths" in parts:
        lines += ["| speech | to motion, s | peak memory, MB | to video, s | peak memory, MB |",
                  "|---|---:|---:|---:|---:|", *map(_length_row, parts["lengths"]["found"]), "",
                  f"Peak memory of the whole process, models included. {_load(parts['lengths'])}"]  # fmt: skip
    return lines


def _load(part: dict[str, Any]) -> str:
    before, after = part["load_averages_1min"]
    return f"Load {before:.1f} before, {after:.1f} after."


def _length_row(row: Figures) -> str:
    cells = [row.get(f"{kind}_{what}") for kind in ("motion", "video") for what in ("wall_s", "peak_mb")]
    seconds = int(row["seconds"])
    name = f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"
    return f"| {name} | " + " | ".join("-" if cell is None else f"{cell:,.0f}" for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
