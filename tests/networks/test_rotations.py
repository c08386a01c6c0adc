"""The differentiable twin of the rotations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from tests.geometry.test_rotations import vectors

from xtalker.geometry import rotations
from xtalker.networks import rotations as rotations_torch


@settings(max_examples=50)
@given(vectors(), vectors())
def test_torch_equals_numpy(one: np.ndarray, other: np.ndarray) -> None:
    first, second = torch.from_numpy(one), torch.from_numpy(other)
    matrix = rotations_torch.matrix_from_axis_angle(first)
    np.testing.assert_allclose(matrix, rotations.matrix_from_axis_angle(one), rtol=0, atol=2e-15)
    for name in ("compose", "relative"):
        ours = getattr(rotations_torch, name)(first, second).numpy()
        truth = getattr(rotations, name)(one, other)
        if np.linalg.norm(truth) > np.pi - 1e-6 and ours @ truth < 0:
            ours = -ours
        np.testing.assert_allclose(ours, truth, rtol=0, atol=1e-13)
    angle = rotations_torch.geodesic_angle(first, second)
    np.testing.assert_allclose(angle, rotations.geodesic_angle(one, other), rtol=0, atol=1e-13)


@pytest.mark.parametrize("length", [0.0999, 0.1001, 0.1999, 0.2001, 0.3999, 0.4001])
def test_series_meet_the_closed_forms(length: float) -> None:
    vector = length * np.array([2.0, -1.0, 2.0]) / 3
    matrix = rotations_torch.matrix_from_axis_angle(torch.from_numpy(vector))
    np.testing.assert_allclose(matrix, rotations.matrix_from_axis_angle(vector), rtol=0, atol=3e-16)
    doubled = rotations_torch.compose(torch.from_numpy(vector), torch.from_numpy(vector))
    np.testing.assert_allclose(doubled, 2 * vector, rtol=0, atol=3e-16)
    np.testing.assert_allclose(rotations_torch.axis_angle_from_matrix(matrix), vector, rtol=0, atol=3e-16)


@pytest.mark.parametrize("length", [0.0, 1e-9, 1e-3, 0.0999, 0.1001, 0.199, 0.201, 1.0, 3.0])
def test_torch_derivatives(length: float) -> None:
    axis = torch.tensor([[1.0, -2.0, 0.5], [0.1, 0.2, 3.0]], dtype=torch.float64)
    vector = (axis / axis.norm(dim=-1, keepdim=True) * length).requires_grad_()
    other = torch.tensor([0.02, 0.01, -0.03], dtype=torch.float64, requires_grad=True)

    def there_and_back(v: torch.Tensor) -> torch.Tensor:
        return rotations_torch.axis_angle_from_matrix(rotations_torch.matrix_from_axis_angle(v))

    assert torch.autograd.gradcheck(rotations_torch.matrix_from_axis_angle, vector)
    assert torch.autograd.gradgradcheck(rotations_torch.matrix_from_axis_angle, vector)
    assert torch.autograd.gradcheck(there_and_back, vector)
    assert torch.autograd.gradcheck(rotations_torch.compose, (vector, other))
