"""The linear trunk: rows, blending, closures, files, and windows that do not show."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.generator import TINY_CONFIG, tiny_generator
from tests.tiny.speech import TINY_CHANNELS, TINY_ENCODER, tiny_features

from xtalker.generator.channels import JAW_PITCH, mouth_columns
from xtalker.generator.ridge import CONTEXT, SHARE, RidgeFace, read_ridge, stacked, write_ridge
from xtalker.generator.silence import SilenceGate
from xtalker.generator.windows import WindowPlan
from xtalker.values import AssetError
from xtalker.values.conventions import CHANNEL

COLUMNS = np.array([CHANNEL["mouthFunnel"], CHANNEL["mouthPucker"], JAW_PITCH, CHANNEL["browDownLeft"]])


def _face(seed: int = 0, *, closes: bool = False) -> RidgeFace:
    random, components = np.random.default_rng(seed), 5
    row = (2 * CONTEXT + 1) * components + 1
    small = lambda *shape: (0.05 * random.standard_normal(shape)).astype(np.float32)  # noqa: E731
    closure = np.zeros(row, np.float32)
    closure[-1] = float(closes)
    opening = np.zeros(58, np.float32)
    opening[JAW_PITCH], opening[CHANNEL["mouthClose"]] = 100, -38
    return RidgeFace(
        small(TINY_CHANNELS), np.full(TINY_CHANNELS, 2, np.float32), small(TINY_CHANNELS, components), COLUMNS,
        small(row, len(COLUMNS)), closure, np.eye(row, dtype=np.float32), opening, TINY_ENCODER,
    )  # fmt: skip


def test_rows_hold_the_neighbours_and_a_one() -> None:
    rows = stacked(np.arange(6, dtype=np.float32)[:, None])
    np.testing.assert_array_equal(rows[3], (1, 2, 3, 4, 5, 1))
    np.testing.assert_array_equal(rows[0], (0, 0, 0, 1, 2, 1))


def test_mouth_and_jaw_are_shared_and_nothing_else_is() -> None:
    face, features = _face(), tiny_features(30)
    network = np.random.default_rng(1).standard_normal((30, 58)).astype(np.float32)
    network[:, CHANNEL["mouthRollLower"]] = 0.1
    guess = face.guess(features.linguistic)
    out = guess.blended(network)
    shared = np.isin(np.arange(58), COLUMNS) & mouth_columns()
    np.testing.assert_array_equal(out[:, ~shared], network[:, ~shared])
    want = SHARE * guess.displacement[:, shared] + (1 - SHARE) * network[:, shared]
    np.testing.assert_allclose(out[:, shared], want, atol=1e-6)


def test_a_certain_closure_takes_the_opening_away_and_a_pressed_mouth_stays() -> None:
    face = _face(closes=True)
    network = np.zeros((2, 58), np.float32)
    network[0, JAW_PITCH], network[1, JAW_PITCH] = 0.2, -0.2
    guess = replace(face.guess(tiny_features(2).linguistic), displacement=network)
    out = guess.blended(network)
    assert abs(out[0] @ face.opening_mm) < 1e-4
    np.testing.assert_array_equal(out[1], network[1])


def test_a_lip_on_the_teeth_is_the_network_s() -> None:
    face, network = _face(closes=True), np.full((3, 58), 0.05, np.float32)
    network[:, CHANNEL["mouthRollLower"]] = (0.0, 0.5, 0.25)
    out = face.guess(tiny_features(3).linguistic).blended(network)
    np.testing.assert_array_equal(out[1], network[1])
    assert (np.abs(out - network).max(axis=1)[[0, 2]] > 0).all()


def test_a_file_reads_back_and_half_precision_moves_nobody(tmp_path: Path) -> None:
    face, features = _face(), tiny_features(40)
    write_ridge(tmp_path / "ridge.npz", face, card={"data": "none"})
    back = read_ridge(tmp_path / "ridge.npz", encoder=TINY_ENCODER)
    one, other = (f.guess(features.linguistic).displacement for f in (face, back))
    np.testing.assert_allclose(one, other, atol=2e-3)


def test_other_encoders_and_other_files_are_refused(tmp_path: Path) -> None:
    write_ridge(tmp_path / "ridge.npz", _face(), card={})
    with pytest.raises(AssetError, match="hears through"):
        read_ridge(tmp_path / "ridge.npz", encoder="another")
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "empty.npz", schema=np.array("something else"))
    for name in ("text.npz", "empty.npz", "missing.npz"):
        with pytest.raises(AssetError, match="unusable ridge"):
            read_ridge(tmp_path / name)


@pytest.mark.parametrize("name", ["weights", "closure", "opening_mm"])
def test_numbers_that_would_spoil_a_face_are_refused(name: str) -> None:
    spoilt = getattr(_face(), name).copy()
    spoilt.flat[0] = np.nan
    with pytest.raises(ValueError, match=name):
        replace(_face(), **{name: spoilt})


def test_windows_do_not_show_and_the_trunk_does() -> None:
    reach = TINY_CONFIG.receptive_field
    plan = WindowPlan(core=37, before=reach, ahead=max(4 * reach, SilenceGate().ahead))
    generator, features = replace(tiny_generator(), trunk=_face()), tiny_features(200)
    whole, parts, without = (
        g.generate(features, seed=1).to_matrix()
        for g in (
            replace(generator, plan=WindowPlan(core=10_000)),
            replace(generator, plan=plan),
            replace(generator, plan=plan, trunk=None),
        )
    )
    assert np.abs(whole - parts).max() < 1e-5
    assert np.abs(without - parts)[:, COLUMNS[:3]].max() > 1e-2
    np.testing.assert_array_equal(without[:, COLUMNS[3]], parts[:, COLUMNS[3]])
