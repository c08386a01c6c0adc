"""The size and shape of the network; stored in every checkpoint."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

_MOST = {"width": 4096, "blocks": 64, "head_blocks": 16, "attention_heads": 64, "half_window": 1000,
         "speech_channels": 65536, "speech_context": 50, "feed_forward": 16}  # fmt: skip
_MOST_NAMES, _LONGEST_NAME = 256, 64
_CHOICES = {"latent": ("displacement", "absolute"), "speech_through": ("frames", "attention"),
            "start_noise": ("white", "keyed")}  # fmt: skip
_NAMES = ("styles", "emotions")
_SWITCHES = ("hears_loudness", "sees_reference")


@dataclass(frozen=True)
class GeneratorConfig:
    """What a network is built from.

    Attributes:
        speech_channels: channels of the speech features (Whisper-base, two layers: 1024).
        width: channels of a frame token.
        blocks: blocks of the shared trunk.
        head_blocks: blocks of each of the two heads (pose, expression).
        attention_heads: heads of each self-attention; width / attention_heads is even.
        half_window: frames that attention sees on each side. Full attention is worse on sequences longer than
            those of training: at 300 frames it shrinks lip opening to 0.76 of truth, +-45 frames to 0.89.
        attention_ahead: frames of those that lie ahead; None is all of them. With 0, what a frame does depends on later
            frames through `speech_context` alone: for live use.
        speech_context: frames on each side that the convolutions over speech and loudness see.
        feed_forward: width of the feed-forward layers in multiples of `width`.
        dropout: share of activations dropped in training.
        jaw_open_angle_rad: jaw pitch at which `jawOpenCorrective` is 1; a constant of the head model.
        latent: what is generated: "displacement" from the reference, or the "absolute" motion.
        hears_loudness: whether the pose head is told the amplitude.
        sees_reference: whether the network is shown expression and jaw of the reference.
        speech_through: "frames" adds each row of speech to the frame that it belongs to; "attention" leaves the
            frames to find their speech by cross-attention without mask or bias, as 3DXTalker does.
        styles: names of speakers and sources whose manner can be asked for; the network is shown a mix of them, or
            none (`Generator.generate`). They are dropped at random in training, so "none" is learnt as well.
        emotions: names of the emotions that the expression head is told of, frame by frame, with a level for each;
            a track may be absent, which is dropped at random in training and so learnt as well.
        start_noise: "white", or "keyed": one key a second with straight lines between, as 3DXTalker's code has it.
    """

    speech_channels: int = 1024
    width: int = 192
    blocks: int = 4
    head_blocks: int = 1
    attention_heads: int = 6
    half_window: int = 45
    attention_ahead: int | None = None
    speech_context: int = 2
    feed_forward: int = 4
    dropout: float = 0.1
    jaw_open_angle_rad: float = math.radians(20.7)
    latent: str = "displacement"
    hears_loudness: bool = True
    sees_reference: bool = True
    speech_through: str = "frames"
    start_noise: str = "white"
    styles: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, plain: Any) -> GeneratorConfig:
        """The config that `dataclasses.asdict` and JSON turned into plain values.

        Raises:
            TypeError, ValueError: unknown or missing fields, or values that cannot be built.
        """
        if not isinstance(plain, dict):
            raise ValueError(f"a config must be a mapping, not {plain!r}")
        listed = {name: plain.get(name, []) for name in _NAMES}
        for name, names in listed.items():
            if not isinstance(names, list | tuple):
                raise ValueError(f"{name} must be a list, not {names!r}")
        return cls(**{**plain, **{name: tuple(names) for name, names in listed.items()}})

    def __post_init__(self) -> None:
        """Refuse what cannot be built, or would not fit a computer: a checkpoint may come from anywhere."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _MOST and not (type(value) is int and 0 <= value <= _MOST[field.name]):
                raise ValueError(f"{field.name} must be a whole number up to {_MOST[field.name]}, not {value!r}")
        if min(self.speech_channels, self.width, self.attention_heads, self.feed_forward) < 1:
            raise ValueError("speech_channels, width, attention_heads and feed_forward start at 1")
        if self.width % (2 * self.attention_heads):
            raise ValueError(f"width {self.width} is not an even multiple of {self.attention_heads} heads")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        for name in _SWITCHES:
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} must be true or false, not {getattr(self, name)!r}")
        ahead = self.attention_ahead
        if ahead is not None and not (type(ahead) is int and 0 <= ahead <= self.half_window):
            raise ValueError(f"attention_ahead must lie between 0 and half_window, not {ahead!r}")
        for name in _NAMES:
            _check_names(name, getattr(self, name))
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), not {self.dropout!r}")
        if not 0 < self.jaw_open_angle_rad < math.pi:
            raise ValueError(f"jaw_open_angle_rad must be a positive angle, not {self.jaw_open_angle_rad!r}")

    @property
    def receptive_field(self) -> int:
        """Frames on each side that can change a frame's velocity in one evaluation.

        Holds for speech added to its frames; cross-attention reaches the whole window.
        """
        return (self.blocks + self.head_blocks) * self.half_window + self.speech_context

    @property
    def frames_ahead(self) -> int:
        """Frames after a frame that can change its velocity."""
        ahead = self.half_window if self.attention_ahead is None else self.attention_ahead
        return (self.blocks + self.head_blocks) * ahead + self.speech_context


def _check_names(what: str, names: tuple[str, ...]) -> None:
    plain = all(type(name) is str and 0 < len(name) <= _LONGEST_NAME for name in names)
    if not plain or len(names) > _MOST_NAMES or len(set(names)) < len(names):
        raise ValueError(f"{what} must be up to {_MOST_NAMES} different short names")
