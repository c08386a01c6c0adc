"""A headless Chromium, spoken to through two pipes (its debugging protocol: JSON messages that end with a zero)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
WAIT_S = 60.0
# The browser reads commands from descriptor 3 and writes answers to 4. Both are copied up first, as either may be
# the other's place; a plain sh cannot name descriptors above 9.
_START = """
import fcntl, os, sys
theirs_in, theirs_out = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(theirs_in, 3)
os.dup2(theirs_out, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page of a browser with a profile of its own; a context manager."""

    def __init__(self, profile: Path) -> None:
        self._to_us, theirs_out = os.pipe()
        theirs_in, self._to_them = os.pipe()
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
        start = [sys.executable, "-c", _START, str(theirs_in), str(theirs_out), find() or ""]
        command = [*start, *options, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._number, self._rest, self._session = 0, b"", None

    def __enter__(self) -> Browser:
        try:
            page = self.ask("Target.createTarget", url="about:blank")["targetId"]
            self._session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to_us)
        os.close(self._to_them)

    def ask(self, method: str, **parameters: object) -> dict:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self._session
        os.write(self._to_them, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            while b"\0" not in self._rest:
                read = os.read(self._to_us, 1 << 16)
                assert read, "the browser has gone"
                self._rest += read
            text, _, self._rest = self._rest.partition(b"\0")
            answer = json.loads(text)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
        raise TimeoutError(method)

    def run(self, script: str) -> object:
        """Value of a JavaScript expression in the page."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, page: Path) -> None:
        self.ask("Page.navigate", url=page.as_uri())
        end = time.monotonic() + WAIT_S
        while self.run("document.readyState + location.href") != f"complete{page.as_uri()}":
            assert time.monotonic() < end, "the page does not load"
            time.sleep(0.05)
