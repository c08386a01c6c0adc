"""How often the doors of the emotion space lead to the right emotion: `python benchmarks/emotion_doors.py`.

text_retrieval    133 written descriptions that built nothing, top-1 of the nearest anchor
image_retrieval   70 rendered faces of random people, read as portraits
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.capture.images import Portrait
from xtalker.capture.portrait import fit_portrait
from xtalker.emotion.blend import DEFAULT_STRENGTH
from xtalker.emotion.from_motion import point_from_motion
from xtalker.emotion.from_text import TextDoor, open_text_door
from xtalker.emotion.space import LABELS, load_space
from xtalker.emotion.templates import load_templates
from xtalker.performance import parts
from xtalker.render import HeadRenderer
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import EXPRESSION_NAMES
from xtalker.values.tracks import EMOTIONS

HELD_OUT = Path(__file__).parent / "descriptions" / "held_out.csv"
FACES_EACH, SIZE = 10, 384
IDENTITY_SD, YAW_SD_RAD, LEAN_SD = 0.7, 0.12, 0.15


def measure() -> dict[str, Any]:
    """Both, as `benchmarks/control.py` reports them; `text_top1` is None where the sentence encoder is not there."""
    text, image = text_retrieval(), image_retrieval()
    return {
        "text_top1": text.get("encoder_top1"), "text_top1_lexicon": text["lexicon_top1"], "image_top1": image["top1"],
        "text_count": text["descriptions"], "image_count": image["renders"],
        "text_each": text.get("encoder_each"), "text_each_lexicon": text["lexicon_each"], "image_each": image["each"],
    }  # fmt: skip


def text_retrieval() -> dict[str, object]:
    """Share of descriptions whose nearest label is the written one, with the sentence encoder and without."""
    with HELD_OUT.open(encoding="utf-8", newline="") as handle:
        rows = [(row["text"], row["emotion"]) for row in csv.DictReader(handle)]
    door = open_text_door()
    alone = TextDoor(door.space, door.lexicon, None, None)
    out: dict[str, object] = {"descriptions": len(rows)}
    for name, used in (("encoder", door), ("lexicon", alone)):
        if name == "encoder" and door.encoder is None:
            continue
        said = [_read(used, text) for text, _ in rows]
        out[f"{name}_top1"] = _share([s == truth for s, (_, truth) in zip(said, rows)])
        of_seven = [(s, t) for s, (_, t) in zip(said, rows) if t != "neutral"]
        out[f"{name}_top1_of_seven"] = _share([s == t for s, t in of_seven])
        out[f"{name}_each"] = {
            label: _share([s == t for s, (_, t) in zip(said, rows) if t == label]) for label in LABELS
        }
        out[f"{name}_refused"] = said.count("")
    return out


def _read(door: TextDoor, text: str) -> str:
    """The nearest label; empty where the door refuses the text, which counts as wrong."""
    try:
        return LABELS[int(door.read(text)[0].argmax())]
    except InputError:
        return ""


def image_retrieval(seed: int = 77) -> dict[str, object]:
    """Share of rendered faces, read as portraits, whose nearest anchor is the emotion that was rendered."""
    rng = np.random.default_rng(seed)
    space = load_space()
    right: dict[str, list[bool]] = {emotion: [] for emotion in EMOTIONS}
    for _ in range(FACES_EACH):
        identity = Identity(rng.normal(0, IDENTITY_SD, 100).astype(np.float32))
        for emotion in EMOTIONS:
            picture = _picture(identity, _face(emotion, rng), float(rng.normal(0, YAW_SD_RAD)))
            try:
                fit = fit_portrait(picture, parts.open_head(), *parts.face_models())
            except InputError:
                right[emotion].append(False)
                continue
            point = point_from_motion(fit.reference.expression, space)
            right[emotion].append(LABELS[int(np.argmax(space.anchors @ point.vector))] == emotion)
    return {
        "renders": sum(map(len, right.values())), "top1": _share([r for rows in right.values() for r in rows]),
        "each": {emotion: _share(rows) for emotion, rows in right.items()},
    }  # fmt: skip


def _face(emotion: str, rng: np.random.Generator) -> Float[np.ndarray, "50"]:
    """The template at a level of 1 to 2, leaning to one side, each channel a little off."""
    side = np.array([n.endswith("Left") * 1.0 - n.endswith("Right") * 1.0 for n in EXPRESSION_NAMES])
    template = load_templates().expression[EMOTIONS.index(emotion)]
    level = rng.uniform(1, 2)
    face = DEFAULT_STRENGTH * level * template * (1 + rng.normal(0, LEAN_SD) * side)
    return np.clip(face * np.exp(rng.normal(0, 0.15, len(face))), 0, 1)


def _picture(identity: Identity, face: Float[np.ndarray, "50"], yaw_rad: float) -> Portrait:
    head = parts.open_head()
    renderer = HeadRenderer(head.topology, head.neutral(identity), width=SIZE, height=SIZE)
    motion = Motion.zeros(1)
    motion.expression[0] = face
    rgb: UInt8[np.ndarray, "height width 3"] = renderer.render(
        head.vertices(identity, motion)[0], renderer.portrait_camera(yaw_rad=yaw_rad)
    ).rgb
    return Portrait(rgb, "rendered")


def _share(right: list[bool]) -> float:
    return round(float(np.mean(right)), 4) if right else 0.0


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
