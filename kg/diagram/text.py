"""Make text from data harmless in a Mermaid label, a link and a Markdown table, and keep it legible.

Labels: Mermaid's own entity codes (https://mermaid.js.org/syntax/flowchart.html, "Entity codes to escape characters").
Tables: GitHub Flavored Markdown (https://github.github.com/gfm/#tables-extension-).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit

LABEL_LENGTH: Final = 64
LINE_LENGTH: Final = 14
#: Where a label has more lines than this, or so short a word has one to itself, lines may be a few letters longer.
_TALL: Final = 4
_LONE: Final = 3
_ROOM: Final = 2
#: A longer word than a line is left whole up to this, where it has no joint.
WORD_LENGTH: Final = 22
#: Share of a shortened label that is its end.
_TAIL: Final = 0.3
#: Where a long word of the field is joined: what is left of it must be a word, too.
_FIRST_PART: Final = re.compile(
    "angio|astro|cardio|cerebello|cerebro|chemo|cortico|cyto|electro|encephalo|extra|fronto|glyco|hyper|hypo|immuno"
    "|inter|intra|macro|magneto|micro|morpho|multi|myelo|neuro|oligo|opto|parieto|patho|phospho|photo|physio|poly"
    "|pseudo|psycho|radio|somato|super|temporo|thalamo|thermo|trans|ventro",
    re.IGNORECASE,
)
_LEAST: Final = 6
#: Stands for a hyphen at a line's end that the word hasn't; `clean` leaves none in a text.
_SOFT: Final = "\u00ad"

#: Characters with no glyph that reorder or hide what stands around them, and those that no text should hold.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Joins emoji and the letters of some scripts: hidden, but its absence changes what is read.
_JOINERS: Final = "\u200c\u200d"
#: Punctuation that means nothing to Mermaid, its Markdown or HTML in the middle of a line; all other ASCII becomes an
#: entity. The colon is not here: 'fa:fa-car' is an icon, and 'style…:…#' makes Mermaid drop a semicolon.
_PLAIN: Final = frozenset(" ,.'()/+-?")
#: Mermaid reads a whole line that holds these words as a statement, quotes or not.
_STATEMENT: Final = re.compile(r"direction", re.IGNORECASE)
#: Where a shortened text may go on.
_BOUNDARY: Final = re.compile(r"[ _/-]")
#: Words that say nothing where what they belong to is left out.
_LOOSE_WORDS: Final = re.compile(r"(?: (?:a|an|and|by|for|from|in|of|on|or|the|to|with|-|–))+$", re.IGNORECASE)
_LIST_START: Final = re.compile(r"^(?:[-+]|\d+[.)])")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~$@&^=-])")
#: Hosts that serve under https what their identifiers say under http.
_SECURE_HOSTS: Final = frozenset(
    {"purl.obolibrary.org", "id.nlm.nih.gov", "snomed.info", "www.ncbi.nlm.nih.gov"}
)
_URL_SAFE: Final = "/:?=&@,+~!*-._%#"
#: Answers that are kept: the same names and addresses stand in a thousand diagrams.
_KEPT: Final = 8192


@lru_cache(_KEPT)
def clean(text: str) -> str:
    r"""Leave the visible characters of a text, on one line.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        In NFC; controls, direction marks and unassigned characters taken out, blanks squeezed, and no more than three
        combining marks in a row.

    Examples
    --------
    >>> clean("  a\u202eb\n\tc ")
    'ab c'
    """
    if text.isascii() and text.isprintable():  # most texts: the same, without looking at each character
        return " ".join(text.split())
    blanks = re.sub(r"\s+", " ", text)
    kept = [c for c in blanks if c in _JOINERS or unicodedata.category(c) not in _HIDDEN_CATEGORIES]
    joined = unicodedata.normalize("NFC", "".join(kept))
    return re.sub(r"\s+", " ", _squeeze_marks(joined)).strip(" " + _JOINERS)


def _squeeze_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= 3:
            kept.append(character)
    return "".join(kept)


def shorten(text: str, length: int = LABEL_LENGTH, *, tail: float = 0.5) -> str:
    """Cut a text in its middle, where names differ least, between words where there are some near.

    Parameters
    ----------
    text : str
        On one line.
    length : int
        How long it may be.
    tail : float, default 0.5
        How much of that is for its end.

    Examples
    --------
    >>> shorten("amyotrophic lateral sclerosis type 11", 24)
    'amyotrophic … type 11'
    >>> shorten("CA1", 24)
    'CA1'
    >>> shorten("A survey of the spiking of neurons in the visual system of mice", 46, tail=0.25)
    'A survey of the spiking … of mice'
    """
    if len(text) <= length:
        return text
    back = max(int((length - 3) * tail), 1)
    head, end = text[: length - 3 - back], text[-back:]
    if text[len(head)] != " " and head.rfind(" ") >= len(head) // 2:
        head = head[: head.rfind(" ")]
    if text[-back - 1] != " " and (boundary := _BOUNDARY.search(end, 0, len(end) * 2 // 3 + 1)):
        end = end[boundary.end() :]
    return f"{_LOOSE_WORDS.sub('', head.rstrip())} … {end.lstrip()}"


def wrap(text: str, width: int = LINE_LENGTH, longest: int = WORD_LENGTH) -> list[str]:
    """Break a text into lines at its blanks, and words that are longer than a line where they are joined.

    Parameters
    ----------
    text : str
        On one line.
    width : int
        Length of a line.
    longest : int
        A longer word is broken anywhere.

    Examples
    --------
    >>> wrap("hippocampal formation of the mouse", 20)
    ['hippocampal', 'formation of the', 'mouse']
    >>> wrap("integration-dependent behaviour", 15)
    ['integration-', 'dependent', 'behaviour']
    >>> wrap("electrophysiological approach", 15)
    ['electro-', 'physiological', 'approach']
    """
    words = [list(_cut(word, width, longest)) for word in text.split(" ")]
    # A long word makes its label wide in any case: the others may use the room.
    width = max(width, *(len(piece) for word in words for piece in word))
    lines: list[str] = []
    line = ""
    for word in words:
        for number, piece in enumerate(word):
            longer = line.rstrip(_SOFT) + piece if number else f"{line} {piece}" if line else piece
            if len(longer) <= width:
                line = longer
            else:
                lines.append(line)
                line = piece
    return [each.replace(_SOFT, "-") for each in [*lines, line] if each]


def _cut(word: str, width: int, longest: int) -> Iterator[str]:
    """Give the pieces of a word that is longer than a line; a hyphen that it hasn't is a soft one."""
    while len(word) > width:
        joint = max(word.rfind(mark, 2, width) for mark in "-/") + 1
        if 2 < joint < len(word) - 2:
            yield word[:joint]
            word = word[joint:]
        elif (first := _FIRST_PART.match(word)) and len(word) - first.end() >= _LEAST:
            yield first[0] + _SOFT
            word = word[first.end() :]
        elif len(word) > longest:
            yield word[:longest]
            word = word[longest:]
        else:
            break
    yield word


def escape_label(text: str) -> str:
    """Write a line of a label with entity codes for whatever Mermaid, Markdown or HTML would read.

    Parameters
    ----------
    text : str
        From `clean`, on one line.

    Returns
    -------
    str
        To be put between double quotes.

    Examples
    --------
    >>> escape_label('says "end" <b>')
    'says #34;end#34; #60;b#62;'
    >>> escape_label("CA1 field of hippocampus"), escape_label("1. - item")
    ('CA1 field of hippocampus', '#49;. - item')
    """
    exposed = {match.start() for match in _STATEMENT.finditer(text)}
    if _LIST_START.match(text):
        exposed.add(0)
    return "".join(
        character if _is_plain(character) and at not in exposed else f"#{ord(character)};"
        for at, character in enumerate(text)
    )


def _is_plain(character: str) -> bool:
    return ord(character) >= 128 or character.isalnum() or character in _PLAIN


def label_text(text: str) -> list[str]:
    """Give the lines of a label as a reader should see them.

    Examples
    --------
    >>> label_text("Allen Institute OpenScope, sequence learning project")
    ['Allen Institute', 'OpenScope,', 'sequence', 'learning project']
    >>> label_text("")
    ['(no name)']
    """
    # Mermaid writes '#34;' as 'ﬂ°°34¶ß' while it works, and reads that back wherever it finds it, entity or not.
    unmarked = clean(text).replace("ﬂ", "fl").replace("¶ß", "¶ ß")
    # The mark of what was left out stays with the word before it. Titles say at their beginning what they are about.
    shown = shorten(unmarked, tail=_TAIL).replace(" …", "\u00a0…")
    lines = wrap(shown)
    if len(lines) > _TALL or any(len(line) <= _LONE for line in lines):
        lines = min((lines, *(wrap(shown, LINE_LENGTH + more) for more in range(1, _ROOM + 1))), key=len)
    # Mermaid breaks a line at a backslash and an 'n', entity or not; a joiner without width keeps them apart.
    return [line.replace("\u00a0", " ").replace("\\n", "\\\u2060n") for line in lines] or ["(no name)"]


@lru_cache(_KEPT)
def safe_url(url: str | None) -> str | None:
    """Give a link that can stand in a diagram or a table, or None where there is none.

    Parameters
    ----------
    url : str or None
        As found.

    Returns
    -------
    str or None
        An https address with a host and no credentials, everything odd in it percent-encoded.

    Examples
    --------
    >>> safe_url("http://purl.obolibrary.org/obo/UBERON_0000955")
    'https://purl.obolibrary.org/obo/UBERON_0000955'
    >>> safe_url('https://doi.org/10.1/a"b;c(d)')
    'https://doi.org/10.1/a%22b%3Bc%28d%29'
    >>> safe_url("javascript:alert(1)"), safe_url("https://user:word@example.org/")
    (None, None)
    """
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        has_credentials = parts.username is not None or parts.password is not None
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and host in _SECURE_HOSTS)
    if not is_secure or has_credentials or not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", host):
        return None
    rest = (
        parts.path
        + (f"?{parts.query}" if parts.query else "")
        + (f"#{parts.fragment}" if parts.fragment else "")
    )
    # A '%' that starts no escape is a character of the address.
    rest = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", rest)
    return f"https://{host}{port}{quote(rest, safe=_URL_SAFE, errors='replace')}"


def escape_markdown(text: str) -> str:
    r"""Write a text so that a Markdown table shows it as it is.

    Examples
    --------
    >>> escape_markdown("a | b <i> [x](y) www.example.org")
    'a \\| b \\<i\\> \\[x\\]\\(y\\) www\\.example.org'
    """
    escaped = _MARKDOWN.sub(r"\\\1", text)
    # Bare addresses become links by themselves in GFM.
    escaped = re.sub(r"(?i)\b(https?|ftp|mailto|javascript|data|xmpp):", r"\1\\:", escaped)
    return re.sub(r"(?i)\bwww\.", lambda match: match[0][:-1] + "\\.", escaped)
