"""Connecting to a Neo4j server, and saying what is wrong with it in its user's words."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from kg.config import KgConfig, neo4j_password, neo4j_password_variable
from kg.errors import ConfigError, ServerError
from kg.export.neo4j.server import local_server

if TYPE_CHECKING:
    from neo4j import Driver

# The driver logs each transaction that it runs again; without a handler Python prints that to the terminal.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

#: Oldest release that is published to.
OLDEST: Final = (5, 26)
NEEDS_DRIVER: Final = "pip install 'neurokg[neo4j]'"
_CONNECT_S: Final = 15.0
_RETRY_S: Final = 30.0
#: What a server's status code begins with, what that means, and what to do about it. The first that fits.
_CODES: Final = (
    ("Neo.ClientError.Security.AuthenticationRateLimit", "too many wrong passwords", "wait some seconds and try again"),
    ("Neo.ClientError.Security.Unauthorized", "the user or the password is wrong", "{password}"),
    ("Neo.ClientError.Security.CredentialsExpired", "the password has expired", "change it on the server"),
    ("Neo.ClientError.Security.Forbidden", "the user may not do this", "give the user the role 'publisher' or 'admin'"),
    (
        "Neo.ClientError.Database.DatabaseNotFound",
        "there is no database {database!r}",
        "name one that is there with neo4j.database (KG_NEO4J__DATABASE), or create it",
    ),
    (
        "Neo.TransientError.Database.DatabaseUnavailable",
        "the database {database!r} isn't available",
        "start it, or wait until it has recovered",
    ),
    (
        "Neo.ClientError.Cluster.NotALeader",
        "this server is a replica that can't be written",
        "publish to the cluster's leader: a neo4j:// address finds it",
    ),
    (
        "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase",
        "the database is read-only",
        "publish to the cluster's leader, or take the database out of server.databases.read_only",
    ),
    ("Neo.ClientError.General.WriteOnReadOnlyAccess", "the database is read-only", "publish to the leader"),
    (
        "Neo.TransientError.General.MemoryPoolOutOfMemory",
        "the transaction needs more memory than the server allows",
        "lower neo4j.small_rows and neo4j.batch_rows, or raise the server's heap",
    ),
    (
        "Neo.TransientError.General.OutOfMemory",
        "the server ran out of memory",
        "lower neo4j.small_rows and neo4j.batch_rows, or raise the server's heap",
    ),
    (
        "Neo.DatabaseError.Transaction.TransactionLog",
        "the server can't write its transaction log; its disk may be full",
        "make room on the server's disk, and publish again",
    ),
    ("Neo.TransientError.Transaction.LogFull", "the server's disk is full", "make room on it, and publish again"),
)
_SCHEMES: Final = frozenset(f"{scheme}{kind}" for scheme in ("neo4j", "bolt") for kind in ("", "+s", "+ssc"))
#: What the driver says where it says nothing.
_NOTHING_SAID: Final = "50N42"
_DISK_FULL: Final = re.compile("no space left|disk full|not enough space", re.IGNORECASE)


def without_password(uri: str) -> str:
    """Give an address without the user and password that somebody wrote into it.

    Examples
    --------
    >>> without_password("bolt://me:secret@host:7687")
    'bolt://***@host:7687'
    >>> without_password("me:secret@host:7687")
    '***@host:7687'
    """
    told, at, host = uri.rpartition("@")
    scheme, separator, _ = told.partition("://")
    return f"{scheme if separator else ''}{separator}{'***' if at else ''}{at}{host}"


class Target(NamedTuple):
    """A database of a server, and who goes there.

    Parameters
    ----------
    uri, database, user : str
        Which one, as whom.
    password : str
        Left out of the text form.
    """

    uri: str
    database: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Target({self.place!r}, user={self.user!r})"

    @property
    def place(self) -> str:
        """Address and database, for messages."""
        return f"{without_password(self.uri)}/{self.database}"


def find_target(config: KgConfig) -> Target:
    """Find the server that the settings mean.

    Parameters
    ----------
    config : KgConfig
        The settings; without ``neo4j.uri`` they mean the local server, and its own password unless the
        environment has one.

    Raises
    ------
    ConfigError
        If a named server has no password in the environment.
    ServerError
        If the local server is meant and doesn't run.
    """
    chosen, password = config.neo4j, neo4j_password()
    if chosen.uri is not None:
        if password is None:
            raise ConfigError(
                "there is no password for the server",
                without_password(chosen.uri),
                "set KG_NEO4J_PASSWORD in the environment; settings files are shared, so it is read from nowhere else",
            )
        return Target(chosen.uri, chosen.database, chosen.user, password)
    server = local_server(config)
    status = server.status()
    if not status.running:
        raise ServerError(
            "no server is named, and the local one isn't running",
            str(chosen.home),
            "kg neo4j start, or name one with neo4j.uri (KG_NEO4J__URI)",
        )
    return Target(status.uri, chosen.database, chosen.user, password or server.password())


@contextmanager
def open_driver(target: Target) -> Iterator[Driver]:
    """Connect to a server and see that it will do.

    Parameters
    ----------
    target : Target
        Which one.

    Yields
    ------
    neo4j.Driver
        Connected; errors of the server within the block become a `ServerError`.

    Raises
    ------
    ServerError
        If it can't be reached, refuses the password, has no such database, or is too old.
    """
    try:
        import neo4j
    except ImportError as error:
        raise ServerError("Neo4j needs packages that aren't installed", target.place, NEEDS_DRIVER) from error
    _check_address(target)
    with server_errors(target):
        driver = neo4j.GraphDatabase.driver(
            target.uri,
            auth=(target.user, target.password),
            connection_timeout=_CONNECT_S,
            connection_acquisition_timeout=_RETRY_S,
            max_transaction_retry_time=_RETRY_S,
            notifications_min_severity="OFF",
            user_agent="neurokg",
        )
        with driver:
            _check_server(driver, target)
            yield driver


def _check_address(target: Target) -> None:
    """Refuse what the driver would misunderstand: it takes port 99999 for 34463."""
    if "@" in target.uri:
        raise ConfigError(
            "an address has no user and no password in it",
            target.place,
            "set neo4j.user (KG_NEO4J__USER), and KG_NEO4J_PASSWORD in the environment",
        )
    try:
        parts = urlsplit(target.uri)
        is_address = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or too large
        is_address = False
    if not is_address:
        raise ConfigError("this is no address of a Neo4j server", target.place, "write neo4j://host:7687 or bolt://…")
    if target.database.casefold() == "system":
        raise ConfigError(
            "the database 'system' holds the server's own things and no graph",
            target.place,
            "name another with neo4j.database (KG_NEO4J__DATABASE); usually it is 'neo4j'",
        )


def _check_server(driver: Driver, target: Target) -> None:
    with driver.session(database=target.database) as session:
        agent = str(session.run("RETURN 1").consume().server.agent)
    found = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
    # A server that calls itself otherwise speaks Bolt, and what it can't do it will say.
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise ServerError(
            f"the server is {agent.replace('/', ' ')}; {OLDEST[0]}.{OLDEST[1]} is the oldest that kg publishes to",
            target.place,
            "upgrade it to the long-term release 5.26 or a newer one",
        )


@contextmanager
def server_errors(target: Target) -> Iterator[None]:
    """Turn the driver's errors within the block into ours."""
    import neo4j.exceptions as driver

    try:
        yield
    except (driver.Neo4jError, driver.DriverError) as error:
        raise explain_error(error, target) from error
    except OSError as error:  # a name that can't be looked up comes bare
        raise ServerError(
            f"the server can't be reached: {error}", target.place, "see whether it runs and the address is right"
        ) from error


def explain_error(error: Exception, target: Target) -> ServerError:
    """Say what an error of the driver means and what to do.

    Parameters
    ----------
    error : Exception
        A `neo4j.exceptions.Neo4jError` or `DriverError`.
    target : Target
        Where it came from.

    Returns
    -------
    ServerError
        With the status code as ``facts["code"]``.
    """
    code, message = str(getattr(error, "code", None) or ""), _message(error)
    if _DISK_FULL.search(message):
        return ServerError(
            f"the server's disk is full: {message}", target.place, "make room, and publish again", code=code
        )
    variable = neo4j_password_variable()
    if "127.0.0.1" not in target.uri:
        its = "set neo4j.user (KG_NEO4J__USER), and KG_NEO4J_PASSWORD in the environment"
    elif variable:
        its = f"{variable} of the environment overrides the server's own ('kg neo4j password'): unset or correct it"
    else:
        its = "see 'kg neo4j password'"
    for start, what, mend in _CODES:
        if code.startswith(start):
            return ServerError(
                what.format(database=target.database),
                target.place,
                mend.format(password=its),
                code=code,
                said=message,
            )
    if _is_foreign(error):
        return ServerError(
            f"what answers there speaks no Bolt that this driver knows: {_cause_message(error)}",
            target.place,
            "see whether the port is Neo4j's for Bolt (7687 as a rule; 7474 is for browsers)",
            code=code,
        )
    if not code:
        return ServerError(
            f"the server can't be reached: {message}",
            target.place,
            "see whether it runs and the address is right",
            code=code,
        )
    return ServerError(f"the server answered {code}: {message}", target.place, "see the server's log", code=code)


def _is_foreign(error: BaseException) -> bool:
    """Whether something answered that isn't Neo4j, or one of another age."""
    import neo4j.exceptions as driver

    return isinstance(error, driver.UnsupportedServerProduct) or "looks like HTTP" in str(error)


def _cause_message(error: BaseException) -> str:
    return "it looks like a web server" if "looks like HTTP" in str(error) else "its greeting is none of Neo4j's"


def is_passing(error: ServerError) -> bool:
    """Whether an error may be gone when one tries again: a lost connection, a deadlock, a server that restarts.

    An unfinished commit is one of them: whether it was done shows when the database is read.
    """
    import neo4j.exceptions as driver

    cause = error.__cause__
    if isinstance(cause, driver.TransientError):
        return "OutOfMemory" not in str(cause.code) and "LogFull" not in str(cause.code)
    return isinstance(cause, driver.ServiceUnavailable | driver.SessionExpired | driver.ConstraintError)


def _message(error: Exception) -> str:
    text: Any = getattr(error, "message", None)
    if not text or str(text).startswith(_NOTHING_SAID):
        text = str(error) or type(error).__name__
    return " ".join(str(text).split())[:300]
