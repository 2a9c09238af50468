"""Queries that only read pass, whatever their names and strings; any other is refused, with its place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import QueryError, ReadOnlyError
from kg.export.cypher import check_read_only, find_parameters, tokenize
from kg.export.pitfalls import check_pitfalls, find_unknown_names

WORDS = ["CREATE", "INSERT", "MERGE", "SET", "DELETE", "DETACH DELETE", "REMOVE", "DROP", "FOREACH", "LOAD CSV", "USE"]
#: What may stand between two words.
BLANKS = st.sampled_from(
    [" ", "\n", "\t", "\r\n", " /* c */ ", "/*'*/", " // RETURN 1\n", "/**/", "\u00a0", "\u2003", "//\r"]
)
#: Reading queries with a place for a clause.
FRAMES = [
    "MATCH (n){clause}n.x = 1",
    "MATCH (n) WITH n{clause}n RETURN n",
    "CALL {{ MATCH (n){clause}n }} RETURN 1",
    "MATCH (n) CALL (n) {{{clause}n.x = 1 }} RETURN n",
    "MATCH (n) WHERE n.as{clause}n.x = 1",
    "MATCH (n) WHERE n.x = 'a'{clause}n.x = 1",
    "RETURN 1.{clause}n.x = 1",
    "MATCH (n) WITH n, 1 AS x{clause}n.x = 1",
    "MATCH (n:`a`){clause}n",
    'MATCH (n) WHERE n.name = "it\'s"{clause}n',
    "MATCH (n){clause}n RETURN 'x'",
]


def cases(word: str) -> st.SearchStrategy[str]:
    """The word in random case."""
    return st.tuples(*(st.sampled_from([c.lower(), c.upper()]) for c in word)).map("".join)


@given(st.data())
def test_writing_clauses_are_refused_in_any_case_and_between_any_blanks(data: st.DataObject) -> None:
    words = data.draw(st.sampled_from(WORDS)).split()
    clause = data.draw(BLANKS)
    for word in words:
        clause += data.draw(cases(word)) + data.draw(BLANKS)
    cypher = data.draw(st.sampled_from(FRAMES)).format(clause=clause)
    with pytest.raises(ReadOnlyError) as caught:
        check_read_only(cypher)
    assert caught.value.facts["clause"] == words[0]
    assert cypher[caught.value.facts["offset"] :].upper().startswith(words[0])


@given(st.text(), st.sampled_from(["'", '"', "`"]), st.sampled_from(WORDS))
def test_words_in_strings_and_quoted_names_never_are(text: str, quote: str, word: str) -> None:
    inside = f"{text} {word} {text}"
    inside = inside.replace("`", "``") if quote == "`" else inside.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    tokens = check_read_only(f"RETURN {quote}{inside}{quote} AS x")
    assert len(tokens) == 4


@given(st.text(alphabet=st.sampled_from("MATCHRETURNSETn(){}[]'\"`/*\\;:|.$, \n1x-->")))
def test_every_text_is_tokenized_or_refused(text: str) -> None:
    try:
        tokens = tokenize(text)
    except QueryError as error:
        assert 0 <= error.facts["offset"] < len(text)
        return
    assert all(before.end <= after.start for before, after in pairwise(tokens))
    assert all(token.end > token.start for token in tokens)


@pytest.mark.parametrize(
    "cypher",
    [
        "MATCH (n:Set) RETURN n.set",
        "MATCH (n) RETURN n . create, n./* here */delete",
        "MATCH (n:Dataset:Merge)-[:SET|DELETE|:REMOVE]->(:!Drop&Use) RETURN n",
        "MATCH (`create`) RETURN `create`.x AS set",
        "RETURN {set: 1, delete: 2} AS create, 3 AS merge",
        "MATCH (n) RETURN n {.set, merge: n.x} AS card",
        "RETURN $set, $delete",
        "MATCH (n) WHERE n.name STARTS WITH 'SET' RETURN n; // SET",
        "match (n) /* CREATE (m) */ return n\n;\n",
        "CALL db.labels() YIELD label RETURN label",
        "call DB . relationshipTypes()",
        "MATCH (d:Disease) CALL { WITH d MATCH (d)--(m) RETURN m LIMIT 3 } RETURN d.id, m.id",
        "MATCH (d:Disease) CALL (d) { RETURN 1 AS x } RETURN CASE WHEN d.id IN [x] THEN 1 ELSE 2 END AS y",
        "UNWIND $ids AS id MATCH (n:Entity {id: id}) RETURN n",
        "EXPLAIN MATCH (n) RETURN n",
        "RETURN reset, settings, created, useful, offset",
        "MATCH (n) WHERE n.x =~ '(?i)drop.*' RETURN [x IN n.synonyms | x] AS xs",
    ],
)
def test_reading_queries_pass(cypher: str) -> None:
    assert check_read_only(cypher)


@pytest.mark.parametrize(
    ("cypher", "says", "at"),
    [
        ("MATCH (n)\nSET n.x = 1", "SET would change the graph", "line 2, column 1"),
        ("CREATE (n)", "CREATE would add to the graph", "line 1, column 1"),
        ("LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", "would read a file", "column 1"),
        ("RETURN 1; RETURN 2", "more than one statement", "column 9"),
        ("CREATE INDEX i FOR (n:Dataset) ON (n.id)", "CREATE", "column 1"),
        ("SHOW DATABASES", "can't begin with 'SHOW'", "column 1"),
        ("ALTER USER x SET PASSWORD 'y'", "can't begin with 'ALTER'", "column 1"),
        ("CALL dbms.shutdown()", "procedure 'dbms.shutdown'", "column 1"),
        ("MATCH (n) CALL apoc.create.node(['A'], {}) YIELD node RETURN node", "apoc.create.node", "column 11"),
        ("CALL `db`.`migrate`()", "procedure 'db.migrate'", "column 1"),
        ("CALL { MATCH (n) RETURN n } IN TRANSACTIONS RETURN n", "IN TRANSACTIONS", "column 29"),
        (
            "MATCH (d) CALL (d) { RETURN {a: 1} AS x } IN 2 CONCURRENT TRANSACTIONS RETURN x",
            "IN TRANSACTIONS",
            "column 43",
        ),
        ("MATCH (n) WITH n AS SET SET n.x = 1", "SET", "column 21"),
        ("MATCH (as) WITH as SET as.x = 1", "SET", "column 20"),
        ("MATCH (a$) WITH a$ SET a.x = 1", "SET", "column 20"),
        ("USING PERIODIC COMMIT 5 LOAD CSV FROM 'x' AS l RETURN l", "can't begin with 'USING'", "column 1"),
    ],
)
def test_other_queries_are_refused_with_the_clause_and_its_place(cypher: str, says: str, at: str) -> None:
    with pytest.raises(ReadOnlyError) as caught:
        check_read_only(cypher)
    assert says in caught.value.what
    assert at in caught.value.where
    assert caught.value.mend


@pytest.mark.parametrize(
    ("cypher", "says"),
    [
        ("", "empty"),
        (" ;; /* only */ ;", "empty"),
        ("RETURN 'abc", "no end"),
        ("RETURN `abc", "no end"),
        ("RETURN 1 /* SET", "no end"),
        ("MATCH (n) \\u0053ET n.x = 1", "backslash"),
        # Neo4j decodes these before it looks for strings, names and comments, and so finds LOAD CSV in each.
        ("WITH 'x\\u0027 LOAD CSV FROM $u AS l RETURN l //' AS a RETURN a", "backslash"),
        ("WITH 'x\\\\u0027 LOAD CSV FROM $u AS l RETURN l //' AS a RETURN a", "backslash"),
        ("RETURN 1 /* \\u002a\\u002f LOAD CSV FROM $u AS l RETURN l */", "backslash"),
        ("RETURN 1 // \\u000a LOAD CSV FROM $u AS l RETURN l", "backslash"),
        ("MATCH (`a\\u0060) CALL dbms.listConfig() YIELD name //`) RETURN 1", "backslash"),
        ('RETURN "\\uuu0022 LOAD CSV FROM $u AS l RETURN l //"', "backslash"),
    ],
)
def test_unfinished_queries_are_errors_but_not_called_writing(cypher: str, says: str) -> None:
    with pytest.raises(QueryError, match=says) as caught:
        check_read_only(cypher)
    assert not isinstance(caught.value, ReadOnlyError)


def test_a_letter_may_be_written_by_its_number() -> None:
    check_read_only(r"MATCH (n) WHERE n.name = 'na\u00efve' RETURN n")


def test_parameters_are_found_outside_strings_only() -> None:
    tokens = tokenize("MATCH (n {id: $id}) WHERE n.x IN $`the list` AND n.y = '$no' // $nor\nRETURN $1")
    assert find_parameters(tokens) == {"id", "the list", "1"}


@pytest.mark.parametrize(
    "expression",
    [
        "collect(m.id)[0] IS NOT NULL",
        "max(m.id) IS NULL",
        "'m1' IN collect(m.id)",
        "count(m) = 3 AND true",
        "NOT count(m) = 3",
        "max(m.id) STARTS WITH 'm'",
        "max(m.id) =~ 'm.'",
        "CASE WHEN max(m.id) IS NULL THEN 1 ELSE 2 END",
        "1 AS one, min(m.id) IS NULL",
    ],
)
@pytest.mark.parametrize(
    "clause", ["RETURN {} AS x", "WITH {} AS x RETURN x", "CALL (m) {{ RETURN {} AS x }} RETURN x"]
)
def test_aggregates_beside_operators_are_refused(expression: str, clause: str) -> None:
    cypher = f"MATCH (m:Mechanism) {clause.format(expression)}"
    with pytest.raises(QueryError, match="wrong answer"):
        check_pitfalls(cypher, tokenize(cypher))


@pytest.mark.parametrize(
    "items",
    [
        "count(m) > 1 AS x",
        "collect(m.id)[0] = 'm0' AS x",
        "any(x IN collect(m.id) WHERE x = 'm1') AS x",
        "[x IN collect(m.id) | x + '!'] AS x",
        "reduce(s = '', x IN collect(m.id) | s + x) AS x",
        "count(CASE WHEN m.x IS NULL AND m.y THEN 1 END) AS x",
        "sum(CASE WHEN NOT m.is_open THEN 1 ELSE 0 END) AS no, m.id IS NULL AS y",
        "m.id IS NULL AS x, count(*) AS n ORDER BY n DESC",
        "COUNT { (m)--(x) WHERE x.id IS NULL AND x.y } AS x",
        "m.id STARTS WITH 'a' AS x, max(m.id) AS y",
    ],
)
def test_other_aggregates_pass(items: str) -> None:
    cypher = f"MATCH (m:Mechanism) RETURN {items}"
    check_pitfalls(cypher, tokenize(cypher))


MATCHED = "MATCH (m:Mechanism)-[r:CONTRIBUTES_TO]->(d:Disease) "


@pytest.mark.parametrize(
    "rest",
    [
        "MATCH (c:Claim {id: r.claim_id}) RETURN c",
        "OPTIONAL MATCH (c:Claim {id: r.claim_id}) RETURN c",
        "MATCH (m)-[q:CONTRIBUTES_TO {claim_id: r.claim_id}]->(e) RETURN e",
        "MATCH (c:Claim {kind: 'x', id: toString(r.claim_id)}) RETURN c",
    ],
)
def test_relationship_properties_in_inline_maps_are_refused(rest: str) -> None:
    with pytest.raises(QueryError, match="matches nothing") as caught:
        check_pitfalls(MATCHED + rest, tokenize(MATCHED + rest))
    assert "WITH *, r.claim_id AS" in caught.value.mend


@pytest.mark.parametrize(
    "rest",
    [
        "WITH m, r.claim_id AS k MATCH (c:Claim {id: k}) RETURN c",
        "WITH r MATCH (c:Claim {id: r.claim_id}) RETURN c",
        "MATCH (c:Claim) WHERE c.id = r.claim_id RETURN {id: r.claim_id} AS x",
        "MATCH (c:Claim WHERE c.id = r.claim_id) RETURN c",
        "CALL (r) { MATCH (c:Claim {id: r.claim_id}) RETURN c } RETURN c",
        "RETURN [(c:Claim {id: r.claim_id})-[:SUBJECT]->(s) | s.id] AS x",
        "MATCH (c:Claim {id: m.r, r: 1}) RETURN c",
    ],
)
def test_other_uses_of_relationships_pass(rest: str) -> None:
    check_pitfalls(MATCHED + rest, tokenize(MATCHED + rest))


def test_labels_and_types_that_the_graph_cannot_have_are_named() -> None:
    tokens = tokenize("MATCH (a:Datset|Dataset {x: 1})-[r:RECORD_FROM*1..2]->(:Entity) WHERE a.b = {c: d} RETURN r[0]")
    assert find_unknown_names(tokens) == [
        "no node has the label 'Datset'",
        "there is no relationship type 'RECORD_FROM'",
    ]
