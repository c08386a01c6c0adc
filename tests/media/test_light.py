"""HDR pictures mean light: the same light gives the same picture, however it is written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorTrc

from xtalker.capture import read_video
from xtalker.media.light import to_standard

PQ, HLG = int(ColorTrc.SMPTE2084), int(ColorTrc.ARIB_STD_B67)


def pq_codes(nits: np.ndarray) -> np.ndarray:
    """BT.2100 table 4, inverse EOTF, as 16-bit numbers."""
    y = (nits / 10_000) ** 0.1593017578125
    return np.rint(65_535 * ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375).astype(np.uint16)


def hlg_codes(nits: np.ndarray) -> np.ndarray:
    """BT.2100 table 5 for greys on a display of 1000 cd/m2."""
    scene = (nits / 1000) ** (1 / 1.2)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)
    return np.rint(65_535 * code).astype(np.uint16)


@pytest.mark.parametrize(("codes", "transfer"), [(pq_codes, PQ), (hlg_codes, HLG)])
def test_greys_below_the_knee_are_shown_as_the_standard_picture_shows_them(codes, transfer: int) -> None:
    shown = np.arange(10, 205, 5)
    nits = 203 * (shown / 255) ** 2.4
    grey = np.repeat(codes(nits)[None, :, None], 3, axis=2)
    out = to_standard(grey, transfer).astype(int)
    assert np.abs(out - shown[None, :, None]).max() <= 1


@pytest.mark.parametrize(("codes", "transfer"), [(pq_codes, PQ), (hlg_codes, HLG)])
def test_brighter_light_never_looks_darker_and_keeps_its_hue(codes, transfer: int) -> None:
    grey = np.repeat(codes(np.geomspace(0.1, 1000, 400))[None, :, None], 3, axis=2)
    out = to_standard(grey, transfer)
    assert np.all(np.diff(out[0, :, 0].astype(int)) >= 0) and out.max() >= 250
    assert np.ptp(out.astype(int), axis=2).max() <= 1


def test_a_colour_of_the_narrower_space_comes_back() -> None:
    """BT.709's red in BT.2020's numbers (BT.2087)."""
    red = 203 * np.array([0.6274, 0.0691, 0.0164]) * 0.5
    out = to_standard(pq_codes(red)[None, None], PQ)[0, 0].astype(int)
    np.testing.assert_allclose(out, [255 * 0.5 ** (1 / 2.4), 0, 0], atol=6)


def test_a_film_says_itself_that_it_is_hdr(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    grey = pq_codes(np.array(203 * (120 / 255) ** 2.4))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "gbrp10le"
        stream.codec_context.color_trc, stream.codec_context.color_primaries = PQ, 9
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), grey, np.uint16), "rgb48le")
            frame = frame.reformat(format="gbrp10le")
            frame.pts, frame.time_base, frame.color_trc = number, Fraction(1, 25), PQ
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = next(iter(read_video(path))).rgb
    assert np.abs(shown.astype(int) - 120).max() <= 2
