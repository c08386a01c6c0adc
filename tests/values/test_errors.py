"""A user's error is one line with four parts."""

import pytest

from xtalker.values import AssetError, InputError, OutputError, XtalkerError


@pytest.mark.parametrize("kind", [InputError, AssetError, OutputError])
def test_one_line_says_all_four_things(kind: type[XtalkerError]) -> None:
    error = kind("no\nsound", received="a.mp4\n\twith spaces", accepted="wav, mp3", next_step="record it")
    assert isinstance(error, XtalkerError)
    assert str(error) == "no sound: received a.mp4 with spaces; accepted: wav, mp3; next: record it"
    assert (error.what, error.accepted, error.next_step) == ("no\nsound", "wav, mp3", "record it")


def test_received_may_be_any_value() -> None:
    error = InputError("too short", received=0.5, accepted="1 s", next_step="speak longer")
    assert error.received == "0.5"
