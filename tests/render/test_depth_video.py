from pathlib import Path

import av
import numpy as np
import pytest

from xtalker.render import read_depth_video, write_depth_video
from xtalker.render.depth_video import depth_codes
from xtalker.values import InputError, OutputError

NEAR, FAR = 0.5, 0.9


def depths() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    frames = [random.uniform(NEAR, FAR, size=(40, 33)).astype(np.float32) for _ in range(7)]
    for frame in frames:
        frame[random.random(frame.shape) < 0.3] = 0
    return frames


def test_codes_come_back_bit_for_bit(tmp_path: Path) -> None:
    path, frames = tmp_path / "depth.mkv", depths()
    write_depth_video(path, iter(frames), near_m=NEAR, far_m=FAR)
    with av.open(str(path)) as container:
        stored = [frame.to_ndarray() for frame in container.decode(video=0)]
        assert container.streams.video[0].codec_context.name == "ffv1"
    assert len(stored) == len(frames)
    for codes, frame in zip(stored, frames):
        assert codes.dtype == np.uint16
        np.testing.assert_array_equal(codes, depth_codes(frame, NEAR, FAR))


def test_depths_come_back_to_half_a_step(tmp_path: Path) -> None:
    path, frames = tmp_path / "depth.mkv", depths()
    write_depth_video(path, frames, near_m=NEAR, far_m=FAR)
    half_step = (FAR - NEAR) / 65_534 / 2
    for got, frame in zip(read_depth_video(path), frames, strict=True):
        np.testing.assert_array_equal(got == 0, frame == 0)
        assert np.abs(got - frame).max() <= half_step * 1.01 + 1e-7


def test_ends_of_the_range() -> None:
    codes = depth_codes(np.array([[0, NEAR, FAR]], np.float32), float(np.float32(NEAR)), float(np.float32(FAR)))
    assert codes.tolist() == [[0, 1, 65_535]]


def test_what_cannot_be_held_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "depth.mkv"
    with pytest.raises(OutputError, match=r"outside the range of the file: received .* to 1\.000 m"):
        write_depth_video(path, [np.ones((4, 4), np.float32)], near_m=NEAR, far_m=FAR)
    with pytest.raises(OutputError, match=r"accepted: \.mkv"):
        write_depth_video(tmp_path / "depth.mp4", depths(), near_m=NEAR, far_m=FAR)
    with pytest.raises(OutputError, match="no frame"):
        write_depth_video(path, [], near_m=NEAR, far_m=FAR)
    assert not list(tmp_path.iterdir())


def test_other_videos_have_no_depth(tmp_path: Path) -> None:
    from xtalker.render import write_video

    write_video(tmp_path / "plain.mkv", [np.zeros((32, 32, 3), np.uint8)])
    with pytest.raises(InputError, match="no depth range"):
        list(read_depth_video(tmp_path / "plain.mkv"))
