"""Videos, crops and batches of the paper's recipe."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.clips import tiny_clip, write_tiny_clips
from tests.tiny.paper import TINY_FEELINGS, TINY_PAPER_RECIPE, add_tiny_tracks

from xtalker.train.clips import write_clip
from xtalker.train.loop import Job
from xtalker.train.paper import train_paper
from xtalker.train.paper_bank import LEVELS, PaperBank, open_paper_bank, stretch
from xtalker.train.paper_batches import draw_crops
from xtalker.train.paper_clips import PaperTracks, add_tracks
from xtalker.train.recipes.paper import ON_OPEN_CLIPS, PaperRecipe, changed
from xtalker.values import InputError

_OPEN = changed(TINY_PAPER_RECIPE, ON_OPEN_CLIPS)
_OPEN_FEELING = changed(_OPEN, {"emotion_channels": 768})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("clips"), count=16)


@pytest.fixture(scope="module")
def opened(folder: Path) -> tuple[PaperBank, PaperRecipe]:
    return open_paper_bank(folder, _OPEN, bars=False)


def test_clips_are_joined_until_a_crop_fits(folder: Path, opened: tuple[PaperBank, PaperRecipe]) -> None:
    bank, recipe = opened
    names = [[piece.take() for piece in video] for video in bank.videos]
    assert [len(video) for video in bank.videos] == [2, 2, 2] * 2  # clips of 50 frames for crops of 60
    assert all(len({clip.speaker for clip in video}) == 1 for video in names)
    assert len({clip.clip for video in names for clip in video}) == 12
    apart, _ = open_paper_bank(folder, replace(_OPEN, joins_clips=False), bars=False)
    assert len(apart.videos) == 12
    assert recipe.steps == 6 and recipe.generator.emotion_channels == 0
    by_epochs = open_paper_bank(folder, replace(_OPEN, steps=0, epochs=10, batch=4), bars=False)[1]
    assert by_epochs.steps == 10 * 6 // 4


def test_displacement_from_the_first_frame_or_from_the_neutral(opened: tuple[PaperBank, PaperRecipe]) -> None:
    bank, recipe = opened
    video = bank.videos[0]
    one, other = (piece.take().motion for piece in video)
    first = stretch(video, 0, 100, replace(recipe, reference="first", generator=TINY_PAPER_RECIPE.generator))
    assert not first.latent[0].any()
    np.testing.assert_allclose(first.latent[50:, 150:153], other.head - one.head[0], atol=1e-6)
    np.testing.assert_allclose(first.shown[100:150], one.expression[0])
    neutral = stretch(video, 0, 100, recipe)
    np.testing.assert_allclose(neutral.latent[:50, 153:156], one.jaw, atol=1e-6)
    assert np.abs(np.median(neutral.latent[:50, 150:153], axis=0)).max() < 0.01 and not neutral.shown.any()
    absolute = stretch(video, 0, 100, changed(recipe, {"latent": "absolute"}))
    np.testing.assert_array_equal(absolute.latent[50:, 150:153], other.head)
    cut = stretch(video, 30, 70, recipe)
    np.testing.assert_array_equal(cut.latent, neutral.latent[30:70])
    np.testing.assert_array_equal(cut.linguistic[20:], video[1].take().linguistic[0][:20].astype(np.float32))
    drawn = stretch(video, 0, 100, replace(recipe, reference_share=0.999999), np.random.default_rng(0))
    np.testing.assert_allclose(drawn.latent + drawn.shown, neutral.latent, atol=1e-5)
    assert drawn.shown[153] > 0 and not drawn.shown[150:153].any()


def test_a_batch_is_the_same_in_parts(opened: tuple[PaperBank, PaperRecipe]) -> None:
    bank, recipe = opened
    whole, parts = draw_crops(bank, recipe, 3, range(4)), [draw_crops(bank, recipe, 3, [i]) for i in range(4)]
    state, velocity = whole.states("white", 512, torch.ones(284))
    for i, part in enumerate(parts):
        assert torch.equal(whole.target[i], part.target[0]) and torch.equal(whole.weight[i], part.weight[0])
        assert torch.equal(state[i], part.states("white", 512, torch.ones(284))[0][0])
    noise = whole.target - velocity
    time = (whole.step / 512)[:, None, None]
    torch.testing.assert_close(state, time * whole.target + (1 - time) * noise, atol=1e-5, rtol=1e-5)
    assert whole.step.dtype == torch.int64 and len(set(whole.noise_seed)) == 4
    assert not torch.equal(whole.target, draw_crops(bank, recipe, 4, range(4)).target)


def test_every_video_once_an_epoch_in_changing_order(opened: tuple[PaperBank, PaperRecipe]) -> None:
    module = importlib.import_module("xtalker.train.paper_batches")
    epochs = [[module._visit(0, 6, 6 * epoch + place) for place in range(6)] for epoch in range(5)]
    assert all(sorted(epoch) == list(range(6)) for epoch in epochs) and len({tuple(e) for e in epochs}) > 1


def test_padding_and_what_was_not_seen_do_not_count(tmp_path: Path) -> None:
    for index in range(2):
        clip = tiny_clip(f"c{index}", seed=index)
        seen = np.ones(58, bool)
        seen[2] = False
        write_clip(tmp_path, replace(clip, observed=seen, confidence=np.linspace(0, 1, 50, dtype=np.float32)))
    bank, recipe = open_paper_bank(tmp_path, replace(_OPEN, joins_clips=False), bars=False)
    batch = draw_crops(bank, recipe, 0, range(2))
    assert not batch.weight[:, 50:].any() and not batch.target[:, 50:].any() and not batch.heard.present[:, 50:].any()
    torch.testing.assert_close(batch.weight.sum((1, 2)), torch.ones(2))
    assert not batch.weight[..., 102].any() and batch.weight[:, 49, 153].all() and not batch.weight[:, 0].any()


def test_emotion_features_come_with_the_clips(tmp_path: Path) -> None:
    write_tiny_clips(tmp_path / "all", count=8)
    bank, recipe = open_paper_bank(add_tiny_tracks(tmp_path / "all"), _OPEN_FEELING, bars=False)
    assert recipe.generator.emotion_channels == TINY_FEELINGS and not recipe.generator.emotion_optional
    heard = draw_crops(bank, recipe, 0, range(4)).heard
    assert heard.emotion is not None and heard.felt is not None and heard.felt.all()
    scores = bank.statistics.emotion(bank.videos[0][0].optional().emotion, recipe.generator)
    assert abs(scores.mean()) < 0.2 and scores.std() == pytest.approx(1, abs=0.2)
    write_tiny_clips(tmp_path / "some", count=8)
    add_tiny_tracks(tmp_path / "some", every=2)
    bank, recipe = open_paper_bank(tmp_path / "some", replace(_OPEN_FEELING, joins_clips=False), bars=False)
    assert recipe.generator.emotion_optional
    felt = draw_crops(bank, recipe, 0, range(4)).heard.felt
    assert felt is not None and 0 < felt.float().mean() < 1
    train_paper(bank, replace(recipe, steps=1), Job(tmp_path / "a.safetensors"))
    dropped, recipe = open_paper_bank(tmp_path / "all", replace(_OPEN_FEELING, emotion_drop=0.999), bars=False)
    assert recipe.generator.emotion_optional and not draw_crops(dropped, recipe, 0, range(4)).heard.felt.any()


def test_levels_of_emotions_stand_in_for_features(tmp_path: Path) -> None:
    for index in range(4):
        levels = np.full((50, 7), 0.1 * index, np.float32)
        write_clip(tmp_path, replace(tiny_clip(f"c{index}", seed=index), emotion=levels if index else None))
    bank, recipe = open_paper_bank(tmp_path, _OPEN_FEELING, bars=False)
    assert recipe.generator.emotion_channels == 7 and recipe.generator.emotion_optional
    assert LEVELS in bank.clips.summary


@pytest.mark.parametrize(
    ("tracks", "text"),
    [(PaperTracks(emotion=np.zeros((49, 5), np.float32), emotion_encoder="a"), "shape \\(49, 5\\)"),
     (PaperTracks(emotion=np.full((50, 5), np.nan, np.float32), emotion_encoder="a"), "NaN"),
     (PaperTracks(emotion=np.zeros((50, 6), np.float32), emotion_encoder="b"), "b \\(6\\)"),
     (PaperTracks(identity=np.zeros((49, 228), np.float32)), "shape \\(49, 228\\)")],
)  # fmt: skip
def test_unusable_tracks_are_refused(tracks: PaperTracks, text: str, tmp_path: Path) -> None:
    add_tiny_tracks(write_tiny_clips(tmp_path, count=8), identity=tracks.identity is not None)
    add_tracks(tmp_path / "clip_02.npz", tracks)
    with pytest.raises(InputError, match=text):
        open_paper_bank(tmp_path, _OPEN_FEELING, bars=False)
