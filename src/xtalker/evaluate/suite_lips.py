"""Suite `lips`: where the lips are, when they move, whether they close and rest."""

from __future__ import annotations

from functools import cache

import numpy as np

from xtalker.evaluate.bench import Bench
from xtalker.evaluate.scores import FIGURES, Mouth, Shape, figures_of
from xtalker.evaluate.suites import Picture, SuiteResult, Table
from xtalker.values import Motion

_WORDS = ("closure_recall", *(name for name in FIGURES if name.startswith(("silence", "leading", "trailing"))))
_WORST = 3


def run(bench: Bench, pictures: bool) -> SuiteResult:
    """Measure every row; draw the first checkpoint."""
    mouth = Mouth(bench.head)

    @cache
    def truth(i: int) -> Shape:
        return mouth.shape(bench.clips[i].identity, bench.clips[i].motion)

    def score(motion: Motion, i: int) -> dict[str, float]:
        clip = bench.clips[i]
        return figures_of(mouth.shape(clip.identity, motion), truth(i), clip)

    tables = tuple(
        Table(title, bench.table(places, score), [bench.clips[i].name for i in places])
        for title, places in bench.dataset.groups.items()
    )
    missing = dict.fromkeys(_WORDS, bench.dataset.missing["words"]) if "words" in bench.dataset.missing else {}
    missing["labiodental_recall"] = "the tracked truth has no teeth to bite on"
    drawn = _pictures(bench, mouth, tables) if pictures else ()
    return SuiteResult("lips", FIGURES, tables, missing, (), drawn)


def _pictures(bench: Bench, mouth: Mouth, tables: tuple[Table, ...]) -> tuple[Picture, ...]:
    import xtalker.evaluate.plots as plots
    import xtalker.evaluate.strips as strips

    errors = np.concatenate(
        [[clip["lip_error_mean_mm"] for clip in table.rows[bench.systems[0].name].clips] for table in tables]
    )
    places = np.concatenate([list(group) for group in bench.dataset.groups.values()]).astype(int)
    ranked = places[np.argsort(errors)]
    middle, worst = int(ranked[len(ranked) // 2]), [int(i) for i in ranked[::-1][:_WORST]]
    first = bench.motions[bench.systems[0].name]
    return (
        plots.opening(bench, mouth, middle),
        plots.sound_and_closures(bench, mouth, middle),
        plots.heat_map(bench, places[:: max(1, len(places) // 20)]),
        plots.expressions(bench, places),
        *(strips.side_by_side(bench.head, bench.clips[i], first[i]) for i in worst),
    )
