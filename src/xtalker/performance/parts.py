"""Models, each loaded once in a process and only when something needs it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from xtalker.assets import fetch

if TYPE_CHECKING:
    from xtalker.appearance.segmentation import SelfieSegmentation
    from xtalker.capture import FaceDetector, FaceMesh
    from xtalker.emotion.from_speech import SpeechEmotion
    from xtalker.emotion.from_text import TextDoor
    from xtalker.generator import Generator
    from xtalker.head.open_head import OpenHead
    from xtalker.speech import SpeechEncoder


@cache
def open_head() -> OpenHead:
    """The shipped head."""
    from xtalker.head.open_head import OpenHead

    return OpenHead(fetch("open-head"))


@cache
def generator() -> Generator:
    """The shipped generator."""
    from xtalker.generator import Generator

    return Generator.from_checkpoint(fetch("generator-open"), trunk=fetch("ridge-open"))


@cache
def live_generator() -> Generator:
    """The shipped generator of low latency."""
    from xtalker.generator import Generator

    return Generator.from_checkpoint(fetch("generator-live"))


@cache
def speech_encoder(name: str = "whisper-base") -> SpeechEncoder:
    """A speech encoder by name."""
    from xtalker.speech import load_encoder

    return load_encoder(name)


@cache
def face_models() -> tuple[FaceDetector, FaceMesh]:
    """Face detector and attention mesh."""
    from xtalker.capture import FaceDetector, FaceMesh

    detector, mesh = (fetch(name).read_bytes() for name in ("face-detector", "face-mesh-attention"))
    return FaceDetector(detector), FaceMesh(mesh)


@cache
def selfie_segmentation() -> SelfieSegmentation:
    """What tells a person from the background."""
    from xtalker.appearance.segmentation import SelfieSegmentation
    from xtalker.capture.network import Network

    model = fetch("selfie-segmentation").read_bytes()
    return SelfieSegmentation(Network(model, SelfieSegmentation.INPUTS, SelfieSegmentation.OUTPUTS))


@cache
def speech_emotion() -> SpeechEmotion:
    """What hears emotion in speech; non-commercial weights, so it may be refused."""
    from xtalker.emotion.from_speech import SpeechEmotion

    return SpeechEmotion.load(fetch("emotion-speech"))


def text_door() -> TextDoor:
    """What reads descriptions of emotions."""
    from xtalker.emotion.from_text import open_text_door

    return open_text_door()
