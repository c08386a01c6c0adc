from __future__ import annotations

import argparse
import json
import sys

import pytest
from PIL import Image

from xtalker.cli import console
from xtalker.cli import direction as verb
from xtalker.direction.drawing import draw, shown_duration_s
from xtalker.values import InputError, OutputError
from xtalker.values.direction import CameraWish, Direction, EmotionKey, EmotionWish, HeadWish

_FILE = """
emotion: [{at: 0, is: neutral}, {at: 1.2, is: happy, level: 1.4}, {at: 4, text: "costs $5 \\\\ more"}]
head: {style: energetic TED talk}
camera: {move: "slow orbit left, then push in, cut to close-up at 6 s", at: 2.0}
"""


def _run(*arguments: str) -> console.Report:
    parser = argparse.ArgumentParser()
    verb.add_to(parser.add_subparsers(required=True))
    given = parser.parse_args(["direction", *arguments])
    return given.run(given)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "take.yaml"
    path.write_text(_FILE)
    return path


def test_show_draws_a_picture(written, tmp_path):
    report = _run("show", str(written), "-o", str(tmp_path / "plot.png"))
    with Image.open(tmp_path / "plot.png") as picture:
        colours = picture.convert("RGB").getcolors(1 << 20)
        assert picture.width > 800 and colours is not None and len(colours) > 50
    assert json.loads(json.dumps(report.figures))["made"] == [str(tmp_path / "plot.png")]


def test_the_picture_follows_the_direction(tmp_path):
    pictures = []
    for name, level in (("a", 0.5), ("b", 2.0)):
        direction = Direction(emotion=(EmotionKey(1.0, (EmotionWish("is", "happy", level),)),))
        draw(direction, tmp_path / f"{name}.png", 10.0)
        pictures.append((tmp_path / f"{name}.png").read_bytes())
    assert pictures[0] != pictures[1]


def test_check_reports(written):
    report = _run("check", str(written), "--json")
    assert report.figures["direction"]["head"][0]["style"] == "energetic TED talk"
    assert any("3 keys" in line for line in report.lines)


def test_check_reads_the_words_too(tmp_path):
    path = tmp_path / "take.yaml"
    path.write_text("head: blorp")
    with pytest.raises(InputError, match="no known style"):
        _run("check", str(path))


def test_without_matplotlib_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(InputError, match=r"pip install 'xtalker\[plots\]'"):
        draw(Direction(), tmp_path / "plot.png", 10.0)
    assert not list(tmp_path.iterdir())


def test_bad_places(written, tmp_path):
    with pytest.raises(OutputError, match="unknown kind"):
        _run("show", str(written), "-o", str(tmp_path / "plot.exe"))
    with pytest.raises(SystemExit):
        _run("show", str(written), "-o", str(tmp_path / "plot.png"), "--duration", "nan")


def test_length_of_the_time_line():
    assert shown_duration_s(Direction()) == 10.0
    assert shown_duration_s(Direction(head=(HeadWish(20.0, "nod"),), camera=(CameraWish("orbit"),))) == 24.0
