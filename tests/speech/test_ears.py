import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.speech import tiny_voice

from xtalker.assets.checkpoints import save_checkpoint
from xtalker.speech.ears import AHEAD_FRAMES, SCHEMA, EarsConfig, EarsEncoder, ears_graph, read_ears, write_ears
from xtalker.speech.live import LiveEncoder, LiveWindow, StreamEncoder, live_features
from xtalker.values import AssetError, Audio

_TINY = EarsConfig(width=16, channels=8, dilations=(1, 2, 3))


def weights(config: EarsConfig = _TINY, seed: int = 0) -> dict[str, np.ndarray]:
    """Random ones of PyTorch's usual size."""
    random = np.random.default_rng(seed)
    shapes = ears_graph(config).weights
    return {n: random.uniform(-1, 1, s).astype(np.float32) / np.float32(np.sqrt(s[-1])) for n, s in shapes.items()}


@pytest.fixture(scope="module")
def ears() -> EarsEncoder:
    return EarsEncoder(_TINY, weights(), "tiny")


def test_a_stream_gives_the_rows_of_a_file(ears: EarsEncoder) -> None:
    assert isinstance(ears, LiveEncoder)
    audio = tiny_voice(3.1)
    window = LiveWindow(before=ears.before_frames, hop=3, ahead=AHEAD_FRAMES)
    pieces = (audio.samples[i : i + 777] for i in range(0, len(audio.samples), 777))
    rows = np.concatenate([part.linguistic for part in live_features(pieces, ears, window)])
    np.testing.assert_allclose(rows, ears.encode(audio), atol=1e-5)


def test_steps_equal_windows(ears: EarsEncoder) -> None:
    assert isinstance(ears, StreamEncoder)
    samples = tiny_voice(2.0).samples
    window = LiveWindow(ears.before_frames, 3, AHEAD_FRAMES)
    stepped = np.concatenate([part.linguistic for part in live_features([samples], ears, window)])
    heard = ears.hear(np.concatenate([np.zeros(ears.before_frames * 640, np.float32), samples]))[ears.before_frames :]
    np.testing.assert_allclose(stepped[:48], heard[:48], atol=1e-5)


def test_a_row_hears_exactly_the_frames_that_it_claims(ears: EarsEncoder) -> None:
    samples = tiny_voice(3.0).samples.copy()
    before = ears.encode(Audio(samples))
    at, reach = 40, ears.before_frames - AHEAD_FRAMES
    assert reach == 2 * 6 - AHEAD_FRAMES
    loud = samples.copy()
    loud[at * 640 : (at + 1) * 640] += 0.3
    change = np.abs(ears.encode(Audio(loud)) - before).max(axis=1) > 1e-6
    # A spectrum reaches 15 ms back into the frame before its own.
    assert change[at - AHEAD_FRAMES : at + reach + 1].all()
    assert not change[: at - AHEAD_FRAMES].any() and not change[at + reach + 2 :].any()


def test_windows_of_long_sounds_do_not_show(ears: EarsEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = tiny_voice(3.0)
    whole = ears.encode(audio)
    monkeypatch.setattr("xtalker.speech.ears._CHUNK_FRAMES", 7)
    np.testing.assert_allclose(ears.encode(audio), whole, atol=1e-5)


def test_a_checkpoint_comes_back_in_half_precision(tmp_path: Path, ears: EarsEncoder) -> None:
    write_ears(tmp_path / "e.safetensors", _TINY, weights(), {"licence": "x"})
    config, back = read_ears(tmp_path / "e.safetensors")
    assert config == _TINY and back.keys() == weights().keys()
    for name, array in weights().items():
        np.testing.assert_array_equal(back[name], array.astype(np.float16))


@pytest.mark.parametrize(
    ("config", "schema"),
    [(asdict(_TINY), "other"), (asdict(replace(_TINY, width=32)), SCHEMA), (asdict(_TINY) | {"width": 10**9}, SCHEMA),
     (asdict(_TINY) | {"dilations": [1, -2, 3]}, SCHEMA), (asdict(_TINY) | {"more": 1}, SCHEMA), ([], SCHEMA)],
)  # fmt: skip
def test_what_is_no_ears_is_refused(tmp_path: Path, config: object, schema: str) -> None:
    halves = {name: array.astype(np.float16) for name, array in weights().items()}
    save_checkpoint(tmp_path / "e.safetensors", halves, {"schema": schema, "config": json.dumps(config)})
    with pytest.raises(AssetError, match="unusable ears"):
        read_ears(tmp_path / "e.safetensors")
