from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest

from xtalker.speech import amplitude_envelope, extract_features, features, load_encoder, require_encoder
from xtalker.speech.log_mel import LogMelEncoder
from xtalker.values import Audio, InputError


class Counting(LogMelEncoder):
    """log-mel that counts how often it works, with a name of its own."""

    def __init__(self, fingerprint: str = "counting/1") -> None:
        super().__init__()
        self.fingerprint = fingerprint
        self.calls = 0

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> np.ndarray:
        self.calls += 1
        return super().encode(audio, phase_s=phase_s)


@pytest.fixture
def audio() -> Audio:
    return Audio((0.1 * np.random.default_rng(0).standard_normal(30_000)).astype(np.float32))


def stored(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "features").glob("*.npz"))


def test_features_are_encoder_and_envelope(audio: Audio) -> None:
    encoder = load_encoder("log-mel")
    got = extract_features(audio, encoder, cache=False)
    assert got.num_frames == audio.num_frames == len(got.linguistic)
    np.testing.assert_allclose(got.linguistic, encoder.encode(audio), atol=1e-3)
    np.testing.assert_array_equal(got.amplitude, amplitude_envelope(audio))
    assert got.encoder == encoder.fingerprint and got.linguistic.dtype == np.float32


def test_second_time_comes_from_the_cache_and_is_equal(audio: Audio, tmp_path: Path) -> None:
    encoder = Counting()
    fresh = extract_features(audio, encoder)
    cached = extract_features(Audio(audio.samples.copy(), "elsewhere"), encoder)
    assert encoder.calls == 1 and len(stored(tmp_path)) == 1
    np.testing.assert_array_equal(cached.linguistic, fresh.linguistic)
    np.testing.assert_array_equal(extract_features(audio, encoder, cache=False).linguistic, fresh.linguistic)


def test_sound_encoder_and_phase_are_kept_apart(audio: Audio, tmp_path: Path) -> None:
    extract_features(audio, Counting())
    extract_features(Audio(audio.samples * np.float32(0.5)), Counting())
    extract_features(audio, Counting("counting/2"))
    extract_features(audio, Counting(), phase_s=0.04)
    assert len(stored(tmp_path)) == 4


def _save_objects(place: Path) -> None:
    with place.open("wb") as handle:
        np.savez(handle, linguistic=np.array([{"run": "me"}], dtype=object), allow_pickle=True)


def _save_huge_claim(place: Path) -> None:
    import zipfile

    header = b"{'descr': '<f2', 'fortran_order': False, 'shape': (1000000000000, 80), }"
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("linguistic.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


def _change_packing(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = 99  # a packing that nothing here knows
    place.write_bytes(data)


def _lock(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # says that it is encrypted
    place.write_bytes(data)


def _save_nan(place: Path) -> None:
    np.savez(place, linguistic=np.full((47, 80), np.nan, np.float16))


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: place.write_bytes(b"not a zip"),
        lambda place: place.write_bytes(place.read_bytes()[:-200]),
        lambda place: place.write_bytes(b""),
        lambda place: np.savez(place, linguistic=np.zeros((3, 80), np.float16)),
        lambda place: np.savez(place, other=np.zeros((47, 80), np.float16)),
        _save_objects, _save_huge_claim, _save_nan, _change_packing, _lock,
    ],
)  # fmt: skip
def test_damaged_cache_is_computed_again(
    audio: Audio, tmp_path: Path, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = Counting()
    fresh = extract_features(audio, encoder)
    damage(stored(tmp_path)[0])  # type: ignore[operator]
    np.testing.assert_array_equal(extract_features(audio, encoder).linguistic, fresh.linguistic)
    assert encoder.calls == 2 and "damaged and are computed again" in caplog.text
    extract_features(audio, encoder)
    assert encoder.calls == 2


def test_a_cache_that_may_only_be_read_is_used(
    audio: Audio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = Counting()
    extract_features(audio, encoder)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "not yours")

    monkeypatch.setattr(os, "utime", refuse)
    extract_features(audio, encoder)
    assert encoder.calls == 1 and not caplog.text


def test_cache_drops_what_was_not_used_for_longest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Counting()
    sounds = [Audio(np.full(16_000, level, np.float32)) for level in (0.1, 0.2, 0.3)]
    for number, sound in enumerate(sounds[:2]):
        extract_features(sound, encoder)
        newest = max(stored(tmp_path), key=lambda p: p.stat().st_mtime)
        os.utime(newest, (1_000 + number, 1_000 + number))
    extract_features(sounds[0], encoder)  # used again: now the second is the oldest
    size = stored(tmp_path)[0].stat().st_size
    monkeypatch.setattr(features, "CACHE_BYTES", 2 * size)
    extract_features(sounds[2], encoder)
    assert len(stored(tmp_path)) == 2
    assert encoder.calls == 3
    extract_features(sounds[0], encoder)
    assert encoder.calls == 3


def test_cache_that_cannot_be_written_does_not_stop_the_work(
    audio: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING, "xtalker"):
        assert extract_features(audio, Counting()).num_frames == audio.num_frames
    assert "nothing can be kept in" in caplog.text


def test_disk_full_leaves_no_half_file(
    audio: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(handle: object, **arrays: object) -> None:
        handle.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    extract_features(audio, Counting())
    assert list((tmp_path / "cache" / "features").iterdir()) == []
    assert "disk full" in caplog.text


def test_features_of_another_encoder_are_refused(audio: Audio) -> None:
    got = extract_features(audio, Counting(), cache=False)
    require_encoder(got, "counting/1")
    with pytest.raises(InputError, match=r"another encoder: received counting/1; accepted: counting/2"):
        require_encoder(got, "counting/2")
