"""Two towers: 0.2 s of mouth and the sound around it, each to one unit vector a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from xtalker.evaluate.sync.crops import CROP_PIXELS

SIZE: Final = 64
"""Length of an embedding."""

MOUTH_FRAMES: Final = 5
SIGHT: Final = ("motion", "crops")
_LIMIT: Final = 5.0  # standardised inputs beyond it say "unusual", not "more": other microphones, other heads
_GRAIN: Final = (16, 32, 64, 96)


@dataclass(frozen=True)
class SyncConfig:
    """What an expert looks at and listens to.

    Attributes:
        sight: "motion" (lip landmarks) or "crops" (pictures of the mouth).
        mouth_channels: numbers a frame of motion, or planes of a picture.
        sound_channels: of the speech encoder.
        mouth_width, sound_width: channels inside the towers.
        sound_frames: frames of sound that an embedding hears, odd.
    """

    sight: Literal["motion", "crops"]
    mouth_channels: int
    sound_channels: int = 80
    mouth_width: int = 128
    sound_width: int = 192
    sound_frames: int = 5

    def __post_init__(self) -> None:
        """Refuse sizes that no network has.

        Raises:
            ValueError: what is wrong; a checkpoint may say anything.
        """
        sizes = (self.mouth_channels, self.sound_channels, self.mouth_width, self.sound_width, self.sound_frames)
        if self.sight not in SIGHT or any(not isinstance(s, int) or not 1 <= s <= 4096 for s in sizes):
            raise ValueError(f"sight {self.sight!r} with sizes {sizes}")
        if self.sound_frames % 2 == 0:
            raise ValueError(f"{self.sound_frames} frames of sound have no middle")


class Tower(nn.Module):
    """Numbers over time to unit vectors; `frames` neighbours of each frame are seen, the ends see zeros.

    Args:
        channels: of the input, standardised by the buffers `mean` and `scale`.
        width: channels inside.
        frames: seen by each embedding, odd.
        dropout: of inputs and of the hidden layer, in training.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int, width: int, frames: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))
        self.layers = nn.Sequential(
            nn.Dropout(dropout), nn.Conv1d(channels, width, 1), nn.GELU(),
            nn.Conv1d(width, width, frames, padding=frames // 2), nn.GELU(),
            nn.Dropout(dropout), nn.Conv1d(width, width, 1), nn.GELU(), nn.Conv1d(width, SIZE, 1),
        )  # fmt: skip

    def forward(self, rows: Float[Tensor, "batch frames channels"]) -> Float[Tensor, "batch frames 64"]:
        """Embeddings of every frame."""
        standard = ((rows - self.mean) / self.scale).clamp(-_LIMIT, _LIMIT)
        return nn.functional.normalize(self.layers(standard.transpose(1, 2)).transpose(1, 2), dim=-1)


class CropTower(nn.Module):
    """Pictures over time to unit vectors: each picture to numbers, then a `Tower` over five of them."""

    def __init__(self, planes: int, width: int) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        for before, after in zip((planes, *_GRAIN), _GRAIN):
            steps += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        self.picture = nn.Sequential(*steps, nn.Flatten(), nn.Linear(_GRAIN[-1] * (CROP_PIXELS // 16) ** 2, width))
        self.tower = Tower(width, width, MOUTH_FRAMES)

    def forward(self, pictures: Float[Tensor, "batch frames planes size size"]) -> Float[Tensor, "batch frames 64"]:
        """Embeddings of every frame."""
        seen = self.picture(pictures.flatten(0, 1))
        return self.tower(seen.unflatten(0, pictures.shape[:2]))


class SyncNetwork(nn.Module):
    """Both towers."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        self.config = config
        self.mouth: Tower | CropTower = (
            Tower(config.mouth_channels, config.mouth_width, MOUTH_FRAMES)
            if config.sight == "motion"
            else CropTower(config.mouth_channels, config.mouth_width)
        )
        self.sound = Tower(config.sound_channels, config.sound_width, config.sound_frames)
