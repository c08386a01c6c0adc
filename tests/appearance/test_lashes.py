"""Lashes over a finished picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from tests.tiny.drawn_eyes import LASH, drawn_eyes

from xtalker.appearance.eye_frame import EyeFrame
from xtalker.appearance.shut_lids import shut_eye
from xtalker.geometry.landmark_rings import LEFT_LOWER_LID, LEFT_UPPER_LID
from xtalker.render.photo_lashes import LashTexture, draw_lashes

GREY = 200


@pytest.fixture(scope="module")
def strip() -> LashTexture:
    face = drawn_eyes()
    found = shut_eye(face.rgb, face.landmarks, "left").lashes
    assert found is not None
    return LashTexture.of(found.opacity, found.colour, left=True)


def margins(scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower margin of a lid as good as shut in a picture of 120 x 200 times scale, outer corner right."""
    a = np.linspace(0.5, -0.5, 9)
    low = np.stack([100 + 80 * a, 60 + 12 * (1 - 4 * a**2)], 1) * scale
    return low - [0, 0.5 * scale], low


def drawn(strip: LashTexture, scale: float = 1.0, **more: object) -> np.ndarray:
    picture = np.full((round(120 * scale), round(200 * scale), 3), GREY, np.uint8)
    upper, lower = margins(scale)
    draw_lashes(picture, strip, upper, lower, **{"closing": 1.0, **more})  # type: ignore[arg-type]
    return picture


def ink(picture: np.ndarray) -> float:
    return float((GREY - picture.astype(float)).sum())


def test_the_strip_has_the_colour_of_the_photos_lashes(strip: LashTexture) -> None:
    assert np.abs(strip.colour - LASH).max() < 30


def test_no_paint_on_open_or_hidden_lids(strip: LashTexture) -> None:
    assert ink(drawn(strip, closing=0.0)) == 0
    assert ink(drawn(strip, visible=0.0)) == 0


def test_the_line_lies_on_the_margin_and_lashes_below_it(strip: LashTexture) -> None:
    column = drawn(strip)[:, 100].astype(float).mean(1)
    margin = margins()[0][4, 1]
    darkest = np.argmin(column) + 0.5
    assert abs(darkest - margin) < 2.5
    above, below = (GREY - column[: int(margin) - 9]).sum(), (GREY - column[int(margin) + 4 :]).sum()
    assert above == 0
    assert below > 0


def test_only_what_is_seen_of_a_margin_is_drawn(strip: LashTexture) -> None:
    half = np.where(np.arange(9) < 4, 1.0, 0.0)  # the outer half
    picture = drawn(strip, visible=half)
    assert ink(picture[:, :95]) == 0
    assert ink(picture[:, 110:]) == pytest.approx(ink(drawn(strip)[:, 110:]), rel=1e-3)


def test_a_finer_picture_shows_the_same_lashes(strip: LashTexture) -> None:
    small, large = drawn(strip).astype(float), drawn(strip, 4.0).astype(float)
    mean = large.reshape(120, 4, 200, 4, 3).mean((1, 3))
    assert np.abs(mean - small).mean() < 0.5
    assert ink(small) == pytest.approx(ink(mean), rel=0.1)


def test_lashes_come_gradually(strip: LashTexture) -> None:
    amounts = [ink(drawn(strip, closing=c)) for c in np.linspace(0, 1, 21)]
    assert all(one <= two * 1.001 for one, two in pairwise(amounts))
    assert max(np.diff(amounts)) < 0.4 * amounts[-1]


def test_a_squint_and_a_blink_do_not_push_the_lashes_over_the_lower_lid(strip: LashTexture) -> None:
    _, lower = margins()
    plain, crossed = (np.full((120, 200, 3), GREY, np.uint8) for _ in range(2))
    draw_lashes(plain, strip, lower, lower, closing=1.0)
    draw_lashes(crossed, strip, lower + np.array([0.0, 6.0]), lower, closing=1.0)
    np.testing.assert_array_equal(plain, crossed)


def test_lids_out_of_the_picture_are_no_trouble(strip: LashTexture) -> None:
    picture = np.full((50, 60, 3), GREY, np.uint8)
    upper, lower = margins()
    draw_lashes(picture, strip, upper - [500, 0], lower - [500, 0], closing=1.0)
    assert ink(picture) == 0
    draw_lashes(picture, strip, np.full((9, 2), np.nan), lower, closing=1.0)
    assert ink(picture) == 0


def test_an_enlarged_photo_has_softer_lashes() -> None:
    face = drawn_eyes()
    sharp, soft = (shut_eye(face.rgb, face.landmarks, "left", enlarged=e).lashes for e in (1.0, 4.0))
    assert sharp is not None
    assert soft is not None
    steps = [float(np.abs(np.diff(one.opacity / 255.0, axis=0)).max()) for one in (sharp, soft)]
    assert steps[1] < 0.6 * steps[0]


def test_the_margins_are_those_of_the_eye() -> None:
    face = drawn_eyes()
    frame = EyeFrame.of(face.landmarks, "left")
    assert np.allclose(np.stack(frame.pixels_of(*frame.upper.T), 1), face.landmarks[list(LEFT_UPPER_LID)])
    assert np.allclose(np.stack(frame.pixels_of(*frame.lower.T), 1), face.landmarks[list(LEFT_LOWER_LID)])
