"""Write the cards of the files that ship in the package: `python -m xtalker.assets.seal [NAME ...]`.

A card holds the hash that `fetch` checks, and what, makers and licence of the catalogue. Entries that its builder
added (data, seed, figures) are kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from xtalker.assets.cache import sha256_of
from xtalker.assets.catalogue import CATALOGUE, Asset
from xtalker.values.files import whole_file

_SAID = ("name", "version", "licence", "commercial", "what", "makers", "remake")


def seal(asset: Asset) -> bool:
    """Write or renew the card of a shipped file; False when the file is not there."""
    packaged = asset.packaged
    if packaged is None or not packaged.file.is_file():
        return False
    card = json.loads(packaged.card.read_text()) if packaged.card.is_file() else {}
    card = {field: getattr(asset, field) for field in _SAID} | card
    card |= {"sha256": sha256_of(packaged.file), "size": packaged.file.stat().st_size}
    with whole_file(packaged.card) as beside:
        beside.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Seal the named assets, or all that ship in the package; 1 when one of them is missing."""
    shipped = [name for name, asset in CATALOGUE.items() if asset.packaged]
    parser = argparse.ArgumentParser(prog="python -m xtalker.assets.seal", description=seal.__doc__)
    parser.add_argument("name", nargs="*", help=f"one of {', '.join(shipped)}; all when none is given")
    names = parser.parse_args(arguments).name or shipped
    done = {name: name in shipped and seal(CATALOGUE[name]) for name in names}
    for name, sealed in done.items():
        print(f"{name}: {'sealed' if sealed else 'no such file in the package'}")
    return 0 if all(done.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
