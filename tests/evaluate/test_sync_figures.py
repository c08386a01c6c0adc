from __future__ import annotations

import numpy as np
import pytest

from xtalker.evaluate.sync.figures import EmbeddedClip, sync_figures
from xtalker.values import InputError


def _clips(*, late: int = 0, noise: float = 0.0, count: int = 10, frames: int = 75) -> list[EmbeddedClip]:
    """Random directions; the mouth is those of the sound, some frames late."""
    random = np.random.default_rng(0)
    out = []
    for index in range(count):
        sound = random.standard_normal((frames, 32))
        mouth = np.roll(sound, late, axis=0) + noise * random.standard_normal((frames, 32))
        out.append(EmbeddedClip("ab"[index % 2], mouth, sound))
    return out


def test_a_perfect_expert() -> None:
    figures = sync_figures(_clips())
    assert (figures.clips, figures.windows) == (10, 30)  # 45 frames hear all offsets: windows from 0, 10 and 20
    assert (figures.within_one_frame, figures.auc, figures.offset_median, figures.distance) == (1, 1, 0, 0)
    assert figures.confidence == pytest.approx(1, abs=0.1) and figures.confidence_shuffled < 0.3
    assert figures.distance_shuffled > 0.7


@pytest.mark.parametrize(("late", "within"), [(1, 1.0), (-1, 1.0), (2, 0.0), (-4, 0.0)])
def test_a_late_mouth_is_found(late: int, within: float) -> None:
    figures = sync_figures(_clips(late=late))
    assert figures.offset_median == late and figures.within_one_frame == within


def test_an_expert_that_knows_nothing_is_at_chance() -> None:
    figures = sync_figures(_clips(noise=1e6, count=60))
    assert figures.auc == pytest.approx(0.5, abs=0.1) and figures.within_one_frame < 0.3


def test_shuffled_sound_is_of_the_same_person() -> None:
    """Two people whose clips all sound alike within a person: no expert can tell them apart there."""
    random = np.random.default_rng(1)
    voice = {who: random.standard_normal((75, 32)) for who in "ab"}
    clips = [EmbeddedClip(who, voice[who], voice[who]) for who in "abababab"]
    assert sync_figures(clips).auc == 0.5


def test_too_little_is_refused() -> None:
    with pytest.raises(InputError, match="one clip of speaker 'b'"):
        sync_figures(_clips(count=3))
    with pytest.raises(InputError, match="55 frames or more"):
        sync_figures(_clips(frames=50))
    with pytest.raises(InputError, match="too little"):
        sync_figures([])
