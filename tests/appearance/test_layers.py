from __future__ import annotations

import numpy as np
import pytest

from xtalker.appearance.layers import PhotoLayers, separate
from xtalker.appearance.membrane import membrane
from xtalker.appearance.patch_match import patch_offsets

PERSON = (150, 90, 60)


def disc(width: int, height: int, radius: float, soft: float = 2.0) -> np.ndarray:
    """Cover of a ball that stands on the lower border, with a soft edge."""
    y, x = np.mgrid[:height, :width] + 0.5
    away = np.hypot(x - width / 2, np.minimum(y - 0.55 * height, 0))
    return np.clip((radius - away) / soft + 0.5, 0, 1).astype(np.float32)


def composed(
    cover: np.ndarray, background: np.ndarray, person: np.ndarray | tuple[int, int, int] = PERSON
) -> np.ndarray:
    mixed = cover[..., None] * np.asarray(person, np.float32) + (1 - cover[..., None]) * background
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def recomposed(layers: PhotoLayers) -> np.ndarray:
    cover = layers.person[..., 3:] / 255.0
    return cover * layers.person[..., :3] + (1 - cover) * layers.background


def stripes(width: int, height: int, period: int) -> np.ndarray:
    wave = np.where(np.arange(width) // (period // 2) % 2, 200, 90)
    return np.repeat(np.broadcast_to(wave, (height, width))[..., None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_the_layers_give_the_photograph(seed: int) -> None:
    """Any picture, any cover, even such as fit each other badly."""
    random = np.random.default_rng(seed)
    rgb = random.integers(0, 256, (90, 130, 3)).astype(np.uint8)
    alpha = random.random((90, 130)).astype(np.float32) * (random.random((90, 130)) > 0.4)
    alpha[:, : 20 * seed] = 0
    layers = separate(rgb, alpha.astype(np.float32), 50.0)
    assert np.abs(recomposed(layers) - rgb).max() <= 1
    assert 10 * np.log10(255**2 / max(((recomposed(layers) - rgb) ** 2).mean(), 1e-12)) >= 55
    np.testing.assert_array_equal(layers.together(), rgb)


def test_a_constant_background_stays_constant() -> None:
    cover = disc(240, 200, 55)
    layers = separate(composed(cover, np.full((200, 240, 3), 120.0)), cover, 100.0)
    assert np.abs(layers.background.astype(int) - 120).max() <= 2


def test_a_slope_goes_on_without_a_step() -> None:
    slope = np.broadcast_to(np.linspace(60, 200, 240)[None, :, None], (200, 240, 3))
    cover = disc(240, 200, 55)
    background = separate(composed(cover, slope), cover, 100.0).background.astype(float)
    covered_near_rim = (cover > 0) & (disc(240, 200, 35) < 0.5) & (np.arange(200)[:, None] < 170)
    assert np.abs(background - slope)[covered_near_rim].max() < 12
    assert np.abs(np.diff(background[:170], axis=1)).max() < 6


def test_no_halo_and_no_ghost() -> None:
    """A matte that misses the outer hair: what it misses must not stay in the background."""
    truth, matte = disc(240, 200, 56, soft=8), disc(240, 200, 53, soft=4)
    rgb = composed(truth, np.full((200, 240, 3), 190.0))
    missed = (truth > 0.1) & (matte == 0)
    assert missed.sum() > 300
    left, was = (np.abs(p.astype(int) - 190)[missed].mean() for p in (separate(rgb, matte, 100.0).background, rgb))
    assert was > 30 and left < 0.3 * was


def test_single_hairs_leave_a_plain_background() -> None:
    cover, random = disc(480, 400, 110), np.random.default_rng(1)
    background = 160 + random.normal(0, 1.5, (400, 480, 3))
    rgb = composed(cover, background)
    rgb[90:112, 240] = (60, 40, 30)
    layers = separate(rgb, cover, 300.0)
    assert cover[90:105, 240].max() == 0
    assert np.abs(layers.background[94:112, 240].astype(int) - 160).mean() < 8
    np.testing.assert_array_equal(layers.together(), rgb)


def test_grain_goes_on() -> None:
    cover, random = disc(480, 400, 110), np.random.default_rng(2)
    background = separate(composed(cover, 128 + random.normal(0, 4, (400, 480, 3))), cover, 200.0).background
    inside, outside = background[150:300, 200:280].astype(float), background[:, :80].astype(float)
    assert inside.std() == pytest.approx(outside.std(), rel=0.25)


@pytest.mark.parametrize("upright", [True, False])
def test_a_pattern_goes_on(upright: bool) -> None:
    """In step, and crisp. A smooth filling is right at a tenth of the pixels."""
    wall = stripes(480, 400, 40) if upright else stripes(400, 480, 40).transpose(1, 0, 2)
    cover = disc(480, 400, 90)
    background = separate(composed(cover, wall), cover, 200.0).background.astype(float)
    near = (cover > 0.5) & (disc(480, 400, 65) < 0.5) & (np.arange(400)[:, None] < 330)
    assert (np.abs(background - wall).max(-1) < 30)[near].mean() > 0.75
    assert (np.abs(np.abs(background - 145).mean(-1) - 55) < 25)[near].mean() > 0.95


def test_the_person_is_only_near_the_person() -> None:
    cover = disc(480, 400, 90)
    rgb = composed(cover, stripes(480, 400, 40))
    layers = separate(rgb, cover, 200.0)
    far = disc(480, 400, 112) == 0
    assert (layers.person[far] == 0).all()
    np.testing.assert_array_equal(layers.background[far], rgb[far])


def test_the_same_again() -> None:
    cover, random = disc(240, 200, 55), np.random.default_rng(3)
    rgb = composed(cover, random.integers(0, 256, (200, 240, 3)).astype(np.float32))
    first, second = (separate(rgb, cover, 100.0) for _ in range(2))
    np.testing.assert_array_equal(first.person, second.person)
    np.testing.assert_array_equal(first.background, second.background)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nobody_and_nothing_else(value: float) -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    layers = separate(rgb, np.full((60, 80), value, np.float32), 40.0)
    np.testing.assert_array_equal(layers.together(), rgb)
    assert (layers.person[..., 3] == 255 * value).all()


def test_membrane_is_harmonic() -> None:
    """A linear function solves Laplace's equation; so does what is made of its border."""
    y, x = np.mgrid[:40, :60].astype(np.float32)
    plane = (2 * x - 3 * y)[..., None]
    known = np.ones((40, 60), bool)
    known[5:-5, 5:-5] = False
    filled = membrane(np.where(known[..., None], plane, 0), known)
    assert np.abs(filled - plane).max() < 0.5
    np.testing.assert_array_equal(filled[known], plane[known])


def test_patches_come_from_what_is_known() -> None:
    random = np.random.default_rng(5)
    picture = random.integers(0, 256, (60, 80, 3)).astype(np.float32)
    known = np.ones((60, 80), bool)
    known[20:40, 30:50] = False
    _, offsets = patch_offsets(picture, known, ~known, 40.0)
    y, x = np.nonzero(~known)
    assert known[y + offsets[y, x, 0], x + offsets[y, x, 1]].all()
    assert (offsets[known] == 0).all()
