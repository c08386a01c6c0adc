"""Opens .glb files where users open them: the official glTF validator, and three.js in headless Chromium.

    npm install --prefix FOLDER gltf-validator three
    python -m tools.web_check FOLDER/node_modules          # a demo take of ten seconds; prints one JSON object

Needs node and Chromium on the path. A page served on the loopback interface loads the file, poses it with three's
own mixer and skinning, and sends positions back; `__main__` compares them with the head's own vertices.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_TIMEOUT_S = 120
_TYPES = {".js": "text/javascript", ".html": "text/html", ".json": "application/json"}


@dataclass
class Question:
    """What the page is asked.

    Attributes:
        modules: the node_modules folder.
        glb: the file.
        times_s: times of the poses.
        points: (mesh name, point index) pairs.
    """

    modules: Path
    glb: bytes
    times_s: Sequence[float]
    points: Sequence[tuple[str, int]]


def what_is_missing(modules: Path) -> str | None:
    """Why the check cannot run here, or None."""
    if shutil.which("node") is None:
        return "node is absent"
    missing = [name for name in ("gltf-validator", "three") if not (modules / name).is_dir()]
    if missing:
        return f"npm packages absent from '{modules}': {', '.join(missing)}"
    return None if browser() else "Chromium is absent"


def browser() -> str | None:
    """Path of a browser."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def validate(modules: Path, glb: Path) -> dict[str, Any]:
    """Report of the official validator: numErrors, numWarnings, messages."""
    command = ["node", str(HERE / "validate.cjs"), str(modules), str(glb)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    return dict(json.loads(done.stdout))


def positions_in_three(question: Question) -> dict[str, Any]:
    """What three.js makes of a file.

    `revision`, `meshes`, `morphs` (of the skin), `poses` (times, points, 3), `names` of the morphs of each mesh,
    `weights` of them at each time, `bones`.

    Raises:
        RuntimeError: the page failed or never answered.
    """
    answer: dict[str, Any] = {}
    arrived = threading.Event()
    with _served(question, answer, arrived) as address, tempfile.TemporaryDirectory() as profile:
        command = [
            str(browser()), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
            "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage", address,
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            arrived.wait(_TIMEOUT_S)
            process.terminate()
    if "poses" not in answer:
        raise RuntimeError(answer.get("error", f"no answer within {_TIMEOUT_S} s"))
    return answer


@contextmanager
def _served(question: Question, answer: dict[str, Any], arrived: threading.Event) -> Iterator[str]:
    """A server on the loopback interface with the page, the file and the modules."""
    ask = json.dumps({"times_s": list(question.times_s), "points": [list(p) for p in question.points]}).encode()
    fixed = {"/": ((HERE / "page.html").read_bytes(), ".html"), "/ask.json": (ask, ".json")}
    fixed["/take.glb"] = (question.glb, ".glb")
    root = question.modules.resolve()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = fixed.get(self.path) or _module(root, self.path)
            self.send_response(200 if found else 404)
            if found:
                self.send_header("Content-Type", _TYPES.get(found[1], "application/octet-stream"))
            self.end_headers()
            self.wfile.write(found[0] if found else b"")

        def do_POST(self) -> None:
            answer.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _module(root: Path, path: str) -> tuple[bytes, str] | None:
    place = (root / path.removeprefix("/modules/")).resolve()
    if not path.startswith("/modules/") or root not in place.parents or not place.is_file():
        return None
    return place.read_bytes(), place.suffix
