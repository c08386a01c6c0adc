import importlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.generator import DEAD_COLUMN, TINY_CONFIG, tiny_saved, tiny_statistics
from tests.tiny.peers import tiny_peer, tiny_peer_network, tiny_saved_peer
from tests.tiny.speech import tiny_features

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.checkpoint import write_generator
from xtalker.networks.peers import PEERS
from xtalker.networks.peers.checkpoint import read_peer, write_peer
from xtalker.networks.peers.codes import DEPTH, PARTS, Codes
from xtalker.networks.peers.diffusion import BEFORE, SAMPLING_STEPS, STEPS, WINDOW, Diffusion, kept_share
from xtalker.networks.peers.generate import PeerGenerator
from xtalker.networks.peers.interface import Lesson, design_class
from xtalker.networks.peers.layers import MEMORY, PERIOD, CausalDecoder, causal_bias, periodic_positions
from xtalker.values import AssetError, InputError, Motion, SpeechFeatures

_DETERMINISTIC = ("autoregressive", "codes")


def _inputs(batch: int, frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return torch.randn(batch, frames, 8, generator=random), torch.randn(batch, frames, 58, generator=random)


def _lesson(frames: int = 24, padding: int = 0, scribble: float = 0.0) -> Lesson:
    speech, target = _inputs(3, frames)
    target = target * torch.from_numpy(tiny_statistics().live)
    present = torch.arange(frames).expand(3, -1) < frames - padding
    speech, target = (torch.where(present[..., None], x, scribble) for x in (speech, target))
    return Lesson(target, speech, present.float(), present, torch.ones(58))


def _matrix(peer: PeerGenerator, features: SpeechFeatures, seed: int = 0) -> np.ndarray:
    return peer.generate(features, seed=seed).to_matrix()


@pytest.mark.parametrize("design", PEERS)
def test_batch_equals_single(design: str) -> None:
    network = tiny_peer_network(design)
    speech, noise = _inputs(3, WINDOW + 7)
    with torch.inference_mode():
        together = network.perform(speech, noise)
        for row in range(3):
            alone = network.perform(speech[row : row + 1], noise[row : row + 1])
            torch.testing.assert_close(together[row : row + 1], alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("design", PEERS)
@pytest.mark.parametrize("num_frames", [1, BEFORE, WINDOW + 1])
def test_any_length_and_the_columns_that_move(design: str, num_frames: int) -> None:
    motion = _matrix(tiny_peer(design), tiny_features(num_frames))
    assert motion.shape == (num_frames, 58) and np.isfinite(motion).all()
    assert not motion[:, DEAD_COLUMN].any() and np.abs(motion).max() > 0.01


@pytest.mark.parametrize("design", PEERS)
def test_seed_and_sound_decide(design: str) -> None:
    peer, features = tiny_peer(design), tiny_features(60)
    one = _matrix(peer, features, seed=5)
    np.testing.assert_array_equal(one, _matrix(peer, features, seed=5))
    assert np.array_equal(one, _matrix(peer, features, seed=6)) == (design in _DETERMINISTIC)
    assert not np.array_equal(one, _matrix(peer, tiny_features(60, seed=9), seed=5))


@pytest.mark.parametrize("design", PEERS)
def test_parts_of_features_and_reference(design: str) -> None:
    peer, features = tiny_peer(design), tiny_features(30)
    parts = [
        SpeechFeatures(features.linguistic[cut], features.amplitude[cut], features.encoder)
        for cut in (slice(0, 11), slice(11, None))
    ]
    whole = peer.generate(features, seed=1)
    np.testing.assert_array_equal(peer.generate(iter(parts), seed=1).to_matrix(), whole.to_matrix())
    reference = Motion.zeros(1)
    reference.expression[:, 3] = 0.2
    shifted = peer.generate(features, reference, seed=1)
    np.testing.assert_allclose(shifted.expression[:, 3], whole.expression[:, 3] + 0.2, atol=1e-6)


@pytest.mark.parametrize("design", PEERS)
def test_unusable_input_is_refused(design: str) -> None:
    peer, features = tiny_peer(design), tiny_features(20)
    with pytest.raises(InputError, match="another encoder"):
        peer.generate(replace(features, encoder="other"), seed=0)
    with pytest.raises(InputError, match="no speech features"):
        peer.generate([], seed=0)
    with pytest.raises(InputError, match="unusable reference"):
        peer.generate(features, Motion.zeros(2), seed=0)


@pytest.mark.parametrize("design", PEERS)
@pytest.mark.parametrize("progress", [0.0, 0.9])
def test_what_lies_in_the_padding_does_not_matter(design: str, progress: float) -> None:
    # Zeros are what lies there: beyond a clip's ends the codes' convolutions read zeros too.
    network = tiny_peer_network(design)
    scribbles = (0.0,) if design == "codes" else (0.0, 7.0)
    losses = [
        float(network.loss(_lesson(24, 5, s), torch.Generator().manual_seed(1), progress).detach()) for s in scribbles
    ]
    assert np.isfinite(losses[0]) and losses[0] > 0
    assert losses == pytest.approx([losses[0]] * len(losses), rel=1e-5)


@pytest.mark.parametrize("design", PEERS)
def test_gradient_reaches_every_parameter(design: str) -> None:
    network, reached = tiny_peer_network(design), set()
    for progress in (0.0, 0.9):
        network.zero_grad()
        for seed in range(2):
            network.loss(_lesson(), torch.Generator().manual_seed(seed), progress).backward()
        reached |= {n for n, p in network.named_parameters() if p.grad is not None and p.grad.any()}
    assert {n for n, _ in network.named_parameters()} - reached == set()


@pytest.mark.parametrize("design", PEERS)
def test_checkpoint_round_trip(design: str, tmp_path: Path) -> None:
    saved = tiny_saved_peer(design)
    write_peer(tmp_path / "a.safetensors", saved)
    loaded = read_peer(tmp_path / "a.safetensors")
    assert loaded.card == saved.card and loaded.design == design and loaded.network.config == TINY_CONFIG
    features = tiny_features(40)
    again = PeerGenerator.from_checkpoint(tmp_path / "a.safetensors")
    np.testing.assert_allclose(_matrix(again, features), _matrix(tiny_peer(design), features), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "text"),
    [({"schema": "xtalker-generator-1"}, "schema 'xtalker-generator-1'"),
     ({"design": "os"}, "design must be one of"),
     ({"columns": json.dumps(["a"])}, "other motion columns"),
     ({"design": "diffusion"}, "Missing key"),
     ({"config": "{"}, "Expecting property name")],
)  # fmt: skip
def test_foreign_checkpoints_are_refused(change: dict[str, str], text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_peer(path, tiny_saved_peer("codes"))
    tensors, words = load_checkpoint(path)
    save_checkpoint(path, tensors, words | change)
    with pytest.raises(AssetError, match=text):
        read_peer(path)


def test_our_own_generator_is_no_peer(tmp_path: Path) -> None:
    write_generator(tmp_path / "a.safetensors", tiny_saved())
    with pytest.raises(AssetError, match="a peer's checkpoint"):
        read_peer(tmp_path / "a.safetensors")


def test_default_sizes_are_alike() -> None:
    recipes = importlib.import_module("xtalker.train.recipes.peers")
    for recipe in (recipes.AutoregressiveRecipe(), recipes.DiffusionRecipe(), recipes.CodesRecipe()):
        with torch.device("meta"):
            network = design_class(recipe.design)(recipe.generator, torch.ones(58, dtype=torch.bool))
        assert 2.9e6 < sum(p.numel() for p in network.parameters()) < 4.0e6


def test_frame_by_frame_equals_all_at_once() -> None:
    torch.manual_seed(0)
    decoder = CausalDecoder(TINY_CONFIG, 2).eval()
    tokens, heard = torch.randn(2, 60, 16), torch.randn(2, 60, 16)
    whole, _ = decoder(tokens, heard)
    past, rows = None, []
    for index in range(60):
        row, past = decoder(tokens[:, index : index + 1], heard[:, index : index + 1], index, past)
        rows.append(row)
    torch.testing.assert_close(torch.cat(rows, dim=1), whole, atol=1e-5, rtol=1e-5)


def test_bias_is_a_step_a_period_and_never_looks_ahead() -> None:
    bias = causal_bias(2, MEMORY + 2, 4, torch.device("cpu"))
    assert bias[:, 0, -1].isneginf().all() and bias[:, 1, :2].isneginf().all() and bias[:, 0, 0].isneginf().all()
    back = torch.arange(MEMORY)
    np.testing.assert_allclose(bias[0, 1].flip(0)[:MEMORY], -0.25 * (back // PERIOD))
    np.testing.assert_allclose(bias[3, 1].flip(0)[:MEMORY], -(2.0**-8) * (back // PERIOD))


def test_positions_repeat() -> None:
    positions = periodic_positions(7, 2 * PERIOD, 16, torch.device("cpu"))
    torch.testing.assert_close(positions[:PERIOD], positions[PERIOD:])
    assert len(torch.unique(positions[:PERIOD], dim=0)) == PERIOD


def test_schedule_falls_from_all_to_nearly_nothing() -> None:
    shares = kept_share(torch.arange(STEPS + 1).float())
    assert shares[0] == 1 and (shares.diff() <= 0).all() and 0 < shares[-1] <= 1e-3
    assert shares[STEPS // 2] == pytest.approx(0.5, abs=0.02)


def test_sampling_lands_where_the_network_points() -> None:
    network = tiny_peer_network("diffusion")
    assert isinstance(network, Diffusion)
    wanted, asked = torch.randn(1, 30, 58), []

    def told(state: torch.Tensor, step: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        asked.append(float(step[0]))
        return torch.cat([state[:, :BEFORE], wanted], dim=1)

    network.forward = told
    speech, noise = _inputs(1, 30)
    torch.testing.assert_close(network.perform(speech, noise), wanted, atol=1e-4, rtol=1e-4)
    assert len(asked) == SAMPLING_STEPS and asked[0] == STEPS and asked == sorted(asked, reverse=True)


def test_second_window_depends_on_the_first() -> None:
    network = tiny_peer_network("diffusion")
    speech, noise = _inputs(1, 2 * WINDOW)
    other = noise.clone()
    other[:, :WINDOW] += 1
    with torch.inference_mode():
        moved = (network.perform(speech, other) - network.perform(speech, noise)).abs().amax((0, 2))
    assert (moved > 1e-5).all()


def test_snapping_finds_the_nearest_code() -> None:
    network = tiny_peer_network("codes")
    assert isinstance(network, Codes)
    book = network.prior.codebook.detach()
    chosen = torch.tensor([[3, 200, 7, 7, 0, 255, 90, 41]])
    features = (book[chosen] + 0.01).reshape(1, 1, PARTS * DEPTH)
    torch.testing.assert_close(network.prior.snap(features).detach(), book[chosen].reshape(1, 1, -1))


def test_the_codebook_rests_while_speech_is_learnt() -> None:
    network = tiny_peer_network("codes")
    network.loss(_lesson(), torch.Generator(), 0.9).backward()
    assert all(p.grad is None for p in network.prior.parameters())
    assert network.decoder.norm.weight.grad is not None
