"""What every head model owes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.tiny.flame import write_tiny_flame

from xtalker.head import HEADS, load_head
from xtalker.head.interface import HeadModel
from xtalker.head.open_head import DATA
from xtalker.values import Identity, InputError, Motion
from xtalker.values.motion import TRACKS


@pytest.fixture(scope="module", params=sorted(HEADS))
def head(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    if request.param == "flame":
        return load_head("flame", write_tiny_flame(tmp_path_factory.mktemp("flame") / "flame.npz"))
    if request.param == "open" and not DATA.exists():
        pytest.skip("the open head is not built: run tools/open_head")
    return load_head(request.param)


def _person(head: HeadModel, seed: int = 0) -> Identity:
    shape = np.random.default_rng(seed).normal(size=100).astype(np.float32)
    return Identity(shape=shape, head_model=head.name)


def _motion(head: HeadModel, frames: int = 3, seed: int = 1) -> Motion:
    random = np.random.default_rng(seed)
    expression = random.uniform(0, 0.5, (frames, 50)).astype(np.float32)
    turns = (random.normal(0, sd, (frames, n)).astype(np.float32) for n, sd in ((3, 0.1), (3, 0.3), (2, 0.2)))
    return Motion(expression, *turns, head_model=head.name)


def _still(head: HeadModel, frames: int = 1) -> Motion:
    return replace(Motion.zeros(frames), head_model=head.name)


def test_zero_motion_is_neutral(head: HeadModel) -> None:
    neutral = head.neutral(_person(head))
    vertices = head.vertices(_person(head), _still(head, 2))
    np.testing.assert_allclose(vertices, [neutral, neutral], atol=1e-6)


def test_shapes_types_and_size_of_a_head(head: HeadModel) -> None:
    vertices = head.vertices(_person(head), _motion(head))
    assert vertices.shape == (3, head.topology.num_vertices, 3) and vertices.dtype == np.float32
    extent = np.ptp(head.neutral(Identity(head_model=head.name)), axis=0)
    assert np.all((extent > 0.1) & (extent < 1)), "metres"


def test_identity_changes_the_head(head: HeadModel) -> None:
    assert np.abs(head.neutral(_person(head, 5)) - head.neutral(_person(head, 6))).max() > 1e-3


def test_head_rotation_moves_the_head_rigidly_about_one_point(head: HeadModel) -> None:
    """With v' = R (v - p) + p, v' - R v = (1 - R) p: the same for all vertices, and one p for all rotations.

    Lips and eyes must follow fully; towards the neck a small part of the face may lag behind.
    """
    turns = np.array([[0.4, 0, 0], [0, -0.7, 0.1], [0.2, 0.3, -0.5]], np.float32)
    motion = replace(_motion(head, 1), head=np.zeros((1, 3), np.float32))
    turned = Motion.concatenate([replace(motion, head=turn[None]) for turn in turns])
    canonical = head.vertices(_person(head), motion)[0].astype(np.float64)
    matrices = Rotation.from_rotvec(turns).as_matrix()
    shift = head.vertices(_person(head), turned) - np.einsum("tij,vj->tvi", matrices, canonical)
    regions, everything = head.topology.regions, np.arange(head.topology.num_vertices)
    attached = np.union1d(regions["lips"], regions["eyes"]) if regions else everything
    one_shift = shift[:, attached].mean(1)
    away = np.abs(shift - one_shift[:, None]).max(axis=(0, 2))
    assert away[attached].max() < 1e-6
    assert np.mean(away[regions.get("face", everything)] < 1e-6) > 0.95
    system = np.concatenate([np.eye(3) - matrix for matrix in matrices])
    pivot, *_ = np.linalg.lstsq(system, one_shift.ravel(), rcond=None)
    assert np.abs(system @ pivot - one_shift.ravel()).max() < 1e-6


def test_canonical_ignores_the_head_rotation_only(head: HeadModel) -> None:
    motion = _motion(head)
    straight = replace(motion, head=np.zeros_like(motion.head))
    canonical = head.vertices(_person(head), motion, canonical=True)
    np.testing.assert_array_equal(canonical, head.vertices(_person(head), straight))
    assert np.abs(canonical - head.vertices(_person(head), motion)).max() > 1e-2


def test_batch_equals_single_frames(head: HeadModel) -> None:
    motion = _motion(head, 4)
    whole = head.vertices(_person(head), motion)
    for i in range(4):
        np.testing.assert_allclose(head.vertices(_person(head), motion[i : i + 1])[0], whole[i], atol=1e-6)


def test_positive_jaw_pitch_opens_and_positive_gaze_yaw_looks_left(head: HeadModel) -> None:
    if "teeth_lower" not in head.topology.part_names:
        pytest.skip(f"the head '{head.name}' names no teeth and eyes")
    person, still = _person(head), _still(head)
    neutral = head.neutral(person)
    opened = head.vertices(person, replace(still, jaw=np.array([[0.2, 0, 0]], np.float32)))[0] - neutral
    assert opened[head.topology.part_vertices("teeth_lower"), 1].mean() < -5e-3
    looking = head.vertices(person, replace(still, gaze=np.array([[0, 0.3]], np.float32)))[0] - neutral
    for eye in ("eye_left", "eye_right"):
        part = head.topology.part_vertices(eye)
        front = part[np.argsort(neutral[part, 2])[-5:]]
        assert looking[front, 0].mean() > 1e-3


def test_no_dead_channel(head: HeadModel) -> None:
    each = replace(_still(head, 50), expression=np.eye(50, dtype=np.float32))
    vertices = head.vertices(_person(head), each)
    moved = np.abs(vertices - head.neutral(_person(head))).max(axis=(1, 2))
    dead = [name for name, distance in zip(head.expression_names, moved, strict=True) if distance < 1e-4]
    assert dead == []


def test_channel_names_are_different(head: HeadModel) -> None:
    assert len(set(head.expression_names)) == 50


def test_topology_is_sound(head: HeadModel) -> None:
    topology, count = head.topology, head.topology.num_vertices
    assert topology.triangles.min() >= 0 and topology.triangles.max() < count
    corners = np.sort(topology.triangles, axis=1)
    assert not np.any(corners[:, :-1] == corners[:, 1:]), "a triangle uses a vertex twice"
    for region in topology.regions.values():
        assert len(region) > 0 and np.all(np.diff(region) > 0), "sorted, unique"
        assert region[0] >= 0 and region[-1] < count
    for mask in topology.masks.values():
        assert mask.shape == (count,) and mask.min() >= 0 and mask.max() <= 1


def test_landmarks_lie_on_the_surface_or_are_refused(head: HeadModel) -> None:
    identity, motion = _person(head), _motion(head)
    triangles, weights = head.landmark_triangles, head.landmark_weights
    if triangles is None or weights is None:
        with pytest.raises(InputError, match="no embedding of the MediaPipe points"):
            head.landmarks(identity, motion)
        return
    assert triangles.min() >= 0 and triangles.max() < head.topology.num_vertices
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
    landmarks = head.landmarks(identity, motion)
    truth = np.einsum("flkc,lk->flc", head.vertices(identity, motion)[:, triangles], weights)
    np.testing.assert_allclose(landmarks, truth, atol=1e-6)
    canonical = head.landmarks(identity, motion, canonical=True)
    straight = replace(motion, head=np.zeros_like(motion.head))
    np.testing.assert_array_equal(canonical, head.landmarks(identity, straight))


def test_parameters_of_another_head_are_refused(head: HeadModel) -> None:
    stranger = Motion(*(getattr(Motion.zeros(1), name) for name in TRACKS), head_model="stranger")
    text = f"belong to another head model: received stranger; accepted: {head.name}"
    with pytest.raises(InputError, match=text):
        head.vertices(_person(head), stranger)
    with pytest.raises(InputError, match=text):
        head.vertices(Identity(head_model="stranger"), _still(head))
    with pytest.raises(InputError, match=text):
        head.neutral(Identity(head_model="stranger"))


def test_unknown_head_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown head model: received nobody; accepted: open, flame"):
        load_head("nobody", tmp_path)
