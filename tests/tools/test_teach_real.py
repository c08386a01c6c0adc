"""What tracked clips are given that a camera cannot see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.clips import tiny_clip
from tools.teach import real
from tools.teach.align import PhoneProbe
from tools.teach.contacts import as_motion
from tools.teach.gauge import MouthGauge
from tools.teach.phones import PHONES, TimedPhone
from tools.teach.real import BESIDE_SHARE, TOUCH_MM, Unseen, with_beside

from xtalker.evaluate.grid import Source
from xtalker.generator.channels import COLUMN_NAMES, JAW_PITCH
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import TrainingClip
from xtalker.values.conventions import CHANNEL

SAID = ["sil", "ay", "f", "ay", "v", "l", "ow", "sil"]


@pytest.fixture
def clip() -> TrainingClip:
    """A mouth that stays half open."""
    clip = tiny_clip("s1_five", seed=0, num_frames=32)
    mouth = clip.motion.to_matrix() * 0
    mouth[:, JAW_PITCH] = 0.04
    mouth[:, CHANNEL["jawOpenCorrective"]] = 0.04 / OpenHead().jaw_open_angle_rad
    mouth[:, [CHANNEL["mouthLowerDownLeft"], CHANNEL["mouthLowerDownRight"]]] = 0.3
    seen = np.ones(mouth.shape[1], bool)
    seen[[COLUMN_NAMES.index("tongueOut"), COLUMN_NAMES.index("jawForward")]] = False
    return replace(clip, motion=as_motion(mouth), observed=seen)


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Unseen:
    """Knows the words of s1_five."""
    phones = tuple(TimedPhone(name, 0.16 * i, 0.16 * (i + 1)) for i, name in enumerate(SAID))
    source = Source(tmp_path / "video" / "five.mp4", "s1", "train")
    monkeypatch.setattr(real, "grid_sources", lambda data: [source])
    monkeypatch.setattr(real, "read_words", lambda path: [(0.0, 1.28, "five")])
    monkeypatch.setattr(real, "align_words", lambda probe, features, words: phones)
    deaf = PhoneProbe(np.zeros(2), np.ones(2), np.zeros((2, len(PHONES))), *np.zeros((2, len(PHONES))))
    return Unseen(tmp_path, deaf)


def test_the_lip_touches_the_teeth_at_f_and_v_and_nowhere_else(clip: TrainingClip, unseen: Unseen) -> None:
    gauge, heard = MouthGauge(OpenHead()), unseen.add(clip)
    before, after = gauge.teeth_gap_mm(clip.motion), gauge.teeth_gap_mm(heard.motion)
    assert before.min() > 2 * TOUCH_MM
    for phone in (2, 4):
        inside = slice(4 * phone, 4 * phone + 4)
        assert after[inside].max() < TOUCH_MM
    free = np.r_[0:7, 21:32]
    np.testing.assert_array_equal(after[free], before[free])


def test_lips_move_back_more_than_in_the_picture(clip: TrainingClip, unseen: Unseen) -> None:
    head = OpenHead()
    lips = head.only(head.topology.regions["lips"])
    places = [lips.vertices(real.Identity(), c.motion, canonical=True)[9] for c in (clip, unseen.add(clip))]
    across, up, back = np.abs(places[1] - places[0]).max(axis=0)
    assert back > 2 * up and back > 4 * across


def test_the_tongue_is_known_where_words_are(clip: TrainingClip, unseen: Unseen) -> None:
    heard, tongue = unseen.add(clip), COLUMN_NAMES.index("tongueOut")
    track = heard.motion.to_matrix()[:, tongue]
    assert track[20:24].max() > 0.2 and track[:4].max() == 0
    assert heard.observed.all() and not clip.observed.all()


def test_other_clips_stay_as_they_are(clip: TrainingClip, unseen: Unseen) -> None:
    for other in (replace(clip, split="test"), replace(clip, clip="s1_unheard")):
        assert unseen.add(other) is other


def test_frames_beside_come_along_only_where_they_are_free() -> None:
    mouth, held = np.zeros((5, 58)), np.ones((1, 58))
    when, free = np.arange(5) == 2, np.array([True, True, True, False, True])
    np.testing.assert_allclose(with_beside(mouth, held, when, free)[:, 0], [0, BESIDE_SHARE, 1, 0, 0])
