"""Reading a Cypher query without running it: its tokens, its parameters, and whether it only reads.

The engine opens the store read-only besides. This check is here because an error that names the
clause and its place is worth more than an engine's refusal half-way, and because one clause that
*reads* is refused too: ``LOAD CSV`` reads files of the machine.

It is a tokenizer, not a parser: where a writing word may be a name (after ``.``, ``:`` or ``AS``, in
backticks, as a key of a map) it is a name, and anywhere else it is refused. A query that this lets
through wrongly would have to fool the engine's own grammar too. Its lexical rules are those of
openCypher 9 (https://opencypher.org/resources/).
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.errors import QueryError, ReadOnlyError

if TYPE_CHECKING:
    from collections.abc import Sequence


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"  # a keyword or a bare name
    NAME = "name"  # a name in backticks, which is never a keyword
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """A token of a query.

    Parameters
    ----------
    kind : TokenKind
        What it is.
    text : str
        As written; for a name in backticks, what is between them.
    start, end : int
        Half-open place in the query, in code points.
    """

    kind: TokenKind
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these bare words, given in upper case."""
        return self.kind is TokenKind.WORD and self.text.upper() in words

    def is_symbol(self, *symbols: str) -> bool:
        """Whether this is one of these symbols."""
        return self.kind is TokenKind.SYMBOL and self.text in symbols

    @property
    def is_name(self) -> bool:
        """Whether this could name something: a bare word or a name in backticks."""
        return self.kind in (TokenKind.WORD, TokenKind.NAME)


_TOKEN = re.compile(
    r"""
      (?P<comment> /\*.*?\*/ | //[^\r\n]* )
    | (?P<string>  '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" )
    | (?P<name>    `(?:[^`]|``)*` )
    | (?P<number>  0[xX][0-9a-fA-F]+ | 0[oO][0-7]+ | \d+(?:\.\d+)?(?:[eE][+-]?\d+)? | \.\d+(?:[eE][+-]?\d+)? )
    | (?P<word>    [^\W\d][\w$]* )
    | (?P<symbol>  \.\. | :: | != | <> | <= | >= | =~ | \+= | . )
    """,
    re.VERBOSE | re.DOTALL,
)

#: Clauses that write, define or reach outside the graph, and what each would do.
_REFUSED: Final[dict[str, str]] = {
    "CREATE": "would add to the graph",
    "INSERT": "would add to the graph",
    "MERGE": "would add to the graph",
    "SET": "would change the graph",
    "DELETE": "would delete from the graph",
    "DETACH": "would delete from the graph",
    "NODETACH": "would delete from the graph",
    "REMOVE": "would change the graph",
    "DROP": "would change the schema",
    "FOREACH": "is only of use for writing",
    "LOAD": "would read a file of this machine",
    "USE": "would leave the build's graph",
}
#: What a query may begin with; administration begins with other words.
_OPENINGS: Final = ("MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL", "EXPLAIN", "PROFILE")
#: Procedures that only describe the graph.
HARMLESS_PROCEDURES: Final = frozenset(
    {"db.labels", "db.relationshiptypes", "db.propertykeys", "db.schema.visualization"}
)
#: Neo4j reads these as the characters that they stand for before it looks for strings and comments: a quote written so
#: ends a string there, and begins whatever it hides. Letters beyond ASCII end nothing. Also after another backslash,
#: and with several u, to be sure.
_ESCAPED = re.compile(r"\\[uU]+([0-9a-fA-F]{4})")
#: Half of a pair of UTF-16, which is no character; Python makes one of each argument's byte that is no UTF-8.
_LONE = re.compile("[\ud800-\udfff]")
_NAME_HINT = "put it in backticks if it is a name; to change the graph, change its sources and build again"


def tokenize(cypher: str) -> list[Token]:
    """Split a query into tokens, without blanks and comments.

    Parameters
    ----------
    cypher : str
        A query.

    Returns
    -------
    list of Token
        In order; a character that begins nothing is a symbol of its own.

    Raises
    ------
    QueryError
        If a string, a name or a comment has no end, a backslash stands outside a string, or a character
        other than a letter beyond ASCII is written by its number.

    Examples
    --------
    >>> [token.text for token in tokenize("RETURN 'a // b' /* c */ AS `d e` // f")]
    ['RETURN', "'a // b'", 'AS', 'd e']
    """
    for escaped in _ESCAPED.finditer(cypher):
        character = chr(int(escaped[1], 16))
        if character.isalpha() and not character.isascii():
            continue
        raise QueryError(
            f"{escaped[0]} writes a character by its number, with a backslash",
            place(cypher, escaped.start()),
            "write the character itself, or give the text as a parameter",
            offset=escaped.start(),
        )
    tokens = []
    for match in _TOKEN.finditer(cypher):
        kind, text = match.lastgroup, match.group()
        if kind == "comment" or text.isspace():
            continue
        if kind == "symbol" and text in "'\"`":
            what = "name in backticks" if text == "`" else "string"
            raise QueryError(
                f"this {what} has no end",
                place(cypher, match.start()),
                f"close it with {text}",
                offset=match.start(),
            )
        if text == "\\" or (kind == "symbol" and text == "/" and cypher.startswith("/*", match.start())):
            # Neo4j reads \u0053ET as SET; nothing outside a string needs a backslash.
            what = "there is a backslash outside a string" if text == "\\" else "this comment has no end"
            mend = "write the character itself" if text == "\\" else "close it with */"
            raise QueryError(what, place(cypher, match.start()), mend, offset=match.start())
        if kind == "name":
            tokens.append(Token(TokenKind.NAME, text[1:-1].replace("``", "`"), match.start(), match.end()))
        else:
            tokens.append(Token(TokenKind(kind), text, match.start(), match.end()))
    return tokens


def place(cypher: str, offset: int) -> str:
    r"""Name a place in a query, for an error.

    Examples
    --------
    >>> place("MATCH (n)\nSET n.x = 1", 10)
    'query, line 2, column 1'
    """
    before = cypher[:offset]
    return f"query, line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"


def find_parameters(tokens: Sequence[Token]) -> frozenset[str]:
    """Names of the parameters that a query takes.

    Examples
    --------
    >>> sorted(find_parameters(tokenize("MATCH (n {id: $id}) WHERE n.name = '$x' RETURN $`a b`")))
    ['a b', 'id']
    """
    return frozenset(
        token.text
        for before, token in pairwise(tokens)
        if before.is_symbol("$") and before.end == token.start and token.kind is not TokenKind.SYMBOL
    )


def check_read_only(cypher: str) -> list[Token]:
    """Check that a query only reads the graph.

    Parameters
    ----------
    cypher : str
        A query: one statement, with or without its ``;``.

    Returns
    -------
    list of Token
        The query's tokens, for further checks; without the last ``;``.

    Raises
    ------
    ReadOnlyError
        If it would write, define, administer, read a file, call a procedure that isn't known to be
        harmless, or holds several statements; ``facts["clause"]`` and ``facts["offset"]`` say where.
    QueryError
        If it is empty or a string, name or comment in it has no end.

    Examples
    --------
    >>> [t.text for t in check_read_only("MATCH (n:Set) WHERE n.set = 'DELETE' RETURN n.`create`;")][-3:]
    ['n', '.', 'create']
    >>> check_read_only("MATCH (n) SET n.x = 1")
    Traceback (most recent call last):
    kg.errors.ReadOnlyError: query, line 1, column 11: SET would change the graph, and queries only read it
      mend: put it in backticks if it is a name; to change the graph, change its sources and build again
    """
    if lone := _LONE.search(cypher):
        raise QueryError(
            f"{lone[0]!r} is half of a character, or a byte that is no UTF-8",
            place(cypher, lone.start()),
            "write the query in UTF-8",
            offset=lone.start(),
        )
    tokens = tokenize(cypher)
    while tokens and tokens[-1].is_symbol(";"):
        tokens.pop()
    if not tokens:
        raise QueryError(
            "the query is empty", "query", "give one, such as 'MATCH (d:Dataset) RETURN count(d) AS datasets'"
        )
    if not (tokens[0].is_word(*_OPENINGS) or tokens[0].is_symbol("{")) and not tokens[0].is_word(*_REFUSED):
        allowed = ", ".join(_OPENINGS)
        raise _refuse(cypher, tokens[0], f"a query can't begin with {tokens[0].text!r}", f"begin with one of {allowed}")
    calls: list[bool] = []  # for each open brace, whether it is a CALL subquery's
    for index, token in enumerate(tokens):
        if token.is_symbol(";"):
            raise _refuse(cypher, token, "there is more than one statement", "run them one by one")
        if token.is_symbol("{"):
            calls.append(_opens_call(tokens, index))
        elif token.is_symbol("}"):
            if calls and calls.pop() and index + 1 < len(tokens) and tokens[index + 1].is_word("IN"):
                raise _refuse(
                    cypher,
                    tokens[index + 1],
                    "CALL { … } IN TRANSACTIONS is for writing",
                    "leave IN TRANSACTIONS out",
                )
        elif token.kind is TokenKind.WORD and not _is_used_as_name(tokens, index):
            word = token.text.upper()
            if word in _REFUSED:
                raise _refuse(cypher, token, f"{word} {_REFUSED[word]}, and queries only read it", _NAME_HINT)
            if word == "CALL":
                _check_call(cypher, tokens, index)
    return tokens


def _refuse(cypher: str, token: Token, what: str, mend: str) -> ReadOnlyError:
    return ReadOnlyError(what, place(cypher, token.start), mend, clause=token.text.upper(), offset=token.start)


def _is_used_as_name(tokens: Sequence[Token], index: int) -> bool:
    """Whether no clause can begin here, so that the word is a property, a label, a key or an alias."""
    before = tokens[index - 1] if index else None
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if before is None:
        return False
    if before.is_symbol("."):
        # "1." may be a number to some lexer, and what follows it a clause.
        return index < 2 or tokens[index - 2].kind is not TokenKind.NUMBER
    if before.is_symbol(":", "&", "!"):
        return True
    if before.is_word("AS"):
        # "AS" may be a name itself (WHERE n.as SET …); what a clause needs after it an alias never has.
        return after is None or after.is_symbol(",", "}")
    if before.is_symbol("|"):
        # In [:A|SET] and (n:A|SET) a label; after FOREACH (… | a clause, but FOREACH itself is refused.
        return True
    if before.is_symbol("$"):
        return before.end == tokens[index].start
    return before.is_symbol("{", ",") and after is not None and after.is_symbol(":")


def _opens_call(tokens: Sequence[Token], index: int) -> bool:
    """Whether the brace at `index` opens ``CALL { … }`` or ``CALL (…) { … }``."""
    at = index - 1
    if at >= 0 and tokens[at].is_symbol(")"):
        while at >= 0 and not tokens[at].is_symbol("("):
            at -= 1
        at -= 1
    return at >= 0 and tokens[at].is_word("CALL")


def _check_call(cypher: str, tokens: Sequence[Token], index: int) -> None:
    """Let subqueries and harmless procedures pass."""
    at = index + 1
    if at < len(tokens) and tokens[at].is_symbol("{", "("):
        return
    parts: list[str] = []
    while at < len(tokens) and (tokens[at].is_name or tokens[at].is_symbol(".")):
        if tokens[at].is_word("YIELD") and not tokens[at - 1].is_symbol("."):
            break
        parts.append(tokens[at].text)
        at += 1
    procedure = "".join(parts)
    if procedure.lower() not in HARMLESS_PROCEDURES:
        raise _refuse(
            cypher,
            tokens[index],
            f"procedure {procedure!r} is not one that is known only to read",
            f"the procedures allowed are {', '.join(sorted(HARMLESS_PROCEDURES))}",
        )
