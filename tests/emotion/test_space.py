from __future__ import annotations

import numpy as np
import pytest

from xtalker.emotion.from_label import point_from_label
from xtalker.emotion.from_motion import point_from_motion
from xtalker.emotion.space import LABELS, EmotionSpace, load_space
from xtalker.emotion.templates import designed_templates
from xtalker.values import InputError
from xtalker.values.conventions import CHANNEL
from xtalker.values.tracks import EMOTIONS


@pytest.fixture(scope="module")
def space() -> EmotionSpace:
    return load_space()


def test_anchors_are_unit_vectors_apart_from_each_other(space: EmotionSpace) -> None:
    np.testing.assert_allclose(np.linalg.norm(space.anchors, axis=1), 1, atol=1e-5)
    assert (space.anchors @ space.anchors.T - np.eye(8)).max() < 0.4


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0, 1.4, 2.0])
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_labels_decode_exactly(space: EmotionSpace, emotion: str, level: float) -> None:
    expected = level * np.eye(7)[EMOTIONS.index(emotion)]
    np.testing.assert_allclose(space.levels(space.label_point(emotion, level)), expected, atol=1e-6)


def test_mixes_decode_exactly_and_neutral_halves(space: EmotionSpace) -> None:
    points = [space.label_point("happy", 1.2), space.label_point("fear", 0.4), space.label_point("neutral")]
    levels = space.levels(space.mix(points, [1.0, 1.0, 2.0]))
    np.testing.assert_allclose(levels, [0, 0, 0, 0.1, 0.3, 0, 0], atol=1e-6)


def test_probabilities_decode_to_levels(space: EmotionSpace) -> None:
    p = np.array([0.1, 0, 0, 0, 0.6, 0, 0, 0.3])
    np.testing.assert_allclose(space.levels(space.point_from_probabilities(p, 1.5)), 1.5 * p[:-1], atol=1e-6)


def test_levels_never_exceed_two(space: EmotionSpace) -> None:
    assert space.levels(space.label_point("sad", 5.0)).sum() == pytest.approx(2)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_templates_land_on_their_anchor_whatever_the_mouth_says(space: EmotionSpace, emotion: str) -> None:
    frames = np.tile(0.75 * 1.2 * designed_templates().expression[EMOTIONS.index(emotion)], (40, 1))
    rng = np.random.default_rng(0)
    for name in ("mouthFunnel", "mouthPucker", "mouthLowerDownLeft", "mouthLowerDownRight", "jawOpenCorrective"):
        frames[:, CHANNEL[name]] += rng.uniform(0, 0.25, 40)
    point = point_from_motion(frames.astype(np.float32), space)
    assert space.nearest_label(point) == emotion
    assert 0.6 < point.strength < 1.8


def test_a_still_face_is_near_neutral(space: EmotionSpace) -> None:
    assert point_from_motion(np.zeros((3, 50), np.float32), space).strength < 0.25


def test_frames_without_confidence_do_not_count(space: EmotionSpace) -> None:
    frames = np.zeros((4, 50), np.float32)
    frames[:3] = designed_templates().expression[4]
    few = point_from_motion(frames, space, np.array([0.0, 0.1, 0.2, 0.9]))
    np.testing.assert_allclose(few.vector, point_from_motion(frames[3:], space).vector)
    with pytest.raises(InputError, match="no frame shows the face"):
        point_from_motion(frames, space, np.zeros(4))


def test_synonyms_bring_their_strength(space: EmotionSpace) -> None:
    furious, annoyed = (point_from_label(w, 1.0, space) for w in ("furious", "Annoyed"))
    assert space.nearest_label(furious) == space.nearest_label(annoyed) == "angry"
    assert furious.strength > 1.3 > 0.9 > annoyed.strength
    assert point_from_label("neutral", 1.0, space).strength == 0


def test_unknown_labels_name_the_nearest(space: EmotionSpace) -> None:
    with pytest.raises(InputError, match=r"unknown emotion.*did you mean .*happy"):
        point_from_label("hapy", 1.0, space)
    with pytest.raises(InputError, match="0 \\(off\\) to 2"):
        point_from_label("happy", 2.1, space)
    with pytest.raises(InputError, match="level out of range"):
        point_from_label("happy", float("nan"), space)


def test_labels_end_with_neutral() -> None:
    assert (*EMOTIONS, "neutral") == LABELS
