"""A process that publishes and is killed: forked from a server that has imported everything already."""

from __future__ import annotations

from multiprocessing.connection import Connection

from tiny_graph import make_tiny

from kg.export.neo4j.connection import Target
from kg.export.neo4j.publish import Options, publish


def run(ready: Connection, target: Target, seed: int, options: Options) -> None:
    """Publish the tiny graph of a seed, having said that one begins."""
    build = make_tiny(seed)
    ready.send(None)
    publish(target, build, build.digest, options)
    ready.send(None)
