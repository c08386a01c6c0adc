"""What the card says of the shares is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tiny.clips import tiny_clip
from tools.seal_generator import counted_shares, shares_text

from xtalker.generator.checkpoint import GeneratorCard
from xtalker.train.batches import open_bank
from xtalker.train.clips import write_clip
from xtalker.values import InputError


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """16 clips of s1, 4 of s4, 1 of each other source."""
    names = [f"s1_{i:02}" for i in range(16)] + [f"s4_{i}" for i in range(4)] + ["facegood_0", "taught_0"]
    for seed, name in enumerate(names):
        write_clip(tmp_path, tiny_clip(name, seed=seed, speaker=name.partition("_")[0]))
    return tmp_path


def _card(clips: Path, options: str = "") -> GeneratorCard:
    data = f"clips; digest {open_bank(clips, bars=False).digest[:16]}"
    return GeneratorCard(
        "tiny", data=data, command=f"xtalker train generator --data clips {options} -o open.safetensors"
    )


def test_shares_follow_the_balance_of_the_command(clips: Path) -> None:
    half = counted_shares(_card(clips), clips)  # square roots: 4, 2, 1, 1
    assert half == pytest.approx({"s1": 0.5, "s4": 0.25, "facegood": 0.125, "taught": 0.125})
    alike = counted_shares(_card(clips, "--speaker-balance 1.0"), clips)
    assert set(alike.values()) == {0.25}


def test_other_clips_than_those_of_the_card_are_refused(clips: Path) -> None:
    card = _card(clips)
    write_clip(clips, tiny_clip("s4_9", seed=9, speaker="s4"))
    with pytest.raises(InputError, match="other clips than the generator's"):
        counted_shares(card, clips)
    with pytest.raises(InputError, match="other clips than the generator's"):
        counted_shares(replace(card, data="unstated"), clips)


def test_sources_are_named_and_the_largest_comes_first() -> None:
    shares = {"facegood": 0.1, "s1": 0.3, "s4": 0.2, "taught": 0.35, "mine": 0.05}
    text = "crops: 50 % GRID (30 % of one speaker), 35 % taught, 10 % FACEGOOD, 5 % mine"
    assert shares_text(shares) == text
    assert shares_text({"a": 1.0}) == "crops: 100 % a"
