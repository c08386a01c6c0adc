import numpy as np
import pytest

from xtalker.generator.silence import SilenceGate


def _bursts(*lengths: int, quiet: float = 0.0) -> np.ndarray:
    """Alternating sound and silence, beginning with sound."""
    parts = [np.full(n, quiet if i % 2 else 0.2, np.float32) for i, n in enumerate(lengths)]
    return np.concatenate(parts)


@pytest.mark.parametrize("pause", [1, 5, 12])
def test_closures_of_plosives_are_left_alone(pause: int) -> None:
    assert not SilenceGate().weights(_bursts(20, pause, 20))[5:-5].any()


def test_lips_close_within_a_fifth_of_a_second_and_open_to_breathe() -> None:
    weights = SilenceGate().weights(_bursts(20, 25, 20))
    assert not weights[3:21].any()
    assert (weights[23:34] == 1).all()  # frames 20.. are silent: closed from 0.12 s on
    assert weights[35] == 0.25 and not weights[36:62].any()  # free 0.36 s before the sound at frame 45
    assert (np.diff(weights[20:24]) > 0).all() and np.abs(np.diff(weights)).max() <= 0.5


def test_silence_is_relative_to_speech() -> None:
    gate = SilenceGate()
    loud = _bursts(20, 25, 20, quiet=0.001)
    np.testing.assert_array_equal(gate.weights(loud), gate.weights((loud / 8).astype(np.float32)))
    noisy = _bursts(20, 25, 20, quiet=0.02)  # 20 dB below speech: the gate leaves it to the network
    assert not gate.weights(noisy)[5:-5].any()


def test_hysteresis_keeps_the_state_between_the_thresholds() -> None:
    between = np.float32(0.2 * 10 ** (-33 / 20))
    after_sound, after_silence = np.full(60, 0.2, np.float32), np.full(60, 0.2, np.float32)
    after_sound[20:40] = between
    after_silence[15:20], after_silence[20:40] = 0, between
    gate = SilenceGate()
    assert not gate.weights(after_sound)[5:-5].any()
    assert (gate.weights(after_silence)[20:28] == 1).all()


def test_leading_silence_is_measured_against_the_words_that_follow() -> None:
    sound = np.concatenate([np.full(20, 0.003, np.float32), np.full(20, 0.2, np.float32)])
    assert (SilenceGate(least_level=1e-6).weights(sound)[:8] == 1).all()


def test_weight_depends_on_no_more_than_ahead_frames_to_come() -> None:
    gate, random = SilenceGate(), np.random.default_rng(0)
    sound = (random.random(300) ** 8 * 0.3 * (np.arange(300) // 30 % 2)).astype(np.float32)
    whole = gate.weights(sound)
    for cut in (100, 171, 250):
        np.testing.assert_array_equal(gate.weights(sound[:cut])[: cut - gate.ahead], whole[: cut - gate.ahead])


def test_digital_silence_rests_and_disabled_never_does() -> None:
    silence = np.zeros(30, np.float32)
    assert (SilenceGate().weights(silence) == 1).all()
    assert not SilenceGate(enabled=False).weights(silence).any()
