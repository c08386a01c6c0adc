"""FLAME against linear blend skinning written out joint by joint."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.tiny.flame import NUM_VERTICES, python2_flame, tiny_flame_arrays, write_tiny_flame

from xtalker.head import load_head
from xtalker.head.flame import FlameHead
from xtalker.values import Identity, InputError, Motion

PARENTS = (-1, 0, 1, 1, 1)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> FlameHead:
    return FlameHead(write_tiny_flame(tmp_path_factory.mktemp("flame") / "flame.npz"))


def _person(seed: int = 3) -> Identity:
    shape = np.random.default_rng(seed).normal(size=100).astype(np.float32)
    return Identity(shape=shape, head_model="flame")


def _motion(frames: int = 5, seed: int = 4) -> Motion:
    random = np.random.default_rng(seed)
    widths = ((50, 1.0), (3, 0.3), (3, 0.5), (2, 0.3))
    tracks = (random.normal(0, sd, (frames, width)).astype(np.float32) for width, sd in widths)
    return Motion(*tracks, head_model="flame")


def _slow_lbs(arrays: dict[str, np.ndarray], identity: Identity, motion: Motion, frame: int) -> np.ndarray:
    """FLAME as published: betas of 400, five joints in a chain, homogeneous matrices, vertex by vertex."""
    betas = np.zeros(400)
    betas[:100], betas[300:350] = identity.shape, motion.expression[frame]
    shaped = arrays["v_template"] + arrays["shapedirs"] @ betas
    joints = arrays["J_regressor"] @ shaped
    eyes = [*motion.gaze[frame], 0.0]
    turns = [
        Rotation.from_rotvec(r).as_matrix() for r in (motion.head[frame], np.zeros(3), motion.jaw[frame], eyes, eyes)
    ]
    feature = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    shaped = shaped + arrays["posedirs"] @ feature
    world: list[np.ndarray] = []
    for joint, parent in enumerate(PARENTS):
        local = np.eye(4)
        local[:3, :3] = turns[joint]
        local[:3, 3] = joints[joint] - (joints[parent] if parent >= 0 else 0)
        world.append(local if parent < 0 else world[parent] @ local)
    out = np.zeros_like(shaped)
    for vertex, point in enumerate(shaped):
        for joint in range(5):
            moved = world[joint][:3, :3] @ (point - joints[joint]) + world[joint][:3, 3]
            out[vertex] += arrays["weights"][vertex, joint] * moved
    return out


def test_vertices_equal_blend_skinning_written_out(head: FlameHead) -> None:
    identity, motion = _person(), _motion()
    vertices = head.vertices(identity, motion)
    truth = [_slow_lbs(tiny_flame_arrays(), identity, motion, frame) for frame in range(motion.num_frames)]
    assert vertices.dtype == np.float32
    np.testing.assert_allclose(vertices, truth, rtol=0, atol=1e-6)


def test_every_joint_matters_in_that_comparison(head: FlameHead) -> None:
    identity, motion = _person(), _motion(2)
    whole = head.vertices(identity, motion)
    for track in ("expression", "jaw", "head", "gaze"):
        still = replace(motion, **{track: np.zeros_like(getattr(motion, track))})
        assert np.abs(head.vertices(identity, still) - whole).max() > 1e-3


def test_zero_is_the_template(head: FlameHead) -> None:
    nobody = Identity(head_model="flame")
    np.testing.assert_allclose(head.neutral(nobody), tiny_flame_arrays()["v_template"], rtol=0, atol=1e-7)


def test_first_components_of_each_kind_are_used(head: FlameHead) -> None:
    """The file lists 300 identity components before 100 expression components."""
    arrays, nobody = tiny_flame_arrays(), Identity(head_model="flame")
    last = replace(nobody, shape=np.eye(100, dtype=np.float32)[99])
    np.testing.assert_allclose(
        head.neutral(last), arrays["v_template"] + arrays["shapedirs"][..., 99], rtol=0, atol=1e-7
    )
    still = replace(Motion.zeros(1), head_model="flame")
    smile = replace(still, expression=np.eye(50, dtype=np.float32)[:1])
    truth = arrays["v_template"] + arrays["shapedirs"][..., 300]
    np.testing.assert_allclose(head.vertices(nobody, smile)[0], truth, rtol=0, atol=1e-7)


def test_long_clip_equals_its_parts(head: FlameHead) -> None:
    motion = _motion(150)
    whole = head.vertices(_person(), motion)
    np.testing.assert_allclose(head.vertices(_person(), motion[130:150]), whole[130:], rtol=0, atol=1e-7)


def test_official_pickle_equals_npz(head: FlameHead, tmp_path: Path) -> None:
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(python2_flame(tiny_flame_arrays()))
    pickled = load_head("flame", path)
    motion = _motion(2)
    np.testing.assert_array_equal(pickled.vertices(_person(), motion), head.vertices(_person(), motion))
    np.testing.assert_array_equal(pickled.topology.triangles, tiny_flame_arrays()["f"])
    assert pickled.topology.num_vertices == NUM_VERTICES


def test_parameters_of_another_head_are_refused(head: FlameHead) -> None:
    with pytest.raises(InputError, match="belong to another head model: received open; accepted: flame"):
        head.vertices(Identity(), _motion())
    with pytest.raises(InputError, match="belong to another head model: received open; accepted: flame"):
        head.vertices(_person(), Motion.zeros(1))


def test_landmarks_are_refused_because_the_file_has_no_embedding(head: FlameHead) -> None:
    with pytest.raises(InputError, match=r"no embedding of the MediaPipe points.*use the open head"):
        head.landmarks(_person(), _motion())


def test_no_path_says_where_to_get_the_file() -> None:
    with pytest.raises(InputError, match=r"FLAME does not ship.*your FLAME 2020 or 2023 file"):
        load_head("flame")


def _broken() -> dict[str, tuple[dict[str, object], str]]:
    good = tiny_flame_arrays()
    nan = good["shapedirs"].copy()
    nan[0, 0, 0] = np.nan
    objects = np.empty((NUM_VERTICES, 5), object)
    return {
        "missing": ({"weights": None, "posedirs": None}, "without posedirs, weights"),
        "nan": ({"shapedirs": nan}, "shapedirs with values that are not finite"),
        "fewer components": ({"shapedirs": good["shapedirs"][..., :150]}, r"shapedirs of shape \(30, 3, 150\)"),
        "body model": ({"posedirs": np.zeros((NUM_VERTICES, 3, 207))}, r"posedirs of shape \(30, 3, 207\)"),
        "integers": ({"weights": np.zeros((NUM_VERTICES, 5), np.int64)}, "weights of shape .* type int64"),
        "unnormalised": ({"weights": 2 * good["weights"]}, "skinning weights that do not sum to one"),
        "tree": ({"kintree_table": np.zeros((2, 5), np.uint32)}, "another joint tree"),
        "faces": ({"f": good["f"] + np.uint32(NUM_VERTICES)}, "faces that use vertices outside 0..29"),
        "no faces": ({"f": good["f"][:0]}, r"f of shape \(0, 3\)"),
        "flat template": ({"v_template": np.zeros(())}, r"v_template of shape \(\)"),
        "objects": ({"weights": objects}, "something other than"),
    }


@pytest.mark.parametrize("suffix", ["npz", "pkl"])
@pytest.mark.parametrize("case", sorted(_broken()))
def test_file_out_of_format_is_refused(tmp_path: Path, case: str, suffix: str) -> None:
    changes, text = _broken()[case]
    arrays = {k: v for k, v in (tiny_flame_arrays() | changes).items() if v is not None}
    path = tmp_path / f"flame.{suffix}"
    if suffix == "npz":
        np.savez(path, **arrays)
    else:
        path.write_bytes(pickle.dumps(arrays, 2))
    with pytest.raises(InputError, match=text):
        FlameHead(path)
