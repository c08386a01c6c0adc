"""Every unusable sound: one line, exit code 1, nothing written, no model loaded."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from tests.cli.conftest import Command, contents, listing, write_wav
from tests.tiny.speech import tiny_voice

_EIGHT_HOURS_BYTES = 8 * 3600 * 16_000 * 2


def _text(path: Path) -> None:
    path.write_text("This is not a sound, whatever its name says.\n" * 20)


def _nothing(path: Path) -> None:
    return None


def _no_samples(path: Path) -> None:
    write_wav(path, np.zeros(0))


def _wav(path: Path, data: bytes, *, kind: int, bits: int, claimed_bytes: int) -> None:
    rate = 16_000
    form = struct.pack("<HHIIHH", kind, 1, rate, rate * bits // 8, bits // 8, bits)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", claimed_bytes) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + claimed_bytes) + chunks)


def _all_nan(path: Path) -> None:
    data = np.full(8000, np.nan, "<f4").tobytes()
    _wav(path, data, kind=3, bits=32, claimed_bytes=len(data))


def _eight_hours(path: Path) -> None:
    """A header over a hole of that size, which takes no room on the disk."""
    _wav(path, b"", kind=1, bits=16, claimed_bytes=_EIGHT_HOURS_BYTES)
    with path.open("r+b") as file:
        file.truncate(44 + _EIGHT_HOURS_BYTES)


def _flac_that_claims_eight_hours(path: Path) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.int16), "s16", "mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    packed = int.from_bytes(data[18:26], "big")  # STREAMINFO: 28 bits, then 36 bits of sample count
    data[18:26] = (packed >> 36 << 36 | 8 * 3600 * 16_000).to_bytes(8, "big")
    path.write_bytes(data)


def _mp3(path: Path) -> bytes:
    with av.open(path, "w") as container:
        stream = container.add_stream("libmp3lame", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tiny_voice(2.0).samples[None], "fltp", "mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def _mp3_start(path: Path) -> None:
    path.write_bytes(_mp3(path)[:300])


def _silent_film(path: Path) -> None:
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))


BAD = {
    "absent": ("speech.wav", _nothing, "no such sound file: received speech.wav"),
    "folder": ("speech.wav", Path.mkdir, "this is a folder, not a sound file: received speech.wav"),
    "empty": ("speech.wav", Path.touch, "the sound file is empty: received speech.wav (0 bytes)"),
    "text": ("speech.wav", _text, "the file cannot be read as sound: received speech.wav"),
    "film without sound": ("film.mp4", _silent_film, "the video has no sound: received film.mp4"),
    "zero length": ("speech.wav", _no_samples, "speech.wav"),
    "all NaN": ("speech.wav", _all_nan, "the sound holds no finite value: received speech.wav (8000 NaN or infinite)"),
    "eight hours": ("speech.wav", _eight_hours, "speech.wav: a header that claims 28800 s; accepted: up to 7200 s"),
    "eight hours claimed": ("speech.flac", _flac_that_claims_eight_hours, "a header that claims 28800 s"),
    "mp3 cut to its start": ("speech.mp3", _mp3_start, "speech.mp3"),
}


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(("name", "make", "text"), BAD.values(), ids=BAD)
def test_refused_in_one_line(
    xtalker: Command, work: Path, name: str, make: Callable[[Path], object], text: str
) -> None:
    make(work / name)
    (work / "out.mp4").write_text("precious")
    before = listing(work)
    assert text in xtalker("talk", name, "-o", "out.mp4", "--motion", "out.npz").refusal()
    assert listing(work) == before and (work / "out.mp4").read_text() == "precious"


@pytest.mark.usefixtures("no_models")
def test_truncated_mp3_is_refused(xtalker: Command, work: Path) -> None:
    whole = _mp3(work / "speech.mp3")
    (work / "speech.mp3").write_bytes(whole[: len(whole) // 2])
    assert (
        "the sound file is cut short: received speech.mp3" in xtalker("talk", "speech.mp3", "-o", "out.npz").refusal()
    )


@pytest.mark.usefixtures("no_models")
def test_a_name_with_control_characters_reaches_the_terminal_harmless(xtalker: Command, work: Path) -> None:
    refusal = xtalker("talk", "a\x1b[31m\nb.wav", "-o", "out.mp4").refusal()
    assert r"a\x1b[31m b.wav" in refusal


@pytest.mark.usefixtures("no_models")
def test_a_name_that_no_system_can_hold(xtalker: Command, work: Path) -> None:
    assert "File name too long" in xtalker("talk", "a" * 300, "-o", "out.mp4").refusal()
    assert "File name too long" in xtalker("talk", "a.wav", "-o", "b" * 300 + ".mp4").refusal()
    assert contents(work) == {}
