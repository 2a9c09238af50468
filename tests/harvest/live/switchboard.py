"""A real HTTP server in a thread, in front of any fake source, that can go wrong in every way known.

A fake source is a callable from `Request` to `Answer`. The switchboard sends its answers, and does to
them what the fault that is switched on does: once, several times, or as a plan decides for each request.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from enum import StrEnum
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    #: Of the query, and of a form in the body.
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Answer(NamedTuple):
    """What the source answers."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    headers: Mapping[str, str] = {}


App = Callable[[Request], Answer]


class Fault(StrEnum):
    """What can happen to an answer."""

    LIMIT_SECONDS = "429 with Retry-After in seconds"
    LIMIT_DATE = "429 with Retry-After as a date"
    LIMIT_BARE = "429 without Retry-After"
    UNAVAILABLE = "503"
    UNAVAILABLE_AFTER = "503 with Retry-After"
    BROKEN = "500"
    RESET_EARLY = "reset before the answer"
    RESET = "reset in the middle of the body"
    HANG_UP = "the connection ends in the middle of the body"
    DRIP = "a byte now and then"
    DRIP_HEADERS = "a byte of the headers now and then"
    CUT_HEADERS = "the connection ends in the middle of the headers"
    CUT = "a body cut in the middle, with the length of what is left"
    CUT_GZIP = "gzip data cut in the middle, with the length of what is left"
    EMPTY = "an empty body"
    HTML = "an HTML page with status 200"
    TERMS = "a notice of terms of service in place of the data"
    CHARSET_NAME = "a charset in the header that isn't the body's"
    CHARSET = "a body in another charset"
    LOOP = "a redirect to itself"
    ELSEWHERE = "a redirect to another host"
    HUGE = "a body of 10 GB"
    HUGE_DECLARED = "a length of 10 GB"
    BOMB = "a gzip bomb"
    ENTITIES = "an XML entity bomb"
    HTML_404 = "an HTML page with status 404"


#: Faults that a later try betters.
TRANSIENT = tuple(
    fault
    for fault in Fault
    if fault
    not in (
        Fault.ELSEWHERE,
        Fault.LOOP,
        Fault.HUGE,
        Fault.HUGE_DECLARED,
        Fault.BOMB,
        Fault.ENTITIES,
        Fault.HTML_404,
    )
)
#: Faults after which the answer is nevertheless right.
HARMLESS = (Fault.CHARSET_NAME,)

_HTML = b"<!DOCTYPE html>\n<html><head><title>Scheduled maintenance</title></head><body>Back soon.</body></html>"
_TERMS = json.dumps(
    {"message": "Please accept the new Terms of Service before you continue.", "results": None}
).encode()
_TERMS_XML = b"<?xml version='1.0'?><Notice>Please accept the new Terms of Service before you continue.</Notice>"
_ENTITIES = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + b"<lolz>&b;</lolz>"


@cache
def _bomb() -> bytes:
    engine = zlib.compressobj(9, wbits=31)
    return b"".join(engine.compress(bytes(2**20)) for _ in range(4)) + engine.flush()


@dataclass
class Seen:
    """One request that came, and what was done to its answer."""

    request: Request
    fault: Fault | None
    at: float
    status: int = 0
    bytes_sent: int = 0


class Switchboard:
    """The server; use it in a ``with`` statement.

    Parameters
    ----------
    app : App
        The fake source.
    retry_after_s : int
        What ``Retry-After`` asks for.
    drip_s : float
        Time between two bytes of a drip.
    """

    def __init__(self, app: App, *, retry_after_s: int = 7, drip_s: float = 0.02) -> None:
        self.app, self.retry_after_s, self.drip_s = app, retry_after_s, drip_s
        self.seen: list[Seen] = []
        #: Asked for each request, where no fault is switched on.
        self.plan: Callable[[Request], Fault | None] | None = None
        #: Done before each request is answered: what changes while a harvest runs.
        self.before: Callable[[Request], None] | None = None
        self._switched: list[list[Any]] = []
        self._lock = threading.Lock()

        class Handler(_Handler):
            board = self

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    @property
    def url(self) -> str:
        """Address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> int:
        """How many requests came."""
        return len(self.seen)

    @property
    def bytes_sent(self) -> int:
        """Bytes of all bodies that were sent."""
        return sum(seen.bytes_sent for seen in self.seen)

    def switch(self, fault: Fault, *, times: int = 1, match: str = "", skip: int = 0) -> None:
        """Switch a fault on for the next requests whose path and query hold `match`, after the first `skip`."""
        with self._lock:
            self._switched.append([fault, times, match, skip])

    def clear(self) -> None:
        """Switch everything off and forget what was seen."""
        with self._lock:
            self._switched.clear()
            self.seen.clear()
        self.plan = self.before = None

    def _fault_for(self, request: Request) -> Fault | None:
        with self._lock:
            for switched in self._switched:
                if switched[2] not in f"{request.path}?{'&'.join(f'{k}={v}' for k, v in request.params.items())}":
                    continue
                if switched[3] > 0:
                    switched[3] -= 1
                    continue
                if switched[1] > 0:
                    switched[1] -= 1
                    return Fault(switched[0])
        return self.plan(request) if self.plan else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError | ValueError):  # a client that has left, a connection we reset
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    board: Switchboard

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "form-urlencoded" in (self.headers.get("Content-Type") or ""):
            params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        request = Request(self.command, parts.path, params, dict(self.headers.items()), body)
        board = self.board
        if board.before:
            board.before(request)
        fault = board._fault_for(request)
        self.seen = Seen(request, fault, time.time())
        board.seen.append(self.seen)
        self._answer(request, fault)
        self.wfile.flush()

    def _answer(self, request: Request, fault: Fault | None) -> None:
        answer = self.board.app(request)
        if fault is None:
            self._send(answer.status, answer.content_type, answer.body, answer.headers)
            return
        after = {"Retry-After": str(self.board.retry_after_s)}
        is_xml = "xml" in answer.content_type
        half = answer.body[: len(answer.body) // 2]
        match fault:
            case Fault.LIMIT_SECONDS:
                self._send(429, "application/json", b'{"detail":"Request was throttled."}', after)
            case Fault.LIMIT_DATE:
                # A date counts whole seconds: one more than asked for, so that it is never less.
                date = formatdate(time.time() + self.board.retry_after_s + 1, usegmt=True)
                self._send(429, "application/json", b'{"detail":"Request was throttled."}', {"Retry-After": date})
            case Fault.LIMIT_BARE:
                self._send(429, "text/plain", b"slow down")
            case Fault.UNAVAILABLE:
                self._send(503, "text/html", _HTML)
            case Fault.UNAVAILABLE_AFTER:
                self._send(503, "text/html", _HTML, after)
            case Fault.BROKEN:
                self._send(500, "text/html", b"<h1>Server Error (500)</h1>")
            case Fault.RESET_EARLY:
                self._reset()
            case Fault.RESET | Fault.HANG_UP:
                self._head(answer.status, answer.content_type, len(answer.body) or 10, answer.headers)
                self._write(half)
                self.wfile.flush()
                if fault is Fault.RESET:
                    self._reset()
                self.close_connection = True
            case Fault.DRIP:
                self._head(answer.status, answer.content_type, len(answer.body) or 10, answer.headers)
                self._drip(answer.body or b"{}        ")
            case Fault.DRIP_HEADERS:
                self._drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"s" * 4000)
            case Fault.CUT_HEADERS:
                self.close_connection = True
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Cut")
            case Fault.CUT:
                self._send(200, answer.content_type, half or b"{", answer.headers)
            case Fault.CUT_GZIP:
                packed = gzip.compress(answer.body or b"{}", mtime=0)
                self._send(
                    200,
                    answer.content_type,
                    packed[: len(packed) // 2],
                    {**answer.headers, "Content-Encoding": "gzip"},
                )
            case Fault.EMPTY:
                self._send(200, answer.content_type, b"", answer.headers)
            case Fault.HTML:
                self._send(200, "text/html; charset=utf-8", _HTML)
            case Fault.HTML_404:
                self._send(404, "text/html", _HTML)
            case Fault.TERMS:
                self._send(200, answer.content_type, _TERMS_XML if is_xml else _TERMS)
            case Fault.CHARSET_NAME:
                kind = answer.content_type.split(";")[0] + "; charset=iso-8859-1"
                self._send(answer.status, kind, answer.body, answer.headers)
            case Fault.CHARSET:
                kind = answer.content_type.split(";")[0] + "; charset=utf-8"
                self._send(
                    200,
                    kind,
                    b"\xe9\xe8 " + answer.body.decode().encode("latin-1", "replace"),
                    answer.headers,
                )
            case Fault.LOOP:
                self._send(302, "text/html", b"", {"Location": self.path})
            case Fault.ELSEWHERE:
                self._send(302, "text/html", b"", {"Location": f"http://localhost.example.org{self.path}"})
            case Fault.HUGE | Fault.HUGE_DECLARED:
                self._huge(answer.content_type, declared=fault is Fault.HUGE_DECLARED)
            case Fault.BOMB:
                self._send(200, answer.content_type, _bomb(), {"Content-Encoding": "gzip"})
            case Fault.ENTITIES:
                self._send(200, "text/xml", _ENTITIES)

    def _head(self, status: int, kind: str, length: int | None, headers: Mapping[str, str] = {}) -> None:
        self.seen.status = status
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.seen.bytes_sent += len(data)

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] = {}) -> None:
        if status == 304:
            body = b""
        self._head(status, kind, None if status == 304 else len(body), headers)
        self._write(body)

    def _drip(self, data: bytes) -> None:
        self.close_connection = True
        self.wfile.flush()
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            self.seen.bytes_sent += 1
            time.sleep(self.board.drip_s)

    def _reset(self) -> None:
        self.close_connection = True
        # Lingering for 0 seconds makes closing send a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _huge(self, kind: str, *, declared: bool) -> None:
        self.close_connection = True
        self._head(200, kind, 10 * 2**30 if declared else None, {"Connection": "close"})
        for _ in range(10 * 2**10):
            self._write(b" " * 2**20)
