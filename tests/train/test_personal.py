from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.clips import tiny_clip
from tests.tiny.generator import tiny_generator
from tests.tiny.speech import TINY_ENCODER, tiny_envelope, tiny_features
from tests.tiny.trained import tiny_trained

from xtalker.generator import Generator
from xtalker.generator.channels import mouth_columns
from xtalker.train.clips import TrainingClip
from xtalker.train.loop import Job
from xtalker.train.personal import (
    Recording,
    adapt,
    adapted_statistics,
    cut_at_pauses,
    lag_of_sound,
    read_recording,
    write_recording,
)
from xtalker.train.recipes.personal import PersonalRecipe
from xtalker.train.statistics import measure
from xtalker.values import Motion

_FRAMES = 1200
_RECIPE = PersonalRecipe(steps=80, batch=8, crop_frames=40, learning_rate=3e-3)


def _recording() -> Recording:
    clip = tiny_clip("me", seed=5, num_frames=_FRAMES)
    return Recording(clip.motion, clip.confidence, tiny_features(_FRAMES, 5))


def held_out(folder: Path) -> list[TrainingClip]:
    return [clip for clip in read_recording(folder) if clip.split == "validation"]


def test_cuts_cover_all_and_the_last_tenth_is_apart() -> None:
    amplitude = tiny_envelope(_FRAMES, 3)
    cuts = cut_at_pauses(amplitude, 200)
    assert cuts[0] == 0 and cuts[-1] == _FRAMES and (np.diff(cuts) > 0).all()
    assert any(0.9 * _FRAMES <= cut <= 0.95 * _FRAMES for cut in cuts)
    assert amplitude[cuts[1:-1]].mean() < 0.5 * amplitude.mean()


def test_a_recording_becomes_clips(tmp_path: Path) -> None:
    clips = write_recording(_recording(), tmp_path, "me")
    assert sum(clip.num_frames for clip in clips) == _FRAMES
    assert [clip.clip for clip in read_recording(tmp_path)] == [clip.clip for clip in clips]
    rest = held_out(tmp_path)
    assert 0.04 * _FRAMES < sum(clip.num_frames for clip in rest) <= 0.1 * _FRAMES
    assert {clip.split for clip in clips} == {"train", "validation"} and all(c.encoder == TINY_ENCODER for c in clips)


@pytest.mark.parametrize("late", [0, 7, -12])
def test_the_lag_of_a_shifted_picture_is_found(late: int) -> None:
    generator, features = tiny_generator(), tiny_features(400)
    motion = generator.generate(features, seed=3)
    shifted = Motion.from_matrix(np.roll(motion.to_matrix(), late, axis=0))
    lag, sure = lag_of_sound(generator, Recording(shifted, np.ones(400, np.float32), features), reach_frames=25)
    assert lag == late and sure > 0.5


def _clips(scale: float) -> list[TrainingClip]:
    clips = [tiny_clip(f"c{seed}", seed=seed, num_frames=300) for seed in range(8)]
    return [replace(c, motion=Motion.from_matrix((scale * c.motion.to_matrix()).astype(np.float32))) for c in clips]


def test_statistics_follow_the_person_and_rest_stays_at_rest() -> None:
    base = measure(_clips(1.0))
    small, large = (adapted_statistics(base, _clips(scale)) for scale in (0.6, 1.2))
    mouth = mouth_columns() & base.live
    assert (large.motion_std[mouth] > 1.2 * small.motion_std[mouth]).all()
    for adapted in (small, large):
        np.testing.assert_allclose(
            adapted.normalise(np.zeros((1, 58), np.float32)), base.normalise(np.zeros((1, 58), np.float32)), rtol=1e-4
        )
        ratio = adapted.motion_std[mouth] / base.motion_std[mouth]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)


def _error(generator: Generator, clip: TrainingClip, style: object) -> float:
    features = tiny_features(_FRAMES, 5)
    got = generator.generate(features, seed=0, style=style).to_matrix()[-clip.num_frames :]
    return float(np.abs(got[:, 50] - clip.motion.to_matrix()[:, 50]).mean())


def test_adapting_helps_the_person_and_keeps_the_rest(tmp_path: Path) -> None:
    write_recording(_recording(), tmp_path, "me")
    base, job = tiny_trained(), Job(tmp_path / "out" / "me.safetensors")
    job.out.parent.mkdir()
    saved = adapt(base, tmp_path, "me", _RECIPE, job)
    assert saved is not None and saved.card.default_style == "me"
    before = replace(base, statistics=saved.statistics).generator()
    after = Generator.from_checkpoint(job.out)
    clip = held_out(tmp_path)[-1]
    assert _error(after, clip, None) < 0.8 * _error(before, clip, None)
    for name, weights in base.network.state_dict().items():
        if not name.startswith(("style.", "pose", "expression")):
            assert (saved.network.state_dict()[name] == weights).all(), name


def test_without_the_style_little_changes(tmp_path: Path) -> None:
    write_recording(_recording(), tmp_path, "me")
    (tmp_path / "out").mkdir()
    base, moved = tiny_trained(), []
    for keep_weight in (0.0, 2.0):
        job = Job(tmp_path / "out" / f"{keep_weight}.safetensors")
        saved = adapt(base, tmp_path, "me", replace(_RECIPE, keep_weight=keep_weight), job)
        assert saved is not None
        before, after = replace(base, statistics=saved.statistics).generator(), Generator.from_checkpoint(job.out)
        features = tiny_features(100)
        free = after.generate(features, seed=1, style={}).to_matrix()
        moved.append(np.abs(free - before.generate(features, seed=1).to_matrix()).mean())
    assert moved[1] < 0.5 * moved[0]


def test_stopped_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    write_recording(_recording(), tmp_path, "me")
    (tmp_path / "out").mkdir()
    recipe = replace(_RECIPE, steps=6)
    whole, parts = (Job(tmp_path / "out" / f"{name}.safetensors") for name in ("whole", "parts"))
    adapt(tiny_trained(), tmp_path, "me", recipe, whole)
    left = iter(range(2))
    assert adapt(tiny_trained(), tmp_path, "me", recipe, parts, should_stop=lambda: next(left, None) is None) is None
    assert adapt(tiny_trained(), tmp_path, "me", recipe, replace(parts, resume=True)) is not None
    assert parts.out.read_bytes() == whole.out.read_bytes()
