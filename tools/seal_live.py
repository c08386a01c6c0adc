"""Write the cards of the ears and of the low-latency generator: `python -m tools.seal_live CLIPS`.

CLIPS is the folder that the generator was trained on (`tools.hear_again`).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tools.seal_generator import LIMITS, counted_shares, shares_text

from xtalker.assets.catalogue import CATALOGUE
from xtalker.assets.checkpoints import load_checkpoint
from xtalker.assets.seal import seal
from xtalker.generator.checkpoint import read_generator
from xtalker.values import XtalkerError

_CREDITS = (
    "OpenAI, Whisper, MIT; M. Cooke, J. Barker, S. Cunningham, X. Shao, GRID corpus, CC BY 4.0; The FACEGOOD Authors, "
    "MIT; synthetic voices of Flite and Festival (Carnegie Mellon University, permissive)"
)


def seal_ears() -> None:
    """What the checkpoint says of itself, and what it cannot."""
    asset = CATALOGUE["speech-ears"]
    assert asset.packaged is not None
    _, said = load_checkpoint(asset.packaged.file)
    asset.packaged.card.write_text(json.dumps({
        "teacher": said["teacher"], "seed": said["seed"], "figures": json.loads(said["figures"]),
        "command": "python -m tools.distil_ears ears.safetensors --data DATA --clips clips/ --cache c/ --steps 1600",
        "credits": _CREDITS,
        "splits": "as the generator's; test clips and the unseen people were never heard",
        "limits": "Hears 80 ms ahead, so that sounds which only what follows makes clear come out blurred; taught on "
        "English read sentences, one Mandarin speaker and synthetic voices, each also with pitch and formants moved.",
    }, indent=2))  # fmt: skip
    seal(asset)


def seal_generator(clips: Path) -> None:
    """What the checkpoint says of itself, and its shares.

    Raises:
        InputError: no clips, or others than those of the card.
    """
    asset = CATALOGUE["generator-live"]
    assert asset.packaged is not None
    card = read_generator(asset.packaged.file).card
    shares = counted_shares(card, clips)
    asset.packaged.card.write_text(json.dumps({
        "data": card.data, "seed": card.seed, "command": card.command, "encoder": card.encoder,
        "preparation": "make weights DATA=folder WORK=folder; stages in tools/make_weights.py",
        "shares": shares_text(shares), "credits": _CREDITS, "splits": "as generator-open",
        "figures": ["python benchmarks/generator.py --json > benchmarks/results/generator.json"], "limits": LIMITS,
    }, indent=2))  # fmt: skip
    seal(asset)


def main() -> int:
    """Both; exit code 0, or 1 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, help="folder of the training clips")
    try:
        seal_ears()
        seal_generator(parser.parse_args().clips)
    except XtalkerError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
