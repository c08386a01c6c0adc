"""The teacher, the contacts on the head, and the figures that judge them."""

from __future__ import annotations

import numpy as np
import pytest
from tools.teach.contacts import CONTACT_MM, add_contacts, as_motion, frames_of
from tools.teach.corpus import observed_columns, taught_clip
from tools.teach.gauge import MouthGauge
from tools.teach.heard import HeardLine, Line
from tools.teach.measure import score
from tools.teach.phones import CLOSED_LIPS, LIP_ON_TEETH, LIP_WIDTH_LEVEL, PAUSE, PHONES, UNITS, TimedPhone
from tools.teach.teacher import (
    Lesson,
    fit_teacher,
    inputs_of,
    mirrored,
    occupancy,
    opening_amount,
    speaking,
    unit_shares,
    with_open_breaths,
)
from tools.teach.voices import Person

from xtalker.generator.channels import JAW_PITCH
from xtalker.head.open_head import OpenHead
from xtalker.metrics.lip_opening import lip_opening
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL

CEILING = dict.fromkeys(PHONES, 12.0)


@pytest.fixture(scope="module")
def gauge() -> MouthGauge:
    return MouthGauge(OpenHead())


def _said(names: str, each_s: float = 0.1) -> tuple[TimedPhone, ...]:
    return tuple(TimedPhone(n, i * each_s, (i + 1) * each_s) for i, n in enumerate(names.split()))


def _open_mouth(frames: int) -> np.ndarray:
    mouth = np.zeros((frames, 58))
    mouth[:, JAW_PITCH] = 0.09
    mouth[:, [CHANNEL["mouthLowerDownLeft"], CHANNEL["mouthLowerDownRight"]]] = 0.2
    return mouth


def test_gauge_sees_what_the_head_shows(gauge):
    random, head, motion = np.random.default_rng(0), OpenHead(), Motion.zeros(6)
    motion.expression[:] = random.uniform(0, 0.3, (6, 50))
    motion.jaw[:] = random.normal(0, 0.05, (6, 3))
    neutral = Identity(np.zeros(100, np.float32))
    points = head.landmarks(neutral, motion, canonical=True)
    rest = lip_opening(head.landmarks(neutral, Motion.zeros(1)))
    np.testing.assert_allclose(gauge.opening_mm(motion), lip_opening(points) - rest, atol=1e-3)
    np.testing.assert_allclose(
        gauge.width_mm(motion), 1e3 * np.linalg.norm(points[:, 61] - points[:, 291], axis=1), rtol=1e-4
    )
    assert gauge.teeth_gap_mm(Motion.zeros(1))[0] > 4.5


def test_occupancy_shares_time():
    phones = (TimedPhone("m", 0.0, 0.05), TimedPhone("ay", 0.05, 0.13))
    bins = occupancy(phones, 5, first=-1)
    np.testing.assert_allclose(bins.sum(axis=1), 1)
    of = {unit: bins[:, UNITS.index(unit)].tolist() for unit in ("m", "aa", "ih", PAUSE)}
    assert of["m"] == [0, 1, 0.25, 0, 0]
    assert of["aa"] == [0, 0, 0.75, 0.25, 0]
    assert of["ih"][3] == 0.75
    assert of[PAUSE] == [1, 0, 0, 0, 0.75]
    assert all(unit_shares(phone, part).sum() == pytest.approx(1) for phone in PHONES for part in (0, 1))
    assert [p.name for p in with_open_breaths(_said("hh iy t"))] == ["iy", "iy", "t"]


def _lessons(count: int, seed: int) -> list[Lesson]:
    """Motion that is a fixed function of the inputs, symmetric in the mouth."""
    random = np.random.default_rng(seed)
    truth = np.random.default_rng(7).normal(0, 0.02, (len(inputs_of(_said("m"), np.ones(1))[0]), 58))
    out = []
    for _ in range(count):
        phones = _said(" ".join([PAUSE, *random.choice(PHONES, 20), PAUSE]))
        amplitude = random.uniform(0.01, 0.2, 55)
        motion = mirrored(inputs_of(phones, amplitude) @ truth)
        out.append(Lesson(phones, amplitude, motion, np.ones(55), 2.0))
    return out


def test_teacher_learns_a_planted_rule_and_rests_in_pauses(gauge):
    lessons, other = _lessons(25, 1), _lessons(2, 2)
    teacher = fit_teacher(gauge, lessons, other, 1e-3)
    assert max(np.abs(residual).max() for residual in teacher.residuals) < 0.02
    assert teacher.gain == pytest.approx(1, abs=0.02)
    assert set(PHONES) <= set(teacher.ceiling_mm)
    phones = _said(f"{PAUSE} aa iy {PAUSE}", 0.4)
    amplitude = np.full(40, 0.1)
    mouth = teacher.mouth(phones, amplitude)
    assert not mouth[[0, -1]].any()
    assert mouth[20, JAW_PITCH] != 0
    assert not mouth[:, CHANNEL["eyeBlinkLeft"]].any()
    one, two = (teacher.mouth(phones, amplitude, np.random.default_rng(seed)) for seed in (1, 2))
    assert np.abs(one - two).max() > 0
    weight = speaking(phones, 40)
    assert weight[:7].max() == 0 and weight[10:30].min() == 1 and weight[-7:].max() == 0


def test_both_halves_of_the_face_are_one():
    motion = np.random.default_rng(4).normal(size=(3, 58))
    out = mirrored(motion)
    left, right = CHANNEL["mouthSmileLeft"], CHANNEL["mouthSmileRight"]
    np.testing.assert_array_equal(out[:, left], out[:, right])
    np.testing.assert_allclose(out[:, left], motion[:, [left, right]].mean(axis=1))
    assert not out[:, CHANNEL["mouthLeft"]].any()
    assert opening_amount(2 * motion) == pytest.approx(2 * opening_amount(motion))


def test_lips_meet_and_touch_teeth_in_every_frame_where_they_must(gauge):
    phones = _said(f"{PAUSE} aa p aa m uw f aa v iy b w uw {PAUSE}")
    mouth = _open_mouth(35)
    mouth[:, CHANNEL["mouthPucker"]] = 0.3
    out = as_motion(add_contacts(gauge, mouth, phones, CEILING))
    closed, bitten = frames_of(phones, CLOSED_LIPS, 35), frames_of(phones, LIP_ON_TEETH, 35)
    assert closed.sum() >= 6
    assert bitten.sum() >= 4
    opening = gauge.opening_mm(out)
    assert opening[closed].max() < 0.1
    assert gauge.teeth_gap_mm(out)[bitten].max() < CONTACT_MM + 0.05
    assert opening[~closed & ~bitten].min() > 0.5  # and nowhere else
    assert gauge.teeth_gap_mm(out)[~bitten].min() > 1
    assert gauge.opening_mm(as_motion(mouth))[closed].min() > 5  # which is what the teacher alone would show
    corrective = out.expression[:, CHANNEL["jawOpenCorrective"]]
    np.testing.assert_allclose(corrective, out.jaw[:, 0] / gauge.jaw_open_angle_rad, atol=1e-6)


def test_short_closures_hold_two_frames_and_late_breath_none():
    phones = (TimedPhone(PAUSE, 0, 0.41), TimedPhone("b", 0.41, 0.43), TimedPhone("aa", 0.43, 1.0))
    assert frames_of(phones, CLOSED_LIPS, 25).sum() == 2
    long = (TimedPhone("p", 0.0, 0.4), TimedPhone("aa", 0.4, 1.0))
    assert frames_of(long, CLOSED_LIPS, 25).tolist() == [True] * 7 + [False] * 18


def test_a_mouth_is_not_opened_beyond_its_phone(gauge):
    phones = _said("s aa aa s aa", 0.4)
    out = as_motion(add_contacts(gauge, _open_mouth(50), phones, CEILING | {"s": 3.0}))
    opening = gauge.opening_mm(out)
    assert opening[4] < 0.7 * opening[20]


def test_taught_clip_is_still_where_nobody_speaks(gauge):
    teacher = fit_teacher(gauge, _lessons(10, 1), _lessons(2, 2), 1.0)
    line = Line("taught_x_000", "noise", Person("kal16"), "train")
    heard = HeardLine(line, (TimedPhone(PAUSE, 0.0, 1.0),), (np.zeros((25, 4), np.float16),), np.ones(25, np.float32))
    clip = taught_clip(heard, teacher, gauge, "tiny")
    assert not clip.motion.to_matrix().any()
    assert clip.speaker == "taught-kal16"
    observed = observed_columns()
    assert observed[[JAW_PITCH, CHANNEL["tongueOut"], CHANNEL["mouthPucker"]]].all()
    assert not observed[[CHANNEL["eyeBlinkLeft"], CHANNEL["mouthLeft"], 53, 57]].any()


def test_score_tells_right_from_wrong(gauge):
    phones = _said("aa p aa f aa w uw ow ao ah eh ih iy m", 0.12)
    frames = 42
    right = _open_mouth(frames)
    for phone in phones:
        level = LIP_WIDTH_LEVEL.get(phone.name, 2)
        here = slice(round(phone.start_s * 25), round(phone.end_s * 25))
        right[here, CHANNEL["mouthPucker"]] = 0.5 - 0.1 * level
    wrong = right.copy()
    wrong[:, CHANNEL["mouthPucker"]] = 0.6 - right[:, CHANNEL["mouthPucker"]]
    good = score(gauge, [(as_motion(add_contacts(gauge, right, phones, CEILING)), phones)])
    bad = score(gauge, [(as_motion(wrong), phones)])
    assert (good["closure_share"], good["contact_share"], good["closures"], good["contacts"]) == (1, 1, 2, 1)
    assert good["lip_width_order_r"] > 0.9
    assert (bad["closure_share"], bad["contact_share"]) == (0, 0)
    assert bad["lip_width_order_r"] < -0.9
    assert score(gauge, [(Motion.zeros(frames), phones)])["lip_width_order_r"] is None
