"""25 fps from any rate, by true time; and what is not a video."""

from __future__ import annotations

import itertools
import struct
import tracemalloc
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from xtalker.capture import count_frames, read_video, video
from xtalker.values import InputError


def write(
    path: Path,
    times_s: Sequence[float],
    rate: int,
    *,
    size: tuple[int, int] = (96, 64),
    picture: np.ndarray | None = None,
    sound_from_s: float | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A video that shows its frame `k`, with its number painted on, from `times_s[k]`."""
    with av.open(str(path), "w", options=options or {}) as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": "1", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 600_000)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        sound = None if sound_from_s is None else out.add_stream("aac", rate=16_000, layout="mono")
        for number, time_s in enumerate(times_s):
            shown = numbered(number, size) if picture is None else picture
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = round(time_s * 600_000), Fraction(1, 600_000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if sound is not None and sound_from_s is not None:
            for k in range(round((times_s[-1] - sound_from_s) * 16)):
                tone = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), "fltp", "mono")
                tone.sample_rate, tone.time_base = 16_000, Fraction(1, 16_000)
                tone.pts = round(sound_from_s * 16_000) + 1000 * k
                out.mux(sound.encode(tone))
            out.mux(sound.encode())
    return path


def numbered(number: int, size: tuple[int, int]) -> np.ndarray:
    """Grey levels of the halves: the lower and the upper digit to base 16."""
    grey = np.empty((size[1], size[0], 3), np.uint8)
    half = size[0] // 2
    grey[:, :half], grey[:, half:] = 40 + 10 * (number % 16), 40 + 10 * (number // 16)
    return grey


def number_on(rgb: np.ndarray) -> int:
    left, right = rgb[:, : rgb.shape[1] // 2 - 4], rgb[:, rgb.shape[1] // 2 + 4 :]
    return round((float(left.mean()) - 40) / 10) + 16 * round((float(right.mean()) - 40) / 10)


def indices(path: Path, **options: int) -> list[int]:
    """Painted number of each 25 fps frame; also checks its time."""
    got = []
    for k, frame in enumerate(read_video(path, **options)):
        assert frame.time_s == pytest.approx((k + 0.5) / 25)
        got.append(number_on(frame.rgb))
    return got


def nearest(middles_s: np.ndarray, count: int) -> list[int]:
    """Slow truth: for each 25 fps centre the nearest moment, the earlier of two."""
    return [int(np.argmin(np.round(np.abs(middles_s - (k + 0.5) / 25), 7))) for k in range(count)]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        list(read_video(path))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_25_fps_passes_unchanged(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"clip.{suffix}", np.arange(60) / 25, 25)
    assert indices(path) == list(range(60))
    assert count_frames(path) == 60


@pytest.mark.parametrize(("rate", "frames"), [(30, 90), (24, 72), (50, 100), (60, 90), (10, 20), (15, 40)])
def test_other_rates_by_true_time(tmp_path: Path, rate: int, frames: int) -> None:
    path = write(tmp_path / "clip.mp4", np.arange(frames) / rate, rate)
    expected = nearest((np.arange(frames) + 0.5) / rate, round(frames * 25 / rate))
    assert indices(path) == expected
    assert count_frames(path) == len(expected)


def test_ntsc_rate_does_not_drift(tmp_path: Path) -> None:
    frames, rate = 110, 30_000 / 1001
    path = write(tmp_path / "clip.mp4", np.arange(frames) / rate, 30)
    expected = nearest((np.arange(frames) + 0.5) / rate, round(frames * 25 / rate))
    assert indices(path) == expected


def test_variable_rate_uses_timestamps(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times = np.concatenate([[0.0], np.cumsum(rng.uniform(0.01, 0.12, 60))])
    path = write(tmp_path / "clip.mp4", times, 25)
    with av.open(str(path)) as container:
        half = 0.5 / float(container.streams.video[0].average_rate)
    got = indices(path)
    expected = nearest(times + half, len(got))
    assert len(got) == pytest.approx((times[-1] + 2 * half) * 25, abs=1)
    # Timestamps and the average rate are rounded in the file: a tie may fall to the other side.
    assert sum(a != b for a, b in zip(got, expected)) <= 1


def test_one_frame_is_one_frame(tmp_path: Path) -> None:
    assert indices(write(tmp_path / "clip.mp4", [0.0], 25)) == [0]


def test_threads_do_not_change_the_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", np.arange(40) / 30, 30)
    assert indices(path, threads=1) == indices(path, threads=2)


@pytest.mark.parametrize(("picture_from_s", "sound_from_s"), [(0.0, 0.4), (0.4, 0.0), (1.4, 1.4)])
def test_time_starts_with_the_first_picture(tmp_path: Path, picture_from_s: float, sound_from_s: float) -> None:
    times = picture_from_s + np.arange(40) / 25
    path = write(tmp_path / "clip.mkv", times, 25, sound_from_s=sound_from_s)
    assert indices(path) == list(range(40))


def quarters(height: int, width: int) -> np.ndarray:
    grey = np.full((height, width), 40, np.uint8)
    grey[: height // 2, width // 2 :], grey[height // 2 :, width // 2 :] = 100, 160
    grey[height // 2 :, : width // 2] = 220
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize(("matrix", "turns"), [((0, 1, -1, 0), 1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 3)])
def test_rotation_is_applied(tmp_path: Path, matrix: tuple[int, int, int, int], turns: int) -> None:
    """The track header of an mp4 says how players turn the picture: here by `turns` quarters clockwise."""
    stored = quarters(80, 128)
    path = write(tmp_path / "clip.mp4", np.arange(5) / 25, 25, size=(128, 80), picture=stored)
    a, b, c, d = (v << 16 for v in matrix)
    data, identity = path.read_bytes(), struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = data.index(identity, data.index(b"tkhd"))
    path.write_bytes(data[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[at + 36 :])
    rgb = next(iter(read_video(path))).rgb
    np.testing.assert_allclose(rgb.astype(int), np.rot90(stored, -turns), atol=6)


def test_pixels_become_square(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", np.arange(3) / 25, 25, size=(96, 64), aspect=Fraction(4, 3))
    assert next(iter(read_video(path))).rgb.shape == (64, 128, 3)


def test_large_pictures_come_down_to_1280(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", [0.0, 0.04], 25, size=(1920, 1080), picture=quarters(1080, 1920))
    rgb = next(iter(read_video(path))).rgb
    assert rgb.shape == (720, 1280, 3)
    np.testing.assert_allclose(rgb[[100, 100, 600, 600], [100, 1200, 100, 1200], 0], [40, 100, 220, 160], atol=3)


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", np.arange(120) / 25, 25, size=(320, 240))
    frame_bytes = 320 * 240 * 3
    tracemalloc.start()
    try:
        for _ in read_video(path):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * frame_bytes


def test_reading_can_stop_early(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", np.arange(50) / 25, 25)
    assert len(list(itertools.islice(read_video(path), 3))) == 3


def test_no_such_file_folder_and_empty(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    for path, found in ((tmp_path / "none.mp4", "no such file"), (tmp_path, "a folder"), (empty, "an empty file")):
        assert refusal(path) == (
            f"cannot read the video: received {path} ({found}); accepted: a video file (mp4, mov, mkv, webm, avi, "
            "mpeg) of one face; next: check the path"
        )


def test_text_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("hello\n" * 1000)
    text = refusal(path)
    assert text.startswith(f"the video is damaged, cut off or none at all: received {path} (")
    assert text.endswith("next: copy it again or convert it to mp4")


def test_a_still_picture_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    Image.fromarray(quarters(80, 80)).save(path)
    assert refusal(path).startswith("this is a PNG picture, not a video")


@pytest.mark.parametrize("suffix", ["m3u8", "ffconcat", "mp4"])
def test_playlists_cannot_open_other_files(tmp_path: Path, suffix: str) -> None:
    other = write(tmp_path / "other.mp4", np.arange(10) / 25, 25)
    path = tmp_path / f"list.{suffix}"
    if suffix == "m3u8":
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:0.4,", other.name, "#EXT-X-ENDLIST"]
    else:
        lines = ["ffconcat version 1.0", f"file {other.name}"]
    path.write_text("\n".join(lines) + "\n")
    assert refusal(path).startswith("the video is damaged, cut off or none at all")


def test_sound_alone_holds_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=16_000, layout="mono")
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.float32), "fltp", "mono")
        tone.sample_rate = 16_000
        out.mux(stream.encode(tone))
        out.mux(stream.encode())
    assert refusal(path) == (
        f"the file holds no moving picture: received {path}; accepted: a video file (mp4, mov, mkv, webm, avi, "
        "mpeg) of one face; next: give a video"
    )
    with pytest.raises(InputError, match="holds no moving picture"):
        count_frames(path)


def test_truncated_without_index(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", np.arange(50) / 25, 25)
    path.write_bytes(path.read_bytes()[:-600])
    assert refusal(path).startswith("the video is damaged, cut off or none at all")


def test_truncated_in_the_middle(tmp_path: Path) -> None:
    """With its index in front the file opens and plays; it must not pass for a shorter clip."""
    path = write(tmp_path / "clip.mp4", np.arange(100) / 25, 25, options={"movflags": "faststart"})
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    path.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2])
    assert refusal(path).startswith("the video is damaged, cut off or none at all")


def test_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MAX_DURATION_S", 60)
    path = write(tmp_path / "clip.mp4", [0.0, 200.0], 25)
    assert refusal(path) == (
        f"the video is too long: received {path} (3 minutes); accepted: at most 1 minutes; next: cut it into parts"
    )


def test_too_small(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", [0.0, 0.04], 25, size=(32, 32))
    text = refusal(path)
    assert text.startswith(f"the video's picture size cannot be used: received {path} (32x32 pixels)")
    assert "at least 64 pixels on the shorter side" in text
