import numpy as np

from xtalker.geometry.cameras import Camera
from xtalker.render.lighting import display, key_light, lit
from xtalker.render.looks import LOOKS
from xtalker.render.materials import eye, skin, tooth
from xtalker.render.picture import _weights
from xtalker.render.rasterise import Visibility, parallel_view

F = np.float32
LOOK = LOOKS["skin"]
COLOURS = np.array([LOOK.iris, LOOK.sclera, LOOK.tooth, LOOK.gum, LOOK.tongue, LOOK.hair, LOOK.hair], F)
FRONT = (F(0), F(0), F(1))


def test_weights_are_perspective_correct() -> None:
    """The point that the weights give lies on the ray through the pixel."""
    camera = Camera.look_at([0.2, 0.1, 2], [0, 0, 0], vertical_fov_rad=0.8, width=100, height=80)
    points = np.array([[-0.8, -0.5, 0.9], [0.9, -0.6, -0.8], [0.1, 0.8, -0.2]], F)
    buffers = Visibility.empty(3, (100, 80), 1)
    buffers.draw(points, np.array([[0, 1, 2]], np.int32), camera, cull=False)
    rows, columns = np.nonzero(buffers.triangle == 0)
    assert len(rows) > 500
    for row, column in list(zip(rows.tolist(), columns.tolist()))[::40]:
        weights = np.array(_weights(buffers.screen, (0, 1, 2), F(column + 0.5), F(row + 0.5)))
        assert abs(weights.sum() - 1) < 1e-5
        pixel, depth = camera.project((weights @ points.astype(float))[None])
        np.testing.assert_allclose(pixel[0], [column + 0.5, row + 0.5], atol=2e-3)
        np.testing.assert_allclose(1 / depth[0], buffers.inverse_depth[row, column], rtol=1e-5)


def eye_brightness(angle: float, around: float = 0.3) -> float:
    direction = (F(np.sin(angle) * np.cos(around)), F(np.sin(angle) * np.sin(around)), F(np.cos(angle)))
    return float(np.mean(eye(direction, FRONT, FRONT, COLOURS)[0]))


def test_eye_has_pupil_iris_dark_rim_and_white() -> None:
    pupil, iris, rim, white = (np.mean([eye_brightness(a, r) for r in range(7)]) for a in (0.05, 0.27, 0.375, 0.6))
    assert pupil < 0.02 < rim < 0.6 * iris < iris < white
    assert white > 0.5


def test_cornea_bulges_and_iris_is_a_bowl() -> None:
    tilt = F(0.1)
    normal = (np.sin(tilt), F(0), np.cos(tilt))
    inner, shine = eye(normal, normal, FRONT, COLOURS)[4:]
    assert shine[0] > 1.5 * normal[0] and inner[0] < -0.5 * normal[0]


def test_teeth_are_separate_and_gums_are_red() -> None:
    def colour(number: float, height_m: float) -> np.ndarray:
        return np.array(tooth(F(number), F(height_m), FRONT, (F(1), F(0), F(0)), COLOURS)[0])

    assert colour(1.0, 0.005).mean() < 0.5 * colour(1.5, 0.005).mean()
    crown, gum = colour(0.5, 0.005), colour(0.5, 0.014)
    assert crown[1] / crown[0] > 0.8 > 0.5 > gum[1] / gum[0]
    left, right = (tooth(F(n), F(0.005), FRONT, (F(1), F(0), F(0)), COLOURS)[4][0] for n in (1.1, 1.9))
    assert left < 0 < right  # crowns are round


def test_hair_covers_skin_only_where_allowed() -> None:
    hair_map = np.full((8, 16, 2), 255, np.uint8)
    hair_map[..., 0] = 128
    tone, place = (F(0.6), F(0.4), F(0.3)), (F(5), F(4))
    bare = skin(tone, F(0.4), FRONT, place, (F(0), F(0)), hair_map, COLOURS)[0]
    hairy = skin(tone, F(0.4), FRONT, place, (F(1), F(0)), hair_map, COLOURS)[0]
    np.testing.assert_allclose(bare, tone, rtol=1e-6)
    np.testing.assert_allclose(hairy, LOOK.hair, rtol=1e-5)


def light(
    normal: tuple[float, float, float], *, bleed: float = 0.0, shade: float = 1.0, key: float = 1.0,
    sky: float = 1.0, ambient: float = 0.0, lamps: int = 1,
) -> np.ndarray:  # fmt: skip
    n = tuple(F(c) for c in normal)
    surface = ((F(0.5), F(0.5), F(0.5)), F(0), F(0.3), F(1), n, n)
    style = np.array([0, 1, bleed, 0, 0], F)
    rows = np.array([[0, 0, 1, 1, 1, 1]] * lamps, F)
    sky_colours = np.full((2, 3), ambient, F)
    return np.array(lit(surface, FRONT, F(sky), F(shade), F(key), F(1), style, rows, sky_colours))


def test_light_falls_with_the_angle_and_red_bleeds_furthest() -> None:
    assert light((0, 0, 1))[0] > light((0.8, 0, 0.6))[0] > light((1, 0, 0))[0] == 0
    red, green, blue = light((1, 0, 0), bleed=0.4)
    assert red > 0 == green == blue
    assert light((0, 0, 1), shade=0)[0] == light((0, 0, 1), key=0)[0] == 0
    np.testing.assert_allclose(light((0, 0, 1), shade=0.5), light((0, 0, 1)) / 2, rtol=1e-6)


def test_hollows_are_darker_than_their_share_of_the_sky() -> None:
    """Under a chin, in a mouth: half a sky brings less than half of its light; the key has its own shadow."""
    front = (0, 0, 1)
    for only in ({"key": 0.0, "lamps": 2}, {"key": 0.0, "ambient": 1.0}):
        levels = np.array([light(front, sky=sky, **only)[0] for sky in (0.0, 0.25, 0.5, 0.75, 1.0)])
        assert levels[0] == 0 and (np.diff(levels) > 0).all()
        assert (levels[1:-1] < np.array([0.25, 0.5, 0.75]) * levels[-1]).all()
    assert light(front, sky=0.0)[0] > 0.3 * light(front, sky=1.0)[0]


def test_display_curve_rises_and_ends() -> None:
    values = [float(display(F(x))) for x in (0, 0.02, 0.2, 1, 5, 100)]
    assert values[0] == 0 and values == sorted(values) and 0.99 < values[-1] <= 1


def test_shadow_of_the_key_light() -> None:
    """A card above a floor: dark below it, light beside it, soft between."""
    corners = np.array([[-1.0, 0, -1], [-1, 0, 1], [1, 0, 1], [1, 0, -1]])
    points = np.concatenate([corners * 0.5, corners * 0.1 + np.array([0, 0.1, 0])]).astype(F)
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], np.int32)
    view = parallel_view(np.array([0.0, 1, 0]), np.zeros(3), 0.8, 256)
    buffers = Visibility.empty(8, (256, 256), 1)
    buffers.draw_parallel(points, triangles, view, cull=True)
    key_view = np.concatenate([view, [[0, 0.0016, 0.0024, 0]]]).astype(F)

    def arrives(x: float) -> float:
        return float(key_light((F(x), F(0), F(0)), (F(0), F(1), F(0)), buffers.inverse_depth, key_view))

    assert arrives(0) == 0 and arrives(0.3) == 1 and arrives(-0.3) == 1 and arrives(7) == 1
    edge = [arrives(x) for x in np.linspace(0.085, 0.115, 60)]
    assert edge == sorted(edge) and len({round(e, 3) for e in edge}) > 20
    on_card = key_light((F(0), F(0.1), F(0)), (F(0), F(1), F(0)), buffers.inverse_depth, key_view)
    assert on_card == 1  # a surface does not shade itself
