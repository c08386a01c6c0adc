"""Pictures of a photo avatar: one renderer for each avatar and framing, one call for each frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import minimum_filter

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.geometry.smoothstep import smoothstep
from xtalker.geometry.surface import apply_rows
from xtalker.render.anatomy import find_eyes
from xtalker.render.background import TRANSPARENT, read_background
from xtalker.render.head_renderer import Frame
from xtalker.render.photo_framing import PhotoFraming
from xtalker.render.photo_lashes import LashTexture, draw_lashes
from xtalker.render.photo_picture import FaceSurface, LatticeSurface, View, photo_picture_into
from xtalker.render.photo_pose import displace_face, place_points
from xtalker.render.photo_shading import PhotoShading
from xtalker.render.photo_textures import Framing, eye_textures, halved, layer_textures, mouth_textures
from xtalker.render.posed import PosedShade
from xtalker.render.rasterise import bin_triangles, nearest_into
from xtalker.render.scene import build_scene
from xtalker.values import MeshTopology
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M, SKIN, PhotoAvatar

LIP_GAP_M: Final = 0.004  # parted so far, the texture has slid into the lips
SLIDE_M: Final = {False: 0.0012, True: 0.0019}  # by so much; the second where the photo shows teeth
SHADE_POWER: Final = 0.7
_RIM_SHADE: Final = 0.12  # of the light at the line between the lips; the photo shows it lit, lips turn in there
FLOORS: Final = {"skin": 0.10, "tongue": 0.16, "teeth_lower": 0.30, "teeth_upper": 0.50}
"""Light that reaches the parts behind the lips at the least: front teeth stand in it, the throat does not."""
BODY_PIVOT_M: Final = np.array([0.0, -0.22, -0.02], np.float32)
BODY_TURNS: Final = np.array([0.04, 0.10, 0.06])  # share of the torso in the head's turn: pitch, yaw, roll
BREATH_M: Final = 0.0025
_GLINT_GOES: Final = 0.5  # of the iris's way: the cornea's centre lies about half as far from the eye's as the iris
_SLIT_SHADE: Final = 0.5  # share of the eye's light that lid and lashes take as they come down
EYES_BEHIND: Final = 0.0018  # 1 / m, about 3 mm: eyeballs yield to lids, which a squint would push into them
_HIDDEN_NEARNESS: Final = 0.004  # 1 / m, about 7 mm: a margin that much behind the nose is not seen


@dataclass(frozen=True)
class PhotoPose:
    """What one frame asks of an avatar beyond its vertices.

    Attributes:
        turn: head rotation from the photo's pose, axis-angle in radians.
        gaze: eye rotation from the photo's, (pitch, yaw) in radians.
        closing: how far the left and the right eye are shut beyond the photo's, 0..1.
        breath: of the chest, about -1..1.
        zoom: of the camera; 1 shows the framing.
        pan: of the camera, in widths of the picture, right and down.
        orbit: walk of the camera around the person, (pitch, yaw) in radians as in `CameraTrack`.
    """

    turn: Float[np.ndarray, "3"]
    gaze: Float[np.ndarray, "2"]
    closing: Float[np.ndarray, "2"]
    breath: float = 0.0
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    orbit: Float[np.ndarray, "2"] = field(default_factory=lambda: np.zeros(2))


class PhotoRenderer:
    """Draws one avatar.

    Args:
        topology: of the head model that the avatar is bound to.
        avatar: whom.
        neutral: head vertices of the person's neutral face, metres.
        reference: head vertices of the photo's expression without its head turn, metres.
        framing: which part of the photo is shown.
        width, height: picture size in pixels.
        supersample: samples along each side of a pixel.
        background: "transparent", a colour or a picture file; None is what the photo shows.

    Raises:
        InputError: unusable background.
    """

    def __init__(
        self,
        topology: MeshTopology,
        avatar: PhotoAvatar,
        neutral: Float[np.ndarray, "vertices 3"],
        reference: Float[np.ndarray, "vertices 3"],
        *,
        framing: PhotoFraming,
        width: int,
        height: int,
        supersample: int = 2,
        background: str | None = None,
    ) -> None:
        self.width, self.height, self._samples = width, height, supersample
        self._avatar, self._topology = avatar, topology
        self._scene = build_scene(topology)
        self._transparent = background == TRANSPARENT
        self._prepare_textures(framing, background)
        self._prepare_points(neutral, reference)

    def _prepare_textures(self, framing: PhotoFraming, background: str | None) -> None:
        avatar, samples = self._avatar, self._samples
        left, top, right, _ = framing.box(avatar, self.width, self.height)
        per_pixel = self.width * samples / (right - left)
        self._frame = Framing(left, top, per_pixel, self.width * samples, self.height * samples)
        self._grid = self._frame.texture(avatar)
        self._textures = layer_textures(avatar, self._grid)
        self._eyes, self._mouth = eye_textures(avatar, self._grid), mouth_textures(avatar, self._grid)
        if background is not None and not self._transparent:
            self._replace_background(background)

    def _replace_background(self, background: str) -> None:
        """Another backdrop, fixed to the picture."""
        size = self.width * self._samples, self.height * self._samples
        light = read_background(background, ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), *size)
        picture = np.round(light * 255).astype(np.uint8)
        back, at = self._textures.back.copy(), self._grid.of(np.array([self._frame.left, self._frame.top]))
        x, y = np.round(at).astype(int)
        back[:] = picture[0, 0]
        back[y : y + size[1], x : x + size[0]] = picture
        half = halved(back, (max(self._grid.width // 2, 2), max(self._grid.height // 2, 2)))
        self._textures = self._textures._replace(back=back, half_back=half)

    def _prepare_points(self, neutral: np.ndarray, reference: np.ndarray) -> None:
        avatar, scene = self._avatar, self._scene
        face, lattice, n = avatar.face, avatar.lattice, scene.num_vertices
        matrix = scene.matrix(self._topology.num_vertices)
        fine_neutral = np.ascontiguousarray(matrix @ neutral, np.float32)
        self._fine, self._fine_rest = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
        self._apply(reference, self._fine_rest)
        self._posed_shade = PosedShade(scene, self._topology, neutral, find_eyes(scene, fine_neutral))
        self._still = np.zeros(n, np.bool_)
        for part in ("eye_left", "eye_right"):
            self._still[scene.parts[part]] = True
        self._delta = np.empty((n, 3), np.float32)
        self._lattice_delta = np.empty(lattice.rest.shape, np.float32)
        self._face_screen, self._lattice_screen = np.empty_like(self._delta), np.empty_like(self._lattice_delta)
        self._no_body = np.zeros(n, np.float32)
        self._turn0 = matrix_from_axis_angle(avatar.reference.head[0].astype(float))
        grid = self._grid
        self._face_uv = grid.of(face.uv).astype(np.float32)
        self._lattice_uv = grid.of(lattice.uv).astype(np.float32)
        self._lid = face.lid.copy()
        self._lid[:, :2] = grid.of(face.lid[:, :2])
        self._plain = self._plain_triangles()
        self._lashes = tuple(
            LashTexture.of(eye.lashes, eye.lash_colour, left=e == 0) for e, eye in enumerate(avatar.eyes)
        )
        self._lids_move = np.array([eye.moves for eye in avatar.eyes], np.float32)
        self._light, self._raw_light = np.ones(n, np.float32), np.ones(n, np.float32)
        self._has_light = self._lit_vertices(matrix)
        self._gain = np.ones(n, np.float32)
        lids = face.lid[:, 3] >= 0
        self._lids_of = tuple(np.flatnonzero(lids & (face.lid[:, 3].astype(int) % 2 == e)) for e in (0, 1))
        self._shading = PhotoShading(scene, self._fine_rest, avatar.light, self._turn0, face.solid, lids)
        shape = (self.height * self._samples, self.width * self._samples)
        self._buffers = [(np.empty(shape, np.int32), np.empty(shape, np.float32)) for _ in range(2)]
        lip = face.lip
        self._upper, self._lower = ((lip[:, 1] > 0.5) & (lip[:, 0] * side > 0) for side in (-1, 1))

    def _plain_triangles(self) -> np.ndarray:
        """Triangles that show the photo and nothing else, well inside the person."""
        face = self._avatar.face
        mixed = (face.own[:, 3] > 0) | (face.lid[:, 3] >= 0) | (face.solid < 0.999)
        inside = minimum_filter(self._textures.person[..., 3], 7)
        at = np.clip(self._face_uv.astype(int), 0, np.array(inside.shape[::-1]) - 1)
        mixed |= inside[at[:, 1], at[:, 0]] < 248
        return np.asarray((face.kind == SKIN) & ~mixed[face.triangles].any(1))

    def _lit_vertices(self, matrix: object) -> np.ndarray:
        out = np.zeros(self._scene.num_vertices, np.bool_)
        inside = np.asarray(matrix @ self._topology.masks["inside_mouth"]) > 0.02  # type: ignore[operator]
        out |= inside
        for part in ("teeth_upper", "teeth_lower", "tongue"):
            out[self._scene.parts[part]] = True
        return out

    def _apply(self, vertices: np.ndarray, out: np.ndarray) -> None:
        scene = self._scene
        apply_rows(scene.row_start, scene.row_index, scene.row_weight, np.ascontiguousarray(vertices, np.float32), out)

    def render(self, vertices: Float[np.ndarray, "vertices 3"], pose: PhotoPose) -> Frame:
        """Picture of the avatar.

        Args:
            vertices: head vertices of the frame's expression without head turn, metres.
            pose: turn, gaze, lids and camera.
        """
        avatar = self._avatar
        self._apply(vertices, self._fine)
        closing = np.ascontiguousarray(pose.closing, np.float32) * self._lids_move
        displace_face(self._fine, self._fine_rest, self._still, avatar.face.blink, closing, self._delta)
        lattice, turn = avatar.lattice, self._turn(pose)
        self._shading(self._fine, turn, self._gain)
        parted = self._parted()
        self._gain -= (_RIM_SHADE * parted) * avatar.face.lip[:, 1]  # lips darken inwards, where they part
        apply_rows(lattice.row_start, lattice.row_index, lattice.row_weight, self._delta, self._lattice_delta)
        camera = self._camera(pose)
        face = avatar.face
        self._place(face.rest, self._delta, face.head_share, self._no_body, turn, pose, camera, self._face_screen)
        self._face_screen[self._still, 2] -= EYES_BEHIND
        self._place(
            lattice.rest, self._lattice_delta, lattice.head_share, lattice.body_share, turn, pose, camera,
            self._lattice_screen,
        )  # fmt: skip
        (face_triangle, face_near), (grid_triangle, grid_near) = self._buffers
        self._see(self._face_screen, avatar.face.triangles, face_triangle, face_near, cull=True)
        self._see(self._lattice_screen, lattice.triangles, grid_triangle, grid_near, cull=False)
        surface = FaceSurface(
            self._face_screen, face.triangles, face.kind, self._plain, self._uv_now(parted), face.own,
            self._light_now(vertices, closing), self._gain, face.solid, self._lids_now(closing), face_triangle,
            face_near,
        )  # fmt: skip
        grid = LatticeSurface(self._lattice_screen, lattice.triangles, self._lattice_uv, grid_triangle, grid_near)
        rgb = np.empty((self.height, self.width, 3), np.uint8)
        alpha = np.empty((self.height, self.width), np.uint8)
        depth = np.empty((self.height, self.width), np.float32)
        view = self._view(pose, turn, camera)
        photo_picture_into(
            surface, grid, self._eyes, self._mouth, self._textures, view, self._samples, self._transparent,
            rgb, alpha, depth,
        )  # fmt: skip
        self._draw_lashes(rgb, closing)
        return Frame(rgb, depth, alpha if self._transparent else None)

    def _turn(self, pose: PhotoPose) -> np.ndarray:
        """Rotation of the head from the photo's pose, world axes, with the walk of the camera."""
        walk = matrix_from_axis_angle(np.array([pose.orbit[0], -pose.orbit[1], 0.0]))  # the camera's, seen from it
        return walk @ self._turn0 @ matrix_from_axis_angle(np.asarray(pose.turn, float)) @ self._turn0.T

    def _camera(self, pose: PhotoPose) -> np.ndarray:
        """Numbers that `place_points` takes: the photo's camera, in samples of this picture."""
        camera, frame = self._avatar.camera, self._frame
        zoom = frame.per_pixel * pose.zoom
        middle, pan = np.array([frame.width, frame.height]) / 2, self._pan(pose)
        shift, principal = (
            (at - np.array([frame.left, frame.top])) * zoom + middle * (1 - pose.zoom) - pan
            for at in (camera.shift, camera.principal)
        )
        scale = camera.scale * zoom
        return np.array([scale, -scale, *shift, *principal, CAMERA_DISTANCE_M], np.float32)

    def _pan(self, pose: PhotoPose) -> np.ndarray:
        """Samples by which the zoomed picture is moved: the view stays on the textures, which end with the photo."""
        grid, frame = self._grid, self._frame
        zero = grid.of(np.array([frame.left, frame.top]))
        middle = np.array([frame.width, frame.height]) / 2
        least = middle - (zero + middle) * pose.zoom
        most = (np.array([grid.width, grid.height]) - zero - middle) * pose.zoom - middle
        return np.clip(np.array(pose.pan) * frame.width, np.minimum(least, 0), np.maximum(most, 0))

    def _place(
        self, rest: np.ndarray, delta: np.ndarray, head: np.ndarray, body: np.ndarray, turn: np.ndarray,
        pose: PhotoPose, camera: np.ndarray, screen: np.ndarray,
    ) -> None:  # fmt: skip
        follows = np.asarray(pose.turn, float) * BODY_TURNS
        body_turn = matrix_from_axis_angle(follows + np.array([pose.orbit[0], -pose.orbit[1], 0.0]))
        place_points(
            rest, delta, head, body, self._turn0.astype(np.float32), turn.astype(np.float32),
            body_turn.astype(np.float32), BODY_PIVOT_M, np.float32(pose.breath * BREATH_M), camera, screen,
        )  # fmt: skip

    def _see(
        self, screen: np.ndarray, triangles: np.ndarray, triangle: np.ndarray, near: np.ndarray, *, cull: bool
    ) -> None:
        order, start = bin_triangles(screen, triangles, *triangle.shape, cull)
        nearest_into(screen, triangles, order, start, triangle, near)

    def _parted(self) -> np.float32:
        """How far the lips have parted since the photo: 0 as there, 1 clearly open."""
        if not (self._upper.any() and self._lower.any()):
            return np.float32(0)
        gap = float(self._delta[self._upper, 1].mean() - self._delta[self._lower, 1].mean())
        return np.float32(np.clip(gap / LIP_GAP_M, 0, 1))

    def _uv_now(self, parted: np.float32) -> np.ndarray:
        """Where the lips part, the dark line between them stays behind: texture slides into each lip."""
        slide = SLIDE_M[self._avatar.mouth.toothy] * self._avatar.camera.scale * self._grid.per_pixel
        lip = self._avatar.face.lip
        uv = self._face_uv.copy()
        uv[:, 1] += lip[:, 0] * lip[:, 1] * np.float32(parted * slide)
        return uv

    def _lids_now(self, closing: np.ndarray) -> np.ndarray:
        """How much of the shut eye each lid vertex wears."""
        lid = self._lid.copy()
        which, late = lid[:, 3].astype(int) % 2, lid[:, 3] > 1.5
        early, wet = smoothstep(closing, 0.0, 0.5)[which], smoothstep(closing, 0.6, 0.95)[which]
        lid[:, 2] *= np.where(lid[:, 3] < 0, 0, np.where(late, wet, early))
        return lid

    def _light_now(self, vertices: np.ndarray, closing: np.ndarray) -> np.ndarray:
        """Light behind the lips."""
        self._posed_shade(np.ascontiguousarray(vertices, np.float32), self._fine, self._raw_light)
        for part, floor in FLOORS.items():
            place = self._scene.parts[part]
            lit = floor + (1 - floor) * self._raw_light[place] ** SHADE_POWER
            self._light[place] = np.where(self._has_light[place], lit, 1)
        for part, lids, shut in zip(("eye_left", "eye_right"), self._lids_of, closing):
            turned = float(self._gain[lids].mean()) if len(lids) else 1.0  # eyes turn from the lamps with their lids,
            self._light[self._scene.parts[part]] = turned * (1 - _SLIT_SHADE * shut)  # which shade them as they close
        return self._light

    def _view(self, pose: PhotoPose, turn: np.ndarray, camera: np.ndarray) -> View:
        avatar = self._avatar
        zero = self._grid.of(np.array([self._frame.left, self._frame.top]))
        middle, pan = np.array([self._frame.width, self._frame.height]) / 2, self._pan(pose)
        left, top = zero + middle - (middle - pan) / pose.zoom
        planes = [self._onto_texture(plane, turn, camera) for plane in (
            avatar.mouth.plane, *(eye.front_plane for eye in avatar.eyes)
        )]  # fmt: skip
        return View(
            np.float32(1 / pose.zoom), np.float32(left), np.float32(top), planes[0], np.stack(planes[1:]),
            self._gaze_turns(pose.gaze),
        )  # fmt: skip

    def _onto_texture(self, plane: np.ndarray, turn: np.ndarray, camera: np.ndarray) -> np.ndarray:
        """Affine map from samples of the picture to the texture for a plane fixed to the skull (least squares)."""
        now = np.empty((len(plane), 3), np.float32)
        ones, zeros = np.ones(len(plane), np.float32), np.zeros(len(plane), np.float32)
        nothing, eye = np.zeros((len(plane), 3), np.float32), np.eye(3, dtype=np.float32)
        place_points(
            plane, nothing, ones, zeros, eye, turn.astype(np.float32), eye, BODY_PIVOT_M, np.float32(0), camera, now
        )
        then = self._grid.of(self._avatar.camera.project(plane.astype(float))[:, :2])
        samples = np.column_stack([now[:, :2], np.ones(len(now))]).astype(float)
        return np.linalg.lstsq(samples, then, rcond=None)[0].T.astype(np.float32).copy()

    def _gaze_turns(self, gaze: Float[np.ndarray, "2"]) -> np.ndarray:
        """From the direction seen on an eyeball (picture axes: right, down, forwards) back to the photo's."""
        first = self._avatar.reference.gaze[0].astype(float)
        flip = np.diag([1.0, -1.0, 1.0])
        out = np.empty((2, 2, 3, 3), np.float32)
        for e, eye in enumerate(self._avatar.eyes):
            for k, share in enumerate((1.0, _GLINT_GOES)):
                now = first + share * gaze * eye.moves
                total, at_rest = (matrix_from_axis_angle(np.array([g[0], g[1], 0.0])) for g in (now, first))
                turn = self._turn0 @ total @ at_rest.T @ self._turn0.T
                out[e, k] = flip @ turn.T @ flip
        return out

    def _draw_lashes(self, rgb: np.ndarray, closing: np.ndarray) -> None:
        """Lashes come down with the lids; the photo's own are seen while the eyes are open."""
        screen, near = self._face_screen, self._buffers[0][1]
        for e, eye in enumerate(self._avatar.eyes):
            if closing[e] <= 0 or not eye.moves:
                continue
            margins = screen[eye.margin_vertices]
            at = np.clip(margins[0, :, :2].astype(int), 0, np.array(near.shape[::-1]) - 1)
            hidden = (near[at[:, 1], at[:, 0]] - margins[0, :, 2]) / _HIDDEN_NEARNESS
            points = (margins[..., :2] + eye.margin_offsets * self._grid.per_pixel) / self._samples
            draw_lashes(
                rgb, self._lashes[e], points[0].astype(float), points[1].astype(float), closing=float(closing[e]),
                visible=1 - np.clip(hidden - 1, 0, 1),
            )  # fmt: skip
