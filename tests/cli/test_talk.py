"""`talk`, `render` and `perform` agree with each other, on tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from tests.cli.conftest import Command, contents, write_wav
from tests.tiny.speech import tiny_voice

import xtalker as package
from xtalker.export.motion_npz import read_motion
from xtalker.render.depth_video import read_depth_video
from xtalker.values import Audio
from xtalker.values.motion import TRACKS

pytestmark = pytest.mark.usefixtures("tiny_parts")


def _pictures(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def _sound_s(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_report_for_people(xtalker: Command, work: Path, speech: Path) -> None:
    outcome = xtalker("talk", speech.name, "-o", "out.npz")
    assert (outcome.code, outcome.err) == (0, "")
    motion, made, took = outcome.out.splitlines()
    assert motion == "motion    13 frames, 0.52 s, seed 0"
    assert made.startswith("made      out.npz (") and took.startswith("took      ")


def test_report_for_programs_is_one_object(xtalker: Command, work: Path, speech: Path) -> None:
    outcome = xtalker("talk", speech.name, "-o", "out.npz", "--seed", "7", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    assert figures["wall_s"] > 0
    assert figures | {"wall_s": 0} == {
        "command": "talk", "speech": "speech.wav", "portrait": None, "portrait_residual_percent": None, "frames": 13,
        "notes": [],
        "duration_s": 0.52, "seed": 7, "steps": 2, "generator": "shipped", "style": "none",
        "guidance": 1.0, "look": "skin", "size": [512, 512], "made": ["out.npz"], "wall_s": 0,
    }  # fmt: skip


def test_quiet(xtalker: Command, work: Path, speech: Path) -> None:
    outcome = xtalker("talk", speech.name, "-o", "out.npz", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_same_seed_same_bytes_other_seed_other_motion(xtalker: Command, work: Path, speech: Path) -> None:
    for name, seed in (("a.npz", 3), ("b.npz", 3), ("c.npz", 4)):
        assert xtalker("talk", speech.name, "-o", name, "--seed", seed).code == 0
    files = contents(work)
    assert files["a.npz"] == files["b.npz"]
    first, _, _ = read_motion(work / "a.npz")
    other, _, _ = read_motion(work / "c.npz")
    assert np.abs(first.to_matrix() - other.to_matrix()).max() > 1e-3


def test_video_motion_and_rendered_motion_agree(xtalker: Command, work: Path, speech: Path) -> None:
    """One run gives a film and its motion; perform gives the same motion; filming that motion gives the same film."""
    small = ("--size", "64", "--look", "clay")
    outcome = xtalker("talk", speech.name, "-o", "a.mp4", "--motion", "a.npz", "--depth", "a.mkv", "--seed", 5, *small)
    assert (outcome.code, outcome.err) == (0, "")
    outcome = xtalker("render", "a.npz", "--audio", speech.name, "-o", "b.mp4", "--depth", "b.mkv", *small)
    assert (outcome.code, outcome.err) == (0, "")
    assert sorted(contents(work)) == ["a.mkv", "a.mp4", "a.npz", "b.mkv", "b.mp4", "speech.wav"]

    motion, identity, card = read_motion(work / "a.npz")
    take = package.perform(speech, seed=5)
    for track in TRACKS:
        np.testing.assert_array_equal(getattr(motion, track), getattr(take.motion, track))
    np.testing.assert_array_equal(identity.shape, take.identity.shape)
    assert card == take.card and card["speech"] == "speech.wav"

    pictures = _pictures(work / "a.mp4")
    assert pictures.shape == (13, 64, 64, 3) and pictures.std() > 10
    np.testing.assert_array_equal(pictures, _pictures(work / "b.mp4"))
    depths = np.stack(list(read_depth_video(work / "a.mkv")))
    assert depths.shape == (13, 64, 64) and 0 < (depths > 0).mean() < 1
    np.testing.assert_array_equal(depths, np.stack(list(read_depth_video(work / "b.mkv"))))


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv"])
def test_25_fps_and_as_much_sound_as_picture(xtalker: Command, work: Path, suffix: str) -> None:
    write_wav(work / "speech.wav", tiny_voice(1.31).samples)
    assert xtalker("talk", "speech.wav", "-o", f"out{suffix}", "--size", "64").code == 0
    with av.open(str(work / f"out{suffix}")) as container:
        assert container.streams.video[0].average_rate == 25
        times = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(times, np.arange(33) / 25, atol=2e-3)
    codec_block_s = 0.07  # encoders pad the last block
    assert 33 / 25 - 1e-3 <= _sound_s(work / f"out{suffix}") <= 33 / 25 + codec_block_s


def test_samples_and_a_file_with_the_same_samples_perform_alike(work: Path) -> None:
    samples = np.rint(tiny_voice(0.8).samples * 32767).astype(np.float32) / 32768
    write_wav(work / "same.wav", samples * 32768 / 32767)
    from_file, from_memory = package.perform(work / "same.wav"), package.perform(Audio(samples))
    np.testing.assert_array_equal(from_file.motion.to_matrix(), from_memory.motion.to_matrix())


def test_an_existing_file_is_replaced(xtalker: Command, work: Path, speech: Path) -> None:
    (work / "out.npz").write_text("old")
    assert xtalker("talk", speech.name, "-o", "out.npz").code == 0
    assert read_motion(work / "out.npz")[0].num_frames == 13


def test_sound_of_another_length_is_said(xtalker: Command, work: Path, speech: Path) -> None:
    xtalker("talk", speech.name, "-o", "out.npz")
    write_wav(work / "long.wav", tiny_voice(1.0).samples)
    outcome = xtalker("render", "out.npz", "--audio", "long.wav", "-o", "out.mp4", "--size", "64")
    assert outcome.code == 0 and outcome.err.splitlines() == [
        "xtalker: warning: long.wav lasts 1.00 s and the motion 0.52 s: the video is as long as the motion"
    ]
