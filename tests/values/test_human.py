"""Motion that no head can do is refused wherever it is made or read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xtalker.export.motion_npz import read_motion, write_motion
from xtalker.speech.live import live_features
from xtalker.speech.log_mel import LogMelEncoder
from xtalker.values import Audio, Identity, InputError, Motion
from xtalker.values.audio import samples_fault
from xtalker.values.human import require_human


class Listening(LogMelEncoder):
    """An encoder that hears windows."""

    def hear(self, samples: np.ndarray) -> np.ndarray:
        return self.encode(Audio(samples))


def changed(name: str, value: float) -> Motion:
    motion = Motion.zeros(5)
    track = getattr(motion, name).copy()
    track[3, 1] = value
    return replace(motion, **{name: track})


@pytest.mark.parametrize("name", ["expression", "jaw", "head", "gaze"])
@pytest.mark.parametrize(("value", "said"), [(np.nan, "not finite"), (-np.inf, "not finite"), (1e4, "up to 1e+04")])
def test_tracks_that_are_not_human(name: str, value: float, said: str, tmp_path: Path) -> None:
    motion = changed(name, value)
    with pytest.raises(InputError, match=rf"received a take \({name}: .*{said.replace('+', '.')}"):
        require_human(motion, source="a take")
    write_motion(tmp_path / "a.npz", motion, Identity(), card={})
    with pytest.raises(InputError, match=name):
        read_motion(tmp_path / "a.npz")


def test_a_shape_that_nobody_has(tmp_path: Path) -> None:
    giant = Identity(np.full(100, 1e4, np.float32))
    with pytest.raises(InputError, match=r"shape: up to 1e.04"):
        require_human(Motion.zeros(2), giant, source="a file")
    write_motion(tmp_path / "a.npz", Motion.zeros(2), giant, card={})
    with pytest.raises(InputError, match=r"not that of a head: received .*a\.npz \(shape"):
        read_motion(tmp_path / "a.npz")


def test_what_people_and_exaggerated_styles_do_passes() -> None:
    rng = np.random.default_rng(0)
    lively = Motion(*(2 * rng.normal(size=(200, n)).clip(-2, 2).astype(np.float32) for n in (50, 3, 3, 2)))
    require_human(lively, Identity((4 * rng.normal(size=100)).astype(np.float32)), source="a take")


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        (np.zeros(640, np.int16), "int16"),
        (np.zeros((640, 2), np.float32), r"shape \(640, 2\)"),
        ([0.0] * 640, "a list"),
        (b"\0" * 640, "a bytes"),
        (None, "a NoneType"),
        (np.array([0.0, np.nan]), "NaN"),
        (np.full(640, 20_000.0), r"a peak of 2e\+04"),
    ],
)
def test_live_sound_of_another_type_or_scale(samples: object, fault: str) -> None:
    said = samples_fault(samples)
    assert said is not None and re.search(fault, said)
    with pytest.raises(InputError, match=fault):
        list(live_features(iter([samples]), Listening()))  # type: ignore[list-item]  # refused as it comes


def test_usual_sound_has_no_fault() -> None:
    assert samples_fault(np.linspace(-1, 1, 100, dtype=np.float32)) is None
    assert samples_fault(np.zeros(0)) is None
