"""One request and its answer, and what of them is decided without asking anybody."""

from __future__ import annotations

import http.client
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from kg import __version__
from kg.config import HarvestConfig
from kg.harvest.live.bodies import Expect
from kg.harvest.live.rows import Receipt


@dataclass(slots=True)
class Traffic:
    """What a session did and how long it waited: for its pace, for servers' pauses, for answers."""

    requests: int = 0
    retries: int = 0
    not_modified: int = 0
    bytes_received: int = 0
    waiting_s: float = 0.0
    network_s: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A whole answer; `document` is the parsed body where JSON was asked for."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    url: str
    params: dict[str, str]
    attempts: int
    fetched_at: str
    document: Any = None

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes, {self.url})"

    @property
    def not_modified(self) -> bool:
        """Whether what was asked for is as it was."""
        return self.status == http.client.NOT_MODIFIED

    @property
    def receipt(self) -> Receipt:
        """What the store keeps of where this came from; without credentials."""
        return Receipt(
            url=self.url,
            params=self.params,
            status=self.status,
            etag=self.headers.get("ETag"),
            last_modified=self.headers.get("Last-Modified"),
            attempts=self.attempts,
            fetched_at=self.fetched_at,
        )


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What is asked for."""

    method: str
    url: str
    params: Mapping[str, Any] | None
    json: object
    data: Mapping[str, Any] | None
    headers: Mapping[str, str]
    max_bytes: int
    expect: Expect
    allow: Collection[int]

    @property
    def is_conditional(self) -> bool:
        """Whether the answer may be that nothing has changed."""
        return any(name.lower() in ("if-none-match", "if-modified-since") for name in self.headers)

    @property
    def has_credentials(self) -> bool:
        """Whether it has what no other host may see."""
        return any(name.lower() in ("authorization", "cookie") for name in self.headers)


def may_follow(request: Request, url: str, target: str, status: int, hosts: Collection[str]) -> bool:
    """Decide whether a redirect is followed: on the same host, or to one that is named and gets no credentials."""
    old, new = urlsplit(url), urlsplit(target)
    is_same = old.hostname == new.hostname and (old.port == new.port or (old.scheme, new.scheme) == ("http", "https"))
    is_allowed = is_same or (new.hostname in hosts and not request.has_credentials)
    is_downgrade = old.scheme == "https" and new.scheme != "https"
    is_repeated = request.method == "GET" or status in (307, 308)  # the others turn a POST into a GET
    return new.scheme in ("http", "https") and is_allowed and not is_downgrade and is_repeated


def user_agent(config: HarvestConfig) -> str:
    """Say who asks, and whom to write to."""
    return f"neurokg/{__version__} (+mailto:{config.contact})" if config.contact else f"neurokg/{__version__}"


def as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no credentials to a request."""
    return request


def reason_of(error: BaseException) -> str:
    """Say what broke a connection; libraries' own texts quote whole URLs, so only what is known is said."""
    if isinstance(error, requests.ConnectTimeout):
        return "it can't be reached in time"
    if isinstance(error, requests.Timeout | urllib3.exceptions.ReadTimeoutError | TimeoutError):
        return "it sends nothing in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate can't be trusted"
    if isinstance(error, requests.ConnectionError):
        return "the connection can't be made, or breaks"
    return "the connection breaks before the body is whole"
