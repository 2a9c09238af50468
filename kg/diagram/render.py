"""Check Mermaid text with Mermaid's own parser, and draw it, without a browser.

Drawing takes seconds, parsing a tenth of one: whoever writes many diagrams checks them all and draws few.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

from kg.diagram.parser import parser
from kg.errors import DiagramError

#: Endings that `render` writes.
FORMATS = (".svg", ".png", ".pdf")

#: Longest text that Mermaid draws.
MAX_TEXT = 50_000

#: Mermaid draws some shapes as if by hand, from random numbers: with a seed they are the same each time.
_CONFIG = {"handDrawnSeed": 1}
#: The id that mermaidx gives every picture; styles and marks of one are for all on a page that have the same.
_PICTURE_ID = re.compile(r'(?<=["#])my-svg(?=["_ {.-])')

#: How Mermaid's younger parsers name a line.
_LINE_NAMED = re.compile(r"^Parsing failed:\s+(?:Lexer|Parse) error on line (\d+), column")
#: Longest reason in an error, but for the list of what might have stood there.
_MOST_SAID = 1_000
_COMMENT = re.compile(r"^\s*%%(?!\{)[^\n]+\n?", re.MULTILINE)


def check_mermaid(text: str) -> None:
    """Parse Mermaid text, with the parser that a wiki's readers have.

    Parameters
    ----------
    text : str
        Any Mermaid diagram.

    Raises
    ------
    DiagramError
        If it doesn't parse; ``facts["line"]`` is the line, counted from 1, or None where the parser names none.
    """
    # Beyond its limit Mermaid parses another diagram in its stead, which says so.
    if len(text) > MAX_TEXT:
        raise DiagramError(
            f"it has {len(text):,} characters, and Mermaid draws none of more than {MAX_TEXT:,}"
        )
    # A lone surrogate can't cross into JavaScript, nor into any file.
    answer = parser().parse(text.encode("utf-8", "replace").decode("utf-8"))
    if "type" in answer:
        return
    named = _LINE_NAMED.search(str(answer["message"]))
    line = _line_in(text, answer.get("line") or (int(named[1]) if named else None))
    reason = _reason(str(answer["message"]))
    shown = text.splitlines()[line - 1].strip() if line else ""
    raise DiagramError(
        f"Mermaid can't parse it: {reason}" + (f" in {shown[:80]!r}" if shown else ""),
        f"line {line}" if line else "",
        line=line,
    )


def _reason(message: str) -> str:
    """Give what is wrong in one line: of what Jison's parsers say that is the last, of what others say the first."""
    if message.startswith(("Parse error", "Lexical error")):
        said = message.splitlines()[-1]
    else:
        said = message.removeprefix("Parsing failed:").strip().split("\n\n")[0]
    said = " ".join(said.split())
    return (said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID]}…") or "it is no diagram"


def _line_in(text: str, parsed: int | None) -> int | None:
    """Give the line of the text for one that the parser saw: it sees no comments, and nothing before the diagram."""
    if not parsed:
        return None
    dropped: set[int] = set()
    for match in _COMMENT.finditer(text):
        first = text.count("\n", 0, match.start())
        dropped.update(range(first, first + match[0].count("\n")))
    seen = [number for number, _ in enumerate(text.splitlines(), start=1) if number - 1 not in dropped]
    while seen and not text.splitlines()[seen[0] - 1].strip():
        del seen[0]
    # A fault at the end of the text is a line behind the last.
    return seen[min(parsed, len(seen)) - 1] if seen else None


def render(text: str, path: Path, *, scale: float = 2.0) -> None:
    """Check Mermaid text, draw it, and write the picture.

    Parameters
    ----------
    text : str
        Any Mermaid diagram.
    path : pathlib.Path
        Its ending says what is written: ``.svg``, ``.png`` or ``.pdf``. A file that is there is replaced, and only by
        a whole one.
    scale : float, default 2.0
        Pixels a unit, for PNG and PDF.

    Raises
    ------
    DiagramError
        If the text doesn't parse, can't be drawn, or the ending is of no known format.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise DiagramError(
            f"can't draw a {ending or 'file without an ending'}", str(path), f"end it in {', '.join(FORMATS)}"
        )
    check_mermaid(text)
    from mermaidx import render as draw  # late: it loads fonts

    drawing = draw(text, config=_CONFIG)
    try:
        if ending == ".svg":
            # White as the others are: the theme's black text on a dark page is none.
            svg = drawing.svg().replace("background-color: transparent;", "background-color: white;", 1)
            digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            svg = _PICTURE_ID.sub(f"kg-{digest[:12]}", svg)
            data = svg.encode("utf-8")
        elif ending == ".png":
            data = drawing.png(scale=scale, background="#ffffff")
        else:
            data = drawing.pdf(scale=scale, background="#ffffff")
    except RuntimeError as error:  # what mermaidx raises for everything that Mermaid refuses
        raise DiagramError(f"Mermaid can't draw it: {error}", str(path)) from error
    _write_whole(path, data)


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as aside:
        aside.write(data)
    Path(aside.name).chmod(0o644)
    Path(aside.name).replace(path)
