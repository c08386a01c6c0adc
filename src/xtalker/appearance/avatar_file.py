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

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from xtalker.appearance.avatar_arrays import (
    check_counts,
    check_within,
    indices,
    numbers,
    packed,
    places,
    text,
    unpacked,
)
from xtalker.appearance.completion import completed_background, completed_person
from xtalker.values import Identity, Motion
from xtalker.values.conventions import NUM_DETAIL, NUM_EXPRESSION, NUM_SHAPE
from xtalker.values.files import damage_explained, read_arrays, whole_file
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
_LONGEST_PX: Final = 2100
_MAX_NONZEROS: Final = 4_000_000
_PX: Final = (-1e5, 1e5)
_LID_M: Final = (-0.05, 0.05)
_SHARE: Final = (-0.01, 1.01)
_TONE: Final = (-255.0, 255.0)
_RADIANS: Final = (-3.2, 3.2)
_LIGHT: Final = (-2.0, 2.0)
_LEAST_FACE_PX: Final = 32.0
_PATCH_FACES: Final = 2.0
"""Longest side of a patch in heights of the face: a close picture enlarges it."""
_PATCHES: Final = {"ball": 4, "iris": 4, "glint": 3, "shut": 4}
_IDENTITY: Final = {"shape": NUM_SHAPE, "detail": NUM_DETAIL}
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
        "photo": packed(avatar.photo),
        "cover": packed(avatar.cover),
        "edges": packed(np.where(partial[..., None], avatar.person, 0).astype(np.uint8)),
        "fill": packed(np.where((avatar.cover > 0)[..., None], avatar.background, 0).astype(np.uint8)),
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
        "mouth_inside": packed(avatar.mouth.inside.pixels),
        "mouth_corner": np.array(avatar.mouth.inside.corner),
        "mouth_plane": avatar.mouth.plane,
        "mouth_box": avatar.mouth.box,
        "mouth_toothy": np.array(int(avatar.mouth.toothy)),
        "mouth_tones": avatar.mouth.tones,
        "mouth_covered": np.array(int(avatar.mouth.covered)),
    }
    with whole_file(path) as part_path, part_path.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def _eye_arrays(eye: PhotoEye, prefix: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name in _PATCHES:
        patch = getattr(eye, name)
        out[f"{prefix}_{name}"] = packed(patch.pixels)
    corners = [getattr(eye, name).corner for name in _PATCHES]
    return out | {
        f"{prefix}_corners": np.array(corners),
        f"{prefix}_numbers": np.array([*eye.centre, eye.radius, float(eye.moves), *eye.lash_colour]),
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
    with _explained(path):
        return _avatar(arrays)


def _explained(path: Path) -> AbstractContextManager[None]:
    return damage_explained(
        path,
        kind=_KIND,
        accepted=f"an avatar of schema {SCHEMA_VERSION}, as 'xtalker portrait' writes it",
        what="damaged avatar file, or of another version",
        next_step="make it again from the portrait",
    )


def _avatar(arrays: Mapping[str, np.ndarray]) -> PhotoAvatar:
    version = arrays["schema_version"]
    if version.shape != () or version.dtype.kind not in "iu" or version != SCHEMA_VERSION:
        raise ValueError(f"schema {version}")
    photo = unpacked(arrays["photo"], 3, _LONGEST_PX)
    size = photo.shape[:2]
    cover = unpacked(arrays["cover"], 1, _LONGEST_PX, size)
    edges, fill = (unpacked(arrays[name], 3, _LONGEST_PX, size) for name in ("edges", "fill"))
    face = _face(arrays)
    n = len(face.rest)
    scale, *rest = (float(v) for v in numbers(arrays, "camera", (5,), _PX, np.float64))
    if not scale > 10:
        raise ValueError(f"{scale} pixels a metre")
    box = _face_box(arrays, size)
    longest_px = _PATCH_FACES * (box[3] - box[1])
    reference = Motion(*(numbers(arrays, name, (width,), _RADIANS)[None] for name, width in _REFERENCE.items()))
    shape, detail = (numbers(arrays, name, (width,), (-20.0, 20.0)) for name, width in _IDENTITY.items())
    notes = json.loads(text(arrays, "notes"))
    if not (isinstance(notes, list) and all(isinstance(note, str) and note.isprintable() for note in notes)):
        raise ValueError("notes that are no list of texts")
    return PhotoAvatar(
        photo=photo,
        cover=cover,
        person=completed_person(edges, photo, cover),
        background=completed_background(fill, photo, cover),
        camera=PhotoCamera(scale, np.array(rest[:2]), np.array(rest[2:])),
        identity=Identity(shape, detail),
        reference=reference,
        face=face,
        lattice=_lattice(arrays, n),
        eyes=(_eye(arrays, "eye0", n, longest_px), _eye(arrays, "eye1", n, longest_px)),
        mouth=_mouth(arrays, longest_px),
        light=numbers(arrays, "light", (4,), _LIGHT),
        face_box=box,
        head_name=text(arrays, "head_name"),
        notes=tuple(notes),
    )


def _face_box(arrays: Mapping[str, np.ndarray], size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(at) for at in numbers(arrays, "face_box", (4,), _PX, np.float64))
    rows, columns = size
    if min(right - left, bottom - top) < _LEAST_FACE_PX or min(right, bottom) < 0 or left > columns or top > rows:
        raise ValueError(f"a face of {right - left:.0f} x {bottom - top:.0f} pixels in a photo of {columns} x {rows}")
    return left, top, right, bottom


def _face(arrays: Mapping[str, np.ndarray]) -> FaceLayer:
    n, t = len(arrays["face_rest"]), len(arrays["face_triangles"])
    check_counts(n, t)

    def get(name: str, shape: tuple[int, ...], within: tuple[float, float]) -> np.ndarray:
        return numbers(arrays, f"face_{name}", shape, within)

    lid = get("lid", (n, 4), _PX)
    check_within("face_lid", lid[:, 2], _SHARE)
    check_within("face_lid", lid[:, 3], (-1, 3))
    return FaceLayer(
        rest=places(arrays, "face_rest", n),
        uv=get("uv", (n, 2), _PX),
        triangles=indices(arrays, "face_triangles", (t, 3), n),
        kind=indices(arrays, "face_kind", (t,), LOWER_TEETH + 1),
        solid=get("solid", (n,), _SHARE),
        own=get("own", (n, 4), _TONE),
        lip=get("lip", (n, 2), (-1.01, 1.01)),
        lid=lid,
        head_share=get("head_share", (n,), _SHARE),
        blink=get("blink", (2, n, 3), _LID_M),
    )


def _lattice(arrays: Mapping[str, np.ndarray], num_fine: int) -> Lattice:
    m, t = len(arrays["lattice_rest"]), len(arrays["lattice_triangles"])
    check_counts(m, t)
    nonzeros = len(arrays["lattice_row_index"])
    start = indices(arrays, "lattice_row_start", (m + 1,), nonzeros + 1)
    if nonzeros > _MAX_NONZEROS or start[0] != 0 or start[-1] != nonzeros or (np.diff(start) < 0).any():
        raise ValueError("rows of the binding that do not fit")

    def share(name: str, count: int) -> np.ndarray:
        return numbers(arrays, f"lattice_{name}", (count,), _SHARE)

    return Lattice(
        rest=places(arrays, "lattice_rest", m),
        uv=numbers(arrays, "lattice_uv", (m, 2), _PX),
        triangles=indices(arrays, "lattice_triangles", (t, 3), m),
        head_share=share("head_share", m),
        body_share=share("body_share", m),
        row_start=start,
        row_index=indices(arrays, "lattice_row_index", (nonzeros,), num_fine),
        row_weight=share("row_weight", nonzeros),
    )


def _eye(arrays: Mapping[str, np.ndarray], prefix: str, num_fine: int, longest_px: float) -> PhotoEye:
    corners = numbers(arrays, f"{prefix}_corners", (len(_PATCHES), 2), _PX)
    patches = {
        name: PhotoPatch((int(left), int(top)), unpacked(arrays[f"{prefix}_{name}"], channels, longest_px))
        for (name, channels), (left, top) in zip(_PATCHES.items(), corners)
    }
    x, y, radius, moves, *colour = numbers(arrays, f"{prefix}_numbers", (7,), _PX, np.float64).tolist()
    lashes = arrays[f"{prefix}_lashes"]
    if lashes.ndim != 2 or lashes.dtype != np.uint8 or not 2 <= min(lashes.shape) <= max(lashes.shape) <= 1024:
        raise ValueError("lashes")
    if not radius > 0.5:
        raise ValueError(f"an eyeball of {radius} pixels")
    return PhotoEye(
        **patches,
        moves=moves > 0.5,
        centre=(x, y),
        radius=radius,
        front_plane=_plane(arrays, f"{prefix}_front_plane"),
        margin_vertices=indices(arrays, f"{prefix}_margin_vertices", (2, 9), num_fine),
        margin_offsets=numbers(arrays, f"{prefix}_margin_offsets", (2, 9, 2), _PX),
        lashes=lashes,
        lash_colour=np.array(colour, np.float32),
    )


def _mouth(arrays: Mapping[str, np.ndarray], longest_px: float) -> PhotoMouth:
    x, y = (int(v) for v in numbers(arrays, "mouth_corner", (2,), _PX))
    return PhotoMouth(
        inside=PhotoPatch((x, y), unpacked(arrays["mouth_inside"], 4, longest_px)),
        plane=_plane(arrays, "mouth_plane"),
        box=numbers(arrays, "mouth_box", (4,), _PX),
        toothy=bool(numbers(arrays, "mouth_toothy", (), (0, 1))),
        tones=numbers(arrays, "mouth_tones", (3, 3), _TONE),
        covered=bool(numbers(arrays, "mouth_covered", (), (0, 1))),
    )


def _plane(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Some world points, at least the three that make a plane."""
    count = len(arrays[name])
    if not 3 <= count <= 64:
        raise ValueError(f"'{name}' of {count} points")
    return places(arrays, name, count)
