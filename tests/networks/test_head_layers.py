"""What the differentiable twin of every head owes."""

import numpy as np
import pytest
import torch
from tests.contracts.test_heads import _motion, _person, _still
from tests.tiny.flame import write_tiny_flame

from xtalker.head import HEADS, load_head
from xtalker.head.interface import HeadModel
from xtalker.networks.head_layers import layer_of
from xtalker.values import Identity, Motion


@pytest.fixture(scope="module", params=sorted(HEADS))
def head(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    if request.param == "flame":
        return load_head("flame", write_tiny_flame(tmp_path_factory.mktemp("flame") / "flame.npz"))
    return load_head(request.param)


def _inputs(identity: Identity, motion: Motion, dtype: type = np.float32) -> list[torch.Tensor]:
    shape = np.tile(identity.shape, (motion.num_frames, 1))
    arrays = (shape, motion.expression, motion.jaw, motion.head, motion.gaze)
    return [torch.from_numpy(np.array(array, dtype)) for array in arrays]


def test_layer_equals_vertices(head: HeadModel) -> None:
    identity, motion = _person(head), _motion(head, 5)
    ours = layer_of(head)(*_inputs(identity, motion)).numpy()
    np.testing.assert_allclose(ours, head.vertices(identity, motion), atol=1e-5)


@pytest.mark.parametrize("resting", [False, True])
def test_layer_derivatives(head: HeadModel, resting: bool) -> None:
    layer = layer_of(head).double()
    subset = np.linspace(0, head.topology.num_vertices - 1, 4).astype(int)
    inputs = _inputs(_person(head), _still(head) if resting else _motion(head, 1), np.float64)
    inputs = [x.requires_grad_() for x in inputs]
    # One random direction per input instead of each coordinate: the layer computes all vertices each time.
    assert torch.autograd.gradcheck(lambda *x: layer(*x)[:, subset], inputs, fast_mode=True)


def test_layer_has_no_parameters(head: HeadModel) -> None:
    assert not list(layer_of(head).parameters())


def test_a_layer_on_its_own_does_not_change_the_head(head: HeadModel) -> None:
    before = head.neutral(_person(head))
    layer_of(head).double()
    np.testing.assert_array_equal(head.neutral(_person(head)), before)
