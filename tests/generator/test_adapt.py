"""A person's manner in closed form: rule by length, exact cases, nobody harmed by nothing."""

from dataclasses import replace

import numpy as np
import pytest
from tests.generator.test_ridge import _face
from tests.tiny.speech import tiny_features

from xtalker.generator.adapt import Example, adapted
from xtalker.generator.ridge import PENALTY


def _example(frames: int, *, level: float = 0.0, gain: float = 1.0, seed: int = 0) -> Example:
    face, heard = _face(), tiny_features(frames, seed=seed).linguistic
    return Example(heard, gain * face.guess(heard).displacement + np.float32(level))


def test_less_than_three_seconds_change_nothing() -> None:
    assert adapted(_face(), [_example(74, level=0.3)]) is not None
    assert adapted(_face(), [_example(74, level=0.3)]).manner is None


def test_a_level_is_taken_over_by_the_share_of_its_frames() -> None:
    face, frames = _face(), 200
    moved = adapted(face, [replace(_example(frames, level=0.3), seen_well=False)])
    assert moved.manner is not None
    np.testing.assert_allclose(moved.manner[-1], 0.3 * frames / (frames + 50), atol=1e-5)
    assert not moved.manner[:-1].any(), "seen badly: the level alone"


@pytest.mark.parametrize(("frames", "strength"), [(150, 3000.0), (300, 1000.0)])
def test_the_ridge_of_the_residual_is_that_of_the_formula(frames: int, strength: float) -> None:
    face, example = _face(), _example(frames, level=0.1, gain=1.6)
    got = adapted(face, [example]).manner
    x, y = face.rows(example.linguistic).astype(np.float64), example.displacement[:, face.columns].astype(np.float64)
    share, error = frames / (frames + 50), y - x @ face.weights
    level = np.zeros_like(face.weights, dtype=np.float64)
    level[-1] = share * error.mean(0)
    prior = strength * (face.covariance + PENALTY * np.eye(x.shape[1]))
    want = level + np.linalg.solve(prior + x.T @ x, x.T @ (error - x @ level))
    want[-1] += share * (error - x @ want).mean(0)
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_more_of_a_person_brings_the_guess_nearer() -> None:
    face, unseen = _face(), _example(200, level=0.2, gain=1.5, seed=9)
    errors = [
        np.abs(_whole(adapted(face, [_example(n, level=0.2, gain=1.5, seed=s) for s in range(3)]), unseen)).mean()
        for n in (10, 40, 400)
    ]
    assert errors[0] > errors[1] > errors[2]


def _whole(face, unseen: Example) -> np.ndarray:  # type: ignore[no-untyped-def]
    guess = face.guess(unseen.linguistic)
    manner = 0 if guess.manner is None else guess.manner
    return np.asarray((guess.displacement + manner - unseen.displacement)[:, face.columns])


def test_manner_reaches_the_network_s_part_as_well() -> None:
    face, example = _face(), replace(_example(200, level=0.3), seen_well=False)
    heard = example.linguistic
    network = np.zeros((200, 58), np.float32)
    with_manner, without = (f.guess(heard).blended(network) for f in (adapted(face, [example]), face))
    moved = (with_manner - without)[:, face.columns[:2]]
    np.testing.assert_allclose(moved.mean(), 0.3 * 200 / 250, atol=0.02)
