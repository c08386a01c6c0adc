import numpy as np
import pytest
import torch

from xtalker.flow.noise import keyed_noise
from xtalker.networks.flow import mix, training_noise, uniform_times, velocity


def _pair() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return torch.randn(4, 5, 3, generator=random), torch.randn(4, 5, 3, generator=random)


def test_paths_run_from_noise_at_zero_to_data_at_one() -> None:
    noise, data = _pair()
    torch.testing.assert_close(mix(noise, data, torch.zeros(4)), noise)
    torch.testing.assert_close(mix(noise, data, torch.ones(4)), data)


def test_velocity_is_the_derivative_of_the_mix() -> None:
    noise, data = (a.double() for a in _pair())
    early, late = (mix(noise, data, torch.full((4,), time).double()) for time in (0.2, 0.7))
    torch.testing.assert_close(velocity(noise, data), (late - early) / 0.5)


def test_times_are_uniform_and_seeded() -> None:
    times = uniform_times(20_000, torch.Generator().manual_seed(0))
    assert torch.equal(times, uniform_times(20_000, torch.Generator().manual_seed(0)))
    counts = torch.histc(times, 10, 0, 1)
    assert times.min() >= 0 and times.max() < 1
    assert (counts - 2000).abs().max() < 5 * 2000**0.5


def test_training_draws_by_the_same_law() -> None:
    random = torch.Generator().manual_seed(0)
    keyed = training_noise("keyed", (400, 60, 20), random).double().numpy()
    assert keyed.std() == pytest.approx(keyed_noise(0, 0, 10_000, 20).std(), rel=0.02)
    bends = np.abs(np.diff(keyed, n=2, axis=1)).max(axis=2) > 1e-4
    assert set(bends.sum(axis=1)) <= {2, 3} and (bends.any(axis=0)).all()
    again = torch.Generator().manual_seed(4), torch.Generator().manual_seed(4)
    assert torch.equal(training_noise("white", (2, 3, 5), again[0]), torch.randn(2, 3, 5, generator=again[1]))
