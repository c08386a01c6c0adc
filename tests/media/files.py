"""Media files as people have them, and as nobody should."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from PIL import Image

RATE_HZ = 16_000


def tone(seconds: float, rate_hz: int = RATE_HZ, frequency_hz: float = 440.0) -> np.ndarray:
    """A tone that swells and fades three times a second, so that its place in time can be told."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.4 * np.sin(2 * np.pi * frequency_hz * time_s) * np.sin(3 * np.pi * time_s) ** 2).astype(np.float32)


def write_sound(
    path: Path,
    wave: np.ndarray,
    codec: str,
    *,
    rate_hz: int = RATE_HZ,
    layout: str = "mono",
    pause_s: float = 0.0,
) -> Path:
    """Encode samples (channels, samples), with a pause in the time stamps after the first half."""
    wave = np.atleast_2d(wave)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        _encode(container, stream, wave, rate_hz, layout, pause_s)
    return path


def write_film(
    path: Path,
    *,
    picture_s: float,
    sound: np.ndarray,
    picture_from_s: float = 0.0,
    options: dict[str, str] | None = None,
) -> Path:
    """A film of a grey picture with a sound that begins at 0."""
    with av.open(str(path), "w", options=options or {}) as container:
        video = container.add_stream("libx264", rate=25)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        for number in range(round(picture_s * 25)):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), "rgb24")
            frame.pts, frame.time_base = number + round(picture_from_s * 25), Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        _encode(container, audio, np.atleast_2d(sound), RATE_HZ, "mono", 0.0)
    return path


def _encode(container, stream, wave, rate_hz, layout, pause_s):
    block = stream.codec_context.frame_size or 1024
    half = wave.shape[1] // 2
    for at in range(0, wave.shape[1], block):
        part = np.ascontiguousarray(wave[:, at : at + block], np.float32)
        frame = AudioFrame.from_ndarray(part, "fltp", layout)
        frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
        frame.pts = at + round((pause_s if at >= half else 0.0) * rate_hz)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def rename_codec(path: Path, name: bytes, other: bytes) -> Path:
    """Write another codec's name into a file, in all its places."""
    data = path.read_bytes()
    assert name in data and len(name) == len(other)
    path.write_bytes(data.replace(name, other))
    return path


def write_unknown_wav(path: Path, seconds: float = 1.0) -> Path:
    """A wav of a format number that nobody has."""
    data = bytes(round(seconds * RATE_HZ) * 2)
    form = struct.pack("<HHIIHH", 0x0999, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def write_huge_pictures(path: Path, side: int = 14_000, count: int = 3) -> Path:
    """A film whose container says 64 pixels and whose packets hold far more."""
    packed = io.BytesIO()
    Image.new("RGB", (side, side), (90, 90, 90)).save(packed, "PNG")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "rgb24"
        stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24"))
        for number in range(count):
            packet = av.Packet(packed.getvalue())
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base = Fraction(1, 25)
            container.mux(packet)
    return path
