"""One POST over the standard library, bounded in time and size whatever the server does."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from xtalker.values import InputError

_CHUNK = 1 << 14


def post_json(
    url: str, content: Mapping[str, Any], *, headers: Mapping[str, str], timeout_s: float, max_bytes: int
) -> bytes:
    """Send JSON, return the body of a 200 answer. Redirects are not followed.

    A watchdog closes the connection when the time is up: it also ends an answer that comes byte by byte, which
    a socket's own timeout would wait for.

    Args:
        url: http or https.
        content: what to send.
        headers: besides the usual.
        timeout_s: for everything together, from connecting to the last byte.
        max_bytes: longer answers are cut off and refused.

    Raises:
        InputError: no connection, another status, too slow, too large. Headers are never shown.
    """
    try:
        parts = urlsplit(url)
        place = parts.netloc
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    except (http.client.HTTPException, ValueError) as error:  # blanks, odd ports, zones
        raise _failed(f"not an address ({_reason(error)})", url.partition("?")[0][:100]) from None
    watch = _Watch(connection, timeout_s)
    try:
        with watch:
            connection.request(
                "POST", parts.path, json.dumps(content).encode(),
                {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close", **headers},
            )  # fmt: skip
            with connection.getresponse() as response:  # it alone holds the socket by now
                if response.status != http.client.OK:
                    raise _failed(f"status {response.status}", place)
                body = _bounded(response, max_bytes, place)
        if watch.rang:
            raise _failed(f"no whole answer within {timeout_s:g} s", place)
    except (OSError, http.client.HTTPException, ValueError) as error:
        slow = watch.rang or isinstance(error, TimeoutError)
        raise _failed(f"no whole answer within {timeout_s:g} s" if slow else _reason(error), place) from None
    finally:
        connection.close()
    return body


class _Watch:
    """Shuts the connection's socket down after a time."""

    def __init__(self, connection: http.client.HTTPConnection, timeout_s: float) -> None:
        self.rang = False
        self._connection = connection
        self._timer = threading.Timer(timeout_s, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._connection.connect()
        self._socket = self._connection.sock  # the connection forgets it when the answer will close it
        self._timer.start()

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()

    def _ring(self) -> None:
        self.rang = True
        with suppress(OSError):  # the answer ended at the same moment
            # Below TLS, whose own shutdown would wait for the peer.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _bounded(response: http.client.HTTPResponse, max_bytes: int, place: str) -> bytes:
    chunks, size = [], 0
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise _failed(f"an answer of more than {max_bytes:,} bytes", place)
    return b"".join(chunks)


def _reason(error: Exception) -> str:
    return (
        (getattr(error, "strerror", None) or type(error).__name__)
        if isinstance(error, OSError)
        else type(error).__name__
    )


def _failed(fault: str, place: str) -> InputError:
    return InputError(
        "the language model's endpoint did not answer", received=f"{place}: {fault}",
        accepted="an OpenAI-compatible chat endpoint", next_step="start it, or correct or unset XTALKER_LLM_URL",
    )  # fmt: skip
