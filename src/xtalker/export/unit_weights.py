"""Weights from 0 to 1, as most programs take them: what lies outside gets morph targets of its own.

Blender, Unity and others cut a weight below 0 or above 1 off unless the user opens a range by hand. So a morph that
goes there is written up to three times:

    name          weight cut to 0..1
    name_below    displacement backwards for what lies below 0
    name_above    more displacement for what lies above 1

The sum is the same surface in every frame, and between frames too, since weights are interpolated linearly. `name`
keeps its meaning: 0 is the resting face, 1 the whole shape. The other two are as large as the take needs, 1 being its
extreme, which keeps files small; they exist only where the track leaves 0..1 by more than can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.values.surface import SurfacePart

BELOW, ABOVE = "_below", "_above"
_NEGLIGIBLE_M: Final = 1e-7

Tracks = Mapping[str, Float[np.ndarray, "frames"]]


def in_unit_range(parts: tuple[SurfacePart, ...], tracks: Tracks) -> tuple[tuple[SurfacePart, ...], Tracks]:
    """The same movement with all weights from 0 to 1.

    Args:
        parts: meshes with morphs.
        tracks: morph name -> weight of each frame.
    """
    reach = dict.fromkeys(tracks, 0.0)
    for part in parts:
        for name, morph in zip(part.morph_names, part.morphs):
            reach[name] = max(reach[name], float(np.abs(morph).max()))
    inside, factors = {}, {}
    for name, track in tracks.items():
        inside[name] = np.clip(track, 0, 1)
        for suffix, excess, sign in ((BELOW, -track, -1), (ABOVE, track - 1, 1)):
            most = float(excess.max(initial=0))
            if most * reach[name] > _NEGLIGIBLE_M:
                inside[name + suffix] = np.clip(excess, 0, None) / most
                factors[name + suffix] = (name, sign * most)
    return tuple(_with_more(part, factors) for part in parts), inside


def _with_more(part: SurfacePart, factors: Mapping[str, tuple[str, float]]) -> SurfacePart:
    """The part with the morphs that are multiples of its own."""
    more = {name: factor for name, factor in factors.items() if factor[0] in part.morph_names}
    if not more:
        return part
    rows = [part.morph_names.index(name) for name, _ in more.values()]
    sizes = np.array([size for _, size in more.values()], np.float32)
    added = part.morphs[rows] * sizes[:, None, None]
    return replace(part, morph_names=(*part.morph_names, *more), morphs=np.concatenate([part.morphs, added]))
