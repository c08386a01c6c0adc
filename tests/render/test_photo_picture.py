"""The picture kernel against a slow twin in plain numpy, on invented surfaces."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.render.photo_picture import (
    EyeTextures,
    FaceSurface,
    LatticeSurface,
    MouthTextures,
    Textures,
    View,
    photo_picture_into,
    tooth_colour,
)
from xtalker.render.rasterise import bin_triangles, nearest_into
from xtalker.values.photo_avatar import BEHIND_LIPS, EYE_LEFT, EYE_RIGHT, SKIN

F = np.float32
ROWS, COLUMNS = 26, 34
SIZE = (40, 50)  # of the textures


def _turn(x: float, y: float) -> np.ndarray:
    a, b = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]), np.eye(3)
    b[[0, 0, 2, 2], [0, 2, 0, 2]] = np.cos(y), np.sin(y), -np.sin(y), np.cos(y)
    return a @ b


def _mesh(
    box: tuple[float, float, float, float], across: int, down: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Shaken points of a grid with nearness, and triangles that are counter-clockwise in the world (y up)."""
    x, y = np.meshgrid(np.linspace(box[0], box[2], across), np.linspace(box[1], box[3], down))
    points = np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3)
    points[:, :2] += random.uniform(-0.4, 0.4, (len(points), 2))
    points[:, 2] = 0.77 + random.uniform(-0.01, 0.01, len(points))
    ids = np.arange(across * down).reshape(down, across)
    a, b, c, d = ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]
    quads = np.stack([a, b, c, d], -1).reshape(-1, 4)
    return points.astype(F), np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)


def _seen(points: np.ndarray, triangles: np.ndarray, cull: bool) -> tuple[np.ndarray, np.ndarray]:
    triangle, near = np.empty((ROWS, COLUMNS), np.int32), np.empty((ROWS, COLUMNS), F)
    order, start = bin_triangles(points, triangles, ROWS, COLUMNS, cull)
    nearest_into(points, triangles, order, start, triangle, near)
    return triangle, near


def _scene(seed: int) -> tuple[FaceSurface, LatticeSurface, EyeTextures, MouthTextures, Textures, View]:
    random = np.random.default_rng(seed)

    def picture(*shape: int) -> np.ndarray:
        return random.integers(0, 256, shape, dtype=np.uint8)

    person = picture(*SIZE, 4)
    person[..., 3] = np.where(random.random(SIZE) < 0.7, 255, person[..., 3])
    textures = Textures(person, picture(*SIZE, 3), picture(20, 25, 4), picture(20, 25, 3))
    points, triangles = _mesh((5, 4, 29, 21), 7, 6, random)
    n = len(points)
    kind = random.choice([SKIN, SKIN, SKIN, EYE_LEFT, EYE_RIGHT, BEHIND_LIPS], len(triangles)).astype(np.int32)
    own = random.uniform(0, 200, (n, 4))
    own[:, 3] = np.where(random.random(n) < 0.5, 0, random.random(n))
    lid = np.column_stack([random.uniform(5, 40, (n, 2)), random.random(n), random.choice([0, 1], n)])
    lid[random.random(n) < 0.4, 2:] = (0, -1)
    lid[:, 3] = np.where(lid[:, 3] < 0, -1, seed % 2)  # no triangle belongs to both eyes
    face = FaceSurface(
        points, triangles, kind, np.zeros(len(kind), bool), random.uniform(3, 36, (n, 2)).astype(F), own.astype(F),
        random.uniform(0.3, 1, n).astype(F), random.uniform(0.8, 1.2, n).astype(F),
        np.where(random.random(n) < 0.5, 1, random.random(n)).astype(F), lid.astype(F), *_seen(points, triangles, True),
    )  # fmt: skip
    grid, cells = _mesh((-3, -2, 26, 24), 6, 5, random)
    grid[:, 2] -= F(0.004)
    lattice = LatticeSurface(grid, cells, random.uniform(0, 45, (len(grid), 2)).astype(F), *_seen(grid, cells, False))
    eyes = EyeTextures(
        picture(2, 12, 14, 4), picture(2, 12, 14, 4), picture(2, 12, 14, 3), np.array([[8, 9], [22, 12]], F),
        picture(2, 18, 20, 4), np.array([[6, 5], [19, 9]], F), np.array([[15, 15, 9], [28, 18, 8]], F),
    )  # fmt: skip
    mouth = MouthTextures(picture(15, 18, 4), np.array([9, 12], F), np.array([6, 34, 6, 30], F), np.full((3, 3), 90, F))
    view = View(
        F(0.9), F(2.3), F(1.7), np.array([[1, 0.05, 2], [-0.04, 1.1, 3]], F),
        np.array([[[1, 0, 1], [0, 1, 2]], [[0.9, 0.1, 3], [0, 1, 1]]], F),
        np.array([[_turn(0.1, 0.2), _turn(0.05, 0.1)], [_turn(-0.1, 0.3), _turn(0, 0)]], F),
    )  # fmt: skip
    return face, lattice, eyes, mouth, textures, view


def _look(picture: np.ndarray, u: float, v: float) -> np.ndarray:
    """Bilinear, continued at the border."""
    rows, columns = picture.shape[:2]
    x, y = np.clip(u - 0.5, 0, columns - 1.001), np.clip(v - 0.5, 0, rows - 1.001)
    i, j = int(x), int(y)
    a, b = x - i, y - j
    p = picture[j : j + 2, i : i + 2].astype(float)
    return (p[0, 0] * (1 - a) + p[0, 1] * a) * (1 - b) + (p[1, 0] * (1 - a) + p[1, 1] * a) * b


def _over(colour: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    return colour + (other - colour) * share


class _Twin:
    """One sample after another, as the documentation says it."""

    def __init__(self, seed: int) -> None:
        self.face, self.lattice, self.eyes, self.mouth, self.textures, self.view = _scene(seed)

    def weights(self, surface: FaceSurface | LatticeSurface, t: int, at: np.ndarray) -> np.ndarray:
        a, b, c = surface.screen[surface.triangles[t], :2].astype(float)
        second, third = np.linalg.solve(np.column_stack([b - a, c - a]), at - a)
        return np.array([1 - second - third, second, third])

    def sample(self, y: int, x: int, clear: bool) -> tuple[np.ndarray, float]:
        at = np.array([x + 0.5, y + 0.5])
        tf, tg = int(self.face.triangle[y, x]), int(self.lattice.triangle[y, x])
        plane = self.view.mouth.astype(float) @ [*at, 1]
        left, right, top, bottom = self.mouth.box
        if tf >= 0 and self.face.kind[tf] >= BEHIND_LIPS:
            tf = tf if left <= plane[0] <= right and top <= plane[1] <= bottom else -1
        layers = []
        if tf >= 0:
            layers.append((self.face.near[y, x], 1, *self.of_face(tf, at, plane, tg >= 0)))
        if tg >= 0:
            uv = self.weights(self.lattice, tg, at) @ self.lattice.uv[self.lattice.triangles[tg]]
            colour = _look(self.textures.person, *uv)
            layers.append((self.lattice.near[y, x], 0, colour[:3], colour[3] / 255))
        colour, cover = np.zeros(3), 0.0
        for _, _, own, share in sorted(layers, key=lambda layer: (-layer[0], -layer[1])):
            colour, cover = colour + own * share * (1 - cover), cover + share * (1 - cover)
        if not clear:
            back = _look(self.textures.back, *(np.array([self.view.left, self.view.top]) + at * self.view.step))
            colour = colour + back * (1 - cover)
        return colour, cover

    def of_face(self, t: int, at: np.ndarray, plane: np.ndarray, over: bool) -> tuple[np.ndarray, float]:
        face, corners, w = self.face, self.face.triangles[t], self.weights(self.face, t, at)
        own, light = w @ face.own[corners], w @ face.light[corners]
        uv = w @ face.uv[corners]
        if face.kind[t] == BEHIND_LIPS:
            colour, place = own[:3] * light, plane - self.mouth.corner
            if (place >= 0).all() and (place <= self.mouth.inside.shape[1::-1]).all():
                inside = _look(self.mouth.inside, *place)
                colour = _over(colour, inside[:3], inside[3] / 255)
            return colour, 1.0
        if face.kind[t] != SKIN:
            return self.eyeball(int(face.kind[t]) - EYE_LEFT, uv) * light, 1.0
        texel = _look(self.textures.person, *uv)
        cover = max(texel[3] / 255, float(face.own[corners[0], 3]))
        cover = 1.0 if cover > 0.97 else cover
        if over:
            soft = w @ face.solid[corners]
            cover = min(cover, soft * soft * (3 - 2 * soft))
        colour = texel[:3] * (w @ face.gain[corners])
        colour = _over(colour, own[:3] * light, own[3])
        return self.lid(w @ face.lid[corners], int(face.lid[corners, 3].max()), at, colour), cover

    def lid(self, lid: np.ndarray, which: int, at: np.ndarray, colour: np.ndarray) -> np.ndarray:
        if lid[2] <= 0:
            return colour
        e = which % 2
        shut, corner = self.eyes.shut[e], self.eyes.shut_corner[e]
        colour = _over(colour, _look(shut, *(lid[:2] - corner))[:3], lid[2])
        place = self.view.fronts[e].astype(float) @ [*at, 1]
        front = _look(shut, *(place - corner))[3] / 255
        if front > 0.004:
            colour = _over(colour, _look(self.textures.person, *place)[:3], min(2 * lid[2], 1) * front)
        return colour

    def eyeball(self, e: int, uv: np.ndarray) -> np.ndarray:
        eyes, corner = self.eyes, self.eyes.ball_corner[e]
        middle, radius = eyes.place[e, :2].astype(float), float(eyes.place[e, 2])
        ball = _look(eyes.ball[e], *(uv - corner))
        flat = (uv - middle) / radius
        towards = np.array([*flat, np.sqrt(max(1 - flat @ flat, 0))])
        colour = ball[:3]
        size = eyes.iris.shape[2:0:-1]
        turned = self.view.gaze[e, 0].astype(float) @ towards
        place = middle + radius * turned[:2] - corner
        if turned[2] > 0 and (place >= 0).all() and (place <= size).all():
            iris = _look(eyes.iris[e], *place)
            colour = colour * (1 - iris[3] / 255) + iris[:3]
        colour = colour * ball[3] / 255
        turned = self.view.gaze[e, 1].astype(float) @ towards
        place = middle + radius * turned[:2] - corner
        if turned[2] > 0 and (place > 0).all() and (place < size).all():
            colour = colour + _look(eyes.glint[e], *place)
        return colour


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("clear", [False, True])
def test_every_sample_is_the_slow_twins(seed: int, clear: bool) -> None:
    twin = _Twin(seed)
    rgb, alpha = np.empty((ROWS, COLUMNS, 3), np.uint8), np.zeros((ROWS, COLUMNS), np.uint8)
    depth = np.empty((ROWS, COLUMNS), F)
    photo_picture_into(
        twin.face, twin.lattice, twin.eyes, twin.mouth, twin.textures, twin.view, 1, clear, rgb, alpha, depth
    )
    off, kinds = [], set()
    for y in range(ROWS):
        for x in range(COLUMNS):
            colour, cover = twin.sample(y, x, clear)
            if clear:
                assert abs(alpha[y, x] - 255 * cover) <= 1
                colour = colour / max(cover, 0.004)
            off.append(np.abs(np.clip(colour, 0, 255) - rgb[y, x]).max())
            near = max(twin.face.near[y, x], twin.lattice.near[y, x])
            if abs(cover - 0.5) > 1e-3:
                np.testing.assert_allclose(depth[y, x], 1 / near if cover > 0.5 else 0, rtol=1e-5)
            if twin.face.triangle[y, x] >= 0:
                kinds.add(int(twin.face.kind[twin.face.triangle[y, x]]))
    assert kinds == {SKIN, EYE_LEFT, EYE_RIGHT, BEHIND_LIPS}
    # a place just on the border of a patch may fall to either side
    assert np.quantile(off, 0.99) <= 1 and np.mean(off) < 0.8


def test_samples_are_averaged(seed: int = 1) -> None:
    """Four samples a pixel, none of it plain: the mean of the samples' picture."""
    twin = _Twin(seed)
    fine = np.empty((ROWS, COLUMNS, 3), np.uint8)
    coarse = np.empty((ROWS // 2, COLUMNS // 2, 3), np.uint8)
    for picture, samples in ((fine, 1), (coarse, 2)):
        rest = np.empty(picture.shape[:2], np.uint8), np.empty(picture.shape[:2], F)
        view = twin.view._replace(step=F(0.8))  # below 0.9 no pixel is taken from the half textures
        photo_picture_into(
            twin.face, twin.lattice, twin.eyes, twin.mouth, twin.textures, view, samples, False, picture, *rest
        )
    mean = fine.reshape(ROWS // 2, 2, COLUMNS // 2, 2, 3).astype(float).mean((1, 3))
    assert np.quantile(np.abs(mean - coarse), 0.98) <= 1.01  # glints are cut at white after the mean


TONES = np.array([[220, 210, 190], [180, 90, 90], [60, 20, 20]], F)


@pytest.mark.parametrize("upper", [True, False])
def test_a_row_of_teeth(upper: bool) -> None:
    def colour(number: float, height_mm: float) -> np.ndarray:
        return np.array(tooth_colour(F(number), F(height_mm), upper, TONES))

    np.testing.assert_allclose(colour(0.5, 20.0), TONES[1], atol=1)  # gums above
    np.testing.assert_allclose(colour(0.5, -2.0), TONES[2], atol=1)  # the throat below
    enamel = colour(0.5, 4.0)
    np.testing.assert_allclose(enamel, TONES[0], rtol=0.1)
    for gap in (0.0, 1.0, 2.0):
        assert colour(gap + 0.01, 4.0).mean() < 0.85 * colour(gap + 0.5, 4.0).mean()
    for place in (0.3, 1.5, 2.7):
        np.testing.assert_allclose(colour(-place, 4.0), colour(place, 4.0), rtol=1e-5)
    assert colour(4.5, 4.0).mean() < 0.6 * enamel.mean()  # molars stand in the dark
