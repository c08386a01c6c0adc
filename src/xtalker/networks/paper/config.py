"""The size and shape of the paper's network, and every deviation from it by name; stored in every checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from xtalker.generator.config import GeneratorConfig

LAYOUTS = ("latent284", "open58")
_CHOICES = {"layout": LAYOUTS, "loudness": ("linear", "log"), "rotations": ("added", "composed")}
_MOST = {"identity_blocks": 16, "emotion_channels": 65536, "time_steps": 100_000, "sampling_steps": 10_000}
_SWITCHES = ("emotion_optional", "speech_positions", "standard_speech")


@dataclass(frozen=True)
class PaperConfig(GeneratorConfig):
    """What a network is built from. The defaults are the paper; fields of `GeneratorConfig` mean what they mean there.

    Attributes:
        speech_channels: WavLM-base-plus has 768; what the clips have is filled in.
        width: channels of a frame token.
        blocks: of the shared trunk.
        head_blocks: of the pose and of the expression head.
        attention_heads: of each attention.
        half_window: frames that self-attention sees on each side; 1000 is more than any window has: all of them.
        speech_context: neighbours that speech brings along where it is added; the paper has none.
        speech_through: "attention": trunk frames look for their speech by cross-attention without mask or bias;
            "frames" adds each row of speech to the frame that it belongs to.
        layout: "latent284" [shape 100 | expression 50 | head 3 | jaw 3 | detail 128]; "open58" has the columns of
            `Motion.to_matrix`: gaze, and no identity, which does not change over a clip.
        identity_blocks: of the identity head, self-attention only (Eq. 4). The published history of the code has one
            block with doubled self-attention.
        emotion_channels: emotion2vec+ base has 768; what the clips have is filled in. 0: the expression head has no
            cross-attention (ablation "w/o A_emo").
        emotion_optional: the network has learnt what to do without emotion features.
        time_steps: flow time is a whole number from 0 to this less one; the embedding is given that number.
        sampling_steps: of Euler, unless asked otherwise.
        speech_positions: give the rows of speech sinusoids, too. In the code's history only self-attention has them.
        standard_speech: z-score the speech channels. The functions that can be learnt are the same; a few channels
            of Whisper are a hundred times larger than the others, which those of WavLM are not.
        loudness: "linear" amplitude, as published, or its standardised logarithm ("log"), which a microphone's gain
            does not scale.
        rotations: "added": head rotations are subtracted and added by component, as published; "composed": they are
            rotations in the reference's own frame.
    """

    speech_channels: int = 768
    width: int = 768
    blocks: int = 6
    head_blocks: int = 2
    attention_heads: int = 12
    half_window: int = 1000
    speech_context: int = 0
    speech_through: str = "attention"
    layout: str = "latent284"
    identity_blocks: int = 2
    emotion_channels: int = 768
    emotion_optional: bool = False
    time_steps: int = 512
    sampling_steps: int = 32
    speech_positions: bool = False
    standard_speech: bool = False
    loudness: str = "linear"
    rotations: str = "added"

    def __post_init__(self) -> None:
        """Refuse what cannot be built, or would not fit a computer: a checkpoint may come from anywhere."""
        super().__post_init__()
        for name, most in _MOST.items():
            value = getattr(self, name)
            if not (type(value) is int and 0 <= value <= most):
                raise ValueError(f"{name} must be a whole number up to {most}, not {value!r}")
        if min(self.time_steps, self.sampling_steps) < 1:
            raise ValueError("time_steps and sampling_steps start at 1")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        for name in _SWITCHES:
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} must be true or false, not {getattr(self, name)!r}")
