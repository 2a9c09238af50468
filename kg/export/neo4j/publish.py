"""Publishing a build to Neo4j: the difference to what the server holds, applied, announced and read back.

The node ``(:Build)`` says which build a database holds (``id``, ``digest``), whether it is whole
(``status``: 'ready', 'publishing', 'damaged') and which was there before. Where its build is kept here,
the difference is that of two builds; where it isn't, or a publish was cut short, that of the new build
and what is in the database. So whatever interrupts a publish, the next one ends in the right state.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Final

from kg.errors import BuildError, ReadBackError, ServerError
from kg.export.neo4j.attempt import Attempt, Options, Summary
from kg.export.neo4j.connection import Target, is_passing, open_driver
from kg.export.neo4j.local_builds import PublishedBuild, find_build, load_graph
from kg.export.neo4j.state import BuildState, read_state
from kg.export.neo4j.turns import BaseDiffersError
from kg.model.progress import Progress, silent

__all__ = ["Options", "Summary", "held_state", "publish", "rollback"]

#: How often a publish begins anew: after a lost connection, or when the database turns out to differ.
_TRIES: Final = 4
_AWAIT_SERVER_S: Final = 90.0
_POLL_S: Final = 0.5


def publish(
    target: Target,
    build: PublishedBuild,
    build_id: str,
    options: Options,
    *,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Summary:
    """Take a database from what it holds to a build.

    Parameters
    ----------
    target : Target
        The database.
    build : Build
        The build.
    build_id : str
        Its name.
    options : Options
        How.
    dry_run : bool, default False
        Only find what would be done.
    progress : callable, optional
        Called now and then.

    Raises
    ------
    ServerError
        If the server fails, stays away, or another process publishes to it.
    ReadBackError
        If what was written is not what is there.
    """
    load = cache(lambda: load_graph(build))
    was_reached = False
    for attempt in range(1, _TRIES + 1):
        try:
            with open_driver(target) as driver:
                was_reached = True
                one = Attempt(driver, target, load, build.digest, build_id, options, progress)
                return one.preview() if dry_run else one.publish()
        except BaseDiffersError:
            # Somebody changed what we wrote, or another publish came in between: look at what is there.
            options = options._replace(full=True)
            if attempt == _TRIES:
                raise ServerError(
                    "the database goes on changing under the publish", target.place, "publish when nobody writes to it"
                ) from None
        except ReadBackError:
            # What (:Build) says isn't what is there: compare row by row, once.
            if options.full:
                raise
            options = options._replace(full=True)
            progress("the database differs from what it says: comparing row by row", 0, 0)
        except ServerError as error:
            # One that was never there is told at once; one that went away in the middle may come back.
            if attempt == _TRIES or not was_reached or not is_passing(error):
                raise
            options = options._replace(full=True)
            progress("waiting for the server", 0, 0)
            _await_server(target, error)
    raise AssertionError("unreachable")


def held_state(target: Target) -> BuildState:
    """Ask which build a database holds."""
    with open_driver(target) as driver:
        return read_state(driver, target.database)


def rollback(target: Target, options: Options, *, dry_run: bool = False, progress: Progress = silent) -> Summary:
    """Take a database back to the build that it held before; once more takes it forth again.

    After a publish that was cut short, that is the build which the database still names.

    Raises
    ------
    ServerError
        If it remembers none.
    BuildError
        If that build isn't kept here any more.
    """
    state = held_state(target)
    is_under_way = bool(state.target_digest and state.target_digest != state.digest)
    before_id, before = (state.id, state.digest) if is_under_way else (state.previous_id, state.previous_digest)
    if not before:
        raise ServerError("the database remembers no build before", target.place, "publish the build that you want")
    assert options.builds is not None
    build = find_build(options.builds, before)
    if build is None:
        raise BuildError(
            f"build {before_id}, which the database held before, isn't kept here",
            str(options.builds),
            "publish another build with --build; build.keep says how many are kept",
        )
    return publish(target, build, before_id, options, dry_run=dry_run, progress=progress)


def _await_server(target: Target, error: ServerError) -> None:
    until = time.monotonic() + _AWAIT_SERVER_S
    while time.monotonic() < until:
        time.sleep(_POLL_S)
        try:
            with open_driver(target):
                return
        except ServerError as again:
            error = again
    raise error
