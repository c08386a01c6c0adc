from __future__ import annotations

import struct
import wave as wave_module
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from scipy import signal

from xtalker.speech import amplitude_envelope, load_audio, stream_audio
from xtalker.values import Audio, InputError


def lag_samples(got: np.ndarray, truth: np.ndarray) -> int:
    """Samples by which the first comes after the second."""
    return int(np.argmax(signal.correlate(got, truth, "full"))) - (len(truth) - 1)


def write_pcm(path: Path, samples: np.ndarray, rate_hz: int = 16_000) -> Path:
    with wave_module.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def write_float_wav(path: Path, samples: np.ndarray) -> Path:
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, 16_000, 64_000, 4, 32)
    path.write_bytes(
        b"RIFF" + struct.pack("<I", 28 + len(data) + 8) + b"WAVE" + form
        + b"data" + struct.pack("<I", len(data)) + data
    )  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "layout"),
    [
        ("a.wav", "pcm_s16le", 16_000, "mono"),
        ("a.wav", "pcm_s16le", 8_000, "stereo"),
        ("a.wav", "pcm_f32le", 96_000, "mono"),
        ("a.wav", "pcm_s24le", 44_100, "5.1"),
        ("a.flac", "flac", 22_050, "stereo"),
        ("a.mp3", "libmp3lame", 44_100, "stereo"),
        ("a.m4a", "aac", 48_000, "mono"),
        ("a.ogg", "libopus", 48_000, "stereo"),
        ("a.opus", "libopus", 48_000, "mono"),
        ("a.mkv", "aac", 44_100, "mono"),
        ("a.webm", "libopus", 48_000, "stereo"),
    ],
)
def test_every_codec_keeps_time_and_length(
    write_sound: Callable[..., Path], bursts: Callable[[int], np.ndarray],
    name: str, codec: str, rate_hz: int, layout: str,
) -> None:  # fmt: skip
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    path = write_sound(name, np.tile(bursts(rate_hz), (channels, 1)), rate_hz, codec, layout=layout)
    audio = load_audio(path)
    truth = bursts(16_000)
    assert audio.samples.dtype == np.float32
    assert abs(audio.duration_s - 2) < 0.06  # a codec fills its last block
    assert abs(lag_samples(audio.samples, truth)) <= 8  # half a millisecond
    kept = audio.samples[: len(truth)]
    assert np.corrcoef(kept, truth[: len(kept)])[0, 1] > 0.98


def test_resampling_keeps_a_tone_and_drops_what_would_fold(write_sound: Callable[..., Path]) -> None:
    time_s = np.arange(48_000) / 48_000
    for frequency_hz, expected in ((1_000, 0.5), (10_000, 0.0)):
        tone = 0.5 * np.sin(2 * np.pi * frequency_hz * time_s)
        got = load_audio(write_sound("tone.wav", tone, 48_000, "pcm_f32le")).samples
        truth = expected * np.sin(2 * np.pi * frequency_hz * np.arange(len(got)) / 16_000)
        assert np.abs(got - truth)[800:-800].max() < 2e-3


def test_same_rate_is_exact(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 5_000)
    got = load_audio(write_pcm(tmp_path / "a.wav", samples)).samples
    np.testing.assert_array_equal(got, ((samples * 32767).astype(np.int16) / 32768).astype(np.float32))


def test_channels_are_mixed(write_sound: Callable[..., Path], bursts: Callable[[int], np.ndarray]) -> None:
    left = np.stack([bursts(16_000), np.zeros(32_000, np.float32)])
    got = load_audio(write_sound("a.wav", left, 16_000, "pcm_f32le", layout="stereo")).samples
    np.testing.assert_allclose(got, bursts(16_000) / 2, atol=1e-6)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_sound_that_starts_after_the_picture_is_led_by_silence(
    write_sound: Callable[..., Path], bursts: Callable[[int], np.ndarray], name: str
) -> None:
    path = write_sound(name, bursts(16_000), 16_000, "aac", picture=True, start_s=0.5)
    got = load_audio(path).samples
    assert abs(lag_samples(got, bursts(16_000)) - 8_000) <= 16


def test_gap_in_the_time_stamps_becomes_silence(
    write_sound: Callable[..., Path], bursts: Callable[[int], np.ndarray]
) -> None:
    audio = load_audio(write_sound("gap.mkv", bursts(16_000), 16_000, "flac", gap_s=0.5))
    truth = bursts(16_000)
    assert lag_samples(audio.samples[: 32_000 - 16_000], truth[:16_000]) == 0
    late = audio.samples[24_000:]
    assert abs(lag_samples(late, truth[16_000:])) <= 512  # a block of the writer straddles the middle
    assert abs(audio.duration_s - 2.5) < 0.05


def test_header_with_unknown_length_is_read(tmp_path: Path) -> None:
    path = write_pcm(tmp_path / "pipe.wav", np.full(16_000, 0.25))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"  # what a program that writes to a pipe leaves there
    path.write_bytes(data)
    assert len(load_audio(path).samples) == 16_000


def test_truncated_mp3_is_refused(write_sound: Callable[..., Path], bursts: Callable[[int], np.ndarray]) -> None:
    path = write_sound("a.mp3", bursts(44_100), 44_100, "libmp3lame")
    whole_s = load_audio(path).duration_s
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    text = _refused(path)
    assert "cut short" in text and f"its header says {whole_s:.1f}" in text and "accepted: a whole file" in text


def test_bare_mp3_makes_no_claim(write_sound: Callable[..., Path], bursts: Callable[[int], np.ndarray]) -> None:
    path = write_sound("a.mp3", bursts(44_100), 44_100, "libmp3lame")
    data = path.read_bytes()
    tag = max(data.find(b"Xing"), data.find(b"Info"))
    start = data.find(b"\xff\xfb", tag)  # drop the frame with the length, then half of the others
    path.write_bytes(data[start : start + (len(data) - start) // 2])
    audio = load_audio(path)
    assert 0.7 < audio.duration_s < 1.3


def test_damaged_middle_does_not_move_the_rest(
    write_sound: Callable[..., Path], bursts: Callable[[int], np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    path = write_sound("a.mkv", bursts(16_000), 16_000, "aac")
    with av.open(path) as container:
        places = [(p.pos, p.size) for p in container.demux(audio=0) if p.size][13:15]
    data = bytearray(path.read_bytes())
    for at, size in places:
        data[at + 8 : at + size] = b"\xff" * (size - 8)  # the sound, not the frame of the container
    path.write_bytes(data)
    audio = load_audio(path)
    last = slice(22_000, 32_000)
    assert "damaged packets were left out" in caplog.text
    assert abs(lag_samples(audio.samples[last], bursts(16_000)[last])) <= 80


def test_values_that_are_not_finite_become_silence_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    samples = np.full(8_000, 0.5)
    samples[100:110], samples[4_000] = np.nan, np.inf
    audio = load_audio(write_float_wav(tmp_path / "a.wav", samples))
    np.testing.assert_array_equal(audio.samples, np.where(np.isfinite(samples), 0.5, 0))
    assert "11 of 8000 values are not finite" in caplog.text


def test_loud_values_are_clipped_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples = 1e30 * np.sin(np.arange(8_000) / 10)
    audio = load_audio(write_float_wav(tmp_path / "a.wav", samples))
    np.testing.assert_allclose(audio.samples, np.clip(samples, -1, 1), atol=1e-6)
    assert "peaks at 1e+30 and was clipped" in caplog.text


def _refused(path: Path, **options: float) -> str:
    with pytest.raises(InputError) as caught:
        load_audio(path, **options)
    text = str(caught.value)
    assert "received" in text and "accepted" in text and "next" in text and "\n" not in text
    return text


def test_missing_file_folder_and_empty_file(tmp_path: Path) -> None:
    assert "no such sound file" in _refused(tmp_path / "no.wav")
    assert "this is a folder" in _refused(tmp_path)
    (tmp_path / "empty.wav").touch()
    assert "the sound file is empty" in _refused(tmp_path / "empty.wav")


def test_text_and_noise_renamed_wav(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("Dear listener, this is no sound at all.\n" * 200)
    assert "cannot be read as sound" in _refused(text)
    text.write_bytes(np.random.default_rng(1).bytes(20_000))
    assert "cannot be read as sound" in _refused(text)


def test_picture_without_sound(tmp_path: Path, write_sound: Callable[..., Path]) -> None:
    path = tmp_path / "mute.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    assert "the video has no sound" in _refused(path)


def test_zero_length_and_no_finite_value(tmp_path: Path) -> None:
    assert "no sound samples" in _refused(write_pcm(tmp_path / "zero.wav", np.zeros(0)))
    path = write_float_wav(tmp_path / "nan.wav", np.full(1_000, np.nan))
    assert "no finite value" in _refused(path)
    path = write_float_wav(tmp_path / "inf.wav", np.full(1_000, np.inf))
    assert "no finite value" in _refused(path)


def test_too_long_by_header_and_by_content(tmp_path: Path) -> None:
    path = write_pcm(tmp_path / "a.wav", np.zeros(48_000))
    assert "too long" in _refused(path, max_duration_s=2.0)
    assert load_audio(path, max_duration_s=3.0).duration_s == 3
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"  # the header says nothing now
    path.write_bytes(data)
    assert "too long" in _refused(path, max_duration_s=2.0)


def test_eight_hour_header_over_little_data(tmp_path: Path, write_sound: Callable[..., Path]) -> None:
    path = write_pcm(tmp_path / "liar.wav", np.zeros(16_000))
    data = bytearray(path.read_bytes())
    claimed = 8 * 3600 * 32_000
    data[4:8], data[40:44] = struct.pack("<I", claimed + 36), struct.pack("<I", claimed)
    path.write_bytes(data)
    assert "claims 28800 s" in _refused(path)
    data[4:8], data[40:44] = struct.pack("<I", 320_036), struct.pack("<I", 320_000)
    path.write_bytes(data)
    assert "cut short" in _refused(path)
    flac = write_sound("liar.flac", np.zeros(16_000), 16_000, "flac")
    data = bytearray(flac.read_bytes())
    packed = int.from_bytes(data[18:26], "big")  # STREAMINFO: 28 bits, then 36 bits of sample count
    data[18:26] = (packed >> 36 << 36 | 8 * 3600 * 16_000).to_bytes(8, "big")
    flac.write_bytes(data)
    assert "claims 28800 s" in _refused(flac)


def test_absurd_rate(tmp_path: Path) -> None:
    path = write_pcm(tmp_path / "slow.wav", np.zeros(1_000), rate_hz=5)
    assert "sample rate is out of range" in _refused(path)


def test_playlists_are_not_followed(tmp_path: Path) -> None:
    secret = write_pcm(tmp_path / "secret.wav", np.zeros(16_000))
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n"
    )  # fmt: skip
    _refused(playlist)
    playlist.write_text(f"ffconcat version 1.0\nfile '{secret.name}'\n")
    _refused(playlist)


def test_grid_sound_is_in_step_with_its_word_times(shared_data: Path) -> None:
    """Loudness against the hand-checked word intervals of the corpus: best at lag 0, within a frame."""
    clips = sorted((shared_data / "grid_s1" / "video").glob("*.mp4"))[900:910]
    loudness, spoken = [], []
    for clip in clips:
        envelope = amplitude_envelope(load_audio(clip))[:75]
        words = np.zeros(75)
        rows = (clip.parents[1] / "alignments" / f"{clip.stem}.align").read_text().split()
        for start, end, word in zip(rows[::3], rows[1::3], rows[2::3]):
            if word not in ("sil", "sp"):
                words[int(start) // 1000 : int(end) // 1000] = 1
        loudness.append(np.log(envelope + 1e-3))
        spoken.append(words)
    scores = {
        lag: np.corrcoef(np.concatenate([np.roll(e, -lag) for e in loudness]), np.concatenate(spoken))[0, 1]
        for lag in range(-6, 7)
    }
    assert abs(max(scores, key=lambda lag: scores[lag])) <= 2, scores
    assert scores[0] > 0.6


def test_audio_counts_frames_like_the_samples(tmp_path: Path) -> None:
    for count, frames in ((1, 1), (640, 1), (959, 1), (960, 2), (48_128, 75)):
        assert Audio(np.zeros(count, np.float32)).num_frames == frames


def test_a_file_comes_in_the_pieces_of_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_pcm(path, np.random.default_rng(0).uniform(-1, 1, 90_000), 44_100)
    pieces = list(stream_audio(path))
    assert len(pieces) > 10
    np.testing.assert_array_equal(np.concatenate(pieces), load_audio(path).samples)
