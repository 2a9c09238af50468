"""Queries that the embedded engine answers wrongly without a word, and names that the graph doesn't have.

ArcadeDB 26.10 is right about nearly everything in openCypher; the two constructs refused here are
those found to give a *wrong* answer rather than an error (``docs/cypher.md`` has each with its
result and its mend). Neo4j answers them rightly, so a query mended for one is right on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg.errors import QueryError
from kg.export.cypher import Token, TokenKind, place
from kg.model.claim import Predicate
from kg.model.schema import AUDIT_EDGES, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

_AGGREGATES: Final = (
    "COUNT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "COLLECT",
    "STDEV",
    "STDEVP",
    "PERCENTILECONT",
    "PERCENTILEDISC",
)
#: Operators under which the engine doesn't see that an aggregate is one.
_BLIND: Final = ("IS", "IN", "AND", "OR", "XOR", "NOT", "STARTS", "ENDS", "CONTAINS")
_CLAUSES: Final = (
    "MATCH",
    "OPTIONAL",
    "WITH",
    "RETURN",
    "UNWIND",
    "WHERE",
    "CALL",
    "UNION",
    "ORDER",
    "SKIP",
    "LIMIT",
    "YIELD",
)
_LABELS: Final = frozenset({*Label, "Entity"})
_TYPES: Final = frozenset({*Predicate, *AUDIT_EDGES})


def check_pitfalls(cypher: str, tokens: Sequence[Token]) -> None:
    """Refuse a query that the engine would answer wrongly.

    Parameters
    ----------
    cypher : str
        The query.
    tokens : sequence of Token
        Its tokens.

    Raises
    ------
    QueryError
        If an aggregate is an operand of a logical operator, or a relationship's property is used in an
        inline map of a later pattern; the error says how to write it instead.
    """
    _check_aggregates(cypher, tokens)
    _check_inline_maps(cypher, tokens)


def find_unknown_names(tokens: Sequence[Token]) -> list[str]:
    """Say which labels and relationship types of a query the graph can't have.

    The engine answers such a query with no rows, which looks like an answer.

    Parameters
    ----------
    tokens : sequence of Token
        A query's tokens.

    Returns
    -------
    list of str
        One sentence a name, in order of their first use.

    Examples
    --------
    >>> from kg.export.cypher import tokenize
    >>> find_unknown_names(tokenize("MATCH (n:Datset)-[:RECORDS_FROM|RECORDS]->(:BrainRegion) RETURN n"))
    ["no node has the label 'Datset'", "there is no relationship type 'RECORDS'"]
    """
    found: dict[str, None] = {}
    opener = ""  # what the innermost pattern is, as long as only names and label operators have been seen
    for token in tokens:
        if token.is_symbol("(", "["):
            opener, named = token.text, False
        elif opener and token.is_symbol(":", "|", "&", "!"):
            named = True
        elif opener and token.is_name:
            if named and opener == "(" and token.text not in _LABELS:
                found[f"no node has the label {token.text!r}"] = None
            elif named and opener == "[" and token.text not in _TYPES:
                found[f"there is no relationship type {token.text!r}"] = None
            named = False
        else:
            opener = ""
    return list(found)


def _clause_at(tokens: Sequence[Token], index: int) -> str | None:
    """Name the clause that begins at `index`, if one does."""
    token = tokens[index]
    if not token.is_word(*_CLAUSES):
        return None
    before = tokens[index - 1] if index else None
    if before is not None and (before.is_symbol(".", ":", "$") or before.is_word("AS", "STARTS", "ENDS")):
        return None
    return token.text.upper()


def _check_aggregates(cypher: str, tokens: Sequence[Token]) -> None:
    """Look through the items of RETURN and WITH for an aggregate beside an operator that hides it."""
    for start, token in enumerate(tokens):
        if not (token.is_word("RETURN", "WITH") and _clause_at(tokens, start)):
            continue
        depth, aggregate, operator, inside = 0, None, False, 0
        for index in range(start + 1, len(tokens) + 1):
            at = tokens[index] if index < len(tokens) else None
            ends = at is None or (
                depth == 0 and (at.is_symbol(",", ")", "]", "}") or _clause_at(tokens, index) is not None)
            )
            if ends:
                if aggregate is not None and operator:
                    raise _aggregate_error(cypher, aggregate)
                if at is None or not at.is_symbol(","):
                    break
                aggregate, operator = None, False
                continue
            assert at is not None
            if at.is_symbol("(", "[", "{"):
                depth += 1
                # Arguments of an aggregate and subqueries are worlds of their own, where operators are safe.
                if not inside and (at.is_symbol("{") or tokens[index - 1].is_word(*_AGGREGATES)):
                    inside = depth
                    if at.is_symbol("("):
                        aggregate = tokens[index - 1]
            elif at.is_symbol(")", "]", "}"):
                inside = 0 if inside == depth else inside
                depth -= 1
            elif not inside and (at.is_symbol("=~") or at.is_word(*_BLIND)) and not _is_iteration(tokens, index):
                operator = True


def _is_iteration(tokens: Sequence[Token], index: int) -> bool:
    """Whether IN at `index` is that of ``[x IN xs …]``, ``any(x IN xs …)`` or ``reduce(s = 0, x IN xs …)``."""
    if not tokens[index].is_word("IN") or index < 2:
        return False
    if not tokens[index - 2].is_symbol(","):
        return tokens[index - 2].is_symbol("(", "[")
    depth, at = 0, index - 2
    while at > 0 and not (depth == 0 and tokens[at].is_symbol("(", "[", "{")):
        depth += tokens[at].is_symbol(")", "]", "}") - tokens[at].is_symbol("(", "[", "{")
        at -= 1
    return tokens[at - 1].is_word("REDUCE")


def _aggregate_error(cypher: str, token: Token) -> QueryError:
    return QueryError(
        f"{token.text}(…) beside IS, IN, AND, OR, NOT or a string operator gives a wrong answer in the embedded engine",
        place(cypher, token.start),
        "compute it alone first: WITH …, collect(x) AS xs RETURN xs[0] IS NOT NULL (docs/cypher.md)",
        offset=token.start,
    )


def _check_inline_maps(cypher: str, tokens: Sequence[Token]) -> None:
    """Follow relationship variables from MATCH to MATCH and look for them in later inline maps."""
    scopes: list[set[str]] = [set()]  # relationship variables bound by MATCH since WITH, for each open subquery
    clause = ""
    openers: list[str] = []
    for index, token in enumerate(tokens):
        if token.is_symbol("{"):
            is_map = clause == "MATCH" and bool(openers) and openers[-1] in "(["
            openers.append("{map" if is_map else "{")
            if not is_map:
                scopes.append(set())
        elif token.is_symbol("(", "["):
            openers.append(token.text)
            bound = tokens[index + 1] if index + 1 < len(tokens) else None
            if (
                token.is_symbol("[")
                and clause == "MATCH"
                and "{map" not in openers
                and bound is not None
                and bound.is_name
            ):
                scopes[-1].add(bound.text)
        elif token.is_symbol(")", "]", "}"):
            if openers and openers.pop() == "{":
                scopes.pop()
                # After a subquery the clause is over: only another one may follow.
                clause = ""
        elif (begun := _clause_at(tokens, index)) is not None:
            if begun == "WITH":
                scopes[-1].clear()
            clause = begun
        elif "{map" in openers and token.text in scopes[-1] and _reads(tokens, index):
            raise QueryError(
                f"the relationship {token.text!r} in a pattern's inline map matches nothing in the embedded engine",
                place(cypher, token.start),
                f"lift its property: WITH *, {token.text}.claim_id AS k MATCH (c:Claim {{id: k}}) (docs/cypher.md)",
                offset=token.start,
            )


def _reads(tokens: Sequence[Token], index: int) -> bool:
    """Whether the name at `index` is a variable that is read, not a key or a property."""
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    is_key = after is not None and after.is_symbol(":")
    return tokens[index].kind is not TokenKind.STRING and not tokens[index - 1].is_symbol(".", "$") and not is_key
