from __future__ import annotations

import json
import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.direction.sounds import rhythm

from xtalker.direction.endpoint import Endpoint, ask_program, endpoint_from_environment, prompt
from xtalker.direction.vocabulary import HEAD
from xtalker.values import InputError
from xtalker.values.direction import Move

_KEY = "sk-very-secret-1234"
_PROGRAM = {"moves": [{"name": "nod", "at": 1.0, "for": 1.2, "amount": 0.8, "towards": "down", "times": 2}]}
_SOUND = rhythm(10, pauses=((4.0, 5.0),), beats=(1.5, 6.0))


def _answer(content: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behave):
        self.behave, self.asked, self.headers_seen, self.sent = behave, [], [], 0
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request, client_address):
        pass  # clients that leave early are the point here


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.asked.append((self.path, json.loads(self.rfile.read(length))))
        self.server.headers_seen.append(dict(self.headers))
        self.server.behave(self)

    def reply(self, body: bytes, status: int = 200, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    running = []

    def start(behave):
        server = _Server(behave)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def _ask(server, timeout_s: float = 5.0):
    return ask_program(Endpoint(server.url, "tiny", _KEY, timeout_s), "nod twice", "head", _SOUND)


def test_honest_server(serve):
    server = serve(lambda handler: handler.reply(_answer(json.dumps(_PROGRAM))))
    assert _ask(server) == (Move("nod", 1.0, 1.2, 0.8, "down", 2),)
    path, request = server.asked[0]
    assert path == "/v1/chat/completions" and request["model"] == "tiny" and len(server.asked) == 1
    assert server.headers_seen[0]["Authorization"] == f"Bearer {_KEY}"
    assert request["messages"][1] == {"role": "user", "content": "nod twice"}


def test_the_request_tells_vocabulary_and_rhythm():
    told = prompt("head", _SOUND)
    assert all(f"- {name}:" in told for name in HEAD)
    assert "10.00 seconds" in told and "4.00-5.00" in told and "1.5" in told
    assert "- dolly_zoom:" in prompt("camera", _SOUND) and "$" not in told + prompt("camera", rhythm(0.04))


def test_program_in_prose_and_fence(serve):
    content = f"Sure! Here {{is}} it:\n```json\n{json.dumps(_PROGRAM, indent=1)}\n```\nEnjoy."
    assert _ask(serve(lambda handler: handler.reply(_answer(content))))[0].name == "nod"


def test_a_wrong_program_is_sent_back_once_with_its_fault(serve):
    def behave(handler):
        wrong = {"moves": [{"name": "backflip", "at": 1.0}]}
        handler.reply(_answer(json.dumps(wrong if len(handler.server.asked) == 1 else _PROGRAM)))

    server = serve(behave)
    assert _ask(server)[0].name == "nod"
    assert "backflip" in server.asked[1][1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("I would let her nod, gently.", "no JSON program"),
        (json.dumps({"moves": [{"name": "explode", "at": 0}]}), "explode"),
        (json.dumps({"moves": [{"name": "nod", "at": 0, "amount": 1e9}]}), "amount: out of range"),
        (json.dumps({"moves": [{"name": "nod", "at": 99, "for": 1}]}), "at: out of range"),
        ('{"moves": [{"name": "nod", "at": NaN}]}', "no JSON program"),
        ("[" * 100_000, "no JSON program"),
        (json.dumps({"moves": [{"name": "nod", "at": 1}] * 201}), "number of moves"),
        ("", "no JSON program"),
    ],
)
def test_a_server_that_lies_is_refused_after_two_answers(serve, content, told):
    server = serve(lambda handler: handler.reply(_answer(content)))
    with pytest.raises(InputError, match=told) as error:
        _ask(server)
    assert len(server.asked) == 2 and "\n" not in str(error.value)


def test_a_server_that_stalls(serve):
    over = threading.Event()
    server = serve(lambda handler: over.wait(10))
    started = time.perf_counter()
    with pytest.raises(InputError, match=r"within 0\.4 s"):
        _ask(server, timeout_s=0.4)
    over.set()
    assert time.perf_counter() - started < 3


def test_a_server_that_drips(serve):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    server = serve(drip)
    started = time.perf_counter()
    with pytest.raises(InputError, match=r"within 0\.5 s"):
        _ask(server, timeout_s=0.5)
    assert time.perf_counter() - started < 3


def test_headers_that_drip(serve):
    def drip(handler):
        for _ in range(200):
            handler.wfile.write(b"H")
            time.sleep(0.05)

    started = time.perf_counter()
    with pytest.raises(InputError, match=r"within 0\.5 s"):
        _ask(serve(drip), timeout_s=0.5)
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize("told_length", [True, False])
def test_fifty_megabytes_are_cut_off_early(serve, told_length):
    def flood(handler):
        handler.send_response(200)
        if told_length:
            handler.send_header("Content-Length", str(50_000_000))
        handler.end_headers()
        for _ in range(500):
            handler.wfile.write(b"x" * 100_000)
            handler.server.sent += 100_000

    server = serve(flood)
    with pytest.raises(InputError, match="more than 1,000,000 bytes"):
        _ask(server)
    assert server.sent < 20_000_000  # what fits into the buffers of two sockets, and no more


def test_errors_of_the_server(serve):
    with pytest.raises(InputError, match="status 500"):
        _ask(serve(lambda handler: handler.reply(b"boom", 500)))
    with pytest.raises(InputError, match="not one of a chat endpoint"):
        _ask(serve(lambda handler: handler.reply(b"<html>")))
    with pytest.raises(InputError, match="did not answer"):
        _ask(serve(lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")))


def test_redirects_are_not_followed(serve):
    other = serve(lambda handler: handler.reply(_answer(json.dumps(_PROGRAM))))
    server = serve(lambda handler: handler.reply(b"", 307, Location=f"{other.url}/chat/completions"))
    with pytest.raises(InputError, match="status 307"):
        _ask(server)
    assert not other.asked


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(InputError, match="did not answer"):
        ask_program(Endpoint(f"http://127.0.0.1:{port}/v1", "tiny"), "nod", "head", _SOUND)


def test_the_key_shows_nowhere(serve, caplog):
    caplog.set_level(logging.DEBUG)
    server = serve(lambda handler: handler.reply(b"", 401))
    with pytest.raises(InputError) as error:
        _ask(server)
    assert _KEY not in str(error.value) + repr(Endpoint(server.url, "tiny", _KEY)) + caplog.text


@pytest.mark.parametrize(
    "url", ["ftp://host/v1", "file:///etc/passwd", "localhost:11434", "http://", "http://me:pw@host/v1", "http://h:bad/",
            "http://h/v1?key=abc", "http://h/\r\nX: y"],
)  # fmt: skip
def test_addresses_that_are_none(url):
    with pytest.raises(InputError, match="XTALKER_LLM_URL") as error:
        Endpoint(url, "tiny")
    assert "pw" not in str(error.value) and "abc" not in str(error.value)


def test_settings():
    assert endpoint_from_environment({}) is None
    with pytest.raises(InputError, match="XTALKER_LLM_MODEL"):
        endpoint_from_environment({"XTALKER_LLM_URL": "http://localhost:1/v1"})
    found = endpoint_from_environment({"XTALKER_LLM_URL": "http://localhost:1/v1", "XTALKER_LLM_MODEL": "m"})
    assert found == Endpoint("http://localhost:1/v1", "m")
    with pytest.raises(InputError, match="XTALKER_LLM_KEY"):
        Endpoint("http://h/v1", "m", "a\r\nb")
