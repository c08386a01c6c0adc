from dataclasses import replace

import numpy as np
import pytest
from tests.tiny.generator import TINY_CONFIG, tiny_generator
from tests.tiny.speech import tiny_features

from xtalker.generator import Generator
from xtalker.generator.channels import POSE
from xtalker.generator.network import Told
from xtalker.values import InputError
from xtalker.values.tracks import EMOTIONS, EmotionTrack

_TOLD = replace(TINY_CONFIG, emotions=("sad", "happy"))


def _told() -> Generator:
    """A generator in which both emotions do something, and not the same."""
    slope = np.linspace(-1, 1, TINY_CONFIG.width)
    return tiny_generator(_TOLD, changed={"emotion.weight": np.outer(slope, [1.0, -2.0]).astype(np.float32)})


def _track(frames: int = 60, **levels: float) -> EmotionTrack:
    rows = np.zeros((frames, len(EMOTIONS)), np.float32)
    for name, level in levels.items():
        rows[frames // 2 :, EMOTIONS.index(name)] = level
    return EmotionTrack(rows)


def _motion(generator: Generator, emotion: EmotionTrack | None, **asked: object) -> np.ndarray:
    return generator.generate(tiny_features(60), seed=1, emotion=emotion, **asked).to_matrix()


def test_levels_enter_their_own_frames_and_by_name() -> None:
    generator = _told()
    free, sad, happy = (_motion(generator, track) for track in (None, _track(sad=1.0), _track(happy=1.0)))
    assert np.abs(sad - free)[35:].max() > 1e-3 < np.abs(sad - happy)[35:].max()
    reach = 4 * TINY_CONFIG.head_blocks * TINY_CONFIG.half_window + 4 * TINY_CONFIG.receptive_field
    np.testing.assert_allclose(sad[: max(0, 30 - reach)], free[: max(0, 30 - reach)], atol=1e-5)
    # -2 parts of sad's vector are happy's, so twice as much sadness as happiness is nothing.
    np.testing.assert_allclose(_motion(generator, _track(sad=1.0, happy=0.5)), free, atol=1e-5)


def test_one_evaluation_leaves_the_pose_head_alone() -> None:
    network, random = _told().network, np.random.default_rng(0)
    told = Told(random.standard_normal((1, 20, 8), np.float32), random.standard_normal((1, 20), np.float32),
                np.zeros((1, 53), np.float32))  # fmt: skip
    state = random.standard_normal((1, 20, 58), np.float32)
    levels = np.ones((1, 20, 2), np.float32)
    felt = network.velocity(state, 0.5, network.condition(replace(told, emotion=levels)))
    free = network.velocity(state, 0.5, network.condition(told))
    assert np.abs(felt - free).max() > 1e-3
    np.testing.assert_array_equal(felt[..., POSE], free[..., POSE])


def test_nothing_told_is_none_and_a_short_track_ends_neutral() -> None:
    generator = _told()
    np.testing.assert_array_equal(_motion(generator, EmotionTrack.neutral(60)), _motion(generator, None))
    np.testing.assert_array_equal(_motion(generator, EmotionTrack.neutral(3)), _motion(generator, None))


def test_an_emotion_changes_nothing_before_training() -> None:
    np.testing.assert_array_equal(_motion(tiny_generator(_TOLD), _track(sad=1)), _motion(tiny_generator(_TOLD), None))


def test_guidance_carries_the_emotion_on() -> None:
    generator, track = _told(), _track(happy=1.0)
    free, one = _motion(generator, None), _motion(generator, track)
    np.testing.assert_array_equal(_motion(generator, track, guidance=0.0), free)
    assert np.linalg.norm(_motion(generator, track, guidance=2.0) - free) > 1.2 * np.linalg.norm(one - free)


def test_what_the_network_is_not_told_is_refused() -> None:
    with pytest.raises(InputError, match="angry"):
        _motion(_told(), _track(angry=1.0))
    with pytest.raises(InputError, match="learnt from neutral speech"):
        _motion(tiny_generator(), _track(sad=1.0))
