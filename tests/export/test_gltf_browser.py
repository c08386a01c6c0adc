"""Glb files in the programs they are for: the official validator, three.js in headless Chromium.

Needs node, Chromium and an npm folder named by XTALKER_NODE_MODULES (see tools/web_check); skips without them.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.export.rigged import camera, moving, open_head, person, rigged
from tests.export.test_looks import handed_in
from tools.web_check import Question, positions_in_three, validate, what_is_missing

from xtalker.export import export
from xtalker.export.arkit_glb import ArkitGlb
from xtalker.export.arkit_model import arkit_model
from xtalker.export.arkit_names import ARKIT_SHAPES
from xtalker.export.interface import Content
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.values import Audio, Motion


@pytest.fixture(scope="module")
def modules() -> Path:
    folder = os.environ.get("XTALKER_NODE_MODULES")
    if not folder:
        pytest.skip("set XTALKER_NODE_MODULES to a node_modules folder with gltf-validator and three")
    missing = what_is_missing(Path(folder))
    if missing:
        pytest.skip(missing)
    return Path(folder)


def _full() -> Content:
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    sound = Audio(np.zeros(1600, np.float32))
    return replace(rigged(), sound=sound, camera=camera(8, cut_at=5), texture=picture)


@pytest.mark.parametrize("kind", ["plain", "full", "still", "one frame", "handed in"])
def test_the_official_validator_finds_no_error(tmp_path: Path, modules: Path, kind: str) -> None:
    still, single = rigged(Motion.zeros(3)), rigged(moving(1))
    kinds = {"plain": rigged(), "full": _full(), "still": still, "one frame": single, "handed in": handed_in()}
    export(tmp_path / "take.glb", kinds[kind])
    issues = validate(modules, tmp_path / "take.glb")
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_the_validator_does_find_errors(tmp_path: Path, modules: Path) -> None:
    export(tmp_path / "take.glb", rigged())
    data = (tmp_path / "take.glb").read_bytes()
    (tmp_path / "bad.glb").write_bytes(data.replace(b'"WEIGHTS_0"', b'"WEIGHTS_7"', 1))
    assert validate(modules, tmp_path / "bad.glb")["numErrors"] > 0


def test_three_poses_the_points_where_the_head_has_its_vertices(tmp_path: Path, modules: Path) -> None:
    motion, topology = moving(), open_head().topology
    export(tmp_path / "take.glb", rigged(motion))
    frames = (0, 2, 3, 5, 7)
    points = [(part, i) for part in topology.part_names for i in range(0, len(topology.part_vertices(part)), 11)]
    vertices = [int(topology.part_vertices(part)[i]) for part, i in points]
    question = Question(modules, (tmp_path / "take.glb").read_bytes(), [f / 25 for f in frames], points)
    theirs = np.array(positions_in_three(question)["poses"])
    ours = open_head().vertices(person(), motion)[list(frames)][:, vertices]
    assert np.linalg.norm(theirs - ours, axis=-1).max() < 1e-5


def test_three_drives_an_arkit_avatar_by_its_52_names(tmp_path: Path, modules: Path) -> None:
    motion = Motion.zeros(4)
    motion.jaw[2, 0], motion.gaze[2, 1], motion.head[2, 1] = 0.3, 0.2, 0.1
    content = rigged(motion)
    ArkitGlb().write(tmp_path / "take.glb", content)
    issues = validate(modules, tmp_path / "take.glb")
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]
    model = arkit_model(content)
    points = [(part.name, i) for part in model.parts for i in range(0, len(part.points), 53)]
    answer = positions_in_three(Question(modules, (tmp_path / "take.glb").read_bytes(), [2 / 25], points))
    assert tuple(answer["names"]["skin"]) == ARKIT_SHAPES and answer["bones"] == ["Armature", "Head"]
    weights = dict(zip(answer["names"]["skin"], answer["weights"][0]["skin"], strict=True))
    assert weights["jawOpen"] > 0.5 and weights["eyeLookOutLeft"] > 0.3 and weights["eyeLookInRight"] > 0.3
    turn = matrix_from_axis_angle(motion.head[2:3].astype(float))[0]
    for (name, i), theirs in zip(points, answer["poses"][0], strict=True):
        part = next(part for part in model.parts if part.name == name)
        rest = part.points[i] + model.weights(part)[2] @ part.morphs[:, i]
        share = float(part.joint_weight[i][part.joint_index[i] == 1].sum())
        np.testing.assert_allclose(theirs, rest + share * (turn @ rest - rest), atol=1e-5)
