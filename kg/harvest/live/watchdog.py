"""End a request that takes too long, however it does so.

A read timeout bounds each read; a server that sends a byte now and then keeps within it for ever. So
every request has a deadline as a whole: when it passes, the socket is shut down under the reader.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_live: Final = threading.local()


class Watch:
    """The deadline of one request."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        self.has_passed = False

    def end(self) -> None:
        """Shut the request's sockets down; its reader sees the end of the data."""
        self.has_passed = True
        for found in self.sockets:
            with suppress(OSError):  # it has been closed in the meantime, which is as good
                found.shutdown(socket.SHUT_RDWR)


@contextmanager
def deadline(seconds: float) -> Iterator[Watch]:
    """Watch the requests of the block that go through a `WatchedAdapter`."""
    watch = Watch()
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    _live.watch = watch
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        _live.watch = None


def _watch(connection: Any) -> None:
    watch: Watch | None = getattr(_live, "watch", None)
    found = getattr(connection, "sock", None)
    if watch is not None and found is not None and found not in watch.sockets:
        watch.sockets.append(found)
        if watch.has_passed:
            watch.end()


class _WatchedHTTP(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self)

    def putrequest(self, *args: Any, **options: Any) -> None:
        _watch(self)  # a connection that is used again
        super().putrequest(*args, **options)


class _WatchedHTTPS(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self)

    def putrequest(self, *args: Any, **options: Any) -> None:
        _watch(self)
        super().putrequest(*args, **options)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


class WatchedAdapter(HTTPAdapter):
    """Transport whose connections end with their deadline."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pool with watched connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Make a proxy's pool with watched connections."""
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager
