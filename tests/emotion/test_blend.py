from __future__ import annotations

import numpy as np
import pytest

from xtalker.emotion.blend import lip_safe, reference_track
from xtalker.emotion.templates import designed_templates
from xtalker.head.open_head import OpenHead
from xtalker.performance.lip_basis import lip_gap_basis
from xtalker.values import Identity
from xtalker.values.tracks import EMOTIONS, EmotionTrack

TEMPLATES = designed_templates().expression
REFERENCE = np.random.default_rng(1).uniform(0, 0.2, 50).astype(np.float32)


@pytest.fixture(scope="module")
def gaps() -> np.ndarray:
    return lip_gap_basis(OpenHead(), Identity())


def _track(emotion: int, levels: np.ndarray) -> EmotionTrack:
    rows = np.zeros((len(levels), 7), np.float32)
    rows[:, emotion] = levels
    return EmotionTrack(rows)


@pytest.mark.parametrize("level", [1.0, 1.2, 1.4, 1.6, 1.8, 2.0])
@pytest.mark.parametrize("emotion", range(7))
def test_named_levels_are_equation_nine(emotion: int, level: float) -> None:
    out = reference_track(REFERENCE, _track(emotion, np.array([level])), TEMPLATES, 0.75)[0]
    np.testing.assert_allclose(out, 0.25 * REFERENCE + 0.75 * level * TEMPLATES[emotion], atol=1e-6)


def test_level_zero_is_the_reference() -> None:
    out = reference_track(REFERENCE, EmotionTrack.neutral(3), TEMPLATES)
    np.testing.assert_array_equal(out, np.tile(REFERENCE, (3, 1)))


@pytest.mark.parametrize("emotion", range(7))
def test_monotone_and_continuous_in_level(emotion: int) -> None:
    levels = np.linspace(0, 2, 401).astype(np.float32)
    out = reference_track(np.zeros(50, np.float32), _track(emotion, levels), TEMPLATES)
    along = out @ TEMPLATES[emotion]
    assert (np.diff(along) > 0).all()
    assert np.abs(np.diff(out, axis=0)).max() < 0.005


def test_a_mix_lies_between_its_parts() -> None:
    rows = np.zeros((1, 7), np.float32)
    rows[0, 4], rows[0, 6] = 0.6, 0.4
    out = reference_track(REFERENCE, EmotionTrack(rows), TEMPLATES)[0]
    mean = 0.6 * TEMPLATES[4] + 0.4 * TEMPLATES[6]
    np.testing.assert_allclose(out, 0.25 * REFERENCE + 0.75 * mean, atol=1e-6)


def test_lip_safe_keeps_the_gap_and_the_look(gaps: np.ndarray) -> None:
    safe = lip_safe(TEMPLATES, gaps)
    assert np.abs(TEMPLATES @ gaps.T).max() > 1
    assert np.abs(safe @ gaps.T).max() < 0.12, "millimetres"
    for emotion, plain, own in zip(EMOTIONS, TEMPLATES, safe):
        cosine = plain @ own / np.linalg.norm(plain) / np.linalg.norm(own)
        assert cosine > 0.93, emotion


def test_frame_weight_chooses_between_plain_and_safe(gaps: np.ndarray) -> None:
    offset = np.tile(TEMPLATES[4], (3, 1))
    out = lip_safe(offset, gaps, np.array([0.0, 0.5, 1.0], np.float32))
    np.testing.assert_allclose(out[0], offset[0])
    np.testing.assert_allclose(out[2], lip_safe(offset, gaps)[2], atol=1e-6)
    np.testing.assert_allclose(out[1], 0.5 * (out[0] + out[2]), atol=1e-6)
