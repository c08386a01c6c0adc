"""Other systems' files: what truth itself would score, and what is refused or said to be missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xtalker.evaluate import peers
from xtalker.evaluate.flame_surface import FlameSurface
from xtalker.evaluate.peer_files import NUM_FLAME_VERTICES, read_output
from xtalker.evaluate.peers import Judge, PeerOutput, fitted, score_folder
from xtalker.evaluate.scores import Mouth, figures_of
from xtalker.export.arkit_csv import ArkitCsv
from xtalker.export.interface import Content
from xtalker.export.motion_npz import MotionNpz
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import read_clip
from xtalker.values import Identity, InputError, Motion

RANDOM = np.random.default_rng(8)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(OpenHead())


@pytest.fixture(scope="module")
def own_parts(judge):
    """The shipped head without looking for its file again."""
    patch = pytest.MonkeyPatch()
    patch.setattr(peers.parts, "open_head", lambda: judge.head)
    yield
    patch.undo()


def _write(folder, dataset, change=lambda motion: motion):
    folder.mkdir()
    for clip in dataset.clips:
        MotionNpz().write(folder / f"{clip.name}.npz", Content(change(clip.motion), Identity(), {}))
    return folder


def test_truth_as_another_system_is_perfect(dataset, clips_folder, tmp_path, own_parts):
    report = score_folder(_write(tmp_path / "peer", dataset), clips_folder, read=read_clip)
    assert report["kind"] == "xtalker motion"
    assert report["clips"] == report["clips_of_data"] == 3
    assert report["figures"]["lip_error_mean_mm"]["value"] == 0
    assert report["figures"]["head_error_deg"]["value"] == 0
    assert report["hold_first_frame"]["lip_error_mean_mm"]["value"] > 0
    assert "word times" in report["not_computed"]["closure_recall"]


def test_a_worse_system_scores_worse(dataset, clips_folder, tmp_path, own_parts):
    still = lambda motion: Motion.zeros(motion.num_frames)  # noqa: E731
    report = score_folder(_write(tmp_path / "peer", dataset, still), clips_folder, read=read_clip)
    assert report["figures"]["lip_error_mean_mm"]["value"] > 0.1
    assert report["figures"]["lip_amplitude_ratio"]["value"] == pytest.approx(0, abs=1e-6)


def test_clips_of_nobody_and_several_kinds_are_refused(dataset, clips_folder, tmp_path, own_parts):
    folder = _write(tmp_path / "peer", dataset)
    (folder / "clip_09.npz").unlink()
    np.save(folder / "clip_09.npy", np.zeros((50, 56), np.float32))
    with pytest.raises(InputError, match="files of several kinds"):
        score_folder(folder, clips_folder, read=read_clip)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no file belongs to a clip"):
        score_folder(tmp_path / "none", clips_folder, read=read_clip)
    with pytest.raises(InputError, match="no folder of another system's output"):
        score_folder(tmp_path / "absent", clips_folder, read=read_clip)


def test_flame_rows_say_what_their_columns_are(dataset, judge, tmp_path):
    rows = RANDOM.normal(0, 0.1, (60, 56)).astype(np.float32)  # 2 s at 30 a second
    np.save(tmp_path / "a.npy", rows)
    output = read_output(tmp_path / "a.npy", 50)
    motion, _ = output.flame_motion
    assert (motion.num_frames, motion.head_model) == (50, "flame")
    assert "30 frames a second" in output.notes[0]
    np.testing.assert_allclose(motion.jaw[0], rows[0, -3:], atol=0.2)
    assert set(judge.figures(output, dataset.clips[0])) == {"head_error_deg"}
    assert "--flame" in judge.missing(output)["lip_error_mean_mm"]
    np.save(tmp_path / "b.npy", rows[:, :53])
    bare = read_output(tmp_path / "b.npy", 50)
    assert judge.figures(bare, dataset.clips[0]) == {}
    assert bare.lacks["head_error_deg"] == "no head rotation in the file"


def test_flame_files_are_read_at_the_rate_that_fits(tmp_path):
    np.savez(tmp_path / "a.npz", exp=np.zeros((60, 50), np.float32), jaw=np.zeros((60, 3), np.float32))
    assert read_output(tmp_path / "a.npz", 50).flame_motion[0].num_frames == 50
    np.savez(tmp_path / "b.npz", exp=np.zeros((60, 50), np.float32), jaw=np.zeros((60, 3), np.float32), fps=30)
    assert read_output(tmp_path / "b.npz", 50).flame_motion[0].num_frames == 50


def test_vertices_alone_have_jitter_and_nothing_that_needs_regions(dataset, judge, tmp_path):
    np.save(tmp_path / "a.npy", RANDOM.normal(0, 0.1, (50, 3 * NUM_FLAME_VERTICES)).astype(np.float32))
    output = read_output(tmp_path / "a.npy", 50)
    assert output.vertices.shape == (50, NUM_FLAME_VERTICES, 3)
    assert set(judge.figures(output, dataset.clips[0])) == {"vertex_jitter", "vertex_energy_above_8hz"}
    missing = judge.missing(output)
    assert "--flame" in missing["lip_opening_r"] and "no such channel" in missing["head_error_deg"]


def test_an_arkit_recording_comes_close_to_its_own_truth(dataset, judge, tmp_path):
    clip = dataset.clips[0]
    ArkitCsv().write(tmp_path / "a.csv", Content(clip.motion, Identity(), {}))
    output = read_output(tmp_path / "a.csv", clip.motion.num_frames)
    figures = judge.figures(output, clip)
    assert output.kind == "ARKit recording"
    assert figures["lip_opening_r"] > 0.95
    assert figures["head_error_deg"] < 0.5


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros((50, 17), np.float32), "shape"),
        (np.full((50, 56), np.nan, np.float32), "not finite"),
        (np.zeros((50, 56), np.int32), "floating-point"),
        (np.full((50, 3 * NUM_FLAME_VERTICES), 99.0, np.float32), "beyond 10 m"),
        (np.zeros((500, 56), np.float32), "not as long as its clip"),
    ],
)
def test_arrays_that_are_none_are_refused(tmp_path, array, text):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=text):
        read_output(tmp_path / "a.npy", 50)


def test_pickles_and_damage_are_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([{}], object), allow_pickle=True)
    with pytest.raises(InputError, match="objects are never unpickled"):
        read_output(path, 50)
    for content in (b"", b"\x93NUMPY\x01\x00", b"no array"):
        path.write_bytes(content)
        with pytest.raises(InputError):
            read_output(path, 50)
    with pytest.raises(InputError, match="another ending"):
        read_output(tmp_path / "a.pkl", 50)


def test_a_frame_or_two_may_differ_but_no_more():
    rows = np.arange(10.0)[:, None]
    assert fitted(rows, 9).ravel().tolist() == list(range(9))
    assert fitted(rows, 12).ravel()[-3:].tolist() == [9, 9, 9]
    with pytest.raises(InputError, match="sound and picture differ"):
        fitted(rows, 13)


def test_a_head_on_itself_carries_its_own_lips_over(dataset, judge):
    """The open head in FLAME's place: the surfaces are one, so truth must come out as truth."""
    surface = FlameSurface.between(judge.head, judge.head)
    clip = replace(dataset.clips[0], identity=Identity())
    mouth = Mouth(judge.head)
    vertices = judge.head.vertices(Identity(), clip.motion, canonical=True)
    made, true = surface.shapes(vertices, judge.head.neutral(Identity()), clip, judge.head, mouth)
    figures = figures_of(made, true, clip)
    assert figures["lip_error_max_mm"] < 0.05
    assert figures["lip_opening_r"] > 0.99
    assert figures["lip_amplitude_ratio"] == pytest.approx(1, abs=0.1)
    late = np.concatenate([vertices[:1], vertices[:1], vertices[:-2]])
    shifted = figures_of(*surface.shapes(late, None, clip, judge.head, mouth), clip)
    assert shifted["mouth_lag_frames"] == pytest.approx(2, abs=0.3)


def test_a_video_is_tracked(dataset, judge, tmp_path, monkeypatch):
    import xtalker.performance

    clip = dataset.clips[0]
    monkeypatch.setattr(
        xtalker.performance, "watch", lambda path: PeerOutput("take", motion=clip.motion), raising=False
    )
    output = read_output(tmp_path / "a.mp4", clip.motion.num_frames)
    assert output.kind == "video" and "tracker" in output.notes[0]
    assert judge.figures(output, clip)["lip_error_mean_mm"] == 0
