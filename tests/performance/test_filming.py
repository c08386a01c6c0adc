"""A moving camera, and picture and depth from one rendering."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xtalker.direction.camera_moves import camera_track
from xtalker.head.open_head import OpenHead
from xtalker.performance import Shot, filming
from xtalker.performance.filming import DEPTH_RANGE_M, film, frames
from xtalker.render import read_depth_video, read_frames
from xtalker.render.head_renderer import HeadRenderer
from xtalker.values import Identity, InputError, Motion, OutputError
from xtalker.values.direction import Move

FRAMES = 6
HEAD = OpenHead()
STILL = Motion.zeros(FRAMES)
SHOT = Shot(size=64, supersample=1)


def pictures(*moves: Move) -> list[filming.Frame]:
    return list(frames(HEAD, Identity(), STILL, SHOT, camera=camera_track(moves, FRAMES, seed=0)))


def test_neutral_camera_is_no_camera() -> None:
    for one, other in zip(frames(HEAD, Identity(), STILL, SHOT), pictures(), strict=True):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        np.testing.assert_array_equal(one.depth, other.depth)


def test_the_camera_moves_and_the_head_stays() -> None:
    seen = pictures(Move("push_in", 0.0, 0.24))
    nearest = [frame.depth[frame.depth > 0].min() for frame in seen]
    assert (np.diff(nearest) < 0).all() and nearest[-1] < nearest[0] - 0.15
    covered = [np.mean(frame.depth > 0) for frame in seen]
    assert covered[-1] > covered[0] + 0.1


@pytest.mark.parametrize("name", ["push_in", "dolly_zoom", "close_up", "pull_out", "low_angle"])
def test_every_depth_fits_the_depth_video(name: str) -> None:
    last = pictures(Move(name, 0.0, 0.2, 2.0))[-1]
    near_m, far_m = DEPTH_RANGE_M
    assert near_m < last.depth[last.depth > 0].min() and last.depth.max() < far_m


def test_picture_and_depth_come_from_one_rendering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count, plain = [], HeadRenderer.render

    def counted(self: HeadRenderer, *given: object) -> filming.Frame:
        count.append(1)
        return plain(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(HeadRenderer, "render", counted)
    camera = camera_track((Move("orbit", 0.0, 0.24),), FRAMES, seed=0)
    shot = Shot(size=64, supersample=1, depth=tmp_path / "depth.mkv")
    film(HEAD, Identity(), STILL, tmp_path / "take.mp4", sound=None, shot=shot, camera=camera)
    assert len(count) == FRAMES
    expected = list(frames(HEAD, Identity(), STILL, shot, camera=camera))
    stored = list(read_depth_video(tmp_path / "depth.mkv"))
    assert len(stored) == len(list(read_frames(tmp_path / "take.mp4"))) == FRAMES
    for depth, frame in zip(stored, expected, strict=True):
        np.testing.assert_allclose(depth, frame.depth, atol=3e-5)


def test_neither_file_is_left_when_one_cannot_be_written(tmp_path: Path) -> None:
    shot = Shot(size=64, supersample=1, depth=tmp_path / "absent" / "depth.mkv")
    with pytest.raises(OutputError, match="no such folder"):
        film(HEAD, Identity(), STILL, tmp_path / "take.mp4", sound=None, shot=shot)
    assert not list(tmp_path.iterdir())


def test_camera_of_another_length(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"received 9 frames of camera; accepted: 6 frames like the motion"):
        film(HEAD, Identity(), STILL, tmp_path / "a.mp4", sound=None, shot=SHOT, camera=camera_track((), 9, seed=0))
    assert not list(tmp_path.iterdir())
