"""Sound files made here: any codec, any container, with or without a picture."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

SoundWriter = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Each test has its own cache; the ones that need downloaded weights keep the user's."""
    if request.node.get_closest_marker("real") is None:
        monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def write_sound(tmp_path: Path) -> SoundWriter:
    """Write (channels, samples) with a codec; `starts_s` gives each half of it a time stamp of its own."""

    def write(
        name: str, wave: np.ndarray, rate_hz: int, codec: str, *, layout: str = "mono",
        picture: bool = False, start_s: float = 0.0, gap_s: float = 0.0,
    ) -> Path:  # fmt: skip
        path = tmp_path / name
        wave = np.atleast_2d(wave)
        with av.open(path, "w") as container:
            video = container.add_stream("libx264", rate=25) if picture else None
            stream = container.add_stream(codec, rate=rate_hz, layout=layout)
            if video is not None:
                video.width = video.height = 64
                video.pix_fmt = "yuv420p"
                for _ in range(25 * 3):
                    image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
                    container.mux(video.encode(image))
                container.mux(video.encode(None))
            half = wave.shape[1] // 2
            for at in range(0, wave.shape[1], 1024):
                block = np.ascontiguousarray(wave[:, at : at + 1024], np.float32)
                frame = AudioFrame.from_ndarray(block, "fltp", layout)
                frame.sample_rate = rate_hz
                frame.time_base = Fraction(1, rate_hz)
                frame.pts = at + round((start_s + (gap_s if at >= half else 0.0)) * rate_hz)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return write


@pytest.fixture
def bursts() -> Callable[[int], np.ndarray]:
    """Two seconds at a given rate: three short 1 kHz bursts, in silence."""

    def make(rate_hz: int) -> np.ndarray:
        time_s = np.arange(2 * rate_hz) / rate_hz
        centres_s = np.array([0.3, 0.85, 1.6])
        level = np.exp(-(((time_s[:, None] - centres_s) / 0.01) ** 2)).sum(axis=1)
        return (0.5 * level * np.sin(2 * np.pi * 1000 * time_s)).astype(np.float32)

    return make
