"""Avatar files (.avatar): one portable file for a photo that is ready to move; a zip of plain arrays, no pickle.

schema_version      1
card                JSON text: label -> text
photo               (bytes,) uint8: a lossless WebP, the whole picture
cover               (bytes,) likewise: how much of each pixel belongs to the person
edges               (bytes,) likewise: the person's colours where the cover is partial, black elsewhere
fill                (bytes,) likewise: what lies behind the person, black where the photo shows it
camera, face_box, light     numbers of `PhotoCamera` and `PhotoAvatar`
shape, detail, expression, jaw, head, gaze      identity and the photo's own expression and pose
face_*, lattice_*   arrays of `FaceLayer` and `Lattice`
eye0_*, eye1_*      left and right `PhotoEye`; patches as WebP with their corners
mouth_*             `PhotoMouth`
head_name, notes    text
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from xtalker.appearance.completion import completed_background, completed_person
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import NUM_DETAIL, NUM_EXPRESSION, NUM_SHAPE
from xtalker.values.files import read_arrays, whole_file
from xtalker.values.photo_avatar import (
    LOWER_TEETH,
    FaceLayer,
    Lattice,
    PhotoAvatar,
    PhotoCamera,
    PhotoEye,
    PhotoMouth,
    PhotoPatch,
)

AVATAR_SUFFIX: Final = ".avatar"
SCHEMA_VERSION: Final = 1
_KIND: Final = "avatar file"
_MAX_BYTES: Final = 1 << 28
_LONGEST_PX, _LONGEST_PATCH_PX = 2100, 1400
_MAX_POINTS, _MAX_TRIANGLES, _MAX_NONZEROS = 200_000, 400_000, 4_000_000
_LARGEST: Final = 1e5
_MOST_TEXT: Final = 1 << 16
_PATCHES: Final = {"ball": 4, "iris": 4, "glint": 3, "shut": 4}
_REFERENCE: Final = {"expression": NUM_EXPRESSION, "jaw": 3, "head": 3, "gaze": 2}


def save_avatar(path: Path, avatar: PhotoAvatar, *, card: Mapping[str, str] | None = None) -> None:
    """Write an avatar, whole or not at all.

    Args:
        path: where; an existing file is replaced once the new one is complete.
        avatar: whom.
        card: where it comes from, label -> text.

    Raises:
        OutputError: the place cannot be written.
    """
    partial = (avatar.cover > 0) & (avatar.cover < 255)
    arrays: dict[str, Any] = {
        "schema_version": np.array(SCHEMA_VERSION),
        "card": np.array(json.dumps(dict(card or {}), ensure_ascii=False)),
        "photo": _packed(avatar.photo),
        "cover": _packed(avatar.cover),
        "edges": _packed(np.where(partial[..., None], avatar.person, 0).astype(np.uint8)),
        "fill": _packed(np.where((avatar.cover > 0)[..., None], avatar.background, 0).astype(np.uint8)),
        "camera": np.array([avatar.camera.scale, *avatar.camera.shift, *avatar.camera.principal]),
        "face_box": np.array(avatar.face_box),
        "light": avatar.light,
        "shape": avatar.identity.shape,
        "detail": avatar.identity.detail,
        **{name: getattr(avatar.reference, name)[0] for name in _REFERENCE},
        "head_name": np.array(avatar.head_name),
        "notes": np.array(json.dumps(avatar.notes, ensure_ascii=False)),
    }
    for prefix, part in (("face", avatar.face), ("lattice", avatar.lattice)):
        arrays |= {f"{prefix}_{field.name}": getattr(part, field.name) for field in fields(part)}
    for e, eye in enumerate(avatar.eyes):
        arrays |= _eye_arrays(eye, f"eye{e}")
    arrays |= {
        "mouth_inside": _packed(avatar.mouth.inside.pixels),
        "mouth_corner": np.array(avatar.mouth.inside.corner),
        "mouth_plane": avatar.mouth.plane,
        "mouth_box": avatar.mouth.box,
        "mouth_toothy": np.array(int(avatar.mouth.toothy)),
        "mouth_tones": avatar.mouth.tones,
    }
    with whole_file(path) as part_path, part_path.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def _eye_arrays(eye: PhotoEye, prefix: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name in _PATCHES:
        patch = getattr(eye, name)
        out[f"{prefix}_{name}"] = _packed(patch.pixels)
    corners = [getattr(eye, name).corner for name in _PATCHES]
    return out | {
        f"{prefix}_corners": np.array(corners),
        f"{prefix}_numbers": np.array([*eye.centre, eye.radius, float(eye.moves), *eye.lash_colour], np.float32),
        f"{prefix}_front_plane": eye.front_plane,
        f"{prefix}_margin_vertices": eye.margin_vertices,
        f"{prefix}_margin_offsets": eye.margin_offsets,
        f"{prefix}_lashes": eye.lashes,
    }


def load_avatar(path: Path) -> PhotoAvatar:
    """Read an avatar; everything that drawing trusts is checked here.

    Raises:
        InputError: missing, damaged, of another version, or holding numbers that cannot be drawn.
    """
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    try:
        return _avatar(arrays)
    except (KeyError, ValueError, TypeError, OSError, SyntaxError, IndexError, OverflowError) as error:
        raise InputError(
            "damaged avatar file, or of another version",
            received=f"{path} ({type(error).__name__}: {error})",
            accepted=f"an avatar of schema {SCHEMA_VERSION}, as 'xtalker portrait' writes it",
            next_step="make it again from the portrait",
        ) from error


def read_card(path: Path) -> dict[str, str]:
    """Where an avatar comes from, label -> text.

    Raises:
        InputError: not an avatar file.
    """
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    card = json.loads(str(arrays["card"])) if "card" in arrays else {}
    return {str(label): str(text) for label, text in card.items()} if isinstance(card, dict) else {}


def _avatar(arrays: Mapping[str, np.ndarray]) -> PhotoAvatar:
    if int(arrays["schema_version"]) != SCHEMA_VERSION:
        raise ValueError(f"schema {arrays['schema_version']}")
    photo = _picture(arrays["photo"], 3, _LONGEST_PX)
    size = photo.shape[:2]
    cover = _picture(arrays["cover"], 1, _LONGEST_PX, size)
    edges, fill = (_picture(arrays[name], 3, _LONGEST_PX, size) for name in ("edges", "fill"))
    face = _face(arrays)
    n = len(face.rest)
    scale, *places = (float(v) for v in _numbers(arrays, "camera", (5,)))
    if not 1 < scale < _LARGEST:
        raise ValueError(f"scale {scale}")
    box = _numbers(arrays, "face_box", (4,))
    reference = Motion(
        *(_numbers(arrays, name, (width,)).astype(np.float32)[None] for name, width in _REFERENCE.items())
    )
    identity = Identity(
        _numbers(arrays, "shape", (NUM_SHAPE,)).astype(np.float32),
        _numbers(arrays, "detail", (NUM_DETAIL,)).astype(np.float32),
    )
    notes = json.loads(_text(arrays, "notes"))
    return PhotoAvatar(
        photo=photo,
        cover=cover,
        person=completed_person(edges, photo, cover),
        background=completed_background(fill, photo, cover),
        camera=PhotoCamera(scale, np.array(places[:2]), np.array(places[2:])),
        identity=identity,
        reference=reference,
        face=face,
        lattice=_lattice(arrays, n),
        eyes=(_eye(arrays, "eye0", n), _eye(arrays, "eye1", n)),
        mouth=_mouth(arrays),
        light=_numbers(arrays, "light", (4,)).astype(np.float32),
        face_box=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        head_name=_text(arrays, "head_name"),
        notes=tuple(str(note) for note in notes),
    )


def _face(arrays: Mapping[str, np.ndarray]) -> FaceLayer:
    n, t = len(arrays["face_rest"]), len(arrays["face_triangles"])
    _check_counts(n, t)

    def get(name: str, *shape: int) -> np.ndarray:
        return _numbers(arrays, f"face_{name}", shape).astype(np.float32)

    lid = get("lid", n, 4)
    if not ((lid[:, 3] >= -1) & (lid[:, 3] <= 3)).all():
        raise ValueError("lids of other eyes than two")
    return FaceLayer(
        rest=get("rest", n, 3),
        uv=get("uv", n, 2),
        triangles=_indices(arrays, "face_triangles", (t, 3), n),
        kind=_indices(arrays, "face_kind", (t,), LOWER_TEETH + 1),
        solid=get("solid", n),
        own=get("own", n, 4),
        lip=get("lip", n, 2),
        lid=lid,
        head_share=get("head_share", n),
        blink=get("blink", 2, n, 3),
    )


def _lattice(arrays: Mapping[str, np.ndarray], num_fine: int) -> Lattice:
    m, t = len(arrays["lattice_rest"]), len(arrays["lattice_triangles"])
    _check_counts(m, t)
    nonzeros = len(arrays["lattice_row_index"])
    start = _indices(arrays, "lattice_row_start", (m + 1,), nonzeros + 1)
    if nonzeros > _MAX_NONZEROS or start[0] != 0 or start[-1] != nonzeros or (np.diff(start) < 0).any():
        raise ValueError("rows of the binding that do not fit")

    def get(name: str, *shape: int) -> np.ndarray:
        return _numbers(arrays, f"lattice_{name}", shape).astype(np.float32)

    return Lattice(
        rest=get("rest", m, 3),
        uv=get("uv", m, 2),
        triangles=_indices(arrays, "lattice_triangles", (t, 3), m),
        head_share=get("head_share", m),
        body_share=get("body_share", m),
        row_start=start,
        row_index=_indices(arrays, "lattice_row_index", (nonzeros,), num_fine),
        row_weight=get("row_weight", nonzeros),
    )


def _eye(arrays: Mapping[str, np.ndarray], prefix: str, num_fine: int) -> PhotoEye:
    corners = _numbers(arrays, f"{prefix}_corners", (len(_PATCHES), 2))
    patches = {
        name: PhotoPatch((int(x), int(y)), _picture(arrays[f"{prefix}_{name}"], channels, _LONGEST_PATCH_PX))
        for (name, channels), (x, y) in zip(_PATCHES.items(), corners)
    }
    numbers = _numbers(arrays, f"{prefix}_numbers", (7,)).astype(np.float32)
    lashes = arrays[f"{prefix}_lashes"]
    if lashes.ndim != 2 or lashes.dtype != np.uint8 or not 2 <= min(lashes.shape) <= max(lashes.shape) <= 1024:
        raise ValueError("lashes")
    if not numbers[2] > 0.5:
        raise ValueError(f"an eyeball of {numbers[2]} pixels")
    plane = f"{prefix}_front_plane"
    return PhotoEye(
        **patches,
        moves=bool(numbers[3] > 0.5),
        centre=(float(numbers[0]), float(numbers[1])),
        radius=float(numbers[2]),
        front_plane=_numbers(arrays, plane, (len(arrays[plane]), 3)).astype(np.float32)[:64],
        margin_vertices=_indices(arrays, f"{prefix}_margin_vertices", (2, 9), num_fine),
        margin_offsets=_numbers(arrays, f"{prefix}_margin_offsets", (2, 9, 2)).astype(np.float32),
        lashes=lashes,
        lash_colour=numbers[4:7],
    )


def _mouth(arrays: Mapping[str, np.ndarray]) -> PhotoMouth:
    plane = _numbers(arrays, "mouth_plane", (len(arrays["mouth_plane"]), 3)).astype(np.float32)[:64]
    box = _numbers(arrays, "mouth_box", (4,)).astype(np.float32)
    x, y = (int(v) for v in _numbers(arrays, "mouth_corner", (2,)))
    inside = PhotoPatch((x, y), _picture(arrays["mouth_inside"], 4, _LONGEST_PATCH_PX))
    tones = _numbers(arrays, "mouth_tones", (3, 3)).astype(np.float32)
    return PhotoMouth(inside, plane, box, bool(int(arrays["mouth_toothy"])), tones)


def _check_counts(points: int, triangles: int) -> None:
    if not (3 <= points <= _MAX_POINTS and 1 <= triangles <= _MAX_TRIANGLES):
        raise ValueError(f"{points} points, {triangles} triangles")


def _numbers(arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Finite numbers of a shape."""
    array = arrays[name]
    if array.shape != shape or array.dtype.kind not in "fiu":
        raise ValueError(f"'{name}' of {array.dtype} {array.shape}")
    if array.size and not (np.isfinite(array).all() and np.abs(array.astype(np.float64)).max() < _LARGEST):
        raise ValueError(f"'{name}' out of range")
    return array


def _indices(arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...], below: int) -> np.ndarray:
    """Whole numbers of a shape, from 0 to `below`, which kernels use unchecked."""
    array = arrays[name]
    if array.shape != shape or array.dtype.kind not in "iu":
        raise ValueError(f"'{name}' of {array.dtype} {array.shape}")
    if array.size and not (array.min() >= 0 and array.max() < below):
        raise ValueError(f"'{name}' points outside")
    return np.ascontiguousarray(array, np.int32)


def _text(arrays: Mapping[str, np.ndarray], name: str) -> str:
    array = arrays[name]
    if array.shape != () or array.dtype.kind != "U" or array.dtype.itemsize > _MOST_TEXT:
        raise ValueError(f"'{name}' is no text")
    return str(array)


def _packed(picture: np.ndarray) -> np.ndarray:
    """Lossless WebP; a plane as grey."""
    stream = io.BytesIO()
    pixels = np.dstack([picture] * 3) if picture.ndim == 2 else picture
    Image.fromarray(pixels).save(stream, "WEBP", lossless=True, method=1, quality=10, exact=True)
    return np.frombuffer(stream.getvalue(), np.uint8)


def _picture(packed: np.ndarray, channels: int, longest_px: int, size: tuple[int, int] | None = None) -> np.ndarray:
    """What `_packed` made: its size is judged before anything is decoded."""
    if packed.ndim != 1 or packed.dtype != np.uint8:
        raise ValueError("a picture that is none")
    with Image.open(io.BytesIO(packed.tobytes()), formats=("WEBP",)) as image:
        if max(image.size) > longest_px or min(image.size) < 2 or getattr(image, "n_frames", 1) != 1:
            raise ValueError(f"a picture of {image.size} pixels")
        if size is not None and image.size != size[::-1]:
            raise ValueError(f"a picture of {image.size} pixels beside one of {size[::-1]}")
        pixels = np.asarray(image.convert("RGBA" if channels == 4 else "RGB"))
    return np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels)
