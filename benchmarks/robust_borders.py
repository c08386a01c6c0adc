"""Every border that takes files: seeds to mangle, and what reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Border:
    """One way in.

    Attributes:
        seeds: writes good files into a folder and gives their paths.
        read: takes a mangled one and the folder; gives None, or the name of a fault in what was made of it.
    """

    seeds: Callable[[Path], list[Path]]
    read: Callable[[Path, Path], str | None]


def _sounds(folder: Path) -> list[Path]:
    from tests.media.files import tone, write_film, write_sound

    wave = tone(0.5)
    kinds = {"a.wav": "pcm_s16le", "b.mp3": "libmp3lame", "c.m4a": "aac", "d.flac": "flac", "e.mkv": "flac"}
    out = [write_sound(folder / name, wave, codec) for name, codec in kinds.items()]
    out.append(write_sound(folder / "f.ogg", tone(0.5, 48_000), "libopus", rate_hz=48_000))
    out.append(write_sound(folder / "g.wav", np.stack([wave, -wave]), "pcm_f32le", layout="stereo"))
    out.append(write_sound(folder / "h.wav", tone(0.5, 48_000), "adpcm_ima_wav", rate_hz=48_000))
    return [*out, write_film(folder / "i.mp4", picture_s=0.5, sound=wave)]


def _films(folder: Path) -> list[Path]:
    from tests.media.files import tone, write_film

    return [write_film(folder / f"a{end}", picture_s=0.4, sound=tone(0.3)) for end in (".mp4", ".mkv", ".mov", ".avi")]


def _pictures(folder: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    image = Image.fromarray(np.clip(rng.normal(120, 40, (80, 96, 3)), 0, 255).astype(np.uint8))
    out = []
    for name in ("a.png", "a.jpg", "a.webp", "a.gif", "a.tiff", "a.bmp", "a.avif"):
        image.save(folder / name)
        out.append(folder / name)
    return out


def _motions(folder: Path) -> list[Path]:
    from xtalker.export.motion_npz import write_motion
    from xtalker.values import Identity, Motion
    from xtalker.values.tracks import CameraTrack, EmotionTrack, Tracks

    one = np.ones(12)
    camera = CameraTrack(0 * one, 0 * one, 0 * one, one, 0.5 * one, np.zeros((12, 2)), one > 2)
    tracks = Tracks(emotion=EmotionTrack(np.full((12, 7), 0.1, np.float32)), camera=camera)
    write_motion(folder / "a.npz", Motion.zeros(12), Identity(), card={"made_by": "a test"}, tracks=tracks)
    with np.load(folder / "a.npz") as file:
        np.savez_compressed(folder / "b.npz", **dict(file))
    np.savez(folder / "c.npz", latent=np.zeros((9, 284), np.float32))
    np.savez(folder / "d.npz", exp=np.zeros((9, 50), np.float32), pose=np.zeros((9, 6), np.float32), fps=np.array(30))
    names = np.array(["mouth_stretch_c", "brow_raise_c"])
    np.savez(folder / "e.npz", bs=np.full((9, 2), 0.2, np.float32), names=names, fps=np.array(30))
    return [folder / f"{name}.npz" for name in "abcde"]


def _tables(folder: Path) -> list[Path]:
    from xtalker.export.arkit_names import ARKIT_COLUMNS

    header = ["Timecode", "BlendshapeCount", *ARKIT_COLUMNS]
    rows = [[f"00:00:00:{n:02d}.000", "61", *["0.1"] * len(ARKIT_COLUMNS)] for n in range(12)]
    out = []
    for name, mark in (("a.csv", ","), ("b.csv", ";"), ("c.csv", "\t")):
        (folder / name).write_text("\n".join(mark.join(line) for line in [header, *rows]))
        out.append(folder / name)
    return out


def _directions(folder: Path) -> list[Path]:
    content = {
        "emotion": [{"at": 0, "is": "happy", "level": 1.2}, {"at": 2, "text": "tired but hopeful", "ease": 0.5}],
        "head": [{"style": "nod twice", "amount": 1.0}], "gaze": {"target": "left", "wander": 0.2},
        "blink": {"rate": 0.3}, "camera": [{"move": "slow push in", "at": 1}], "accents": 1.0, "seed": 4,
    }  # fmt: skip
    (folder / "a.json").write_text(json.dumps(content, indent=1))
    (folder / "b.yaml").write_text("emotion: 'happy:1.2@0.5, sad@3'\nhead: nod, then look left\nseed: 3\n")
    (folder / "c.yaml").write_text(json.dumps(content))
    return [folder / "a.json", folder / "b.yaml", folder / "c.yaml"]


def _clips(folder: Path) -> list[Path]:
    from tests.tiny.clips import tiny_clip

    from xtalker.train.clips import write_clip

    return [write_clip(folder, tiny_clip("one", seed=0, num_frames=20))]


def _templates(folder: Path) -> list[Path]:
    from xtalker.emotion.templates import load_templates, save_templates

    save_templates(folder / "a.npz", load_templates())
    return [folder / "a.npz"]


def _generators(folder: Path) -> list[Path]:
    from tests.tiny.generator import write_tiny_generator

    return [write_tiny_generator(folder / "a.safetensors")]


def _features(folder: Path) -> list[Path]:
    np.savez(folder / "a.npz", linguistic=np.zeros((25, 80), np.float16))
    return [folder / "a.npz"]


def _hear(path: Path, folder: Path) -> str | None:
    from xtalker.speech import load_audio

    return None if np.isfinite(load_audio(path, max_duration_s=600).samples).all() else "not finite"


def _carry(path: Path, folder: Path) -> str | None:
    from xtalker.render.sound_track import SoundTrack

    with SoundTrack(path) as track:
        return None if all(np.isfinite(track.take(1024)).all() for _ in range(40)) else "not finite"


def _watch(path: Path, folder: Path) -> None:
    from itertools import islice

    from xtalker.capture.video import count_frames, read_video

    count_frames(path)
    for _ in islice(read_video(path), 300):
        pass


def _look(path: Path, folder: Path) -> None:
    from xtalker.capture import load_portrait

    load_portrait(path)


def _import(path: Path, folder: Path) -> str | None:
    from xtalker.performance.importing import read_motion_file

    return None if np.isfinite(read_motion_file(path).motion.to_matrix()).all() else "not finite"


def _direct(path: Path, folder: Path) -> None:
    from xtalker.direction.file import read_direction

    read_direction(path)


def _learn(path: Path, folder: Path) -> None:
    from xtalker.train.clips import read_clip

    read_clip(path)


def _express(path: Path, folder: Path) -> None:
    from xtalker.emotion.templates import load_templates

    load_templates(path)


def _generate(path: Path, folder: Path) -> str | None:
    from tests.tiny.speech import tiny_features

    from xtalker.generator import Generator
    from xtalker.values.human import require_human

    motion = Generator.from_checkpoint(path).generate(tiny_features(30), seed=0)
    require_human(motion, source=path)
    return None if np.isfinite(motion.to_matrix()).all() else "not finite"


def _remember(path: Path, folder: Path) -> str | None:
    """A mangled entry in the cache is a miss."""
    import shutil

    from xtalker.assets import cache_folder
    from xtalker.speech import extract_features, load_encoder
    from xtalker.values import Audio

    audio, encoder = Audio(np.full(16_000, 0.1, np.float32)), load_encoder("log-mel")
    entries = list(cache_folder("features").glob("*.npz"))
    for entry in entries:
        shutil.copy(path, entry)
    return None if np.isfinite(extract_features(audio, encoder).linguistic).all() else "not finite"


def _command(*arguments: str) -> Callable[[Path, Path], str | None]:
    """Through the command line: one line and a known exit code, and a good output that stays as it is."""

    def run(path: Path, folder: Path) -> str | None:
        import io
        from contextlib import redirect_stderr, redirect_stdout

        from xtalker.cli.main import main
        from xtalker.values import InputError

        out, err = folder / "out" / "precious.csv", io.StringIO()
        out.parent.mkdir(exist_ok=True)
        out.write_text("precious")
        given = [{"IN": str(path), "OUT": str(out)}.get(word, word) for word in arguments]
        with redirect_stdout(io.StringIO()), redirect_stderr(err):
            code = main(given)
        if code == 1:
            lines = [line for line in err.getvalue().splitlines() if "warning:" not in line]
            if len(lines) != 1 or out.read_text() != "precious":
                return "half file"
            raise InputError("refused", received="it", accepted="-", next_step="-")
        return None if code == 0 else "exit 70"

    return run


BORDERS: Final[dict[str, Border]] = {
    "sound": Border(_sounds, _hear),
    "sound of a film": Border(_sounds, _carry),
    "video": Border(_films, _watch),
    "picture": Border(_pictures, _look),
    "motion": Border(_motions, _import),
    "table": Border(_tables, _import),
    "direction": Border(_directions, _direct),
    "training clip": Border(_clips, _learn),
    "templates": Border(_templates, _express),
    "checkpoint": Border(_generators, _generate),
    "cached features": Border(_features, _remember),
    "xtalker export motion": Border(_motions, _command("export", "IN", "-o", "OUT", "--quiet")),
    "xtalker export table": Border(_tables, _command("export", "IN", "-o", "OUT", "--quiet")),
    "xtalker direction check": Border(_directions, _command("direction", "check", "IN", "--quiet")),
}
