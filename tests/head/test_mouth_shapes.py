"""Mouth shapes of the drawn (subdivided) surface: teeth that show, vowels that are round, lips that touch."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.face_sheets import VISEMES, posed

from xtalker.head.lip_contact import LipContact
from xtalker.head.open_head import OpenHead
from xtalker.render.scene import Scene, build_scene
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL

OH = ({"jaw": 0.35, "mouthFunnel": 0.8, "mouthPucker": 0.1}, VISEMES["oh"])
MIDDLE_M = 0.006


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


@pytest.fixture(scope="module")
def scene(head: OpenHead) -> Scene:
    return build_scene(head.topology)


def _edges_mm(head: OpenHead, scene: Scene, **weights: float) -> tuple[float, float, float, float]:
    """Heights in the middle: upper lip, upper teeth, lower teeth, lower lip."""
    vertices = head.drawn(Identity(), posed([weights]))[0]
    fine = 1e3 * (scene.matrix(len(vertices)) @ vertices)
    front = np.abs(fine[:, 0]) < 1e3 * MIDDLE_M
    teeth = [fine[part][front[part], 1] for part in (scene.parts["teeth_upper"], scene.parts["teeth_lower"])]
    lips = [1e3 * vertices[ids] for ids in (head.contact.upper, head.contact.lower)]
    upper, lower = (lip[np.abs(lip[:, 0]) < 1e3 * MIDDLE_M, 1].mean() for lip in lips)
    return upper, teeth[0].min(), teeth[1].max(), lower


def test_upper_teeth_stand_under_the_lip_line_at_rest(head: OpenHead, scene: Scene) -> None:
    upper, edge, lower_edge, lower = _edges_mm(head, scene)
    assert 1.5 < upper - edge < 3
    assert -2 < lower_edge - lower < 0
    assert edge < lower_edge + 1.5, "incisors meet: no open bite"


def test_upper_teeth_show_when_the_mouth_opens(head: OpenHead, scene: Scene) -> None:
    upper, edge, _, lower = _edges_mm(head, scene, jaw=0.15)
    assert lower < edge < upper - 1.5


def test_a_lowered_lip_bares_lower_teeth(head: OpenHead, scene: Scene) -> None:
    _, _, edge, lower = _edges_mm(head, scene, jaw=0.3, mouthLowerDownLeft=0.5, mouthLowerDownRight=0.5)
    assert edge - lower > 2


@pytest.mark.parametrize("pose", OH)
def test_o_is_round_below_on_nineteen_of_twenty_faces(head: OpenHead, pose: dict[str, float]) -> None:
    """Angle of the lower lip's inner edge between points 4 mm to either side of its middle: a V has under 150."""
    random, angles = np.random.default_rng(5), []
    for _ in range(20):
        vertices = head.drawn(Identity(random.normal(0, 1, 100).astype(np.float32)), posed([pose]))[0]
        edge = 1e3 * vertices[head.contact.lower]
        left, middle, right = np.interp((-4, 0, 4), edge[:, 0], edge[:, 1])
        angles.append(180 - np.degrees(np.arctan2(left - middle, 4) + np.arctan2(right - middle, 4)))
    assert np.sort(angles)[1] > 150


def _hole_mm(head: OpenHead, weights: dict[str, float]) -> tuple[float, float]:
    """Width that holds 90 % of the hole between the lips, and its height."""
    vertices = 1e3 * head.drawn(Identity(), posed([weights]))[0]
    x = np.arange(-30, 30.5, 0.5)
    upper, lower = (np.interp(x, *vertices[ids][:, :2].T) for ids in (head.contact.upper, head.contact.lower))
    inside = (x > vertices[head.contact.upper, 0].min()) & (x < vertices[head.contact.upper, 0].max())
    gap = np.where(inside & (upper - lower > 0.7), upper - lower, 0)
    share = np.cumsum(gap) / gap.sum()
    return float(np.interp(0.95, share, x) - np.interp(0.05, share, x)), float(gap.max())


def test_rounding_leaves_a_short_hole_and_spreading_a_long_one(head: OpenHead) -> None:
    oh, oo, ee, jaw = (_hole_mm(head, w) for w in (VISEMES["oh"], VISEMES["oo w"], VISEMES["ee"], {"jaw": 0.3}))
    assert oh[0] < 24 and oh[1] / oh[0] > 0.6
    assert oo[0] < 15 and 2 < oo[1] < 6
    assert jaw[0] > 32.5 and ee[0] > 36


def test_funnel_and_pucker_are_told_apart(head: OpenHead) -> None:
    funnel, pucker = (head.expression_basis[CHANNEL[name]].ravel() for name in ("mouthFunnel", "mouthPucker"))
    assert funnel @ pucker < 0.85 * np.linalg.norm(funnel) * np.linalg.norm(pucker)


@pytest.mark.parametrize(
    "pose",
    [
        {"mouthPucker": 1.0},
        {"mouthFunnel": 1.0},
        {"jaw": 0.04, "mouthPucker": 1.0},
        {**VISEMES["m b p"], "mouthPucker": 0.5},
    ],
)
def test_rounded_lips_touch_and_do_not_cross(head: OpenHead, pose: dict[str, float]) -> None:
    motion = posed([pose])
    motion.head[:] = (0.3, -0.5, 0.2)
    for seed in range(4):
        identity = Identity(np.random.default_rng(seed).normal(0, 1, 100).astype(np.float32))
        vertices = head.vertices(identity, motion)
        crossed = head.contact.overlap(vertices, motion).max()
        head.contact.settle(vertices, motion)
        assert crossed > 0.0015, "the linear sum crosses, or there would be nothing to test"
        assert head.contact.overlap(vertices, motion).max() < 0.0013


def test_what_presses_without_rounding_stays(head: OpenHead) -> None:
    motion = posed([{"mouthPressLeft": 1, "mouthPressRight": 1}, VISEMES["aa"], VISEMES["f v"], {}])
    np.testing.assert_array_equal(head.drawn(Identity(), motion), head.vertices(Identity(), motion))


def test_settling_undoes_overlap_as_far_as_rounding_made_it() -> None:
    """Two points: overlap of 3 mm, of which pucker made 2 mm; 0.6 mm is allowed, so 2 mm go and 1 mm stays."""
    one = np.ones((1, 1), np.float32)
    contact = LipContact(
        np.array([0]), np.array([1]), one, one, np.array([[0.002], [0]], np.float32),
        np.array([0, 1]), np.array([[0.5], [-0.5]], np.float32),
    )  # fmt: skip
    motion = Motion.zeros(1)
    motion.expression[0, CHANNEL["mouthPucker"]] = 1
    vertices = np.array([[[0, -0.0015, 0], [0, 0.0015, 0]]], np.float32)
    contact.settle(vertices, motion)
    np.testing.assert_allclose(vertices[0, :, 1], (-0.0005, 0.0005), atol=1e-7)
