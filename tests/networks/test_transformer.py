from dataclasses import replace

import pytest
import torch
from tests.tiny.generator import TINY_CONFIG
from tests.tiny.trained import tiny_network

from xtalker.generator.config import GeneratorConfig
from xtalker.networks.attention import rotate_by_position
from xtalker.networks.transformer import Network


def _inputs(batch: int, frames: int, seed: int = 0) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        "state": torch.randn(batch, frames, 58, generator=random),
        "time": torch.rand(batch, generator=random),
        "linguistic": torch.randn(batch, frames, 8, generator=random),
        "loudness": torch.randn(batch, frames, generator=random),
        "reference": torch.randn(batch, 53, generator=random),
        "present": torch.ones(batch, frames, dtype=torch.bool),
    }


def _velocity(network: Network, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    parts = dict(inputs)
    state, time = parts.pop("state"), parts.pop("time")
    return network(state, time, network.condition(**parts))


def test_batch_equals_single() -> None:
    network, inputs = tiny_network(), _inputs(3, 20)
    together = _velocity(network, inputs)
    for row in range(3):
        alone = _velocity(network, {name: a[row : row + 1] for name, a in inputs.items()})
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=1e-5)


def test_padded_equals_unpadded_whatever_lies_in_the_padding() -> None:
    network, inputs = tiny_network(), _inputs(2, 20)
    inputs["present"][1, 13:] = False
    short = {n: a[1:, :13] if a.ndim > 1 and n != "reference" else a[1:] for n, a in inputs.items()}
    torch.testing.assert_close(_velocity(network, inputs)[1:, :13], _velocity(network, short), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["state", "linguistic", "loudness"])
def test_receptive_field_is_exactly_as_claimed(name: str) -> None:
    config = TINY_CONFIG
    blocks = {"state": 3, "linguistic": 3, "loudness": config.head_blocks}[name]
    reach = blocks * config.half_window + (0 if name == "state" else config.speech_context)
    assert reach <= config.receptive_field == 3 * 3 + 1
    network, inputs = tiny_network(config).double(), _inputs(1, 41)
    inputs = {n: a.double() if a.is_floating_point() else a for n, a in inputs.items()}
    inputs[name].requires_grad_()
    _velocity(network, inputs)[0, 20].square().sum().backward()
    gradient = inputs[name].grad[0].reshape(41, -1).abs().sum(1)
    assert (gradient[20 - reach : 21 + reach] > 0).all()
    assert not gradient[: 20 - reach].any() and not gradient[21 + reach :].any()


@pytest.mark.parametrize("ahead", [0, 1, 2])
def test_what_lies_further_ahead_than_claimed_changes_nothing(ahead: int) -> None:
    config = replace(TINY_CONFIG, attention_ahead=ahead)
    network, inputs = tiny_network(config).double(), _inputs(1, 41)
    inputs = {n: a.double() if a.is_floating_point() else a for n, a in inputs.items()}
    before = _velocity(network, inputs)
    for name in ("state", "linguistic", "loudness"):
        inputs[name][0, 21 + config.frames_ahead :] += 1
    after = _velocity(network, inputs)
    torch.testing.assert_close(after[:, :21], before[:, :21], atol=1e-12, rtol=0)
    assert (after - before)[:, 21].abs().max() > 0
    assert config.frames_ahead == 3 * ahead + config.speech_context < TINY_CONFIG.frames_ahead


def test_gradient_reaches_every_parameter() -> None:
    network = tiny_network()
    _velocity(network, _inputs(2, 20)).square().sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_loudness_reaches_the_pose_head_only() -> None:
    network, inputs = tiny_network(), _inputs(1, 20)
    louder = inputs | {"loudness": inputs["loudness"] + 1}
    moved = (_velocity(network, louder) - _velocity(network, inputs)).abs().sum((0, 1))
    assert (moved[50:56] > 0).all() and not moved[:50].any() and not moved[56:].any()


def test_velocity_starts_at_zero_and_stays_zero_where_nothing_is_generated() -> None:
    live = torch.ones(58, dtype=torch.bool)
    assert not _velocity(Network(TINY_CONFIG, live), _inputs(1, 9)).any()
    network = tiny_network()
    moved = _velocity(network, _inputs(1, 9)).abs().sum((0, 1))
    assert torch.equal(moved > 0, network.live.bool())


def test_rotary_products_depend_on_distance_only() -> None:
    random = torch.Generator().manual_seed(0)
    query, key = (torch.randn(1, 1, 1, 8, generator=random).expand(1, 1, 50, 8).double() for _ in range(2))
    products = rotate_by_position(query) @ rotate_by_position(key).mT
    for distance in (0, 3, -7):
        diagonal = products[0, 0].diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), rtol=1e-5, atol=1e-6)
    assert (products[0, 0].diagonal(3)[0] - products[0, 0].diagonal(-3)[0]).abs() > 1e-3


def test_default_size() -> None:
    with torch.device("meta"):
        network = Network(GeneratorConfig(), torch.ones(58, dtype=torch.bool))
    assert 3.0e6 < sum(p.numel() for p in network.parameters()) < 4.0e6


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"width": 10**9}, "width must be a whole number up to 4096"),
     ({"width": 18}, "width 18 is not an even multiple of 2 heads"),
     ({"blocks": -1}, "blocks must be a whole number"),
     ({"attention_heads": 0}, "start at 1"),
     ({"dropout": 1.0}, "dropout must lie in"),
     ({"jaw_open_angle_rad": 0.0}, "jaw_open_angle_rad must be a positive angle")],
)  # fmt: skip
def test_impossible_configurations_are_refused(changes: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replace(TINY_CONFIG, **changes)
