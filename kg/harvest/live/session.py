"""Ask a server, politely and once more when that can help; give whole answers or say why there is none."""

from __future__ import annotations

import http.client
import logging
import random
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from kg.config import HarvestConfig
from kg.errors import BodyError, FetchError, RateLimitedError, SourceDownError, StatusError
from kg.harvest.live.bodies import CHUNK_BYTES, Expect, UnusableBody, check_body, gather
from kg.harvest.live.clock import Clock, SystemClock, iso_time
from kg.harvest.live.exchange import Request, Response, Traffic, as_it_is, may_follow, reason_of, user_agent
from kg.harvest.live.limits import HostLimiter
from kg.harvest.live.redact import TALKATIVE, RedactingFilter, Redactor
from kg.harvest.live.retrying import TransientFault, retry_after_of
from kg.harvest.live.rows import Validators
from kg.harvest.live.watchdog import WatchedAdapter, deadline

__all__ = ["HttpSession", "Response", "Traffic"]

logger = logging.getLogger(__name__)

#: Statuses that a later try may better.
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_NO_ADDRESS: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_NETWORK_ERRORS: Final = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)


class HttpSession:
    """Requests to one source's hosts.

    Parameters
    ----------
    config : HarvestConfig
        Contact, timeouts, tries, caps.
    slots : Path
        Folder of the hosts' slots, shared by all processes (see `HostLimiter`).
    rate_per_s : float
        Requests a second to one host; 0 lifts the limit.
    secrets : collection of str
        Credentials that must appear nowhere.
    clock : Clock, optional
        Time.
    hosts : collection of str
        More hosts that a redirect may lead to; without credentials.
    """

    def __init__(
        self,
        config: HarvestConfig,
        *,
        slots: Path,
        rate_per_s: float,
        secrets: Collection[str] = (),
        clock: Clock | None = None,
        hosts: Collection[str] = (),
    ) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self._limiter = HostLimiter(slots, rate_per_s, self._clock)
        self._redactor = Redactor(secrets)
        self._hosts = frozenset(hosts)
        self._down = 0
        self.traffic = Traffic()
        self._filter = RedactingFilter(self._redactor)
        for name in TALKATIVE:
            logging.getLogger(name).addFilter(self._filter)
        self._session = requests.Session()
        self._session.mount("http://", WatchedAdapter(max_retries=0))
        self._session.mount("https://", WatchedAdapter(max_retries=0))
        self._session.auth = as_it_is  # else requests would take a password from ~/.netrc
        self._session.headers.update({"User-Agent": user_agent(config), "Accept-Encoding": "gzip"})

    def __repr__(self) -> str:
        return f"HttpSession({self.traffic.requests} requests)"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        for name in TALKATIVE:
            logging.getLogger(name).removeFilter(self._filter)

    def redact(self, text: str) -> str:
        """Give a text without credentials."""
        return self._redactor.text(text)

    def redacted_params(self, params: Mapping[str, object] | None) -> dict[str, str]:
        """Give parameters without credentials: the form in which receipts have them."""
        return self._redactor.params(params)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        max_bytes: int | None = None,
        expect: Expect = "json",
        allow: Collection[int] = (),
        check: Callable[[Any], str | None] | None = None,
    ) -> Response:
        """Ask for something; see `post` for what the two have in common.

        Parameters
        ----------
        validators : Validators, optional
            From `RecordStore.validators`: the answer may then be a 304 without a body.
        """
        conditional = {**(headers or {}), **(validators.headers if validators else {})}
        return self._ask("GET", url, params, None, None, conditional, max_bytes, expect, allow, check)

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        expect: Expect = "json",
        allow: Collection[int] = (),
        check: Callable[[Any], str | None] | None = None,
    ) -> Response:
        """Ask with a body; only for requests that change nothing, since they are repeated.

        Parameters
        ----------
        url : str
            Without its parameters.
        params : mapping, optional
            Of the query.
        json, data : optional
            The body, as JSON or as a form. A form's fields count as parameters in the receipt.
        headers : mapping, optional
            Credentials belong here; they never leave for another host.
        max_bytes : int, optional
            Most bytes of the body, also when decompressed; ``harvest.max_bytes`` without it.
        expect : {"json", "xml", "gzip", "text"}
            What the body must be.
        allow : collection of int
            Statuses to give as they are, with whatever body: 401, 403, 404, 410.
        check : callable, optional
            Given the JSON document, or the bytes; says what is wrong with it, or None. A body that is
            wrong is asked for again like one that is cut.

        Returns
        -------
        Response

        Raises
        ------
        RateLimitedError
            If the server asks for a longer pause than ``harvest.patience_s``.
        StatusError, BodyError, FetchError
            After the last try, or at once where another can't help.
        SourceDownError
            When too many requests in a row have ended so.
        """
        return self._ask("POST", url, params, json, data, dict(headers or {}), max_bytes, expect, allow, check)

    def _ask(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        json: object,
        data: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        max_bytes: int | None,
        expect: Expect,
        allow: Collection[int],
        check: Callable[[Any], str | None] | None,
    ) -> Response:
        request = Request(method, url, params, json, data, headers, max_bytes or self._config.max_bytes, expect, allow)
        retrying = Retrying(
            sleep=self._wait,
            wait=self._backoff,
            stop=stop_after_attempt(self._config.tries),
            retry=retry_if_exception_type(TransientFault),
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    number = attempt.retry_state.attempt_number
                    self.traffic.retries += number > 1
                    response = self._once(request, number, check)
        except TransientFault as fault:
            raise self._given_up(request, fault) from None
        self._down = 0
        return response

    def _given_up(self, request: Request, fault: TransientFault) -> FetchError | SourceDownError:
        self._down += 1
        where = self.redact(request.url)
        text = f"{self.redact(fault.reason)}, after {self._config.tries} tries"
        if self._down >= self._config.give_up_after:
            return SourceDownError(
                f"{self._down} requests in a row had no answer that can be used; the last: {text}",
                where,
                "see whether the server is up, and harvest again",
            )
        kind = {"body": BodyError, "limit": RateLimitedError, "status": StatusError}.get(fault.kind, FetchError)
        return kind(text, where, "", status=fault.status)

    def _backoff(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, TransientFault) and fault.retry_after:
            return 0.0  # the limiter knows the pause, and every process waits for it
        most = min(self._config.backoff_max_s, self._config.backoff_s * 2.0 ** (state.attempt_number - 1))
        return random.uniform(0, most)  # noqa: S311 - "full jitter": clients that failed together come back apart

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self.traffic.waiting_s += seconds
            self._clock.sleep(seconds)

    def _once(self, request: Request, number: int, check: Callable[[Any], str | None] | None) -> Response:
        pause = self._limiter.reserve(request.url, patience_s=self._config.patience_s)
        if pause is None:
            raise RateLimitedError(
                f"the server asked for a pause longer than harvest.patience_s, {self._config.patience_s:g} s",
                self.redact(request.url),
                "harvest again later",
            )
        self._wait(pause)
        started = time.perf_counter()
        try:
            with deadline(self._config.deadline_s) as watch:
                try:
                    return self._exchange(request, number, check)
                except _NO_ADDRESS as error:
                    what = f"it is no address that can be asked: {self.redact(str(error))}"
                    raise FetchError(what, self.redact(request.url), "set the source's url in kg.toml") from None
                except _NETWORK_ERRORS as error:
                    late = f"it took longer than {self._config.deadline_s:g} s" if watch.has_passed else None
                    raise TransientFault("network", late or reason_of(error)) from None
                except TransientFault:
                    if watch.has_passed:  # what was cut by us is not the server's fault of another kind
                        late = f"it took longer than {self._config.deadline_s:g} s"
                        raise TransientFault("network", late) from None
                    raise
        except TransientFault as fault:
            self.traffic.faults[fault.kind] = self.traffic.faults.get(fault.kind, 0) + 1
            logger.info("%s: %s", self.redact(request.url), self.redact(fault.reason))
            raise
        finally:
            self.traffic.network_s += time.perf_counter() - started

    def _exchange(self, request: Request, number: int, check: Callable[[Any], str | None] | None) -> Response:
        url, params = request.url, request.params
        for _ in range(_MOST_REDIRECTS + 1):
            self.traffic.requests += 1
            with self._session.request(
                request.method,
                url,
                params=params,
                json=request.json,
                data=request.data,
                headers=dict(request.headers),
                timeout=(self._config.timeout_s, self._config.timeout_s),
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code in _REDIRECTS:
                    url, params = self._next_address(request, url, answer), None
                    continue
                return self._finish(request, answer, number, check)
        raise FetchError(f"it redirects more than {_MOST_REDIRECTS} times", self.redact(request.url), "", status=302)

    def _next_address(self, request: Request, url: str, answer: requests.Response) -> str:
        target = urljoin(answer.url, answer.headers.get("Location", ""))
        if not may_follow(request, url, target, answer.status_code, self._hosts):
            new = urlsplit(target)
            raise FetchError(
                f"it redirects to {self.redact(f'{new.scheme}://{new.netloc}')}, which is not followed",
                self.redact(request.url),
                "see whether the source has moved, and set its address",
                status=answer.status_code,
            )
        return target

    def _finish(
        self,
        request: Request,
        answer: requests.Response,
        number: int,
        check: Callable[[Any], str | None] | None,
    ) -> Response:
        status = answer.status_code
        if status in _TRANSIENT and status not in request.allow:
            after = retry_after_of(answer.headers, self._clock.now())
            if after is not None:
                self._limiter.pause(request.url, after)
            raise TransientFault("limit" if status == 429 else "status", f"it answers {status}", status, after)
        if status == http.client.NOT_MODIFIED:
            if not request.is_conditional:  # a cache on the way that answers what nobody asked
                raise TransientFault("status", "it answers 304 to a request without conditions", status)
            self.traffic.not_modified += 1
            return self._response(request, answer, b"", number, None)
        is_good = status == http.client.OK
        if not is_good and status not in request.allow:
            raise StatusError(f"it answers {status}", self.redact(request.url), _MENDS.get(status, ""), status=status)
        try:
            body = self._body(answer, request.max_bytes if is_good else CHUNK_BYTES)
            document = check_body(body, request.expect, max_bytes=request.max_bytes) if is_good else None
            fault = check(document if request.expect == "json" else body) if check and is_good else None
            if fault is not None:
                raise UnusableBody(fault)
        except UnusableBody as error:
            if error.is_final:
                raise BodyError(error.reason, self.redact(request.url), "", status=status) from None
            after = retry_after_of(answer.headers, self._clock.now())  # MediaWiki's lag comes in a 200
            if after is not None:
                self._limiter.pause(request.url, after)
            raise TransientFault("body", error.reason, status, after) from None
        return self._response(request, answer, body, number, document)

    def _body(self, answer: requests.Response, max_bytes: int) -> bytes:
        declared = answer.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > max_bytes:
            raise UnusableBody(f"it has {int(declared):,} bytes, more than {max_bytes:,}", is_final=True)

        def chunks() -> Any:
            for chunk in answer.raw.stream(CHUNK_BYTES, decode_content=False):
                self.traffic.bytes_received += len(chunk)
                yield chunk

        return gather(
            chunks(), encoding=answer.headers.get("Content-Encoding", "").lower().strip(), max_bytes=max_bytes
        )

    def _response(
        self, request: Request, answer: requests.Response, body: bytes, number: int, document: object
    ) -> Response:
        return Response(
            status=answer.status_code,
            body=body,
            headers=answer.headers,
            url=self.redact(request.url),
            params=self.redacted_params({**(request.params or {}), **(request.data or {})}),
            attempts=number,
            fetched_at=iso_time(self._clock.now()),
            document=document,
        )


_MENDS: Final = {
    401: "set the source's token in the environment",
    403: "see whether its token may read this",
    404: "see whether the source's address is right",
}
