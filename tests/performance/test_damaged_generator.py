"""A checkpoint that is whole and wrong: its motion is refused when it is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.generator import write_tiny_generator
from tests.tiny.speech import tiny_voice

from xtalker.generator.checkpoint import read_generator, write_generator
from xtalker.generator.network import MotionNetwork
from xtalker.performance import perform
from xtalker.speech import SpeechEncoder
from xtalker.values import InputError


@pytest.mark.parametrize("factor", [1e7, 1e30])
def test_huge_weights(tiny_parts: None, tiny_encoder: SpeechEncoder, tmp_path: Path, factor: float) -> None:
    path = write_tiny_generator(
        tmp_path / "a.safetensors", encoder=tiny_encoder.fingerprint, speech_channels=tiny_encoder.channels
    )
    saved = read_generator(path)
    weights = {name: np.asarray(w * factor, np.float32) for name, w in saved.network.weights.items()}
    write_generator(path, replace(saved, network=MotionNetwork(saved.network.config, weights)))
    with pytest.raises(InputError, match=r"not that of a head: received what the generator gave .*another checkpoint"):
        perform(tiny_voice(1.0), generator=path)
