"""Files in Blender itself, by its own importers and by our add-on: every vertex in every frame.

`make test-blender` runs it; how to get Blender is in tools/blender_check.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.export.rigged import camera, moving, open_head, person, rigged
from tests.export.test_blender_import import ADDON
from tools.blender_check import INSTALL, Opened, blender_command, blender_version, opened

from xtalker.export import export
from xtalker.export.interface import Content
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.values import Audio, Motion

pytestmark = pytest.mark.slow

FRAMES = 40
WORST_M = 5e-5
FIRST_WITH_USD = (4, 1)


@cache
def _command() -> list[str]:
    command = blender_command()
    if command is None:
        pytest.skip(f"Blender is absent: {INSTALL}")
    return command


@cache
def _content() -> Content:
    """All channels and joints move, some far below 0 and above 1."""
    motion = moving(FRAMES)
    motion.expression[5:9, ::3] -= 0.6
    motion.expression[20:24, 1::3] += 0.5
    texture = np.full((16, 16, 3), 180, np.uint8)
    return replace(rigged(motion), camera=camera(FRAMES), sound=Audio(np.zeros(1600, np.float32)), texture=texture)


@pytest.fixture(params=["by itself", "with the add-on"])
def addon(request: pytest.FixtureRequest) -> Path | None:
    return ADDON if request.param == "with the add-on" else None


def _opened(path: Path, addon: Path | None) -> Opened:
    return opened(_command(), path, frames=FRAMES, addon=addon, out=path.parent / "answer")


def _worst_m(answer: Opened, motion: Motion) -> float:
    """Largest distance between Blender's vertices and the head's, over all frames and parts."""
    truth, worst = open_head().vertices(person(), motion), 0.0
    for part in open_head().topology.part_names:
        own = open_head().topology.part_vertices(part)
        (name,) = (name for name in answer.vertices if name.split(".")[0] == part)
        theirs = answer.vertices[name][:, : len(own)]
        worst = max(worst, float(np.linalg.norm(theirs - truth[:, own], axis=-1).max()))
    return worst


@pytest.mark.parametrize("suffix", [".glb", ".usdc", ".usdz"])
def test_every_vertex_of_every_frame(tmp_path: Path, suffix: str, addon: Path | None) -> None:
    if suffix != ".glb" and blender_version(_command()) < FIRST_WITH_USD:
        pytest.skip("Blender before 4.1 reads no moving heads from USD")
    export(tmp_path / f"take{suffix}", _content())
    answer = _opened(tmp_path / f"take{suffix}", addon)
    assert _worst_m(answer, _content().motion) < WORST_M
    pictures = {name.split(".")[0]: names for name, names in answer.facts["pictures"].items()}
    assert pictures["eye"] and pictures["skin"], "iris and skin are seen"
    if addon is not None:
        assert (answer.facts["fps"], answer.facts["frames"]) == (25, [0, FRAMES - 1])
        assert answer.facts["smooth"] and answer.facts["lowest"] < -1


def test_the_add_on_brings_the_sound(tmp_path: Path) -> None:
    export(tmp_path / "take.glb", _content())
    answer = _opened(tmp_path / "take.glb", ADDON)
    if not answer.facts["has_sound"]:
        pytest.skip("this Blender is built without sound, as the bpy wheel is")
    ((kind, start, size),) = answer.facts["strips"]
    assert (kind, start, size > 3200) == ("SOUND", 0, True)
    assert answer.facts["sync"] == "AUDIO_SYNC"


def test_the_add_on_shows_moving_vertices(tmp_path: Path) -> None:
    export(tmp_path / "take.vertices.npz", _content())
    answer = _opened(tmp_path / "take.vertices.npz", ADDON)
    (places,) = answer.vertices.values()
    truth = open_head().vertices(person(), _content().motion)
    assert np.linalg.norm(places - truth, axis=-1).max() < WORST_M
    assert answer.facts["smooth"] and answer.facts["frames"] == [0, FRAMES - 1]


def test_the_add_on_turns_an_armature_as_the_head_turns(tmp_path: Path) -> None:
    if blender_version(_command()) < (3, 5):
        pytest.skip("Debian's Blender 3.4 opens no .bvh under its Python ('rU')")
    export(tmp_path / "take.bvh", _content())
    answer = _opened(tmp_path / "take.bvh", ADDON)
    assert (answer.facts["fps"], answer.facts["frames"]) == (25, [0, FRAMES - 1])
    turns = np.array(answer.facts["bones"]["Head"])
    truth = matrix_from_axis_angle(_content().motion.head.astype(float))
    np.testing.assert_allclose(turns, truth, atol=1e-4)
