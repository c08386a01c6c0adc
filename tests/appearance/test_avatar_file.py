"""Avatar files: the same avatar in another process, and nothing but one line for what is damaged."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.tiny.portrait import drawn_avatar

from xtalker.appearance.avatar_file import load_avatar, save_avatar
from xtalker.values import InputError
from xtalker.values.photo_avatar import PhotoAvatar

CARD = {"made_by": "tests", "portrait": "gezeichnet – ü.png"}
PICTURES = ("photo", "cover", "edges", "fill", "mouth_inside", "eye0_ball", "eye1_shut", "eye0_glint", "eye1_iris")


@cache
def _written() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "face.avatar"
        save_avatar(path, drawn_avatar(), card=CARD)
        return path.read_bytes()


@cache
def _arrays() -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(_written())) as stored:
        return {name: stored[name] for name in stored.files}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "face.avatar"
    path.write_bytes(_written())
    return path


def _changed(folder: Path, **changes: np.ndarray | None) -> Path:
    arrays = {name: array for name, array in (_arrays() | changes).items() if array is not None}
    path = folder / "changed.avatar"
    with path.open("wb") as stream:
        np.savez(stream, **arrays)
    return path


def _refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_avatar(path)
    text = str(caught.value)
    assert "\n" not in text and str(path) in text and "; next: " in text
    return text


def _assert_same(one: Any, other: Any, name: str = "avatar") -> None:
    if is_dataclass(one):
        for field in fields(one):
            _assert_same(getattr(one, field.name), getattr(other, field.name), f"{name}.{field.name}")
    elif isinstance(one, tuple):
        assert len(one) == len(other), name
        for i, (a, b) in enumerate(zip(one, other)):
            _assert_same(a, b, f"{name}[{i}]")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, name
        np.testing.assert_array_equal(one, other, err_msg=name)
    else:
        assert one == other, name


def test_everything_comes_back(file: Path) -> None:
    _assert_same(drawn_avatar(), load_avatar(file))
    assert json.loads(str(_arrays()["card"])) == CARD
    assert file.stat().st_size < 2e6


def test_another_process_opens_the_same_pixels(file: Path) -> None:
    code = (
        "import sys, hashlib; from pathlib import Path; from xtalker.appearance.avatar_file import load_avatar\n"
        "a = load_avatar(Path(sys.argv[1]))\n"
        "parts = (a.photo, a.person, a.background, a.cover, a.face.rest)\n"
        "print(*(hashlib.sha256(part.tobytes()).hexdigest() for part in parts))"
    )
    out = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    a = drawn_avatar()
    wanted = [hashlib.sha256(p.tobytes()).hexdigest() for p in (a.photo, a.person, a.background, a.cover, a.face.rest)]
    assert out.stdout.split() == wanted


def test_nothing_in_the_file_is_pickled() -> None:
    with np.load(io.BytesIO(_written()), allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "fiuU" for name in stored.files)
        assert len(stored.files) <= 64


NAMES = sorted([
    "schema_version", "photo", "cover", "edges", "fill", "camera", "face_box", "shape", "detail", "expression", "jaw",
    "head", "gaze", "light", "head_name", "notes", "face_rest", "face_uv", "face_triangles", "face_kind", "face_solid",
    "face_own", "face_lip", "face_lid", "face_head_share", "face_blink", "lattice_rest", "lattice_uv",
    "lattice_triangles", "lattice_head_share", "lattice_body_share", "lattice_row_start", "lattice_row_index",
    "lattice_row_weight", "mouth_inside", "mouth_corner", "mouth_plane", "mouth_box", "mouth_toothy", "mouth_tones",
    "mouth_covered",
    *(f"eye{e}_{n}" for e in (0, 1) for n in (
        "ball", "iris", "glint", "shut", "corners", "numbers", "front_plane", "margin_vertices", "margin_offsets",
        "lashes",
    )),
])  # fmt: skip


def test_the_list_of_arrays_is_whole() -> None:
    assert set(NAMES) == set(_arrays()) - {"card"}


@pytest.mark.parametrize("name", NAMES)
def test_every_array_is_needed_and_judged(name: str, tmp_path: Path) -> None:
    """Missing, of another kind, with an axis more, shorter."""
    array = _arrays()[name]
    others: list[np.ndarray | None] = [None, np.array("text" if array.dtype.kind != "U" else 7), array[None]]
    if array.ndim and not name.endswith(("plane", "lashes", "lattice_triangles")):  # these may be of any length
        others.append(array[:-1])
    any_number = ("corner", "corners", "toothy", "covered")
    if array.dtype.kind in "iu" and array.dtype != np.uint8 and not name.endswith(any_number):
        others.append(array + np.float64(0.5))
    for other in others:
        _refusal(_changed(tmp_path, **{name: other}))


@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_trusted(name: str, tmp_path: Path) -> None:
    """NaN, infinity, far out; indices one beyond the last and below the first."""
    array = _arrays()[name]
    if array.dtype.kind == "U" or name in PICTURES or name[5:] in ("ball", "iris", "glint", "shut", "lashes"):
        return
    whole = array.dtype.kind in "iu" and not name.endswith(("corners", "corner", "toothy", "version"))
    bad = [-1, 2**30] if whole else [np.nan, np.inf, -1e9]
    for value in bad:
        other = array.astype(np.int64 if whole else np.float64)
        other.reshape(-1)[-1] = value
        _refusal(_changed(tmp_path, **{name: other}))


def test_other_versions_are_told(tmp_path: Path) -> None:
    assert "(ValueError: schema 2)" in _refusal(_changed(tmp_path, schema_version=np.array(2)))


def _webp(width: int, height: int, **options: object) -> np.ndarray:
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, "WEBP", lossless=True, **options)
    return np.frombuffer(stream.getvalue(), np.uint8)


def _png() -> np.ndarray:
    stream = io.BytesIO()
    Image.new("RGB", (420, 500)).save(stream, "PNG")
    return np.frombuffer(stream.getvalue(), np.uint8)


@pytest.mark.parametrize("name", PICTURES)
def test_damaged_pictures(name: str, tmp_path: Path) -> None:
    good = _arrays()[name]
    moving = io.BytesIO()
    first, *others = (Image.new("RGB", (420, 500), c) for c in ("red", "blue", "green"))
    first.save(moving, "WEBP", save_all=True, append_images=others, lossless=True)
    several = np.frombuffer(moving.getvalue(), np.uint8)
    for other in (good[: len(good) // 2], good[:20], np.zeros(100, np.uint8), _png(), several, _webp(4000, 10)):
        _refusal(_changed(tmp_path, **{name: other}))
    if name in ("cover", "edges", "fill"):
        _refusal(_changed(tmp_path, **{name: _webp(421, 500)}))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("lattice_row_start", lambda a: np.r_[a[:1] + 1, a[1:]]),
        ("lattice_row_start", lambda a: np.r_[a[:-1], a[-1] - 1]),
        ("lattice_row_start", lambda a: np.r_[a[:5], a[3], a[6:]]),
        ("face_box", lambda a: np.array([100.0, 100, 110, 110])),
        ("face_box", lambda a: a + 5000),
        ("camera", lambda a: np.r_[0.5, a[1:]]),
        ("face_rest", lambda a: np.where(np.arange(a.size).reshape(a.shape) == 2, 1.3, a)),
        ("eye0_front_plane", lambda a: a[:2]),
        ("mouth_plane", lambda a: np.zeros((0, 3))),
        ("notes", lambda a: np.array("[" * 5000)),
        ("notes", lambda a: np.array('{"a": 1}')),
        ("notes", lambda a: np.array(json.dumps(["\x1b[31m"]))),
        ("notes", lambda a: np.array("x" * 20000)),
        ("eye1_numbers", lambda a: np.r_[a[:2], 0.0, a[3:]]),
        ("eye1_lashes", lambda a: np.zeros((2, 3000), np.uint8)),
        ("mouth_toothy", lambda a: np.array(5)),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(name: str, change: Callable[[np.ndarray], np.ndarray], tmp_path: Path) -> None:
    _refusal(_changed(tmp_path, **{name: change(_arrays()[name])}))


def test_not_an_avatar(tmp_path: Path) -> None:
    for name, data in (("a.avatar", b""), ("b.avatar", b"no zip"), ("c.avatar", _written()[:5000])):
        (tmp_path / name).write_bytes(data)
        _refusal(tmp_path / name)
    _refusal(tmp_path / "missing.avatar")
    _refusal(tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2**31), st.integers(1, 255)), min_size=1, max_size=6))
def test_flipped_bytes_give_the_avatar_or_one_line(tmp_path: Path, flips: list[tuple[int, int]]) -> None:
    data = bytearray(_written())
    for place, change in flips:
        data[place % len(data)] ^= change
    path = tmp_path / "flipped.avatar"
    path.write_bytes(bytes(data))
    try:
        loaded = load_avatar(path)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        _assert_same(drawn_avatar(), loaded)  # zip sums every byte that matters


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_flipped_bytes_behind_the_check_sums(tmp_path: Path, data: st.DataObject) -> None:
    """Arrays changed and summed anew: what loads may look wrong, but its indices stay inside."""
    name = data.draw(st.sampled_from([n for n in NAMES if _arrays()[n].dtype.kind in "fiu"]))
    raw = bytearray(_arrays()[name].tobytes())
    for _ in range(3):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    array = np.frombuffer(bytes(raw), _arrays()[name].dtype).reshape(_arrays()[name].shape)
    try:
        loaded = load_avatar(_changed(tmp_path, **{name: array}))
    except InputError as error:
        assert "\n" not in str(error)
    else:
        _assert_drawable(loaded)


def _assert_drawable(avatar: PhotoAvatar) -> None:
    n, m = len(avatar.face.rest), len(avatar.lattice.rest)
    for indices, below in (
        (avatar.face.triangles, n), (avatar.lattice.triangles, m), (avatar.lattice.row_index, n),
        (avatar.face.kind, 6), *((eye.margin_vertices, n) for eye in avatar.eyes),
    ):  # fmt: skip
        assert indices.dtype == np.int32 and indices.min() >= 0 and indices.max() < below
    for places in (avatar.face.rest, avatar.lattice.rest):
        assert np.isfinite(places).all() and places[:, 2].max() < 1


@pytest.mark.real
def test_a_real_avatar_is_small(astronaut_avatar: PhotoAvatar, tmp_path: Path) -> None:
    save_avatar(tmp_path / "a.avatar", astronaut_avatar)
    assert (tmp_path / "a.avatar").stat().st_size < 8e6
    _assert_same(astronaut_avatar, load_avatar(tmp_path / "a.avatar"))
