"""Every error that kg raises on purpose, in one tree.

KgError
  + DiskFullError               a disk that takes no more
  + OutOfMemoryError            no memory, or not as much as the system grants
  + ConfigError                 kg.toml, an option or an environment variable
  + HarvestError                a source that can't be read
    + RecordError               one record that can't be used; a build goes on without it
      + PayloadError            an answer that must not take a record's place
    + FetchError                a request that got no usable answer
      + RateLimitedError        the server asks for more patience than is left
      + StatusError             an answer whose status says no
      + BodyError               a body that is cut, too large or not what was asked for
    + AnswerError               a server that answers with an error in place of data
    + SourceDownError           a source given up for this run
    + StoreError                the record store is damaged
      + StoreBusyError          another harvest is writing to it
  + OntologyError               a vocabulary
    + VocabularyParseError      a file that breaks its format, with its line
    + PinError                  a release that isn't the one pinned in sources.toml
  + LinkError                   the linker
  + ClaimError                  a claim that can't be made
  + GraphError                  assembling or reading the graph
    + BuildError                a build that is absent, damaged or not finished
    + DanglingEdgeError         an edge without one of its ends
  + ExportError                 a projection of a build
    + ReadBackError             what was written is not what is there
    + ServerError               a database or service that answered wrongly
  + QueryError                  a Cypher query
    + ReadOnlyError             a query that would write
    + QueryTimeoutError         a query that ran out of time
  + DiagramError                a diagram that doesn't parse or can't be drawn
  + WikiError                   a wiki page that can't be read or written
"""

from __future__ import annotations

import errno
import re
from typing import Final

#: What the system says when there is no room: on the disk, or in what this user may have of it.
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
#: How libraries say that there was no memory where that isn't a MemoryError: the loader, threads, allocators.
_NO_MEMORY: Final = re.compile(
    r"failed to map segment|cannot allocate memory|memory allocation|out of memory|can't start new thread",
    re.IGNORECASE,
)


class KgError(Exception):
    """What went wrong, where, and how to mend it.

    Parameters
    ----------
    what : str
        The fault, in a sentence without its full stop.
    where : str
        File and line, record and field, or URL. Empty where there is no place to name.
    mend : str
        What the reader can do about it.
    **facts : object
        The values behind the sentence, so that no caller parses a message.

    Examples
    --------
    >>> print(KgError("'yse' is not a boolean", "kg.toml: build.force", "write true or false"))
    kg.toml: build.force: 'yse' is not a boolean
      mend: write true or false
    """

    #: Exit status of a command that ends with this error.
    exit_code = 3

    def __init__(self, what: str, where: str = "", mend: str = "", **facts: object) -> None:
        # All three in args and the rest in __dict__: the error survives pickling out of a worker process.
        super().__init__(what, where, mend)
        self.facts = facts

    @property
    def what(self) -> str:
        """The fault alone, for a table of problems."""
        return str(self.args[0])

    @property
    def where(self) -> str:
        """The place of the fault."""
        return str(self.args[1])

    @property
    def mend(self) -> str:
        """What can be done about it."""
        return str(self.args[2])

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  mend: {self.mend}" if self.mend else text


class DiskFullError(KgError):
    """A disk that takes no more."""


def full_disk(error: OSError) -> DiskFullError | None:
    """Give the error to tell of what the system said, if it is that a disk is full."""
    if error.errno not in _FULL:
        return None
    mend = "free some room, or move builds, store or cache to a larger disk, and run again; what was there is whole"
    return DiskFullError(f"the disk is full: {error.strerror}", str(error.filename or ""), mend)


class OutOfMemoryError(KgError):
    """No memory, or not as much as the system grants."""


def out_of_memory(error: BaseException) -> OutOfMemoryError | None:
    """Give the error to tell of what was raised, if it came of a lack of memory.

    What is imported late, when little is left, raises an ImportError or OSError that names a library.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:  # its text has the name of a file, any text
            is_one = cause.errno == errno.ENOMEM
        else:
            is_said = isinstance(cause, (ImportError, OSError, RuntimeError)) and _NO_MEMORY.search(str(cause))
            is_one = bool(is_said) or isinstance(cause, MemoryError)
        if is_one:
            said = str(cause).strip().partition("\n")[0]
            mend = "free memory, or do less at once: kg build --processes 1, or [build] processes in kg.toml"
            return OutOfMemoryError(f"memory ran out{': ' if said else ''}{said}", "", mend)
        cause = cause.__cause__ or cause.__context__
    return None


class ConfigError(KgError, ValueError):
    """A setting that can't be used."""


class HarvestError(KgError):
    """A source that can't be read."""


class RecordError(HarvestError):
    """One record that can't be used."""


class PayloadError(RecordError):
    """An answer that must not take a record's place."""


class FetchError(HarvestError):
    """A request that got no usable answer."""


class RateLimitedError(FetchError):
    """The server asks for more patience than is left."""


class StatusError(FetchError):
    """An answer whose status says no; ``facts["status"]`` has it."""


class BodyError(FetchError):
    """A body that is cut, too large or not what was asked for."""


class AnswerError(HarvestError):
    """A server answers with an error in place of data.

    ``facts["kind"]`` says which: of E-utilities ``error``, ``history``, ``too-far``, ``nothing``, ``key``, ``html``,
    ``malformed``, ``entities``; of MediaWiki its own code. ``facts["passing"]`` says whether to ask again.
    """

    @property
    def kind(self) -> str:
        """What kind of error it is."""
        return str(self.facts.get("kind", "error"))

    @property
    def is_passing(self) -> bool:
        """Whether the same request may do better."""
        return bool(self.facts.get("passing"))


class SourceDownError(HarvestError):
    """A source given up for this run."""


class StoreError(HarvestError):
    """The record store is damaged."""


class StoreBusyError(StoreError):
    """Another harvest is writing to the store."""


class OntologyError(KgError):
    """A vocabulary that can't be used."""


class VocabularyParseError(OntologyError):
    """A vocabulary file that breaks its format."""


class PinError(OntologyError):
    """A vocabulary release that isn't the one pinned."""


class LinkError(KgError):
    """The linker can't do its work."""


class ClaimError(KgError):
    """A claim that can't be made."""


class GraphError(KgError):
    """The graph can't be assembled or read."""


class BuildError(GraphError):
    """A build that is absent, damaged or not finished."""


class DanglingEdgeError(GraphError):
    """An edge without one of its ends."""


class ExportError(KgError):
    """A projection of a build failed."""


class ReadBackError(ExportError):
    """What was written is not what is there."""


class ServerError(ExportError):
    """A database or service answered wrongly."""


class QueryError(KgError):
    """A Cypher query that can't be answered."""


class ReadOnlyError(QueryError):
    """A query that would write."""


class QueryTimeoutError(QueryError):
    """A query that ran out of time."""


class DiagramError(KgError):
    """A diagram that doesn't parse or can't be drawn."""


class WikiError(KgError):
    """A wiki page that can't be read or written."""
