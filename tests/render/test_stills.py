from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xtalker.render import contact_sheet, write_png
from xtalker.values import InputError, OutputError


def tiles(count: int) -> list[np.ndarray]:
    return [np.full((4, 6, 3), 10 * (i + 1), np.uint8) for i in range(count)]


def test_sheet_places_frames_row_by_row() -> None:
    sheet = contact_sheet(tiles(5), 3)
    assert sheet.shape == (8, 18, 3)
    assert sheet[::4, ::6, 0].tolist() == [[10, 20, 30], [40, 50, 0]]


def test_few_frames_make_a_narrow_sheet() -> None:
    assert contact_sheet(tiles(2), 5).shape == (4, 12, 3)
    with pytest.raises(InputError, match="no frames"):
        contact_sheet([], 3)


def test_png_is_lossless_and_whole(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, size=(9, 7, 3)).astype(np.uint8)
    write_png(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), picture)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    with pytest.raises(OutputError, match=r"accepted: \.png"):
        write_png(tmp_path / "a.jpg", picture)
