"""`export`: every way in, every way out, and what is said on the way."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from tests.cli.conftest import Command, contents, write_wav
from tests.export.rigged import camera
from tests.tiny.flame import write_tiny_flame
from tests.tiny.speech import tiny_voice

import xtalker as package
from xtalker.assets import fetch
from xtalker.export import EXPORTERS, place_of
from xtalker.export.flame_npz import FlameNpz
from xtalker.export.interface import Content
from xtalker.export.motion_npz import read_motion, write_motion
from xtalker.export.read_flame import read_flame_motion
from xtalker.performance import load_take, own_flame
from xtalker.values import Identity, Motion, OutputError
from xtalker.values.conventions import CHANNEL
from xtalker.values.tracks import Tracks

FRAMES = 13


def _moving(head_model: str = "open") -> Motion:
    random = np.random.default_rng(0)
    t = np.linspace(0, 1, FRAMES, dtype=np.float32)[:, None]
    motion = Motion.zeros(FRAMES, head_model=head_model)
    motion.expression[:] = t * random.uniform(0, 0.4, 50).astype(np.float32)
    motion.jaw[:, 0], motion.head[:, 1] = 0.2 * t[:, 0], 0.3 * t[:, 0]
    motion.expression[:, CHANNEL["jawOpenCorrective"]] = motion.jaw[:, 0] / 0.3613
    return motion


@pytest.fixture
def motion(work: Path) -> Path:
    write_motion(work / "motion.npz", _moving(), Identity(), card={"licence": "CC0-1.0"})
    return work / "motion.npz"


@pytest.fixture
def flame_file(tmp_path: Path) -> Path:
    return write_tiny_flame(tmp_path / "flame2020.npz")


def _glb(path: Path) -> dict[str, object]:
    data = path.read_bytes()
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert data[:4] == b"glTF" and kind == b"JSON"
    document: dict[str, object] = json.loads(data[20 : 20 + length])
    return document


@pytest.mark.parametrize("suffix", sorted(EXPORTERS))
def test_every_ending(xtalker: Command, work: Path, motion: Path, flame_file: Path, suffix: str) -> None:
    if suffix.startswith(".usd") and importlib.util.find_spec("pxr") is None:
        pytest.skip("usd-core absent: the extra 'usd'")
    outcome = xtalker("export", "motion.npz", "-o", f"take{suffix}", "--flame", flame_file, "--json")
    assert outcome.code == 0, outcome
    figures = json.loads(outcome.out)
    made = work / place_of(Path(f"take{suffix}"))
    assert made.exists() and figures["made"] == [made.name]
    assert figures | {"made": 0, "wall_s": 0} == {
        "command": "export", "motion": "motion.npz", "kind": "motion file", "notes": [], "audio": None,
        "portrait": None, "frames": FRAMES, "duration_s": FRAMES / 25, "made": 0, "wall_s": 0,
    }  # fmt: skip


def test_report_for_people_counts_the_frames_of_a_sequence(xtalker: Command, motion: Path) -> None:
    read, made, took = xtalker("export", "motion.npz", "-o", "take.ply").out.splitlines()
    assert read == "read      motion.npz: motion file, 13 frames, 0.52 s"
    assert made.startswith("made      take_ply (13 files, ") and took.startswith("took ")


def test_arkit_there_and_back(xtalker: Command, work: Path, motion: Path) -> None:
    assert xtalker("export", "motion.npz", "-o", "take.csv").code == 0
    outcome = xtalker("export", "take.csv", "-o", "back.npz")
    assert outcome.code == 0 and outcome.err == ""
    assert "read      take.csv: ARKit recording, 13 frames, 0.52 s" in outcome.out
    assert "note      60 frames a second" in outcome.out
    back, _, card = read_motion(work / "back.npz")
    np.testing.assert_allclose(back.jaw, _moving().jaw, atol=1e-3)
    assert card["imported_from"] == "take.csv"


def test_arkit_names_as_morphs_of_a_glb(xtalker: Command, work: Path, motion: Path) -> None:
    outcome = xtalker("export", motion, "-o", "take.glb", "--arkit")
    assert outcome.code == 0 and "take.glb leaves out: movement beyond ARKit's 52 shapes" in outcome.err
    meshes = {mesh["name"]: mesh for mesh in _glb(work / "take.glb")["meshes"]}  # type: ignore[attr-defined]
    assert {"jawOpen", "eyeLookInLeft", "tongueOut"} <= set(meshes["skin"]["extras"]["targetNames"])


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("place", [("-o", "take.usdc"), ("-o", "take.csv"), ("--wan", "job")])
def test_arkit_needs_a_glb(xtalker: Command, work: Path, motion: Path, place: tuple[str, str]) -> None:
    before = contents(work)
    outcome = xtalker("export", motion, *place, "--arkit")
    assert outcome.code == 2 and "--arkit makes a .glb" in outcome.err
    assert contents(work) == before


def test_save_takes_arkit_for_a_glb_only(work: Path, motion: Path) -> None:
    with pytest.raises(OutputError, match=r"morphs of a \.glb: received take\.csv; accepted: a name ending in \.glb"):
        load_take(motion).save("take.csv", arkit=True)
    assert not (work / "take.csv").exists()


def test_facegood_moves_the_open_head(xtalker: Command, work: Path) -> None:
    weights = np.zeros((30, 2), np.float32)
    weights[:, 0] = np.linspace(0, 1, 30)
    np.savez(work / "fg.npz", bs=weights, names=np.array(["mouth_stretch_c", "brow_raise_c"]), fps=np.array(30))
    outcome = xtalker("export", "fg.npz", "-o", "back.npz")
    assert outcome.code == 0 and "fg.npz: FACEGOOD weights, 25 frames" in outcome.out
    assert read_motion(work / "back.npz")[0].jaw[-1, 0] > 0.3


@pytest.mark.parametrize("layout", ["latent", "tracker"])
def test_flame_stays_flame_without_a_flame_file(xtalker: Command, work: Path, layout: str) -> None:
    motion = _moving("flame")
    if layout == "latent":
        FlameNpz().write(work / "a.flame.npz", Content(motion, Identity(head_model="flame")))
    else:
        pose = np.concatenate([motion.head, motion.jaw], axis=1)
        np.savez(work / "a.flame.npz", exp=motion.expression, pose=pose, fps=np.array(25))
    assert xtalker("export", "a.flame.npz", "-o", "b.flame.npz").code == 0
    back, _, _ = read_flame_motion(work / "b.flame.npz")
    np.testing.assert_array_equal(back.to_matrix(), motion.to_matrix())


def test_flame_moves_the_open_head_through_the_users_file(
    xtalker: Command, work: Path, flame_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    motion = _moving("flame")
    motion.expression[:] *= 0.1
    motion.jaw[:] *= 0.1  # an invented file's coefficients are large on the open head, and refused from 10 on
    FlameNpz().write(work / "a.flame.npz", Content(motion, Identity(head_model="flame")))
    refusal = xtalker("export", "a.flame.npz", "-o", "b.glb").refusal()
    assert "move the open head only through your own FLAME file" in refusal and "XTALKER_ASSET_FLAME" in refusal
    outcome = xtalker("export", "a.flame.npz", "-o", "b.npz", "--flame", flame_file)
    assert outcome.code == 0 and "carried from FLAME to the open head: lips differ by " in outcome.out
    back = read_motion(work / "b.npz")[0]
    assert back.head_model == "open" and np.isfinite(back.to_matrix()).all()
    np.testing.assert_array_equal(back.head, motion.head)
    monkeypatch.setenv("XTALKER_ASSET_FLAME", str(flame_file))
    assert xtalker("export", "a.flame.npz", "-o", "c.npz").code == 0
    assert contents(work)["c.npz"] == contents(work)["b.npz"]


def test_flame_parameters_come_from_the_fitted_map(
    xtalker: Command, work: Path, motion: Path, flame_file: Path
) -> None:
    assert xtalker("export", "motion.npz", "-o", "take.flame.npz", "--flame", flame_file).code == 0
    read, _, _ = read_flame_motion(work / "take.flame.npz")
    truth = own_flame.fit(flame_file).map.apply(_moving())
    np.testing.assert_allclose(read.to_matrix()[:, :56], truth.to_matrix()[:, :56], atol=1e-6)


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("flame", "text"),
    [
        ((), "FLAME parameters need your own FLAME file: received take.flame.npz without one"),
        (("--flame", "none.pkl"), "cannot read the FLAME file: received none.pkl (no such file)"),
    ],
)
def test_no_flame_file_is_one_line_before_any_work(
    xtalker: Command, work: Path, motion: Path, speech: Path, flame: tuple[str, ...], text: str
) -> None:
    before = contents(work)
    assert text in xtalker("export", "motion.npz", "-o", "take.flame.npz", *flame).refusal()
    assert text in xtalker("talk", "speech.wav", "-o", "take.flame.npz", *flame).refusal()
    assert contents(work) == before


def test_what_is_dropped_is_one_warning_and_strict_refuses(
    xtalker: Command, work: Path, motion: Path, speech: Path
) -> None:
    write_motion(motion, _moving(), Identity(), card={}, tracks=Tracks(camera=camera(FRAMES)))
    before = contents(work)
    refusal = xtalker("export", "motion.npz", "-o", "a.bvh", "--audio", "speech.wav", "--strict").refusal()
    assert "a.bvh without expression, sound, camera" in refusal
    assert contents(work) == before
    outcome = xtalker("export", "motion.npz", "-o", "a.bvh", "--audio", "speech.wav", "--quiet")
    assert outcome.code == 0
    assert outcome.err == "xtalker: warning: a.bvh leaves out: expression, sound, camera\n"
    outcome = xtalker("export", "motion.npz", "-o", "a.glb", "--audio", "speech.wav", "--strict")
    assert (outcome.code, outcome.err) == (0, "")


def test_sound_files_go_along_as_they_are_and_others_as_samples(
    xtalker: Command, work: Path, motion: Path, speech: Path
) -> None:
    with av.open(str(work / "speech.flac"), "w") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        samples = np.rint(tiny_voice(0.52).samples * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(list(stream.encode(frame)) + list(stream.encode(None)))
    for name in ("speech.wav", "speech.flac"):
        assert xtalker("export", "motion.npz", "-o", f"{name}.glb", "--audio", name).code == 0
        assert _glb(work / f"{name}.glb")["extras"]["audio"]["mimeType"] == "audio/wav"  # type: ignore[index]
    assert (work / "speech.wav").read_bytes() in (work / "speech.wav.glb").read_bytes()


def test_sound_of_another_length_is_said(xtalker: Command, work: Path, motion: Path) -> None:
    write_wav(work / "long.wav", tiny_voice(1.0).samples)
    assert xtalker("export", "motion.npz", "-o", "a.glb", "--audio", "long.wav").err.splitlines() == [
        "xtalker: warning: long.wav lasts 1.00 s and the motion 0.52 s: the animation is as long as the motion"
    ]


@pytest.mark.usefixtures("tiny_parts")
def test_talk_writes_what_export_writes(xtalker: Command, work: Path, speech: Path) -> None:
    assert xtalker("talk", speech.name, "-o", "a.csv", "--motion", "a.npz").code == 0
    assert xtalker("export", "a.npz", "-o", "b.csv").code == 0
    assert contents(work)["a.csv"] == contents(work)["b.csv"]
    assert xtalker("talk", speech.name, "-o", "a.glb").code == 0
    assert xtalker("export", "a.npz", "-o", "b.glb", "--audio", speech.name).code == 0
    assert contents(work)["a.glb"] == contents(work)["b.glb"]
    assert "a_obj" in xtalker("talk", speech.name, "-o", "a.obj").out and len(list((work / "a_obj").iterdir())) == 13


def test_save_warns_and_strict_refuses(work: Path, motion: Path, caplog: pytest.LogCaptureFixture) -> None:
    take = load_take(motion)
    with pytest.raises(OutputError, match=r"would not keep everything: received a\.bvh without expression; accepted"):
        take.save("a.bvh", strict=True)
    assert not (work / "a.bvh").exists()
    assert take.save("a.bvh") == Path("a.bvh")
    assert [record.getMessage() for record in caplog.records] == ["a.bvh leaves out: expression"]
    with (work / "a.bvh").open() as stream:
        assert "Frames: 13" in stream.read()
    assert take.save(work / "a.obj") == work / "a_obj"


def test_the_public_names() -> None:
    from xtalker import performance

    assert callable(performance.convert) and callable(performance.import_take) and callable(package.load_take)


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("none.npz", "cannot read the motion: received none.npz (no such file)"),
        ("folder.npz", "cannot read the motion: received folder.npz (a folder)"),
        ("empty.csv", "cannot read the motion: received empty.csv (an empty file)"),
        ("noise.npz", "damaged motion file, or none at all: received noise.npz"),
        ("noise.csv", "not an ARKit recording that can be read: received noise.csv (not text)"),
        ("table.csv", "not an ARKit recording that can be read: received table.csv (a header of 2 names"),
        ("other.npz", "not a motion file that is known here: received other.npz"),
        ("motion.bvh", "not a motion file that is known here: received motion.bvh"),
        ("latent.npz", "not a FLAME file that can be read: received latent.npz (latent of shape (4, 3)"),
        ("bs.npz", "not FACEGOOD weights that can be read: received bs.npz (without bs, names and fps)"),
        ("half.npz", "damaged"),
        ("object.npz", "holds something other than numbers and text"),
    ],
)
def test_what_is_no_motion_is_one_line(xtalker: Command, work: Path, motion: Path, source: str, text: str) -> None:
    (work / "folder.npz").mkdir()
    (work / "empty.csv").touch()
    noise = np.random.default_rng(0).integers(128, 256, 999, dtype=np.uint8).tobytes()
    for name in ("noise.npz", "noise.csv", "motion.bvh"):
        (work / name).write_bytes(noise)
    with (work / "table.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["a", "b"], [1, 2]])
    np.savez(work / "other.npz", a=np.zeros(3))
    np.savez(work / "latent.npz", latent=np.zeros((4, 3), np.float32))
    np.savez(work / "bs.npz", bs=np.zeros((4, 3), np.float32))
    np.savez(work / "object.npz", schema_version=np.array([{}], object))
    (work / "half.npz").write_bytes(motion.read_bytes()[:-700])
    before = contents(work)
    assert text in xtalker("export", source, "-o", "out.csv").refusal()
    assert contents(work) == before


@pytest.mark.skipif(importlib.util.find_spec("pxr") is None, reason="usd-core absent: the extra 'usd'")
def test_pictures_beside_a_layer_replace_no_input(xtalker: Command, work: Path, motion: Path) -> None:
    (work / "out_skin.png").write_bytes(b"the portrait")
    text = xtalker("export", "motion.npz", "-o", "out.usdc", "--portrait", "out_skin.png").refusal()
    assert "received out_skin.png" in text and (work / "out_skin.png").read_bytes() == b"the portrait"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("-o", "out.mp4"), "unknown kind of output file: received out.mp4; accepted: .npz .glb .usdc"),
        (("-o", "none/out.glb"), "no such folder to write to"),
        (("-o", "motion.npz"), "would replace another file of this run"),
        (("-o", "taken.obj"), "something else is in the way: received taken_obj"),
        (("-o", "out.glb", "--audio", "motion.npz"), "received motion.npz"),
        (("-o", "out.glb", "--portrait", "motion.npz"), "received motion.npz"),
        (("-o", "out.flame.npz", "--flame", "motion.npz"), "FLAME"),
    ],
)
def test_bad_places_and_companions(
    xtalker: Command, work: Path, motion: Path, arguments: tuple[str, ...], text: str
) -> None:
    (work / "taken_obj").mkdir()
    (work / "taken_obj" / "mine.txt").write_text("kept")
    before = contents(work)
    assert text in xtalker("export", "motion.npz", *arguments).refusal()
    assert contents(work) == before


def test_an_interrupt_leaves_nothing(
    xtalker: Command, work: Path, motion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xtalker.export import mesh_sequence

    (work / "out.glb").write_bytes(b"precious")
    before, calls = contents(work), []

    def stop(_: object) -> bytes:
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return b"v 0 0 0\n"

    monkeypatch.setattr(mesh_sequence, "vertex_lines", stop)
    outcome = xtalker("export", "motion.npz", "-o", "out.obj")
    assert (outcome.code, outcome.err) == (130, "xtalker: stopped by Ctrl-C; no unfinished file was left\n")
    assert contents(work) == before and not (work / "out_obj").exists()


@pytest.mark.real
def test_a_portrait_gives_the_shape(xtalker: Command, work: Path, motion: Path) -> None:
    shutil.copy(fetch("portrait-astronaut"), work / "face.png")
    assert xtalker("export", "motion.npz", "-o", "shaped.npz", "--portrait", "face.png").code == 0
    shaped, identity, _ = read_motion(work / "shaped.npz")
    assert np.abs(identity.shape).max() > 0.1
    np.testing.assert_array_equal(shaped.to_matrix(), _moving().to_matrix())


def test_a_folder_for_video_diffusion(xtalker: Command, work: Path, motion: Path, speech: Path) -> None:
    options = ("--audio", "speech.wav", "--size", "256", "--scene", "stage", "--person", "a grey-haired singer")
    outcome = xtalker("export", "motion.npz", "--wan", "job", *options, "--json")
    assert outcome.code == 0 and json.loads(outcome.out)["made"] == ["job"]
    graph = json.loads((work / "job" / "workflow.json").read_text())
    assert "A grey-haired singer sings into the dark hall" in graph["6"]["inputs"]["text"]
    assert len(list((work / "job").iterdir())) == 6
    before = contents(work)
    (work / "job" / "mine.txt").write_text("x")
    assert "something else is in the way" in xtalker("export", "motion.npz", "--wan", "job").refusal()
    assert contents(work).keys() == before.keys() | {"job/mine.txt"}


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--wan", "job", "--size", "250"), 1, "unusable picture size for Wan: received 250 x 250"),
        (("--wan", "job", "--scene", "moon"), 1, "unknown scene: received moon; accepted: studio, office"),
        (("--wan", "job", "-o", "a.glb"), 2, "not allowed with"),
        (("-o", "a.glb", "--scene", "studio"), 2, "--scene belongs to --wan"),
        ((), 2, "one of the arguments -o/--output --wan is required"),
        (("--wan", "."), 1, "something else is in the way"),
    ],
)
def test_wan_is_refused_before_any_work(
    xtalker: Command, work: Path, motion: Path, arguments: tuple[str, ...], code: int, text: str
) -> None:
    before = contents(work)
    outcome = xtalker("export", "motion.npz", *arguments)
    assert outcome.code == code and text in outcome.err, outcome
    assert contents(work) == before
