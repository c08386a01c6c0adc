"""Emotion: words, pictures, motion and speech to levels of seven emotions, and levels to a face. Uses values, assets.

templates      the seven expression templates of the open head, from published action-unit prototypes
blend          levels and templates to reference expressions (3DXTalker Eq. 9); offsets that leave lips alone
space          EmotionSpace: the one space where every door lands, and its decoding to levels
from_label     door: seven labels, neutral, synonyms
from_text      door: a description; sentence encoder (sentence) or lexicon
from_motion    door: expression frames of a motion, video or picture
from_speech    door: the speech itself, frame by frame; speech_network and intensity belong to it
intensity      levels that follow the voice and the words (spoken_words)
track          keys on a time line to an EmotionTrack
extract        templates from a labelled corpus of tracked motion
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtalker.emotion.blend import lip_safe, reference_track
    from xtalker.emotion.extract import LabelledClip, extract_templates
    from xtalker.emotion.from_label import point_from_label
    from xtalker.emotion.from_motion import point_from_motion
    from xtalker.emotion.from_speech import SpeechEmotion, SpeechEmotionFrames, arousal_from_prosody
    from xtalker.emotion.from_text import TextDoor, open_text_door
    from xtalker.emotion.intensity import dynamic_intensity
    from xtalker.emotion.space import EmotionPoint, EmotionSpace, load_space
    from xtalker.emotion.spoken_words import SpokenWord, spread_transcript, text_intensity
    from xtalker.emotion.templates import Templates, load_templates, save_templates
    from xtalker.emotion.track import emotion_track

_HOMES = {
    "EmotionPoint": "space", "EmotionSpace": "space", "LabelledClip": "extract", "Templates": "templates",
    "SpeechEmotion": "from_speech", "SpeechEmotionFrames": "from_speech", "SpokenWord": "spoken_words",
    "TextDoor": "from_text", "arousal_from_prosody": "from_speech", "dynamic_intensity": "intensity",
    "emotion_track": "track", "extract_templates": "extract", "lip_safe": "blend",
    "load_space": "space", "load_templates": "templates", "open_text_door": "from_text",
    "point_from_label": "from_label", "point_from_motion": "from_motion", "reference_track": "blend",
    "save_templates": "templates", "spread_transcript": "spoken_words", "text_intensity": "spoken_words",
}  # fmt: skip

__all__ = [
    "EmotionPoint", "EmotionSpace", "LabelledClip", "SpeechEmotion", "SpeechEmotionFrames", "SpokenWord",
    "Templates", "TextDoor", "arousal_from_prosody", "dynamic_intensity", "emotion_track", "extract_templates",
    "lip_safe", "load_space", "load_templates", "open_text_door", "point_from_label", "point_from_motion",
    "reference_track", "save_templates", "spread_transcript", "text_intensity",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load each part when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"xtalker.emotion.{_HOMES[name]}"), name)
