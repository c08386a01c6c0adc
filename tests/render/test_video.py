import errno
import os
import wave
import weakref
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from xtalker.render import VIDEO_KINDS, read_frames, write_video
from xtalker.render.video import CLEAR_SUFFIXES, video_place
from xtalker.values import InputError, OutputError

FLASH_S, SECONDS = 1.2, 3
NUM_FRAMES = SECONDS * 25


def pictures(count: int = NUM_FRAMES, size: tuple[int, int] = (48, 64)) -> Iterator[np.ndarray]:
    """A still picture that flashes white once."""
    for i in range(count):
        frame = np.full((*size, 3), (200, 120, 60), np.uint8)
        if i == round(FLASH_S * 25):
            frame[:] = 255
        yield frame


def write_click(path: Path, rate_hz: int = 44_100, channels: int = 2, seconds: float = SECONDS) -> Path:
    sound = np.zeros((round(seconds * rate_hz), channels))
    at = round(FLASH_S * rate_hz)
    sound[at : at + rate_hz // 1000, 0] = 0.9
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def read_sound(path: Path) -> tuple[np.ndarray, float, int]:
    """Samples (channels, n), time of the first, rate."""
    blocks, start = [], None
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
        for frame in container.decode(stream):
            start = frame.time if start is None else start
            blocks += [part.to_ndarray() for part in resampler.resample(frame)]
        return np.concatenate(blocks, 1), float(start or 0), stream.rate


@pytest.mark.parametrize("suffix", VIDEO_KINDS)
def test_flash_and_click_stay_together(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    write_video(path, pictures(), sound=write_click(tmp_path / "click.wav"))
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
        decoders = {"libx264": "h264", "libvpx-vp9": "vp9", "prores_ks": "prores"}
        assert container.streams.video[0].codec_context.name == decoders[VIDEO_KINDS[suffix].picture_codec]
    brightness = [frame.mean() for frame in read_frames(path)]
    assert len(brightness) == NUM_FRAMES
    np.testing.assert_allclose(np.diff(times), 0.04, atol=1.1e-3)
    sound, start, rate = read_sound(path)
    click = start + np.abs(sound[0]).argmax() / rate
    assert abs(times[int(np.argmax(brightness))] - FLASH_S) < 2e-3
    assert abs(click - FLASH_S) < 0.003  # a frame is 0.040


@pytest.mark.parametrize("suffix", VIDEO_KINDS)
def test_colours_survive(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    write_video(path, pictures(12))
    assert np.abs(next(read_frames(path)).astype(int) - (200, 120, 60)).max() <= 4
    with av.open(str(path)) as container:
        assert not container.streams.audio
        assert container.streams.video[0].codec_context.colorspace == 1  # BT.709, said in the file


@pytest.mark.parametrize("seconds", [1.3, 7.0])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_is_padded_or_cut_to_the_picture(suffix: str, seconds: float, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    write_video(path, pictures(), sound=write_click(tmp_path / "click.wav", seconds=seconds))
    sound, start, rate = read_sound(path)
    codec_block_s = 1024 / 44_100 + 1e-3  # decoders may hand out the padding of the last block
    assert 0 <= start + sound.shape[1] / rate - SECONDS < codec_block_s
    with av.open(str(path)) as container:
        assert abs(container.duration / 1e6 - SECONDS) < 0.03


@pytest.mark.parametrize("rate_hz,channels", [(8_000, 1), (16_000, 1), (48_000, 2), (44_100, 6)])
def test_own_rate_and_channels_are_kept(rate_hz: int, channels: int, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    write_video(path, pictures(), sound=write_click(tmp_path / "click.wav", rate_hz, channels))
    sound, start, rate = read_sound(path)
    assert rate == rate_hz and len(sound) == min(channels, 2)
    assert abs(start + np.abs(sound[0]).argmax() / rate - FLASH_S) < 0.004


def test_a_tone_comes_back_as_it_was(tmp_path: Path) -> None:
    rate = 16_000
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(SECONDS * rate) / rate)
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    write_video(tmp_path / "out.mp4", pictures(), sound=tmp_path / "tone.wav")
    sound = read_sound(tmp_path / "out.mp4")[0][0, : len(tone)]
    middle = slice(2000, -2000)
    assert np.corrcoef(sound[middle], tone[middle])[0, 1] > 0.995


@pytest.mark.parametrize("late_s", [0.06, 0.5])
def test_sound_of_a_video_that_starts_late_keeps_its_place(late_s: float, tmp_path: Path) -> None:
    """Time zero is the first picture of the source, as for the speech that is read from it."""
    source = tmp_path / "late.mkv"
    with av.open(str(source), "w") as container:
        video, audio = container.add_stream("ffv1", rate=25), container.add_stream("pcm_s16le", rate=16_000)
        video.width, video.height, video.pix_fmt = 16, 16, "yuv420p"
        audio.codec_context.layout = "mono"
        for i in range(NUM_FRAMES):
            frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
            frame.pts = i
            container.mux(video.encode(frame))
        click = np.zeros((1, 24_000), np.int16)
        at = round((FLASH_S - late_s) * 16_000)
        click[0, at : at + 16] = 30_000
        part = av.AudioFrame.from_ndarray(click, format="s16", layout="mono")
        part.sample_rate, part.pts = 16_000, round(late_s * 16_000)
        container.mux(audio.encode(part))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    write_video(tmp_path / "out.mp4", pictures(), sound=source)
    sound, start, rate = read_sound(tmp_path / "out.mp4")
    assert abs(start + np.abs(sound[0]).argmax() / rate - FLASH_S) < 0.005


def test_mp4_can_be_streamed(tmp_path: Path) -> None:
    write_video(tmp_path / "out.mp4", pictures(10))
    data = (tmp_path / "out.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_frames_are_consumed_one_at_a_time(tmp_path: Path) -> None:
    alive: set[int] = set()
    most = 0

    def counted() -> Iterator[np.ndarray]:
        nonlocal most
        for i in range(120):
            frame = np.zeros((32, 32, 3), np.uint8)
            alive.add(i)
            weakref.finalize(frame, alive.discard, i)
            most = max(most, len(alive))
            yield frame

    write_video(tmp_path / "out.mp4", counted())
    assert most <= 4


def test_progress_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_video(tmp_path / "out.mp4", pictures(5), num_frames=5, progress=True)
    assert "5/5" in capsys.readouterr().err
    write_video(tmp_path / "out.mp4", pictures(5))
    assert capsys.readouterr().err == ""


def left_alone(folder: Path, before: bytes) -> bool:
    return [p.name for p in folder.iterdir()] == ["out.mp4"] and (folder / "out.mp4").read_bytes() == before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "out.mp4").write_bytes(b"precious")
    return tmp_path / "out"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "no space"), ValueError])
@pytest.mark.parametrize("after", [0, 1, 60])
def test_a_stopped_run_leaves_no_half_file(
    error: type[BaseException] | BaseException, after: int, folder: Path
) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield from pictures(after)
        raise error

    expected = OutputError if isinstance(error, OSError) else error
    with pytest.raises(expected, match="disk full" if expected is OutputError else None):
        write_video(folder / "out.mp4", broken())
    assert left_alone(folder, b"precious")


def test_disk_full_while_muxing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error as FFmpeg raises it."""
    full = av.error.err_check

    def no_room(*_: object) -> None:
        full(-errno.ENOSPC)

    monkeypatch.setattr("xtalker.render.video._Writer.finish", no_room)
    with pytest.raises(OutputError, match="disk full"):
        write_video(folder / "out.mp4", pictures(3))
    assert left_alone(folder, b"precious")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no such folder .* next: create the folder"):
        write_video(tmp_path / "absent" / "out.mp4", pictures(1))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="not writable"):
        write_video(tmp_path / "out.mp4", pictures(1))


def test_unknown_suffix_says_which_are_known(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"received .*out\.avi; accepted: \.mp4, \.webm, \.mkv, \.mov, \.png; next"):
        write_video(tmp_path / "out.avi", pictures(1))
    assert not list(tmp_path.iterdir())


def test_odd_sizes_changing_sizes_and_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="received 33 x 32; accepted: even"):
        write_video(tmp_path / "out.mp4", pictures(1, (32, 33)))
    with pytest.raises(OutputError, match="differ in size: received 64 x 32"):
        write_video(tmp_path / "out.mp4", iter([*pictures(1, (32, 32)), *pictures(1, (32, 64))]))
    with pytest.raises(OutputError, match="no frame to write"):
        write_video(tmp_path / "out.mp4", iter([]))
    assert not list(tmp_path.iterdir())


def test_bad_sound_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    (tmp_path / "text.wav").write_text("these are words, not waves " * 50)
    (tmp_path / "empty.wav").touch()
    write_video(tmp_path / "silent.mp4", pictures(3))
    for name, text in (
        ("absent.wav", "no such file"), ("text.wav", "cannot be read as sound"), ("empty.wav", "an empty file"),
        ("silent.mp4", "has no sound"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"{text}.*accepted: a file with sound"):
            write_video(out, pictures(3), sound=tmp_path / name)
        assert not out.exists()


def clear_pictures(count: int = 6) -> Iterator[np.ndarray]:
    """A square that is there, half there, and nothing; it moves by a pixel."""
    for i in range(count):
        frame = np.zeros((64, 96, 4), np.uint8)
        frame[..., :3] = (200, 90, 40)
        frame[16:48, 20 + i : 60 + i, 3] = 255
        frame[50:60, :, 3] = 128
        yield frame


def decoded_with_cover(path: Path) -> list[np.ndarray]:
    """What a program that knows about transparency sees."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        # VP9's cover is a second stream inside the first, which only its own library decodes.
        webm = path.suffix == ".webm"
        decoder = av.CodecContext.create("libvpx-vp9", "r") if webm else stream.codec_context
        return [f.to_ndarray(format="rgba") for packet in container.demux(stream) for f in decoder.decode(packet)]


@pytest.mark.parametrize("suffix", CLEAR_SUFFIXES)
def test_transparency_is_kept(suffix: str, tmp_path: Path) -> None:
    path, expected = tmp_path / f"out{suffix}", list(clear_pictures())
    write_video(path, iter(expected))
    if suffix == ".png":
        seen = [np.asarray(Image.open(file)) for file in sorted(video_place(path).iterdir())]
        np.testing.assert_array_equal(seen, expected)
        return
    seen = decoded_with_cover(path)
    assert len(seen) == len(expected)
    for picture, truth in zip(seen, expected):
        assert np.abs(picture[..., 3].astype(int) - truth[..., 3]).mean() < 1.5
        there = truth[..., 3] == 255
        assert np.abs(picture[there][:, :3].astype(int) - truth[there][:, :3]).mean() < 3


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_transparency_is_refused_where_it_would_be_lost(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"keeps no transparency: .* accepted: \.webm, \.mov, \.png"):
        write_video(tmp_path / f"out{suffix}", clear_pictures())
    assert not list(tmp_path.iterdir())


def test_a_sequence_is_a_folder_that_replaces_only_a_sequence(tmp_path: Path) -> None:
    path = tmp_path / "take.png"
    write_video(path, pictures(7))
    write_video(path, pictures(5))
    files = sorted(file.name for file in (tmp_path / "take_png").iterdir())
    assert files == [f"{i:06d}.png" for i in range(5)]
    np.testing.assert_array_equal(Image.open(tmp_path / "take_png" / files[0]), next(pictures()))
    (tmp_path / "take_png" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="something else is in the way"):
        write_video(path, pictures(5))
    assert len(list((tmp_path / "take_png").iterdir())) == 6
    with pytest.raises(OutputError, match="no frame to write"):
        write_video(tmp_path / "none.png", iter([]))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["take_png"]


@pytest.mark.parametrize("rate_hz", [24, 60])
def test_other_frame_rates_keep_sound_and_picture_together(rate_hz: int, tmp_path: Path) -> None:
    path, flash = tmp_path / "out.mp4", round(FLASH_S * rate_hz)
    frames = (np.full((48, 64, 3), 255 if i == flash else 60, np.uint8) for i in range(SECONDS * rate_hz))
    write_video(path, frames, frame_rate_hz=rate_hz, sound=write_click(tmp_path / "click.wav"))
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == rate_hz
        times = [frame.time for frame in container.decode(video=0)]
    brightest = int(np.argmax([frame.mean() for frame in read_frames(path)]))
    sound, start, rate = read_sound(path)
    click = start + np.abs(sound[0]).argmax() / rate
    assert abs(times[brightest] - click) < 0.5 / rate_hz + 0.003


@pytest.mark.parametrize("side", [64, 112, 128])
def test_the_same_frames_give_the_same_file(side: int, tmp_path: Path) -> None:
    """At sizes that fill x264's vectors and at others, on detail that moves."""
    random = np.random.default_rng(0)
    texture = np.kron(random.integers(0, 256, (40, 40, 3)), np.ones((6, 6, 1))).astype(np.uint8)
    frames = [texture[i : i + side, 2 * i : 2 * i + side] for i in range(13)]
    made = set()
    for _ in range(10):
        write_video(tmp_path / "out.mp4", iter(frames))
        made.add((tmp_path / "out.mp4").read_bytes())
    assert len(made) == 1
