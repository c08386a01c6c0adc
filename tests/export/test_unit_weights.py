"""Weights from 0 to 1 are the same movement."""

import numpy as np
import pytest

from xtalker.export.unit_weights import in_unit_range
from xtalker.values.surface import SurfaceMaterial, SurfacePart

NAMES = ("smile", "blink", "jaw")


def _part(names: tuple[str, ...], morphs: np.ndarray) -> SurfacePart:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    return SurfacePart(
        "face", points, np.array([[0, 1, 2]]), SurfaceMaterial("face"), np.zeros((3, 4), np.int32),
        np.eye(4)[[0, 0, 0]], morph_names=names, morphs=morphs,
    )  # fmt: skip


def _moved(part: SurfacePart, tracks: dict[str, np.ndarray]) -> np.ndarray:
    weights = np.stack([tracks[name] for name in part.morph_names], axis=1)
    return part.points + np.einsum("fm,mpc->fpc", weights, part.morphs)


def test_same_surface_with_all_weights_inside() -> None:
    random = np.random.default_rng(0)
    part = _part(NAMES, random.normal(size=(3, 3, 3)).astype(np.float32))
    tracks = {name: random.uniform(-2.5, 3.5, 40) for name in NAMES}
    (split,), inside = in_unit_range((part,), tracks)
    assert set(inside) == {f"{name}{more}" for name in NAMES for more in ("", "_below", "_above")}
    assert all(track.min() >= 0 and track.max() <= 1 for track in inside.values())
    np.testing.assert_allclose(_moved(split, dict(inside)), _moved(part, tracks), atol=1e-6)


def test_between_frames_too() -> None:
    """Programs interpolate weights linearly: half way between -0.4 and 0.6 there is 0.1."""
    part = _part(("smile",), np.ones((1, 3, 3), np.float32))
    (split,), inside = in_unit_range((part,), {"smile": np.array([-0.4, 0.6, 1.8])})
    half = {name: (track[:-1] + track[1:]) / 2 for name, track in inside.items()}
    np.testing.assert_allclose(_moved(split, half)[:, 0, 0], [0.1, 1.2], atol=1e-6)


def test_what_stays_inside_is_left_alone() -> None:
    part = _part(("smile",), np.ones((1, 3, 3), np.float32))
    (same,), inside = in_unit_range((part,), {"smile": np.linspace(0, 1, 5)})
    assert same is part and list(inside) == ["smile"]


def test_a_morph_keeps_its_meaning() -> None:
    morphs = np.random.default_rng(1).normal(size=(1, 3, 3)).astype(np.float32)
    (split,), _ = in_unit_range((_part(("smile",), morphs),), {"smile": np.array([-3.0, 4.0])})
    np.testing.assert_array_equal(split.morphs[0], morphs[0])
    assert split.morph_names == ("smile", "smile_below", "smile_above")


@pytest.mark.parametrize("kind", ["absent", "still"])
def test_parts_without_the_morph_stay_as_they_are(kind: str) -> None:
    part = _part(("blink",), np.ones((1, 3, 3), np.float32))
    tracks = {"blink": np.zeros(2), "smile": np.array([-1.0, 0.0])}
    others = (part,) if kind == "absent" else (part, _part(("smile",), np.zeros((1, 3, 3), np.float32)))
    parts, inside = in_unit_range(others, tracks)
    assert all(mine is given for mine, given in zip(parts, others, strict=True)) and set(inside) == {"blink", "smile"}
