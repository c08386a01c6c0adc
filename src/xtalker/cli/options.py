"""Argument types, and the options that verbs share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtalker.export import EXPORTERS, suffix_of
from xtalker.performance.shot import (
    DETAILS,
    MESH_LOOKS,
    MESH_SUFFIXES,
    PHOTO_LOOK,
    RATES_HZ,
    SIZES,
    Shot,
    check_photo,
)
from xtalker.render.crops import CROPS
from xtalker.render.looks import LOOKS

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]

MAX_SEED = 2**64 - 1
MAX_STEPS = 1000
MAX_FACES = 999
_SHOT_OPTIONS = {
    "look": "look", "size": "size", "fps": "frame_rate_hz", "background": "background", "depth": "depth",
    "detail": "detail", "crop": "crop", "keep_smile": "keep_smile",
}  # fmt: skip
"""Option -> what it sets in a Shot."""
_PHOTO_OPTIONS = ("crop", "keep_smile")

_MESH_OPTIONS = ("look", "keep_smile")
"""Those that also say what a file with a mesh shows."""


def add_verb(
    verbs: Verbs, name: str, run: Callable[[argparse.Namespace], object], description: str, *,
    json_to_file: bool = False, lower: str = "a smaller --size, shorter speech",
) -> argparse.ArgumentParser:  # fmt: skip
    """A parser of one verb, with the options that every verb has; `run` gets the parsed options.

    `lower` says what needs less memory.

    With `json_to_file`, `--json` may name a file; the verb writes it and leaves True or False in its place.
    """
    parser = verbs.add_parser(name, help=description, description=description, allow_abbrev=False)
    parser.set_defaults(run=run, refuse=parser.error, lower=lower)
    said = "print one JSON object on stdout, and nothing else there"
    if json_to_file:
        text = f"write all figures to a file; without a name, {said}"
        parser.add_argument("--json", nargs="?", const=True, default=False, metavar="OUT.json", help=text)
    else:
        parser.add_argument("--json", action="store_true", help=said)
    parser.add_argument("--quiet", action="store_true", help="no report and no progress bars; warnings still show")
    parser.add_argument("--debug", action="store_true", help="show tracebacks and the warnings of other packages")
    parser.add_argument(
        "--commercial-only", action="store_true", help="refuse models whose licence forbids commercial use"
    )
    return parser


def add_output(parser: argparse.ArgumentParser, metavar: str, help_text: str) -> None:
    """The option `-o`."""
    parser.add_argument(
        "-o", "--output", type=path, required=True, metavar=metavar,
        help=f"{help_text}; an existing file is replaced once the new one is whole",
    )  # fmt: skip


def video_suffixes() -> str:
    """Endings of videos, for help texts."""
    return ".mp4 .webm .mkv .mov for video with sound, .png for a folder of pictures"


def data_suffixes() -> str:
    """Endings of data files, for help texts."""
    return " ".join(EXPORTERS)


def add_flame(parser: argparse.ArgumentParser) -> None:
    """The option `--flame`."""
    parser.add_argument(
        "--flame", type=path, metavar="FLAME_FILE",
        help="your FLAME 2020 or 2023 file, for FLAME parameters (default: that of XTALKER_ASSET_FLAME)",
    )  # fmt: skip


def add_arkit(parser: argparse.ArgumentParser) -> None:
    """The option `--arkit`; `check_arkit` looks at it."""
    parser.add_argument(
        "--arkit", action="store_true",
        help="with a .glb: the full head, its morphs with ARKit's 52 names, jaw and gaze among them, for web avatars",
    )  # fmt: skip


def check_arkit(given: argparse.Namespace) -> None:
    """Refuse `--arkit` with another file than a .glb."""
    if given.arkit and suffix_of(given.output) != ".glb":
        given.refuse(f"--arkit makes a .glb, but {given.output.name} is not one")


def add_mesh_look(parser: argparse.ArgumentParser) -> None:
    """The option `--look` of data files; `check_mesh_look` looks at it."""
    parser.add_argument(
        "--look", choices=MESH_LOOKS,
        help="with a .glb, .usdc or .usdz: the photo's own layers, or the full head with the portrait's skin or "
        "generic skin (default: photo where there is a portrait; with --arkit the full head)",
    )  # fmt: skip


def check_mesh_look(given: argparse.Namespace) -> None:
    """Refuse `--look` with a file that has no mesh, or one that the mesh cannot show."""
    if given.look is None:
        return
    if suffix_of(given.output) not in MESH_SUFFIXES:
        given.refuse(f"--look says what a .glb, .usdc or .usdz shows, but {given.output.name} is none of them")
    if given.arkit and given.look == PHOTO_LOOK:
        given.refuse("--arkit writes the full head, which the look 'photo' does not show")
    if given.look not in MESH_LOOKS:
        given.refuse(f"{given.output.name} can show {', '.join(MESH_LOOKS)}, but not '{given.look}'")


def check_data_shot(given: argparse.Namespace) -> None:
    """Refuse options of a Shot that say nothing about this data file."""
    mesh = suffix_of(given.output) in MESH_SUFFIXES
    useless = [name for name in given_shot_options(given) if not (mesh and name in _MESH_OPTIONS)]
    if useless:
        given.refuse(f"{flag(useless[0])} says how a video looks, but {given.output.name} is not one")
    if mesh:
        check_mesh_look(given)


def add_generator(parser: argparse.ArgumentParser) -> None:
    """The options that say who speaks: `generator_options` passes them on."""
    group = parser.add_argument_group("generator", "whose manner the motion has")
    group.add_argument(
        "--generator", type=path, metavar="FILE.safetensors",
        help="another checkpoint than the shipped one, such as `xtalker train personal` writes",
    )  # fmt: skip
    group.add_argument("--style", metavar="NAME", help="a speaker that the checkpoint knows (default: its own, if any)")
    group.add_argument(
        "--guidance", type=float, default=1.0, metavar="G",
        help="how far the style is followed: 0 not at all, 1 as learnt, up to 4 exaggerated (default: 1)",
    )  # fmt: skip


def generator_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `performance.perform` and a report are told of `add_generator`'s options."""
    return {name: getattr(options, name) for name in ("generator", "style", "guidance")}


def add_shot(parser: argparse.ArgumentParser) -> None:
    """The options of a Shot. They stay None when not given: their defaults are those of Shot."""
    parser.add_argument(
        "--look", choices=[PHOTO_LOOK, *LOOKS],
        help="photo: the photograph itself speaks; the others are a full 3D head (default: photo where there is a "
        "portrait, else skin; a .glb, .usdc or .usdz shows photo, portrait or skin)",
    )  # fmt: skip
    parser.add_argument(
        "--crop", choices=list(CROPS), help="how much of the photo is shown (look photo; default: full)"
    )
    parser.add_argument(
        "--keep-smile", type=share, metavar="SHARE",
        help=f"how much of the photo's smile stays in speech, 0 to 1 (look photo; default: {Shot.keep_smile})",
    )  # fmt: skip
    parser.add_argument(
        "--size", type=picture_size, metavar="PIXELS",
        help=f"side of the picture, or WIDTHxHEIGHT, even, {SIZES[0]} to {SIZES[1]} "
        f"(default: the photo's own form, {Shot.DEFAULT_SIDE} on its shorter side; else {Shot.DEFAULT_SIDE})",
    )  # fmt: skip
    parser.add_argument(
        "--fps", type=_fps, metavar="RATE",
        help=f"pictures a second, {RATES_HZ[0]} to {RATES_HZ[1]}, 23.976, 29.97 or 59.94 "
        f"(default: {Shot.frame_rate_hz})",
    )  # fmt: skip
    parser.add_argument(
        "--background", metavar="WHAT",
        help="a colour ('#20242c', 'white'), a picture file, or 'transparent' (for .mov, .webm and .png)",
    )  # fmt: skip
    parser.add_argument(
        "--detail", choices=list(DETAILS),
        help="pores and wrinkles: normal (in the light), dense (in the surface, slower) or none (default: normal)",
    )  # fmt: skip
    parser.add_argument(
        "--depth", type=path, metavar="FILE",
        help="also write a depth video: .mkv lossless in metres, .mp4 inverse depth in 8 bits",
    )  # fmt: skip


def shot_of(options: argparse.Namespace) -> Shot:
    """The Shot that the options ask for."""
    given = {_SHOT_OPTIONS[name]: getattr(options, name) for name in given_shot_options(options)}
    return Shot(**given)


def given_shot_options(options: argparse.Namespace) -> tuple[str, ...]:
    """Names of the Shot options on the command line."""
    return tuple(name for name in _SHOT_OPTIONS if getattr(options, name) is not None)


def _fps(text: str) -> int | Fraction:
    """A whole rate in the range, or one of NTSC."""
    from xtalker.geometry.timeline import frame_rate  # loads numpy, which --help does without

    with suppress(ValueError):
        if not isinstance(rate := frame_rate(text), int):
            return rate
    return whole_number(*RATES_HZ)(text)


def check_photo_options(given: argparse.Namespace, shot: Shot) -> None:
    """Refuse the look "photo" without a portrait, and what only that look shows beside another one.

    Raises:
        InputError: there is no portrait.
    """
    has_photo = given.portrait is not None
    check_photo(shot, photo=has_photo)
    if shot.look_of(photo=has_photo, appearance=False) == PHOTO_LOOK:
        return
    for name in _PHOTO_OPTIONS:
        if getattr(given, name) is not None:
            given.refuse(f"{flag(name)} is of the look 'photo', which needs a --portrait and no other --look")


def flag(name: str) -> str:
    """An option as it is typed."""
    return f"--{name.replace('_', '-')}"


def path(text: str) -> Path:
    """A path on this machine."""
    if not text:
        raise argparse.ArgumentTypeError("a file name is expected, and this one is empty")
    return Path(text)


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"a number from 0 to 1 is expected, not '{text}'")
    return value


def add_portrait(parser: argparse.ArgumentParser) -> None:
    """The options `--portrait`, `--face` and `--strict`; `check_face` looks at them."""
    parser.add_argument(
        "--portrait", type=path, metavar="IMAGE",
        help="a picture of a face, or an .avatar made from one by 'xtalker portrait'",
    )  # fmt: skip
    add_face(parser)
    parser.add_argument(
        "--strict",
        action="store_true",
        help="write nothing where something would be left out, or where the photo does not show everything well",
    )


def add_face(parser: argparse.ArgumentParser) -> None:
    """The option `--face`."""
    parser.add_argument(
        "--face",
        type=whole_number(1, MAX_FACES),
        metavar="N",
        help="who speaks in a picture of several people, counted from the left (default: the largest face)",
    )


def check_face(given: argparse.Namespace) -> None:
    """Refuse `--face` without a portrait."""
    if given.face is not None and given.portrait is None:
        given.refuse("--face picks a face in a picture: it needs --portrait")


def picture_size(text: str) -> int | tuple[int, int]:
    """An even number of pixels in the range that can be rendered, or two of them: 1280x720."""
    width, cross, height = text.partition("x")
    return (_side(width), _side(height)) if cross else _side(text)


def _side(text: str) -> int:
    size = whole_number(*SIZES)(text)
    if size % 2:
        raise argparse.ArgumentTypeError(f"{size} is odd; video needs an even number of pixels, such as {size + 1}")
    return size


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A whole number in decimal digits, from `least` to `most`."""

    def parse(text: str) -> int:
        # isdecimal also accepts the digits of other scripts, and so does int(); ASCII keeps what is shown plain.
        if not (text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= len(str(most)) + 1):
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most} is expected, not '{text}'")
        if not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is out of range: {least} to {most}")
        return int(text)

    return parse
