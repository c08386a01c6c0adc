"""A user's error is one line with four parts."""

import pytest

from xtalker.values import AssetError, InputError, OutputError, XtalkerError
from xtalker.values.errors import memory_wanted


@pytest.mark.parametrize("kind", [InputError, AssetError, OutputError])
def test_one_line_says_all_four_things(kind: type[XtalkerError]) -> None:
    error = kind("no\nsound", received="a.mp4\n\twith spaces", accepted="wav, mp3", next_step="record it")
    assert isinstance(error, XtalkerError)
    assert str(error) == "no sound: received a.mp4 with spaces; accepted: wav, mp3; next: record it"
    assert (error.what, error.accepted, error.next_step) == ("no\nsound", "wav, mp3", "record it")


def test_received_may_be_any_value() -> None:
    error = InputError("too short", received=0.5, accepted="1 s", next_step="speak longer")
    assert error.received == "0.5"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (MemoryError(), "a request that the system refused"),
        (MemoryError("Unable to allocate 7.45 GiB for an array with shape (1000000000,)"), "7.45 GiB"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 400 bytes. Error"),
            "400 bytes",
        ),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."), "8 bytes"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.50 GiB"), "2.50 GiB"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None),
        (ValueError("out of memory"), None),
    ],
)
def test_what_was_wanted_when_memory_ended(error: Exception, wanted: str | None) -> None:
    assert memory_wanted(error) == wanted


def test_torch_says_it_as_we_read_it() -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch")

    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 46, dtype=torch.float64)
    assert memory_wanted(caught.value) == f"{1 << 49} bytes"
