"""Who is measured by `benchmarks/photo.py`, and how a portrait is brought into a pose as the film would do it."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw

from xtalker.appearance.avatar_file import load_avatar, save_avatar
from xtalker.assets import fetch
from xtalker.performance import Shot, parts
from xtalker.performance.person import read_person
from xtalker.performance.photo_film import photo_frames, photo_renderer_for
from xtalker.performance.photo_motion import photo_motion
from xtalker.render.head_renderer import Frame
from xtalker.render.photo_framing import PhotoFraming
from xtalker.render.photo_renderer import PhotoRenderer
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import PhotoAvatar

ROOT: Final = Path(__file__).resolve().parents[1]
ASTRONAUT: Final = "astronaut"
_WARM_UP_FRAMES: Final = 14  # of lively mouth: after them the photo's own expression is released
CLOSE: Final = Shot(crop="head", size=512)
"""For what is tracked: a small face tells the tracker less than the picture holds."""

Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class Pose:
    """A face to be drawn.

    Attributes:
        jaw_deg: opening of the jaw.
        head_deg: pitch, yaw and roll from the photo's.
        gaze_deg: pitch and yaw from the photo's.
        weights: channel -> value; a name without its side stands for both sides.
        speaking: whether speech has released the photo's own mouth.
    """

    jaw_deg: float = 0.0
    head_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gaze_deg: tuple[float, float] = (0.0, 0.0)
    weights: Mapping[str, float] = field(default_factory=dict)
    speaking: bool = False

    def motion(self) -> Motion:
        """One frame."""
        one = Motion.zeros(1)
        one.jaw[0, 0] = np.radians(self.jaw_deg)
        one.head[0], one.gaze[0] = np.radians(self.head_deg), np.radians(self.gaze_deg)
        for name, value in self.weights.items():
            found = [CHANNEL[key] for key in (name, f"{name}Left", f"{name}Right") if key in CHANNEL]
            if not found:
                raise ValueError(f"no channel {name}")
            one.expression[0, found] = value
        return one


def _turned(pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> Pose:
    return Pose(head_deg=(pitch, yaw, roll))


POSES: Final[dict[str, Pose]] = {
    "rest": Pose(),
    "m": Pose(0, weights={"mouthPress": 0.25, "mouthRollLower": 0.15, "mouthRollUpper": 0.1}, speaking=True),
    "f": Pose(3, weights={"mouthRollLower": 0.55, "mouthUpperUp": 0.25}, speaking=True),
    "aa": Pose(13, weights={"mouthLowerDown": 0.1}, speaking=True),
    "eh": Pose(8, weights={"mouthStretch": 0.2, "mouthLowerDown": 0.2, "mouthUpperUp": 0.1}, speaking=True),
    "ee": Pose(
        4,
        weights={"mouthStretch": 0.35, "mouthUpperUp": 0.2, "mouthLowerDown": 0.3, "mouthSmile": 0.2},
        speaking=True,
    ),
    "oo": Pose(5, weights={"mouthPucker": 0.7, "mouthFunnel": 0.35}, speaking=True),
    "oh": Pose(9, weights={"mouthFunnel": 0.6, "mouthPucker": 0.3}, speaking=True),
    "smile": Pose(1.5, weights={"mouthSmile": 0.6, "cheekSquint": 0.4}),
    "blink": Pose(weights={"eyeBlink": 1.0}),
    "frown": Pose(weights={"browDown": 0.8, "eyeSquint": 0.3}),
    **{f"yaw {yaw:+d}": _turned(yaw=yaw) for yaw in (-30, -20, -10, 10, 20, 30)},
}
"""Faces whose likeness is measured or which the sheets show."""

STRETCHED: Final[dict[str, Pose]] = {
    **{f"yaw {yaw:+d}": _turned(yaw=yaw) for yaw in (-25, 25)},
    **{f"pitch {pitch:+d}": _turned(pitch=pitch) for pitch in (-12, 12)},
    **{f"roll {roll:+d}": _turned(roll=roll) for roll in (-12, 12)},
}
"""Turns in which no pixel of the person may be uncovered."""


class Sitter:
    """One avatar and what draws it.

    Args:
        avatar: whom.
        shot: how; the default shows the photo's own form with a short side of 512.
    """

    def __init__(self, avatar: PhotoAvatar, shot: Shot | None = None) -> None:
        self.avatar, self.shot, self.head = avatar, shot or Shot(), parts.open_head()
        self.renderer: PhotoRenderer = photo_renderer_for(self.head, avatar, self.shot)
        size = self.renderer.width, self.renderer.height
        self.box = PhotoFraming(self.shot.crop).box(avatar, *size)
        self.per_pixel = size[0] / (self.box[2] - self.box[0])
        """Pixels of the picture for each photo pixel."""

    def draw(self, pose: Pose) -> Picture:
        """Picture of a pose, by the same steps as a frame of a film."""
        return self._frame(pose).rgb

    def cover(self, pose: Pose) -> UInt8[np.ndarray, "height width"]:
        """How much of each pixel belongs to the person; for shots with a transparent background."""
        alpha = self._frame(pose).alpha
        assert alpha is not None, "the shot is not transparent"
        return alpha

    def _frame(self, pose: Pose) -> Frame:
        one = pose.motion()
        if pose.speaking:  # what speech does to the photo's own mouth is photo_motion's affair: so it hears speech
            busy, still = pose.motion(), Motion.zeros(1)
            busy.jaw[0, 0] += 0.1
            one = Motion.concatenate([still, busy] * (_WARM_UP_FRAMES // 2) + [one])
        laid = photo_motion(self.avatar, one, jaw_open_angle_rad=self.head.jaw_open_angle_rad)
        last = self.head.vertices(self.avatar.identity, laid.motion[-1:], canonical=True)[0]
        return self.renderer.render(last, laid.poses[-1])

    def photo(self) -> Picture:
        """The photograph itself as the shot frames it, sampled as the renderer samples."""
        width, height, k = self.renderer.width, self.renderer.height, self.shot.supersample
        image = Image.fromarray(self.avatar.photo)
        fine = np.asarray(image.resize((width * k, height * k), Image.Resampling.LANCZOS, box=self.box), np.float32)
        return np.round(fine.reshape(height, k, width, k, 3).mean((1, 3))).astype(np.uint8)

    def rest_cover(self) -> UInt8[np.ndarray, "height width"]:
        """How much of each pixel of the picture belongs to the person in the photo."""
        size = self.renderer.width, self.renderer.height
        return np.asarray(Image.fromarray(self.avatar.cover).resize(size, Image.Resampling.BOX, box=self.box))

    def place(self, photo_pixels: np.ndarray) -> np.ndarray:
        """Pixels of the picture at which photo pixels lie at rest."""
        return (np.asarray(photo_pixels, float) - self.box[:2]) * self.per_pixel

    def film(self, motion: Motion) -> Iterator[Picture]:
        """Frames of a film."""
        for frame in photo_frames(self.head, self.avatar, motion, self.shot, renderer=self.renderer):
            yield frame.rgb

    def frames_at(self, motion: Motion, indices: Iterable[int]) -> Iterator[Picture]:
        """Some frames of a film."""
        laid = photo_motion(self.avatar, motion, jaw_open_angle_rad=self.head.jaw_open_angle_rad)
        for i in indices:
            vertices = self.head.vertices(self.avatar.identity, laid.motion[i : i + 1], canonical=True)[0]
            yield self.renderer.render(vertices, laid.poses[i]).rgb


def polygon_mask(points: Float[np.ndarray, "points 2"], shape: tuple[int, ...]) -> Bool[np.ndarray, "height width"]:
    """Pixels within a ring of points."""
    image = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(image).polygon([tuple(p) for p in points], fill=1)
    return np.asarray(image)


@dataclass(frozen=True)
class Prepared:
    """An avatar and what it took.

    Attributes:
        avatar: as its file holds it.
        file: the file.
        cpu_s: of finding the face, fitting and preparing, models loaded.
        yaw_deg, pitch_deg: of the head in the photo.
        same: whether the file gives the same picture of an open mouth as the avatar before it was saved.
    """

    avatar: PhotoAvatar
    file: Path
    cpu_s: float
    yaw_deg: float
    pitch_deg: float
    same: bool


def prepare_sitter(portrait: Path, folder: Path) -> Prepared:
    """Read, prepare, save and load a portrait.

    Raises:
        InputError: a portrait that cannot be used.
    """
    gc.collect()
    started = time.process_time()
    avatar = read_person(portrait).avatar
    cpu_s = time.process_time() - started
    file = folder / f"{portrait.stem}.avatar"
    save_avatar(file, avatar)
    pitch, yaw, _ = np.degrees(avatar.reference.head[0]).tolist()
    again = load_avatar(file)
    before, after = (Sitter(which).draw(POSES["aa"]) for which in (avatar, again))
    return Prepared(again, file, cpu_s, yaw, pitch, bool((before == after).all()))


def portraits(folder: Path | None, only: int | None = None) -> list[Path]:
    """The astronaut, then every picture of a folder; `only` of them, spread evenly."""
    folder = folder or Path(os.environ.get("XTALKER_DATA", ROOT.parent / "shared" / "data")) / "portraits"
    found = sorted(_pictures(folder)) if folder.is_dir() else []
    if only is not None and 0 < only <= len(found):
        found = [found[i] for i in np.linspace(0, len(found) - 1, only - 1).round().astype(int)]
    return [fetch("portrait-astronaut"), *found]


def name_of(portrait: Path) -> str:
    """Name of a portrait in the figures."""
    return ASTRONAUT if portrait == fetch("portrait-astronaut") else portrait.stem


def _pictures(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
