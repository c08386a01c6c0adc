"""What raters answered: mean rank, Bradley-Terry strength with intervals, agreement."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from xtalker.evaluate.agreement import kendall_w, krippendorff_alpha
from xtalker.evaluate.study import KEY_SCHEMA, QUESTIONS
from xtalker.values import InputError
from xtalker.values.files import check_readable

ANSWERS_SCHEMA: Final = "xtalker-study-answers-1"
RESAMPLES: Final = 500
_MAX_BYTES: Final = 1 << 24
_PRIOR: Final = 0.1  # wins added to each side of each pair: whoever never lost would else be infinitely strong
_STEPS: Final = 100
_QUANTILES: Final = (0.025, 0.975)

Ranks = Float[np.ndarray, "ballots systems"]


@dataclass(frozen=True)
class Key:
    """Which hidden video is whose.

    Attributes:
        study: which study.
        systems: names, in the order of all arrays.
        videos: clip -> hidden file -> place of its system.
    """

    study: str
    systems: tuple[str, ...]
    videos: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Ballot:
    """One rater's ranks of one clip for one question; ties share their mean rank.

    Attributes:
        rater, clip, question: whose, of what.
        ranks: of each system, 1 is best.
    """

    rater: str
    clip: str
    question: str
    ranks: Float[np.ndarray, "systems"]


def read_key(path: Path) -> Key:
    """Read the key of a study.

    Raises:
        InputError: not a key.
    """
    data = _object(path, "key of a study", KEY_SCHEMA)
    try:
        systems = tuple(map(str, data["systems"]))
        videos = {
            str(clip): {str(file): systems.index(name) for name, file in entry["videos"].items()}
            for clip, entry in data["clips"].items()
        }
        if len(systems) < 2 or any(len(set(files.values())) != len(systems) for files in videos.values()):
            raise ValueError("a clip without a video of every system")
        return Key(str(data["study"]), systems, videos)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise _wrong(path, "key of a study", repr(fault)) from fault


def read_answers(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Read the files that raters saved.

    Raises:
        InputError: a file that is none.
    """
    return [_object(path, "answers of a rater", ANSWERS_SCHEMA) | {"file": path.name} for path in paths]


def ballots(key: Key, answers: Sequence[Mapping[str, Any]]) -> list[Ballot]:
    """Every rank that was given.

    Raises:
        InputError: answers of another study, one rater's file twice, ranks that are none.
    """
    out: list[Ballot] = []
    seen: set[tuple[str, str]] = set()
    for each in answers:
        if each.get("study") != key.study:
            raise _wrong(Path(each["file"]), "answers of a rater", f"study {each.get('study')!r}, not {key.study!r}")
        who = (str(each.get("rater")), str(each.get("started")))
        if who in seen:
            raise _wrong(Path(each["file"]), "answers of a rater", f"the answers of {who[0]!r} a second time")
        seen.add(who)
        try:
            out += [b for answer in each["answers"] for b in _ballots(key, f"{who[0]} {who[1]}", answer)]
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise _wrong(Path(each["file"]), "answers of a rater", repr(fault)) from fault
    if not out:
        raise InputError(
            "no answers", received="files without a ranked clip", accepted="at least one", next_step="ask raters"
        )
    return out


def _ballots(key: Key, rater: str, answer: Mapping[str, Any]) -> list[Ballot]:
    places = key.videos[answer["clip"]]
    out = []
    for question in QUESTIONS:
        given = answer["ranks"][question]
        if set(given) != set(places):
            raise ValueError(f"{answer['clip']}: other videos than the key's")
        ranks = np.empty(len(places))
        for file, rank in given.items():
            if isinstance(rank, bool) or not isinstance(rank, int) or not 1 <= rank <= len(places):
                raise ValueError(f"{answer['clip']}: rank {rank!r}")
            ranks[places[file]] = rank
        out.append(Ballot(rater, answer["clip"], question, shared_ranks(ranks)))
    return out


def shared_ranks(ranks: Float[np.ndarray, "systems"]) -> Float[np.ndarray, "systems"]:
    """1 to n in the same order; equal ones share the mean of their places."""
    _, place, count = np.unique(ranks, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], np.float64)


def analyse(key: Key, answers: Sequence[Mapping[str, Any]], *, seed: int = 0) -> dict[str, Any]:
    """Mean rank, strength and agreement for each question and over all of them.

    Intervals are 95 %, by bootstrap over raters; with a single rater over clips, which then says nothing of others.
    """
    every = ballots(key, answers)
    raters = sorted({ballot.rater for ballot in every})
    questions = {question: [b for b in every if b.question == question] for question in QUESTIONS} | {"all": every}
    return {
        "schema": "xtalker-study-analysis-1", "study": key.study, "raters": len(raters),
        "trials": len({ballot.clip for ballot in every}),
        "intervals": "95 %, bootstrap over " + ("raters" if len(raters) > 1 else "the clips of one rater"),
        "strength": "natural logarithm of Bradley-Terry odds, mean 0 over the systems; ties count half",
        "questions": {name: _question(key, mine, seed) for name, mine in questions.items()},
    }  # fmt: skip


def _question(key: Key, mine: Sequence[Ballot], seed: int) -> dict[str, Any]:
    ranks = np.stack([ballot.ranks for ballot in mine])
    groups = _groups(mine)
    mean, mean_95 = _with_interval(lambda rows: rows.mean(axis=0), ranks, groups, seed)
    strength, strength_95 = _with_interval(bradley_terry, ranks, groups, seed)
    systems = {
        name: {
            "mean_rank": float(mean[i]), "mean_rank_95": mean_95[i].tolist(),
            "bradley_terry": float(strength[i]), "bradley_terry_95": strength_95[i].tolist(),
        }
        for i, name in enumerate(key.systems)
    }  # fmt: skip
    agreement = _by_clip(mine)
    return {
        "ballots": len(mine), "systems": systems, "kendall_w": kendall_w(agreement),
        "krippendorff_alpha": krippendorff_alpha(agreement),
    }  # fmt: skip


def _groups(mine: Sequence[Ballot]) -> list[np.ndarray]:
    """Ballots that are drawn together: a rater's; a clip's where there is one rater."""
    by_rater = len({ballot.rater for ballot in mine}) > 1
    names = np.array([ballot.rater if by_rater else ballot.clip for ballot in mine])
    return [np.flatnonzero(names == name) for name in np.unique(names)]


def _with_interval(
    figure: Callable[[Ranks], Float[np.ndarray, "systems"]], ranks: Ranks, groups: Sequence[np.ndarray], seed: int
) -> tuple[Float[np.ndarray, "systems"], Float[np.ndarray, "systems 2"]]:
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = random.integers(len(groups), size=len(groups))
        drawn.append(figure(ranks[np.concatenate([groups[i] for i in chosen])]))
    return figure(ranks), np.quantile(np.stack(drawn), _QUANTILES, axis=0).T


def bradley_terry(ranks: Ranks) -> Float[np.ndarray, "systems"]:
    """Log strengths, mean 0, from all pairs within each ballot (Hunter 2004, the MM iteration); ties count half.

    A tenth of a win is added to both sides of each pair, so that strengths stay finite.
    """
    apart = ranks[:, None, :] - ranks[:, :, None]  # positive where the row's system stands before the column's
    wins = (apart > 0).sum(axis=0) + 0.5 * (apart == 0).sum(axis=0) + _PRIOR
    np.fill_diagonal(wins, 0)
    games, strength = wins + wins.T, np.ones(ranks.shape[1])
    for _ in range(_STEPS):
        pairs = games / (strength[:, None] + strength[None, :])
        strength = wins.sum(axis=1) / pairs.sum(axis=1)
        strength /= np.exp(np.log(strength).mean())
    return np.asarray(np.log(strength))


def _by_clip(mine: Sequence[Ballot]) -> list[Float[np.ndarray, "raters systems"]]:
    """For each clip (and question) the ranks of all its raters."""
    out: dict[tuple[str, str], list[np.ndarray]] = {}
    for ballot in mine:
        out.setdefault((ballot.clip, ballot.question), []).append(ballot.ranks)
    return [np.stack(rows) for rows in out.values()]


def _object(path: Path, kind: str, schema: str) -> dict[str, Any]:
    check_readable(path, kind=kind, accepted=f"a file of schema {schema} (.json)")
    if path.stat().st_size > _MAX_BYTES:
        raise _wrong(path, kind, f"{path.stat().st_size} bytes")
    try:
        data = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise _wrong(path, kind, "not JSON") from fault
    if not isinstance(data, dict) or data.get("schema") != schema:
        raise _wrong(path, kind, "another kind of file")
    return data


def _wrong(path: Path, kind: str, fault: str) -> InputError:
    return InputError(
        f"not the {kind}", received=f"{path} ({fault})", accepted=f"the {kind} as it was written",
        next_step="give the file again, unchanged",
    )  # fmt: skip
