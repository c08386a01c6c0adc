"""The one place that composes: speech and a portrait to a Take, a video to a Take, a Take to files.

parts      models, loaded once: encoder, generator, face detector and mesh, head
speaking   perform: speech (+ portrait) -> Take; read_portrait: who a picture shows
likeness   like: a generator with the manner of a person in a video
watching   watch: video -> Take, the motion of a real person
directing  a Direction made true: plan_tracks before, follow after the motion is generated
wishes     wished emotions to levels, through the doors of the emotion space
lip_basis  how far each channel opens the lips
importing  motion from elsewhere (ARKit, FLAME, FACEGOOD) -> Take, or straight to a file
own_flame  the user's FLAME file; flame_map fits the open head to it; own_emoca: the user's EMOCA checkpoint
photo_surface  a photo's layers as parts of a .glb or USD; photo_rig their points, photo_*_parts the rest
take_content   what data files are given of a Take, by its look
take       Take: motion, identity, vertices, landmarks, save
shot       Shot: look, size, rate, background and depth of a video
photo_notes what a portrait shows less well than a talking photo needs, a line each
filming    Motion + Identity -> frames -> video file; retiming for other frame rates
wan        a folder for video diffusion: depth, reference picture, workflow
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xtalker.performance.directing import NATURAL
    from xtalker.performance.importing import convert, convert_to_wan, import_take
    from xtalker.performance.likeness import like
    from xtalker.performance.shot import Shot
    from xtalker.performance.speaking import perform, read_portrait
    from xtalker.performance.take import Take, load_take
    from xtalker.performance.wan import WanScene, save_wan
    from xtalker.performance.watching import watch

# No module bears the name of what it exports: importing it would put the module in the function's place.
_HOMES = {
    "perform": "speaking", "Take": "take", "load_take": "take", "watch": "watching", "Shot": "shot",
    "read_portrait": "speaking", "like": "likeness", "NATURAL": "directing",
    "import_take": "importing", "convert": "importing", "convert_to_wan": "importing",
    "WanScene": "wan", "save_wan": "wan",
}  # fmt: skip

__all__ = [
    "NATURAL", "Shot", "Take", "WanScene", "convert", "convert_to_wan", "import_take", "like", "load_take", "perform",
    "read_portrait", "save_wan", "watch",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"xtalker.performance.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
