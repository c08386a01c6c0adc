""".usdc and .usdz: a take in Universal Scene Description, for DCC tools, Omniverse and Apple's viewers.

A .usdz carries sound and pictures inside. A .usdc is one layer: sound and pictures are written beside it as
`NAME_sound.wav`, `NAME_skin.png`, `NAME_eye.png` and so on, where NAME is the layer's: they belong together. Needs
`usd-core`, the extra `usd`.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final

from xtalker.export.animated_model import AnimatedModel, model_of
from xtalker.export.gltf_look import jpeg_bytes, png_bytes
from xtalker.export.interface import Content, fault_for_rigged
from xtalker.export.losses import lost_detail
from xtalker.export.sound_file import sound_bytes, sound_fault
from xtalker.values import OutputError
from xtalker.values.files import whole_file

SOUND: Final = "sound"
"""Key of the sound among the files that a layer refers to; pictures go by their names."""


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

        model = model_of(content)
        files = _files_beside(f"{path.stem}_", content, model)
        with ExitStack() as stack:
            layer = stack.enter_context(whole_file(path))
            for file in files:
                stack.enter_context(whole_file(path.with_name(file.name))).write_bytes(file.data)
            write_stage(layer, content, model, beside=_references(files))


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

        model = model_of(content)
        files = _files_beside("", content, model)
        with whole_file(path) as part, tempfile.TemporaryDirectory(prefix="xtalker-") as folder:
            layer = Path(folder) / "take.usdc"
            write_stage(layer, content, model, beside=_references(files))
            write_package(part, {layer.name: layer.read_bytes()} | {file.name: file.data for file in files})


def _check_installed(suffix: str) -> None:
    if find_spec("pxr") is None:
        raise OutputError(
            f"{suffix} files need USD, which is not installed", received="no module 'pxr'",
            accepted="an installation with the extra 'usd'", next_step="run: pip install 'xtalker[usd]'",
        )  # fmt: skip


@dataclass(frozen=True)
class _File:
    """What a layer refers to: by which keys of `write_stage`, under which name, with which content."""

    keys: tuple[str, ...]
    name: str
    data: bytes


def _files_beside(prefix: str, content: Content, model: AnimatedModel) -> list[_File]:
    """The sound, then all pictures."""
    files = []
    if content.sound is not None:
        data, kind = sound_bytes(content.sound)
        files.append(_File((SOUND,), f"{prefix}sound{kind}", data))
    for picture in model.pictures():
        data = jpeg_bytes(picture.pixels) if picture.lossy else png_bytes(picture.pixels)
        ending = "jpg" if picture.lossy else "png"
        files.append(_File(picture.names, f"{prefix}{picture.names[0]}.{ending}", data))
    return files


def _references(files: list[_File]) -> dict[str, str]:
    return {key: f"./{file.name}" for file in files for key in file.keys}
