from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from xtalker.evaluate.sync.expert import SyncCard, SyncExpert
from xtalker.evaluate.sync.figures import EmbeddedClip, sync_figures
from xtalker.evaluate.sync.network import SyncConfig, SyncNetwork
from xtalker.evaluate.sync.training import SyncClip, SyncRecipe, contrastive_loss, train_sync
from xtalker.values import InputError

MOTION = SyncConfig("motion", mouth_channels=120, sound_channels=8, mouth_width=32, sound_width=32)
RECIPE = SyncRecipe(steps=60, batch=8, frames=40, gain=0.01)


def _clips(count: int, seed: int) -> list[SyncClip]:
    """Mouths that follow four channels of a smooth sound, each clip with its own constant face."""
    random = np.random.default_rng(seed)
    follow = np.random.default_rng(99).standard_normal((8, 120)) * (np.arange(8) < 4)[:, None]
    out = []
    for index in range(count):
        white = random.standard_normal((78, 8))
        sound = np.stack([white[k : k + 75] for k in range(4)]).mean(axis=0)
        mouth = sound @ follow + 0.3 * random.standard_normal(120)
        out.append(SyncClip(f"{seed}_{index}", "ab"[index % 2], mouth.astype(np.float32), sound.astype(np.float32)))
    return out


def _figures(network: SyncNetwork, clips: list[SyncClip]) -> tuple[float, float]:
    expert = SyncExpert(network, SyncCard("none"))
    embedded = [EmbeddedClip(c.speaker, expert.embed_lips(c.mouth), expert.embed_sound(c.sound)) for c in clips]
    figures = sync_figures(embedded)
    return figures.auc, figures.within_one_frame


def test_it_learns_what_can_be_known() -> None:
    unseen = _clips(12, seed=1)
    torch.manual_seed(0)
    untrained, _ = _figures(SyncNetwork(MOTION).eval(), unseen)
    auc, within = _figures(train_sync(_clips(24, seed=0), MOTION, RECIPE), unseen)
    assert untrained < 0.8 and auc > 0.97 and within > 0.97


def test_pictures_are_learnt_from() -> None:
    """A mouth that opens with the sound, seen as a dark bar."""
    clips = []
    for clip in _clips(10, seed=2):
        opening = 8 + 8 * np.tanh(clip.sound[:, 0])
        dark = np.abs(np.arange(48) - 24) < opening[:, None]
        crops = np.where(dark[:, :, None], 30, 160).astype(np.uint8) * np.ones(48, np.uint8)
        clips.append(replace(clip, mouth=crops))
    config = SyncConfig("crops", mouth_channels=2, sound_channels=8, mouth_width=16, sound_width=16)
    recipe = SyncRecipe(steps=25, batch=6, frames=30, learning_rate=4e-3, window_frames=10, gain=0.01)
    expert = SyncExpert(train_sync(clips, config, recipe), SyncCard("none"))
    embedded = [EmbeddedClip(c.speaker, expert.embed_crops(c.mouth), expert.embed_sound(c.sound)) for c in clips]
    assert sync_figures(embedded).auc > 0.9


def test_the_same_seed_is_the_same_network_and_another_is_not() -> None:
    clips, recipe = _clips(8, seed=0), replace(RECIPE, steps=2)
    first, second, third = (
        train_sync(clips, MOTION, r).state_dict() for r in (recipe, recipe, replace(recipe, seed=1))
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], third[name]) for name in first)


def test_ears_are_where_the_sound_tower_starts() -> None:
    clips = _clips(8, seed=0)
    torch.manual_seed(5)
    ears = SyncNetwork(MOTION)
    recipe = replace(RECIPE, steps=2, learning_rate=1e-9, weight_decay=0.0)
    trained = train_sync(clips, MOTION, recipe, ears=ears)
    for name, tensor in ears.sound.state_dict().items():
        torch.testing.assert_close(trained.sound.state_dict()[name], tensor, atol=1e-6, rtol=0)


def test_the_loss_is_its_definition() -> None:
    torch.manual_seed(0)
    mouth, sound = (torch.nn.functional.normalize(torch.randn(3, 6, 64, dtype=torch.float64), dim=-1) for _ in "ab")
    log_scale, recipe = torch.tensor(1.5, dtype=torch.float64), SyncRecipe(window_frames=6)
    scale, total = float(log_scale.exp()), 0.0
    for one, two in ((mouth, sound), (sound, mouth)):
        for b in range(3):
            for i in range(6):
                among = [scale * float(one[b, i] @ two[b, j]) for j in range(6) if abs(i - j) != 1]
                total += (np.log(np.sum(np.exp(among))) - scale * float(one[b, i] @ two[b, i])) / 18
    for a in range(3):
        whole = [4 * scale * float((mouth[a] * sound[b]).sum()) / 6 for b in range(3)]
        total += (np.log(np.sum(np.exp(whole))) - whole[a]) / 3
    loss = contrastive_loss(mouth, sound, log_scale, np.random.default_rng(0), recipe)
    assert float(loss) == pytest.approx(total, rel=1e-9)


def test_too_little_is_refused() -> None:
    with pytest.raises(InputError, match="7 clips, the shortest of 75 frames"):
        train_sync(_clips(7, seed=0), MOTION, RECIPE)
    with pytest.raises(InputError, match="at least 8 clips of 76 frames"):
        train_sync(_clips(8, seed=0), MOTION, replace(RECIPE, frames=76))
