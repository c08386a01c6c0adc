"""Seconds, frames a second and megabytes, each measured warm: after one run that is not counted."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from xtalker.assets import fetch
from xtalker.generator import Generator
from xtalker.head.open_head import OpenHead
from xtalker.performance import read_portrait
from xtalker.performance.filming import frames
from xtalker.performance.shot import Shot
from xtalker.speech import load_audio, load_encoder
from xtalker.values import Audio, Identity, Motion, SpeechFeatures, XtalkerError
from xtalker.values.conventions import FRAME_RATE_HZ, NUM_SHAPE, SAMPLE_RATE_HZ

NUM_FRAMES: Final = 250
REPEATS: Final = 5
RENDERED_FRAMES: Final = 50
MEASURED_RUN: Final = Path(__file__).with_name("measured_run.py")

Figures = dict[str, Any]


def measure_speed(generator: Generator | None, *, long: bool) -> tuple[Figures, dict[str, str]]:
    """Figures, and for those that could not be had the reason."""
    parts: list[tuple[tuple[str, ...], Callable[[], Figures]]] = [
        (("head_250_frames_s", "head_torch_numba_max_m"), head_figures),
        (("whisper_frames_per_s",), whisper_figures),
        (("generator_frames_per_s",), lambda: generator_figures(generator)),
        (("render_frames_per_s",), render_figures),
        (("portrait_residual_percent", "portrait_fit_s"), portrait_figures),
        (("talk_10s_wall_s", "talk_10s_peak_mb"), lambda: talk_figures(10, "talk_10s", warm=True)),
    ]
    long_names = ("talk_10min_wall_s", "talk_10min_peak_mb")
    if long:
        parts.append((long_names, lambda: talk_figures(600, "talk_10min", warm=False)))
    figures: Figures = {}
    reasons: dict[str, str] = {} if long else dict.fromkeys(long_names, "measured only with --long")
    for names, measure in parts:
        try:
            figures |= measure()
        except (XtalkerError, RuntimeError) as why:
            reasons |= dict.fromkeys(names, str(why))
    return dict.fromkeys((*(n for names, _ in parts for n in names), *long_names)) | figures, reasons


def head_figures() -> Figures:
    """Vertices of 250 frames, and how far the differentiable layer is from them."""
    import torch

    from xtalker.networks.head_layers import layer_of

    head, random = OpenHead(), np.random.default_rng(0)
    identity = Identity(random.normal(0, 1, NUM_SHAPE).astype(np.float32))
    motion = lively_motion(random, NUM_FRAMES)
    seconds = median_s(lambda: head.vertices(identity, motion))
    columns = [getattr(motion, name)[:32] for name in ("expression", "jaw", "head", "gaze")]
    with torch.inference_mode():
        shape = np.tile(identity.shape, (32, 1))
        twin = layer_of(head)(*(torch.from_numpy(a) for a in (shape, *columns))).numpy()
    away = np.abs(head.vertices(identity, motion[:32]) - twin).max()
    return {"head_250_frames_s": seconds, "head_torch_numba_max_m": float(away)}


def whisper_figures() -> Figures:
    """Speech features of 10 s, no cache."""
    encoder, audio = load_encoder("whisper-base"), speech(10)
    return {"whisper_frames_per_s": audio.num_frames / median_s(lambda: encoder.encode(audio))}


def generator_figures(generator: Generator | None) -> Figures:
    """Motion of 250 frames with the default sampler."""
    if generator is None:
        raise RuntimeError("no generator weights")
    random = np.random.default_rng(0)
    channels = generator.network.config.speech_channels
    linguistic = random.normal(0, 1, (NUM_FRAMES, channels)).astype(np.float32)
    features = SpeechFeatures(linguistic, np.full(NUM_FRAMES, 0.1, np.float32), generator.encoder)
    return {"generator_frames_per_s": NUM_FRAMES / median_s(lambda: generator.generate(features, seed=0))}


def render_figures() -> Figures:
    """Pictures in the default look and size, vertices included, encoding not."""
    head, motion = OpenHead(), lively_motion(np.random.default_rng(0), RENDERED_FRAMES + 1)
    pictures = frames(head, Identity(), motion, Shot())
    next(pictures)  # compiles, and computes what belongs to the shape
    started = time.perf_counter()
    count = sum(1 for _ in islice(pictures, RENDERED_FRAMES))
    return {"render_frames_per_s": count / (time.perf_counter() - started)}


def portrait_figures() -> Figures:
    """Fit of the demo portrait."""
    path = fetch("portrait-astronaut")
    fit = read_portrait(path)
    return {
        "portrait_residual_percent": fit.residual_percent,
        "portrait_fit_s": median_s(lambda: read_portrait(path), repeats=3),
    }


def talk_figures(duration_s: int, name: str, *, warm: bool) -> Figures:
    """`xtalker talk` in a fresh process: speech of this length and the demo portrait to a video.

    The warm-up has other speech, so that the measured run takes nothing from the cache of speech features.
    """
    with tempfile.TemporaryDirectory(prefix="xtalker-benchmark-") as folder:
        if warm:
            _talk(write_wav(speech(2), Path(folder) / "warm.wav"))
        run = _talk(write_wav(speech(duration_s, gain=fresh_gain()), Path(folder) / "speech.wav"))
    return {f"{name}_wall_s": run["wall_s"], f"{name}_peak_mb": run["peak_mb"]}


def fresh_gain() -> float:
    """A loudness that no earlier run had, so that its features cannot be in the cache."""
    return 0.8 + 0.1 * (time.time_ns() % 1_000_003) / 1_000_003


def _talk(sound: Path) -> dict[str, float]:
    command = [
        sys.executable, str(MEASURED_RUN), sys.executable, "-m", "xtalker.cli.main", "talk", str(sound),
        "--portrait", str(fetch("portrait-astronaut")), "-o", str(sound.with_suffix(".mp4")), "--quiet",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(f"xtalker talk ended with code {done.returncode}: {said[-1] if said else 'nothing said'}")
    return dict(json.loads(done.stdout))


def speech(duration_s: int, *, gain: float = 1.0) -> Audio:
    """The demo speech, cut or repeated to a length."""
    samples = load_audio(fetch("demo-speech")).samples
    return Audio(gain * np.resize(samples, duration_s * SAMPLE_RATE_HZ), "demo speech")


def write_wav(audio: Audio, path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.rint(np.clip(audio.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def lively_motion(random: np.random.Generator, num_frames: int) -> Motion:
    """Smooth, plausible movement of all channels."""
    time_s = np.arange(num_frames)[:, None] / FRAME_RATE_HZ
    columns = [(50, 0.3), (3, 0.1), (3, 0.1), (2, 0.1)]
    waves = [size * np.abs(np.sin(time_s * random.uniform(1, 9, n) + random.uniform(0, 6, n))) for n, size in columns]
    return Motion(*(wave_.astype(np.float32) for wave_ in waves))


def median_s(work: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """Median wall time of some runs after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return float(np.median(times))
