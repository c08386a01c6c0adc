"""Pictures of a talking head: one renderer for each head shape, one call for each frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, UInt8

from xtalker.geometry.cameras import PORTRAIT_FOV_RAD, Camera
from xtalker.geometry.surface import apply_rows, normals_into
from xtalker.render.anatomy import Eye, find_eyes, find_frame, tooth_coordinates
from xtalker.render.background import TRANSPARENT, read_background
from xtalker.render.detail import Compression, skin_detail
from xtalker.render.hair import Hair, grown
from xtalker.render.looks import LOOKS
from xtalker.render.moving_camera import moving_cameras
from xtalker.render.occlusion import sky_visibility, smoothed
from xtalker.render.paint import hair_depth, hair_map, map_corners, skin_tones
from xtalker.render.picture import picture_into
from xtalker.render.portrait_skin import OwnSkin, own_skin
from xtalker.render.posed import PosedShade
from xtalker.render.rasterise import Visibility, parallel_view, veil_into
from xtalker.render.scene import Scene, build_scene
from xtalker.render.vectors import GLOSS, LOCAL, NORMAL, NUM_COLUMNS, OPEN_SKY, PLACE, SHADE, TONE
from xtalker.values import InputError, MeshTopology
from xtalker.values.appearance import Appearance
from xtalker.values.tracks import CameraTrack

_KEY_SIZE: Final = 384
_KEY_PUSH_M, _KEY_EDGE_M = 0.0016, 0.0024
_LASH_OPACITY: Final = 0.6
_LASHES_PER_RADIAN: Final = 26
_LINING_SKY: Final = 0.4  # lips and mouth lining are pressed together at rest, not black


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        rgb: display colours.
        depth: metres along the viewing axis to the nearest surface that a sample of the pixel sees; 0 = nothing.
        alpha: how much of the pixel the head covers, 255 = all of it, for a transparent background; then `rgb` is
            the colour of the head alone.
    """

    rgb: UInt8[np.ndarray, "height width 3"]
    depth: Float32[np.ndarray, "height width"]
    alpha: UInt8[np.ndarray, "height width"] | None = None


class HeadRenderer:
    """Draws one head. What belongs to the shape (colours, hair, occlusion) is computed here, once.

    Args:
        topology: faces, parts and masks of the head.
        rest_vertices: the neutral head of this person, metres.
        look: key of LOOKS.
        width, height: picture size in pixels.
        supersample: samples along each side of a pixel, 1 to 4.
        background: "transparent", a colour or a picture file (see render.background); None is the look's backdrop.
        appearance: the person's own colours, for looks that take them.
        detail: the person's skin detail code (see render.detail); None is generic skin.
        dense: draw about 70,000 vertices, whose surface shows wrinkles itself.
        smooth: leave pores and wrinkles out.

    Raises:
        InputError: unknown look, unusable background.
    """

    def __init__(
        self, topology: MeshTopology, rest_vertices: Float[np.ndarray, "vertices 3"], *, look: str = "skin",
        width: int = 512, height: int = 512, supersample: int = 2, background: str | None = None,
        appearance: Appearance | None = None, detail: Float[np.ndarray, "128"] | None = None, dense: bool = False,
        smooth: bool = False,
    ) -> None:  # fmt: skip
        if look not in LOOKS:
            raise InputError("unknown look", received=look, accepted=", ".join(LOOKS), next_step="choose one of these")
        assert 1 <= supersample <= 4, "supersample is 1 to 4"
        self.width, self.height, self._samples = width, height, supersample
        self._look = LOOKS[look]
        scene, hair = build_scene(topology, dense=dense), None
        rest = np.ascontiguousarray(rest_vertices, np.float32)
        own_look = self._look.own and appearance is not None
        if own_look and appearance is not None and appearance.style is not None:
            scene, hair = grown(scene, topology, rest, appearance.style)
        self._scene = scene
        self._allocate(scene.num_vertices)
        self._bend(rest)
        self._eyes = find_eyes(scene, self._fine)
        self._face = find_frame(self._fine, self._eyes)
        self._compression = Compression(scene, topology, rest)
        self._detail = None if smooth else skin_detail(
            scene, topology, self._fine, self._face, detail, dense=dense, painted=own_look
        )  # fmt: skip
        self._dense = dense
        self._shade = PosedShade(scene, topology, rest, self._eyes)
        own = None
        if own_look and appearance is not None:
            own = own_skin(scene, self._fine, self._face, appearance)
            self._look = replace(self._look, iris=appearance.iris, hair=appearance.hair)
        self._paint(topology, rest, own)
        if hair is not None:
            self._dye(hair)
        self._light_up()
        self._backdrop = read_background(background, self._look.backdrop, width, height)
        self._transparent = background == TRANSPARENT

    @property
    def num_vertices(self) -> int:
        """Number of fine vertices that are drawn."""
        return self._scene.num_vertices

    def portrait_camera(self, *, yaw_rad: float = 0.0, pitch_rad: float = 0.0) -> Camera:
        """Camera that frames the resting head from crown to neck, walked around it by `yaw_rad`."""
        lower, upper = self.portrait_box
        return Camera.portrait(
            lower, upper, yaw_rad=yaw_rad, pitch_rad=pitch_rad, margin=0.02,
            vertical_fov_rad=PORTRAIT_FOV_RAD, width=self.width, height=self.height,
        )  # fmt: skip

    def moving_cameras(self, track: CameraTrack) -> Iterator[Camera]:
        """Cameras of a track, relative to the framing of the resting head."""
        return moving_cameras(self.portrait_camera(), *self.portrait_box, track)

    def render(self, vertices: Float[np.ndarray, "vertices 3"], camera: Camera) -> Frame:
        """Picture of a posed head.

        Args:
            vertices: head vertices in world axes, metres.
            camera: its width and height must be the renderer's.
        """
        assert (camera.width, camera.height) == (self.width, self.height), "camera and renderer sizes differ"
        scene, seen = self._scene, self._seen
        posed = np.ascontiguousarray(vertices, np.float32)
        self._bend(posed)
        detail = self._wrinkle(posed, camera)
        self._shade(posed, self._fine, self._points[:, SHADE])
        opaque = scene.triangles[: scene.num_opaque]
        self._key.draw_parallel(self._fine, opaque, self._key_view[:3], cull=True)
        seen.draw(self._fine, opaque, camera, cull=True)
        cards = scene.triangles[scene.num_opaque :]
        veil_into(seen.screen, cards, self._strands, seen.inverse_depth, self._clearness)
        axes = np.zeros((2, 3), np.float32)
        for number, eye in enumerate(self._eyes):
            axes[number] = eye.axis_weights @ self._fine[eye.fine] / eye.radius_m
        rgb = np.empty((self.height, self.width, 3), np.uint8)
        alpha = np.empty((self.height, self.width), np.uint8)
        depth = np.empty((self.height, self.width), np.float32)
        picture_into(
            seen.triangle, seen.inverse_depth, self._clearness, self._samples, seen.screen, scene.triangles,
            scene.material, self._points, self._map_corners, self._hair_map, self._colours, self._style,
            self._lamps, self._ambient, axes, camera.position.astype(np.float32), self._key.inverse_depth,
            self._key_view, detail, self._backdrop, self._transparent, rgb, alpha, depth,
        )  # fmt: skip
        return Frame(rgb, depth, alpha if self._transparent else None)

    def _allocate(self, num_fine: int) -> None:
        self._seen = Visibility.empty(num_fine, (self.width, self.height), self._samples)
        self._key = Visibility.empty(num_fine, (_KEY_SIZE, _KEY_SIZE), 1)
        self._clearness = np.empty(self._seen.triangle.shape, np.float32)
        self._fine = np.empty((num_fine, 3), np.float32)
        self._normals = np.empty((num_fine, 3), np.float32)
        self._points = np.zeros((num_fine, NUM_COLUMNS), np.float32)
        nowhere = np.full((len(self._scene.triangles), 3, 2), -1, np.float32)
        self._no_detail = (nowhere, np.zeros((2, 2, 4), np.int8), np.float32(1))
        self._hair_at = np.zeros(0, np.int32)
        self._hair_depth = np.zeros((0, 1), np.float32)

    def _bend(self, vertices: np.ndarray) -> None:
        """Fine surface and normals of a pose; hair stands off the scalp."""
        scene = self._scene
        apply_rows(scene.row_start, scene.row_index, scene.row_weight, vertices, self._fine)
        normals_into(self._fine, scene.triangles, scene.around_start, scene.around_index, self._normals)
        self._fine[self._hair_at] += self._hair_depth * self._normals[self._hair_at]
        self._points[:, PLACE : PLACE + 3] = self._fine
        self._points[:, NORMAL : NORMAL + 3] = self._normals

    def _wrinkle(self, vertices: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.float32]:
        """Compression of the skin into the table of fine vertices; gives what shading needs to know of detail."""
        if self._detail is None:
            return self._no_detail
        scene, skin = self._scene, self._scene.parts["skin"]
        pressed = self._compression(vertices)
        self._points[skin, LOCAL + 2] = pressed[skin]
        if self._dense:
            self._fine += self._detail.heights(pressed)[:, None] * self._normals
            normals_into(self._fine, scene.triangles, scene.around_start, scene.around_index, self._normals)
            self._points[:, PLACE : PLACE + 3] = self._fine
            self._points[:, NORMAL : NORMAL + 3] = self._normals
        distance_m = float(np.linalg.norm(camera.position - self._face.origin))
        level = self._detail.level(distance_m / camera.focal_px)
        return self._detail.places, self._detail.slopes[level], np.float32(0.5**level)

    def _paint(self, topology: MeshTopology, rest: np.ndarray, own: OwnSkin | None) -> None:
        scene, look, fine = self._scene, self._look, self._fine
        ears = topology.masks.get("ears", np.zeros(topology.num_vertices, np.float32))
        bare = 1 - np.clip(4 * (scene.matrix(topology.num_vertices) @ ears) - 2, 0, 1)
        self._points[:, TONE : TONE + 4] = skin_tones(scene, topology, fine, self._face, look)
        matrix = scene.matrix(topology.num_vertices)
        masks = (topology.masks[name] for name in ("lips", "inside_mouth") if name in topology.masks)
        self._lining = np.clip(sum((matrix @ mask for mask in masks), np.zeros(len(fine))), 0, 1)
        if own is None:
            self._map_corners = map_corners(scene, fine, self._face)
            self._hair_map = hair_map(topology, rest, self._face)
        else:
            self._map_corners, self._hair_map = own.map_corners, own.head_map
        self._points[:, LOCAL : LOCAL + 3] = _local_coordinates(scene, fine, self._face.origin[0], bare)
        skin = scene.parts["skin"]
        if "inside_mouth" in topology.masks:
            inside = (matrix @ topology.masks["inside_mouth"])[skin]
            self._points[skin, LOCAL + 1] = 1 - np.clip(2 * inside - 0.4, 0, 1)
        self._strands = _lash_strands(scene, fine, self._eyes)
        depth = hair_depth(topology, rest, self._face, fine[skin]) * bare[skin].astype(np.float32)
        depth = depth if own is None else depth * own.hair[skin]
        self._hair_at = np.flatnonzero(depth > 0).astype(np.int32)
        self._hair_depth = depth[self._hair_at][:, None]
        colours = (look.iris, look.sclera, look.tooth, look.gum, look.tongue, look.hair)
        lash = tuple(0.45 * c**0.5 for c in look.hair) if look.coloured else (0.3, 0.3, 0.3)
        self._colours = np.array([*colours, lash], np.float32)
        clay = 0.0 if look.coloured else look.clay
        self._style = np.array([clay, look.gloss, *look.bleed], np.float32)
        if not look.coloured:
            self._hair_map[..., 0], self._hair_map[..., 1] = 128, 0

    def _dye(self, hair: Hair) -> None:
        """Hair has colours of its own, and none of the marks of skin."""
        place = self._scene.parts["hair"]
        self._points[place, TONE : TONE + 3], self._points[place, GLOSS] = hair.tones, hair.gloss
        self._points[place, LOCAL : LOCAL + 3] = 0
        self._lining[place] = 0

    def _light_up(self) -> None:
        look = self._look
        lamps = np.array([[*lamp.direction, *lamp.colour] for lamp in look.lights], float)
        lamps[:, :3] /= np.linalg.norm(lamps[:, :3], axis=1, keepdims=True)
        self._lamps = lamps.astype(np.float32)
        self._ambient = np.array(look.ambient, np.float32)
        lower, upper = self._fine.min(0).astype(float), self._fine.max(0).astype(float)
        radius = float(np.linalg.norm(upper - lower)) / 2
        view = parallel_view(lamps[0, :3], (lower + upper) / 2, radius, _KEY_SIZE)
        self._key_view = np.concatenate([view, [[0, _KEY_PUSH_M, _KEY_EDGE_M, 0]]]).astype(np.float32)
        self._points[:, OPEN_SKY] = self._open_sky()
        d, origin = self._face.eye_distance_m, self._face.origin
        self.portrait_box = (
            np.array([origin[0] - 1.5 * d, origin[1] - 2.35 * d, origin[2] - 1.5 * d]),
            np.array([origin[0] + 1.5 * d, upper[1], origin[2]]),
        )

    def _open_sky(self) -> np.ndarray:
        """Occlusion at rest, but not for parts that move against the skin: their shade comes with each pose."""
        fine, scene = self._fine, self._scene
        opaque = scene.triangles[: scene.num_opaque]
        sky = smoothed(sky_visibility(fine, self._normals, opaque), opaque)
        for part, place in scene.parts.items():
            if part in ("eye_left", "eye_right", "tongue"):
                sky[place] = 0.9
            elif part in ("teeth_upper", "teeth_lower"):  # their inner sides face the throat in every pose
                middle = np.array([self._face.origin[0], 0, fine[place, 2].max() - 0.03])
                outwards = np.sum((fine[place] - middle) * self._normals[place] * [1, 0, 1], axis=1)
                sky[place] = np.clip(0.5 + 40 * outwards, 0.2, 0.9)
        return np.maximum(sky, self._lining * _LINING_SKY)


def _local_coordinates(scene: Scene, rest: np.ndarray, middle_x: float, bare: np.ndarray) -> np.ndarray:
    """What the materials need to know about a place: hair allowed; eyeball direction; tooth; tongue's middle."""
    out = np.zeros((len(rest), 3), np.float32)
    for part, place in scene.parts.items():
        if part.startswith("eye_"):
            offset = rest[place] - (rest[place].min(0) + rest[place].max(0)) / 2
            out[place] = offset / np.linalg.norm(offset, axis=1, keepdims=True)
        elif part.startswith("teeth_"):
            out[place, :2] = tooth_coordinates(rest[place], part, middle_x)
        elif part == "tongue":
            out[place, 0] = rest[place, 0] - middle_x
        else:
            out[place, 0] = bare[place]
    return out


def _lash_strands(scene: Scene, rest: np.ndarray, eyes: tuple[Eye, ...]) -> np.ndarray:
    """Opacity of lash cards, dense at the upper lid and fading to the tips, and hair numbers along the lid."""
    out = np.zeros((len(rest), 2), np.float32)
    if "lashes" not in scene.parts or not eyes:
        return out
    place = scene.parts["lashes"]
    offsets = rest[place][:, None] - np.stack([eye.centre_weights @ rest[eye.fine] for eye in eyes])
    nearest = np.linalg.norm(offsets, axis=-1).argmin(1)
    offset = offsets[np.arange(len(offsets)), nearest] / eyes[0].radius_m
    distance = np.linalg.norm(offset, axis=1)
    low, high = np.quantile(distance, [0.05, 0.98])
    upper = np.clip(0.5 + offset[:, 1] / 0.1, 0, 1)
    fade = np.clip(1.15 - (distance - low) / (high - low), 0, 1)
    out[place, 0] = _LASH_OPACITY * fade * (0.2 + 0.8 * upper)
    around = np.arctan2(offset[:, 0], offset[:, 2])
    uneven = 0.016 * np.sin(31 * around) + 0.010 * np.sin(67 * around + 1)  # hairs of a comb would stand evenly
    out[place, 1] = _LASHES_PER_RADIAN * (around + uneven)
    return out
