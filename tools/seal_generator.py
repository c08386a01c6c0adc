"""Write the card of the shipped generator: `python -m tools.seal_generator`."""

from __future__ import annotations

import json

from xtalker.assets.catalogue import CATALOGUE
from xtalker.assets.seal import seal
from xtalker.generator.checkpoint import read_generator

LIMITS = (
    "Trained on read sentences of six words out of 51, neutral, frontal; one speaker gives half of the crops. The "
    "tongue, lip-to-teeth contact, cheek puffs and the jaw's sideways motion are not seen by the tracker and stay at "
    "rest. No real emotion. Other voices and languages work but are less exact; see the README's unseen speakers."
)


def main() -> None:
    """Copy what the checkpoint says of itself into the card, and seal."""
    asset = CATALOGUE["generator-open"]
    assert asset.packaged is not None
    card = read_generator(asset.packaged.file).card
    asset.packaged.card.write_text(json.dumps({
        "data": card.data, "seed": card.seed, "command": card.command, "encoder": card.encoder,
        "preparation": "python -m tools.prepare_grid DATA clips/",
        "splits": "GRID speaker 1 by clip: 0-849 train, 850-899 validation, 900-999 test; other speakers by person: "
        "3 and 33 test, 2, 4, 5, 26, 30, 31, 32 train",
        "figures": "python benchmarks/main_job.py", "limits": LIMITS,
    }, indent=2))  # fmt: skip
    seal(asset)


if __name__ == "__main__":
    main()
