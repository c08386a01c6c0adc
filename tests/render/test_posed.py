import numpy as np
import pytest

from xtalker.head import load_head
from xtalker.render.anatomy import find_eyes, tooth_coordinates
from xtalker.render.posed import PosedShade
from xtalker.render.scene import Scene, build_scene
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL

pytestmark = pytest.mark.real


class Shipped:
    """The shipped head with its fine surface."""

    def __init__(self) -> None:
        self.head = load_head()
        self.rest = self.head.neutral(Identity())
        self.scene: Scene = build_scene(self.head.topology)
        self.fine = self.bend(self.rest)
        self.eyes = find_eyes(self.scene, self.fine)
        self.shade = PosedShade(self.scene, self.head.topology, self.rest, self.eyes)

    def bend(self, vertices: np.ndarray) -> np.ndarray:
        return (self.scene.matrix(len(vertices)) @ vertices).astype(np.float32)

    def light(self, vertices: np.ndarray, part: str) -> np.ndarray:
        out = np.empty(self.scene.num_vertices, np.float32)
        self.shade(vertices, self.bend(vertices), out)
        return out[self.scene.parts[part]]

    def posed(self, jaw: float, head: float = 0.0) -> np.ndarray:
        motion = Motion.zeros(1)
        motion.jaw[0, 0], motion.head[0, 1] = jaw, head
        motion.expression[0, CHANNEL["jawOpenCorrective"]] = jaw / 0.36
        return self.head.vertices(Identity(), motion)[0]


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    return Shipped()


def test_more_light_enters_a_wider_mouth(shipped: Shipped) -> None:
    means = [shipped.light(shipped.posed(jaw), "tongue").mean() for jaw in (0.0, 0.1, 0.2, 0.36)]
    assert means == sorted(means) and means[0] < 0.15 < 0.35 < means[-1] < 0.9


def test_deeper_is_darker(shipped: Shipped) -> None:
    vertices = shipped.posed(0.3)
    tongue = shipped.bend(vertices)[shipped.scene.parts["tongue"]]
    assert np.corrcoef(tongue[:, 2], shipped.light(vertices, "tongue"))[0, 1] > 0.8


def test_mouth_light_follows_the_head(shipped: Shipped) -> None:
    for part in ("tongue", "teeth_lower"):
        straight, aside = (shipped.light(shipped.posed(0.25, head), part) for head in (0.0, 0.6))
        np.testing.assert_allclose(straight, aside, atol=1e-3)


def test_upper_lid_shades_the_eye(shipped: Shipped) -> None:
    light = shipped.light(shipped.rest, "eye_left")
    ball = shipped.fine[shipped.scene.parts["eye_left"]]
    place = (ball - ball.mean(0)) / 0.0165
    front = place[:, 2] > 0.7
    under_lid, open_part = front & (np.abs(place[:, 1] - 0.12) < 0.05), front & (np.abs(place[:, 1] + 0.15) < 0.06)
    assert light[under_lid].mean() < 0.7 * light[open_part].mean()


def test_eyes_are_found_where_they_are(shipped: Shipped) -> None:
    for eye, name in zip(shipped.eyes, ("eye_left", "eye_right")):
        points = shipped.rest[shipped.head.topology.part_vertices(name)]
        centre = eye.centre_weights @ shipped.fine[eye.fine]
        np.testing.assert_allclose(np.linalg.norm(points - centre, axis=1), eye.radius_m, rtol=0.04)
        np.testing.assert_allclose(eye.axis_weights @ shipped.fine[eye.fine], [0, 0, eye.radius_m], atol=1e-3)
        assert len(eye.upper_lid) > 10 and len(eye.lower_lid) > 10


def test_surface_meets_the_vertices_so_that_lips_stay_sealed(shipped: Shipped) -> None:
    skin = shipped.head.topology.part_vertices("skin")
    fine = shipped.fine[: len(skin)]  # a level keeps the coarse vertices first
    error = np.linalg.norm(fine - shipped.rest[skin], axis=1)
    lips = np.isin(skin, shipped.head.topology.regions["inner_lips"])
    assert error.mean() < 5e-5 and error[lips].max() < 2e-4


def test_teeth_are_numbered_along_the_arch(shipped: Shipped) -> None:
    for part in ("teeth_upper", "teeth_lower"):
        rest = shipped.fine[shipped.scene.parts[part]]
        middle = float(shipped.rest[:, 0].mean())
        number, height = tooth_coordinates(rest, part, middle).T
        order = np.argsort(rest[:, 0])
        front = rest[order, 2] > np.quantile(rest[:, 2], 0.3)
        assert (np.diff(number[order][front]) > -0.35).all()
        assert number.min() < -6 and number.max() > 6
        assert height.min() == 0 and 0.01 < height.max() < 0.03
