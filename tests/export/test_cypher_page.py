"""The examples of docs/cypher.md run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kg.errors import QueryError
from kg.export.cypher import check_read_only
from kg.export.pitfalls import check_pitfalls, find_unknown_names
from kg.export.query import QuerySession

PAGE = (Path(__file__).parents[2] / "docs" / "cypher.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("cypher", re.findall(r"```cypher\n(.*?)```", PAGE, re.DOTALL))
def test_examples_run(session: QuerySession, cypher: str) -> None:
    assert session.run(cypher).notes == ()


@pytest.mark.parametrize("cypher", re.findall(r"kg query '([^']+)'", PAGE))
def test_commands_are_right(session: QuerySession, cypher: str) -> None:
    assert session.run(cypher, {"id": "UBERON:0001"}).columns == ("d.id", "d.name")


@pytest.mark.parametrize(
    ("cypher", "right"),
    [
        ("MATCH (d:Dataset) RETURN collect(d.id)[0] IS NOT NULL AS x", [[True]]),
        ("MATCH (d:Dataset) RETURN NOT count(d) = 40 AS x", [[False]]),
        ("MATCH (d:Dataset) RETURN 'DANDI:0001' IN collect(d.id) AS x", [[True]]),
        (
            "MATCH (:Dataset)-[r:RECORDS_FROM]->(:BrainRegion) "
            "MATCH (c:Claim {id: r.claim_id}) RETURN count(c) > 0 AS x",
            [[True]],
        ),
    ],
)
def test_pitfalls_are_still_answered_wrongly(
    session: QuerySession, monkeypatch: pytest.MonkeyPatch, cypher: str, right: list[list[bool]]
) -> None:
    """When this fails, the engine has been mended: take the construct out of kg/export/pitfalls.py and the page."""
    with pytest.raises(QueryError):
        check_pitfalls(cypher, check_read_only(cypher))
    monkeypatch.setattr("kg.export.query.check_pitfalls", lambda cypher, tokens: None)
    assert session.run(cypher).rows != right


def test_the_shared_cookbook_passes(shared_dir: Path) -> None:
    text = (shared_dir / "cookbook-starter.cypher").read_text(encoding="utf-8")
    queries = [query for query in re.split(r";\s*\n", text) if query.strip()]
    assert len(queries) == 40
    for query in queries:
        tokens = check_read_only(query)
        check_pitfalls(query, tokens)
        assert find_unknown_names(tokens) == []
