""".glb as an ARKit avatar, for three.js, VRM, TalkingHead and others that know 52 morph names; see `arkit_model`."""

from __future__ import annotations

from pathlib import Path

from xtalker.export.arkit_model import arkit_model
from xtalker.export.gltf import Glb, glb_bytes
from xtalker.export.interface import Content
from xtalker.values.files import whole_file


class ArkitGlb(Glb):
    """Exporter of .glb files whose morphs are ARKit's 52 shapes; asked for by name, not by ending."""

    def can_hold(self, content: Content) -> str | None:
        """As any .glb, of a head with our channels, and of layers that move by them alone."""
        if content.motion.head_model != "open":
            return f"channels of head '{content.motion.head_model}'; those of 'open' have ARKit names"
        if content.surface is not None and content.surface.tracks:
            return "layers with morphs of their own, which have no ARKit names"
        return super().can_hold(content)

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """What 52 shapes between 0 and 1 cannot show, and what any .glb leaves out."""
        return ("movement beyond ARKit's 52 shapes", *super().leaves_out(content))

    def write(self, path: Path, content: Content) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: the place cannot be written.
            InputError: the sound file cannot be read.
        """
        with whole_file(path) as part:
            part.write_bytes(glb_bytes(content, arkit_model(content)))
