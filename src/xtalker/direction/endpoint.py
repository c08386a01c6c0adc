"""A client for OpenAI-compatible chat endpoints (Ollama, llama.cpp, vLLM and others): wish -> program.

Settings: XTALKER_LLM_URL, such as http://localhost:11434/v1; XTALKER_LLM_MODEL; XTALKER_LLM_KEY where one is needed.
The key goes into one header of requests to this address and nowhere else: redirects are refused. An answer has 30
seconds in all and 1 MB. One that is no valid program is sent back once with what is wrong with it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

from xtalker.direction.http_post import post_json
from xtalker.direction.programs import parse_program, told
from xtalker.direction.rhythm_marks import emphases, phrases
from xtalker.direction.vocabulary import Kind, described
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.direction import Move
from xtalker.values.tracks import Rhythm

URL, KEY, MODEL = "XTALKER_LLM_URL", "XTALKER_LLM_KEY", "XTALKER_LLM_MODEL"
TIMEOUT_S: Final = 30.0
MAX_BYTES: Final = 1_000_000
_ATTEMPTS = 2
_MOST_MARKS = 120
_ACCEPTED = "an address such as http://localhost:11434/v1"


@dataclass(frozen=True)
class Endpoint:
    """Where to ask.

    Attributes:
        url: base address, http or https, to which `/chat/completions` is added.
        model: name that the server knows.
        key: sent as bearer token; never shown.
        timeout_s: for one whole answer.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        """Refuse addresses that could not be asked, and keys that would break out of their header."""
        try:
            parts = urlsplit(self.url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            parts, good = urlsplit(""), False
        if not good or parts.username or parts.password or parts.query or parts.fragment or not self.url.isprintable():
            raise InputError(
                f"{URL} is no address of a language model",
                received=_without_secrets(self.url),
                accepted=_ACCEPTED,
                next_step=f"correct or unset {URL}; put a key into {KEY}",
            )
        if not (self.key.isascii() and self.key.isprintable()):
            raise InputError(
                f"{KEY} cannot be sent",
                received="a key with special characters",
                accepted="printable ASCII",
                next_step=f"set {KEY} again",
            )

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.url).netloc


def endpoint_from_environment(environment: Mapping[str, str] | None = None) -> Endpoint | None:
    """The endpoint that the settings name, or None where XTALKER_LLM_URL is unset.

    Raises:
        InputError: an address without a model, or one that is none.
    """
    settings = os.environ if environment is None else environment
    url = settings.get(URL, "").strip()
    if not url:
        return None
    model = settings.get(MODEL, "").strip()
    if not model:
        raise InputError(
            f"{MODEL} is not set",
            received="nothing",
            accepted="a model that the endpoint serves",
            next_step=f"set {MODEL}, or unset {URL}",
        )
    return Endpoint(url, model, settings.get(KEY, "").strip())


def ask_program(endpoint: Endpoint, wish: str, kind: Kind, rhythm: Rhythm) -> tuple[Move, ...]:
    """Ask for a program.

    Args:
        endpoint: whom.
        wish: the user's words.
        kind: of head or camera.
        rhythm: of the clip: pauses and emphases go into the request.

    Returns:
        A valid program.

    Raises:
        InputError: no answer, or no valid program in two answers.
    """
    duration_s = rhythm.num_frames / FRAME_RATE_HZ
    talk = [{"role": "system", "content": prompt(kind, rhythm)}, {"role": "user", "content": wish}]
    fault: InputError | None = None
    for _ in range(_ATTEMPTS):
        answer = _chat(endpoint, talk)
        try:
            return parse_program(answer, kind, duration_s)
        except InputError as error:
            fault = error
            talk = [*talk[:2], {"role": "assistant", "content": answer[:4000]}, _correction(told(error))]
    assert fault is not None
    raise InputError(
        "the language model gave no usable program",
        received=f"{endpoint.place}: {told(fault)}",
        accepted="a JSON program of known moves",
        next_step="try another model, or other words",
    ) from fault


def prompt(kind: Kind, rhythm: Rhythm) -> str:
    """The request's first part, out of `prompts/`: task, rhythm of the recording, vocabulary, form of the answer."""
    spoken = phrases(rhythm)
    duration_s = rhythm.num_frames / FRAME_RATE_HZ
    edges = [0.0, *(edge for phrase in spoken for edge in phrase), duration_s]
    silent = [(a, b) for a, b in zip(edges[::2], edges[1::2]) if b - a >= 0.2]
    template = (files("xtalker.direction") / "prompts" / f"{kind}.md").read_text(encoding="utf-8")
    return Template(template).substitute(
        duration=f"{duration_s:.2f}",
        phrases=_spans(spoken),
        pauses=_spans(silent),
        vocabulary=described(kind),
        emphases=", ".join(f"{at:.2f}" for at in emphases(rhythm, gap_s=0.4)[:_MOST_MARKS]) or "none",
    )


def _correction(fault: str) -> dict[str, str]:
    return {"role": "user", "content": f"This is not a usable program. {fault}. Answer with JSON only."}


def _spans(spans: Any) -> str:
    return ", ".join(f"{start:.2f}-{end:.2f}" for start, end in spans[:_MOST_MARKS]) or "none"


def _chat(endpoint: Endpoint, talk: list[dict[str, str]]) -> str:
    """One exchange."""
    request = {"model": endpoint.model, "messages": talk, "temperature": 0.2, "stream": False}
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    body = post_json(
        f"{endpoint.url.rstrip('/')}/chat/completions",
        request,
        headers=headers,
        timeout_s=endpoint.timeout_s,
        max_bytes=MAX_BYTES,
    )
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, RecursionError, LookupError, TypeError):
        content = None
    if not isinstance(content, str):
        raise InputError(
            "the answer is not one of a chat endpoint",
            received=f"{len(body):,} bytes from {endpoint.place}",
            accepted="choices[0].message.content",
            next_step=f"check {URL}: {_ACCEPTED}",
        )
    return content


def _without_secrets(url: str) -> str:
    """What may be shown of an address: no user, password, query."""
    shown = url.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]
    scheme, slashes, rest = shown.rpartition("//")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}"[:200]
