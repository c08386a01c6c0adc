"""Sync experts: embeddings of mouths and sounds for the metrics of synchrony.

expert    SyncExpert: the shipped networks; motion of the mouth or pictures of it, and log-mel sound
network   its two towers (loads torch)
crops     mouths cut out of the pictures of a video of any origin
figures   how well an expert knows: windows within one frame, matched against shuffled sound
training  contrastive training from clips in memory
syncnet   the user's own SyncNet weights, for the classic LSE-C and LSE-D
mfcc      the sound that SyncNet hears

Three experts ship (`assets.CATALOGUE`): "sync-filter" for training and filtering; "sync-score" for judging, trained
with another seed on the other half of the clips, so that nobody is judged by the expert that taught him;
"sync-crops" for videos.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtalker.evaluate.sync.crops import mouth_crops
    from xtalker.evaluate.sync.expert import SyncCard, SyncExpert
    from xtalker.evaluate.sync.figures import EmbeddedClip, SyncFigures, sync_figures
    from xtalker.evaluate.sync.syncnet import SyncNet

_HOMES = {
    "EmbeddedClip": "figures", "SyncCard": "expert", "SyncExpert": "expert", "SyncFigures": "figures",
    "SyncNet": "syncnet", "mouth_crops": "crops", "sync_figures": "figures",
}  # fmt: skip

__all__ = ["EmbeddedClip", "SyncCard", "SyncExpert", "SyncFigures", "SyncNet", "mouth_crops", "sync_figures"]


def __getattr__(name: str) -> Any:
    """Load torch and numba only when they are needed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"xtalker.evaluate.sync.{_HOMES[name]}"), name)
