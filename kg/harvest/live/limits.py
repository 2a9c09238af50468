"""One pace for each host, shared by every process of a user.

A process reserves the next free slot of a host in a small file, under a file lock, and waits for it
outside the lock: slots are never given twice, and nobody polls. A server's ``Retry-After`` moves the
next slot for everybody (docs/decisions/0006-record-store.md has why this is no library's bucket).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock

from kg.harvest.live.clock import Clock


class HostLimiter:
    """Gives out slots, one every ``1 / rate_per_s`` seconds and host.

    Parameters
    ----------
    folder : Path
        Where the files of slots are; every process that shares it shares the pace.
    rate_per_s : float
        Requests a second; 0 lifts the limit, but not a server's pause.
    clock : Clock
        Time.
    """

    def __init__(self, folder: Path, rate_per_s: float, clock: Clock) -> None:
        self._folder, self._rate, self._clock = folder, rate_per_s, clock
        #: Hosts that asked this process for a pause, so that without a rate most requests touch no file.
        self._paused: set[str] = set()

    def reserve(self, url: str, *, patience_s: float) -> float | None:
        """Reserve the next slot.

        Returns
        -------
        float or None
            Seconds to wait for it; None where that is longer than `patience_s`, and then nothing is reserved.
        """
        host = _host(url)
        if not self._rate and host not in self._paused:
            return 0.0
        interval = 1 / self._rate if self._rate else 0.0
        with self._lock(host):
            now = self._clock.now()
            free = self._read(host)
            if free > now + 7 * 86_400:  # the clock was set back: nobody asks for a week
                free = now
            slot = max(now, free)
            if slot - now > patience_s:
                return None
            self._write(host, slot + interval)
        return slot - now

    def pause(self, url: str, seconds: float) -> None:
        """Give out no slot of a host for some seconds: what ``Retry-After`` asks for."""
        host = _host(url)
        self._paused.add(host)
        with self._lock(host):
            self._write(host, max(self._read(host), self._clock.now() + seconds))

    def _file(self, host: str) -> Path:
        name = "".join(c if c.isalnum() or c in ".-" else "_" for c in host)[:60]
        return self._folder / f"{name}-{hashlib.sha256(host.encode()).hexdigest()[:8]}.slot"

    def _lock(self, host: str) -> FileLock:
        self._folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self._file(host).with_suffix(".lock"))

    def _read(self, host: str) -> float:
        try:
            return float(self._file(host).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0  # absent, or its writer was killed: the pace starts anew

    def _write(self, host: str, free: float) -> None:
        file = self._file(host)
        aside = file.with_suffix(f".{os.getpid()}")
        aside.write_text(repr(free), encoding="ascii")
        aside.replace(file)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}:{parts.port or {'https': 443}.get(parts.scheme, 80)}"
