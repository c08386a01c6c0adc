from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.generator import TINY_CONFIG, tiny_generator, tiny_saved
from tests.tiny.speech import tiny_features

from xtalker.generator import Generator
from xtalker.generator.checkpoint import write_generator
from xtalker.values import InputError, Motion

_STYLED = replace(TINY_CONFIG, styles=("ann", "bob"))


def _styled() -> Generator:
    """A generator in which both styles do something, and not the same."""
    slope = np.linspace(-1, 1, TINY_CONFIG.width)
    return tiny_generator(_STYLED, changed={"style.weight": np.outer(slope, [1.0, -2.0]).astype(np.float32)})


def _motion(generator: Generator, **asked: object) -> np.ndarray:
    motion: Motion = generator.generate(tiny_features(60), seed=1, **asked)
    return motion.to_matrix()


def test_styles_differ_and_none_is_none() -> None:
    generator = _styled()
    free, ann, bob = _motion(generator), _motion(generator, style="ann"), _motion(generator, style="bob")
    assert np.abs(ann - free).max() > 1e-3 < np.abs(ann - bob).max()
    np.testing.assert_array_equal(_motion(generator, style={}), free)
    np.testing.assert_array_equal(_motion(generator, style={"ann": 1.0}), ann)
    # 2 parts of ann's vector and 1 of bob's cancel here.
    np.testing.assert_allclose(_motion(generator, style={"ann": 2 / 3, "bob": 1 / 3}), free, atol=1e-5)


def test_a_style_changes_nothing_before_training() -> None:
    np.testing.assert_array_equal(_motion(tiny_generator(_STYLED), style="bob"), _motion(tiny_generator(_STYLED)))


def test_guidance_carries_the_style_on() -> None:
    generator = _styled()
    np.testing.assert_array_equal(_motion(generator, style="ann", guidance=0.0), _motion(generator))
    near, one, more = (_motion(generator, style="ann", guidance=g) for g in (1 + 1e-6, 1.0, 2.0))
    np.testing.assert_allclose(near, one, atol=1e-4)
    free = _motion(generator)
    assert np.linalg.norm(more - free) > 1.2 * np.linalg.norm(one - free)


def test_a_checkpoint_keeps_styles_and_its_default(tmp_path: Path) -> None:
    style = np.random.default_rng(0).standard_normal((TINY_CONFIG.width, 2), np.float32)
    saved = tiny_saved(_STYLED, changed={"style.weight": style})
    path = tmp_path / "a.safetensors"
    write_generator(path, replace(saved, card=replace(saved.card, default_style="bob")))
    loaded = Generator.from_checkpoint(path)
    assert loaded.network.config.styles == ("ann", "bob") and loaded.card.default_style == "bob"
    np.testing.assert_array_equal(_motion(loaded), _motion(loaded, style="bob"))
    assert np.abs(_motion(loaded) - _motion(loaded, style={})).max() > 1e-3


@pytest.mark.parametrize(
    ("asked", "text"),
    [({"style": "anna"}, "accepted: ann, bob"), ({"style": "x"}, "accepted: ann, bob"),
     ({"style": {"ann": 0.7, "bob": 0.7}}, "sum to at most 1"),
     ({"style": {"ann": -0.1}}, "sum to at most 1"), ({"style": {"ann": float("nan")}}, "sum to at most 1"),
     ({"style": "ann", "guidance": 9.0}, "guidance out of range")],
)  # fmt: skip
def test_what_cannot_be_asked(asked: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        _motion(_styled(), **asked)
    assert text in str(caught.value)


def test_a_generator_without_styles_says_so() -> None:
    with pytest.raises(InputError, match="this generator has no styles"):
        _motion(tiny_generator(), style="ann")


@pytest.mark.parametrize("styles", [("a", "a"), ("",), ("x" * 65,), tuple(f"s{i}" for i in range(257))])
def test_names_that_are_refused(styles: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="different short names"):
        replace(TINY_CONFIG, styles=styles)
