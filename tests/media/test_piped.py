"""Pipes are read once and can be used as often as a file."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.media.files import tone, write_sound

from xtalker.media import piped
from xtalker.render.sound_track import SoundTrack
from xtalker.speech import load_audio
from xtalker.values import InputError

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def feed(pipe: Path, data: bytes) -> threading.Thread:
    thread = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    thread.start()
    return thread


def test_a_pipe_is_heard_and_filmed(tmp_path: Path) -> None:
    wave = tone(3)
    file = write_sound(tmp_path / "a.wav", wave, "pcm_f32le")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    thread = feed(pipe, file.read_bytes())
    np.testing.assert_array_equal(load_audio(pipe).samples, load_audio(file).samples)
    thread.join()
    np.testing.assert_array_equal(load_audio(pipe).samples, load_audio(file).samples)
    with SoundTrack(pipe) as track:
        np.testing.assert_allclose(track.take(1000)[0], wave[:1000], atol=1e-6)


def test_a_pipe_out_of_which_nothing_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piped, "PATIENCE_S", 0.3)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"nothing came for 0.3 s"):
        load_audio(tmp_path / "pipe")


def test_an_empty_pipe_is_an_empty_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    feed(tmp_path / "pipe", b"")
    with pytest.raises(InputError, match="empty"):
        load_audio(tmp_path / "pipe")


def test_more_than_is_taken_and_devices_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piped, "MAX_BYTES", 1000)
    os.mkfifo(tmp_path / "pipe")
    feed(tmp_path / "pipe", bytes(5000))
    with pytest.raises(InputError, match="more than 1000 bytes"):
        load_audio(tmp_path / "pipe")
    with pytest.raises(InputError, match="no pipe"):
        load_audio("/dev/zero")
