"""Measures publishing to Neo4j and writes its part of docs/benchmarks.md; see scripts/bench.

usage: bench_neo4j.py neo4j [--nodes N] [--edges N] [--no-write]
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psutil

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY), str(Path(__file__).parent)]

from bench_page import write_section  # noqa: E402

from kg.config import KgConfig, Neo4jConfig  # noqa: E402
from kg.export.neo4j.connection import Target, open_driver  # noqa: E402
from kg.export.neo4j.jars import NEO4J_VERSION  # noqa: E402
from kg.export.neo4j.server import USER, LocalServer, local_server  # noqa: E402
from kg.graph.build_dir import Build, Manifest, write_build  # noqa: E402
from kg.graph.tables import TABLES  # noqa: E402

#: Label -> (prefix of its ids, share of the nodes).
LABELS = {
    "Dataset": ("DANDI:", 0.10),
    "Publication": ("PMID:", 0.50),
    "WikiPage": ("wiki:", 0.10),
    "BrainRegion": ("UBERON:", 0.15),
    "CellType": ("CL:", 0.05),
    "Disease": ("MONDO:", 0.10),
}
#: Type -> (label of its subjects, label of its objects, share of the edges).
TYPES = {
    "MENTIONS": ("Publication", "BrainRegion", 0.40),
    "CITES": ("Publication", "Publication", 0.25),
    "RECORDS_FROM": ("Dataset", "BrainRegion", 0.15),
    "AFFECTED_IN": ("CellType", "Disease", 0.15),
    "PART_OF": ("BrainRegion", "BrainRegion", 0.05),
}
RECORDS = ("Dataset", "Publication", "WikiPage")
PEER_ROWS = 40
PEERS_WAY = (
    "UNWIND $rows AS row MATCH (s {id: row[0]}), (o {id: row[1]}) CREATE (s)-[:MENTIONS {claim_id: row[2]}]->(o)"
)


def say(text: str) -> None:
    print(f"{time.perf_counter() - BEGAN:6.0f} s  {text}", file=sys.stderr, flush=True)


def make_tables(nodes: int, edges: int) -> dict[str, pl.DataFrame]:
    """Make a graph of the measured size, with the properties that a build's has; the same each time."""
    parts, ids = [], {}
    for label, (prefix, share) in LABELS.items():
        count = int(nodes * share)
        number = pl.int_range(count, eager=True)
        frame = pl.DataFrame({"id": prefix + number.cast(pl.String).str.zfill(7)})
        ids[label] = frame["id"]
        parts.append(
            frame.with_columns(
                label=pl.lit(label),
                name=pl.lit(f"{label} with a name of usual length, number ") + pl.col("id"),
                url=pl.lit("https://example.org/") + pl.col("id"),
                in_snapshot=pl.lit(True)
                if label in ("Dataset", "Publication", "WikiPage")
                else pl.lit(None, pl.Boolean),
            )
        )
    links = []
    for at, (kind, (subject, target, share)) in enumerate(TYPES.items()):
        count = int(edges * share)
        picks = pl.DataFrame({"n": pl.int_range(count, eager=True)})
        links.append(
            picks.select(
                subject=ids[subject].gather(picks["n"].hash(at * 2 + 1) % len(ids[subject])),
                # Squared, so that some objects are hubs, as they are in a build.
                object=ids[target].gather(
                    (((picks["n"].hash(at * 2 + 2) % 10_000) / 10_000) ** 2 * len(ids[target])).cast(pl.UInt32)
                ),
                predicate=pl.lit(kind),
                claim_id=pl.lit("claim:") + (pl.col("n") + at * 10**9).hash(5).cast(pl.String).str.zfill(20),
                kind=pl.lit("bibliographic"),
                confidence=(pl.col("n") % 100) / 100,
                evidence_count=pl.col("n") % 7 + 1,
                status=pl.lit("asserted"),
                primary_source=pl.lit("infores:pubmed"),
            ).with_columns(sources=pl.concat_list("subject", "object"), qualifiers=pl.lit([], pl.List(pl.String)))
        )
    tables = {name: pl.DataFrame(schema=schema) for name, schema in TABLES.items()}
    for name, frames in (("nodes", parts), ("edges", links)):
        schema = TABLES[name]
        whole = pl.concat(frames, how="diagonal")
        missing = [pl.lit(None, kind).alias(c) for c, kind in schema.items() if c not in whole.columns]
        tables[name] = whole.with_columns(missing).select([pl.col(c).cast(k) for c, k in schema.items()])
    return tables


def changed(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """A graph that differs in one row of a hundred: a third new, a third gone, a third with other values."""
    edges, nodes = tables["edges"], tables["nodes"]
    chosen = pl.int_range(pl.len()) % 300
    added = edges.filter(chosen == 0).with_columns(claim_id=pl.col("claim_id") + "n")
    altered = pl.when(chosen == 1).then(0.123).otherwise("confidence").alias("confidence")
    named = pl.when(pl.int_range(pl.len()) % 100 == 0).then(pl.col("name") + "!").otherwise("name").alias("name")
    return {
        **tables,
        "edges": pl.concat([edges.with_columns(altered).filter(chosen != 2), added]),
        "nodes": nodes.with_columns(named),
    }


def shrunk(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """A graph with a tenth of the nodes, and the edges between them."""
    nodes = tables["nodes"].filter(pl.int_range(pl.len()) % 10 == 0)
    left = nodes["id"].implode()
    edges = tables["edges"].filter(pl.col("subject").is_in(left) & pl.col("object").is_in(left))
    return {**tables, "nodes": nodes, "edges": edges}


def store(tables: dict[str, pl.DataFrame], folder: Path, name: str) -> Build:
    manifest = Manifest(
        build_id=name,
        code_version="",
        package_version="",
        vocabulary="",
        vocabularies={},
        configuration={},
        inputs={},
        counts={},
    )
    return write_build(folder / name, tables, manifest)


class Bench:
    """A server, builds, and the commands as a user runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = KgConfig().cache_dir

    def server(self, name: str) -> LocalServer:
        return local_server(KgConfig(neo4j=Neo4jConfig(home=self.folder / name, heap="1g", page_cache="512m")))

    def kg(self, home: str, *arguments: str) -> tuple[float, float, str]:
        """Run a command; give its seconds, its peak of memory in MB and what it printed."""
        environment = {
            **os.environ,
            "KG_NEO4J__HOME": str(self.folder / home),
            "KG_NEO4J__HEAP": "1g",
            "KG_BUILD__OUT": str(self.folder / "builds"),
        }
        script = (
            "import resource, sys; from kg.cli import run\n"
            "try: run()\n"
            "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            sys.exit(f"bench: kg {' '.join(arguments)}: {done.stderr}")
        return seconds, int(done.stderr.split()[-1]) / 1e3, done.stdout

    def publish(self, build: Build) -> dict[str, Any]:
        server = psutil.Process(self.server("server").status().pid)
        before = sum(server.cpu_times()[:2])
        seconds, memory, said = self.kg("server", "publish", "neo4j", "--json", "--build", str(build.path))
        found: dict[str, Any] = json.loads(said)
        found |= {"wall": seconds, "memory": memory, "server": sum(server.cpu_times()[:2]) - before}
        say(
            f"{build.path.name}: {found['manner']}, {seconds:.1f} s, writing {found['seconds'].get('writing', 0):.1f} s"
        )
        return found


def measure_peers_way(target: Target, tables: dict[str, pl.DataFrame]) -> float:
    """Edges a second where nodes are matched by their ids without a label; nothing is kept of it."""
    rows = tables["edges"].select("subject", "object", "claim_id").sample(PEER_ROWS, seed=1).rows()
    with open_driver(target) as driver, driver.session(database=target.database) as session:
        transaction = session.begin_transaction()
        began = time.perf_counter()
        transaction.run(PEERS_WAY, rows=[list(row) for row in rows]).consume()
        seconds = time.perf_counter() - began
        transaction.rollback()
    say(f"peers' way: {PEER_ROWS / seconds:.0f} edges/s")
    return PEER_ROWS / seconds


def measure_import(bench: Bench, build: Build) -> dict[str, float]:
    csv = bench.folder / "csv"
    writing, _, command = bench.kg("imported", "export", "neo4j-admin", str(csv), "--build", str(build.path))
    server = bench.server("imported")
    began = time.perf_counter()
    server.admin(*shlex.split(command)[1:])
    importing = time.perf_counter() - began
    say(f"import: CSV {writing:.1f} s, import {importing:.1f} s")
    server.start()
    try:
        finishing, _, _ = bench.kg("imported", "publish", "neo4j", "--build", str(build.path))
    finally:
        server.stop()
    say(f"import finished in {finishing:.1f} s")
    return {"csv": writing, "import": importing, "finish": finishing}


def render(found: dict[str, Any], nodes: int, edges: int) -> str:
    first, again, small, less, warm = (found[name] for name in ("first", "again", "small", "less", "warm"))
    writing, warm_s = first["seconds"]["writing"], warm["seconds"]["writing"]
    share = 100 * small["seconds"]["writing"] / writing
    less_s = less["seconds"]["writing"]
    memory = max(publish["memory"] for publish in (first, again, small, less, warm))
    rows = [
        ("first publish, on a server just started: writing nodes and edges", f"{writing:.1f} s", ""),
        ("… edges a second, of the edges' own time", f"{edges / first['seconds']['writing edges']:,.0f}", "25,000"),
        ("… edges a second, the nodes' time included", f"{edges / writing:,.0f}", ""),
        ("… processor time of the server, for the whole command", f"{first['server']:.1f} s", ""),
        ("the peers' way, nodes matched without a label: edges a second", f"{found['peers']:,.0f}", ""),
        ("read-back after it", f"{first['seconds']['reading back']:.1f} s", ""),
        ("an unchanged build, the whole command", f"{again['wall']:.1f} s", "3 s"),
        ("… its work on the server", f"{sum(again['seconds'].values()):.1f} s", ""),
        ("a difference of 1 %, writing", f"{small['seconds']['writing']:.1f} s", ""),
        ("… of the first publish's writing", f"{share:.1f} %", "5 %"),
        ("… another, on the same server", f"{found['back']['seconds']['writing']:.1f} s", ""),
        (
            f"deleting {less['nodes_deleted']:,} nodes and {less['edges_deleted']:,} edges, 1 GB heap",
            f"{less_s:.1f} s",
            "survives",
        ),
        ("writing them again, on the server that has done the above", f"{warm_s:.1f} s", ""),
        (
            "… edges a second, of the edges' own time",
            f"{warm['edges_added'] / warm['seconds']['writing edges']:,.0f}",
            "25,000",
        ),
        ("… edges a second, the nodes' time included", f"{warm['edges_added'] / warm_s:,.0f}", ""),
        ("… processor time of the server, for the whole command", f"{warm['server']:.1f} s", ""),
        ("most memory of the client", f"{memory:.0f} MB", "500 MB"),
        ("`kg export neo4j-admin`", f"{found['import']['csv']:.1f} s", ""),
        ("`neo4j-admin database import full`", f"{found['import']['import']:.1f} s", "20 s"),
        ("`kg publish neo4j` that finishes the import", f"{found['import']['finish']:.1f} s", ""),
    ]
    day = datetime.now(UTC).date().isoformat()
    load = found["load"]
    busy = ", so that times are several times those of an idle one" if max(load) > 4 else ""
    return "\n".join(
        [
            "## Publishing to Neo4j",
            "",
            f"`scripts/bench neo4j` writes this part. A made-up graph of {nodes:,} nodes and {edges:,} edges, with a",
            f"build's properties, on Neo4j {NEO4J_VERSION} Community as `kg neo4j start` runs it (heap 1 GB) on",
            "the client's machine.",
            "",
            f"Measured {day} on a machine with {os.cpu_count()} cores, shared with other work: load average",
            f"{load[0]:.1f} before and {load[1]:.1f} after{busy}.",
            "",
            "| | measured | target |",
            "|---|---|---|",
            *(f"| {what} | {value} | {target} |" for what, value, target in rows),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["neo4j"])
    parser.add_argument("--nodes", type=int, default=60_000)
    parser.add_argument("--edges", type=int, default=400_000)
    parser.add_argument("--no-write", action="store_true")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="kg-bench-") as folder:
        bench = Bench(Path(folder))
        tables = make_tables(options.nodes, options.edges)
        builds = Path(folder) / "builds"
        whole = store(tables, builds, "whole")
        other = store(changed(tables), builds, "changed")
        few = store(shrunk(tables), builds, "few")
        say(f"builds: {tables['nodes'].height:,} nodes, {tables['edges'].height:,} edges")
        server = bench.server("server")
        status = server.start()
        try:
            target = Target(status.uri, "neo4j", USER, server.password())
            found: dict[str, Any] = {"first": bench.publish(whole), "again": bench.publish(whole)}
            found["peers"] = measure_peers_way(target, tables)
            found["small"] = bench.publish(other)
            found["back"] = bench.publish(whole)
            found["less"] = bench.publish(few)
            found["warm"] = bench.publish(whole)
        finally:
            server.stop()
        found["import"] = measure_import(bench, whole)
    found["load"] = (load, os.getloadavg()[0])
    text = render(found, tables["nodes"].height, tables["edges"].height)
    print(text)
    if not options.no_write:
        write_section("neo4j", text)


BEGAN = time.perf_counter()
if __name__ == "__main__":
    main()
