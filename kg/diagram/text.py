"""Make text from data harmless in a Mermaid label, a link and a Markdown table, and keep it legible.

Labels: Mermaid's own entity codes (https://mermaid.js.org/syntax/flowchart.html, "Entity codes to escape characters").
Tables: GitHub Flavored Markdown (https://github.github.com/gfm/#tables-extension-).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlsplit

LABEL_LENGTH: Final = 56
LINE_LENGTH: Final = 15
#: A longer word than a line is left whole up to this.
WORD_LENGTH: Final = 22

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
_LIST_START: Final = re.compile(r"^(?:[-+]|\d+[.)])")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~$@&^=-])")
#: Hosts that serve under https what their identifiers say under http.
_SECURE_HOSTS: Final = frozenset({"purl.obolibrary.org", "id.nlm.nih.gov", "snomed.info", "www.ncbi.nlm.nih.gov"})
_URL_SAFE: Final = "/:?=&@,+~!*-._%#"


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


def shorten(text: str, length: int = LABEL_LENGTH) -> str:
    """Cut a text in its middle, where names differ least, between words where there are some near.

    Examples
    --------
    >>> shorten("amyotrophic lateral sclerosis type 11", 24)
    'amyotrophic … type 11'
    >>> shorten("CA1", 24)
    'CA1'
    """
    if len(text) <= length:
        return text
    back = (length - 3) // 2
    head, tail = text[: length - 3 - back], text[-back:]
    if text[len(head)] != " " and head.rfind(" ") >= len(head) // 2:
        head = head[: head.rfind(" ")]
    if text[-back - 1] != " " and (boundary := _BOUNDARY.search(tail, 0, len(tail) // 2 + 1)):
        tail = tail[boundary.end() :]
    return f"{head.rstrip()} … {tail.lstrip()}"


def wrap(text: str, width: int = LINE_LENGTH, longest: int = WORD_LENGTH) -> list[str]:
    """Break a text into lines at its blanks, and words longer than `longest`, behind a hyphen where they have one.

    Examples
    --------
    >>> wrap("hippocampal formation of the mouse", 20)
    ['hippocampal', 'formation of the', 'mouse']
    >>> wrap("integration-dependent behaviour", 18)
    ['integration-dependent', 'behaviour']
    >>> wrap("integration-dependent behaviour", 15, 15)
    ['integration-', 'dependent', 'behaviour']
    """
    pieces = [piece for word in text.split(" ") for piece in _cut(word, longest)]
    # A long word makes its label wide in any case: the others may use the room.
    width = max(width, *map(len, pieces))
    lines: list[str] = []
    line = ""
    for piece in pieces:
        longer = f"{line} {piece}" if line else piece
        if len(longer) <= width:
            line = longer
        else:
            lines.append(line)
            line = piece
    return [each for each in [*lines, line] if each]


def _cut(word: str, width: int) -> Iterator[str]:
    while len(word) > width:
        hyphen = max(word.rfind(mark, 0, width) for mark in "-/") + 1
        at = hyphen if hyphen > width // 3 else width
        yield word[:at]
        word = word[at:]
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
    ['Allen Institute', 'OpenScope,', 'sequence', 'learning', 'project']
    >>> label_text("")
    ['(no name)']
    """
    # Mermaid writes '#34;' as 'ﬂ°°34¶ß' while it works, and reads that back wherever it finds it, entity or not.
    unmarked = clean(text).replace("ﬂ", "fl").replace("¶ß", "¶ ß")
    # The mark of what was left out stays with the word before it.
    lines = wrap(shorten(unmarked).replace(" …", "\u00a0…"))
    # Mermaid breaks a line at a backslash and an 'n', entity or not; a joiner without width keeps them apart.
    return [line.replace("\u00a0", " ").replace("\\n", "\\\u2060n") for line in lines] or ["(no name)"]


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
    rest = parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
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
