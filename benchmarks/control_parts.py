"""The figures of `benchmarks/control.py`, one function for each promise."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from benchmarks.clips import evaluation_clips, hear
from xtalker.assets import fetch
from xtalker.direction.head_track import compose_head, head_track
from xtalker.emotion.templates import load_templates
from xtalker.metrics.closure_recall import closure_recall
from xtalker.metrics.lip_opening import lip_opening
from xtalker.performance import NATURAL, parts
from xtalker.performance.directing import follow, plan_tracks
from xtalker.performance.wishes import Sound
from xtalker.speech import extract_features, load_audio
from xtalker.values import Audio, Identity, Motion
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.direction import BlinkWish, Direction, EmotionKey, EmotionWish, GazeWish, HeadWish, Move
from xtalker.values.tracks import EMOTIONS, LEVELS, HeadTrack, Tracks

CLOSED_MM: Final = 1.0
FIRMLY_CLOSED_MM: Final = 0.8
GRID_CLIPS: Final = 40
SEEDS: Final = 5
CAMERA_WITHIN_RAD: Final = np.radians(2.5)
_TIMED: Final = 7


def measure_control() -> dict[str, Any]:
    """Everything but the doors."""
    return {
        "intensity": intensity(), "transitions": transitions(), "independence": independence(),
        "life": life(), "head": head(), "cost": cost(),
    }  # fmt: skip


def doors() -> dict[str, Any]:
    """Retrieval through the text and image doors."""
    from benchmarks.emotion_doors import measure

    return {"doors": measure()}


@cache
def demo_sound() -> Sound:
    """The demo speech."""
    audio = load_audio(fetch("demo-speech"))
    return Sound(audio, lambda: extract_features(audio, parts.speech_encoder()))


@cache
def minute_sound() -> Sound:
    """A minute: the demo speech over and over."""
    samples = load_audio(fetch("demo-speech")).samples
    audio = Audio(np.resize(samples, 60 * 16_000), source="a minute of the demo speech")
    return Sound(audio, lambda: extract_features(audio, parts.speech_encoder()))


@cache
def generated(seed: int) -> Motion:
    """The generator's own motion for the demo speech."""
    return parts.generator().generate(demo_sound().features, seed=seed)


def held(emotion: str, level: float) -> Direction:
    """One emotion for the whole clip, nothing else."""
    key = EmotionKey(0.0, (EmotionWish("is", emotion, level),))
    return replace(NATURAL, emotion=(key,), breathe_with_voice=0.0)


def directed(direction: Direction, seed: int = 0, sound: Sound | None = None) -> tuple[Motion, Tracks]:
    """The demo speech under a direction."""
    sound = sound or demo_sound()
    motion = generated(seed) if sound is demo_sound() else Motion.zeros(sound.rhythm.num_frames)
    return follow(motion, plan_tracks(direction, sound), direction, sound, parts.open_head(), Identity())


def intensity() -> dict[str, Any]:
    """Whether more is more, and is the emotion that was asked for."""
    templates = load_templates().expression
    rank, cosine = {}, {}
    asked = (0.0, 0.25, 0.5, 0.75, *LEVELS)
    for row, emotion in enumerate(EMOTIONS):
        unit = templates[row] / np.linalg.norm(templates[row])
        shown = []
        for level in asked:
            change = directed(held(emotion, level))[0].expression - generated(0).expression
            shown.append(float(change.mean(axis=0) @ unit))
            if level == 1.0:
                mean = change.mean(axis=0)
                cosine[emotion] = float(mean @ unit / np.linalg.norm(mean))
        rank[emotion] = float(spearmanr(asked, shown).statistic)
    return {
        "spearman_worst": min(rank.values()), "cosine_worst": min(cosine.values()),
        "spearman": rank, "cosine_at_level_1": cosine,
    }  # fmt: skip


def transitions() -> dict[str, Any]:
    """Steps of the expression from frame to frame with five emotions in one clip, against the same clip without."""
    keys = tuple(
        EmotionKey(at, (EmotionWish("is", name, 1.0),)) for at, name in zip((0.5, 2.5, 4.5, 6.5, 8.5), EMOTIONS[::-1])
    )
    plain = generated(0).expression
    moved = directed(replace(NATURAL, emotion=keys, breathe_with_voice=0.0))[0].expression
    limit = float(np.quantile(_steps(plain), 0.99))
    return {
        "natural_p99": limit, "largest_added_step": float(_steps(moved - plain).max()),
        "share_above_p99": float((_steps(moved) > limit).mean()),
        "share_above_p99_without": float((_steps(plain) > limit).mean()),
    }  # fmt: skip


def _steps(expression: Float[np.ndarray, "frames 50"]) -> Float[np.ndarray, "steps"]:
    return np.linalg.norm(np.diff(expression, axis=0), axis=1)


def opening_mm(motion: Motion) -> Float[np.ndarray, "frames"]:
    """Lip opening above the closed neutral."""
    head_model = parts.open_head()
    both = Motion.concatenate([Motion.zeros(1), motion])
    gap = lip_opening(head_model.landmarks(Identity(), both, canonical=True))
    return gap[1:] - gap[0]


def independence() -> dict[str, Any]:
    """What emotions at level 1 and 2 do to the lips of the demo speech: closures kept, opening, bleed.

    The words are not needed: a closure is a run of speaking frames whose opening the generator keeps below 0.8 mm, and
    it is kept if the emotional clip still closes below 1 mm in it. Closures by words: `grid`, where the clips are.
    """
    out: dict[str, Any] = {"grid": closures_by_words()}
    for level in (1.0, 2.0):
        kept, alike, bleed, gap = {}, {}, {}, {}
        for emotion in EMOTIONS:
            pairs = [(opening_mm(generated(s)), opening_mm(directed(held(emotion, level), s)[0])) for s in range(SEEDS)]
            before, after = (np.concatenate(side) for side in zip(*pairs))
            runs = [run for a, _ in pairs for run in _closures(a)]
            closed = [after[i * len(pairs[0][0]) + run].min() < CLOSED_MM for i, (a, _) in enumerate(pairs)
                      for run in _closures(a)]  # fmt: skip
            kept[emotion] = float(np.mean(closed)) if runs else float("nan")
            alike[emotion] = float(np.corrcoef(before, after)[0, 1])
            shut = before < CLOSED_MM
            bleed[emotion] = float(np.abs(after - before)[shut].mean())
            gap[emotion] = float(np.abs(after - before).mean())
        out[f"level_{level:g}"] = {
            "closures": len(runs), "closure_recall_change_worst": float(max(1 - v for v in kept.values())),
            "opening_r_worst": min(alike.values()), "bleed_mm_worst": max(bleed.values()),
            "closure_recall": kept, "opening_r": alike, "bleed_mm": bleed, "opening_change_mm": gap,
        }  # fmt: skip
    return out


def closures_by_words() -> dict[str, Any] | None:
    """Recall of the closures of /p b m/ in GRID test clips, by the words; None without the clips."""
    data = Path(os.environ.get("XTALKER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not (data / "grid_s1" / "video").is_dir():
        return None
    clips = [clip for clip in evaluation_clips(data, "test", GRID_CLIPS, None) if clip.closures]
    plain: list[float] = []
    shown: dict[str, list[float]] = {f"{name}:{level:g}": [] for level in (1.0, 2.0) for name in EMOTIONS}
    for clip in clips:
        audio, features = load_audio(clip.video), hear(clip).features
        sound = Sound(audio, lambda: features)  # noqa: B023  called before the loop goes on
        motion = parts.generator().generate(features, seed=0)
        plain.append(closure_recall(opening_mm(motion), clip.closures))
        for key, recalls in shown.items():
            name, level = key.split(":")
            direction = held(name, float(level))
            moved, _ = follow(
                motion, plan_tracks(direction, sound), direction, sound, parts.open_head(), Identity()
            )  # fmt: skip
            recalls.append(closure_recall(opening_mm(moved), clip.closures))
    neutral, by_emotion = float(np.mean(plain)), {key: float(np.mean(values)) for key, values in shown.items()}
    worst = {
        f"level_{level}": max(abs(neutral - v) for k, v in by_emotion.items() if k.endswith(f":{level}"))
        for level in (1, 2)
    }
    return {"clips": len(clips), "closure_recall_neutral": neutral, "closure_recall_change_worst": worst,
            "closure_recall": by_emotion}  # fmt: skip


def _closures(opening: Float[np.ndarray, "frames"]) -> list[np.ndarray]:
    shut = (opening < FIRMLY_CLOSED_MM) & demo_sound().rhythm.speaking
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shut, [False]])))
    return [np.arange(a, b) for a, b in edges.reshape(-1, 2)]


def life() -> dict[str, Any]:
    """Blinks and gaze over a minute of speech, default direction."""
    rates, on_camera, full = [], [], []
    for seed in range(20):
        direction = Direction(seed=seed)
        motion, tracks = directed(direction, sound=minute_sound())
        assert tracks.eyes is not None
        shut = np.diff((tracks.eyes.closure >= 0.999).astype(int), prepend=0) == 1
        rates.append(shut.sum() / 60)
        full.append(motion.expression[tracks.eyes.closure >= 0.999][:, 8:10].min(initial=1.0))
        off = _angle_off_camera(motion)
        on_camera.append(float((off < CAMERA_WITHIN_RAD).mean()))
    off = directed(replace(Direction(), blink=BlinkWish(0.0)), sound=minute_sound())[1].eyes
    return {
        "blinks_per_s": float(np.mean(rates)), "blinks_per_s_range": [float(min(rates)), float(max(rates))],
        "closure_at_blink_least": float(min(full)), "blinks_at_rate_0": float(off.closure.max()),
        "gaze_on_camera": float(np.mean(on_camera)), "gaze_on_camera_least": float(min(on_camera)),
    }  # fmt: skip


def _angle_off_camera(motion: Motion) -> Float[np.ndarray, "frames"]:
    """Angle between the line of sight, head and eyes together, and the direction of the camera."""
    from xtalker.direction.gaze import eyes_in_head

    aim = eyes_in_head(np.zeros_like(motion.gaze), motion.head)[0]
    return np.linalg.norm(motion.gaze - aim, axis=1)


def head() -> dict[str, Any]:
    """Directed head: size, direction by vertices, and the natural motion left alone at gain 0."""
    rhythm, natural = demo_sound().rhythm, generated(0).head
    reached = {}
    for name, towards, axis, sign, size in (
        ("turn", "left", 1, 1, 30), ("turn", "right", 1, -1, 30), ("look", "up", 0, -1, 20), ("look", "down", 0, 1, 20),
        ("tilt", "left", 2, -1, 15), ("tilt", "right", 2, 1, 15), ("nod", "down", 0, 1, 10),
    ):  # fmt: skip
        track = head_track((Move(name, 1.0, 3.0, towards=towards),), rhythm)
        reached[f"{name} {towards}"] = float(np.degrees(sign * track.rotation[:, axis]).max() / size)
    left = head_track((Move("turn", 1.0, 3.0, towards="left"),), rhythm)
    turned = replace(Motion.zeros(rhythm.num_frames), head=left.rotation)
    nose = parts.open_head().landmarks(Identity(), turned)[:, 1]
    zero = head_track((Move("turn", 1.0, 3.0, towards="left"),), rhythm, amount=0.0)
    styles = {}
    for style in ("calm", "energetic TED talk", "shy", "nodding along"):
        _, tracks = directed(replace(NATURAL, head=(HeadWish(style=style),)))
        assert isinstance(tracks.head, HeadTrack)
        rotation = np.degrees(tracks.head.rotation)
        speed = np.abs(np.diff(rotation, axis=0)).max() * FRAME_RATE_HZ
        styles[style] = {"std_deg": rotation.std(axis=0).round(2).tolist(), "fastest_deg_s": round(float(speed), 1)}
    return {
        "reached_least": min(reached.values()), "reached": reached,
        "turn_left_moves_nose_mm": float(1e3 * (nose[:, 0].max() - nose[0, 0])),
        "gain_0_equals_natural": bool(np.array_equal(compose_head(natural, zero), natural)), "styles": styles,
    }  # fmt: skip


def cost() -> dict[str, Any]:
    """Time of direction beside that of features and generation, ten seconds of speech, medians of one run."""
    audio, encoder, head_model = demo_sound().audio, parts.speech_encoder(), parts.open_head()
    everything = Direction(
        emotion=tuple(EmotionKey(float(at), (EmotionWish("is", name, 1.2),)) for at, name in enumerate(EMOTIONS)),
        head=(HeadWish(style="energetic TED talk"),), gaze=GazeWish(), camera=(),
    )  # fmt: skip
    base, steered, spoken = [], [], []
    for _ in range(_TIMED):
        started = time.perf_counter()
        features = extract_features(audio, encoder, cache=False)
        motion = parts.generator().generate(features, seed=0)
        base.append(time.perf_counter() - started)
        for direction, times in ((replace(everything, breathe_with_voice=0.0), steered), (everything, spoken)):
            sound = Sound(audio, lambda: features)  # noqa: B023  called before the loop goes on
            started = time.perf_counter()
            follow(motion, plan_tracks(direction, sound), direction, sound, head_model, Identity())
            times.append(time.perf_counter() - started)
    whole = float(np.median(base))
    return {
        "features_and_generation_s": whole, "direction_s": float(np.median(steered)),
        "direction_with_emotion_of_voice_s": float(np.median(spoken)),
        "added_percent": 100 * float(np.median(steered)) / whole,
        "added_percent_with_emotion_of_voice": 100 * float(np.median(spoken)) / whole,
    }  # fmt: skip
