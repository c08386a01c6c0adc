"""The shell of hair: where it is, how it moves, what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xtalker.head import load_head
from xtalker.render.anatomy import find_eyes, find_frame
from xtalker.render.hair import grown, is_cropped
from xtalker.render.head_renderer import HeadRenderer
from xtalker.render.scene import build_scene
from xtalker.values import Identity, Motion
from xtalker.values.appearance import HAIR_ANGLES_RAD, HAIR_FRONT_RAD, HAIR_PICTURE_SIZE, Appearance, HairStyle

pytestmark = pytest.mark.real
WIDTH, HEIGHT = HAIR_PICTURE_SIZE
LONG = HairStyle(
    (0.03,) * len(HAIR_ANGLES_RAD), (0.38,) * len(HAIR_FRONT_RAD), 0.15, (0.05, 0.03, 0.02),
    np.zeros((HEIGHT, WIDTH, 4), np.uint8),
)  # fmt: skip
SHORT = replace(LONG, length_m=0.0)
CROPPED = replace(SHORT, stand_m=(0.004,) * len(HAIR_ANGLES_RAD))


class Shipped:
    """The shipped head, long hair on it, and both surfaces at rest."""

    def __init__(self) -> None:
        self.head = load_head()
        self.rest = self.head.neutral(Identity())
        self.bare = build_scene(self.head.topology)
        self.scene, self.hair = grown(self.bare, self.head.topology, self.rest, LONG)
        fine = self.bend(self.rest)
        self.frame = find_frame(fine, find_eyes(self.bare, fine))

    def bend(self, vertices: np.ndarray) -> np.ndarray:
        return np.asarray(self.scene.matrix(len(vertices)) @ vertices)


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    return Shipped()


def test_cropped_hair_needs_no_shell(shipped: Shipped) -> None:
    assert is_cropped(CROPPED) and not is_cropped(SHORT) and not is_cropped(replace(CROPPED, length_m=0.1))
    assert grown(shipped.bare, shipped.head.topology, shipped.rest, CROPPED) == (shipped.bare, None)


def test_the_head_itself_stays(shipped: Shipped) -> None:
    bare = np.asarray(shipped.bare.matrix(len(shipped.rest)) @ shipped.rest)
    np.testing.assert_allclose(shipped.bend(shipped.rest)[: len(bare)], bare, atol=1e-7)


def test_rows_put_hair_where_it_was_made(shipped: Shipped) -> None:
    assert shipped.hair is not None
    place = shipped.bend(shipped.rest)[shipped.scene.parts["hair"]]
    np.testing.assert_allclose(place, shipped.hair.points, atol=2e-6)


def test_it_hangs_as_far_as_it_should_and_stands_off_the_skull(shipped: Shipped) -> None:
    place = shipped.bend(shipped.rest)
    hair, skin = place[shipped.scene.parts["hair"]], place[shipped.scene.parts["skin"]]
    assert shipped.frame.origin[1] - hair[:, 1].min() == pytest.approx(0.15, abs=0.035)
    assert hair[:, 1].max() - skin[:, 1].max() == pytest.approx(0.03, abs=0.008)


def test_nothing_hangs_before_the_face(shipped: Shipped) -> None:
    hair = shipped.bend(shipped.rest)[shipped.scene.parts["hair"]] - shipped.frame.origin
    before = (np.abs(hair[:, 0]) < 0.05) & (hair[:, 1] < 0.035) & (hair[:, 2] > -0.05)
    assert not before.any()


def test_hair_on_the_skull_turns_rigidly_with_it(shipped: Shipped) -> None:
    motion = Motion.zeros(1)
    motion.head[0, 1] = 0.5
    motion.jaw[0, 0], motion.expression[0, :] = 0.3, 0.2
    turned = shipped.bend(shipped.head.vertices(Identity(), motion)[0])
    rest, hair = shipped.bend(shipped.rest), shipped.scene.parts["hair"]
    high = rest[hair][:, 1] > shipped.frame.origin[1] - 0.09
    c, s = np.cos(0.5), np.sin(0.5)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    np.testing.assert_allclose(turned[hair][high], rest[hair][high] @ turn.T, atol=2e-4)


def test_the_tips_stay_nearer_to_the_shoulders(shipped: Shipped) -> None:
    motion = Motion.zeros(1)
    motion.head[0, 1] = 0.5
    turned = shipped.bend(shipped.head.vertices(Identity(), motion)[0])
    moved = np.linalg.norm(turned - shipped.bend(shipped.rest), axis=1)[shipped.scene.parts["hair"]]
    height = shipped.bend(shipped.rest)[shipped.scene.parts["hair"]][:, 1] - shipped.frame.origin[1]
    assert moved[height < -0.13].mean() < 0.85 * moved[(height > -0.06) & (height < -0.02)].mean()


@pytest.mark.parametrize("style", [LONG, SHORT])
def test_it_is_drawn_in_its_colour(shipped: Shipped, style: HairStyle) -> None:
    grey = np.full((1024, 1024, 4), 128, np.uint8)
    grey[..., 3] = 0
    own = Appearance(grey, (0.1, 0.1, 0.1), (0.1, 0.1, 0.1), (), replace(style, colour=(0.0, 0.30, 0.0)))
    renderer = HeadRenderer(
        shipped.head.topology, shipped.rest, look="portrait", width=96, height=96, appearance=own, background="black"
    )
    rgb = renderer.render(shipped.rest, renderer.portrait_camera()).rgb.astype(int)
    green = rgb[..., 1] > rgb[..., 0] + 30
    assert green[:20].sum() > 0.9 * (rgb[:20].sum(-1) > 60).sum() > 0
    beside = green[60:75].any(1).mean()
    assert beside > 0.9 if style is LONG else beside == 0
