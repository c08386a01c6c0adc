from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.clips import tiny_clip, write_tiny_clips
from tests.tiny.generator import TINY_CONFIG, tiny_generator
from tests.tiny.speech import tiny_features
from tests.tiny.trained import tiny_network

from xtalker.generator import Generator, SilenceGate
from xtalker.generator.channels import HEAD
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.windows import WindowPlan
from xtalker.train.__main__ import main
from xtalker.train.batches import draw_batch, open_bank
from xtalker.train.loop import Job, train
from xtalker.train.recipes import ABLATIONS
from xtalker.train.recipes.open import OpenRecipe
from xtalker.values import Motion

_SHORT = OpenRecipe(steps=3, batch=4, crop_frames=20, warmup_steps=2, generator=replace(TINY_CONFIG, dropout=0.2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("clips"), count=16)


def test_each_changes_exactly_one_field() -> None:
    plain = asdict(OpenRecipe())
    for ablation in ABLATIONS.values():
        changed = asdict(ablation.applied(OpenRecipe()))
        assert {k for k in plain if plain[k] != changed[k]} == {"generator"}
        different = {k for k, v in plain["generator"].items() if changed["generator"][k] != v}
        assert different == {ablation.field} and changed["generator"][ablation.field] == ablation.value


@pytest.mark.parametrize("name", ABLATIONS)
def test_trains_by_name_resumes_and_generates(name: str, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.safetensors"
    arguments = ["--data", str(folder), "--out", str(out), "--ablation", name, "--steps", "1", "--batch", "2"]
    assert main(arguments) == 0
    generator = Generator.from_checkpoint(out)
    ablation = ABLATIONS[name]
    assert getattr(generator.network.config, ablation.field) == ablation.value
    assert f"--ablation {name}" in generator.card.command
    motion = generator.generate(tiny_features(30), seed=0).to_matrix()
    assert motion.shape == (30, 58) and np.isfinite(motion).all()


@pytest.mark.parametrize("name", ABLATIONS)
def test_resumed_equals_uninterrupted(name: str, folder: Path, tmp_path: Path) -> None:
    recipe = ABLATIONS[name].applied(_SHORT)
    bank = open_bank(folder, latent=recipe.generator.latent)
    train(bank, recipe, Job(tmp_path / "whole.safetensors"))
    job, left = Job(tmp_path / "parts.safetensors"), iter(range(2))
    assert train(bank, recipe, job, should_stop=lambda: next(left, None) is None) is None
    train(bank, recipe, replace(job, resume=True))
    assert job.out.read_bytes() == (tmp_path / "whole.safetensors").read_bytes()


@pytest.mark.parametrize("name", ABLATIONS)
def test_gradient_reaches_every_parameter(name: str) -> None:
    config = replace(TINY_CONFIG, **{ABLATIONS[name].field: ABLATIONS[name].value})
    network, random = tiny_network(config), torch.Generator().manual_seed(0)
    speech, loudness = torch.randn(2, 20, 8, generator=random), torch.randn(2, 20, generator=random)
    reference, present = torch.randn(2, 53, generator=random), torch.ones(2, 20, dtype=torch.bool)
    conditions = network.condition(speech, loudness, reference, present)
    network(torch.randn(2, 20, 58, generator=random), torch.rand(2), conditions).square().sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def _conditions_matter(config: GeneratorConfig, name: str) -> bool:
    random = torch.Generator().manual_seed(0)
    given = {
        "linguistic": torch.randn(1, 20, 8, generator=random),
        "loudness": torch.randn(1, 20, generator=random),
        "reference": torch.randn(1, 53, generator=random),
        "present": torch.ones(1, 20, dtype=torch.bool),
    }
    network, state = tiny_network(config), torch.randn(1, 20, 58, generator=random)
    other = given | {name: given[name] + 1}
    one, two = (network(state, torch.full((1,), 0.5), network.condition(**g)) for g in (given, other))
    return not torch.equal(one, two)


@pytest.mark.parametrize(
    ("name", "deaf_to"), [("no-amplitude", "loudness"), ("no-reference", "reference"), ("cross-attention", "")]
)
def test_what_is_taken_away_has_no_say_and_the_rest_has(name: str, deaf_to: str) -> None:
    config = replace(TINY_CONFIG, **{ABLATIONS[name].field: ABLATIONS[name].value})
    for condition in ("linguistic", "loudness", "reference"):
        assert _conditions_matter(TINY_CONFIG, condition)
        assert _conditions_matter(config, condition) == (condition != deaf_to)


def test_without_a_reference_no_crop_is_shifted(folder: Path) -> None:
    bank = open_bank(folder)
    recipe = replace(_SHORT, batch=32, reference_share=1.0)
    assert draw_batch(bank, recipe, 0).reference.any()
    assert not draw_batch(bank, ABLATIONS["no-reference"].applied(recipe), 0).reference.any()


def test_cross_attention_reaches_all_speech_and_no_padding() -> None:
    network = tiny_network(replace(TINY_CONFIG, speech_through="attention"))
    random = torch.Generator().manual_seed(0)
    speech = torch.randn(1, 41, 8, generator=random).requires_grad_()
    present = (torch.arange(41) < 36)[None]
    conditions = network.condition(speech, torch.zeros(1, 41), torch.zeros(1, 53), present)
    network(torch.zeros(1, 41, 58), torch.zeros(1), conditions)[0, 0].square().sum().backward()
    reached = speech.grad[0].abs().sum(1) > 0
    assert reached[:36].all() and not reached[36:].any()


def test_absolute_latents_are_the_motion_itself(folder: Path) -> None:
    bank = open_bank(folder, latent="absolute")
    clips = [source() for mine in bank.speakers for source in mine]
    mean = np.concatenate([c.motion.head for c in clips]).mean(axis=0)
    np.testing.assert_allclose(bank.statistics.motion_mean[HEAD], mean, atol=1e-5)
    assert np.abs(open_bank(folder).statistics.motion_mean[HEAD]).max() < 0.5 * np.abs(mean).max()
    recipe = replace(ABLATIONS["absolute"].applied(_SHORT), reference_share=1.0, batch=16)
    shifted, plain = draw_batch(bank, recipe, 0), draw_batch(bank, replace(recipe, reference_share=0.0), 0)
    assert torch.equal(shifted.target, plain.target) and not torch.equal(shifted.reference, plain.reference)


def test_absolute_motion_ignores_where_the_head_of_the_reference_is() -> None:
    generator = tiny_generator(replace(TINY_CONFIG, latent="absolute", sees_reference=False))
    generator = replace(generator, gate=SilenceGate(enabled=False), plan=WindowPlan())
    reference = Motion.zeros(1)
    reference.head[0] = (0.1, -0.2, 0.05)
    reference.expression[0, 3] = 0.1
    features = tiny_features(30)
    plain, shifted = (generator.generate(features, r, seed=0).to_matrix() for r in (None, reference))
    np.testing.assert_allclose(shifted, plain, atol=1e-5)
    expected = tiny_generator().generate(features, reference, seed=0).head
    assert np.abs(expected - plain[:, HEAD]).max() > 0.05


def test_a_bank_of_the_other_latent_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a bank of absolute motion for a recipe of displacement motion"):
        train(open_bank(folder, latent="absolute"), _SHORT, Job(tmp_path / "a.safetensors"))


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"latent": "relative"}, "latent must be one of displacement, absolute"),
     ({"speech_through": 3}, "speech_through must be one of"),
     ({"start_noise": "pink"}, "start_noise must be one of white, keyed"),
     ({"hears_loudness": 1}, "hears_loudness must be true or false"),
     ({"sees_reference": "no"}, "sees_reference must be true or false")],
)  # fmt: skip
def test_unknown_choices_are_refused(changes: dict[str, object], text: str) -> None:
    config = replace(TINY_CONFIG)
    for name, value in changes.items():
        object.__setattr__(config, name, value)  # past the check of types that tests add to constructors
    with pytest.raises(ValueError, match=text):
        config.__post_init__()


def test_tiny_clips_have_a_resting_head_pose() -> None:
    # What the absolute latent is told apart by above.
    assert np.abs(np.median(tiny_clip("x", seed=0).motion.head, axis=0)).max() > 0.05
