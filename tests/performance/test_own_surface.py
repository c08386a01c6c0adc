"""What files with a mesh show of a person."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.performance.own_surface import hair_part, own_surface
from xtalker.render.hair import grown
from xtalker.render.scene import build_scene
from xtalker.values import Identity, Motion
from xtalker.values.appearance import Appearance, HairStyle
from xtalker.values.rig import Rig
from xtalker.values.surface import SurfacePart


@pytest.fixture(scope="module")
def style() -> HairStyle:
    picture = np.zeros((260, 220, 4), np.uint8)
    return HairStyle((0.03,) * 15, (0.5,) * 5, 0.12, (0.10, 0.06, 0.03), picture)


@pytest.fixture(scope="module")
def person() -> tuple[OpenHead, Identity, Rig]:
    head, identity = OpenHead(), Identity()
    rig = rig_of(head, identity)
    assert rig is not None
    return head, identity, rig


def test_hair_moves_in_files_as_it_does_in_pictures(person: tuple[OpenHead, Identity, Rig], style: HairStyle) -> None:
    head, identity, rig = person
    scene = build_scene(head.topology)
    part = hair_part(scene, head, rig, style)
    assert part is not None and part.material.picture is not None
    motion = Motion.zeros(2)
    motion.head[1] = (0.2, 0.4, 0.1)
    with_hair, hair = grown(scene, head.topology, rig.neutral, style)
    assert hair is not None
    rows = with_hair.matrix(head.topology.num_vertices)[with_hair.parts["hair"]]
    pictures = np.stack([rows @ vertices for vertices in head.vertices(identity, motion)])
    turn = np.linalg.norm(pictures[1] - pictures[0], axis=1).max()
    off = np.linalg.norm(_by_joints(part, rig, motion) - pictures, axis=-1)
    assert turn > 0.03 and off.max() < 0.002, "shoulders follow the head a little, which their two joints share"


def _by_joints(part: SurfacePart, rig: Rig, motion: Motion) -> np.ndarray:
    shares = np.zeros((len(part.points), len(rig.joints)))
    np.add.at(shares, (np.arange(len(shares))[:, None], part.joint_index), part.joint_weight.astype(float))
    names = [joint.name for joint in rig.joints]
    assert shares[:, [k for k, name in enumerate(names) if name not in ("root", "head")]].max() < 1e-3
    turns = matrix_from_axis_angle(motion.head.astype(float))
    head = shares[:, names.index("head")][None, :, None]
    return np.asarray(part.points + head * (part.points @ turns.transpose(0, 2, 1) - part.points))


def test_colours_of_the_locks_lie_where_their_points_lie(
    person: tuple[OpenHead, Identity, Rig], style: HairStyle
) -> None:
    head, _, rig = person
    part = hair_part(build_scene(head.topology), head, rig, style)
    _, hair = grown(build_scene(head.topology), head.topology, rig.neutral, style)
    assert part is not None and hair is not None and part.uv is not None and part.material.picture is not None
    picture = part.material.picture
    height, width = picture.shape[:2]
    column = np.clip((part.uv[:, 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - part.uv[:, 1]) * height).astype(int), 0, height - 1)
    wanted = np.rint(255 * np.clip(hair.tones, 0, 1) ** (1 / 2.2))
    assert np.abs(picture[row, column] - wanted).max() <= 1


def test_a_person_has_skin_with_a_normal_map_and_hair(person: tuple[OpenHead, Identity, Rig], style: HairStyle) -> None:
    head, identity, rig = person
    texture = np.full((1024, 1024, 4), 120, np.uint8)
    looks = Appearance(texture, (0.1, 0.2, 0.3), (0.05, 0.04, 0.03), style=style)
    for appearance in (None, looks):
        surface = own_surface(head, identity, rig, appearance)
        parts = {part.name: part for part in surface.parts}
        assert ("hair" in parts) == (appearance is not None)
        bumps = parts["skin"].material.normal_map
        assert bumps is not None and np.abs(bumps.astype(int) - [128, 128, 255]).max() > 10
        assert parts["skin"].material.picture is not None
    assert parts["lashes"].material.colour == looks.hair
