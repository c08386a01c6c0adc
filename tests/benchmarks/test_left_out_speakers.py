from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.left_out_speakers import read_training, study, with_context
from tests.tiny.clips import tiny_clip

from xtalker.train.clips import TrainingClip
from xtalker.values import InputError


def _clip(speaker: str, seed: int, gain: float) -> TrainingClip:
    """The jaw follows the first channel, as wide as the speaker opens it."""
    rows = np.random.default_rng(seed).standard_normal((60, 12)).astype(np.float32)
    clip = tiny_clip(f"{speaker}_{seed}", seed=seed, num_frames=60, speaker=speaker)
    clip.motion.jaw[:, 0] = gain * rows[:, 0]
    noise = np.random.default_rng(seed + 99).standard_normal(rows.shape).astype(np.float32)
    return replace(clip, linguistic=(rows, noise))


def test_a_common_rule_is_found_whoever_is_left_out_and_none_in_noise() -> None:
    clips = [_clip(s, 10 * k + i, 0.1 * (k + 1)) for k, s in enumerate("abcd") for i in range(10)]
    found = study(clips, lambda clip: clip.linguistic[:1])
    assert set(found) == set("abcd") and min(found.values()) > 0.95
    lost = study(clips, lambda clip: clip.linguistic[1:])
    assert max(map(abs, lost.values())) < 0.2


def test_context_repeats_the_ends() -> None:
    rows = np.arange(6, dtype=np.float32)[:, None]
    wide = with_context(rows)
    assert wide.shape == (6, 10)
    np.testing.assert_array_equal(wide[0], [0, 0, 0, 0, 0, 1, 2, 3, 4, 1])


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 training clips"):
        read_training(tmp_path)
