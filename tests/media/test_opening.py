"""Films from anywhere: sizes are judged before anything of that size is decoded, codecs that are unknown are named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.media.files import rename_codec, tone, write_film, write_huge_pictures

from xtalker.capture import count_frames, read_video
from xtalker.values import InputError

_PEAK = """
import resource, sys
from xtalker.capture.video import read_video
from xtalker.values import InputError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    list(read_video(sys.argv[1]))
except InputError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_picture_larger_than_is_taken_is_never_decoded(tmp_path: Path) -> None:
    path = write_huge_pictures(tmp_path / "a.mov", side=9_000, count=1)
    done = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True)
    said, grown_kb = done.stdout.splitlines()
    assert "36 megapixels" in said and int(grown_kb) < 100_000  # one picture takes 240,000


def test_unknown_codecs_of_pictures_are_named(tmp_path: Path) -> None:
    path = rename_codec(write_film(tmp_path / "a.mp4", picture_s=1, sound=tone(1)), b"avc1", b"zzz9")
    for read in (count_frames, lambda p: list(read_video(p))):
        with pytest.raises(InputError, match=r"the codec of the pictures is not known: received .*zzz9"):
            read(path)
