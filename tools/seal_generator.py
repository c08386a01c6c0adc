"""Write the card of the shipped generator: `python -m tools.seal_generator`."""

from __future__ import annotations

import json

from xtalker.assets.catalogue import CATALOGUE
from xtalker.assets.seal import seal
from xtalker.generator.checkpoint import read_generator

LIMITS = (
    "Real motion comes from read sentences of six words out of 51, neutral, frontal (GRID), and 7 minutes of one "
    "Mandarin speaker's mouth (FACEGOOD). Words that these lack, tongue and lip-to-teeth contact come from a "
    "phonetic teacher on synthetic voices, whose contacts are designed, not seen. Cheek puffs and the jaw's "
    "sideways motion stay at rest. No real emotion. Other voices work but are less exact; see the README's unseen "
    "speakers."
)
SHARES = "crops: 67 % GRID (32 % of one speaker), 9 % FACEGOOD, 24 % taught"


def main() -> None:
    """Copy what the checkpoint says of itself into the card, and seal."""
    asset = CATALOGUE["generator-open"]
    assert asset.packaged is not None
    card = read_generator(asset.packaged.file).card
    asset.packaged.card.write_text(json.dumps({
        "data": card.data, "seed": card.seed, "command": card.command, "encoder": card.encoder,
        "preparation": [
            "python -m tools.prepare_grid DATA grid/", "python -m tools.voices DATA grid/ voices/ --groups 19",
            "cp -n grid/*.npz voices/", "python -m tools.prepare_facegood DATA facegood/",
            "python -m tools.teach taught/ --data DATA --clips grid/",
            "python -m tools.gather_clips clips/ --grid voices/ --facegood facegood/ --taught taught/",
        ],
        "shares": SHARES,
        "credits": "M. Cooke, J. Barker, S. Cunningham, X. Shao, GRID corpus, CC BY 4.0; The FACEGOOD Authors, MIT; "
        "synthetic voices of Flite and Festival (Carnegie Mellon University, permissive)",
        "splits": "GRID speaker 1 by clip: 0-849 train, 850-899 validation, 900-999 test; other speakers by person: "
        "3 and 33 test, 2, 4, 5, 26, 30, 31, 32 train; "
        "FACEGOOD 2_01-2_04 train, 2_05 validation, 3_15 and 3_16 test; the taught voice "
        "rms and its 200 sentences are never trained on",
        "figures": "python benchmarks/main_job.py", "limits": LIMITS,
    }, indent=2))  # fmt: skip
    seal(asset)


if __name__ == "__main__":
    main()
