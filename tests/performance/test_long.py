"""Ten minutes of speech: memory stays flat, and sound and picture are in step in the last minute."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from xtalker.assets import fetch
from xtalker.speech import amplitude_envelope, load_audio
from xtalker.values import Audio
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLE_RATE_HZ

pytestmark = [pytest.mark.real, pytest.mark.slow]
_MINUTES, _SIZE = 10, 64
_MOUTH = (slice(38, 52), slice(22, 42))  # rows and columns of the mouth in a 64-pixel portrait


def _speech(path: Path, seconds: int) -> Path:
    """Demo speech with pauses of changing length between, so that no two minutes are alike."""
    random = np.random.default_rng(0)
    voice, pieces, count = load_audio(fetch("demo-speech")).samples, [], 0
    while count < seconds * SAMPLE_RATE_HZ:
        pieces += [voice, np.zeros(int(random.uniform(0.2, 1.5) * SAMPLE_RATE_HZ), np.float32)]
        count += sum(map(len, pieces[-2:]))
    samples = np.concatenate(pieces)[: seconds * SAMPLE_RATE_HZ]
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_s16le", rate=SAMPLE_RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def _talk(speech: Path, out: Path) -> float:
    """Run the command in a process of its own; its peak memory in MB."""
    command = [sys.executable, "-c", _MEASURED, "talk", str(speech), "-o", str(out), "--size", str(_SIZE), "--quiet"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1])) / 1024


_MEASURED = (
    "import json, resource, sys; from xtalker.cli.main import main; code = main(sys.argv[1:]);"
    "print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)); sys.exit(code)"
)


def _mouth_darkness(path: Path, start_s: int) -> np.ndarray:
    """Share of dark pixels around the mouth for a minute: the open mouth is dark."""
    out = []
    with av.open(path) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if start_s <= number / FRAME_RATE_HZ < start_s + 60:
                grey = frame.to_ndarray(format="gray")[_MOUTH]
                out.append(float((grey < 0.6 * np.median(grey)).mean()))
    return np.array(out)


def _best_lag(path: Path, sound: Audio, start_s: int) -> tuple[int, float]:
    picture = _mouth_darkness(path, start_s)
    first = start_s * FRAME_RATE_HZ
    loudness = np.log(amplitude_envelope(sound)[first : first + len(picture)] + 1e-3)
    inner = slice(12, len(picture) - 12)
    scores = [np.corrcoef(picture[inner], np.roll(loudness, lag)[inner])[0, 1] for lag in range(-10, 11)]
    return int(np.argmax(scores)) - 10, float(max(scores))


def test_ten_minutes(tmp_path: Path) -> None:
    short = _talk(_speech(tmp_path / "short.wav", 10), tmp_path / "short.mp4")
    speech = _speech(tmp_path / "long.wav", 60 * _MINUTES)
    video = tmp_path / "long.mp4"
    long = _talk(speech, video)
    print(f"peak memory: 10 s {short:.0f} MB, {_MINUTES} min {long:.0f} MB")
    assert long < 2000 and long < short + 350, "samples and features of 10 minutes take 140 MB; nothing else grows"
    sound = load_audio(video)  # as the file says, not as we meant it
    assert abs(sound.duration_s - 60 * _MINUTES) < 0.1
    begin, end = (_best_lag(video, sound, at) for at in (0, 60 * (_MINUTES - 1)))
    print(f"lag and correlation of mouth and loudness: first minute {begin}, last minute {end}")
    assert begin[1] > 0.3 and end[1] > 0.3
    assert abs(end[0] - begin[0]) <= 1 and abs(end[0]) <= 3
