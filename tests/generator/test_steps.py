"""Steps with memory against one long window."""

from dataclasses import replace

import numpy as np
import pytest
from tests.tiny.generator import TINY_CONFIG, tiny_generator
from tests.tiny.speech import tiny_features

from xtalker.generator import SilenceGate, generate
from xtalker.generator.network import Told
from xtalker.generator.steps import StepNetwork, can_step
from xtalker.generator.windows import WindowPlan

_CAUSAL = replace(TINY_CONFIG, attention_ahead=0, styles=("ann", "bob"), emotions=("sad",))
_STYLE = {"style.weight": np.outer(np.linspace(-1, 1, TINY_CONFIG.width), [1.0, -2.0]).astype(np.float32)}
_GATE = SilenceGate(before_s=0.0, level_ahead=0)
_HOPS = WindowPlan(core=3, before=_CAUSAL.receptive_field, ahead=_GATE.ahead)
_WHOLE = WindowPlan(core=10_000)


def _motion(plan: WindowPlan, frames: int, **asked: object) -> np.ndarray:
    generator = replace(tiny_generator(_CAUSAL, changed=_STYLE), plan=plan, gate=_GATE)
    return generator.generate(tiny_features(frames), seed=4, **asked).to_matrix()


@pytest.mark.parametrize(("sampler", "steps"), [("midpoint", 2), ("euler", 3)])
@pytest.mark.parametrize("frames", [1, 3, 4, 41])
def test_steps_equal_one_window(frames: int, sampler: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("windows were used where steps do")

    whole = _motion(_WHOLE, frames, sampler=sampler, steps=steps)
    monkeypatch.setattr(generate, "WindowedScores", refuse)
    assert np.abs(_motion(_HOPS, frames, sampler=sampler, steps=steps) - whole).max() < 1e-5


@pytest.mark.parametrize("guidance", [0.0, 1.0, 1.7])
def test_steps_follow_styles_like_windows(guidance: float) -> None:
    asked = {"style": {"ann": 0.7, "bob": 0.1}, "guidance": guidance}
    assert np.abs(_motion(_HOPS, 30, **asked) - _motion(_WHOLE, 30, **asked)).max() < 1e-5


def test_what_cannot_step() -> None:
    enough = {"before": _CAUSAL.receptive_field, "ahead": _CAUSAL.frames_ahead}
    assert can_step(_CAUSAL, **enough)
    assert not can_step(replace(_CAUSAL, attention_ahead=1), **enough)
    assert not can_step(replace(_CAUSAL, speech_through="attention"), **enough)
    assert not can_step(_CAUSAL, before=_CAUSAL.receptive_field - 1, ahead=_CAUSAL.frames_ahead)
    assert not can_step(_CAUSAL, before=_CAUSAL.receptive_field, ahead=_CAUSAL.frames_ahead - 1)


def test_streams_of_a_batch_do_not_meet() -> None:
    network, random = StepNetwork(tiny_generator(_CAUSAL).network, 2), np.random.default_rng(0)
    window = 2 + 2 * _CAUSAL.speech_context
    told = Told(
        random.standard_normal((3, window, 8), np.float32), random.standard_normal((3, window), np.float32),
        random.standard_normal((3, 53), np.float32),
    )  # fmt: skip
    present, made = np.ones((3, window), bool), np.array([0, 1, 9])
    state, memory = random.standard_normal((3, 2, 58), np.float32), network.nothing(3)
    memory += random.standard_normal(memory.shape, np.float32)
    moved, kept = network.velocity(state, 0.25, network.condition(told, present), network.near(made), memory)
    for row in range(3):
        one = slice(row, row + 1)
        alone = Told(told.linguistic[one], told.loudness[one], told.reference[one])
        conditions = network.condition(alone, present[one])
        moved_alone, kept_alone = network.velocity(state[one], 0.25, conditions, network.near(made[one]), memory[one])
        np.testing.assert_allclose(moved_alone[0], moved[row], atol=2e-5)
        np.testing.assert_allclose(kept_alone[0], kept[row], atol=2e-5)


def test_long_hops_use_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "SteppedScores", None)
    assert len(_motion(replace(_HOPS, core=17), 40)) == 40
