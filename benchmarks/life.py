"""How much a head moves by itself: amplitudes, speed, standstill and the first blink over some minutes of speech.

    python benchmarks/life.py SOUND ... [--manner conversational] [--seeds 1] [--json]

Figures are of the whole performance: the generator's own head, the manner, nods, breath. True medians of people in
interviews: 2.1, 3.1 and 3.2 degrees of standard deviation in pitch, yaw and roll, 14 degrees a second.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

import numpy as np

from xtalker.performance import perform
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL, FRAME_RATE_HZ
from xtalker.values.direction import Direction

STILL_DEG_S: Final = 1.5


def figures(takes: list[Motion]) -> dict[str, float]:
    """Over all takes; spreads within takes."""
    angles = [np.degrees(take.head.astype(np.float64)) for take in takes]
    within = np.concatenate([a - a.mean(axis=0) for a in angles])
    speeds = [np.linalg.norm(np.diff(a, axis=0), axis=1) * FRAME_RATE_HZ for a in angles]
    return {
        "minutes": sum(map(len, angles)) / FRAME_RATE_HZ / 60,
        **dict(zip(("pitch_std_deg", "yaw_std_deg", "roll_std_deg"), map(float, within.std(axis=0)))),
        "median_speed_deg_s": float(np.median(np.concatenate(speeds))),
        "longest_stillness_s": max(_longest(speed < STILL_DEG_S) for speed in speeds) / FRAME_RATE_HZ,
        "brow_std": float(np.concatenate([t.expression[:, CHANNEL["browOuterUpLeft"]] for t in takes]).std()),
        "first_blink_s": float(np.mean([_first_blink_s(take) for take in takes])),
    }


def _longest(still: np.ndarray) -> int:
    ends = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(np.int8)))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _first_blink_s(take: Motion) -> float:
    shut = take.expression[:, CHANNEL["eyeBlinkLeft"]] > 0.5
    return float(np.argmax(shut) / FRAME_RATE_HZ) if shut.any() else float("nan")


def main() -> None:
    """Perform and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sounds", nargs="+", type=Path)
    parser.add_argument("--manner", default="conversational")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    takes = [
        perform(sound, direction=Direction(seed=seed, manner=args.manner)).motion
        for sound in args.sounds
        for seed in range(args.seeds)
    ]
    found = figures(takes)
    print(json.dumps(found, indent=2) if args.json else "\n".join(f"{k:22} {v:.2f}" for k, v in found.items()))


if __name__ == "__main__":
    main()
