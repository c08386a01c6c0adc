"""Sound and lips in step, or refused; the rest is `generator.adapt` and tracking."""

from pathlib import Path

import numpy as np
import pytest
from tests.generator.test_ridge import _face
from tests.tiny.generator import tiny_generator
from tests.tiny.speech import tiny_features

from xtalker.generator.adapt import Example
from xtalker.performance.likeness import best_lag, like, require_step
from xtalker.values import InputError


@pytest.mark.parametrize("lag", [-7, -1, 0, 4])
def test_the_lag_of_a_shifted_picture_is_found(lag: int) -> None:
    heard = np.random.default_rng(0).standard_normal(200)
    assert best_lag(heard, np.roll(heard, lag)) == (lag, pytest.approx(1, abs=0.02))


def test_lips_of_another_sound_are_refused() -> None:
    face, heard = _face(), tiny_features(200).linguistic
    require_step(Example(heard, face.guess(heard).displacement), face, "own.mp4")
    other = tiny_features(200, seed=5).linguistic
    with pytest.raises(InputError, match=r"another.mp4: best at"):
        require_step(Example(heard, face.guess(other).displacement), face, "another.mp4")
    with pytest.raises(InputError, match=r"best at \+0.32 s"):
        require_step(Example(heard, np.roll(face.guess(heard).displacement, 8, axis=0)), face, "late.mp4")


def test_a_generator_without_trunk_and_a_missing_video_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.mp4"):
        like(tiny_generator(), tmp_path / "missing.mp4")
    (tmp_path / "person.mp4").write_bytes(b"no video, but a file")
    with pytest.raises(InputError, match="without a linear part"):
        like(tiny_generator(), tmp_path / "person.mp4")
