"""Drawings of a report, as PNG bytes. Needs matplotlib (the extra `plots`)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.evaluate.suites import Picture
from xtalker.geometry.timeline import frame_centres_s
from xtalker.values import InputError, Motion
from xtalker.values.conventions import FRAME_RATE_HZ

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from xtalker.evaluate.bench import Bench
    from xtalker.evaluate.scores import Mouth

_DOTS_PER_INCH: Final = 100
_TRUTH: Final[dict[str, Any]] = {"color": "black", "linewidth": 1.8, "label": "truth"}
_MOST_POINTS: Final = 4000
_HEAT_MM: Final = 3.0
_CLOSURE: Final = {"color": "tab:red", "alpha": 0.2}


def available() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def opening(bench: Bench, mouth: Mouth, i: int) -> Picture:
    """Mouth opening over time of every checkpoint against truth and the sound's envelope, in one clip."""
    clip = bench.clips[i]
    figure = _figure(10.0, 3.2)
    axis = figure.subplots()
    at_s = frame_centres_s(clip.motion.num_frames)
    axis.plot(at_s, mouth.shape(clip.identity, clip.motion).opening_mm, **_TRUTH)
    for system in bench.systems:
        made = bench.motions[system.name][i]
        axis.plot(
            frame_centres_s(made.num_frames), mouth.shape(clip.identity, made).opening_mm, label=_plain(system.name)
        )
    _mark(axis, clip.closures)
    axis.set(xlabel="seconds", ylabel="lip opening, mm")
    loud = axis.twinx()
    envelope = bench.heard[i].features.amplitude
    loud.fill_between(frame_centres_s(len(envelope)), envelope, color="0.6", alpha=0.35)
    loud.set(ylabel="envelope", ylim=(0, 2.5 * max(float(envelope.max()), 1e-6)))
    axis.legend(fontsize=8, loc="upper right")
    return Picture(
        f"Mouth opening, {clip.name}",
        "The clip of median error among those with closures. Grey: envelope of the sound. Red: where lips must close.",
        _png(figure),
    )  # fmt: skip


def sound_and_closures(bench: Bench, mouth: Mouth, i: int) -> Picture:
    """Mel spectrogram with the intervals of closure, over the openings of truth and of the first checkpoint."""
    clip, bands = bench.clips[i], bench.heard[i].log_mel
    figure = _figure(10.0, 4.0)
    heard = np.isfinite(bands).all()
    ratios = [2, 1] if heard else [1]
    axes = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios, squeeze=False).ravel()
    if heard:
        axes[0].imshow(
            bands.T,
            origin="lower",
            aspect="auto",
            extent=(0, len(bands) / FRAME_RATE_HZ, 0, bands.shape[1]),
            cmap="magma",
        )
        axes[0].set_ylabel("mel band")
    for name, motion in (("truth", clip.motion), (bench.systems[0].name, bench.motions[bench.systems[0].name][i])):
        opened = mouth.shape(clip.identity, motion).opening_mm
        axes[-1].plot(
            frame_centres_s(motion.num_frames), opened, **(_TRUTH if name == "truth" else {"label": _plain(name)})
        )
    _mark(axes[-1], clip.closures)
    if heard:
        for at_s in np.ravel(clip.closures):
            axes[0].axvline(at_s, color="white", linewidth=1.2, linestyle="--")
    axes[-1].axhline(1.0, color="0.5", linewidth=0.6, linestyle=":")
    axes[-1].set(xlabel="seconds", ylabel="opening, mm")
    axes[-1].legend(fontsize=8, loc="upper right")
    return Picture(
        f"Sound and closures, {clip.name}",
        "Red, and between dashed lines: intervals of /p b m/. Dotted: the opening below which lips count as closed.",
        _png(figure),
    )  # fmt: skip


def heat_map(bench: Bench, places: Int[np.ndarray, "_"]) -> Picture:
    """Mean error of every vertex of the first checkpoint, on the front of the head."""
    total = np.zeros(bench.head.topology.num_vertices)
    frames = 0
    for i in places:
        clip = bench.clips[i]
        made = bench.motions[bench.systems[0].name][i]
        shared = min(made.num_frames, clip.motion.num_frames)
        one, other = (bench.head.vertices(clip.identity, m[:shared], canonical=True) for m in (made, clip.motion))
        total += np.linalg.norm(one.astype(np.float64) - other, axis=-1).sum(axis=0)
        frames += shared
    figure = _figure(4.6, 5.0)
    axis = figure.subplots()
    drawn = _front(axis, bench, 1e3 * total / frames)
    figure.colorbar(drawn, ax=axis, label="mean error, mm")
    return Picture(
        "Error on the head", f"{bench.systems[0].name}, mean over {len(places)} clips, canonical pose, seen from the "
        f"front; the scale ends at {_HEAT_MM:g} mm.", _png(figure),
    )  # fmt: skip


def _front(axis: Any, bench: Bench, error_mm: Float[np.ndarray, "vertices"]) -> Any:
    """Triangles that look forward, the nearest drawn last."""
    topology = bench.head.topology
    places = bench.head.mean
    corners = places[topology.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    shown = topology.triangles[facing]
    shown = shown[np.argsort(places[shown][..., 2].mean(axis=1))]
    drawn = axis.tripcolor(
        places[:, 0], places[:, 1], shown, error_mm, shading="flat", cmap="viridis", vmin=0, vmax=_HEAT_MM
    )
    axis.set_aspect("equal")
    axis.set_axis_off()
    return drawn


def expressions(bench: Bench, places: Int[np.ndarray, "_"]) -> Picture:
    """Expressions of truth and of the first checkpoint on the two strongest principal components of truth."""
    first = bench.motions[bench.systems[0].name]
    true = _sampled([bench.clips[i].motion for i in places])
    made = _sampled([first[i] for i in places])
    basis, mean, share = principal_components(true, 2)
    figure = _figure(5.0, 4.4)
    axis = figure.subplots()
    for rows, colour, name in ((true, "black", "truth"), (made, "tab:orange", _plain(bench.systems[0].name))):
        at = (rows - mean) @ basis
        axis.scatter(at[:, 0], at[:, 1], s=3, alpha=0.35, color=colour, label=name, linewidths=0)
    axis.set(xlabel=f"component 1 ({share[0]:.0%})", ylabel=f"component 2 ({share[1]:.0%})")
    axis.legend(fontsize=8, markerscale=3)
    return Picture(
        "Expressions", "Principal components (PCA, fitted on truth; not t-SNE, whose distances between groups mean "
        "nothing). Each dot is a frame.", _png(figure),
    )  # fmt: skip


def principal_components(
    rows: Float[np.ndarray, "rows channels"], count: int
) -> tuple[Float[np.ndarray, "channels count"], Float[np.ndarray, "channels"], Float[np.ndarray, "count"]]:
    """Strongest directions, the mean, and each one's share of the variance."""
    mean = rows.mean(axis=0)
    _, strengths, directions = np.linalg.svd(rows - mean, full_matrices=False)
    power = strengths**2 / max(float((strengths**2).sum()), 1e-30)
    return directions[:count].T, mean, power[:count]


def _sampled(motions: Sequence[Motion]) -> Float[np.ndarray, "rows 50"]:
    rows = np.concatenate([motion.expression for motion in motions]).astype(np.float64)
    return rows[:: max(1, len(rows) // _MOST_POINTS)]


def head_path(bench: Bench, i: int) -> Picture:
    """Where the head points over a clip: yaw against pitch, dark to light in time."""
    clip = bench.clips[i]
    rows = {"truth": clip.motion} | {system.name: bench.motions[system.name][i] for system in bench.systems}
    figure = _figure(3.2 * len(rows), 3.2)
    axes = figure.subplots(1, len(rows), sharex=True, sharey=True, squeeze=False).ravel()
    for axis, (name, motion) in zip(axes, rows.items()):
        turn = np.degrees(motion.head)
        axis.plot(turn[:, 1], -turn[:, 0], color="0.8", linewidth=0.8)
        axis.scatter(turn[:, 1], -turn[:, 0], c=np.arange(len(turn)), s=8, cmap="viridis")
        axis.set(title=_plain(name), xlabel="yaw, degrees")
    axes[0].set_ylabel("pitch, degrees (up is up)")
    return Picture(f"Path of the head, {clip.name}", "Dark to light in time.", _png(figure))


def _mark(axis: Any, intervals: Iterable[tuple[float, float]]) -> None:
    for start, end in intervals:
        axis.axvspan(start, end, **_CLOSURE)


def _figure(width: float, height: float) -> Figure:
    """An empty figure.

    Raises:
        InputError: matplotlib is absent.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Empty
    except ImportError as error:
        raise InputError(
            "drawing needs matplotlib", received="an installation without it", accepted="the extra 'plots'",
            next_step="pip install 'xtalker[plots]', or leave the pictures out",
        ) from error  # fmt: skip
    figure = Empty(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_PER_INCH)
    return out.getvalue()


def _plain(label: str) -> str:
    """Without what matplotlib would read as mathematics, or hide from a legend."""
    return label.lstrip("_").replace("\\", "/").replace("$", r"\$")[:40]
