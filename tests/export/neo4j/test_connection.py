"""What is wrong with a server or the way to it, said so that its user knows what to do."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import ServiceUnavailable, TransientError

from kg.config import KgConfig, Neo4jConfig
from kg.errors import ConfigError, ServerError
from kg.export.neo4j import connection
from kg.export.neo4j.connection import Target, explain_error, find_target, is_passing, open_driver

PLACE = Target("bolt://db.example.org:7687", "graph", "me", "secret")


def failing(target: Target) -> ServerError:
    with pytest.raises(ServerError) as caught, open_driver(target):
        pass
    assert target.password not in str(caught.value)
    return caught.value


def test_a_wrong_password_is_called_one(neo4j_server: Target) -> None:
    error = failing(neo4j_server._replace(password="a wrong one"))
    assert "the user or the password is wrong" in error.what
    assert "password" in error.mend


def test_a_wrong_password_of_the_environment_is_said_to_be_its(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Exception("no")
    refused.code = "Neo.ClientError.Security.Unauthorized"  # type: ignore[attr-defined]
    here = PLACE._replace(uri="bolt://127.0.0.1:7687")
    for name in ("KG_NEO4J_PASSWORD", "NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    assert explain_error(refused, here).mend == "see 'kg neo4j password'"
    monkeypatch.setenv("NEO4J_PASSWORD", "another server's")
    assert "NEO4J_PASSWORD of the environment overrides" in explain_error(refused, here).mend
    monkeypatch.setenv("KG_NEO4J_PASSWORD", "another server's")
    assert explain_error(refused, here).mend.startswith("KG_NEO4J_PASSWORD of the environment")
    assert "KG_NEO4J_PASSWORD" in explain_error(refused, PLACE).mend


def test_a_database_that_isnt_there_is_named(neo4j_server: Target) -> None:
    error = failing(neo4j_server._replace(database="nosuch"))
    assert error.what == "there is no database 'nosuch'"
    assert "KG_NEO4J__DATABASE" in error.mend


def test_a_server_that_isnt_there_cant_be_reached() -> None:
    assert "can't be reached" in failing(Target("bolt://127.0.0.1:9", "neo4j", "neo4j", "x" * 9)).what


@pytest.mark.parametrize(
    ("greeting", "said"),
    [(b"SSH-2.0-OpenSSH_9.6\r\n", "none of Neo4j's"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "a web server"), (b"", "")],
)
def test_a_port_of_something_else_is_said_to_be_that(greeting: bytes, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            try:
                while True:
                    with server.accept()[0] as caller:
                        caller.recv(20)
                        caller.sendall(greeting)
            except OSError:  # closed: the test is over
                pass

        threading.Thread(target=greet, daemon=True).start()
        error = failing(Target(f"bolt://127.0.0.1:{server.getsockname()[1]}", "neo4j", "neo4j", "x" * 9))
        server.shutdown(socket.SHUT_RDWR)
    assert ("speaks no Bolt" in error.what) is bool(said)
    assert said in error.what
    assert "port" in error.mend if said else "can't be reached" in error.what
    assert "50N42" not in error.what


@pytest.mark.parametrize(
    "uri",
    ["http://x", "", "x:7687", "bolt://", "bolt://x:99999", "bolt://x:port", "bolt://[::1", "neo4j+x://x"],
)
def test_an_address_of_another_kind_is_a_setting_to_mend(uri: str) -> None:
    with pytest.raises(ConfigError, match="neo4j://host:7687"), open_driver(PLACE._replace(uri=uri)):
        pass


def test_the_servers_own_database_holds_no_graph() -> None:
    with pytest.raises(ConfigError, match="no graph"), open_driver(PLACE._replace(database="System")):
        pass


class OldServer:
    """A driver of a server that calls itself something."""

    def __init__(self, agent: str) -> None:
        self.agent = agent

    @contextmanager
    def session(self, **settings: Any) -> Any:
        summary = SimpleNamespace(server=SimpleNamespace(agent=self.agent))
        yield SimpleNamespace(run=lambda cypher: SimpleNamespace(consume=lambda: summary))

    def __enter__(self) -> OldServer:
        return self

    def __exit__(self, *error: object) -> None:
        pass


@pytest.mark.parametrize("agent", ["Neo4j/4.4.30", "Neo4j/5.25.1"])
def test_a_server_too_old_is_told_so(agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neo4j.GraphDatabase, "driver", lambda *address, **settings: OldServer(agent))
    error = failing(PLACE)
    assert agent.replace("/", " ") in error.what
    assert "5.26" in error.mend


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0", "Neo4j/2025.11.2", "Memgraph"])
def test_a_server_new_enough_will_do(agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neo4j.GraphDatabase, "driver", lambda *address, **settings: OldServer(agent))
    with open_driver(PLACE):
        pass


@pytest.mark.parametrize(
    ("code", "message", "what", "mend"),
    [
        ("Neo.ClientError.Cluster.NotALeader", "", "a replica that can't be written", "neo4j://"),
        ("Neo.ClientError.General.ForbiddenOnReadOnlyDatabase", "", "read-only", "read_only"),
        ("Neo.ClientError.Security.Forbidden", "", "may not do this", "publisher"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "", "more memory than", "small_rows"),
        ("Neo.DatabaseError.General.UnknownError", "No space left on device", "disk is full", "make room"),
        ("Neo.DatabaseError.Transaction.TransactionLogError", "", "transaction log", "make room"),
        ("Neo.ClientError.Some.New", "odd", "answered Neo.ClientError.Some.New: odd", "log"),
        ("", "Connection refused", "can't be reached", "runs"),
    ],
)
def test_each_refusal_says_what_to_do(code: str, message: str, what: str, mend: str) -> None:
    error = Exception(message)
    error.code = code  # type: ignore[attr-defined]
    explained = explain_error(error, PLACE)
    assert what in explained.what
    assert mend in explained.mend
    assert explained.where == "bolt://db.example.org:7687/graph"


def test_only_what_may_pass_is_tried_again() -> None:
    def caused(cause: BaseException) -> ServerError:
        error = ServerError("x")
        error.__cause__ = cause
        return error

    assert is_passing(caused(ServiceUnavailable()))
    assert is_passing(caused(TransientError()))
    assert not is_passing(caused(ValueError()))
    assert not is_passing(ServerError("x"))


def test_the_password_is_in_the_environment_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = KgConfig(neo4j=Neo4jConfig(uri="neo4j://x", home=tmp_path))
    monkeypatch.delenv("NEO4J_PASSWORD", raising=False)
    monkeypatch.delenv("KG_NEO4J_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="KG_NEO4J_PASSWORD"):
        find_target(named)
    monkeypatch.setenv("NEO4J_PASSWORD", "abc")
    target = find_target(named)
    assert target == Target("neo4j://x", "neo4j", "neo4j", "abc")
    assert "abc" not in repr(target)
    with pytest.raises(ServerError, match="the local one isn't running") as caught:
        find_target(KgConfig(neo4j=Neo4jConfig(home=tmp_path)))
    assert "kg neo4j start" in caught.value.mend


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "neo4j", None)
    with pytest.raises(ServerError) as caught, connection.open_driver(PLACE):
        pass
    assert caught.value.mend == "pip install 'neurokg[neo4j]'"


@pytest.mark.parametrize("secret", ["s3cret", "pa/s3cret", "p@s3cret"])
@pytest.mark.parametrize("scheme", ["bolt://", ""])
def test_a_password_in_an_address_is_refused_and_not_shown(scheme: str, secret: str) -> None:
    target = Target(f"{scheme}me:{secret}@127.0.0.1:1", "neo4j", "me", "other")
    with pytest.raises(ConfigError, match="no password in it") as caught, open_driver(target):
        pass
    assert f"{scheme}***@127.0.0.1:1/neo4j" in str(caught.value)
    assert "s3cret" not in f"{caught.value} {target!r}"
