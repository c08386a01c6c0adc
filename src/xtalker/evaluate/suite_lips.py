"""Suite `lips`: where the lips are, when they move, whether they close and rest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np

from xtalker.evaluate import scores, synchrony
from xtalker.evaluate.bench import Bench
from xtalker.evaluate.scores import Mouth, Shape, figures_of
from xtalker.evaluate.suites import Picture, SuiteResult, Table
from xtalker.evaluate.synchrony import Synchrony
from xtalker.values import Motion

_REST: Final = ("silence", "leading", "trailing")
FIGURES: Final[Mapping[str, str]] = {
    **{name: metric for name, metric in scores.FIGURES.items() if not name.startswith(_REST)},
    **synchrony.FIGURES,
    **{name: metric for name, metric in scores.FIGURES.items() if name.startswith(_REST)},
}
_NOTES: Final = (
    "The sync figures come from a small network that was trained on GRID (other clips): read them beside truth and "
    "shuffled_audio, which is chance. A confidence above truth's is not better.",
)
_WORDS: Final = (
    "closure_recall",
    *(name for name in FIGURES if name.startswith(_REST)),
)
_WORST: Final = 3


def run(bench: Bench, pictures: bool) -> SuiteResult:
    """Measure every row; draw the first checkpoint."""
    mouth = Mouth(bench.head)

    @cache
    def truth(i: int) -> Shape:
        return mouth.shape(bench.clips[i].identity, bench.clips[i].motion)

    heard = Synchrony(bench.clips, mouth)

    def score(motion: Motion, i: int) -> dict[str, float]:
        clip = bench.clips[i]
        return figures_of(mouth.shape(clip.identity, motion), truth(i), clip) | heard.figures(motion, i)

    tables = tuple(
        Table(title, bench.table(places, score), [bench.clips[i].name for i in places])
        for title, places in bench.dataset.groups.items()
    )
    missing = dict.fromkeys(_WORDS, bench.dataset.missing["words"]) if "words" in bench.dataset.missing else {}
    if not bench.dataset.has_sound:
        missing |= dict.fromkeys(synchrony.FIGURES, bench.dataset.missing["sound"])
    missing["labiodental_recall"] = "the tracked truth has no teeth to bite on"
    drawn = _pictures(bench, mouth, tables) if pictures else ()
    return SuiteResult("lips", FIGURES, tables, missing, _NOTES, drawn)


def _pictures(bench: Bench, mouth: Mouth, tables: tuple[Table, ...]) -> tuple[Picture, ...]:
    import xtalker.evaluate.plots as plots
    import xtalker.evaluate.strips as strips

    errors = np.concatenate(
        [[clip["lip_error_mean_mm"] for clip in table.rows[bench.systems[0].name].clips] for table in tables]
    )
    places = np.concatenate([list(group) for group in bench.dataset.groups.values()]).astype(int)
    ranked = places[np.argsort(errors)]
    telling = [int(i) for i in ranked if bench.clips[i].closures] or [int(i) for i in ranked]
    middle, worst = telling[len(telling) // 2], [int(i) for i in ranked[::-1][:_WORST]]
    first = bench.motions[bench.systems[0].name]
    return (
        plots.opening(bench, mouth, middle),
        plots.sound_and_closures(bench, mouth, middle),
        plots.heat_map(bench, places[:: max(1, len(places) // 20)]),
        plots.expressions(bench, places),
        *(strips.side_by_side(bench.head, bench.clips[i], first[i]) for i in worst),
    )
