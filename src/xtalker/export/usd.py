""".usdc and .usdz: a take in Universal Scene Description, for DCC tools, Omniverse and Apple's viewers.

A .usdz carries sound and texture inside. A .usdc is one layer: sound and texture are written beside it as
`NAME_sound.wav` and `NAME_skin.png`, where NAME is the layer's. Needs `usd-core`, the extra `usd`.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from PIL import Image

from xtalker.export.interface import Content, fault_for_rigged
from xtalker.export.losses import lost_detail
from xtalker.export.sound_file import sound_bytes, sound_fault
from xtalker.values import OutputError
from xtalker.values.files import whole_file


class _Usd:
    """What both kinds of file share."""

    suffix: ClassVar[str]

    def can_hold(self, content: Content) -> str | None:
        """Needs a rig of the motion's head."""
        return fault_for_rigged(content) or sound_fault(content.sound)

    def check_ready(self, path: Path) -> None:
        """Needs USD.

        Raises:
            OutputError: it is not installed.
        """
        _check_installed(self.suffix)

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Lines and pores of a person's skin; mesh, motion, camera, sound and texture are all kept."""
        return lost_detail(content)


class Usdc(_Usd):
    """Exporter of .usdc layers."""

    suffix = ".usdc"

    def write(self, path: Path, content: Content) -> None:
        """Write the layer and what belongs beside it; each file whole, none on failure.

        Raises:
            OutputError: the place cannot be written, or USD is not installed.
            InputError: the sound file cannot be read.
        """
        _check_installed(self.suffix)
        from xtalker.export.usd_scene import write_stage

        sound, texture = _names_beside(f"{path.stem}_", content)
        with ExitStack() as stack:
            layer = stack.enter_context(whole_file(path))
            beside = {
                name: stack.enter_context(whole_file(path.with_name(name)))
                for name in (sound, texture) if name is not None
            }  # fmt: skip
            _write_beside(beside, content)
            write_stage(layer, content, sound=_relative(sound), texture=_relative(texture))


class Usdz(_Usd):
    """Exporter of .usdz packages."""

    suffix = ".usdz"

    def write(self, path: Path, content: Content) -> None:
        """Write the package, whole or not at all.

        Raises:
            OutputError: the place cannot be written, or USD is not installed.
            InputError: the sound file cannot be read.
        """
        _check_installed(self.suffix)
        from xtalker.export.usd_package import write_package
        from xtalker.export.usd_scene import write_stage

        sound, texture = _names_beside("", content)
        with whole_file(path) as part, tempfile.TemporaryDirectory(prefix="xtalker-") as folder:
            members = {name: Path(folder) / name for name in ("take.usdc", sound, texture) if name is not None}
            _write_beside({name: place for name, place in members.items() if name != "take.usdc"}, content)
            write_stage(members["take.usdc"], content, sound=_relative(sound), texture=_relative(texture))
            write_package(part, members)


def _check_installed(suffix: str) -> None:
    if find_spec("pxr") is None:
        raise OutputError(
            f"{suffix} files need USD, which is not installed", received="no module 'pxr'",
            accepted="an installation with the extra 'usd'", next_step="run: pip install 'xtalker[usd]'",
        )  # fmt: skip


def _names_beside(prefix: str, content: Content) -> tuple[str | None, str | None]:
    """Names of the sound file and of the skin's picture."""
    kind = content.sound.suffix.lower() if isinstance(content.sound, Path) else ".wav"
    sound = None if content.sound is None else f"{prefix}sound{kind}"
    return sound, None if content.texture is None else f"{prefix}skin.png"


def _write_beside(places: dict[str, Path], content: Content) -> None:
    for name, place in places.items():
        if name.endswith(".png"):
            assert content.texture is not None
            Image.fromarray(content.texture).save(place, "PNG")
        else:
            assert content.sound is not None
            place.write_bytes(sound_bytes(content.sound)[0])


def _relative(name: str | None) -> str | None:
    return None if name is None else f"./{name}"
