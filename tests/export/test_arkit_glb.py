"""An avatar with ARKit's 52 morphs: each is what its name says, and together they show the take."""

from dataclasses import replace

import numpy as np
import pytest
from tests.export.glb_reader import GlbFile, read_glb
from tests.export.rigged import camera, open_head, person, rigged

from xtalker.export.arkit_glb import ArkitGlb
from xtalker.export.arkit_model import arkit_model
from xtalker.export.arkit_names import ARKIT_SHAPES, JAW_OPEN_ANGLE_RAD
from xtalker.export.head_surface import head_surface
from xtalker.export.interface import Content
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.surface import Surface


def _shape(name: str, part: str) -> np.ndarray:
    """Displacement of a part by one unit of a shape, in the head's order."""
    model = arkit_model(rigged(Motion.zeros(2)))
    (found,) = (p for p in model.parts if p.name == part)
    return found.morphs[found.morph_names.index(name)] if name in found.morph_names else np.zeros_like(found.points)


def _truth(part: str, **channels: float) -> np.ndarray:
    motion = Motion.zeros(2)
    for name, value in channels.items():
        if name == "jaw":
            motion.jaw[1, 0] = value
        elif name in ("pitch", "yaw"):
            motion.gaze[1, 0 if name == "pitch" else 1] = value
        else:
            motion.expression[1, CHANNEL[name]] = value
    own = open_head().topology.part_vertices(part)
    rest, moved = open_head().vertices(person(), motion)[:, own]
    return np.asarray(moved - rest)


@pytest.fixture(scope="module")
def take() -> Content:
    """Talking: the jaw opens and shuts, lips round and press, a smile, a glance, a nod."""
    t, motion = np.linspace(0, 2 * np.pi, 12, dtype=np.float32), Motion.zeros(12)
    opened = 0.3 - 0.3 * np.cos(2 * t)
    motion.jaw[:, 0] = opened * JAW_OPEN_ANGLE_RAD
    motion.expression[:, CHANNEL["jawOpenCorrective"]] = opened
    motion.expression[:, CHANNEL["mouthClose"]] = 0.15 * np.sin(3 * t)
    motion.expression[:, CHANNEL["mouthFunnel"]] = 0.2 * np.sin(t)
    motion.expression[:, CHANNEL["mouthSmileLeft"]] = 0.3 * np.sin(t / 2)
    motion.gaze[:, 0], motion.gaze[:, 1] = 0.1 * np.sin(t), 0.2 * np.cos(t)
    motion.head[:, 1] = 0.2 * np.sin(t)
    return rigged(motion)


def test_shapes_of_the_same_name_are_ours() -> None:
    for name in ("mouthFunnel", "eyeBlinkLeft", "jawForward"):
        np.testing.assert_allclose(_shape(name, "skin"), _truth("skin", **{name: 1.0}), atol=2e-6)


def test_both_halves_make_one() -> None:
    both = _truth("skin", browInnerUpLeft=1.0, browInnerUpRight=1.0)
    np.testing.assert_allclose(_shape("browInnerUp", "skin"), both, atol=2e-6)


@pytest.mark.parametrize("part", ["skin", "teeth_lower", "tongue"])
def test_the_jaw_is_a_morph(part: str) -> None:
    truth = _truth(part, jaw=JAW_OPEN_ANGLE_RAD, jawOpenCorrective=1.0)
    np.testing.assert_allclose(_shape("jawOpen", part), truth, atol=2e-6)
    assert np.abs(truth).max() > 0.01


def test_the_gaze_is_a_morph_of_each_eye() -> None:
    down = _truth("eye_left", pitch=np.radians(35))
    np.testing.assert_allclose(_shape("eyeLookDownLeft", "eye_left"), down, atol=2e-6)
    assert not _shape("eyeLookDownLeft", "eye_right").any()
    inwards = _truth("eye_left", yaw=-np.radians(35))
    np.testing.assert_allclose(_shape("eyeLookInLeft", "eye_left"), inwards, atol=2e-6)
    np.testing.assert_allclose(
        _shape("eyeLookOutRight", "eye_right"), _truth("eye_right", yaw=-np.radians(35)), atol=2e-6
    )


def test_lids_go_with_the_gaze_on_their_own_side() -> None:
    lids = _shape("eyeLookDownLeft", "skin")
    rest = open_head().neutral(person())[open_head().topology.part_vertices("skin")]
    assert np.abs(lids[rest[:, 0] < -0.004]).max() == 0 and np.abs(lids).max() > 0.002
    both = lids + _shape("eyeLookDownRight", "skin")
    np.testing.assert_allclose(both, _truth("skin", lidDownLeft=1.0, lidDownRight=1.0), atol=2e-6)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, take: Content) -> GlbFile:
    path = tmp_path_factory.mktemp("arkit") / "take.glb"
    ArkitGlb().write(path, replace(take, camera=camera(12)))
    return read_glb(path)


def test_the_skin_has_all_52_and_only_head_and_armature_are_joints(file: GlbFile) -> None:
    meshes = {mesh["name"]: mesh for mesh in file.document["meshes"]}
    assert tuple(meshes["skin"]["extras"]["targetNames"]) == ARKIT_SHAPES and len(ARKIT_SHAPES) == 52
    assert "jawOpen" in meshes["teeth_lower"]["extras"]["targetNames"]
    looks = {name for name in ARKIT_SHAPES if name.startswith("eyeLook") and name.endswith("Left")}
    assert set(meshes["eye_left"]["extras"]["targetNames"]) == looks
    joints = [file.document["nodes"][number]["name"] for number in file.document["skins"][0]["joints"]]
    assert joints == ["Armature", "Head"]


def test_the_take_is_shown_by_weights_from_0_to_1(file: GlbFile, take: Content) -> None:
    """Cutting the named weights off instead is three times as far away on the lips."""
    skin = file.node("skin")
    own = open_head().topology.part_vertices("skin")
    lips = np.isin(own, open_head().topology.regions["lips"])
    truth = open_head().vertices(person(), take.motion)[:, own]
    off = []
    for frame in range(12):
        weights = file.value(skin, "weights", frame / 25)
        assert weights is not None and weights.min() >= 0 and weights.max() <= 1
        points = file.posed("skin", frame / 25)[: len(own)]
        off.append(np.linalg.norm(points - truth[frame], axis=1)[lips])
    assert np.mean(off) < 3e-4 and np.max(off) < 2e-3


def test_a_gaze_and_a_nod_arrive(file: GlbFile, take: Content) -> None:
    truth = open_head().vertices(person(), take.motion)
    for part in ("eye_left", "eye_right"):
        own = open_head().topology.part_vertices(part)
        for frame in (0, 4, 9):
            points = file.posed(part, frame / 25)[: len(own)]
            assert np.linalg.norm(points - truth[frame, own], axis=1).max() < 1e-3, "a chord, not an arc"


def test_layers_with_tracks_of_their_own_are_refused(take: Content) -> None:
    assert take.rig is not None
    surface = Surface(head_surface(take.rig).parts, {"breath": np.zeros(12)})
    fault = ArkitGlb().can_hold(replace(take, surface=surface))
    assert fault == "layers with morphs of their own, which have no ARKit names"
    assert "movement beyond ARKit's 52 shapes" in ArkitGlb().leaves_out(take)


def test_layers_on_the_jaw_open_with_it(take: Content) -> None:
    assert take.rig is not None
    parts = head_surface(take.rig).parts
    (teeth,) = (part for part in parts if part.name == "teeth_lower")
    layer = replace(teeth, name="moustache", morph_names=(), morphs=np.zeros((0, *teeth.points.shape), np.float32))
    model = arkit_model(replace(take, surface=Surface((*parts, layer))))
    assert "jawOpen" in model.parts[-1].morph_names
