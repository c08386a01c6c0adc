from __future__ import annotations

import pytest
from benchmarks.face_geometry import CLOSED, Front, lid_figures, lip_figures, moving, people, poses

from xtalker.head.open_head import OpenHead
from xtalker.values import Identity


@pytest.fixture(scope="module")
def front() -> Front:
    return Front(OpenHead())


def test_open_mouths_and_open_eyes_are_seen(front: Front) -> None:
    open_mouth, parted, rest = poses(front.head, Identity(), [{"jaw": 0.5}, {"jaw": 0.05}, {}])
    assert 10 < front.lip_gap_mm(open_mouth).max() < 40
    assert 0.5 < front.lip_gap_mm(parted).max() < 4
    assert front.eye_pixels(rest) > 4_000
    assert front.eye_pixels(rest, yaw=0.5) > 2_000


def test_closed_lips_and_lids_hide_everything(front: Front) -> None:
    lips, lids = lip_figures(front, 3), lid_figures(front, 3)
    assert lips["lip_gap_worst_mm"] < 0.3
    assert lids["lids_eye_pixels_front"] == 0
    assert set(lips["lip_gap_mean_head_mm"]) == set(CLOSED)


def test_people_are_the_same_each_time_and_the_first_is_the_mean() -> None:
    first, second = people(2), people(2)
    assert len(first) == 3 and not first[0].shape.any()
    assert all((a.shape == b.shape).all() for a, b in zip(first, second))
    assert moving(4).num_frames == 4
