"""What is behind the head: exact colours, pictures that fill the frame, cover that gives the same picture again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xtalker.render.background import check_background, read_background
from xtalker.render.head_renderer import HeadRenderer
from xtalker.values import InputError, MeshTopology

Tiny = tuple[np.ndarray, MeshTopology]
SIZE = 96
OWN = ((0.4, 0.5, 0.6), (0.2, 0.1, 0.0))


def test_words_become_colours() -> None:
    assert read_background(None, OWN, 5, 3).shape == (3, 1, 3)
    np.testing.assert_allclose(read_background(None, OWN, 5, 3)[[0, -1], 0], OWN, atol=1e-6)
    np.testing.assert_allclose(read_background("#ff8000", OWN, 5, 3)[:, 0] * 255, [[255, 128, 0]] * 3, atol=1e-4)
    assert read_background("white", OWN, 5, 3).min() == 1 and read_background("transparent", OWN, 5, 3).max() == 0


def test_a_picture_fills_the_frame_from_its_middle(tmp_path: Path) -> None:
    wide = np.zeros((20, 80, 3), np.uint8)
    wide[:, 30:50] = (10, 200, 30)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    backdrop = read_background(str(tmp_path / "wide.png"), OWN, 40, 40)
    assert backdrop.shape == (40, 40, 3)
    np.testing.assert_allclose(backdrop[5:-5, 5:-5] * 255, np.broadcast_to((10, 200, 30), (30, 30, 3)), atol=1.5)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("absent.png", None, "cannot read the background: received .*no such file"),
        ("empty.png", b"", "an empty file"),
        ("text.png", b"not a picture", "not a picture: received .*; accepted: 'transparent', a colour"),
    ],
)
def test_unusable_backgrounds(tmp_path: Path, name: str, content: bytes | None, text: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=text):
        read_background(str(tmp_path / name), OWN, 8, 8)
    if not content:
        with pytest.raises(InputError, match=text):
            check_background(str(tmp_path / name))


def _renderer(tiny: Tiny, background: str | None) -> HeadRenderer:
    return HeadRenderer(tiny[1], tiny[0], width=SIZE, height=SIZE, background=background)


def test_head_over_a_colour_is_the_picture_with_that_colour(tiny: Tiny) -> None:
    """Colour and cover of a transparent picture, put over white or black, give the pictures that have them behind."""
    clear = _renderer(tiny, "transparent")
    camera = clear.portrait_camera()
    frame = clear.render(tiny[0], camera)
    assert frame.alpha is not None
    cover = frame.alpha[..., None] / 255
    assert set(np.unique(frame.alpha[frame.depth == 0])) == {0} and frame.alpha.max() == 255
    assert ((frame.alpha > 0) & (frame.alpha < 255)).sum() > 50, "edges are covered in part"
    for name, level in (("white", 255.0), ("black", 0.0)):
        behind = _renderer(tiny, name).render(tiny[0], camera)
        assert behind.alpha is None
        np.testing.assert_allclose(frame.rgb * cover + level * (1 - cover), behind.rgb, atol=1.6)


def test_a_picture_is_seen_where_the_head_is_not(tiny: Tiny, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "noise.png")
    renderer = _renderer(tiny, str(tmp_path / "noise.png"))
    frame = renderer.render(tiny[0], renderer.portrait_camera())
    nothing = frame.depth == 0
    assert nothing.mean() > 0.2
    np.testing.assert_array_equal(frame.rgb[nothing], picture[nothing])
