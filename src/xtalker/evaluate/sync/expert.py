"""Experts that say whether a mouth and a sound belong together, as embeddings for the metrics of synchrony."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, UInt8

from xtalker.evaluate.sync.network import SyncConfig, SyncNetwork
from xtalker.networks.checkpoints import load_checkpoint, save_checkpoint
from xtalker.speech import SpeechEncoder, load_encoder
from xtalker.values import AssetError, Audio, InputError
from xtalker.values.conventions import NUM_LANDMARKS

SCHEMA: Final = "xtalker-sync-1"
ENCODER: Final = "log-mel"
"""What the shipped experts hear through: plain bands, so that they share nothing with a generator's encoder."""

LIP_LANDMARKS: Final = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
)  # fmt: skip
"""Outer and inner contour of the lips among the 478 points."""

Embeddings = Float[np.ndarray, "frames 64"]
_MILLIMETRES: Final = 1e3
_PIECE: Final = 500  # pictures at a time, so that memory stays bounded
_CONTRAST_FLOOR: Final = 4.0


@dataclass(frozen=True)
class SyncCard:
    """Where an expert comes from.

    Attributes:
        encoder: fingerprint of the speech encoder that it hears through.
        licence, data, split, seed, command: of its weights and training.
    """

    encoder: str
    licence: str = "unstated"
    data: str = "unstated"
    split: str = "unstated"
    seed: str = "unstated"
    command: str = "unstated"


class SyncExpert:
    """A network in evaluation mode and where it comes from.

    Embeddings have length 1 and belong to the frame in the middle of 0.2 s; give both to
    `xtalker.metrics.overlap_distances`.
    """

    def __init__(self, network: SyncNetwork, card: SyncCard) -> None:
        self.network, self.card = network.eval(), card
        self._encoder: SpeechEncoder | None = None

    @classmethod
    def load(cls, path: Path) -> SyncExpert:
        """Read weights.

        Raises:
            AssetError: missing, damaged, or no sync expert.
        """
        tensors, metadata = load_checkpoint(path)
        try:
            if metadata.get("schema") != SCHEMA:
                raise ValueError(f"schema {metadata.get('schema')!r}")
            card = SyncCard(**{field.name: metadata[field.name] for field in fields(SyncCard)})
            with torch.device("meta"):  # a hostile config costs no memory: sizes are compared first
                network = SyncNetwork(SyncConfig(**json.loads(metadata["config"])))
            network.load_state_dict(tensors, strict=True, assign=True)
        except (KeyError, TypeError, ValueError, RuntimeError) as fault:
            raise AssetError(
                f"unusable sync expert {path.name}", received=str(fault).splitlines()[0],
                accepted=f"a checkpoint of schema {SCHEMA}", next_step="fetch the file again, or train one",
            ) from fault  # fmt: skip
        return cls(network, card)

    def save(self, path: Path) -> None:
        """Write weights, whole or not at all.

        Raises:
            OutputError: the place cannot be written.
        """
        metadata = {"schema": SCHEMA, "config": json.dumps(asdict(self.network.config)), **asdict(self.card)}
        save_checkpoint(path, self.network.state_dict(), metadata)

    def hear(self, audio: Audio) -> Embeddings:
        """Embeddings of a sound, one for each of `audio.num_frames`.

        Raises:
            AssetError: this expert hears through another encoder than `ENCODER`; give `embed_sound` its features.
        """
        if self._encoder is None:
            encoder = load_encoder(ENCODER)
            if encoder.fingerprint != self.card.encoder:
                raise AssetError(
                    "the sync expert hears through another encoder", received=self.card.encoder,
                    accepted=encoder.fingerprint, next_step="give embed_sound the features of that encoder",
                )  # fmt: skip
            self._encoder = encoder
        return self.embed_sound(self._encoder.encode(audio))

    @torch.inference_mode()
    def embed_sound(self, features: Float[np.ndarray, "frames channels"]) -> Embeddings:
        """Embeddings of sound.

        Args:
            features: of the encoder that the card names, 25 fps.

        Raises:
            InputError: another number of channels.
        """
        wanted = self.network.config.sound_channels
        if features.shape[1] != wanted:
            raise _misfit("the sound features do not fit the sync expert", features.shape, f"{wanted} channels")
        return _embeddings(self.network.sound(torch.from_numpy(features.astype(np.float32))[None]))

    def embed_motion(self, landmarks: Float[np.ndarray, "frames 478 3"]) -> Embeddings:
        """Embeddings of mouth motion.

        Args:
            landmarks: of the mean open head without its head turn, metres:
                `head.landmarks(Identity(), motion, canonical=True)`. One face for everybody, so that the expert
                judges motion and not shape.

        Raises:
            InputError: this expert looks at pictures.
        """
        return self.embed_lips(lip_rows(landmarks))

    @torch.inference_mode()
    def embed_lips(self, rows: Float[np.ndarray, "frames 120"]) -> Embeddings:
        """The same from rows of `lip_rows`.

        Raises:
            InputError: this expert looks at pictures.
        """
        if self.network.config.sight != "motion":
            raise _misfit("this sync expert looks at pictures", rows.shape, "mouth crops, for embed_crops")
        return _embeddings(self.network.mouth(torch.from_numpy(rows.astype(np.float32))[None]))

    @torch.inference_mode()
    def embed_crops(self, crops: UInt8[np.ndarray, "frames 48 48"]) -> Embeddings:
        """Embeddings of a filmed or rendered mouth.

        Args:
            crops: of one clip, from `mouth_crops`; their mean over the clip is what the mouth is compared with.

        Raises:
            InputError: this expert looks at landmarks.
        """
        if self.network.config.sight != "crops":
            raise _misfit("this sync expert looks at landmarks", crops.shape, "landmarks, for embed_motion")
        mean, mouth = mean_picture(crops), self.network.mouth
        pieces = (crop_planes(crops[i : i + _PIECE], mean) for i in range(0, len(crops), _PIECE))
        seen = torch.cat([mouth.picture(torch.from_numpy(planes)) for planes in pieces])  # type: ignore[operator, union-attr]
        return _embeddings(mouth.tower(seen[None]))  # type: ignore[operator, union-attr]


def lip_rows(landmarks: Float[np.ndarray, "frames 478 3"]) -> Float[np.ndarray, "frames 120"]:
    """What the motion tower sees: lip points in millimetres."""
    assert landmarks.shape[1] == NUM_LANDMARKS
    return np.asarray(landmarks[:, LIP_LANDMARKS] * _MILLIMETRES, np.float32).reshape(len(landmarks), -1)


def mean_picture(crops: UInt8[np.ndarray, "frames 48 48"]) -> Float[np.ndarray, "48 48"]:
    """Mean over a clip, grey levels."""
    return crops.mean(axis=0).astype(np.float32)


def crop_planes(
    crops: UInt8[np.ndarray, "frames 48 48"], mean: Float[np.ndarray, "48 48"]
) -> Float[np.ndarray, "frames 2 48 48"]:
    """What the crop tower sees: the picture, and its distance from the clip's mean picture, without exposure."""
    grey = crops.astype(np.float32)
    contrast = max(float(mean.std()), _CONTRAST_FLOOR)
    return np.stack([(grey - mean.mean()) / contrast, (grey - mean) * (2 / contrast)], axis=1)


def _embeddings(batch: torch.Tensor) -> Embeddings:
    return np.asarray(batch[0].numpy())


def _misfit(what: str, shape: tuple[int, ...], accepted: str) -> InputError:
    return InputError(what, received=f"shape {shape}", accepted=accepted, next_step="give what the expert was made for")
