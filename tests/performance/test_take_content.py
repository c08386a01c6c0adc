"""What files with a mesh show of a take, by its look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.export.glb_reader import read_glb
from tests.tiny.portrait import drawn_avatar

from xtalker.head.open_head import OpenHead
from xtalker.performance.shot import Shot
from xtalker.performance.take import Take
from xtalker.values import Identity, InputError, Motion, OutputError


@pytest.fixture(scope="module")
def take() -> Take:
    avatar, motion = drawn_avatar(), Motion.zeros(3)
    motion.jaw[1, 0] = 0.1
    return Take(motion, avatar.identity, OpenHead(), avatar=avatar)


def _meshes(path: Path) -> set[str]:
    return {node["name"] for node in read_glb(path).document["nodes"] if "mesh" in node}


@pytest.mark.parametrize(
    ("shot", "arkit", "is_photo"),
    [
        (None, False, True),
        (Shot(look="photo", keep_smile=0), False, True),
        (Shot(look="skin"), False, False),
        (Shot(look="portrait"), False, False),
        (None, True, False),
    ],
)
def test_the_look_chooses(take: Take, tmp_path: Path, shot: Shot | None, arkit: bool, is_photo: bool) -> None:
    names = _meshes(take.save(tmp_path / "take.glb", shot=shot, arkit=arkit))
    assert ({"face", "person", "background"} <= names) == is_photo
    assert ("skin" in names) != is_photo


def test_without_a_photo_it_is_the_full_head(take: Take, tmp_path: Path) -> None:
    plain = replace(take, avatar=None, identity=Identity())
    assert "skin" in _meshes(plain.save(tmp_path / "take.glb"))
    with pytest.raises(InputError, match="the look 'photo' shows a photograph, and there is none"):
        plain.save(tmp_path / "other.glb", shot=Shot(look="photo"))


@pytest.mark.parametrize(
    ("look", "arkit", "text"),
    [
        (
            "clay",
            False,
            "files with a mesh do not show this look: received look 'clay' for take.glb; accepted: ",
        ),
        ("photo", True, "ARKit's shapes are those of the full head: received look 'photo'"),
    ],
)
def test_looks_that_a_mesh_cannot_show(take: Take, tmp_path: Path, look: str, arkit: bool, text: str) -> None:
    with pytest.raises(OutputError) as fault:
        take.save(tmp_path / "take.glb", shot=Shot(look=look), arkit=arkit)
    assert text in str(fault.value) and not list(tmp_path.iterdir())


def test_strict_refuses_what_layers_leave_out(take: Take, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="without shade that comes and goes as the face moves"):
        take.save(tmp_path / "take.glb", strict=True)
