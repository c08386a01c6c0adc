from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.emotion import from_speech
from xtalker.emotion.from_speech import SpeechEmotion, arousal_from_prosody, levels_of
from xtalker.emotion.speech_network import (
    SPEECH_CLASSES,
    EmotionCard,
    NetworkConfig,
    emotion_graph,
    read_network,
    write_network,
)
from xtalker.speech.prosody import PROSODY_NAMES
from xtalker.values import AssetError, InputError, SpeechFeatures
from xtalker.values.tracks import EMOTIONS, EmotionTrack, Rhythm

_ENCODER = "tiny-encoder-1"


CONFIG = NetworkConfig(speech_channels=8, projected=8, members=2)


def tiny_weights() -> dict[str, np.ndarray]:
    """Random ones of PyTorch's usual size; inputs are normalised already."""
    random, out = np.random.default_rng(0), {}
    for name, shape in emotion_graph(CONFIG).weights.items():
        spread = 1 / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else 0.2
        out[name] = random.uniform(-spread, spread, shape).astype(np.float32)
    return out | {"means": np.zeros(17, np.float32), "scales": np.ones(17, np.float32)}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    write_network(path, CONFIG, tiny_weights(), EmotionCard(_ENCODER, " ".join(PROSODY_NAMES)))
    return path


def _sound(num_frames: int, seed: int = 0) -> tuple[SpeechFeatures, np.ndarray]:
    random = np.random.default_rng(seed)
    linguistic = random.standard_normal((num_frames, 8)).astype(np.float32)
    features = SpeechFeatures(linguistic, np.ones(num_frames, np.float32), _ENCODER)
    return features, random.standard_normal((num_frames, 9)).astype(np.float32)


def test_says_what_it_should_about_each_frame(weights: Path) -> None:
    heard = SpeechEmotion.load(weights).frames(*_sound(60))
    assert np.allclose(heard.probabilities.sum(axis=1), 1, atol=1e-5) and heard.probabilities.min() >= 0
    assert heard.activations.shape == (60, 64) and np.abs(heard.activations).max() <= 1
    assert heard.arousal.min() >= 0 and heard.arousal.max() <= 1
    EmotionTrack(heard.levels)


def test_pieces_do_not_show(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emotion = SpeechEmotion.load(weights)
    whole = emotion.frames(*_sound(100))
    monkeypatch.setattr(from_speech, "_PIECE", 17)
    parts = emotion.frames(*_sound(100))
    assert np.allclose(whole.probabilities, parts.probabilities, atol=1e-5)
    assert np.allclose(whole.activations, parts.activations, atol=1e-5)


def test_one_frame_is_enough(weights: Path) -> None:
    assert SpeechEmotion.load(weights).frames(*_sound(1)).levels.shape == (1, 7)


def test_reloaded_gives_the_same_and_the_same_bytes(weights: Path, tmp_path: Path) -> None:
    config, network, card = read_network(weights)
    again = tmp_path / "again.safetensors"
    write_network(again, config, network, card)
    assert again.read_bytes() == weights.read_bytes()


def test_features_of_another_encoder_are_refused(weights: Path) -> None:
    features, prosody = _sound(20)
    other = SpeechFeatures(features.linguistic, features.amplitude, "another")
    with pytest.raises(InputError, match=r"another encoder.*tiny-encoder-1"):
        SpeechEmotion.load(weights).frames(other, prosody)


@pytest.mark.parametrize(
    ("entry", "value"),
    [("schema", "other-1"), ("classes", '["joy"]'), ("config", '{"members": 99}'), ("config", "{}"), ("config", "x")],
)
def test_files_of_another_kind_are_refused(weights: Path, entry: str, value: str) -> None:
    tensors, metadata = load_checkpoint(weights)
    save_checkpoint(weights, tensors, {**metadata, entry: value})
    with pytest.raises(AssetError, match="unusable speech-emotion network"):
        read_network(weights)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no such checkpoint"):
        SpeechEmotion.load(tmp_path / "none.safetensors")


def test_levels_are_nothing_for_neutral_calm_and_guesses() -> None:
    sure = np.eye(8)
    guess = np.full((1, 8), 1 / 8)
    strength = np.ones(8)
    levels = levels_of(sure, strength)
    assert not levels[:2].any() and not levels_of(guess, strength[:1]).any()
    for row, name in enumerate(SPEECH_CLASSES[2:], start=2):
        assert levels[row, EMOTIONS.index(name)] == 2 and levels[row].sum() == 2


def _rhythm(pitch_hz: np.ndarray, loudness: np.ndarray) -> Rhythm:
    n = len(pitch_hz)
    return Rhythm(loudness.astype(np.float32), pitch_hz.astype(np.float32), np.ones(n, bool), np.zeros(n, np.float32))


def test_prosody_arousal_rises_with_loud_high_and_lively_voices() -> None:
    n = 300
    bump = np.exp(-(((np.arange(n) - 150) / 20) ** 2))
    flat, plain = np.full(n, 120.0), np.full(n, -6.0)
    still = arousal_from_prosody(_rhythm(flat, plain))
    assert np.ptp(still) < 1e-6
    for excited in (_rhythm(flat, plain + 6 * bump), _rhythm(flat * (1 + 0.4 * bump), plain)):
        assert abs(int(arousal_from_prosody(excited).argmax()) - 150) < 15
    lively = _rhythm(120 * 2 ** (0.5 * np.sin(np.arange(n))), plain)
    assert arousal_from_prosody(lively).mean() > still.mean() + 0.1


def test_prosody_arousal_of_silence_is_low_and_finite() -> None:
    silent = Rhythm(
        np.full(50, -80, np.float32), np.zeros(50, np.float32), np.zeros(50, bool), np.zeros(50, np.float32)
    )
    assert np.allclose(arousal_from_prosody(silent), 0.2)


@pytest.mark.real
def test_the_shipped_network_reads_our_prosody() -> None:
    path = Path(from_speech.__file__).parent / "data" / "speech_emotion.safetensors"
    assert SpeechEmotion.load(path).card.prosody.split() == list(PROSODY_NAMES)
    assert path.stat().st_size < 3_000_000
