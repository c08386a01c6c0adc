"""Speed, the first frame of a stream, and long speech."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from benchmarks.baselines import Predictor
from benchmarks.clips import Heard, SpokenClip
from benchmarks.scores import Mouth, matched
from benchmarks.speed import MEASURED_RUN, fresh_gain, median_s, speech, write_wav
from benchmarks.throughput import run_command
from xtalker.evaluate.clips import NUM_BANDS
from xtalker.evaluate.scores import Part
from xtalker.generator import Generator
from xtalker.generator.windows import WindowPlan
from xtalker.head.open_head import OpenHead
from xtalker.metrics import lip_opening_r, seam_error, stream_gap
from xtalker.performance.live import MODES, QUALITY, LiveMode, perform_live
from xtalker.speech import extract_features, load_audio, load_encoder
from xtalker.values import AssetError, Audio, Identity, Motion, SpeechFeatures
from xtalker.values.conventions import SAMPLES_PER_FRAME

ROOT: Final = Path(__file__).resolve().parents[1]
SPEED_S, STREAM_S, SEAM_S = 30, 8, 600
STARTS: Final = 5
LENGTHS_S: Final = (60, 1800)
_EVERY_VERTEX: Final = 10
_ODD_PIECES: Final = (123, 4567, 640, 9999, 1)


def speed(generator: Generator, baselines: dict[str, Predictor]) -> dict[str, Any]:
    """Frames a second on this machine: features without cache, generation with the default sampler, both."""
    encoder, audio = load_encoder("whisper-base"), speech(SPEED_S)
    features = extract_features(audio, encoder, cache=False)
    heard = Heard(features, np.zeros((features.num_frames, NUM_BANDS), np.float32))
    listening_s = median_s(lambda: extract_features(audio, encoder, cache=False), repeats=3)

    def rates(generation_s: float) -> dict[str, float]:
        return {
            "features_and_generation_fps": audio.num_frames / (listening_s + generation_s),
            "generation_fps": audio.num_frames / generation_s,
        }

    ours = rates(median_s(lambda: generator.generate(features, seed=0), repeats=3))
    ridges = {name: play for name, play in baselines.items() if name.startswith("whisper_ridge")}
    return {
        **ours, "features_fps": audio.num_frames / listening_s, "seconds_of_speech": SPEED_S,
        "baselines": {name: rates(median_s(lambda p=play: p(heard), repeats=3)) for name, play in ridges.items()},
    }  # fmt: skip


def stream(generator: Generator, clips: Sequence[SpokenClip], heard: Sequence[SpeechFeatures]) -> dict[str, Any]:
    """Every live mode: first frame, equality with its own offline run, lips on some clips beside offline quality."""
    mouth = Mouth(OpenHead())
    truth = [mouth.shape(clip.identity, clip.motion).opening_mm for clip in clips]

    def opening_r(play: Callable[[int], Motion]) -> float | None:
        made = [matched(play(i), clip.motion.num_frames) for i, clip in enumerate(clips)]
        shown = [mouth.shape(clip.identity, motion).opening_mm for clip, motion in zip(clips, made)]
        return float(np.mean([lip_opening_r(a, b) for a, b in zip(shown, truth)])) if clips else None

    out: dict[str, Any] = {
        "clips": len(clips), "modes": {}, "without": {}, "gap_mm": 0.0,
        "offline_lip_opening_r": opening_r(lambda i: generator.generate(heard[i], seed=0)),
    }  # fmt: skip
    for name, mode in ((name.replace("-", "_"), mode) for name, mode in MODES.items()):
        mine = generator if mode.encoder == QUALITY.encoder else None  # another encoder has a network of its own
        try:
            found: dict[str, Any] = {"gap_mm": gap_mm(mine, mode)}
        except AssetError as why:  # a mode whose weights are not there must not cost the figures of the others
            out["without"][name] = str(why)
            continue
        if mode.sound_before_first_frame_s < STREAM_S:
            found |= first_frame(mine, mode)
            out[f"{name}_first_frame_ms"] = found["first_frame_ms"]
        found["lip_opening_r"] = opening_r(lambda i, mine=mine, mode=mode: streamed(mine, mode, _sound(clips[i])))
        out["modes"][name] = found
        out["gap_mm"] = max(out["gap_mm"], found["gap_mm"])
    return out | opening_losses({name: found["lip_opening_r"] for name, found in out["modes"].items()})


def opening_losses(opening_r: dict[str, float | None]) -> dict[str, float]:
    """How much lower the correlation of each mode is than that of quality mode."""
    best = opening_r.get("quality")
    return {
        f"{name}_lip_opening_r_loss": best - r
        for name, r in opening_r.items()
        if name != "quality" and best is not None and r is not None
    }


def streamed(
    generator: Generator | None, mode: LiveMode, audio: Audio, pieces: Sequence[int] = (SAMPLES_PER_FRAME,)
) -> Motion:
    """The motion of a sound that arrives in pieces of these lengths, over and over; None is the mode's own network."""
    return Motion.concatenate(list(perform_live(_cut(audio.samples, pieces), mode=mode, seed=0, generator=generator)))


def gap_mm(generator: Generator | None, mode: LiveMode) -> float:
    """Largest distance between vertices of a streamed motion and of the same mode given the whole sound at once."""
    audio, head = speech(STREAM_S), OpenHead()
    whole, cut = (streamed(generator, mode, audio, pieces) for pieces in ((len(audio.samples),), _ODD_PIECES))
    return stream_gap(*(head.vertices(Identity(), motion) for motion in (cut, whole)))


def first_frame(generator: Generator | None, mode: LiveMode) -> dict[str, float]:
    """Sound that must have come, and the time from its last piece to the first frames: median of warm starts."""
    after, whole = zip(*(_start(generator, mode) for _ in range(STARTS + 1)))
    sound_ms, compute_ms = 1e3 * mode.sound_before_first_frame_s, 1e3 * float(np.median(after[1:]))
    return {
        "sound_ms": sound_ms, "compute_ms": compute_ms, "first_frame_ms": sound_ms + compute_ms,
        "all_compute_ms": 1e3 * float(np.median(whole[1:])),
    }  # fmt: skip


def _start(generator: Generator | None, mode: LiveMode) -> tuple[float, float]:
    """Seconds from the last piece that was needed, and from the first, to the first frames."""
    given: list[float] = []

    def sound() -> Iterator[Float[np.ndarray, "_"]]:
        for piece in _cut(speech(STREAM_S).samples, (SAMPLES_PER_FRAME,)):
            given.append(time.perf_counter())
            yield piece

    next(perform_live(sound(), mode=mode, seed=0, generator=generator))
    done = time.perf_counter()
    return done - given[-1], done - given[0]


def _cut(samples: Float[np.ndarray, "_"], lengths: Sequence[int]) -> Iterator[Float[np.ndarray, "_"]]:
    at = number = 0
    while at < len(samples):
        length = lengths[number % len(lengths)]
        yield samples[at : at + length]
        at, number = at + length, number + 1


def _sound(clip: SpokenClip) -> Audio:
    assert clip.video is not None, "clips of the test have their video"
    return load_audio(clip.video)


def long(generator: Generator, seconds: Sequence[int] = LENGTHS_S, seam_s: int = SEAM_S) -> dict[str, Any]:
    """Memory over length in processes of their own, of the iterator and of the command; and how windows join."""
    with tempfile.TemporaryDirectory(prefix="xtalker-long-") as folder:
        runs = {str(each): _length(each, Path(folder)) for each in seconds}
    first, last = (runs[str(each)] for each in (seconds[0], seconds[-1]))
    ratio = last["iterator_peak_mb"] / first["iterator_peak_mb"]
    return {
        "through": "iterator: perform_live(stream_audio(SPEECH), mode=FILE); talk: xtalker talk SPEECH -o MOTION.npz; "
        "shipped weights", "runs": runs,
        "memory_ratio_30min_1min": ratio if tuple(seconds) == LENGTHS_S else None, "memory_ratio": ratio,
        "talk_memory_ratio": last["talk_peak_mb"] / first["talk_peak_mb"], **seams(generator, seam_s),
    }  # fmt: skip


def _length(seconds: int, folder: Path) -> dict[str, float]:
    """Wall time and peak memory of speech of that length."""
    file = write_wav(speech(seconds, gain=fresh_gain()), folder / f"{seconds}.wav")
    talk = ["-m", "xtalker.cli.main", "talk", str(file), "-o", str(file.with_suffix(".npz")), "--quiet"]
    out: dict[str, float] = {"seconds": seconds}
    for kind, words in {"iterator": [str(ROOT / "benchmarks" / "stream_file.py"), str(file)], "talk": talk}.items():
        run = json.loads(run_command([sys.executable, str(MEASURED_RUN), sys.executable, *words]))
        out |= {f"{kind}_wall_s": run["wall_s"], f"{kind}_peak_mb": run["peak_mb"]}
    return out


def seams(generator: Generator, seconds: int) -> dict[str, Any]:
    """Motion across the borders of windows against motion elsewhere; beside it windows that know nothing of others."""
    features = extract_features(speech(seconds), load_encoder("whisper-base"), cache=False)
    core = generator.plan.core
    borders = np.arange(core, features.num_frames - 2, core)
    cold = replace(generator, plan=WindowPlan(core=core, before=0, ahead=generator.gate.ahead))
    return {
        "seam_error": joined(generator, features, borders), "seams": len(borders),
        "baselines": {"windows_without_memory": {"seam_error": joined(cold, features, borders)}},
    }  # fmt: skip


def joined(generator: Generator, features: SpeechFeatures, borders: Int[np.ndarray, "_"]) -> float:
    """Seam error over every tenth vertex."""
    head = OpenHead()
    part = Part(head, np.arange(0, head.topology.num_vertices, _EVERY_VERTEX))
    return seam_error(part.vertices(Identity(), generator.generate(features, seed=0)), borders)
