"""Sound from anywhere: what is heard and what a film carries are the same, and odd files cost little."""

from __future__ import annotations

import logging
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from tests.media.files import (
    RATE_HZ,
    rename_codec,
    tone,
    write_film,
    write_sound,
    write_unknown_wav,
)

from xtalker.render.sound_track import SoundTrack
from xtalker.speech import load_audio, stream_audio
from xtalker.values import InputError


def carried(path: Path, seconds: float) -> np.ndarray:
    """What a film of that length would carry, in its own rate, as one channel."""
    with SoundTrack(path, (RATE_HZ,)) as track:
        blocks = [track.take(1024).mean(axis=0) for _ in range(int(seconds * RATE_HZ / 1024))]
    return np.concatenate(blocks)


def assert_one_clock(path: Path) -> None:
    heard = load_audio(path).samples
    film = carried(path, len(heard) / RATE_HZ)
    np.testing.assert_allclose(film, heard[: len(film)], atol=1e-6)


def test_sound_shorter_than_its_picture_is_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_film(tmp_path / "a.mp4", picture_s=6, sound=tone(2))
    assert abs(load_audio(path).duration_s - 2) < 0.1 and not caplog.text
    assert_one_clock(path)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_picture_that_starts_late_cuts_the_sound_and_makes_no_claim(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_film(tmp_path / f"a{suffix}", picture_s=3, sound=tone(3), picture_from_s=0.6)
    heard = load_audio(path).samples
    assert abs(len(heard) / RATE_HZ - 2.4) < 0.1 and not caplog.text
    truth = tone(3)[round(0.6 * RATE_HZ) :]
    assert np.corrcoef(heard[: len(truth)], truth[: len(heard)])[0, 1] > 0.98
    assert_one_clock(path)


def test_a_film_whose_sound_is_cut_is_still_refused(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", picture_s=1, sound=tone(6), options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2])
    with pytest.raises(InputError, match="the sound file is cut short"):
        load_audio(path)


@pytest.mark.parametrize(
    ("codec", "rate_hz", "layout"),
    [("adpcm_ima_wav", 48_000, "mono"), ("adpcm_ms", 44_100, "stereo"), ("pcm_mulaw", 8_000, "mono")],
)
def test_packed_wavs_are_played_to_their_end(tmp_path: Path, codec: str, rate_hz: int, layout: str) -> None:
    wave = np.tile(tone(4, rate_hz), (2 if layout == "stereo" else 1, 1))
    path = write_sound(tmp_path / "a.wav", wave, codec, rate_hz=rate_hz, layout=layout)
    for wrong in (1, 3):  # bytes a second in its header: right, and as some programs write it
        data = bytearray(path.read_bytes())
        data[28:32] = (int.from_bytes(data[28:32], "little") // wrong).to_bytes(4, "little")
        path.write_bytes(data)
        if codec != "pcm_mulaw" or wrong == 1:
            assert abs(load_audio(path).duration_s - 4) < 0.1


def test_two_channels_that_cancel_are_heard_by_the_louder_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wave = tone(2)
    path = write_sound(tmp_path / "a.wav", np.stack([-0.8 * wave, wave]), "pcm_f32le", layout="stereo")
    np.testing.assert_allclose(load_audio(path).samples, wave, atol=1e-6)
    assert "its two channels cancel each other: only the right one is heard" in caplog.text


@pytest.mark.parametrize("other", [0.0, 1.0, 0.5])
def test_other_pairs_of_channels_are_mixed(tmp_path: Path, other: float, caplog: pytest.LogCaptureFixture) -> None:
    wave = tone(1)
    path = write_sound(tmp_path / "a.wav", np.stack([wave, other * wave]), "pcm_f32le", layout="stereo")
    np.testing.assert_allclose(load_audio(path).samples, (1 + other) / 2 * wave, atol=1e-6)
    assert not caplog.text


def test_a_long_pause_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.mkv", tone(0.4), "flac", pause_s=6000)
    began = time.process_time()
    tracemalloc.start()
    try:
        length = sum(len(piece) for piece in stream_audio(path))
        with SoundTrack(path, (RATE_HZ,)) as track:
            energy = [float(np.square(track.take(1024)).sum()) for _ in range(int(120 * RATE_HZ / 1024))]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert abs(length / RATE_HZ - 6000.4) < 0.3 and peak < 4 << 20 and time.process_time() - began < 20
    assert energy[0] > 0 and max(energy[20:]) == 0


def test_a_pause_beyond_the_limit_is_refused_before_any_memory(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.mkv", tone(0.4), "flac", pause_s=8000)
    with pytest.raises(InputError, match=r"the sound is too long: received .*accepted: up to 7200 s"):
        load_audio(path)


@pytest.mark.parametrize(
    ("suffix", "codec", "second"),
    [
        (".mp3", "libmp3lame", (44_100, "stereo")),
        (".mp3", "libmp3lame", (22_050, "mono")),
        (".aac", "aac", (22_050, "mono")),
        (".aac", "aac", (44_100, "stereo")),
    ],
)
def test_joined_files_change_rate_and_channels_midway(
    tmp_path: Path, suffix: str, codec: str, second: tuple[int, str], caplog: pytest.LogCaptureFixture
) -> None:
    first = write_sound(tmp_path / f"a{suffix}", tone(1, 44_100), codec, rate_hz=44_100)
    rate_hz, layout = second
    wave = np.tile(tone(1, rate_hz), (2 if layout == "stereo" else 1, 1))
    other = write_sound(tmp_path / f"b{suffix}", wave, codec, rate_hz=rate_hz, layout=layout)
    first.write_bytes(first.read_bytes() + other.read_bytes())
    heard = load_audio(first).samples
    assert abs(len(heard) / RATE_HZ - 2) < 0.25
    assert np.square(heard[RATE_HZ // 2 : RATE_HZ]).mean() > 1e-3 < np.square(heard[-RATE_HZ // 2 :]).mean()
    film = carried(first, len(heard) / RATE_HZ)
    assert np.corrcoef(film, heard[: len(film)])[0, 1] > 0.98


def test_unknown_codecs_are_named(tmp_path: Path) -> None:
    film = rename_codec(write_film(tmp_path / "a.mp4", picture_s=1, sound=tone(1)), b"mp4a", b"zzz9")
    with pytest.raises(InputError, match=r"the codec of the sound is not known: received .*0x0999"):
        load_audio(write_unknown_wav(tmp_path / "a.wav"))
    with pytest.raises(InputError, match=r"the codec of the sound is not known: received .*0x0999"):
        SoundTrack(tmp_path / "a.wav")
    for read in (load_audio, lambda path: SoundTrack(path).__exit__(None, None, None)):
        try:
            read(film)  # the descriptor inside may tell the codec all the same
        except InputError as error:
            assert "zzz9" in str(error)


def test_each_sound_is_told_of_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wave = 3 * tone(1)
    wave[100] = np.nan
    path = write_sound(tmp_path / "a.wav", np.stack([wave, -wave]), "pcm_f32le", layout="stereo")
    with caplog.at_level(logging.WARNING):
        load_audio(path)
    assert len(caplog.records) == 1
    text = caplog.text
    assert "cancel each other" in text and "are not finite" in text
