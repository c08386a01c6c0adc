"""Sync figures of a bench: a motion against the sound it was made from, against a later one, against none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xtalker.evaluate.bench import shifted
from xtalker.evaluate.clips import hear
from xtalker.evaluate.grid import grid_sources
from xtalker.evaluate.scores import Mouth
from xtalker.evaluate.synchrony import FIGURES, LEAST_FRAMES, Synchrony
from xtalker.evaluate.truth import tracker_sources
from xtalker.performance import parts
from xtalker.values import Identity


def test_without_sound_there_are_no_figures(bench):
    found = Synchrony(bench.clips, Mouth(bench.head)).figures(bench.clips[0].motion, 0)
    assert set(found) == set(FIGURES) and np.isnan(list(found.values())).all()


def test_lip_landmarks_are_the_heads_own(bench):
    motion = bench.clips[0].motion[:3]
    ours = Mouth(bench.head).landmarks(Identity(), motion)
    np.testing.assert_allclose(ours, bench.head.landmarks(Identity(), motion, canonical=True), atol=2e-6)


@pytest.mark.real
def test_our_motion_fits_its_sound_and_late_motion_is_found_late(bench, shared_data: Path):
    video = next(source.video for source in grid_sources(shared_data) if source.split == "test")
    clip = replace(bench.clips[0], video=video)
    motion = parts.generator().generate(hear(clip).features, seed=0)
    judge = Synchrony([clip], Mouth(bench.head))
    own, late = judge.figures(motion, 0), judge.figures(shifted(motion, 0.2), 0)
    assert own["av_offset_frames"] == pytest.approx(0, abs=1)
    assert late["av_offset_frames"] == pytest.approx(5, abs=1)
    assert (own["av_within_one_frame"], late["av_within_one_frame"]) == (1, 0)
    short = judge.figures(motion[: LEAST_FRAMES - 1], 0)
    assert np.isnan(list(short.values())).all()


def test_the_trackers_key_names_what_it_imports_and_no_more():
    names = {path.stem for path in tracker_sources()}
    assert {"track", "person", "detect", "landmarks", "mesh", "video", "video_track", "fit"} <= names
    assert all(path.is_file() for path in tracker_sources())
    assert not names & {"portrait", "texture", "albedo"}
