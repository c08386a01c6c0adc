"""What carries over to people whom nobody trained on, with the project's plain ridge in every table.

    python benchmarks/generalise.py CLIPS [--weights] [--json]      # minutes; --weights adds the shipped generator

`left_out`: ten GRID speakers of CLIPS (`tools.prepare_grid`), each left out in turn; the ridge trunk of the generator
(`train.ridge`: people in units of their own, counted alike, closures from a probe) against a plain ridge on the same
data (raw targets, 4 frames on each side, weak penalty, people by the root of their frames). Neither holds chance, so
there are no seeds. `adapt`: seconds of each left-out person in closed form (`generator.adapt`), means over four draws
of the clips; changes against no adaptation. `people_test`: the shipped generator with and without its trunk on the two
test speakers, mean over four seeds. Opening is that of the inner lips, width that of the mouth's corners, hole the
width that holds 90 % of the opening; r per clip, then over clips, then over people; intervals are twice the standard
error of the paired difference over people.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.capture.fit import LIPS
from xtalker.generator.adapt import Example, adapted
from xtalker.generator.channels import DERIVED, JAW_PITCH
from xtalker.generator.ridge import RidgeFace
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import TrainingClip, read_clip
from xtalker.train.ridge import Hearing, Opening, Sums, bottoms, solve, sums_of
from xtalker.values import Identity, Motion, SpeechFeatures

SEEDS: Final = (0, 1, 2, 3)
PHASES: Final = 3
"""Contexts in which the trunk hears each clip; the plain ridge hears it alone."""
TEST: Final = ("s3", "s33")
SECONDS: Final = (3.0, 6.0, 9.0, 12.0, 21.0, 39.0)
ADAPT_JUDGED: Final = 12
FOUND_MM, STRICT_MM, OPEN_MM = 2.5, 1.0, 3.5
_PLAIN_CONTEXT, _PLAIN_PENALTY, _PLAIN_COMPONENTS = 4, 0.01, 160
_STEPS: Final = np.linspace(0, 1, 81)
Geometry = Float[np.ndarray, "frames 3"]
Guess = Callable[[TrainingClip], Motion]


class Lips:
    """Opening, width of the corners and width of the hole on the mean head, mm."""

    def __init__(self, head: OpenHead) -> None:
        self._opening = Opening(head)
        used = np.unique(np.r_[head.landmark_triangles[[61, 291]].ravel(), head.contact.upper, head.contact.lower])
        self._part = head.only(used)
        self._corners = np.searchsorted(used, head.landmark_triangles[[61, 291]])
        self._weights = head.landmark_weights[[61, 291]]
        self._upper, self._lower = (np.searchsorted(used, ids) for ids in (head.contact.upper, head.contact.lower))

    def __call__(self, motion: Motion) -> Geometry:
        """Of every frame."""
        vertices = 1e3 * self._part.vertices(Identity(), motion, canonical=True)
        corners = np.einsum("flkc,lk->flc", vertices[:, self._corners], self._weights)
        width = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
        hole = [_hole(frame[self._upper], frame[self._lower]) for frame in vertices]
        return np.stack([self._opening(motion), width, hole], axis=1)


def _hole(upper: np.ndarray, lower: np.ndarray) -> float:
    x = upper[0, 0] + _STEPS * (upper[-1, 0] - upper[0, 0])
    gap = np.interp(x, upper[:, 0], upper[:, 1]) - np.interp(x, lower[:, 0], lower[:, 1])
    total = np.cumsum(np.maximum(gap - 0.7, 0))
    if total[-1] < 3:
        return np.nan
    left, right = np.interp((0.05 * total[-1], 0.95 * total[-1]), total, x)
    return float(right - left)


@dataclass(frozen=True)
class Scores:
    """One person: r and amplitude of opening, width and hole, slope of truth on the guess, closures.

    Attributes:
        r, width_r, hole_r: mean over clips.
        amplitude, width_amplitude, hole_amplitude: spread within clips over that of the truth.
        slope, width_slope: of truth on guess within clips; 1 is right.
        closures, strict: share of the truth's closures where the guess is under 2.5, under 1 mm.
        false: share of the guess's closures where the truth stays over 3.5 mm.
    """

    r: float
    width_r: float
    hole_r: float
    amplitude: float
    width_amplitude: float
    hole_amplitude: float
    slope: float
    width_slope: float
    closures: float
    strict: float
    false: float


def scores(guesses: Sequence[Geometry], truths: Sequence[Geometry]) -> Scores:
    """Of one person's clips."""
    r, amplitude, slope = zip(*(_agreement([g[:, k] for g in guesses], [t[:, k] for t in truths]) for k in range(3)))
    hits = [g[max(0, at - 2) : at + 3, 0].min() for g, t in zip(guesses, truths) for at in bottoms(t[:, 0])]
    own = [t[max(0, at - 2) : at + 3, 0].min() for g, t in zip(guesses, truths) for at in bottoms(g[:, 0])]
    share = lambda values: float(np.mean(values)) if len(values) else float("nan")  # noqa: E731
    return Scores(
        *r, *amplitude, *slope[:2], share(np.array(hits) < FOUND_MM), share(np.array(hits) < STRICT_MM),
        share(np.array(own) > OPEN_MM),
    )  # fmt: skip


def _agreement(guesses: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Mean r over clips; spread and slope within clips. Frames where either is unknown are left out."""
    known = [np.isfinite(g) & np.isfinite(t) for g, t in zip(guesses, truths)]
    pairs = [(g[k] - g[k].mean(), t[k] - t[k].mean()) for g, t, k in zip(guesses, truths, known) if k.sum() > 10]
    spread = np.sqrt(np.mean(np.concatenate([t for _, t in pairs]) ** 2))
    rs = [g @ t / max(np.linalg.norm(g) * np.linalg.norm(t), 1e-9) for g, t in pairs if t.std() > 0.05 * spread]
    g, t = (np.concatenate(x) for x in zip(*pairs))
    return float(np.mean(rs)), float(g.std() / t.std()), float(g @ t / max(g @ g, 1e-9))


def trunk(face: RidgeFace, head: OpenHead) -> Guess:
    """The generator's trunk alone, with its closures."""

    def guess(clip: TrainingClip) -> Motion:
        made = face.guess(clip.linguistic[0])
        return _motion(made.blended(made.displacement, share=1.0), head)

    return guess


def _motion(displacement: Float[np.ndarray, "frames 58"], head: OpenHead) -> Motion:
    out = displacement.copy()
    out[:, DERIVED] = out[:, JAW_PITCH] / head.jaw_open_angle_rad
    return Motion.from_matrix(out.astype(np.float32))


@dataclass(frozen=True)
class Plain:
    """Sums of the plain ridge for one person."""

    heard: np.ndarray
    target: np.ndarray
    rows: float

    @classmethod
    def of(cls, clips: Sequence[TrainingClip], hearing: Hearing) -> Plain:
        """Weighted by the root of the person's frames."""
        heard = target = 0.0
        frames = 0
        for clip in clips:
            rows = _plain_rows(clip, hearing)
            heard, target = heard + rows.T @ rows, target + rows.T @ clip.motion.to_matrix()
            frames += len(rows)
        share = frames**-0.5
        return cls(share * heard, share * target, share * frames)


def _plain_rows(clip: TrainingClip, hearing: Hearing) -> Float[np.ndarray, "frames row"]:
    components = hearing.components[:, :_PLAIN_COMPONENTS]
    scores = (clip.linguistic[0].astype(np.float32) - hearing.mean) / hearing.std @ components
    padded = np.pad(scores, ((_PLAIN_CONTEXT, _PLAIN_CONTEXT), (0, 0)), mode="edge")
    parts = [padded[i : i + len(scores)] for i in range(2 * _PLAIN_CONTEXT + 1)]
    return np.concatenate([*parts, np.ones((len(scores), 1), np.float32)], axis=1)


def plain(people: Sequence[Plain], hearing: Hearing, head: OpenHead) -> Guess:
    """The project's plain ridge."""
    heard, target = sum(p.heard for p in people), sum(p.target for p in people)
    held = _PLAIN_PENALTY * sum(p.rows for p in people) * np.eye(len(heard))
    held[-1, -1] = 1e-6
    weights = np.linalg.solve(heard.astype(np.float64) + held, target)
    return lambda clip: _motion(_plain_rows(clip, hearing) @ weights, head)


def left_out(by_speaker: Mapping[str, Sequence[TrainingClip]], head: OpenHead) -> dict[str, object]:
    """Everybody in turn: the trunk and the plain ridge, means over people and paired differences."""
    lips, opening = Lips(head), Opening(head)
    hearing = Hearing.of([clip for clips in by_speaker.values() for clip in clips])
    basis = opening.basis(head.jaw_open_angle_rad)
    sums = {name: sums_of(clips, hearing, opening, phases=PHASES) for name, clips in by_speaker.items()}
    plains = {name: Plain.of(clips, hearing) for name, clips in by_speaker.items()}
    rows: dict[str, list[Scores]] = {"trunk": [], "plain_ridge": []}
    for name, clips in by_speaker.items():
        others: list[Sums] = [s for other, s in sums.items() if other != name]
        face = solve(others, hearing, basis, encoder=clips[0].encoder)
        ways = {
            "trunk": trunk(face, head),
            "plain_ridge": plain([p for other, p in plains.items() if other != name], hearing, head),
        }
        truths = [lips(clip.motion) for clip in clips]
        for way, guess in ways.items():
            rows[way].append(scores([lips(guess(clip)) for clip in clips], truths))
    out: dict[str, object] = {way: _mean(found) for way, found in rows.items()}
    ours, theirs = (np.array([list(asdict(s).values()) for s in rows[way]]) for way in rows)
    for k, field in enumerate(asdict(rows["trunk"][0])):
        difference = ours[:, k] - theirs[:, k]
        out[f"{field}_minus_ridge"] = float(difference.mean())
        out[f"{field}_interval"] = float(2 * difference.std(ddof=1) / np.sqrt(len(difference)))
    return out | {"people": len(by_speaker)}


def _mean(found: Sequence[Scores]) -> dict[str, float]:
    names = asdict(found[0])
    return {name: float(np.nanmean([getattr(s, name) for s in found])) for name in names}


def adapt(by_speaker: Mapping[str, Sequence[TrainingClip]], head: OpenHead) -> dict[str, object]:
    """Seconds of a left-out person against r, width r and the worst lip point of their other clips; means of people."""
    lips, opening, points = Lips(head), Opening(head), _LipPoints(head)
    hearing = Hearing.of([clip for clips in by_speaker.values() for clip in clips])
    basis = opening.basis(head.jaw_open_angle_rad)
    sums = {name: sums_of(clips, hearing, opening) for name, clips in by_speaker.items()}
    found: dict[float, list[np.ndarray]] = {seconds: [] for seconds in SECONDS}
    for name, clips in by_speaker.items():
        face = solve([s for other, s in sums.items() if other != name], hearing, basis, encoder=clips[0].encoder)
        for seconds in SECONDS:
            rows = [_adapted_minus_generic(face, clips, seconds, seed, lips, points, head) for seed in SEEDS]
            if rows[0] is not None:
                found[seconds].append(np.mean([row for row in rows if row is not None], axis=0))
    out: dict[str, object] = {}
    for seconds, people in found.items():
        mean, worst = np.mean(people, axis=0), np.min(people, axis=0)
        out[f"{seconds:g} s"] = {
            "people": float(len(people)), "r": float(mean[0]), "width_r": float(mean[1]),
            "worst_lip_mm": float(mean[2]), "worst_person_r": float(worst[0]),
        }  # fmt: skip
    return out


def _adapted_minus_generic(
    face: RidgeFace, clips: Sequence[TrainingClip], seconds: float, seed: int, lips: Lips, points: _LipPoints,
    head: OpenHead,
) -> np.ndarray | None:  # fmt: skip
    """Change of r, width r and the mean worst lip point; None when the person has too little."""
    order = [clips[i] for i in np.random.default_rng(seed).permutation(len(clips))]
    count = round(seconds / 3)  # GRID's clips last three seconds
    judged = order[count:][:ADAPT_JUDGED]
    if len(judged) < 4:
        return None
    examples = [Example(c.linguistic[0].astype(np.float32), c.motion.to_matrix()) for c in order[:count]]
    rows = []
    for one in (face, adapted(face, examples)):
        made = [trunk(one, head)(clip) for clip in judged]
        score = scores([lips(m) for m in made], [lips(clip.motion) for clip in judged])
        rows.append((score.r, score.width_r, np.mean([points.worst(m, c.motion) for m, c in zip(made, judged)])))
    return np.subtract(rows[1], rows[0])


class _LipPoints:
    """The worst lip landmark of each frame, mm on the mean head."""

    def __init__(self, head: OpenHead) -> None:
        used = np.unique(head.landmark_triangles[list(LIPS)])
        self._part = head.only(used)
        self._corners = np.searchsorted(used, head.landmark_triangles[list(LIPS)])
        self._weights = head.landmark_weights[list(LIPS)]

    def worst(self, one: Motion, other: Motion) -> float:
        """Mean over frames."""
        apart = self._part.vertices(Identity(), one, canonical=True)
        apart = apart - self._part.vertices(Identity(), other, canonical=True)
        points = np.einsum("flkc,lk->flc", apart[:, self._corners], self._weights)
        return float(1e3 * np.linalg.norm(points, axis=-1).max(axis=1).mean())


def people_test(by_speaker: Mapping[str, Sequence[TrainingClip]], head: OpenHead) -> dict[str, object]:
    """The shipped generator, with and without its trunk, on the test speakers; the mean and the worst seed."""
    from dataclasses import replace

    from xtalker.performance import parts

    whole = parts.generator()
    assert whole.trunk is not None, "the shipped generator has its trunk"
    lips, learnt = Lips(head), {name: clips for name, clips in by_speaker.items() if name not in TEST}
    hearing = Hearing.of([clip for clips in learnt.values() for clip in clips])
    certain = {
        "trunk_alone": trunk(whole.trunk, head),
        "plain_ridge": plain([Plain.of(clips, hearing) for clips in learnt.values()], hearing, head),
    }
    truths = {name: [lips(clip.motion) for clip in by_speaker[name]] for name in TEST}
    made = lambda guess: [  # noqa: E731
        scores([lips(guess(clip)) for clip in by_speaker[name]], truths[name]) for name in TEST
    ]
    out: dict[str, object] = {label: _mean(made(guess)) for label, guess in certain.items()}
    for label, generator in {"shipped": whole, "network_alone": replace(whole, trunk=None)}.items():
        seeds = [
            _mean(made(lambda clip, g=generator, s=seed: g.generate(_features(clip), seed=s)))  # type: ignore[misc]
            for seed in SEEDS
        ]
        mean = {key: float(np.mean([s[key] for s in seeds])) for key in seeds[0]}
        out[label] = mean | {"worst_seed_strict": min(s["strict"] for s in seeds)}
    return out


def _features(clip: TrainingClip) -> SpeechFeatures:
    return SpeechFeatures(clip.linguistic[0].astype(np.float32), clip.amplitude, clip.encoder)


def main() -> None:
    """Read, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--weights", action="store_true", help="measure the shipped generator on the test speakers too")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    by_speaker: defaultdict[str, list[TrainingClip]] = defaultdict(list)
    for path in sorted(args.clips.glob("s*.npz")):
        clip = read_clip(path)
        if clip.speaker in TEST or clip.split == "train":
            by_speaker[clip.speaker].append(clip)
    head = OpenHead()
    found: dict[str, object] = {"left_out": left_out(by_speaker, head), "adapt": adapt(by_speaker, head)}
    if args.weights:
        found["people_test"] = people_test(by_speaker, head)
    print(json.dumps(found, indent=2) if args.json else _text(found))


def _text(found: Mapping[str, object], indent: str = "") -> str:
    lines = []
    for key, value in found.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{key}", _text(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key:24} {value:.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
