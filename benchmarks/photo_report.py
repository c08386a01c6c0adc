"""From results of single portraits to the figures of `benchmarks/photo.py`, and to the table of docs/photo.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

FRONTAL_DEG: Final = 30.0
LARGE_FACE_PX: Final = 700.0  # of the prepared photo: such portraits may take longer
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "rest": ("rest",), "closed_lips": ("m",), "open_vowels": ("aa", "eh"), "round_vowels": ("oo", "oh"),
    "smile": ("smile",), "yaw_10": ("yaw -10", "yaw +10"), "yaw_20": ("yaw -20", "yaw +20"),
    "yaw_30": ("yaw -30", "yaw +30"),
}  # fmt: skip
"""Figures of likeness, and the poses that each is the mean of."""

LIKENESS_GOALS: Final = {
    "rest": 0.99, "closed_lips": 0.98, "open_vowels": 0.93, "round_vowels": 0.88, "smile": 0.94, "yaw_10": 0.98,
    "yaw_20": 0.94, "yaw_30": 0.88,
}  # fmt: skip
SPECK_PX: Final = 2  # of a close-up of 512 x 512: less is no gap
_TENTH_BELOW: Final = 0.08
_GAZE_OK: Final = (8.0, 12.0)

Person = Mapping[str, Any]


def report(people: Sequence[Person], drawing: Mapping[str, Any]) -> dict[str, Any]:
    """All figures.

    Args:
        people: results of each portrait, as `photo.py` keeps them.
        drawing: memory and speed; empty where not measured.
    """
    stills = {p["name"]: p["still"] for p in people if "still" in p}
    films = {p["name"]: p["film"] for p in people if "film" in p}
    return {
        "schema": "xtalker-photo-1",
        "portraits": len(people),
        **_prepared(people, stills),
        "rest_psnr_db": spread([s["rest_psnr_db"] for s in stills.values()], 10),
        **_costs(stills),
        "lips": _lips(films),
        **_eyes(stills),
        "identity_cosine": likeness(stills),
        "holes": _holes(stills),
        "swim": _swim(stills),
        "sharpness": spread([f["sharpness"] for f in films.values()], 10),
        **_drawn(drawing),
        "worst": worst(stills, films),
    }


def spread(values: Iterable[float | None], tail: float) -> dict[str, float | None]:
    """Median and a tail percentile."""
    known = np.array([v for v in values if v is not None and np.isfinite(v)], float)
    key = f"p{tail:g}"
    if not known.size:
        return {"median": None, key: None}
    return {"median": _short(np.median(known)), key: _short(np.percentile(known, tail))}


def _short(value: float | np.floating[Any]) -> float:
    return float(f"{float(value):.5g}")


def _prepared(people: Sequence[Person], stills: Mapping[str, Person]) -> dict[str, Any]:
    """Unreadable faces count as frontal: nobody has said that they are not."""
    faults = [p for p in people if "still" not in p]
    frontal = [n for n, s in stills.items() if abs(s["yaw_deg"]) <= FRONTAL_DEG]
    asked = len(frontal) + len(faults)
    limited = {
        name: said
        for name, s in stills.items()
        if (said := [*s["notes"], *(["an eye does not move"] if not all(s["lids"]["moves"]) else [])])
    }
    return {
        "prepared_share": _short(len(frontal) / asked) if asked else None,
        "refused": [p["refused"] for p in faults if "refused" in p],
        "failed": [p["failed"] for p in faults if "failed" in p],
        "limited": limited,
    }


def _costs(stills: Mapping[str, Person]) -> dict[str, Any]:
    large = {name for name, s in stills.items() if s["face_px"] > LARGE_FACE_PX or name.startswith("large")}
    times = {name: s["prepare_cpu_s"] for name, s in stills.items()}
    return {
        "prepare_cpu_s": spread([t for n, t in times.items() if n not in large], 100),
        "prepare_cpu_s_large": spread([t for n, t in times.items() if n in large], 100),
        "avatar_mb": spread([s["avatar_mb"] for s in stills.values()], 100),
        "file_same": _share(s["file_same"] for s in stills.values()),
    }


def _share(truths: Iterable[bool]) -> float | None:
    return _short(np.mean(known)) if (known := list(truths)) else None


def _lips(films: Mapping[str, Person]) -> dict[str, Any]:
    shut = sum(f["frames_shut"] for f in films.values())
    good = sum(f["frames_shut"] * f["shut_share"] for f in films.values() if f["frames_shut"])
    return {
        "films": len(films),
        "lips_r": spread([f["r"] for f in films.values()], 10),
        "slope": spread([f["slope"] for f in films.values()], 10),
        "slope_range": [_short(pick(f["slope"] for f in films.values())) for pick in (min, max)] if films else None,
        "closed_where_asked": _short(good / shut) if shut else None,
        "closed_frames": shut,
        "opening_where_closed": spread([f["shut_opening"] for f in films.values()], 90),
        "lips_meet": _share(px <= SPECK_PX for f in films.values() for px in f["between_shut_lips_px"]),
        "frames_without_face": sum(f["frames"] - f["faces_found"] for f in films.values()),
    }


def _eyes(stills: Mapping[str, Person]) -> dict[str, Any]:
    moving = {n: s["lids"] for n, s in stills.items() if s["lids"]["shut_px"] is not None}
    turned = [deg for s in stills.values() for deg in s["gaze_deg"]]
    return {
        "lids_closed": _share(lid["shut_px"] <= SPECK_PX for lid in moving.values()),
        "lids_eye_left_of_open": spread([lid["shut_px"] / max(lid["open_px"], 1) for lid in moving.values()], 90),
        "eyes_stay_within_lids": _share(s["lids"]["astray_px"] == 0 for s in stills.values()),
        "gaze_moved_deg": spread(turned, 10) | {"p90": spread(turned, 90)["p90"]},
        "gaze_within": _share(_GAZE_OK[0] <= deg <= _GAZE_OK[1] for deg in turned),
    }


def likeness(stills: Mapping[str, Person]) -> dict[str, Any]:
    """Cosines of each pose with the own photo, with other people's, and the chance that the own one is higher."""
    names = [n for n, s in stills.items() if s["embeddings"].get("photo") is not None]
    if not names:
        return {}
    photos = np.array([stills[n]["embeddings"]["photo"] for n in names])
    photos /= np.linalg.norm(photos, axis=1, keepdims=True)
    own: dict[str, list[float]] = {}
    own_all, other_all, missing = [], [], 0
    for i, name in enumerate(names):
        for pose, vector in stills[name]["embeddings"].items():
            if pose == "photo":
                continue
            if vector is None:
                missing += 1
                own.setdefault(pose, []).append(0.0)  # a face that is not found is not like the person
                continue
            cosines = photos @ (np.array(vector) / np.linalg.norm(vector))
            own.setdefault(pose, []).append(float(cosines[i]))
            own_all.append(float(cosines[i]))
            other_all += np.delete(cosines, i).tolist()
    out: dict[str, Any] = {
        group: spread(np.mean([own[pose] for pose in poses], axis=0), 10)
        for group, poses in GROUPS.items()
        if all(pose in own for pose in poses)
    }
    return out | {
        "poses": {pose: spread(values, 10) for pose, values in own.items()},
        "other_people": _short(np.mean(other_all)) if other_all else None,
        "other_people_max": _short(np.max(other_all)) if other_all else None,
        "auc": _auc(np.array(own_all), np.array(other_all)) if other_all else None,
        "faces_not_found": missing,
    }


def _auc(own: np.ndarray, other: np.ndarray) -> float:
    """As `face_identity.area_under_curve`, by ranks: there are many pairs."""
    order = np.sort(other)
    below, upto = np.searchsorted(order, own, "left"), np.searchsorted(order, own, "right")
    return _short(float((below + 0.5 * (upto - below)).mean() / len(order)))


def _holes(stills: Mapping[str, Person]) -> dict[str, Any]:
    total = {name: sum(s["holes"].values()) for name, s in stills.items()}
    return {
        "share_without": _share(n == 0 for n in total.values()),
        "pixels_median": _short(np.median(list(total.values()))) if total else None,
        "pixels_max": max(total.values(), default=None),
    }


def _swim(stills: Mapping[str, Person]) -> dict[str, Any]:
    return {
        "frozen_change": max((s["frozen_change"] for s in stills.values()), default=None),
        "background_variance": spread([s["swim"]["background"] for s in stills.values()], 100),
        "torso_variance": spread([s["swim"]["torso"] for s in stills.values()], 100),
    }


def _drawn(drawing: Mapping[str, Any]) -> dict[str, Any]:
    if not drawing:
        return {"draw_mb": None, "speed": None}
    speed = {}
    for threads, parts in drawing["speed"].items():
        key = "busiest_s" if int(threads) > 1 else "cpu_s"
        speed[f"threads_{threads}"] = {
            **{f"{name}_fps": _short(1 / parts[name][key]) for name in ("photo_512", "head_512", "photo_1080p")},
            "photo_512_wall_fps": _short(1 / parts["photo_512"]["wall_s"]),
            "load": _short(parts["load"]),
        }
    return {"draw_mb": _short(max(m["draw_mb"] for m in drawing["memory"])), "speed": speed}


def worst(stills: Mapping[str, Person], films: Mapping[str, Person], count: int = 5) -> dict[str, list[str]]:
    """Names of the portraits that do worst in each figure, worst first: the ones to look at."""
    ways: dict[str, Callable[[Person], float]] = {
        "rest_psnr_db": lambda s: s["rest_psnr_db"],
        "lids": lambda s: -(s["lids"]["shut_px"] or 0) - s["lids"]["astray_px"],
        "holes": lambda s: -sum(s["holes"].values()),
        "swim": lambda s: -max(v or 0 for v in s["swim"].values()),
        **{f"likeness {pose}": _likeness_of(pose) for pose in ("m", "aa", "oo", "yaw -20", "yaw +20")},
    }
    out = {way: sorted(stills, key=lambda n, by=by: by(stills[n]))[:count] for way, by in ways.items()}  # type: ignore[misc]
    return out | {"lips_r": sorted(films, key=lambda n: films[n]["r"])[:count]}


def _likeness_of(pose: str) -> Callable[[Person], float]:
    def cosine(still: Person) -> float:
        photo, posed = still["embeddings"]["photo"], still["embeddings"].get(pose)
        return float(np.dot(photo, posed)) if photo and posed else 0.0

    return cosine


def rows(run: Mapping[str, Any]) -> list[tuple[str, str, float | None, int, bool | None]]:
    """Figure, goal, value, digits, and whether the goal is met."""
    lips, same, drawn = run["lips"], run["identity_cosine"], run["speed"] or {}
    one, two = drawn.get("threads_1", {}), drawn.get("threads_2", {})
    wanted: list[tuple[str, str, float, float | None, int]] = [
        ("portraits prepared, of frontal ones", "least", 0.98, run["prepared_share"], 3),
        ("rest against the photo, dB, median", "least", 50, run["rest_psnr_db"]["median"], 1),
        ("the same, tenth percentile", "least", 44, run["rest_psnr_db"]["p10"], 1),
        ("preparing, CPU s, median", "most", 3, run["prepare_cpu_s"]["median"], 2),
        ("the same, greatest", "most", 3, run["prepare_cpu_s"]["p100"], 2),
        ("large portraits, greatest", "most", 5, run["prepare_cpu_s_large"]["p100"], 2),
        ("avatar file, MB, greatest", "most", 8, run["avatar_mb"]["p100"], 1),
        ("memory for drawing, MB", "most", 60, run["draw_mb"], 0),
        ("r of the tracked opening, median", "least", 0.97, lips["lips_r"]["median"], 3),
        ("its slope, least", "least", 0.85, (lips["slope_range"] or [None])[0], 2),
        ("its slope, greatest", "most", 1.15, (lips["slope_range"] or [None])[-1], 2),
        ("frames asked to be shut that are", "least", 0.99, lips["closed_where_asked"], 3),
        ("the same, without a pixel of what is behind the lips", "least", 0.99, lips["lips_meet"], 3),
        ("shut eyes without a pixel of eye, share of portraits", "least", 1.0, run["lids_closed"], 3),
        ("squints that show no eye beside its opening, share", "least", 1.0, run["eyes_stay_within_lids"], 3),
        ("gaze of 10 degrees moves the iris, degrees, median", "least", 8, run["gaze_moved_deg"]["median"], 1),
        ("share of eyes within 8 to 12", "least", 0.9, run["gaze_within"], 2),
        *((f"likeness, {group.replace('_', ' ')}, median", "least", goal, same.get(group, {}).get("median"), 3)
          for group, goal in LIKENESS_GOALS.items()),
        *((f"likeness, {group.replace('_', ' ')}, tenth percentile", "least", goal - _TENTH_BELOW,
           same.get(group, {}).get("p10"), 3) for group, goal in LIKENESS_GOALS.items()),
        ("own person before others (AUC)", "least", 1.0, same.get("auc"), 4),
        ("portraits without an uncovered pixel, share", "least", 1.0, run["holes"]["share_without"], 2),
        ("frozen motion, greatest change, levels", "most", 1, run["swim"]["frozen_change"], 0),
        ("variance of the background, worst portrait", "most", 0.5, run["swim"]["background_variance"]["p100"], 2),
        ("variance of the torso, worst portrait", "most", 0.5, run["swim"]["torso_variance"]["p100"], 2),
        ("sharpness of the moving face, of the photo's, median", "least", 0.9, run["sharpness"]["median"], 2),
        ("frames/s at 512, one thread", "least", 25, one.get("photo_512_fps"), 1),
        ("frames/s at 512, two threads", "least", 45, two.get("photo_512_fps"), 1),
        ("frames/s at 1920 x 1080, two threads", "least", 8, two.get("photo_1080p_fps"), 1),
        ("the 3D head in the same process, one thread", "", 0, one.get("head_512_fps"), 1),
        ("the 3D head, two threads", "", 0, two.get("head_512_fps"), 1),
    ]  # fmt: skip
    return [(name, _goal(way, goal), value, digits, _met(way, goal, value))
            for name, way, goal, value, digits in wanted]  # fmt: skip


def _goal(way: str, goal: float) -> str:
    return {"least": f">= {goal:g}", "most": f"<= {goal:g}", "": ""}[way]


def _met(way: str, goal: float, value: float | None) -> bool | None:
    if value is None or not way:
        return None
    return value >= goal if way == "least" else value <= goal


def page(run: Mapping[str, Any]) -> list[str]:
    """The table of docs/photo.md."""
    machine = run["hardware"]
    lines = [
        f"{run['portraits']} portraits, {run['lips']['films']} films, {machine['cores']} cores "
        f"({machine['processor']}), load {(run['speed'] or {}).get('threads_2', {}).get('load', '-')} while speed was "
        "measured.",
        "",
        "| figure | goal | measured |",
        "|---|---|---|",
    ]
    for name, goal, value, digits, met in rows(run):
        shown = "-" if value is None else f"{value:.{digits}f}"
        lines.append(f"| {name} | {goal} | {shown}{' (missed)' if met is False else ''} |")
    return [*lines, ""]


def table(run: Mapping[str, Any]) -> str:
    """The report for a reader."""
    lines = []
    for name, goal, value, digits, met in rows(run):
        shown = "-" if value is None else f"{value:.{digits}f}"
        lines.append(f"{name:58}{shown:>9}  {goal:9}{' missed' if met is False else ''}")
    lines += [f"refused: {why}" for why in run["refused"]] + [f"failed: {why}" for why in run["failed"]]
    lines += [f"limited: {name}: {', '.join(said)}" for name, said in run["limited"].items()]
    return "\n".join(lines + [f"worst, {way}: {', '.join(names)}" for way, names in run["worst"].items()])
