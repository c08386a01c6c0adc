"""The paper's network: its size, who moves what, and what must not matter."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from tests.tiny.paper import TINY_FEELINGS, TINY_PAPER, tiny_paper_network, tiny_paper_statistics
from tests.tiny.speech import TINY_CHANNELS

from xtalker.networks.paper.config import PaperConfig
from xtalker.networks.paper.layers import Attention, StepEmbedding
from xtalker.networks.paper.layout import LAYOUTS
from xtalker.networks.paper.network import Heard, PaperNetwork
from xtalker.values import Identity, Motion

_FEELS = replace(TINY_PAPER, emotion_channels=TINY_FEELINGS)
_ALL = torch.ones(284, dtype=torch.bool)


def _heard(batch: int = 2, frames: int = 12, config: PaperConfig = TINY_PAPER, seed: int = 0) -> Heard:
    random = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=random)

    emotion = draw(batch, frames, config.emotion_channels) if config.emotion_channels else None
    columns = LAYOUTS[config.layout].columns
    return Heard(
        draw(batch, frames, TINY_CHANNELS), draw(batch, frames), draw(batch, columns),
        torch.ones(batch, frames, dtype=torch.bool), emotion,
    )  # fmt: skip


def _velocity(network: PaperNetwork, heard: Heard, seed: int = 1, step: int = 100) -> torch.Tensor:
    batch, frames = heard.present.shape
    state = torch.randn(batch, frames, len(network.live), generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        return network(state, torch.full((batch,), step), heard)


def test_published_size() -> None:
    with torch.device("meta"):
        network = PaperNetwork(PaperConfig(), _ALL)
    assert (len(network.trunk), len(network.pose), len(network.expression), len(network.identity)) == (6, 2, 2, 2)
    assert network.state.weight.shape == (768, 284) and network.trunk[0].attention.heads == 12
    assert network.time.layers[0].weight.shape == (6 * 768, 256) and network.time.layers[2].weight.shape == (4608, 4608)
    assert [len(head.layers[-1].bias) for head in (network.identity_out, network.pose_out, network.expression_out)] == [
        228, 6, 50,
    ]  # fmt: skip
    assert all(block.listening is None for block in network.identity)
    count = sum(p.numel() for p in network.parameters())
    blocks = sum(p.numel() for p in network.trunk.parameters())
    assert 130e6 < count < 140e6 and 6 * 9.4e6 < blocks < 6 * 9.6e6
    assert (PaperConfig().time_steps, PaperConfig().sampling_steps, PaperConfig().dropout) == (512, 32, 0.1)


def test_layout_is_that_of_the_latent() -> None:
    random = np.random.default_rng(0)
    matrix = random.standard_normal((5, 58)).astype(np.float32)
    matrix[:, 56:] = 0
    identity = Identity(*(random.standard_normal(n).astype(np.float32) for n in (100, 128)))
    motion = Motion.from_matrix(matrix)
    layout = LAYOUTS["latent284"]
    rows = np.repeat(np.concatenate([identity.shape, identity.detail])[None], 5, axis=0)
    latent = layout.latent(matrix, rows)
    np.testing.assert_array_equal(latent, motion.to_latent284(identity))
    np.testing.assert_array_equal(layout.motion_of(latent), matrix)
    assert latent[0, layout.derived] == matrix[0, 42]
    for each in LAYOUTS.values():
        moved = np.concatenate([each.identity, each.pose, each.expression])
        assert sorted(moved.tolist()) == list(range(each.columns))
    np.testing.assert_array_equal(LAYOUTS["open58"].latent(matrix), matrix)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_head_moves_its_own_columns(layout: str) -> None:
    config = replace(TINY_PAPER, layout=layout)
    columns = LAYOUTS[layout]
    heard = _heard(config=config)
    before = _velocity(tiny_paper_network(config), heard)
    for name in ("identity", "pose", "expression"):
        network, wanted = tiny_paper_network(config), getattr(columns, name)
        if not len(wanted):
            continue
        with torch.no_grad():
            getattr(network, f"{name}_out").layers[-1].bias += 1
        moved = (_velocity(network, heard) - before).abs().amax((0, 1)) > 0.5
        live = tiny_paper_statistics(config).live(config)
        assert set(torch.nonzero(moved)[:, 0].tolist()) == {int(c) for c in wanted if live[c]}


@pytest.mark.parametrize(("what", "head"), [("loudness", "pose"), ("emotion", "expression")])
def test_amplitude_reaches_the_pose_and_emotion_the_expression(what: str, head: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = PaperNetwork(_FEELS, _ALL).eval()
    heard, other = _heard(config=_FEELS), _heard(config=_FEELS, seed=5)
    changed = replace(heard, **{what: getattr(other, what)})
    moved = (_velocity(network, changed) - _velocity(network, heard)).abs().amax((0, 1)) > 1e-7
    assert set(torch.nonzero(moved)[:, 0].tolist()) == set(getattr(LAYOUTS["latent284"], head).tolist())


def test_speech_has_no_place_unless_it_is_given_one() -> None:
    """The published design: cross-attention to rows without positions does not see their order."""
    heard, order = _heard(), torch.randperm(12, generator=torch.Generator().manual_seed(2))
    shuffled = replace(heard, linguistic=heard.linguistic[:, order])
    plain = tiny_paper_network()
    torch.testing.assert_close(_velocity(plain, shuffled), _velocity(plain, heard), atol=1e-5, rtol=1e-5)
    for config in (replace(TINY_PAPER, speech_positions=True), replace(TINY_PAPER, speech_through="frames")):
        network = tiny_paper_network(config)
        assert (_velocity(network, shuffled) - _velocity(network, heard)).abs().max() > 1e-3


def test_flow_time_enters_as_a_whole_number() -> None:
    embedding, asked = StepEmbedding(4), []
    embedding.layers.register_forward_pre_hook(lambda module, inputs: asked.append(inputs[0]))
    embedding(torch.tensor([0, 1, 511]))
    angle = np.array([0, 1, 511])[:, None] * 10_000.0 ** (-np.arange(128) / 128)
    np.testing.assert_allclose(asked[0], np.concatenate([np.cos(angle), np.sin(angle)], axis=1), atol=2e-4)
    assert all(0.015 < layer.weight.std() < 0.025 for layer in (embedding.layers[0], embedding.layers[2]))


def test_attention_is_torchs_own() -> None:
    torch.manual_seed(0)
    mine, reference = Attention(16, 4, 6).eval(), torch.nn.MultiheadAttention(16, 4, kdim=6, vdim=6, batch_first=True)
    key, value = mine.key_value.weight.chunk(2)
    with torch.no_grad():
        reference.q_proj_weight.copy_(mine.query.weight)
        reference.k_proj_weight.copy_(key)
        reference.v_proj_weight.copy_(value)
        reference.in_proj_bias.copy_(torch.cat([mine.query.bias, mine.key_value.bias]))
        reference.out_proj.load_state_dict(mine.out.state_dict())
    x, rows = torch.randn(2, 5, 16), torch.randn(2, 7, 6)
    seen = torch.arange(7) < 6
    wanted, _ = reference(x, rows, rows, key_padding_mask=~seen.expand(2, 7))
    torch.testing.assert_close(mine(x, rows, seen.expand(2, 1, 1, 7)), wanted, atol=1e-5, rtol=1e-5)


def test_batch_equals_single_and_padding_does_not_matter() -> None:
    network, heard = tiny_paper_network(_FEELS), _heard(3, 12, _FEELS)
    present = torch.arange(12).expand(3, -1) < torch.tensor([[12], [9], [12]])
    heard = replace(heard, present=present)
    together = _velocity(network, heard)
    rows = {f.name: getattr(heard, f.name) for f in fields(heard)}
    scribbled = dict(rows)
    for name in ("linguistic", "loudness", "emotion"):
        mask = present if name == "loudness" else present[..., None]
        scribbled[name] = torch.where(mask, rows[name], 7.0)
    torch.testing.assert_close(_velocity(network, Heard(**scribbled))[1, :9], together[1, :9], atol=1e-5, rtol=1e-5)
    alone = Heard(**{name: None if row is None else row[1:2, :9] if row.ndim > 1 and name != "reference" else row[1:2]
                     for name, row in rows.items()})  # fmt: skip
    state = torch.randn(3, 12, 284, generator=torch.Generator().manual_seed(1))[1:2, :9]
    with torch.inference_mode():
        found = network(state, torch.tensor([100]), alone)
    torch.testing.assert_close(found[0], together[1, :9], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [{}, {"speech_through": "frames"}, {"hears_loudness": False}, {"sees_reference": False}, {"layout": "open58"},
     {"emotion_channels": TINY_FEELINGS, "emotion_optional": True}],
)  # fmt: skip
def test_gradient_reaches_every_parameter(changes: dict[str, object]) -> None:
    config = replace(TINY_PAPER, **changes)
    columns = LAYOUTS[config.layout].columns
    network = PaperNetwork(config, torch.ones(columns, dtype=torch.bool)).train()
    heard = replace(_heard(config=config), felt=torch.tensor([True, False]) if config.emotion_optional else None)
    network(torch.randn(2, 12, columns), torch.tensor([3, 300]), heard).square().sum().backward()
    assert {n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()} == set()


def test_without_emotion_features_is_what_was_learnt() -> None:
    config = replace(_FEELS, emotion_optional=True)
    network, heard = tiny_paper_network(config), _heard(config=config)
    mixed = _velocity(network, replace(heard, felt=torch.tensor([True, False])))
    torch.testing.assert_close(mixed[0], _velocity(network, heard)[0])
    torch.testing.assert_close(mixed[1], _velocity(network, replace(heard, emotion=None))[1])
    assert (mixed[1] - _velocity(network, heard)[1]).abs().max() > 1e-4


def test_dead_columns_stay_still() -> None:
    live = tiny_paper_statistics().live(TINY_PAPER)
    velocity = _velocity(tiny_paper_network(), _heard())
    assert not velocity[..., torch.from_numpy(~live)].any() and velocity[..., torch.from_numpy(live)].all()
    assert live.sum() == 58 - 2 - 2  # no gaze in the layout, one dead and one derived column, no identity


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"layout": "vertices"}, "layout must be one of latent284, open58"), ({"time_steps": 0}, "start at 1"),
     ({"emotion_channels": -1}, "emotion_channels must be a whole number"), ({"width": 10**6}, "width must be"),
     ({"loudness": "dB"}, "loudness must be one of")],
)  # fmt: skip
def test_impossible_sizes_are_refused(changes: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replace(TINY_PAPER, **changes)
