"""xtalker: speech and one portrait in, a talking 3D head out.

take = xtalker.perform("speech.wav", portrait="face.jpg", seed=0)
take.motion.expression          # (frames, 50) named channels
take.save("avatar.mp4"); take.save("avatar.npz")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xtalker.places import place_compiled_code

if TYPE_CHECKING:
    from xtalker.performance import Take, load_take, perform, watch

__all__ = ["Take", "load_take", "perform", "watch"]
__version__ = "0.1.0"

place_compiled_code()


def __getattr__(name: str) -> object:
    if name in __all__:
        from xtalker import performance

        return getattr(performance, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
