from pathlib import Path

import av
import numpy as np
import pytest

from xtalker.render import read_depth_video, read_frames, write_depth_video
from xtalker.render.depth_video import FARTHEST_LEVEL, depth_codes, inverse_levels
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
    with pytest.raises(OutputError, match=r"accepted: \.mkv \.mp4"):
        write_depth_video(tmp_path / "depth.webm", depths(), near_m=NEAR, far_m=FAR)
    with pytest.raises(OutputError, match="no frame"):
        write_depth_video(path, [], near_m=NEAR, far_m=FAR)
    assert not list(tmp_path.iterdir())


def test_other_videos_have_no_depth(tmp_path: Path) -> None:
    from xtalker.render import write_video

    write_video(tmp_path / "plain.mkv", [np.zeros((32, 32, 3), np.uint8)])
    with pytest.raises(InputError, match="no depth range"):
        list(read_depth_video(tmp_path / "plain.mkv"))


def test_grey_levels_are_linear_in_inverse_depth() -> None:
    depth = np.array([[NEAR, FAR, 2 / (1 / NEAR + 1 / FAR), 0]], np.float32)
    levels = inverse_levels(depth, NEAR, FAR)[0].tolist()
    assert levels == [255, FARTHEST_LEVEL, round((255 + FARTHEST_LEVEL) / 2), 0]


def test_control_video_is_normalised_over_the_whole_take(tmp_path: Path) -> None:
    """The nearest surface of any frame is white in that frame only: levels mean the same depth throughout."""
    ramp = np.linspace(0.6, 0.8, 48, dtype=np.float32)[None].repeat(64, axis=0)
    frames = [ramp.copy(), ramp + np.float32(0.1), ramp.copy()]
    frames[0][:20] = frames[1][:20] = frames[2][:20] = 0
    write_depth_video(tmp_path / "control.mp4", iter(frames), near_m=0.2, far_m=3.0, frame_rate_hz=16)
    seen = list(read_frames(tmp_path / "control.mp4"))
    assert len(seen) == 3
    for picture, depth in zip(seen, frames):
        assert np.ptp(picture.astype(int), axis=2).max() <= 2, "grey"
        assert np.abs(picture[..., 1].astype(int) - inverse_levels(depth, 0.6, 0.9))[24:].mean() < 2
        assert picture[:16].max() < 12
    with av.open(str(tmp_path / "control.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.average_rate) == ("h264", "yuv420p", 16)
