"""What an installation weighs, how soon it speaks, and what ONNX Runtime loses against PyTorch (nothing to be seen).

    python benchmarks/install.py --json                  all of it; fetches about half a gigabyte
    python benchmarks/install.py --json --part networks  only the networks, PyTorch beside ONNX Runtime

Part `networks` needs the extra 'train'; without it its figures are null. Part `fresh` builds the wheel, installs it
into an empty environment with an empty cache for models, and makes the film of the demo there; `talk` runs there
as well where `fresh` ran before in the same call.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
import wave
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

PARTS: Final = ("networks", "fresh", "talk")
SECONDS, TALKS, REPEATS = 10, 3, 5
Figures = dict[str, Any]


def main() -> int:
    """Measure, print; exit code 0, or 1 where a part cannot be measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="only these (default: all)")
    options = parser.parse_args()
    from benchmarks.machine import hardware, versions

    figures: Figures = {"hardware": hardware(), "versions": versions()}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            if "networks" in options.part:
                figures |= networks()
            if "fresh" in options.part:
                figures |= fresh(place)
            if "talk" in options.part:
                python = place / "environment" / "bin" / "python"
                figures |= talk(place, python if python.exists() else Path(sys.executable))
        except (RuntimeError, subprocess.CalledProcessError) as fault:
            print(f"install: {fault}", file=sys.stderr)
            return 1
    print(json.dumps(figures) if options.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))
    return 0


def networks() -> Figures:
    """Frames a second of features and generation by both, the best of alternating runs; how far motion differs."""
    from xtalker.performance import parts

    names = ("features_fps", "generation_fps", "features_fps_torch", "generation_fps_torch")
    if find_spec("torch") is None:
        return {**dict.fromkeys(names), "max_relative_difference": None, "why": "without the extra 'train'"}
    import torch

    from benchmarks.torch_twin import torch_encoder, torch_generator
    from xtalker.inference.session import num_threads

    torch.set_num_threads(num_threads())
    audio, encoder = demo_sound(), parts.speech_encoder()
    features = parts_features(audio, encoder.encode(audio), encoder.fingerprint)
    twin, generator = torch_encoder(), parts.generator()
    slow = torch_generator(generator)
    times = best_s({
        "features_fps": lambda: encoder.encode(audio), "features_fps_torch": lambda: twin.encode(audio),
        "generation_fps": lambda: generator.generate(features, seed=0),
        "generation_fps_torch": lambda: slow.generate(features, seed=0),
    })  # fmt: skip
    return {name: round(audio.num_frames / times[name]) for name in names} | {
        "threads": num_threads(), "max_relative_difference": differences(audio)
    }  # fmt: skip


def best_s(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the fastest run of each, taken in turn, so that other work on the machine meets all of them."""
    for call in calls.values():
        call()
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(REPEATS):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def differences(audio: Any) -> dict[str, float]:
    """Largest difference of motion from features to motion, over the largest value, for each kind of checkpoint."""
    import numpy as np

    from benchmarks.torch_twin import personal_generator, torch_encoder, torch_generator
    from xtalker.performance import parts

    out = {}
    kinds = {"default": parts.generator(), "personal": personal_generator(), "live": parts.live_generator()}
    for kind, generator in kinds.items():
        name = "ears" if kind == "live" else "whisper-base"
        ours, theirs = parts.speech_encoder(name), torch_encoder(name)
        one, other = (
            speaks.generate(parts_features(audio, heard.encode(audio), ours.fingerprint), seed=0).to_matrix()
            for speaks, heard in ((generator, ours), (torch_generator(generator), theirs))
        )
        out[kind] = float(np.abs(one - other).max() / np.abs(other).max())
    return out


def parts_features(audio: Any, linguistic: Any, fingerprint: str) -> Any:
    """Features as the program makes them, without the cache."""
    from xtalker.speech import amplitude_envelope
    from xtalker.values import SpeechFeatures

    return SpeechFeatures(linguistic, amplitude_envelope(audio), fingerprint)


def demo_sound() -> Any:
    """Ten seconds of the demo speech."""
    from xtalker.assets import fetch
    from xtalker.speech import load_audio

    audio = load_audio(fetch("demo-speech"))
    return replace(audio, samples=audio.samples[: SECONDS * 16_000])


def fresh(place: Path) -> Figures:
    """Bytes to download and on the disk, and the time from nothing to a film, with the package cache as it is."""
    started = time.perf_counter()
    wheels, environment, cache, work = (place / name for name in ("wheels", "environment", "cache", "work"))
    work.mkdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    _run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], cwd=work)
    own = next(wheels.glob("xtalker-*.whl"))
    own_mb = mb(own)
    _run([*pip, "download", "--only-binary=:all:", "--constraint", ROOT / "constraints.txt", "--dest", wheels, own],
         cwd=work)  # fmt: skip
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    _run([python, *pip[1:], "install", "--no-index", "--find-links", wheels, "xtalker"], cwd=work)
    _run([python, "-m", "xtalker", "demo", "-o", "demo.mp4", "--quiet"], cwd=work, cache=cache)
    seconds = time.perf_counter() - started
    transferred = asset_transfers_mb(cache)
    return {
        "wheel_mb": own_mb, "packages_mb": mb(wheels), "assets_transferred_mb": transferred,
        "assets_kept_mb": mb(cache / "assets"),
        "default_download_mb": round(mb(wheels) + transferred, 1),
        "default_disk_mb": round(on_disk_mb(environment) + on_disk_mb(cache), 1),
        "demo_setup_to_film_s": round(seconds, 1), "film_mb": mb(work / "demo.mp4"),
        "torch_in_default": (environment / "lib").exists() and any(environment.glob("lib/*/site-packages/torch")),
    }  # fmt: skip


def asset_transfers_mb(cache: Path) -> float:
    """What came over the line for the models in a cache: whole wheels, of which only a member is kept."""
    from xtalker.assets.catalogue import CATALOGUE, WheelMembers

    wheels = {}
    for name, asset in CATALOGUE.items():
        if (cache / "assets" / name).is_dir():
            for source in asset.sources:
                if isinstance(source, WheelMembers):
                    wheels |= {part.requirement: part.wheel_bytes for part in source.parts}
    return round(sum(wheels.values()) / 1e6, 1)


def talk(place: Path, python: Path) -> Figures:
    """From the start of a process to motion on the disk: ten seconds of speech that were not heard before."""
    cache = place / "cache" if (place / "cache").exists() else None
    seconds = []
    for number in range(TALKS + 1):  # the first one compiles and fills the system's file cache
        speech = place / f"speech_{number}.wav"
        _write_wav(speech, 1 - 0.01 * number)
        started = time.perf_counter()
        _run([python, "-m", "xtalker", "talk", speech, "-o", place / "motion.npz", "--quiet"], cache=cache)
        seconds.append(time.perf_counter() - started)
    return {"talk_10s_first_s": round(seconds[0], 2), "talk_10s_motion_s": round(min(seconds[1:]), 2)}


def _write_wav(path: Path, gain: float) -> None:
    """The demo speech at another loudness: features are cached by content."""
    import numpy as np

    samples = demo_sound().samples * gain
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())


def _run(command: list[Any], *, cwd: Path | None = None, cache: Path | None = None) -> None:
    # The sources on the path of this process would stand for an installation.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables |= {} if cache is None else {"XTALKER_CACHE": str(cache)}
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=cwd, env=variables)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip()]
        raise RuntimeError(f"{command[:4]} ended with {done.returncode}: {told[-1] if told else 'no reason given'}")


def mb(path: Path) -> float:
    """Of a file, or of all files of a folder."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return round(sum(each.stat().st_size for each in files) / 1e6, 1)


def on_disk_mb(path: Path) -> float:
    """What a folder occupies, in blocks of the disk; links are not followed, hard links count once."""
    seen: dict[tuple[int, int], int] = {}
    for each in path.rglob("*"):
        found = each.lstat()
        seen[found.st_dev, found.st_ino] = found.st_blocks * 512
    return round(sum(seen.values()) / 1e6, 1)


if __name__ == "__main__":
    sys.exit(main())
