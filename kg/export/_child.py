"""Starting the engine's worker processes, and talking to them in lines of JSON.

A worker gets its requests on stdin and answers on stdout; whatever else the JVM prints goes to a file
of its own, which is shown only if the worker dies.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final, NoReturn

import kg
from kg.export.waiting import take

#: Exit status of a JVM that ran out of heap (-XX:+ExitOnOutOfMemoryError).
OUT_OF_MEMORY: Final = 3
_SHOWN = 600


class WorkerDied(Exception):  # noqa: N818 - an event for the callers in this package, who make an error of it
    """The worker ended before it answered.

    Parameters
    ----------
    status : int
        Its exit status.
    said : str
        The last of what it printed.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(status, said)
        self.status = status
        self.said = said


class Worker:
    """A running worker process.

    Parameters
    ----------
    module : str
        Module that the process runs.
    """

    def __init__(self, module: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kg-engine-", ignore_cleanup_errors=True)
        self._printed = Path(self._folder.name) / "printed"
        path = os.pathsep.join(filter(None, [str(Path(kg.__file__).parent.parent), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {
            "PYTHONPATH": path,
            "PYTHONUTF8": "1",
            "ARCADEDB_JVM_ERROR_FILE": str(Path(self._folder.name) / "crash.log"),
        }
        with self._printed.open("wb") as printed:
            # -P: a json.py in the user's folder must not become ours.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=printed,
                env=environment,
            )
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, message: dict[str, Any]) -> None:
        """Send a request.

        Raises
        ------
        WorkerDied
            If the worker isn't there any more.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._death() from None

    def receive(self, *, until: float | None = None) -> dict[str, Any]:
        """Wait for the next line of an answer.

        Parameters
        ----------
        until : float, optional
            When to stop waiting, by `time.monotonic`.

        Raises
        ------
        TimeoutError
            If there is none in time; the worker goes on.
        WorkerDied
            If the worker ended instead.
        """
        line = take(self._lines, until=until)
        if not line.endswith(b"\n"):
            raise self._death()
        message: dict[str, Any] = json.loads(line)
        return message

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self._lines.put(line)
        self._lines.put(b"")

    def _death(self) -> WorkerDied:
        status = self._process.wait()
        said = self._printed.read_text(encoding="utf-8", errors="replace").strip()
        return WorkerDied(status, said[-_SHOWN:])

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process at once, wait until it is gone, and clear up. Again, it does nothing."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdin is not None:
            with suppress(OSError):  # a request that it never read is still in the pipe's buffer
                self._process.stdin.close()
        self._folder.cleanup()


def take_over_streams() -> tuple[Iterator[dict[str, Any]], IO[bytes]]:
    """In a worker: take stdin and stdout for the conversation, and send all other printing to stderr.

    The worker ends at once when its parent is gone, also in the middle of a query.

    Returns
    -------
    iterator of dict
        Requests.
    binary file
        Where answers go, by `reply`.
    """
    # Ctrl-C reaches the whole terminal; the parent ends this process itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    requests_in = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    queue: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        for line in requests_in:
            queue.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()

    def requests() -> Iterator[dict[str, Any]]:
        while True:
            yield json.loads(queue.get())

    return requests(), answers


def reply(answers: IO[bytes], message: dict[str, Any]) -> None:
    """In a worker: send one line of an answer."""
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()


def leave() -> NoReturn:
    """In a worker: end without closing the engine, which would write into the store."""
    os._exit(0)
