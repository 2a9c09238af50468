"""Writes kg/export/neo4j/jars.tsv: every jar of a Neo4j release and its importer, with size and sha256.

usage: neo4j_jars.py VERSION [--repository FOLDER] [--output FILE]

What a release depends on is found out here, once and with jgo, so that nothing need be when a server is
installed. Set NEO4J_VERSION in kg/export/neo4j/jars.py to the same release, and read the difference.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

ARTIFACTS = ("org.neo4j:neo4j", "org.neo4j:neo4j-import-tool")
OUTPUT = Path(__file__).parent.parent / "kg" / "export" / "neo4j" / "jars.tsv"
COLUMNS = ("group", "artifact", "version", "classifier", "size_bytes", "sha256")
AT_ONCE = 8


def list_release(version: str, context: MavenContext) -> list[tuple[str, ...]]:
    """Resolve a release, fetch its jars, and describe each, in the order of their paths."""
    wanted = [context.create_dependency(f"{name}:{version}") for name in ARTIFACTS]
    asked, found = context.resolver.resolve(wanted)
    artifacts = [dependency.artifact for dependency in (*asked, *found)]
    if others := [str(a) for a in artifacts if a.packaging != "jar"]:
        sys.exit(f"neo4j_jars: {others[0]} is no jar")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        paths = list(pool.map(lambda artifact: artifact.resolve(), artifacts))
    rows = []
    for path, artifact in sorted(zip(paths, artifacts, strict=True), key=lambda pair: str(pair[0])):
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        names = (artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier or "")
        rows.append((*names, str(path.stat().st_size), sha256))
    return rows


def main() -> None:
    settings = GlobalSettings.load()
    parser = argparse.ArgumentParser()
    parser.add_argument("version", help="such as 5.26.30")
    parser.add_argument("--repository", type=Path, default=settings.repo_cache, help="where fetched jars are kept")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    repositories = {"central": MAVEN_CENTRAL_URL, **settings.repositories}
    context = MavenContext(repo_cache=options.repository, remote_repos=repositories, timeout=30)
    rows = list_release(options.version, context)
    lines = [
        f"# Jars of Neo4j {options.version} and its importer; written by scripts/neo4j_jars.py",
        "#" + "\t".join(COLUMNS),
        *("\t".join(row) for row in rows),
    ]
    options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{options.output}: {len(rows)} jars, {sum(int(row[4]) for row in rows) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
