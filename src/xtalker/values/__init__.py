"""Nouns and conventions; imports nothing of xtalker.

conventions  rates, axes, units, channel names: their one home
errors       what a user can cause, and how it is said
audio        Audio, SpeechFeatures
identity     Identity: who
motion       Motion: what the face does over time
direction    Direction and its wishes: what a user asks for
tracks       what steers a performance, frame by frame; Rhythm of the sound
mesh         MeshTopology: faces, parts and regions of a head
"""

from xtalker.values.audio import Audio, SpeechFeatures
from xtalker.values.errors import AssetError, InputError, OutputError, XtalkerError
from xtalker.values.identity import Identity
from xtalker.values.mesh import MeshTopology
from xtalker.values.motion import Motion

__all__ = [
    "AssetError", "Audio", "Identity", "InputError", "MeshTopology", "Motion", "OutputError",
    "SpeechFeatures", "XtalkerError",
]  # fmt: skip
