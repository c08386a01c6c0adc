"""The step without corners that masks, blends and movements ease by."""

from __future__ import annotations

import numpy as np


def smoothstep(x: np.ndarray | float, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, 3 t^2 - 2 t^3 between."""
    t = np.clip((np.asarray(x) - low) / (np.asarray(high) - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
