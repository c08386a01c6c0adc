"""Expressions as a portrait's capture reads them: `python -m tools.emotion_captures FILE [--seed 1000] [--people 80]`.

Renders invented people with known emotions, reads the pictures as portraits, and keeps what was read. The fit of one
picture takes part of an expression for the shape of the face (a still smile and a wide mouth look alike), so what
arrives differs from what was shown; the motion encoder of the emotion space learns both. About ten seconds a person.
`tools/emotion_captures.npz` is one such file; `tools.build_emotion_space` reads it, so that the space can be built
again without rendering.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.capture.images import Portrait
from xtalker.capture.portrait import fit_portrait
from xtalker.emotion.blend import DEFAULT_STRENGTH
from xtalker.emotion.space import LABELS
from xtalker.emotion.templates import designed_templates
from xtalker.performance import parts
from xtalker.render import HeadRenderer
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES, NUM_EXPRESSION
from xtalker.values.files import whole_file
from xtalker.values.tracks import EMOTIONS, MAX_LEVEL

CAPTURES: Final = Path(__file__).with_name("emotion_captures.npz")
SIZE: Final = 288
EACH: Final = 2
IDENTITY_SD: Final = 0.7
LEVELS: Final = (0.6, MAX_LEVEL)
LEAN_SD, JITTER_SD = 0.15, 0.2
OPEN_SHARE, WIDEST_JAW_RAD = 0.35, 0.2
YAW_RAD, PITCH_RAD, ROLL_RAD = 0.26, 0.12, 0.1
_SIDE: Final = np.array([n.endswith("Left") * 1.0 - n.endswith("Right") * 1.0 for n in EXPRESSION_NAMES])
log = logging.getLogger("emotion_captures")


@dataclass(frozen=True)
class Captures:
    """What was read of faces whose emotion is known.

    Attributes:
        expression: channels, as `capture.portrait` gives them.
        shown: channels that were rendered.
        emotion: number in LABELS.
        level: 0 to 2; 0 for neutral.
        person: number of the invented person.
    """

    expression: Float[np.ndarray, "faces 50"]
    shown: Float[np.ndarray, "faces 50"]
    emotion: Int[np.ndarray, "faces"]
    level: Float[np.ndarray, "faces"]
    person: Int[np.ndarray, "faces"]

    @classmethod
    def load(cls, path: Path = CAPTURES) -> Captures:
        """From a file that `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            expression, shown, level = (file[name].astype(np.float32) for name in ("expression", "shown", "level"))
            return cls(expression, shown, file["emotion"].astype(int), level, file["person"].astype(int))

    def save(self, path: Path) -> None:
        """As a small file: half precision is finer than the fit is."""
        with whole_file(path) as part, part.open("wb") as handle:
            np.savez_compressed(
                handle, expression=self.expression.astype(np.float16), shown=self.shown.astype(np.float16),
                emotion=self.emotion.astype(np.uint8), level=self.level.astype(np.float16),
                person=self.person.astype(np.uint16),
            )  # fmt: skip


def capture_people(seed: int, people: int) -> Captures:
    """Captures of invented people, each with every emotion and neutral twice; person k is drawn from `seed + k`."""
    rows = [row for person in range(people) for row in _person(seed + person, person)]
    expression, shown, emotion, level, person_of = zip(*rows)
    floats = (np.stack(array).astype(np.float32) for array in (expression, shown))
    return Captures(*floats, np.array(emotion), np.array(level, np.float32), np.array(person_of))


def _person(seed: int, person: int) -> list[tuple[np.ndarray, np.ndarray, int, float, int]]:
    rng = np.random.default_rng(seed)
    head, identity = parts.open_head(), Identity(rng.normal(0, IDENTITY_SD, 100).astype(np.float32))
    renderer = HeadRenderer(head.topology, head.neutral(identity), width=SIZE, height=SIZE)
    rows = []
    for emotion, label in enumerate((*LABELS,) * EACH):
        level = float(rng.uniform(*LEVELS)) if label != "neutral" else 0.0
        motion = _motion(label, level, rng)
        camera = renderer.portrait_camera(yaw_rad=float(rng.uniform(-YAW_RAD, YAW_RAD)))
        picture = renderer.render(head.vertices(identity, motion)[0], camera).rgb
        try:
            fit = fit_portrait(Portrait(picture, "rendered"), head, *parts.face_models())
        except InputError:
            log.warning("person %d: no face in the picture of %s", person, label)
            continue
        rows.append((fit.reference.expression[0], motion.expression[0], emotion % len(LABELS), level, person))
    log.info("person %d: %d pictures", person, len(rows))
    return rows


def _motion(label: str, level: float, rng: np.random.Generator) -> Motion:
    """One frame: the template, leaning to a side, each channel a little off, some mouths open, the head turned."""
    motion = Motion.zeros(1)
    if label != "neutral":
        template = designed_templates().expression[EMOTIONS.index(label)]
        lean = np.maximum(1 + rng.normal(0, LEAN_SD) * _SIDE, 0)
        motion.expression[0] = DEFAULT_STRENGTH * level * template * lean
        motion.expression[0] *= np.exp(rng.normal(0, JITTER_SD, NUM_EXPRESSION))
    motion.expression[0] += np.abs(rng.normal(0, 0.05, NUM_EXPRESSION)) * (rng.random(NUM_EXPRESSION) < 0.15)
    if rng.random() < OPEN_SHARE:
        motion.jaw[0, 0] = rng.uniform(0, WIDEST_JAW_RAD)
        motion.expression[0, CHANNEL["jawOpenCorrective"]] = motion.jaw[0, 0] / parts.open_head().jaw_open_angle_rad
    np.clip(motion.expression, 0, 1, out=motion.expression)
    motion.head[0, 0], motion.head[0, 2] = rng.normal(0, PITCH_RAD / 2), rng.normal(0, ROLL_RAD / 2)
    return motion


def main() -> None:
    """Render, read, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--people", type=int, default=80)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    capture_people(asked.seed, asked.people).save(asked.file)


if __name__ == "__main__":
    main()
