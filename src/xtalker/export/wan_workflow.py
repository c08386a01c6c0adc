"""A ComfyUI workflow that turns a depth video and a reference picture into video with Wan 2.2 Fun Control.

It is in the API form that ComfyUI's `/prompt` takes and its editor loads: node number -> class and inputs, where an
input is a value or [number of another node, which of its outputs]. Only nodes that come with ComfyUI are used. The
settings are those that Wan 2.2's two experts are run with there: the first half of the steps by the one for high
noise, the second half by the one for low noise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from xtalker.geometry.timeline import frames_covering
from xtalker.values import InputError

RATE_HZ: Final = 16
"""Pictures a second that Wan 2.2 A14B was trained on."""
TRAINED_FRAMES: Final = 81
"""Longest clip of its training, 5 s; longer ones need more memory and may drift."""
SIDE_STEP: Final = 16
SIDES: Final = (256, 1280)
"""Sides of the picture are multiples of the step in this range, pixels."""

_STEPS, _FIRST_STEPS, _GUIDANCE, _SHIFT = 20, 10, 3.5, 8.0
_HIGH: Final = "wan2.2_fun_control_high_noise_14B_fp8_scaled.safetensors"
_LOW: Final = "wan2.2_fun_control_low_noise_14B_fp8_scaled.safetensors"
_TEXT: Final = "umt5_xxl_fp8_e4m3fn_scaled.safetensors"
_VAE: Final = "wan_2.1_vae.safetensors"

Workflow = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class WanJob:
    """What the workflow is to make; names are relative to ComfyUI's input folder.

    Attributes:
        reference: picture that shows who it is.
        depth: control video.
        sound: what is heard, or None.
        width, height: of the picture, pixels.
        num_frames: 4 n + 1.
        positive, negative: prompts.
        seed: of the noise.
        name: of the file that is made.
    """

    reference: str
    depth: str
    sound: str | None
    width: int
    height: int
    num_frames: int
    positive: str
    negative: str
    seed: int = 0
    name: str = "xtalker"


def wan_frames(duration_s: float) -> int:
    """Pictures of a clip: 4 n + 1, enough for all of it, at least 5."""
    return 4 * max(1, -(-(frames_covering(duration_s, RATE_HZ) - 1) // 4)) + 1


def check_wan_size(width: int, height: int) -> None:
    """Refuse a size that Wan cannot take.

    Raises:
        InputError: not a multiple of 16, or out of range.
    """
    if not all(SIDES[0] <= side <= SIDES[1] and side % SIDE_STEP == 0 for side in (width, height)):
        raise InputError(
            "unusable picture size for Wan", received=f"{width} x {height}",
            accepted=f"multiples of {SIDE_STEP} from {SIDES[0]} to {SIDES[1]}", next_step="choose such a size",
        )  # fmt: skip


def prompts() -> dict[str, Any]:
    """The shipped prompts: `scenes` and `moods` by name, `person`, `negative`."""
    text = resources.files("xtalker.export").joinpath("data/wan_prompts.json").read_text(encoding="utf-8")
    out: dict[str, Any] = json.loads(text)
    return out


def positive_prompt(scene: str, *, person: str | None = None, mood: str = "neutral") -> str:
    """A shipped prompt, filled in.

    Args:
        scene: key of the shipped `scenes`.
        person: who it is, in words; None leaves that to the reference picture.
        mood: key of the shipped `moods`.

    Raises:
        InputError: no such scene.
    """
    shipped = prompts()
    if scene not in shipped["scenes"]:
        raise InputError(
            "unknown scene", received=scene, accepted=", ".join(shipped["scenes"]), next_step="choose one of these"
        )
    text: str = shipped["scenes"][scene].replace("{mood}", shipped["moods"][mood])
    text = text.replace("{person}", person or shipped["person"])
    return text[0].upper() + text[1:]


def workflow(job: WanJob) -> Workflow:
    """The workflow of a job."""
    assert job.num_frames % 4 == 1, "Wan packs four pictures into one after the first"
    out: Workflow = {}

    def node(number: int, kind: str, title: str, **inputs: Any) -> str:
        out[str(number)] = {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}
        return str(number)

    reference = node(1, "LoadImage", "Reference picture", image=job.reference)
    video = node(2, "LoadVideo", "Depth video", file=job.depth)
    depth = node(3, "GetVideoComponents", "Depth frames", video=[video, 0])
    text = node(4, "CLIPLoader", "Text encoder", clip_name=_TEXT, type="wan", device="default")
    vae = node(5, "VAELoader", "VAE", vae_name=_VAE)
    positive = node(6, "CLIPTextEncode", "Positive prompt", text=job.positive, clip=[text, 0])
    negative = node(7, "CLIPTextEncode", "Negative prompt", text=job.negative, clip=[text, 0])
    control = node(
        8, "Wan22FunControlToVideo", "Depth control", positive=[positive, 0], negative=[negative, 0], vae=[vae, 0],
        width=job.width, height=job.height, length=job.num_frames, batch_size=1, ref_image=[reference, 0],
        control_video=[depth, 0],
    )  # fmt: skip
    samples = _two_experts(node, control, job.seed)
    pictures = node(15, "VAEDecode", "Pictures", samples=[samples, 0], vae=[vae, 0])
    heard = {}
    if job.sound is not None:
        heard["audio"] = [node(16, "LoadAudio", "Sound", audio=job.sound), 0]
    film = node(17, "CreateVideo", "Film", images=[pictures, 0], fps=float(RATE_HZ), **heard)
    node(18, "SaveVideo", "Save", video=[film, 0], filename_prefix=f"video/{job.name}", format="auto", codec="auto")
    return out


def _two_experts(node: Any, control: str, seed: int) -> str:
    """Both loaders and samplers; the number of the last one."""
    latent: list[Any] = [control, 2]
    last = ""
    for first, name, noise, start, end, leftover in (
        (9, "high", "enable", 0, _FIRST_STEPS, "enable"), (12, "low", "disable", _FIRST_STEPS, 10_000, "disable"),
    ):  # fmt: skip
        file = _HIGH if name == "high" else _LOW
        model = node(first, "UNETLoader", f"Expert for {name} noise", unet_name=file, weight_dtype="default")
        shifted = node(first + 1, "ModelSamplingSD3", f"Shift ({name})", model=[model, 0], shift=_SHIFT)
        last = node(
            first + 2, "KSamplerAdvanced", f"Sampler ({name})", model=[shifted, 0], add_noise=noise, noise_seed=seed,
            steps=_STEPS, cfg=_GUIDANCE, sampler_name="euler", scheduler="simple", positive=[control, 0],
            negative=[control, 1], latent_image=latent, start_at_step=start, end_at_step=end,
            return_with_leftover_noise=leftover,
        )  # fmt: skip
        latent = [last, 0]
    return last
