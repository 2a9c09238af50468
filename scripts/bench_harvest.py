"""Measures harvests of 1,000 dandisets and 30,000 abstracts from local fakes; writes a section of docs/benchmarks.md.

usage: bench_harvest.py harvest [--dandisets N] [--abstracts N] [--no-write]
The fakes run in a process of their own; each harvest is `kg harvest` in a process of its own, at the real rate limits
first, and with the limits lifted at last.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY), str(Path(__file__).parent)]

from bench_page import write_section  # noqa: E402

DISEASES = ("Alzheimer disease", "Parkinson disease", "epilepsy", "Huntington disease", "frontotemporal dementia")

SETTINGS = """
cache_dir = "cache"
[harvest]
contact = "bench@example.org"
[harvest.dandi]
url = "{dandi}/api"
rate_per_s = {dandi_rate}
[harvest.pubmed]
url = "{pubmed}/entrez/eutils/"
rate_per_s = {pubmed_rate}
queries = ["{query}"]
"""


def serve(dandisets: int, abstracts: int) -> None:
    """Run the fakes until stdin ends; each line of stdin is answered with what they did since the last."""
    from tests.harvest.live import entrez_terms
    from tests.harvest.live.dandi_server import FakeDandi
    from tests.harvest.live.entrez_server import FakeEntrez
    from tests.harvest.live.switchboard import Switchboard
    from tests.harvest.live.synthetic import make_article

    # The fake looks through every text for each search; it is not the fake that is measured.
    known: dict[tuple[int, str, str], bool] = {}
    has = entrez_terms._has

    def remembered(item: Any, value: str, name: str) -> bool:
        key = (item.pmid, value, name)
        if key not in known:
            known[key] = has(item, value, name)
        return known[key]

    entrez_terms._has = remembered
    dandi = FakeDandi(dandisets, words=1200)
    entrez = FakeEntrez.holding(make_article(pmid, padding=30) for pmid in range(1, abstracts + 1))
    for disease in DISEASES:
        entrez_terms.search(disease, entrez.articles, {})
    with Switchboard(dandi) as first, Switchboard(entrez) as second:
        print(json.dumps({"dandi": first.url, "pubmed": second.url}), flush=True)
        for _ in sys.stdin:
            print(
                json.dumps({name: [b.requests, b.bytes_sent] for name, b in (("dandi", first), ("pubmed", second))}),
                flush=True,
            )
            first.seen.clear()
            second.seen.clear()
            entrez.asked.clear()


def harvest(folder: Path, source: str, addresses: dict[str, str], *, limited: bool) -> dict[str, Any]:
    """Run one `kg harvest` and measure it."""
    query = " OR ".join(DISEASES)
    rates = {"dandi_rate": 5 if limited else 0, "pubmed_rate": 3 if limited else 0}
    (folder / "kg.toml").write_text(SETTINGS.format(**addresses, **rates, query=query), encoding="utf-8")
    command = [sys.executable, "-c", "from kg.cli import run; run()", "harvest", source, "--report", "run.json"]
    started = time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: kg harvest ended with {process.returncode}:\n{(folder / 'log').read_text()}")
    (report,) = json.loads((folder / "run.json").read_text(encoding="utf-8"))["sources"]
    return {
        **report,
        "wall_s": time.perf_counter() - started,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def measure(dandisets: int, abstracts: int) -> list[dict[str, Any]]:
    """Measure the first run, the second, and the second with the limits lifted, of each source."""
    server = [sys.executable, __file__, "serve", "--dandisets", str(dandisets), "--abstracts", str(abstracts)]
    rows: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as fakes,
    ):
        assert fakes.stdin is not None and fakes.stdout is not None
        addresses = json.loads(fakes.stdout.readline())
        runs = (("first", True), ("second, unchanged", True), ("third, unchanged, no rate limits", False))
        for source in ("dandi", "pubmed"):
            for run, limited in runs:
                row = harvest(Path(name), source, addresses, limited=limited)
                fakes.stdin.write("\n")
                fakes.stdin.flush()
                row["requests"], row["bytes"] = json.loads(fakes.stdout.readline())[source]
                row["run"] = run
                rows.append(row)
                print(
                    f"{source} {run}: {row['wall_s']:.1f} s, {row['bytes']:,} bytes, {row['peak_mb']:.0f} MB",
                    file=sys.stderr,
                )
        fakes.stdin.close()
    return rows


def render(rows: list[dict[str, Any]], dandisets: int, abstracts: int, load: float) -> str:
    """Write the section."""
    first = {row["source"]: row["bytes"] for row in rows if row["run"] == "first"}
    day, cores = f"{datetime.now(UTC):%Y-%m-%d}", os.cpu_count()
    head = f"""## Harvests

`scripts/bench harvest`, {day}: {dandisets:,} dandisets and {abstracts:,} abstracts from local fakes, each run a
process of its own, with the real rate limits (DANDI 5 requests a second, PubMed 3). *Waiting* is the share of the run
spent waiting for the pace; *network* for the fake to answer; the rest is ours. Seconds are of the whole process, its
start included, on {cores} cores that had {load:.0f} processes to run when it began; *CPU* is what the harvest took.

| source | run | records | requests | MB moved | of the first | seconds | waiting | network | CPU s | peak MB |
|---|---|---|---|---|---|---|---|---|---|---|
"""
    by_pace = {"dandi": 5, "pubmed": 3}
    pace = "; ".join(
        f"{row['source']}: {row['requests'] / by_pace[row['source']]:.0f} s for the pace, "
        f"{row['cpu_s']:.0f} s of processor"
        for row in rows
        if row["run"] == "first"
    )
    note = f"\nWhat limits a first run where nobody else works is the larger of two: {pace}.\n"
    return head + "".join(_line(row, first[row["source"]]) for row in rows) + note


def _line(row: dict[str, Any], first: int) -> str:
    network = row["traffic"]["network_s"] / row["seconds"] if row["seconds"] else 0.0
    cells = (
        row["source"],
        row["run"],
        f"{row['records']:,}",
        f"{row['requests']:,}",
        f"{row['bytes'] / 1e6:.2f}",
        f"{row['bytes'] / first:.1%}",
        f"{row['wall_s']:.1f}",
        f"{row['waiting_share']:.0%}",
        f"{network:.0%}",
        f"{row['cpu_s']:.1f}",
        f"{row['peak_mb']:.0f}",
    )
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("harvest", "serve"))
    parser.add_argument("--dandisets", type=int, default=1000)
    parser.add_argument("--abstracts", type=int, default=30_000)
    parser.add_argument("--no-write", action="store_true")
    chosen = parser.parse_args()
    if chosen.what == "serve":
        serve(chosen.dandisets, chosen.abstracts)
        return
    load = os.getloadavg()[1]
    section = render(measure(chosen.dandisets, chosen.abstracts), chosen.dandisets, chosen.abstracts, load)
    print(section)
    if not chosen.no_write:
        write_section("harvest", section)


if __name__ == "__main__":
    main()
