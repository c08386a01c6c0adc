"""Learning the trunk: planted people with manners of their own, and closures by their definition."""

import numpy as np
import pytest

from xtalker.generator.channels import DERIVED
from xtalker.head.open_head import OpenHead
from xtalker.train import ridge
from xtalker.train.clips import TrainingClip
from xtalker.train.ridge import Hearing, Opening, closures, solve, sums_of
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL

CHANNELS, FRAMES = 12, 400
FUNNEL, PUCKER = CHANNEL["mouthFunnel"], CHANNEL["mouthPucker"]


@pytest.fixture(scope="module")
def opening() -> Opening:
    return Opening(OpenHead())


@pytest.fixture(autouse=True)
def _few_components(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ridge, "COMPONENTS", CHANNELS)


def _clip(seed: int, *, gain: float = 1.0, level: float = 0.0) -> TrainingClip:
    """Funnel is `gain` x the first channel + level, pucker the same of the second."""
    random = np.random.default_rng(seed)
    heard = random.standard_normal((FRAMES, CHANNELS)).astype(np.float32)
    motion = Motion.zeros(FRAMES)
    for column, channel in ((FUNNEL, 0), (PUCKER, 1)):
        motion.expression[:, column] = 0.1 * gain * heard[:, channel] + level
    ones = np.ones(FRAMES, np.float32)
    return TrainingClip(f"c{seed}", f"p{seed}", "train", "tiny", motion, ones, (heard,), 0.1 * ones)


def test_what_was_said_is_learnt_whatever_the_people_s_rest_and_range(opening: Opening) -> None:
    clips = [_clip(k, gain=g, level=v) for k, (g, v) in enumerate([(0.5, 0.3), (1.0, -0.1), (1.5, 0.4), (1.0, 0.2)])]
    hearing = Hearing.of(clips)
    face = solve([sums_of([c], hearing, opening) for c in clips], hearing, opening.basis(0.36), encoder="tiny")
    stranger = _clip(9)
    guess = face.guess(stranger.linguistic[0]).displacement
    assert set(face.columns) == {FUNNEL, PUCKER}
    for column in (FUNNEL, PUCKER):
        assert np.corrcoef(guess[:, column], stranger.motion.expression[:, column])[0, 1] > 0.99
        assert guess[:, column].mean() == pytest.approx(0.2, abs=0.02), "the mean level over people"


def test_every_person_counts_once(opening: Opening) -> None:
    one, other = _clip(0, level=0.0), _clip(1, level=0.4)
    hearing = Hearing.of([one, other])
    sums = [sums_of([one] * 5, hearing, opening), sums_of([other], hearing, opening)]
    face = solve(sums, hearing, opening.basis(0.36), encoder="tiny")
    assert face.guess(_clip(2).linguistic[0]).displacement[:, FUNNEL].mean() == pytest.approx(0.2, abs=0.02)


def test_a_closure_is_low_between_open_frames() -> None:
    opened = np.full(40, 8.0)
    opened[10:13] = (1.8, 0.5, 2.2)  # a closure; the third is above 2 mm
    opened[25:] = 0.5  # a pause: it does not open again
    np.testing.assert_array_equal(np.flatnonzero(closures(opened)), (10, 11))


def test_opening_is_linear_to_first_order(opening: Opening) -> None:
    basis = opening.basis(0.36)
    assert basis[DERIVED] == 0 and basis[CHANNEL["mouthClose"]] < -20
    motion = Motion.zeros(1)
    motion.jaw[0, 0], motion.expression[0, DERIVED] = 0.05, 0.05 / 0.36
    assert opening(motion)[0] == pytest.approx(motion.to_matrix()[0] @ basis, rel=0.1)
