"""Files that failed once, and generators of the same kinds: each with what should happen."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

Check = Callable[[Path], None]


def run(folder: Path, shared: Path) -> dict[str, Any]:
    """Try all of them; `failed` says what came instead."""
    tried: dict[str, Callable[[], None]] = {}
    if shared.is_dir():
        for name, check in CASES.items():
            for path in sorted(shared.glob(name)):
                tried[f"{path.parent.name}/{path.name}"] = _bound(check, path)
    for name, (make, check) in generators().items():
        tried[f"made/{name}"] = _made(make, check, folder / name)
    failed = {}
    for name, attempt in tried.items():
        try:
            attempt()
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"[:300]
    return {
        "tried": len(tried), "passed": len(tried) - len(failed), "shared": shared.is_dir(),
        "holds": not failed, "failed": failed,
    }  # fmt: skip


def _bound(check: Check, path: Path) -> Callable[[], None]:
    return lambda: check(path)


def _made(make: Callable[[Path], object], check: Check, path: Path) -> Callable[[], None]:
    def attempt() -> None:
        make(path)
        check(path)

    return attempt


class _Said(logging.Handler):
    """What the library says while something is tried."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage() + "\n"

    def __enter__(self) -> _Said:
        logging.getLogger("xtalker").addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        logging.getLogger("xtalker").removeHandler(self)


def speaks(seconds: float, says: str = "") -> Check:
    """Heard for so long, carried by a film likewise, and said."""

    def check(path: Path) -> None:
        from xtalker.render.sound_track import SoundTrack
        from xtalker.speech import load_audio

        with _Said() as said:
            audio = load_audio(path)
        assert abs(audio.duration_s - seconds) < 0.3, f"{audio.duration_s} s"
        assert says in said.text, said.text
        assert np.isfinite(audio.samples).all() and np.abs(audio.samples).max() > 0.01, "silent"
        with SoundTrack(path) as track:
            assert max(np.abs(track.take(1024)).max() for _ in range(200)) > 0.01, "a silent film"

    return check


def refused(read: Callable[[Path], object], text: str) -> Check:
    """One sentence with this in it."""

    def check(path: Path) -> None:
        from xtalker.values import XtalkerError

        try:
            read(path)
        except XtalkerError as error:
            assert text in str(error) and "\n" not in str(error), str(error)
        else:
            raise AssertionError("taken")

    return check


def _sound(path: Path) -> object:
    from xtalker.speech import load_audio

    return load_audio(path)


def _film(path: Path) -> object:
    from xtalker.capture.video import read_video

    return list(read_video(path))


def _picture(path: Path) -> object:
    from xtalker.capture import load_portrait

    return load_portrait(path)


def _motion(path: Path) -> object:
    from xtalker.performance.importing import read_motion_file

    return read_motion_file(path)


def _clip(path: Path) -> object:
    from xtalker.train.clips import read_clip

    return read_clip(path)


def _array(path: Path) -> object:
    from xtalker.values.files import read_array

    return read_array(path, kind="array", max_bytes=1 << 26)


def _recording(path: Path) -> None:
    from xtalker.export.read_arkit import read_arkit

    motion, notes = read_arkit(path)
    assert motion.num_frames == 54 and notes, motion.num_frames


def _directed(path: Path) -> None:
    from xtalker.direction.file import read_direction

    assert read_direction(path).emotion


def _checked(path: Path) -> object:
    from xtalker.direction.file import read_direction
    from xtalker.performance.wishes import check_emotions

    return check_emotions(read_direction(path))


def _a_miss(path: Path) -> None:
    """In the place of a cached feature: computed again."""
    from xtalker.assets import cache_folder
    from xtalker.speech import extract_features, load_encoder
    from xtalker.values import Audio

    before = os.environ.get("XTALKER_CACHE")
    own = tempfile.TemporaryDirectory(prefix="xtalker-robust-")  # never beside the case, which is not ours
    os.environ["XTALKER_CACHE"] = own.name
    try:
        audio = Audio(np.full(16_000, 0.1, np.float32))
        encoder = load_encoder("log-mel")
        fresh = extract_features(audio, encoder)
        for entry in cache_folder("features").glob("*.npz"):
            shutil.copy(path, entry)
        assert np.array_equal(extract_features(audio, encoder).linguistic, fresh.linguistic)
    finally:
        os.environ.pop("XTALKER_CACHE")
        os.environ.update({} if before is None else {"XTALKER_CACHE": before})
        own.cleanup()


CASES: Final[dict[str, Check]] = {
    "media/sound_shorter_than_picture.mp4": speaks(2.05),
    "media/ima_adpcm_48k.wav": speaks(4.04),
    "media/ms_adpcm_44k_stereo.wav": speaks(4.02),
    "media/stereo_antiphase.wav": speaks(4.0, "cancel each other"),
    "media/gap600.mkv": speaks(600.1),
    "media/two_*": speaks(2.1),
    "media/unknown_codec.wav": refused(_sound, "the codec of the sound is not known"),
    "media/unknown_codec.mp4": refused(_film, "the codec of the pictures is not known"),
    "media/unknown_codec.avi": refused(_film, "the codec of the pictures is not known"),
    "media/unknown_codec.m4a": speaks(0.83),
    "media/empty_item.avif": refused(_picture, "the picture is damaged"),
    "npz/bomb_2g.npz": refused(_motion, "motion file"),
    "npz/header_token.npz": refused(_motion, "damaged motion file"),
    "npz/clip_*.npz": refused(_clip, "damaged training clip"),
    "npz/zip_head.npy": refused(_array, "damaged array"),
    "npz/feature_method99.npz": _a_miss,
    "npz/shape1e4.npz": refused(_motion, "not that of a head"),
    "text/comma.yaml": refused(_directed, "with a point, such as 0.5"),
    "text/joy.yaml": _directed,
    "text/nolist.yaml": _directed,
    "text/strnum.yaml": _directed,
    "text/missimg.yaml": refused(_checked, "cannot read the portrait"),
    "text/zh2.yaml": refused(_checked, "no known word"),
    "text/emoji.yaml": refused(_checked, "no known word"),
    "arkit/*.csv": _recording,
}  # fmt: skip


def generators() -> dict[str, tuple[Callable[[Path], object], Check]]:
    """The same kinds, made here."""
    from tests.media import files

    def antiphase(path: Path) -> None:
        wave = files.tone(2)
        files.write_sound(path, np.stack([wave, -0.9 * wave]), "pcm_f32le", layout="stereo")

    def heic(path: Path) -> None:
        path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))

    return {
        "shorter.mp4": (lambda p: files.write_film(p, picture_s=5, sound=files.tone(2)), speaks(2.0)),
        "late.mp4": (
            lambda p: files.write_film(p, picture_s=3, sound=files.tone(3), picture_from_s=0.6), speaks(2.4)),
        "ima.wav": (lambda p: files.write_sound(p, files.tone(3, 48_000), "adpcm_ima_wav", rate_hz=48_000), speaks(3)),
        "anti.wav": (antiphase, speaks(2, "cancel each other")),
        "pause.mkv": (lambda p: files.write_sound(p, files.tone(0.4), "flac", pause_s=3000), speaks(3000.4)),
        "unknown.wav": (files.write_unknown_wav, refused(_sound, "the codec of the sound is not known")),
        "huge.mov": (lambda p: files.write_huge_pictures(p, side=9000, count=1), refused(_film, "36 megapixels")),
        "phone.heic": (heic, refused(_picture, "HEIC pictures are not read")),
    }  # fmt: skip
