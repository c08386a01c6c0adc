from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.left_out_speakers import Way, read_clips, study, with_context
from tests.tiny.clips import tiny_clip

from xtalker.train.clips import TrainingClip
from xtalker.values import InputError


def _clip(speaker: str, seed: int) -> TrainingClip:
    rows = np.random.default_rng(seed).standard_normal((60, 12)).astype(np.float32)
    noise = np.random.default_rng(seed + 99).standard_normal(rows.shape).astype(np.float32)
    clip = tiny_clip(f"{speaker}_{seed}", seed=seed, num_frames=60, speaker=speaker)
    return replace(clip, linguistic=(rows, noise), split="test" if speaker == "d" else "train")


@pytest.fixture(scope="module")
def clips() -> list[TrainingClip]:
    return [_clip(speaker, 10 * k + i) for k, speaker in enumerate("abcd") for i in range(10)]


def test_a_common_rule_is_found_whoever_is_left_out_and_none_in_noise(clips: list[TrainingClip]) -> None:
    targets = [clip.linguistic[0][:, 0] * {"a": 1, "b": 2, "c": 3, "d": 4}[clip.speaker] for clip in clips]
    found = study(clips, targets, Way())
    assert set(found) == set("abcd") and min(found.values()) > 0.95
    lost = study(clips, targets, Way(lambda clip: clip.linguistic[1:]))
    assert max(map(abs, lost.values())) < 0.2


def test_a_manner_of_one_person_is_found_in_that_person_s_own_clips_alone(clips: list[TrainingClip]) -> None:
    targets = [clip.linguistic[0][:, "abcd".index(clip.speaker)] for clip in clips]
    strangers, known = study(clips, targets, Way(context=1)), study(clips, targets, Way(context=1, own=5.0))
    assert max(map(abs, strangers.values())) < 0.3 and min(known.values()) > 0.7


def test_test_speakers_teach_nobody(clips: list[TrainingClip]) -> None:
    targets = [clip.linguistic[0][:, 0] for clip in clips]
    spoilt = [-t if clip.speaker == "d" else t for clip, t in zip(clips, targets)]
    assert study(clips, targets, Way())["a"] == study(clips, spoilt, Way())["a"]


def test_context_repeats_the_ends() -> None:
    rows = np.arange(6, dtype=np.float32)[:, None]
    wide = with_context(rows, 4)
    assert wide.shape == (6, 10)
    np.testing.assert_array_equal(wide[0], [0, 0, 0, 0, 0, 1, 2, 3, 4, 1])


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 training clips"):
        read_clips(tmp_path)
