"""MetaHuman controls: the table is sound, the files are read back with csv and json, and every value is in range."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from xtalker.export.arkit_names import ARKIT_SHAPES
from xtalker.export.interface import Content
from xtalker.export.metahuman import MAP, MetaHumanCsv, MetaHumanJson, curve_names, load_map, metahuman_values
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES


def _motion(frames: int = 25, size: float = 0.5) -> Motion:
    return Motion.from_matrix(np.random.default_rng(0).normal(0, size, (frames, 58)).astype(np.float32))


def test_table_names_only_what_exists() -> None:
    table = load_map()
    assert len(table.controls) == len(set(table.controls)) == 174
    assert table.two_way <= set(table.controls)
    assert {target for _, target, _ in table.board} <= set(table.controls)
    assert {s for s, _, _ in (*table.board, *table.curves)} <= {*ARKIT_SHAPES, *EXPRESSION_NAMES}
    assert all(curve.startswith("CTRL_expressions_") for curve in curve_names())
    assert all(weight > 0 or control in table.two_way for _, control, weight in table.board)
    documented = json.loads(MAP.read_text())
    assert documented["checked"] and documented["assumed"]


def test_left_mirrors_right() -> None:
    def mirrored(name: str) -> str:
        for left, right in (("_L_", "_R_"), ("Left", "Right"), ("In", "In")):
            if left in name or right in name:
                return name.replace(left, "\0").replace(right, left).replace("\0", right)
        return name

    board = {(s, c, w) for s, c, w in load_map().board}
    for source, control, weight in board:
        if "_C_" in control or control.endswith(("_eye-translateX",)):
            continue
        assert (mirrored(source), mirrored(control), weight) in board, (source, control)


def test_csv_holds_the_values(tmp_path: Path) -> None:
    path = tmp_path / "take.metahuman.csv"
    MetaHumanCsv().write(path, Content(_motion(), Identity()))
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 60 and list(rows[0]) == ["time", *load_map().controls]
    np.testing.assert_allclose([float(row["time"]) for row in rows], np.arange(60) / 60, atol=1e-6)
    values, _ = metahuman_values(_motion())
    read = np.array([[float(row[name]) for name in load_map().controls] for row in rows])
    np.testing.assert_allclose(read, values, atol=1e-6)


def test_json_holds_controls_and_curves(tmp_path: Path) -> None:
    path = tmp_path / "take.metahuman.json"
    MetaHumanJson().write(path, Content(_motion(), Identity(), {"licence": "CC0-1.0"}))
    document = json.loads(path.read_text())
    assert document["frame_rate_hz"] == 60 and document["card"] == {"licence": "CC0-1.0"}
    assert {len(v) for v in (*document["controls"].values(), *document["curves"].values())} == {60}
    values, curves = metahuman_values(_motion())
    np.testing.assert_allclose(np.array(list(document["curves"].values())).T, curves, atol=1e-6)
    np.testing.assert_allclose(np.array(list(document["controls"].values())).T, values, atol=1e-6)


@pytest.mark.parametrize("size", [0.1, 1.0, 50.0])
def test_ranges_hold_for_any_motion(size: float) -> None:
    values, curves = metahuman_values(_motion(size=size))
    two_way = np.array([name in load_map().two_way for name in load_map().controls])
    assert np.all(np.abs(values) <= 1) and np.all(values[:, ~two_way] >= 0)
    assert np.all((curves >= 0) & (curves <= 1))


@pytest.mark.parametrize(
    ("channel", "control", "value"),
    [
        ("eyeBlinkLeft", "CTRL_L_eye_blink-translateY", 0.5),
        ("eyeWideRight", "CTRL_R_eye_blink-translateY", -0.5),
        ("jawForward", "CTRL_C_jaw_fwdBack-translateY", -0.5),
        ("jawSide", "CTRL_C_jaw-translateX", -0.5),
        ("mouthPucker", "CTRL_L_mouth_purseU-translateY", 0.5),
        ("mouthPucker", "CTRL_R_mouth_funnelD-translateY", 0.375),
        ("browInnerUpRight", "CTRL_R_brow_raiseIn-translateY", 0.5),
        ("browInnerUpRight", "CTRL_L_brow_raiseIn-translateY", 0.0),
    ],
)
def test_channels_move_their_controls(channel: str, control: str, value: float) -> None:
    motion = Motion.zeros(3)
    motion.expression[:, CHANNEL[channel]] = 0.5
    values, _ = metahuman_values(motion)
    np.testing.assert_allclose(values[:, load_map().controls.index(control)], value, atol=1e-6)


def test_head_rotation_is_named_as_left_out() -> None:
    motion = Motion.zeros(3)
    assert MetaHumanCsv().leaves_out(Content(motion, Identity())) == ()
    motion.head[:] = 0.2
    assert MetaHumanJson().leaves_out(Content(motion, Identity())) == ("head rotation",)
