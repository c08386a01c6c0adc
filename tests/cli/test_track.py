"""`track`: a film of a face to motion; films without one are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.cli.conftest import Command, contents

from xtalker.assets import fetch
from xtalker.export.motion_npz import read_appearance, read_motion


def _write_film(path: Path, pictures: list[np.ndarray], rate: int = 25) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "12"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (lambda path: None, "cannot read the video: received film.mp4 (no such file)"),
    "folder": (Path.mkdir, "cannot read the video: received film.mp4 (a folder)"),
    "empty": (Path.touch, "cannot read the video: received film.mp4 (an empty file)"),
    "text": (lambda path: path.write_text("a film"), "damaged, cut off or none at all: received film.mp4"),
}


@pytest.mark.parametrize(("make", "text"), BAD.values(), ids=BAD)
def test_refused_before_any_model_is_loaded(
    xtalker: Command, work: Path, no_models: None, make: Callable[[Path], object], text: str
) -> None:
    make(work / "film.mp4")
    before = contents(work)
    assert text in xtalker("track", "film.mp4", "-o", "out.npz").refusal()
    assert contents(work) == before


@pytest.mark.real
def test_no_face(xtalker: Command, work: Path) -> None:
    _write_film(work / "film.mp4", [np.full((128, 128, 3), 90, np.uint8)] * 6)
    assert "too few frames show a face: received 0 of 6 frames" in xtalker("track", "film.mp4", "-o", "o.npz").refusal()
    assert list(contents(work)) == ["film.mp4"]


@pytest.mark.real
def test_a_rolling_head_at_another_rate(xtalker: Command, work: Path) -> None:
    """A still face, turned in the picture plane from frame to frame: that turn, and little else, is read."""
    face = Image.open(fetch("portrait-astronaut")).convert("RGB").crop((80, 0, 400, 320))
    degrees = np.linspace(-8, 8, 31)
    pictures = [np.asarray(face.rotate(d, Image.Resampling.BICUBIC, center=(145, 120))) for d in degrees]
    _write_film(work / "film.mp4", pictures, rate=50)
    outcome = xtalker("track", "film.mp4", "-o", "out.npz", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    assert figures["frames"] == 16 and figures["frames_with_face_share"] == 1 and figures["residual_percent"] < 4
    own = read_appearance(work / "out.npz")
    assert own is not None and own.style is not None, "the skin comes from the best frame"
    motion, identity, card = read_motion(work / "out.npz")
    assert card["made_by"] == "xtalker track" and np.abs(identity.shape).max() > 0.1
    roll = np.degrees(motion.head[:, 2])
    # Positive angles of `rotate` turn counter-clockwise as seen: towards the subject's right shoulder is negative.
    assert abs(roll[-1] - roll[0]) == pytest.approx(15.5, abs=3)
    steps = np.diff(roll)
    assert (steps > 0).all() or (steps < 0).all()
    assert motion.expression.std(axis=0).max() < 0.1
