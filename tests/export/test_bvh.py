"""BVH against a second parser that knows nothing of the writer: it multiplies the channels' matrices as listed."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from xtalker.export.bvh import Bvh
from xtalker.export.interface import Content
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.values import Identity, Motion


def parse(path: Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], float]:
    """Offsets, local rotation matrices of each frame, and the frame time."""
    words = path.read_text().split()
    names: list[str] = []
    offsets: dict[str, np.ndarray] = {}
    channels: list[tuple[str, str]] = []
    i = 0
    while words[i] != "MOTION":
        if words[i] in ("ROOT", "JOINT", "End"):
            names.append(words[i + 1])
        elif words[i] == "OFFSET":
            offsets.setdefault(names[-1], np.array([float(w) for w in words[i + 1 : i + 4]]))
        elif words[i] == "CHANNELS":
            count = int(words[i + 1])
            channels += [(names[-1], channel) for channel in words[i + 2 : i + 2 + count]]
        i += 1
    assert words.count("{") == words.count("}") == 4
    frames, frame_time = int(words[i + 2]), float(words[i + 5])
    values = np.array([float(w) for w in words[i + 6 :]]).reshape(frames, len(channels))
    turns: dict[str, np.ndarray] = {}
    for (joint, channel), column in zip(channels, values.T):
        step = Rotation.from_euler(channel[0].lower(), column[:, None], degrees=True).as_matrix()
        turns[joint] = turns.get(joint, np.eye(3)) @ step
    return offsets, turns, frame_time


def _motion(frames: int = 40) -> Motion:
    random = np.random.default_rng(0)
    return Motion.from_matrix(random.normal(0, 0.3, (frames, 58)).astype(np.float32))


def test_matrices_equal_ours(tmp_path: Path) -> None:
    motion = _motion()
    Bvh().write(tmp_path / "take.bvh", Content(motion, Identity()))
    _, turns, frame_time = parse(tmp_path / "take.bvh")
    assert frame_time == pytest.approx(1 / 25)
    for joint, track in (("Head", motion.head), ("Jaw", motion.jaw)):
        np.testing.assert_allclose(turns[joint], Rotation.from_rotvec(track).as_matrix(), atol=1e-6)


def test_jaw_stands_at_this_persons_pivot(tmp_path: Path) -> None:
    head, person = OpenHead(), Identity(np.random.default_rng(1).normal(0, 1, 100).astype(np.float32))
    Bvh().write(tmp_path / "take.bvh", Content(_motion(3), person, rig=rig_of(head, person)))
    offsets, _, _ = parse(tmp_path / "take.bvh")
    np.testing.assert_allclose(offsets["Jaw"], head.joints_of(person)[0] * 100, atol=1e-4)


def test_mean_pivot_without_a_rig(tmp_path: Path) -> None:
    Bvh().write(tmp_path / "take.bvh", Content(_motion(3), Identity()))
    np.testing.assert_allclose(parse(tmp_path / "take.bvh")[0]["Jaw"], OpenHead().joints[0] * 100, atol=0.02)


def test_what_is_left_out() -> None:
    assert Bvh().leaves_out(Content(_motion(3), Identity())) == ("expression", "gaze")
    assert Bvh().leaves_out(Content(Motion.zeros(3), Identity())) == ()
