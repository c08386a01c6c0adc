from __future__ import annotations

import pytest

from xtalker.speech import ENCODERS, load_encoder
from xtalker.speech.encoder import phase_frames
from xtalker.values import InputError


def test_phase_in_frames() -> None:
    assert [phase_frames(s) for s in (0.0, 0.04, 1.0, 7.96)] == [0, 1, 25, 199]


@pytest.mark.parametrize("phase_s", [-0.04, 0.03, float("nan"), float("inf")])
def test_phase_off_the_frames_is_refused(phase_s: float) -> None:
    with pytest.raises(InputError, match=r"multiples of 0\.04 s"):
        phase_frames(phase_s)


def test_unknown_encoder_is_refused_with_the_table() -> None:
    with pytest.raises(InputError, match="unknown speech encoder: received 'wavlm'") as caught:
        load_encoder("wavlm")
    assert all(name in str(caught.value) for name in ENCODERS)
