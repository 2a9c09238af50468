"""Times each recipe of the cookbook on both engines and checks its rows against the computation without Cypher.

The graph is the tests' large one, times a scale. Neo4j is the server that the settings mean
(`kg neo4j start`, or KG_NEO4J__URI and KG_NEO4J_PASSWORD); what it holds of other builds is replaced.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests" / "export")]

import cookbook_oracle  # noqa: E402, F401 - its functions are oracles
import cookbook_oracle_audit  # noqa: E402, F401
from cookbook_facts import ORACLES, Facts  # noqa: E402
from large_graph import make_large  # noqa: E402

from kg.config import load_config  # noqa: E402
from kg.export._tables import expected_counts  # noqa: E402
from kg.export.cookbook import read_cookbook  # noqa: E402
from kg.export.neo4j.connection import find_target  # noqa: E402
from kg.export.neo4j.publish import Options, publish  # noqa: E402
from kg.export.neo4j.query import ServerSession  # noqa: E402
from kg.export.query import QuerySession  # noqa: E402
from kg.model.schema import NODE_TYPES  # noqa: E402

RECIPES = [recipe for section in read_cookbook() for recipe in section.recipes]


def ask_all(session: QuerySession | ServerSession) -> dict[str, tuple[list[list[Any]], float, float]]:
    """Rows of each recipe, the seconds of its first answer and of its second."""
    found = {}
    for recipe in RECIPES:
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            answer = session.run(recipe.cypher, recipe.values({}), timeout_s=300, row_limit=1_000_000)
            seconds.append(time.perf_counter() - start)
        found[recipe.name] = (answer.rows, *seconds)
    return found


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["cookbook"])
    parser.add_argument("--scale", type=int, default=6, help="Times 9,000 nodes and 20,000 edges.")
    parser.add_argument("--embedded-only", action="store_true")
    given = parser.parse_args()
    tables = make_large(given.scale)
    counts = expected_counts(tables)
    nodes = sum(counts[label] for label in NODE_TYPES)
    print(f"{nodes:,} nodes, {sum(counts.values()) - nodes:,} edges\n", flush=True)
    engines, start = {}, time.perf_counter()
    with tempfile.TemporaryDirectory() as cache, QuerySession(tables, cache_dir=Path(cache)) as session:
        session.run("RETURN 1")
        print(f"embedded: loaded in {time.perf_counter() - start:.0f} s", flush=True)
        engines["embedded"] = ask_all(session)
    if not given.embedded_only:
        start, target = time.perf_counter(), find_target(load_config())
        publish(target, tables, tables.digest, Options())
        print(f"neo4j: published in {time.perf_counter() - start:.0f} s", flush=True)
        with ServerSession(target) as server:
            engines["neo4j"] = ask_all(server)
    facts, wrong = Facts(tables.table), []
    print("\n| recipe | rows | " + " | ".join(f"{engine}, first | again" for engine in engines) + " |")
    print("|---|--:|" + "--:|--:|" * len(engines))
    for recipe in RECIPES:
        expected = ORACLES[recipe.name](facts, **recipe.values({}))
        wrong += [f"{recipe.name} on {engine}" for engine in engines if engines[engine][recipe.name][0] != expected]
        times = " | ".join(
            f"{a[recipe.name][1] * 1000:.0f} ms | {a[recipe.name][2] * 1000:.0f} ms" for a in engines.values()
        )
        print(f"| {recipe.name} | {len(expected):,} | {times} |")
    for engine, answers in engines.items():
        again = [answer[2] * 1000 for answer in answers.values()]
        print(
            f"\n{engine}: median {statistics.median(again):.0f} ms, slowest {max(again):.0f} ms, at the second asking"
        )
    print(f"\nanswers that differ from those computed without Cypher: {', '.join(wrong) or 'none'}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
