"""Keep credentials out of whatever is written: URLs, parameters, messages, logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

#: What stands where a credential stood.
HIDDEN: Final = "***"

#: Names of query parameters, JSON fields and headers that hold credentials.
_NAME: Final = r"(?:api[-_]?key|access[-_]?token|token|password|passwd|secret|authorization|cookie|signature|auth)"
_SECRET_NAME: Final = re.compile(rf"(?:^|[-_])(?:{_NAME}|key)(?:$|[-_])", re.IGNORECASE)
_IN_QUERY: Final = re.compile(rf"([?&;](?:[\w-]*[-_])?(?:{_NAME}|key)=)[^&#\s'\"]*", re.IGNORECASE)
_IN_HEADER: Final = re.compile(
    r"(authorization['\"]?\s*[:=]\s*['\"]?)(?:(?:token|bearer|basic)\s+)?[^\s'\",}]+", re.IGNORECASE
)
_IN_ADDRESS: Final = re.compile(r"(https?://)[^/\s@]+@", re.IGNORECASE)


class Redactor:
    """Takes credentials out of text: by their names, and by their values where these are known.

    Parameters
    ----------
    secrets : iterable of str
        Values to hide wherever they stand; empty ones are left alone.

    Examples
    --------
    >>> Redactor(["s3cret"]).text("GET https://x.org/a?id=1&api_key=s3cret failed")
    'GET https://x.org/a?id=1&api_key=*** failed'
    >>> Redactor().params({"id": "1", "api_key": "s3cret"})
    {'api_key': '***', 'id': '1'}
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = {secret for secret in secrets if secret}
        # A server or library may echo a value as it stood in the URL.
        forms = values | {quote(value, safe="") for value in values} | {quote_plus(value) for value in values}
        self._values = sorted(forms, key=lambda form: (-len(form), form))

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} secrets)"

    def text(self, text: str) -> str:
        """Give the text without credentials."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        text = _IN_QUERY.sub(rf"\1{HIDDEN}", text)
        text = _IN_HEADER.sub(rf"\1{HIDDEN}", text)
        return _IN_ADDRESS.sub(rf"\1{HIDDEN}@", text)

    def params(self, params: Mapping[str, object] | None) -> dict[str, str]:
        """Give request parameters without credentials, sorted by name."""
        found = sorted((params or {}).items())
        return {name: HIDDEN if _SECRET_NAME.search(name) else self.text(str(value)) for name, value in found}


#: Loggers that write whole addresses: of every request at DEBUG, of one whose headers are cut as a WARNING.
TALKATIVE: Final = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


class RedactingFilter(logging.Filter):
    """Redacts the records of a logger that writes whole addresses."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without credentials."""
        record.msg, record.args = self._redactor.text(record.getMessage()), None
        record.exc_info = record.exc_text = None  # a traceback through a library quotes what it likes
        return True
