from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from xtalker.appearance.matte import person_alpha
from xtalker.appearance.pixels import resized
from xtalker.appearance.segmentation import SelfieSegmentation, Window
from xtalker.assets import fetch
from xtalker.capture import FaceDetector, FaceMesh, load_portrait
from xtalker.capture.fit import FACE_OVAL
from xtalker.capture.landmarks import portrait_landmarks
from xtalker.capture.network import Network

SKIN, WALL, COAT = (214, 168, 140), (70, 110, 160), (40, 44, 50)


def oval(x: float, y: float, width: float, height: float) -> np.ndarray:
    turn = np.arange(36) * 2 * np.pi / 36
    return np.stack([x + np.sin(turn) * width / 2, y - np.cos(turn) * height / 2], axis=1)


def figure(width: int, height: int, x: float, y: float, tall: float) -> np.ndarray:
    """Exact cover, by 4 x 4 samples, of a head of 1.4 face heights and a coat below it."""
    v, u = (np.mgrid[: 4 * height, : 4 * width] + 0.5) / 4
    head = ((u - x) / (0.5 * tall)) ** 2 + ((v - y + 0.1 * tall) / (0.7 * tall)) ** 2 < 1
    coat = (np.abs(u - x) < 0.35 * tall + 0.6 * np.clip(v - y - 0.4 * tall, 0, 1.2 * tall)) & (v > y + 0.4 * tall)
    return (head | coat).reshape(height, 4, width, 4).mean((1, 3)).astype(np.float32)


def painted(cover: np.ndarray, noise: float = 1.5) -> np.ndarray:
    random = np.random.default_rng(0)
    person = np.where(np.arange(len(cover))[:, None, None] < 0.62 * len(cover), SKIN, COAT)
    mixed = cover[..., None] * person + (1 - cover[..., None]) * np.array(WALL)
    return np.clip(mixed + random.normal(0, noise, mixed.shape) + 0.5, 0, 255).astype(np.uint8)


class Blurry:
    """Stands for the network: people are whatever is not the wall, seen coarsely."""

    def __call__(self, picture: np.ndarray) -> Sequence[np.ndarray]:
        wall = np.array(WALL) / 255
        seen = (np.abs(picture[0] - wall).sum(-1) > 0.18).astype(np.float32)
        coarse = resized(resized(seen, 48, 48), 256, 256, "linear")
        return [coarse[None, ..., None]]


@pytest.fixture
def network() -> SelfieSegmentation:
    return SelfieSegmentation(Blurry())


@pytest.mark.parametrize(("width", "height"), [(360, 480), (640, 360)])
def test_a_known_cover_is_recovered(network: SelfieSegmentation, width: int, height: int) -> None:
    tall = 0.36 * height
    truth = figure(width, height, width / 2, 0.45 * height, tall)
    face = oval(width / 2, 0.45 * height, 0.7 * tall, tall)
    alpha = person_alpha(painted(truth), face, network)
    assert alpha.shape == truth.shape and alpha.dtype == np.float32
    assert alpha.min() >= 0 and alpha.max() <= 1
    assert np.abs(alpha - truth).mean() < 0.006
    edge = (truth > 0.05) & (truth < 0.95)
    assert np.abs(alpha - truth)[edge].mean() < 0.16  # the network's own mask is off by far more:
    seen = resized(network.probability(painted(truth)), width, height, "linear")
    assert np.abs(seen - truth)[edge].mean() > 0.2


def test_the_face_is_opaque_though_it_looks_like_the_wall(network: SelfieSegmentation) -> None:
    face = oval(180, 216, 120, 170)
    truth = figure(360, 480, 180, 216, 170)
    rgb = painted(truth)
    rgb[200:260, 150:210] = WALL
    assert person_alpha(rgb, face, network)[200:260, 150:210].min() == 1


def test_only_the_person_who_is_meant(network: SelfieSegmentation) -> None:
    left, right = figure(640, 400, 190, 180, 130), figure(640, 400, 440, 180, 130)
    rgb = painted(np.maximum(left, right))
    faces = [np.array([[x - 45, 115], [x + 45, 245]], np.float64) for x in (190, 440)]
    for meant, other, x, boxes in ((left, right, 190, faces[1:]), (right, left, 440, faces[:1])):
        alpha = person_alpha(rgb, oval(x, 180, 90, 130), network, np.array(boxes))
        heads = np.s_[:245]
        assert np.abs(alpha - meant)[heads].mean() < 0.01
        assert alpha[heads][(other[heads] > 0.5) & (meant[heads] == 0)].mean() < 0.02


def test_people_apart_need_no_telling(network: SelfieSegmentation) -> None:
    left, right = figure(700, 300, 140, 140, 100), figure(700, 300, 560, 140, 100)
    alpha = person_alpha(painted(np.maximum(left, right)), oval(140, 140, 70, 100), network)
    assert np.abs(alpha - left).mean() < 0.01


def test_nothing_but_the_person(network: SelfieSegmentation) -> None:
    """A face that fills the picture leaves no background to solve for."""
    rgb = np.full((200, 160, 3), SKIN, np.uint8)
    assert person_alpha(rgb, oval(80, 100, 140, 190), network).min() == 1


def test_a_ring_encloses_the_person(network: SelfieSegmentation) -> None:
    truth = figure(400, 480, 200, 216, 150)
    rgb = painted(truth)
    rgb[330:350, 190:210] = WALL
    assert person_alpha(rgb, oval(200, 216, 105, 150), network)[330:350, 190:210].min() > 0.9


def test_probability_is_the_mean_of_both_mirror_views() -> None:
    def left_half(picture: np.ndarray) -> Sequence[np.ndarray]:
        return [np.broadcast_to((np.arange(256) < 128).astype(np.float32)[None, None, :, None], (1, 256, 256, 1))]

    seen = SelfieSegmentation(left_half).probability(np.zeros((50, 70, 3), np.uint8))
    np.testing.assert_array_equal(seen, 0.5)


def test_a_window_ends_at_the_border() -> None:
    window = Window.around(np.array([10.0, 95.0]), 40.0, 100, 100)
    assert (window.left, window.top, window.right, window.bottom) == (0, 75, 30, 100)
    assert window.scaled(0.5, 0.5, 50, 50) == Window(0, 38, 15, 50)


@pytest.mark.real
def test_the_astronaut() -> None:
    network = SelfieSegmentation(
        Network(fetch("selfie-segmentation").read_bytes(), SelfieSegmentation.INPUTS, SelfieSegmentation.OUTPUTS)
    )
    portrait = load_portrait(fetch("portrait-astronaut"))
    models = FaceDetector(fetch("face-detector").read_bytes()), FaceMesh(fetch("face-mesh-attention").read_bytes())
    face = portrait_landmarks(portrait, *models).points[list(FACE_OVAL), :2].astype(np.float64)
    alpha = person_alpha(portrait.rgb, face, network)
    for x, y, cover in ((224, 110, 1), (180, 90, 1), (265, 80, 1), (224, 22, 1), (150, 300, 1), (150, 60, 0)):
        assert abs(alpha[y, x] - cover) < 0.1, (x, y)
    for x, y in ((40, 60), (320, 40), (390, 100), (480, 200), (300, 120)):  # flag, wall, rocket, night
        assert alpha[y, x] < 0.05, (x, y)
    assert 0.4 < alpha.mean() < 0.62
