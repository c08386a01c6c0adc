"""FACEGOOD weights to Motion: the mapping, the folded vowels, time, and the real corpus where it is present."""

from pathlib import Path

import numpy as np
import pytest

from xtalker.export.arkit_names import ARKIT_SHAPES, JAW_OPEN_ANGLE_RAD
from xtalker.export.read_facegood import arkit_sources, read_facegood
from xtalker.values import InputError
from xtalker.values.conventions import CHANNEL


def _write(path: Path, fps: float = 25, **weights: float) -> Path:
    bs = np.tile(np.array(list(weights.values()), np.float32), (10, 1))
    np.savez(path, bs=bs, names=np.array(list(weights)), fps=np.array(fps))
    return path


def test_mapping_names_arkit_shapes_only() -> None:
    assert set(arkit_sources()) | {"tongueOut"} == set(ARKIT_SHAPES)


def test_largest_of_the_parts_and_left_apart_from_right(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.npz", mouth_funnel_dl=0.2, mouth_funnel_ur=0.5, mouth_press_l=0.3, mouth_stretch_c=0.4)
    motion, notes = read_facegood(path)
    frame = dict(zip(CHANNEL, motion.expression[4]))
    assert frame["mouthFunnel"] == pytest.approx(0.5) and frame["mouthPressLeft"] == pytest.approx(0.3)
    assert frame["mouthPressRight"] == 0 and notes == ()
    assert motion.jaw[4, 0] == pytest.approx(0.4 * JAW_OPEN_ANGLE_RAD)
    assert frame["jawOpenCorrective"] == pytest.approx(0.4)


def test_rounded_vowels_are_not_lost(tmp_path: Path) -> None:
    motion, _ = read_facegood(_write(tmp_path / "a.npz", mouth_oh_c=1.0, mouth_stretch_c=0.0))
    assert motion.expression[4, CHANNEL["mouthFunnel"]] > 0.3 and motion.jaw[4, 0] > 0.05


def test_moving_weights_without_a_place_are_named(tmp_path: Path) -> None:
    _, notes = read_facegood(_write(tmp_path / "a.npz", mouth_stretch_c=0.1, tooth_d_d=0.2, tongue_u=0.0))
    assert notes == ("no place for tooth_d_d",)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"names": np.array(["a", "b"])}, "names of shape"),
        ({"names": np.array(["nonsense"])}, "names such as nonsense"),
        ({"bs": np.full((4, 1), np.inf, np.float32)}, "not finite"),
        ({"fps": np.array(0.0)}, "no frame rate"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, changes: dict[str, np.ndarray], text: str) -> None:
    good = {"bs": np.zeros((4, 1), np.float32), "names": np.array(["mouth_stretch_c"]), "fps": np.array(30)}
    np.savez(tmp_path / "bad.npz", **(good | changes))
    with pytest.raises(InputError, match=text):
        read_facegood(tmp_path / "bad.npz")


def test_real_clip(shared_data: Path) -> None:
    path = shared_data / "facegood" / "1114_2_01.npz"
    motion, notes = read_facegood(path)
    with np.load(path) as file:
        weights = dict(zip(file["names"].tolist(), file["bs"].T))
    assert motion.num_frames == round(len(weights["mouth_oh_c"]) * 25 / 30)
    wanted = np.clip(weights["mouth_stretch_c"] + 0.3 * weights["mouth_oh_c"], 0, 1)
    times_s = (np.arange(motion.num_frames) + 0.5) / 25
    expected = np.interp(times_s, (np.arange(len(wanted)) + 0.5) / 30, wanted) * JAW_OPEN_ANGLE_RAD
    np.testing.assert_allclose(motion.jaw[:, 0], expected, atol=1e-5)
    assert notes == ("no place for tooth_d_d",)
