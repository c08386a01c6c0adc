"""A take as a folder for Wan 2.2 Fun Control in ComfyUI (3DXTalker, G): copy it into ComfyUI's input folder.

reference.png   who it is: the portrait, laid over the first depth frame, or the rendered head
depth.mp4       inverse depth, 8 bit, 16 pictures a second
depth.mkv       the same pictures in metres, lossless
sound.wav       if there is sound (.mp3 and .m4a stay what they are)
workflow.json   in API form; the prompts are the texts of nodes 6 and 7
prompts.json    the shipped scenes, for other prompts
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from tqdm import tqdm

from xtalker.capture.images import load_portrait
from xtalker.capture.portrait import PortraitFit
from xtalker.export.sound_file import SOUND_KINDS, sound_bytes
from xtalker.export.wan_workflow import (
    RATE_HZ,
    TRAINED_FRAMES,
    WanJob,
    check_wan_size,
    positive_prompt,
    prompts,
    wan_frames,
    workflow,
)
from xtalker.geometry.cameras import Camera
from xtalker.performance.filming import DEPTH_RANGE_M, frames, renderer_for
from xtalker.performance.retiming import camera_at, motion_at
from xtalker.performance.shot import Shot
from xtalker.performance.take import Take
from xtalker.render.depth_video import depth_writer
from xtalker.render.head_renderer import HeadRenderer
from xtalker.render.stills import write_png
from xtalker.speech import load_audio
from xtalker.values import Motion
from xtalker.values.folders import check_folder, whole_folder
from xtalker.values.tracks import EMOTIONS, CameraTrack

WAN_FILES: Final = re.compile(r"(reference\.png|depth\.(mp4|mkv)|sound\.\w{3}|(workflow|prompts)\.json)")
_FELT: Final = 0.2  # mean level from which an emotion is named in the prompt


@dataclass(frozen=True)
class WanScene:
    """What the prompt says, and how large the picture is.

    Attributes:
        scene: key of the shipped scenes.
        person: who it is, in words; None leaves that to the reference picture.
        prompt: a positive prompt of one's own, in place of the scene's.
        size: width and height, pixels, multiples of 16.
        seed: of Wan's noise.

    Raises:
        InputError: unknown scene, unusable size.
    """

    scene: str = "studio"
    person: str | None = None
    prompt: str | None = None
    size: tuple[int, int] = (640, 640)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what Wan cannot make, before any work is done."""
        check_wan_size(*self.size)
        positive_prompt(self.scene)


def check_wan_place(folder: Path) -> None:
    """Refuse a place where the folder cannot be.

    Raises:
        OutputError: no such parent, or something else is in the way.
    """
    check_folder(folder, WAN_FILES)


def save_wan(
    take: Take, folder: Path, scene: WanScene | None = None, *, portrait: Path | None = None, progress: bool = False
) -> tuple[str, ...]:
    """Write the folder.

    Args:
        take: what is said.
        folder: appears whole or not at all; an earlier one is replaced.
        scene: what the prompt says.
        portrait: the picture that `take.portrait` was read from: it becomes the reference.
        progress: show a bar.

    Returns:
        What should be known about it, in a few words each.

    Raises:
        OutputError: a place that cannot be written.
        InputError: a portrait or sound that cannot be read.
    """
    scene = scene or WanScene()
    count = wan_frames(take.duration_s)
    motion = _held(motion_at(take.motion, RATE_HZ), count)
    camera = None if take.tracks.camera is None else _held_camera(camera_at(take.tracks.camera, RATE_HZ), count)
    shot = Shot(size=scene.size)
    near_m, far_m = DEPTH_RANGE_M
    with whole_folder(folder, WAN_FILES) as part, ExitStack() as writers:
        add = [
            writers.enter_context(depth_writer(part / name, near_m=near_m, far_m=far_m, frame_rate_hz=RATE_HZ))
            for name in ("depth.mp4", "depth.mkv")
        ]
        renderer = renderer_for(take.head, take.identity, shot, take.skin)
        pictures = frames(take.head, take.identity, motion, shot, camera=camera, renderer=renderer)
        for number, frame in enumerate(tqdm(pictures, total=count, desc="depth", unit="frame", disable=not progress)):
            for writer in add:
                writer(frame.depth)
            if number == 0:
                write_png(part / "reference.png", _reference(take, portrait, renderer, motion, camera, frame.rgb))
        writers.close()
        sound = _sound(take, part)
        job = WanJob(
            f"{folder.name}/reference.png", f"{folder.name}/depth.mp4", sound and f"{folder.name}/{sound}",
            *scene.size, count, scene.prompt or positive_prompt(scene.scene, person=scene.person, mood=_mood(take)),
            prompts()["negative"], scene.seed, folder.name,
        )  # fmt: skip
        for name, content in (("workflow", workflow(job)), ("prompts", prompts())):
            text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
            (part / f"{name}.json").write_text(text, encoding="utf-8")
    long = f"{count} frames: Wan was trained on {TRAINED_FRAMES}, more take more memory and may drift"
    return (long,) if count > TRAINED_FRAMES else ()


def _mood(take: Take) -> str:
    if take.tracks.emotion is None:
        return "neutral"
    levels = take.tracks.emotion.levels.mean(axis=0)
    return EMOTIONS[int(levels.argmax())] if levels.max() >= _FELT else "neutral"


def _sound(take: Take, folder: Path) -> str | None:
    """Write the sound beside; the name of its file."""
    sound = take.sound
    if sound is None:
        return None
    if isinstance(sound, Path) and sound.suffix.lower() not in SOUND_KINDS:
        sound = load_audio(sound)
    content, suffix = sound_bytes(sound)
    (folder / f"sound{suffix}").write_bytes(content)
    return f"sound{suffix}"


def _held(motion: Motion, count: int) -> Motion:
    """The first frames, or the last one held."""
    at = np.minimum(np.arange(count), motion.num_frames - 1)
    return replace(
        motion, expression=motion.expression[at], jaw=motion.jaw[at], head=motion.head[at], gaze=motion.gaze[at]
    )


def _held_camera(camera: CameraTrack, count: int) -> CameraTrack:
    at = np.minimum(np.arange(count), camera.num_frames - 1)
    names = ("yaw", "pitch", "roll", "distance", "field_of_view", "aim")
    held = {name: getattr(camera, name)[at] for name in names}
    return CameraTrack(**held, cut=camera.cut[at] & (np.arange(count) < camera.num_frames))


def _reference(
    take: Take, portrait: Path | None, renderer: HeadRenderer, motion: Motion, camera: CameraTrack | None,
    rendered: UInt8[np.ndarray, "height width 3"],
) -> UInt8[np.ndarray, "height width 3"]:  # fmt: skip
    """The portrait where the first frame has the face, or that frame as it was rendered."""
    if portrait is None or take.portrait is None:
        return rendered
    first = next(iter(repeat(renderer.portrait_camera()) if camera is None else renderer.moving_cameras(camera)))
    upright = take.person.picture if take.person is not None else None
    photo = load_portrait(portrait) if upright is None else upright
    return laid_over(photo.rgb, take.portrait, take.head.landmarks(take.identity, motion)[0], first)


def laid_over(
    photo: UInt8[np.ndarray, "photo_height photo_width 3"], fit: PortraitFit, landmarks: Float[np.ndarray, "478 3"],
    camera: Camera,
) -> UInt8[np.ndarray, "height width 3"]:  # fmt: skip
    """A photo moved and scaled so that its landmarks lie on those of a head in a camera; its border goes on outside."""
    target, _ = camera.project(landmarks.astype(np.float64))
    source = fit.landmarks[:, :2].astype(np.float64)
    middle, other = source.mean(0), target.mean(0)
    scale = float(((target - other) * (source - middle)).sum() / np.square(source - middle).sum())
    columns, rows = (
        (np.arange(size) + 0.5 - other[axis]) / scale + middle[axis]
        for axis, size in enumerate((camera.width, camera.height))
    )
    left, top, right, bottom = columns[0], rows[0], columns[-1], rows[-1]
    pad = max(0, *(int(np.ceil(x)) for x in (-left, -top, right - photo.shape[1], bottom - photo.shape[0]))) + 1
    wide = Image.fromarray(np.pad(photo, ((pad, pad), (pad, pad), (0, 0)), mode="edge"))
    half = 0.5 / scale
    box = (left - half + pad, top - half + pad, right + half + pad, bottom + half + pad)
    return np.asarray(wide.resize((camera.width, camera.height), Image.Resampling.LANCZOS, box=box))
