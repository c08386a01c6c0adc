"""FLAME parameter files: equal vectors after reading, the layouts of trackers, and every way to be wrong."""

from pathlib import Path

import numpy as np
import pytest

from xtalker.export.flame_npz import FlameMap, FlameNpz
from xtalker.export.interface import Content
from xtalker.export.read_flame import read_flame_motion
from xtalker.values import Identity, InputError, Motion


def _content(head_model: str = "flame", frames: int = 6) -> Content:
    random = np.random.default_rng(0)
    tracks = [random.normal(0, 0.3, (frames, n)).astype(np.float32) for n in (50, 3, 3)]
    shape, detail = (random.normal(size=n).astype(np.float32) for n in (100, 128))
    motion = Motion(*tracks, np.zeros((frames, 2), np.float32), head_model=head_model)
    return Content(motion, Identity(shape, detail, head_model))


def test_rows_are_the_papers_and_come_back_equal(tmp_path: Path) -> None:
    content = _content()
    FlameNpz().write(tmp_path / "a.flame.npz", content)
    with np.load(tmp_path / "a.flame.npz", allow_pickle=False) as file:
        latent = file["latent"]
    assert latent.shape == (6, 284)
    np.testing.assert_array_equal(latent[:, 100:150], content.motion.expression)
    np.testing.assert_array_equal(latent[:, 150:153], content.motion.head)
    np.testing.assert_array_equal(latent[:, 153:156], content.motion.jaw)
    motion, identity, notes = read_flame_motion(tmp_path / "a.flame.npz")
    np.testing.assert_array_equal(motion.to_latent284(identity), latent)
    assert motion.head_model == identity.head_model == "flame" and notes == ()


def test_open_motion_needs_a_map_and_goes_through_it(tmp_path: Path) -> None:
    content = _content("open")
    fault = FlameNpz().can_hold(content)
    assert fault is not None and "without a map" in fault
    matrix = np.random.default_rng(1).normal(0, 0.1, (53, 53)).astype(np.float32)
    exporter = FlameNpz(FlameMap(matrix))
    assert exporter.can_hold(content) is None
    exporter.write(tmp_path / "a.flame.npz", content)
    motion, identity, _ = read_flame_motion(tmp_path / "a.flame.npz")
    expected = np.hstack([content.motion.expression, content.motion.jaw]) @ matrix
    np.testing.assert_allclose(np.hstack([motion.expression, motion.jaw]), expected, atol=1e-5)
    np.testing.assert_array_equal(motion.head, content.motion.head)
    assert not identity.shape.any() and "shape of the head" in exporter.leaves_out(content)


def test_layout_of_trackers(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    exp, pose = (random.normal(0, 0.2, (60, n)).astype(np.float32) for n in (100, 6))
    np.savez(tmp_path / "a.npz", exp=exp, pose=pose, betas=np.ones(300, np.float32), fps=np.array(25))
    motion, identity, notes = read_flame_motion(tmp_path / "a.npz")
    np.testing.assert_array_equal(motion.expression, exp[:, :50])
    np.testing.assert_array_equal(np.hstack([motion.head, motion.jaw]), pose)
    assert identity.shape.sum() == 100 and notes == ("50 components left out",)


def test_other_rates_are_resampled(tmp_path: Path) -> None:
    exp = np.repeat(np.linspace(0, 1, 60, dtype=np.float32)[:, None], 50, axis=1)
    np.savez(tmp_path / "a.npz", exp=exp, fps=np.array(30.0))
    motion, _, notes = read_flame_motion(tmp_path / "a.npz")
    expected = np.interp((np.arange(50) + 0.5) / 25, (np.arange(60) + 0.5) / 30, exp[:, 0])
    np.testing.assert_allclose(motion.expression[:, 7], expected, atol=1e-6)
    assert "resampled from 30 to 25 frames a second" in notes
    np.savez(tmp_path / "b.npz", exp=exp)
    for rate_hz in (30, 30.0):
        given, _, notes = read_flame_motion(tmp_path / "b.npz", rate_hz=rate_hz)
        np.testing.assert_array_equal(given.expression, motion.expression)
        assert "resampled from 30 to 25 frames a second" in notes


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"latent": np.zeros((3, 283), np.float32)}, r"latent of shape \(3, 283\)"),
        ({"latent": np.full((3, 284), np.nan, np.float32)}, "not finite"),
        ({"exp": np.full((3, 50), 1e6, np.float32)}, "beyond 100"),
        ({"exp": np.zeros((3, 50), np.float32), "jaw": np.zeros((2, 3), np.float32)}, r"jaw of shape \(2, 3\)"),
        ({"other": np.zeros(3)}, "arrays other"),
        ({"exp": np.zeros((0, 50), np.float32)}, r"exp of shape \(0, 50\)"),
        ({"exp": np.array([print])}, "something other than numbers"),
        ({"latent": np.zeros((3, 284), np.float32), "fps": np.array(0)}, "no frame rate"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], text: str) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InputError, match=text):
        read_flame_motion(tmp_path / "bad.npz")
