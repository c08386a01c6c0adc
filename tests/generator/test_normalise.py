from dataclasses import replace

import numpy as np
import pytest
from tests.tiny.generator import DEAD_COLUMN, tiny_statistics

from xtalker.generator.channels import COLUMN_NAMES, DERIVED, HEAD, mouth_columns
from xtalker.generator.limits import BOUNDS
from xtalker.generator.normalise import apply_displacement, displace
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.values.conventions import CHANNEL

_OPEN = 0.36


def _motion(frames: int = 30) -> np.ndarray:
    random = np.random.default_rng(0)
    low, high = BOUNDS
    motion = random.uniform(low / 2, high / 2, (frames, 58)).astype(np.float32)
    motion[:, DERIVED] = motion[:, 50] / _OPEN
    return motion


def test_displacement_round_trip() -> None:
    motion, reference = _motion(), _motion()[7]
    again = apply_displacement(displace(motion, reference), reference, jaw_open_angle_rad=_OPEN)
    np.testing.assert_allclose(again, motion, atol=2e-6)


def test_head_displacement_is_a_rotation_in_the_frame_of_the_reference() -> None:
    reference, displacement = np.zeros(58, np.float32), np.zeros((1, 58), np.float32)
    reference[HEAD], displacement[0, HEAD] = (0.0, 1.0, 0.0), (0.3, 0.0, 0.0)
    head = apply_displacement(displacement, reference, jaw_open_angle_rad=_OPEN)[0, HEAD]
    expected = matrix_from_axis_angle(reference[HEAD]) @ matrix_from_axis_angle(displacement[0, HEAD])
    np.testing.assert_allclose(matrix_from_axis_angle(head), expected, atol=1e-6)


def test_columns_that_are_not_generated_stay_at_the_reference() -> None:
    statistics, scores = tiny_statistics(), np.full((4, 58), 2.0, np.float32)
    reference = np.full(58, 0.1, np.float32)
    motion = apply_displacement(statistics.denormalise(scores), reference, jaw_open_angle_rad=_OPEN)
    assert (motion[:, DEAD_COLUMN] == reference[DEAD_COLUMN]).all()
    np.testing.assert_array_equal(motion[:, DERIVED], motion[:, 50] / np.float32(_OPEN))
    assert not statistics.normalise(np.ones((4, 58), np.float32))[:, [DEAD_COLUMN, DERIVED]].any()


def test_scores_round_trip_and_have_unit_size() -> None:
    statistics = tiny_statistics()
    live, random = statistics.live, np.random.default_rng(0)
    displacement = statistics.motion_mean + statistics.motion_std * random.standard_normal((5000, 58))
    scores = statistics.normalise(displacement.astype(np.float32))
    np.testing.assert_allclose(scores[:, live].std(0), 1, atol=0.05)
    np.testing.assert_allclose(statistics.denormalise(scores)[:, live], displacement[:, live], atol=1e-6)


def test_motion_stays_inside_the_limits() -> None:
    wild = np.random.default_rng(0).normal(0, 50, (200, 58)).astype(np.float32)
    motion = apply_displacement(wild, np.zeros(58, np.float32), jaw_open_angle_rad=_OPEN)
    inside = np.arange(58) != DERIVED
    assert (motion >= BOUNDS[0] - 1e-6)[:, inside].all() and (motion <= BOUNDS[1] + 1e-6)[:, inside].all()
    assert motion[:, 50].min() == 0 and motion[:, 50].max() == np.float32(0.5)


def test_mouth_columns() -> None:
    mouth = {name for name, owned in zip(COLUMN_NAMES, mouth_columns(), strict=True) if owned}
    assert {"mouthClose", "jawPitch", "jawRoll", "jawOpenCorrective", "tongueOut", "jawSide"} <= mouth
    assert not mouth & {"eyeBlinkLeft", "headPitch", "gazeYaw", "browDownLeft", "cheekPuffLeft"}


def test_far_references_are_cut_and_dead_ones_unseen() -> None:
    reference = np.zeros(58, np.float32)
    reference[CHANNEL["mouthSmileLeft"]], reference[DEAD_COLUMN], reference[50] = 1.0, 1.0, 0.03
    seen = tiny_statistics().reference_scores(reference)
    assert seen[CHANNEL["mouthSmileLeft"]] == 4 and seen[DEAD_COLUMN] == 0 and seen[50] == pytest.approx(1)


@pytest.mark.parametrize(("name", "value"), [("motion_mean", np.nan), ("linguistic_std", -1.0), ("loudness", np.inf)])
def test_statistics_refuse_what_makes_nan(name: str, value: float) -> None:
    statistics = tiny_statistics()
    broken = getattr(statistics, name).copy()
    broken[0] = value
    with pytest.raises(ValueError, match=name):
        replace(statistics, **{name: broken})
