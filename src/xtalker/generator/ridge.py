"""A linear guess of the face from speech, and how likely lips are to close: what carries over to strangers best.

On people left out in turn a ridge from Whisper features, taught with every person in units of their own mean and
spread, is ahead of any network in opening and width; the network adds fine motion, head, brows and eyes. So mouth and
jaw are `SHARE` of the ridge and the rest of the network. A second ridge on the same rows says whether a frame is the
bottom of a closure; where it is, `mouthClose` takes the opening away. Numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.generator.channels import DERIVED, JAW_PITCH, mouth_columns
from xtalker.values import AssetError
from xtalker.values.conventions import CHANNEL
from xtalker.values.files import whole_file
from xtalker.values.motion import NUM_MOTION

SCHEMA: Final = "xtalker-ridge-1"
SHARE: Final = 0.7
"""Of the ridge in mouth and jaw; a network is worth a third of a vote at most on people left out."""
CONTEXT: Final = 2
"""Frames on each side that a row holds."""
PENALTY: Final = 0.5
"""Of a weight against the mean square of a row; 5e4 for 1e5 rows."""
CLOSES_FROM, CLOSES_AT = 0.25, 0.45
"""Chance of a closure from which lips begin to shut, and at which they are shut."""
_CLOSE, _ROLL = CHANNEL["mouthClose"], CHANNEL["mouthRollLower"]
_ROLLS_FROM, _ROLLS_AT = 0.15, 0.35  # of mouthRollLower: /f v/ begin, and are sure
_MOUTH: Final = mouth_columns() & (np.arange(NUM_MOTION) != DERIVED)


@dataclass(frozen=True)
class RidgeFace:
    """Weights of both ridges.

    Attributes:
        heard_mean, heard_std: of each speech channel.
        components: principal components of the standardised channels.
        columns: columns of the motion that are guessed.
        weights: from a row (5 frames of components, and one) to displacements of those columns.
        closure: from a row to the chance that the frame is the bottom of a closure.
        covariance: mean of the outer product of a row with itself, over people: what speech is like.
        opening_mm: opening of the lips by one unit of each column, on the mean head.
        encoder: fingerprint of the speech encoder.
        manner: what one person's weights add to the generic ones; None for nobody in particular.
    """

    heard_mean: Float[np.ndarray, "channels"]
    heard_std: Float[np.ndarray, "channels"]
    components: Float[np.ndarray, "channels components"]
    columns: Int[np.ndarray, "columns"]
    weights: Float[np.ndarray, "row columns"]
    closure: Float[np.ndarray, "row"]
    covariance: Float[np.ndarray, "row row"]
    opening_mm: Float[np.ndarray, "58"]
    encoder: str
    manner: Float[np.ndarray, "row columns"] | None = None

    def __post_init__(self) -> None:
        """Refuse what does not fit together or would turn motion into NaN."""
        row = (2 * CONTEXT + 1) * self.components.shape[1] + 1
        channels = len(self.heard_mean)
        shapes = {
            "heard_std": (channels,), "components": (channels, self.components.shape[1]), "closure": (row,),
            "weights": (row, len(self.columns)), "opening_mm": (NUM_MOTION,), "covariance": (row, row),
        }  # fmt: skip
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape or not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} of shape {getattr(self, name).shape}, wanted {shape} and finite")
        if len(self.columns) and not (self.columns.min() >= 0 and self.columns.max() < NUM_MOTION):
            raise ValueError("columns outside of the motion")

    def rows(self, linguistic: Float[np.ndarray, "frames channels"]) -> Float[np.ndarray, "frames row"]:
        """What both ridges are shown of each frame; the first and the last frame stand for those beyond the ends."""
        scores = (linguistic.astype(np.float32) - self.heard_mean) / self.heard_std @ self.components
        return stacked(scores)

    def displacement(self, rows: Float[np.ndarray, "frames row"]) -> Float[np.ndarray, "frames 58"]:
        """Displacement of nobody in particular from the reference; zero in columns that are not guessed."""
        return self._in_columns(rows @ self.weights)

    def _in_columns(self, values: Float[np.ndarray, "frames columns"]) -> Float[np.ndarray, "frames 58"]:
        out = np.zeros((len(values), NUM_MOTION), np.float32)
        out[:, self.columns] = values
        return out

    def closing(self, rows: Float[np.ndarray, "frames row"]) -> Float[np.ndarray, "frames"]:
        """How far each frame's lips shut, 0..1."""
        return np.clip((rows @ self.closure - CLOSES_FROM) / (CLOSES_AT - CLOSES_FROM), 0, 1).astype(np.float32)

    def guess(self, linguistic: Float[np.ndarray, "frames channels"], frames: slice = slice(None)) -> Guess:
        """What is made of some of the frames whose features are given; the others are their context."""
        rows = self.rows(linguistic)[frames]
        manner = None if self.manner is None else self._in_columns(rows @ self.manner)
        return Guess(self.displacement(rows), self.closing(rows), self.columns, self.opening_mm, manner)


@dataclass(frozen=True)
class Guess:
    """What the ridges make of some frames.

    Attributes:
        displacement: from the reference; zero in columns that are not guessed.
        closing: how far the lips shut.
        columns, opening_mm: of `RidgeFace`.
        manner: what the person adds, to the network's part as well; None for nobody in particular.
    """

    displacement: Float[np.ndarray, "frames 58"]
    closing: Float[np.ndarray, "frames"]
    columns: Int[np.ndarray, "columns"]
    opening_mm: Float[np.ndarray, "58"]
    manner: Float[np.ndarray, "frames 58"] | None = None

    def blended(
        self, network: Float[np.ndarray, "frames 58"], *, share: float = SHARE
    ) -> Float[np.ndarray, "frames 58"]:
        """Displacement with mouth and jaw `share` of the ridge and the rest of the network's.

        Where the network lays the lower lip on the teeth, which no tracked face can teach a ridge, it is followed
        alone. Lips shut where they close: their opening is taken away through `mouthClose`, to first order.
        """
        guessed = np.zeros(NUM_MOTION, bool)
        guessed[self.columns] = True
        out = network.copy()
        on_teeth = np.clip((network[:, _ROLL] - _ROLLS_FROM) / (_ROLLS_AT - _ROLLS_FROM), 0, 1)
        shares = (share * (1 - on_teeth))[:, None]
        out[:, guessed & _MOUTH] = (shares * self.displacement + (1 - shares) * network)[:, guessed & _MOUTH]
        if self.manner is not None:
            out[:, _MOUTH] += (1 - on_teeth)[:, None] * self.manner[:, _MOUTH]
        opening = np.maximum(out @ self.opening_mm, 0)
        out[:, _CLOSE] += (1 - on_teeth) * self.closing * opening / -self.opening_mm[_CLOSE]
        return out


def stacked(scores: Float[np.ndarray, "frames components"]) -> Float[np.ndarray, "frames row"]:
    """Each frame with its neighbours and a one."""
    padded = np.pad(scores, ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
    parts = [padded[i : i + len(scores)] for i in range(2 * CONTEXT + 1)]
    return np.concatenate([*parts, np.ones((len(scores), 1), scores.dtype)], axis=1)


def opening_basis(
    opening_mm: Float[np.ndarray, "58"], corrective_mm: float, jaw_open_angle_rad: float
) -> Float[np.ndarray, "58"]:
    """Openings of single columns with the derived jaw corrective counted as the jaw's pitch."""
    out = opening_mm.copy()
    out[JAW_PITCH] += corrective_mm / jaw_open_angle_rad
    out[DERIVED] = 0
    return out


_STORED: Final = tuple(f.name for f in fields(RidgeFace) if f.name != "manner")


def write_ridge(path: Path, face: RidgeFace, *, card: Mapping[str, str]) -> None:
    """Write the weights as an npz file, half precision where it suffices."""
    half = ("components", "weights", "closure", "covariance")
    arrays: dict[str, Any] = {name: np.asarray(getattr(face, name)) for name in _STORED}
    arrays |= {name: arrays[name].astype(np.float16) for name in half}
    arrays |= {"schema": np.array(SCHEMA)} | {f"card_{name}": np.array(text) for name, text in card.items()}
    with whole_file(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_ridge(path: Path, *, encoder: str | None = None) -> RidgeFace:
    """Weights from a file.

    Args:
        path: the file.
        encoder: fingerprint of the speech encoder that they must hear through; None takes any.

    Raises:
        AssetError: missing, damaged, of another schema or encoder.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["schema"]) != SCHEMA:
                raise ValueError(f"schema {file['schema']}")
            arrays = {name: file[name] for name in _STORED}
        numbers = {name: a.astype(np.float32) for name, a in arrays.items() if name not in ("columns", "encoder")}
        if encoder is not None and str(arrays["encoder"]) != encoder:
            raise ValueError(f"it hears through {arrays['encoder']}")
        return RidgeFace(**numbers, columns=arrays["columns"].astype(np.int64), encoder=str(arrays["encoder"]))
    except (OSError, KeyError, ValueError) as error:
        raise AssetError(
            f"unusable ridge weights {path.name}", received=str(error), accepted=f"a file of schema {SCHEMA}",
            next_step="fetch the file again, or make one with `python -m tools.train_ridge`",
        ) from error  # fmt: skip
