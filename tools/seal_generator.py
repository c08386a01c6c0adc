"""Write the card of the shipped generator: `python -m tools.seal_generator CLIPS`.

CLIPS is the folder that it was trained on; another one is refused. What each source gives to training is counted there.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from xtalker.assets.catalogue import CATALOGUE
from xtalker.assets.seal import seal
from xtalker.generator.checkpoint import GeneratorCard, read_generator
from xtalker.train.batches import open_bank, speaker_shares
from xtalker.train.recipes.open import OpenRecipe
from xtalker.values import InputError, XtalkerError

LIMITS = (
    "Real motion comes from read sentences of six words out of 51, neutral, frontal (GRID), and 7 minutes of one "
    "Mandarin speaker's mouth (FACEGOOD). Words that these lack come from a phonetic teacher on synthetic voices. Lip "
    "on teeth and tongue are designed, not seen: the teacher's, and in GRID's clips wherever their words have them. "
    "Cheek puffs and the jaw's sideways motion stay at rest. No real emotion. Other voices are less exact: see "
    "the README's unseen speakers."
)
_SOURCES = {"facegood": "FACEGOOD", "taught": "taught"}
_GRID_SPEAKER = re.compile(r"s\d+")


def main() -> int:
    """Copy what the checkpoint says of itself into the card, and seal; exit code 0, or 1 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, help="folder of the training clips")
    try:
        _write(parser.parse_args().clips)
    except XtalkerError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


def counted_shares(card: GeneratorCard, clips: Path) -> dict[str, float]:
    """Speaker -> share of the crops of a training.

    Raises:
        InputError: no clips, or others than those of the card.
    """
    bank = open_bank(clips)
    if f"digest {bank.digest[:16]}" not in card.data:
        raise InputError(
            "other clips than the generator's", received=f"{clips}, digest {bank.digest[:16]}", accepted=card.data,
            next_step="give the folder that it was trained on",
        )  # fmt: skip
    return dict(zip(bank.names, map(float, speaker_shares(bank, _balance(card.command))), strict=True))


def shares_text(shares: Mapping[str, float]) -> str:
    """Shares of the sources, and of the GRID speaker who gives most."""
    sums: dict[str, float] = {}
    for name, share in shares.items():
        source = "GRID" if _GRID_SPEAKER.fullmatch(name) else _SOURCES.get(name, name)
        sums[source] = sums.get(source, 0.0) + share
    grid = [share for name, share in shares.items() if _GRID_SPEAKER.fullmatch(name)]
    said = [f"{100 * share:.0f} % {source}" for source, share in sorted(sums.items(), key=lambda each: -each[1])]
    if grid:
        at = next(i for i, text in enumerate(said) if text.endswith("GRID"))
        said[at] += f" ({100 * max(grid):.0f} % of one speaker)"
    return "crops: " + ", ".join(said)


def _balance(command: str) -> float:
    words = shlex.split(command)
    given = words[words.index("--speaker-balance") + 1] if "--speaker-balance" in words else None
    return OpenRecipe().speaker_balance if given is None else float(given)


def _write(clips: Path) -> None:
    asset = CATALOGUE["generator-open"]
    assert asset.packaged is not None
    card = read_generator(asset.packaged.file).card
    shares = counted_shares(card, clips)
    said = shares_text(shares)
    print(said)
    asset.packaged.card.write_text(json.dumps({
        "data": card.data, "seed": card.seed, "command": card.command, "encoder": card.encoder,
        "preparation": [
            "python -m tools.prepare_grid DATA grid/", "python -m tools.voices DATA grid/ voices/ --groups 19",
            "cp -n grid/*.npz voices/", "python -m tools.prepare_facegood DATA facegood/",
            "python -m tools.teach taught/ --data DATA --clips grid/",
            "python -m tools.gather_clips clips/ --grid voices/ --facegood facegood/ --taught taught/ --data DATA",
        ],
        "shares": said, "shares_by_speaker": {name: round(share, 4) for name, share in shares.items()},
        "credits": "M. Cooke, J. Barker, S. Cunningham, X. Shao, GRID corpus, CC BY 4.0; The FACEGOOD Authors, MIT; "
        "synthetic voices of Flite and Festival (Carnegie Mellon University, permissive)",
        "splits": "GRID speaker 1 by clip: 0-849 train, 850-899 validation, 900-999 test; other speakers by person: "
        "3 and 33 test, 2, 4, 5, 26, 30, 31, 32 train; "
        "FACEGOOD 2_01-2_04 train, 2_05 validation, 3_15 and 3_16 test; the taught voice "
        "rms and its 200 sentences are never trained on",
        "figures": [
            "python benchmarks/main_job.py --json > benchmarks/results/main_job.json",
            "python benchmarks/taught.py --json > benchmarks/results/taught.json",
            "python benchmarks/generator.py --json > benchmarks/results/generator.json",
        ],
        "limits": LIMITS,
    }, indent=2))  # fmt: skip
    seal(asset)


if __name__ == "__main__":
    sys.exit(main())
