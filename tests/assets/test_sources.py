from __future__ import annotations

import io
import urllib.error
import urllib.request
from http.client import HTTPMessage, IncompleteRead
from pathlib import Path

import pytest

from xtalker.assets.sources import SourceFailed, Url, _HttpsOnly, open_https, take_url

CONTENT = bytes(range(256)) * 20_000
ADDRESS = Url("https://files.invalid/toy.bin")


class Answer(io.BytesIO):
    """What a server sends; breaks after some bytes when told to."""

    def __init__(self, data: bytes, status: int, breaks: bool = False) -> None:
        super().__init__(data)
        self.status, self._breaks = status, breaks

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(size)
        if self._breaks and not chunk:
            raise IncompleteRead(b"")
        return chunk


class Server:
    """Serves CONTENT, with ranges or without, and remembers what it was asked for."""

    def __init__(self, *, ranges: bool = True, break_after: int | None = None, content: bytes = CONTENT) -> None:
        self.ranges, self.break_after, self.content = ranges, break_after, content
        self.asked: list[str | None] = []

    def __call__(self, request: urllib.request.Request) -> Answer:
        wanted = request.get_header("Range")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        data = self.content[start : self.break_after]
        return Answer(data, 206 if start else 200, self.break_after is not None)


def test_whole_download(tmp_path: Path) -> None:
    take_url(ADDRESS, tmp_path / "a", len(CONTENT), Server())
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize("ranges", [True, False])
def test_broken_download_goes_on(tmp_path: Path, ranges: bool) -> None:
    into = tmp_path / "a"
    with pytest.raises(SourceFailed, match=r"files\.invalid"):
        take_url(ADDRESS, into, len(CONTENT), Server(break_after=3_000_000))
    assert into.stat().st_size == 3_000_000
    server = Server(ranges=ranges)
    take_url(ADDRESS, into, len(CONTENT), server)
    assert server.asked == ["bytes=3000000-"]
    assert into.read_bytes() == CONTENT


def test_more_than_expected_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="more than the expected 1000 bytes"):
        take_url(ADDRESS, tmp_path / "a", 1_000, Server())
    assert not (tmp_path / "a").exists()


def test_less_than_expected_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="1000 of 5120000 bytes came"):
        take_url(ADDRESS, tmp_path / "a", len(CONTENT), Server(content=CONTENT[:1_000]))


def test_remains_that_are_too_long_start_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(len(CONTENT) + 1))
    server = Server()
    take_url(ADDRESS, tmp_path / "a", len(CONTENT), server)
    assert server.asked == [None] and (tmp_path / "a").read_bytes() == CONTENT


def test_no_answer(tmp_path: Path) -> None:
    def down(request: urllib.request.Request) -> Answer:
        raise urllib.error.URLError("no route to host")

    with pytest.raises(SourceFailed, match="no route to host"):
        take_url(ADDRESS, tmp_path / "a", 10, down)


@pytest.mark.parametrize("address", ["http://files.invalid/a", "file:///etc/hostname", "ftp://files.invalid/a"])
def test_only_https(address: str) -> None:
    with pytest.raises(SourceFailed, match="not an https address"):
        open_https(urllib.request.Request(address))


def test_redirection_away_from_https_is_refused() -> None:
    request = urllib.request.Request("https://files.invalid/a")
    with pytest.raises(SourceFailed, match="leads away from https"):
        _HttpsOnly().redirect_request(
            request, io.BytesIO(), 302, "Found", HTTPMessage(), "http://files.invalid/a"
        )  # fmt: skip
