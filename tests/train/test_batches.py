from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.clips import tiny_clip, write_tiny_clips

from xtalker.generator.channels import HEAD
from xtalker.generator.normalise import log_amplitude
from xtalker.train.batches import ClipBank, draw_batch, open_bank
from xtalker.train.clips import write_clip
from xtalker.train.recipes.open import OpenRecipe
from xtalker.train.statistics import clip_latent, measure
from xtalker.values import InputError
from xtalker.values.tracks import EMOTIONS

_RECIPE = OpenRecipe(batch=64, crop_frames=20)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> ClipBank:
    return open_bank(write_tiny_clips(tmp_path_factory.mktemp("clips")))


def test_statistics_are_those_of_all_frames_at_once() -> None:
    clips = [tiny_clip(str(i), seed=i, num_frames=30 + 7 * i) for i in range(4)]
    statistics = measure(clips)
    rows = np.concatenate([clip_latent(c) for c in clips]).astype(np.float64)
    spoken = np.concatenate([np.concatenate(c.linguistic) for c in clips]).astype(np.float64)
    level = log_amplitude(np.concatenate([c.amplitude for c in clips])).astype(np.float64)
    np.testing.assert_allclose(statistics.motion_mean, rows.mean(0), atol=1e-6)
    np.testing.assert_allclose(statistics.motion_std, rows.std(0), atol=1e-6)
    np.testing.assert_allclose(statistics.linguistic_mean, spoken.mean(0), atol=1e-5)
    np.testing.assert_allclose(statistics.linguistic_std, spoken.std(0), atol=1e-5)
    np.testing.assert_allclose(statistics.loudness, [level.mean(), level.std()], atol=1e-5)


def test_frames_without_confidence_do_not_count() -> None:
    clip = tiny_clip("one", seed=0)
    clip.motion.jaw[10:20] = 9
    clip.confidence[10:20] = 0
    good = np.r_[0:10, 20:50]
    np.testing.assert_allclose(measure([clip]).motion_mean[50], clip.motion.jaw[good, 0].mean(), atol=1e-6)


def test_displacement_of_the_head_is_from_the_clips_median() -> None:
    displacement = clip_latent(tiny_clip("one", seed=0))
    assert np.abs(np.median(displacement[:, HEAD], axis=0)).max() < 1e-3
    assert np.abs(displacement[:, HEAD]).max() > 0.03


def test_test_clips_are_left_out(bank: ClipBank) -> None:
    names = sorted(source().clip for clips in bank.speakers for source in clips)
    assert names == [f"clip_{i:02}" for i in range(9)]
    assert bank.summary.startswith("9 clips, 2 speakers")


def test_batches_depend_on_seed_and_step_only(bank: ClipBank) -> None:
    one, again = draw_batch(bank, _RECIPE, 7), draw_batch(bank, _RECIPE, 7)
    assert all(torch.equal(getattr(one, n), getattr(again, n)) for n in vars(one))
    assert not torch.equal(one.target, draw_batch(bank, _RECIPE, 8).target)
    assert not torch.equal(one.target, draw_batch(bank, replace(_RECIPE, seed=1), 7).target)


def test_folder_larger_than_memory_gives_the_same_batches(bank: ClipBank, tmp_path: Path) -> None:
    lazy = open_bank(write_tiny_clips(tmp_path), keep_bytes=5000)
    assert lazy.digest == bank.digest
    torch.testing.assert_close(draw_batch(lazy, _RECIPE, 0).linguistic, draw_batch(bank, _RECIPE, 0).linguistic)


def test_targets_are_standardised_and_references_are_subtracted(bank: ClipBank) -> None:
    batch = draw_batch(bank, replace(_RECIPE, batch=400, reference_share=0.0), 0)
    assert not batch.reference.any()
    assert float(batch.target[..., 50].std()) == pytest.approx(1, abs=0.15)
    shifted = draw_batch(bank, replace(_RECIPE, batch=400, reference_share=1.0), 0)
    back = shifted.target[..., :53] + shifted.reference[:, None]
    near = (shifted.reference.abs() < 4).all(1)  # further ones are cut in what the network sees
    torch.testing.assert_close(back[near], batch.target[near][..., :53], atol=1e-4, rtol=1e-4)
    assert shifted.reference[:, 50].std() > 0.2


def test_gain_moves_loudness_and_nothing_else(bank: ClipBank) -> None:
    plain, loud = (draw_batch(bank, replace(_RECIPE, gain_db=db), 0) for db in (0.0, 12.0))
    change = loud.loudness - plain.loudness
    assert change.max() > 0.3 and change.min() < -0.3
    assert torch.equal(plain.linguistic, loud.linguistic) and torch.equal(plain.target, loud.target)


def test_short_clips_are_padded_with_frames_of_no_weight(bank: ClipBank) -> None:
    batch = draw_batch(bank, replace(_RECIPE, crop_frames=70), 0)
    assert batch.present[:, :50].all() and not batch.present[:, 50:].any()
    assert not batch.weight[:, 50:].any() and not batch.target[:, 50:].any()


@pytest.mark.parametrize(("balance", "share"), [(0.0, 0.1), (0.5, 0.25), (1.0, 0.5)])
def test_speakers_are_balanced(tmp_path: Path, balance: float, share: float) -> None:
    for i in range(10):
        clip = tiny_clip(f"c{i}", seed=i, speaker="rare" if i == 0 else "common")
        clip.confidence[:] = 0.5 if i == 0 else 1
        write_clip(tmp_path, clip)
    batch = draw_batch(open_bank(tmp_path), replace(_RECIPE, batch=400, speaker_balance=balance), 0)
    assert float((batch.weight[:, 0] == 0.5).float().mean()) == pytest.approx(share, abs=0.07)


def test_folders_that_cannot_be_trained_on(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="received no such folder"):
        open_bank(tmp_path / "absent")
    with pytest.raises(InputError, match="received 0 clips, none of split train"):
        open_bank(tmp_path)
    write_clip(tmp_path, tiny_clip("held_out", seed=0, split="test"))
    with pytest.raises(InputError, match="1 clips, none of split train"):
        open_bank(tmp_path)
    write_clip(tmp_path, replace(tiny_clip("a", seed=0), confidence=np.zeros(50, np.float32)))
    with pytest.raises(InputError, match="nothing moves, or without confidence"):
        open_bank(tmp_path)
    write_clip(tmp_path, replace(tiny_clip("b", seed=0), encoder="another"))
    with pytest.raises(InputError, match="received b of encoder another, others of tiny-encoder-1"):
        open_bank(tmp_path)


def test_known_emotions_are_told_dropped_and_padded(tmp_path: Path) -> None:
    for i in range(4):
        clip = tiny_clip(f"c{i}", seed=i, num_frames=12)
        felt = np.zeros((12, 7), np.float32)
        felt[:, EMOTIONS.index("sad")] = 0.5
        write_clip(tmp_path, replace(clip, emotion=felt if i else None))
    told = replace(_RECIPE, learns_emotions=True, generator=replace(_RECIPE.generator, emotions=("happy", "sad")))
    rows = draw_batch(open_bank(tmp_path), told, 0).emotion
    assert rows is not None and rows.shape == (64, 20, 2)
    known = rows[:, 0, 1] == 0.5
    assert 20 < int(known.sum()) < 50  # 3 of 4 clips, 30 % of them dropped
    assert not rows[:, 12:].any() and not rows[..., 0].any() and not rows[~known].any()
    assert draw_batch(open_bank(tmp_path), _RECIPE, 0).emotion.shape == (64, 20, 0)
