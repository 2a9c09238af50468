"""The log on stderr: lines for a person, or JSON for machines, each with the id of the run."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple


class LogFormat(StrEnum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


class LogSetup(NamedTuple):
    """How a process logs; it can be handed to the processes that it starts."""

    form: LogFormat
    #: Stands in every line.
    run_id: str | None = None
    #: The least that is written.
    level: int = logging.INFO


#: How this process logs; None where nobody set it up, as in a library's use.
_setup: LogSetup | None = None

#: What every record has; the rest is what its writer added.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Json(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, run_id: str | None) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "run_id": self._run_id,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def setup_logging(form: LogFormat, run_id: str | None = None, *, level: int = logging.INFO) -> None:
    """Send the log of ``kg`` to stderr.

    Parameters
    ----------
    form : LogFormat
        How.
    run_id : str, optional
        Stands in every line.
    level : int
        The least that is written.
    """
    log_as(LogSetup(form, run_id, level))


def log_setup() -> LogSetup | None:
    """Tell how this process logs, for `log_as` in a process that it starts."""
    return _setup


def log_as(setup: LogSetup | None) -> None:
    """Log as the process that started this one does: to the same stderr, in the same form, with the same run id."""
    global _setup  # noqa: PLW0603 - a process has one log
    if setup is None:
        return
    _setup = setup
    form, run_id, level = setup
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter(f"%(asctime)s {run_id or '-'} %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    handler.setFormatter(_Json(run_id) if form is LogFormat.JSON else text)
    own = logging.getLogger("kg")
    own.handlers = [handler]
    own.setLevel(level)
    own.propagate = False


def log_error(error: BaseException, what: str, code: int) -> bool:
    """Write the error that ends the command as the last line of a log in JSON; say whether the log is one.

    A fault of kg has its traceback there: nobody can run last night again to see it.
    """
    own = logging.getLogger("kg")
    if not any(isinstance(handler.formatter, _Json) for handler in own.handlers):
        return False
    own.critical(what, exc_info=error if code == 70 else None, extra={"exit_code": code})
    return True
