"""The rig: morph targets and linear blend skinning give the open head's own vertices."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.export.rigged import moving, open_head, person
from tests.tiny.flame import write_tiny_flame

from xtalker.head import load_head
from xtalker.head.rig import rig_of
from xtalker.values import Identity, InputError, Motion
from xtalker.values.rig import Rig


def _posed(rig: Rig, motion: Motion) -> np.ndarray:
    """Linear blend skinning as every book has it, float64."""
    points = rig.neutral + np.einsum("fk,kvc->fvc", motion.expression.astype(float), rig.morphs)
    rotations, bones = rig.rotations(motion), []
    for number, joint in enumerate(rig.joints):
        bone = np.tile(np.eye(4), (motion.num_frames, 1, 1))
        bone[:, :3, :3] = Rotation.from_rotvec(rotations[:, number]).as_matrix()
        bone[:, :3, 3] = joint.place - bone[:, :3, :3] @ joint.place
        bones.append(bone if joint.parent is None else bones[joint.parent] @ bone)
    stacked, out = np.stack(bones, axis=1), np.zeros_like(points)
    for slot in range(rig.joint_index.shape[1]):
        mine = stacked[:, rig.joint_index[:, slot]]
        moved = np.einsum("fvij,fvj->fvi", mine[..., :3, :3], points) + mine[..., :3, 3]
        out += rig.joint_weight[:, slot, None] * moved
    return out


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rig_is_the_open_head(seed: int) -> None:
    """Large random poses: single precision apart, nothing is lost."""
    rig = rig_of(open_head(), person(seed))
    assert rig is not None
    motion = moving(4, seed)
    assert np.abs(_posed(rig, motion) - open_head().vertices(person(seed), motion)).max() < 1e-6


def test_without_the_throat_joint_it_would_not_be() -> None:
    """The joint is there for a reason: the neck follows the jaw but not the head."""
    rig = rig_of(open_head(), person())
    assert rig is not None
    throat = [joint.name for joint in rig.joints].index("throat")
    assert rig.joint_weight[rig.joint_index == throat].max() > 0.01


def test_heads_that_do_not_fit_have_no_rig(tmp_path_factory: pytest.TempPathFactory) -> None:
    head = load_head("flame", write_tiny_flame(tmp_path_factory.mktemp("flame") / "flame.npz"))
    assert rig_of(head, Identity(head_model="flame")) is None


def test_identity_of_another_head_is_refused() -> None:
    with pytest.raises(InputError, match="another head model"):
        rig_of(open_head(), Identity(head_model="flame"))
