"""Layers out of what is stored of them."""

from __future__ import annotations

import numpy as np

from xtalker.appearance.completion import completed_background, completed_person


def _layers(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    photo, other = random.integers(0, 256, (2, 24, 30, 3), dtype=np.uint8)
    cover = np.zeros((24, 30), np.uint8)
    cover[8:, 10:20], cover[10:, 12:18] = 128, 255
    return photo, other, cover


def test_where_all_is_person_the_photo_is_and_where_some_is_its_edges() -> None:
    photo, edges, cover = _layers()
    out = completed_person(edges, photo, cover)
    np.testing.assert_array_equal(out[cover == 255], photo[cover == 255])
    np.testing.assert_array_equal(out[cover == 128], edges[cover == 128])


def test_beyond_the_edge_colours_go_on_for_six_pixels_by_the_mean_of_known_neighbours() -> None:
    photo, edges, cover = _layers(1)
    out = completed_person(edges, photo, cover)
    wanted = np.where((cover == 255)[..., None], photo, edges).astype(int)
    known = cover > 0
    for _ in range(6):
        before, had = wanted.copy(), known.copy()
        for y, x in zip(*np.nonzero(~had)):
            part = np.s_[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            if had[part].any():
                wanted[y, x], known[y, x] = before[part][had[part]].sum(0) // had[part].sum(), True
    wanted[~known] = 0
    np.testing.assert_array_equal(out, wanted)
    assert not known.all()


def test_what_is_stored_of_a_layer_is_enough() -> None:
    """Colours outside of the partial cover (of the cover, for the background) have no influence."""
    photo, other, cover = _layers(2)
    partial = ((cover > 0) & (cover < 255))[..., None]
    np.testing.assert_array_equal(
        completed_person(np.where(partial, other, 0).astype(np.uint8), photo, cover),
        completed_person(other, photo, cover),
    )
    some = (cover > 0)[..., None]
    behind = completed_background(other, photo, cover)
    np.testing.assert_array_equal(completed_background(np.where(some, other, 0).astype(np.uint8), photo, cover), behind)
    np.testing.assert_array_equal(behind, np.where(some, other, photo))
