"""Contract of all samplers, on velocities whose integral is known."""

import numpy as np
import pytest
from scipy.linalg import expm

from xtalker.flow.samplers import SAMPLERS, Integrator, make_integrator
from xtalker.values import InputError

_MATRIX = np.array([[-1.0, 2.0], [-2.0, 0.3]])
_START = np.array([[1.0, -0.5]])


def _error(name: str, steps: int) -> float:
    end = make_integrator(name, steps).run(lambda state, time: state @ _MATRIX.T, _START)
    exact = _START @ expm(_MATRIX).T
    return float(np.linalg.norm(end - exact))


@pytest.mark.parametrize("name", SAMPLERS)
def test_measured_order_on_a_linear_system_is_the_claimed_order(name: str) -> None:
    order = np.log2(_error(name, 64) / _error(name, 128))
    assert order == pytest.approx(make_integrator(name, 1).sampler.order, abs=0.08)


@pytest.mark.parametrize("name", SAMPLERS)
def test_straight_paths_are_exact_in_one_step(name: str) -> None:
    data, noise = np.random.default_rng(0).standard_normal((2, 3, 4))
    np.testing.assert_allclose(make_integrator(name, 1).run(lambda state, time: data - noise, noise), data, rtol=1e-12)


@pytest.mark.parametrize("name", SAMPLERS)
def test_evaluations_are_as_counted_and_before_time_one(name: str) -> None:
    times: list[float] = []

    def velocity(state: np.ndarray, time: float) -> np.ndarray:
        times.append(time)
        return state

    integrator = make_integrator(name, 3)
    integrator.run(velocity, _START)
    assert len(times) == integrator.evaluations
    assert times == sorted(times) and times[0] == 0 and times[-1] < 1


def test_time_dependence_is_seen_by_midpoint() -> None:
    end = make_integrator("midpoint", 1).run(lambda state, time: np.full_like(state, time), np.zeros(1))
    assert end.item() == pytest.approx(0.5)


def test_integrator_is_a_plain_value() -> None:
    assert isinstance(make_integrator("euler", 4), Integrator)
    assert make_integrator("euler", 4).evaluations == 4
    assert make_integrator("midpoint", 2).evaluations == 4


@pytest.mark.parametrize(
    ("name", "steps", "text"),
    [("heun", 2, "unknown sampler: received heun; accepted: euler, midpoint; next: choose one of them"),
     ("euler", 0, "too few steps: received 0; accepted: a whole number from 1; next: use 2 or more")],
)  # fmt: skip
def test_bad_choices_are_refused(name: str, steps: int, text: str) -> None:
    with pytest.raises(InputError) as caught:
        make_integrator(name, steps)
    assert str(caught.value) == text
