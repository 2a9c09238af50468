"""A publish that is killed, cut off or loses its server: the next one, or the same, ends in the right state."""

from __future__ import annotations

import multiprocessing
import random
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import publish_child
import pytest
from synthetic_graph import Tables
from tiny_graph import make_tiny

from kg.errors import ServerError
from kg.export.neo4j import connection, statements
from kg.export.neo4j import publish as publishing
from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.graph import find_difference, make_graph
from kg.export.neo4j.publish import Options, held_state
from kg.export.neo4j.read import read_graph
from kg.export.neo4j.server import USER, LocalServer
from kg.export.neo4j.turns import lock_of
from kg.export.neo4j.verify import verify
from tests.export.neo4j.conftest import BATCHES, Database

KILLS = 20
BIG = Options(small_rows=0, batch_rows=10)


def assert_whole(target: Target, build: Tables) -> None:
    with open_driver(target) as driver:
        assert find_difference(read_graph(driver, target.database), make_graph(build)).rows == 0
    assert held_state(target).status == "ready"
    verify(target, build)


def test_killed_at_any_point_the_next_publish_ends_right(database: Database) -> None:
    """Twenty times kill -9, at random points of a publish in batches or in one transaction."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["publish_child", "neo4j"])
    rng = random.Random(7)
    first = make_tiny(1)
    database.publish(first, BATCHES)
    held, length_s, states = 1, 1.0, []
    for number in range(KILLS + 1):
        options = BATCHES if number % 4 else Options()
        seed = held % 3 + 1
        ready, far = context.Pipe(duplex=False)
        child = context.Process(target=publish_child.run, args=(far, database.target, seed, options))
        child.start()
        far.close()
        ready.recv()
        began = time.monotonic()
        if number == 0:  # how long one takes, for the moments at which the others are killed
            ready.recv()
            length_s, held = time.monotonic() - began, seed
            child.join()
            continue
        ready.poll(rng.uniform(0, 1.2) * length_s)
        child.kill()
        child.join()
        ready.close()
        states.append(state := held_state(database.target))
        if state.status == "ready":  # not begun, or done, or all in one transaction
            verify(database.target, make_tiny(held if state.digest == make_tiny(held).digest else seed))
        # Every other time the next publish is of another build than the one that was killed.
        held = seed if number % 2 else held
        build = make_tiny(held)
        database.publish(build, Options() if number % 3 else BATCHES)
        assert held_state(database.target).digest == build.digest
        if number % 5 == 0:
            assert_whole(database.target, build)
    assert_whole(database.target, make_tiny(held))
    assert {state.status for state in states} == {"ready", "publishing"}


def test_what_the_server_still_writes_for_a_killed_publisher_is_waited_for(database: Database) -> None:
    build = make_tiny(1)
    database.publish(build)
    database.ask(
        "MATCH (b:Build) SET b.status = 'publishing', b.publisher = 'gone', b.heartbeat = datetime('2020-01-01')"
    )
    with open_driver(database.target) as driver, driver.session(database=database.target.database) as session:
        batch = session.begin_transaction()
        batch.run(statements.LOCK_WRITER, lock=lock_of(1)).consume()
        batch.run("MATCH (a:Dataset)-[r:RECORDS_FROM]->(b) CREATE (a)-[s:RECORDS_FROM]->(b) SET s = r").consume()
        late = threading.Timer(0.5, batch.commit)
        late.start()
        database.publish(build)
        late.join()
    assert_whole(database.target, build)


class Proxy:
    """Passes bytes on to a server, and cuts the connections when it is told to."""

    def __init__(self, target: Target) -> None:
        self._to = ("127.0.0.1", int(target.uri.rpartition(":")[2]))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        #: Bytes of the client that still pass before the cut; None for all.
        self.passes: int | None = None
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._to)
                self._pairs.append((client, server))
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while True:
                for end in select.select([client, server], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        raise OSError
                    if end is client and self.passes is not None:
                        self.passes -= len(data)
                        if self.passes < 0:
                            self.passes = None
                            self.cuts += 1
                            self.cut()
                            raise OSError
                    (server if end is client else client).sendall(data)
        for end in (client, server):
            end.close()

    def cut(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def close(self) -> None:
        self.cut()
        self._listening.close()


@pytest.fixture
def proxy(database: Database) -> Iterator[Proxy]:
    found = Proxy(database.target)
    yield found
    found.close()


@pytest.mark.parametrize("options", [BIG, Options()], ids=["batches", "whole"])
@pytest.mark.parametrize("passes", [9_000, 22_000])
def test_a_cut_connection_is_made_again_and_the_publish_goes_on(
    database: Database, proxy: Proxy, passes: int, options: Options
) -> None:
    database.publish(make_tiny(1))
    through = Database(database.target._replace(uri=f"bolt://127.0.0.1:{proxy.port}"))
    proxy.passes = passes
    through.publish(make_tiny(2), options)
    assert proxy.cuts == 1
    assert_whole(database.target, make_tiny(2))


def test_a_server_that_stays_away_is_given_up(
    database: Database, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_AWAIT_SERVER_S", 0.5)
    monkeypatch.setattr(connection, "_RETRY_S", 1.0)
    database.publish(make_tiny(1))

    def progress(step: str, done: int, total: int) -> None:
        if step == "publishing":
            proxy.close()

    through = Database(database.target._replace(uri=f"bolt://127.0.0.1:{proxy.port}"))
    with pytest.raises(ServerError, match="can't be reached"):
        through.publish(make_tiny(2), BIG, progress=progress)
    database.publish(make_tiny(2))
    assert_whole(database.target, make_tiny(2))


def test_a_server_that_was_never_there_is_told_at_once(database: Database) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listened on: it refuses
        nobody = Database(database.target._replace(uri=f"bolt://127.0.0.1:{unused.getsockname()[1]}"))
        began = time.monotonic()
        with pytest.raises(ServerError, match="can't be reached"):
            nobody.publish(make_tiny(1))
    assert time.monotonic() - began < 20  # coming back is waited for much longer


def test_a_server_restarted_in_the_middle_gets_the_rest(neo4j_local: LocalServer) -> None:
    target = Target(neo4j_local.status().uri, "neo4j", USER, neo4j_local.password())
    database = Database(target)
    database.empty()
    database.publish(make_tiny(1))
    restarted: list[int] = []

    def progress(step: str, done: int, total: int) -> None:
        if step == "publishing" and not restarted:
            restarted.append(done)
            neo4j_local.stop()
            neo4j_local.start()

    database.publish(make_tiny(2), BIG, progress=progress)
    assert restarted
    assert neo4j_local.status().uri == target.uri
    assert_whole(target, make_tiny(2))
    database.empty()
