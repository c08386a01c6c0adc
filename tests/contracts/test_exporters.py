"""What every exporter owes."""

import csv
import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.export.glb_reader import read_glb
from tests.export.rigged import camera, open_head, person, rigged

from xtalker.export import EXPORTERS, export, exporter_for, left_out
from xtalker.export.flame_npz import FlameMap, FlameNpz
from xtalker.export.interface import Content
from xtalker.values import Audio, Identity, Motion, OutputError
from xtalker.values.conventions import EXPRESSION_NAMES

FRAMES = 5


def _content() -> Content:
    """Every channel moves evenly, so that its value is known at any time."""
    random = np.random.default_rng(0)
    start, end = random.uniform(0, 0.5, (2, 58)).astype(np.float32)
    start[50:], end[50:] = 0, end[50:] * 0.4
    t = np.linspace(0, 1, FRAMES, dtype=np.float32)[:, None]
    return rigged(Motion.from_matrix((start + t * (end - start)).astype(np.float32)))


def _check_npz(path: Path, content: Content) -> None:
    with np.load(path, allow_pickle=False) as file:
        read = np.hstack([file[name] for name in ("expression", "jaw", "head", "gaze")])
    np.testing.assert_array_equal(read, content.motion.to_matrix())


def _check_glb(path: Path, content: Content) -> None:
    file, frame = read_glb(path), FRAMES - 2
    truth = open_head().vertices(person(), content.motion)[frame]
    for part in ("skin", "teeth_lower", "eye_right"):
        own = open_head().topology.part_vertices(part)
        assert np.abs(file.posed(part, frame / 25)[: len(own)] - truth[own]).max() < 1e-5


def _check_usd(path: Path, content: Content) -> None:
    from pxr import Gf, Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.Open(str(path))
    assert UsdSkel.BakeSkinning(UsdSkel.Root(stage.GetDefaultPrim()), Gf.Interval(0, FRAMES - 1))
    truth = open_head().vertices(person(), content.motion)
    for part in ("skin", "teeth_lower", "eye_right"):
        points = np.array(UsdGeom.Mesh(stage.GetPrimAtPath(f"/Take/{part}")).GetPointsAttr().Get(2))
        assert np.abs(points - truth[2, open_head().topology.part_vertices(part)]).max() < 1e-5


def _check_arkit(path: Path, content: Content) -> None:
    with path.open(newline="", encoding="ascii") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == round(FRAMES / 25 * 60)
    for column, channel in (("EyeBlinkLeft", "eyeBlinkLeft"), ("MouthFunnel", "mouthFunnel")):
        track = content.motion.expression[:, EXPRESSION_NAMES.index(channel)]
        at_frame = np.clip((np.arange(len(rows)) + 0.5) / 60 * 25 - 0.5, 0, FRAMES - 1)
        truth = np.interp(at_frame, np.arange(FRAMES), track)
        read = np.array([float(row[column]) for row in rows])
        # Before the first and after the last frame's centre a writer may hold or go on.
        np.testing.assert_allclose(read[1:-1], truth[1:-1], atol=1e-5)


def _check_metahuman_csv(path: Path, _: Content) -> None:
    with path.open(newline="", encoding="ascii") as stream:
        header, *rows = csv.reader(stream)
    values = np.array(rows, float)
    assert (header[0], len(header)) == ("time", 175) and len(values) == round(FRAMES / 25 * 60)
    assert np.abs(values[:, 1:]).max() <= 1 and np.ptp(values[:, 1:], axis=0).max() > 0.05


def _check_metahuman_json(path: Path, _: Content) -> None:
    read = json.loads(path.read_text(encoding="utf-8"))
    lengths = {len(values) for kind in ("controls", "curves") for values in read[kind].values()}
    assert (read["frame_rate_hz"], len(read["controls"]), lengths) == (60, 174, {round(FRAMES / 25 * 60)})


def _check_bvh(path: Path, content: Content) -> None:
    text = path.read_text(encoding="ascii")
    assert text.count("CHANNELS 3 Yrotation Xrotation Zrotation") == 2 and f"Frames: {FRAMES}\n" in text
    rows = np.array([line.split() for line in text.partition("Frame Time:")[2].splitlines()[1:]], float)
    for columns, track in ((rows[:, :3], content.motion.head), (rows[:, 3:], content.motion.jaw)):
        read = Rotation.from_euler("YXZ", columns, degrees=True).as_rotvec()
        np.testing.assert_allclose(read, track, atol=1e-5)


def _check_vertices(path: Path, content: Content) -> None:
    with np.load(path, allow_pickle=False) as file:
        truth = open_head().vertices(person(), content.motion)
        assert np.abs(file["vertices"] - truth).max() < 1e-5


def _check_obj(folder: Path, content: Content) -> None:
    files = sorted(folder.iterdir())
    assert len(files) == FRAMES
    lines = files[2].read_text(encoding="ascii").splitlines()
    points = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], float)
    assert np.abs(points - open_head().vertices(person(), content.motion)[2]).max() < 1e-5
    assert sum(line.startswith("f ") for line in lines) > 5000


def _check_ply(folder: Path, content: Content) -> None:
    files = sorted(folder.iterdir())
    assert len(files) == FRAMES
    header, _, body = files[2].read_bytes().partition(b"end_header\n")
    truth = open_head().vertices(person(), content.motion)[2]
    assert f"element vertex {len(truth)}\n".encode() in header
    points = np.frombuffer(body, "<f4", truth.size).reshape(truth.shape)
    assert np.abs(points - truth).max() < 1e-5


def _check_flame(path: Path, content: Content) -> None:
    with np.load(path, allow_pickle=False) as file:
        latent = file["latent"]
    assert latent.shape == (FRAMES, 284)
    read = np.hstack([latent[:, 100:150], latent[:, 153:156], latent[:, 150:153]])
    np.testing.assert_allclose(read, content.motion.to_matrix()[:, :56], atol=1e-6)


# How another reader gets at the motion of each kind of file.
OTHER_READERS: dict[str, Callable[[Path, Content], None]] = {
    ".npz": _check_npz,
    ".glb": _check_glb,
    ".usdc": _check_usd,
    ".usdz": _check_usd,
    ".csv": _check_arkit,
    ".metahuman.csv": _check_metahuman_csv,
    ".metahuman.json": _check_metahuman_json,
    ".bvh": _check_bvh,
    ".flame.npz": _check_flame,
    ".obj": _check_obj,
    ".ply": _check_ply,
    ".vertices.npz": _check_vertices,
}


_ALL_EXTRAS = ("sound", "camera", "skin texture")
KEPT = {".glb": _ALL_EXTRAS, ".usdc": _ALL_EXTRAS, ".usdz": _ALL_EXTRAS, ".npz": ("camera",)}
"""What beyond the motion a format keeps; everything else must be said to be left out."""


SEQUENCES = (".obj", ".ply")


def _made(path: Path) -> Path:
    """What a writer makes of a name: the file, or for sequences a folder named after it."""
    return path.with_name(f"{path.stem}_{path.suffix[1:]}") if path.suffix in SEQUENCES else path


@pytest.fixture(autouse=True)
def alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """FLAME parameters need a map to the user's FLAME; here its channels are the open head's."""
    same = FlameMap(np.eye(53, dtype=np.float32))
    monkeypatch.setattr(FlameNpz, "__init__", lambda self: setattr(self, "flame_map", same))


@pytest.fixture(params=sorted(EXPORTERS))
def suffix(request: pytest.FixtureRequest) -> str:
    if request.param.startswith(".usd") and importlib.util.find_spec("pxr") is None:
        pytest.skip("usd-core absent: the extra 'usd'")
    return str(request.param)


def test_every_exporter_has_another_reader_here() -> None:
    assert OTHER_READERS.keys() == EXPORTERS.keys()


def test_round_trip_through_another_reader(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"take{suffix}"
    export(path, _content())
    OTHER_READERS[suffix](_made(path), _content())
    beside = {tmp_path / "take_skin.png", tmp_path / "take_eye.png"} if suffix == ".usdc" else set()
    assert set(tmp_path.iterdir()) == {_made(path)} | beside


def test_writing_again_replaces_the_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"take{suffix}"
    export(path, rigged(Motion.zeros(2)))
    export(path, _content())
    OTHER_READERS[suffix](_made(path), _content())


@pytest.mark.parametrize("known", sorted(EXPORTERS))
def test_suffix_agrees_with_the_table_in_any_case(known: str) -> None:
    assert exporter_for(Path(f"take{known}")).suffix == known
    assert exporter_for(Path(f"TAKE{known.upper()}")).suffix == known
    assert exporter_for(Path(f"of.several.names{known}")).suffix == known


def test_what_cannot_be_held_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"take{suffix}"
    mixed = replace(_content(), identity=Identity(head_model="flame"))
    empty = replace(_content(), motion=Motion.zeros(0))
    for content, text in ((mixed, "motion of head 'open', identity of 'flame'"), (empty, "0 frames")):
        with pytest.raises(OutputError, match=f"cannot hold this: received {text}"):
            export(path, content)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".glb", ".usdc", ".usdz"])
def test_formats_with_a_mesh_need_a_rig(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError, match="cannot hold this: received a head 'open' without mesh"):
        export(tmp_path / f"take{suffix}", replace(_content(), rig=None))
    assert list(tmp_path.iterdir()) == []


def test_extras_are_kept_or_said_to_be_left_out(tmp_path: Path, suffix: str) -> None:
    path, plain = tmp_path / f"take{suffix}", _content()
    extras = {
        "sound": replace(plain, sound=Audio(np.zeros(3200, np.float32))),
        "camera": replace(plain, camera=camera(FRAMES)),
        "skin texture": replace(plain, texture=np.zeros((4, 4, 3), np.uint8)),
    }
    for name, content in extras.items():
        said = name in left_out(path, content)
        assert said == (name not in KEPT.get(suffix, ()))
        assert name not in left_out(path, plain)
        export(path, content)


def test_places_that_cannot_be_written(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError, match="no such folder"):
        export(tmp_path / "none" / f"take{suffix}", _content())
    place = _made(tmp_path / f"other{suffix}")
    place.mkdir()
    (place / "mine.txt").write_text("kept")
    with pytest.raises(OutputError, match="in the way"):
        export(tmp_path / f"other{suffix}", _content())
    assert list(tmp_path.rglob("*")) == [place, place / "mine.txt"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step of every writer is the rename; that one fails here."""
    path = tmp_path / f"take{suffix}"
    if suffix not in SEQUENCES:
        path.write_bytes(b"old")
    before = list(tmp_path.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for rename in ("replace", "rename"):
        monkeypatch.setattr(Path, rename, full)
    with pytest.raises(OutputError, match=r"disk full|No space left"):
        export(path, _content())
    assert list(tmp_path.iterdir()) == before and all(place.read_bytes() == b"old" for place in before)


@pytest.mark.parametrize("name", ["take.docx", "take", "npz", ".glb"])
def test_unknown_suffix_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"unknown kind of file: received .*; accepted: .*\.npz"):
        export(tmp_path / name, _content())
