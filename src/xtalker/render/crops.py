"""How close a photo may be shown; light to import, so that the command line can offer it."""

from __future__ import annotations

from typing import Final

CROPS: Final[dict[str, float | None]] = {"head": 1.75, "bust": 2.6, "full": None}
"""Name -> height of the picture in heights of the face; None is the whole photo."""
