"""What a take gives: vertices, landmarks, files."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tests.tiny.speech import tiny_voice

import xtalker
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.performance import Shot
from xtalker.values import Audio, InputError, OutputError

pytestmark = pytest.mark.usefixtures("tiny_parts")


def test_perform_gives_what_it_promises() -> None:
    take = xtalker.perform(tiny_voice(0.6), seed=1)
    assert take.motion.num_frames == 15 and take.duration_s == 0.6
    vertices, landmarks = take.vertices(), take.landmarks()
    assert vertices.shape == (15, take.head.topology.num_vertices, 3) and landmarks.shape == (15, 478, 3)
    assert 0.1 < np.ptp(vertices[0], axis=0).max() < 0.5  # a head, in metres
    assert {"lips", "inner_lips"} <= take.head.topology.regions.keys()


def test_canonical_leaves_out_the_head_turn_only() -> None:
    take = xtalker.perform(tiny_voice(0.4), seed=2)
    rigid = np.flatnonzero(take.head.head_weight == 1)  # not the neck, which follows in part
    turned_back = np.einsum("fji,fvj->fvi", matrix_from_axis_angle(take.motion.head), take.vertices()[:, rigid])
    np.testing.assert_allclose(turned_back, take.vertices(canonical=True)[:, rigid], atol=1e-6)
    assert len(rigid) > 2000 and np.abs(take.landmarks() - take.landmarks(canonical=True)).max() > 1e-3


def test_perform_twice_and_under_both_names() -> None:
    """Loading a module must not put it in the place of a function of its name."""
    from xtalker import performance

    first, second = xtalker.perform(tiny_voice(0.2)), performance.perform(tiny_voice(0.2))
    np.testing.assert_array_equal(first.motion.to_matrix(), second.motion.to_matrix())


def test_saved_and_loaded_takes_are_equal(work: Path) -> None:
    take = xtalker.perform(tiny_voice(0.4), seed=3)
    again = xtalker.load_take(take.save("take.npz"))
    np.testing.assert_array_equal(again.vertices(), take.vertices())
    assert again.card == take.card


def test_samples_are_heard_in_the_video(work: Path) -> None:
    voice = tiny_voice(0.8)
    xtalker.perform(voice).save("take.mp4", shot=Shot(size=64))
    with av.open("take.mp4") as container:
        frames = [frame.to_ndarray().mean(axis=0) for frame in container.decode(audio=0)]
    heard = np.concatenate(frames)[: len(voice.samples)]
    assert np.corrcoef(heard, voice.samples[: len(heard)])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (np.zeros(0, np.float32), "received no samples in memory"),
        (np.array([0, np.nan], np.float32), "received NaN or infinite numbers in memory"),
    ],
)
def test_unusable_samples(samples: np.ndarray, text: str) -> None:
    with pytest.raises(InputError, match=text):
        xtalker.perform(Audio(samples))


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"sampler": "magic"}, "unknown sampler: received magic"),
        ({"steps": 0}, "too few steps: received 0"),
        ({"portrait": "none.png"}, "cannot read the portrait: received none.png"),
    ],
)
def test_unusable_arguments(fault: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        xtalker.perform(tiny_voice(0.2), **fault)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"look": "gold"}, "unusable look: received gold; accepted: one of "),
        ({"size": 65}, "unusable picture size: received 65; accepted: an even number of pixels from 64 to 4096"),
        ({"size": 8192}, "unusable picture size: received 8192"),
        ({"supersample": 9}, "unusable supersampling: received 9"),
    ],
)
def test_unusable_shots(fault: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        Shot(**fault)  # type: ignore[arg-type]


def test_unknown_suffix_lists_all_known(work: Path) -> None:
    with pytest.raises(OutputError, match=r"received take.docx; accepted: \.mp4 \.webm \.mkv \.mov \.png \.npz"):
        xtalker.perform(tiny_voice(0.2)).save("take.docx")


def test_dropped_parts_are_one_warning_and_strict_writes_nothing(work: Path, caplog: pytest.LogCaptureFixture) -> None:
    take = xtalker.perform(tiny_voice(0.4), seed=3)
    with pytest.raises(OutputError, match=r"would not keep everything: received take\.bvh without expression, .*sound"):
        take.save("take.bvh", strict=True)
    with pytest.raises(OutputError, match=r"received take\.npz without sound"):
        take.save("take.npz", strict=True)
    assert list(work.iterdir()) == []
    take.save("take.npz")
    assert caplog.records == [], "a motion file never has sound"
    take.save("take.bvh")
    (record,) = caplog.records
    assert record.getMessage().startswith("take.bvh leaves out: expression, ") and "sound" in record.getMessage()


def test_a_sequence_is_a_folder_and_other_files_are_themselves(work: Path) -> None:
    take = xtalker.perform(tiny_voice(0.2), seed=3)
    folder = take.save("take.ply")
    assert folder == Path("take_ply") and len(list(folder.iterdir())) == take.motion.num_frames
    assert take.save(work / "take.glb") == work / "take.glb"
