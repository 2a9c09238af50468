"""Check diagrams of ours line by line: what Mermaid's parser has once said of a line's form holds for all such lines.

Parsing a diagram takes some 15 ms, and a wiki has 17,000 of them. In a flowchart each line is a statement of its own,
and what data puts into our lines is hashes, percent-encoded links, and labels between quotes in which everything that
Mermaid could read is an entity code. So each line is reduced to its form, with ``x`` for its names; each form is parsed
by Mermaid's parser within a small diagram, once; and a text that has any other line is parsed as a whole. That nothing
passes here which the whole parser refuses is tested with hostile names and with broken lines.
"""

from __future__ import annotations

import re
from typing import Final

from kg.diagram.checked import CheckedTexts

_ID: Final = r"n[0-9a-f]{5,64}"
_NODE: Final = re.compile(rf'({_ID})([\[({{>/]{{1,3}})"([^"\n]+)"([\])}}/]{{1,3}})(:::[a-z]+)')
_EDGE: Final = re.compile(rf'{_ID} ([-=.>x]{{3,5}})\|"([A-Za-z](?:[^"|<>{{}}\[\]#;%\n]|<br/>)*)"\| {_ID}')
_CLICK: Final = re.compile(rf'click {_ID} href "https://[A-Za-z0-9./:?=&@,+~!*_%#-]+" _blank')
_BOX: Final = re.compile(r'subgraph g_[a-z]+\["[A-Z][a-z]+(?: [a-z]+)*"\]')
#: Lines without names from data, which say how things look.
_STYLE: Final = re.compile(r"(?:classDef|class|linkStyle|style) [\w:#,. %-]+")
_HEADER: Final = re.compile(
    r'(?:---\ntitle: "[A-Za-z0-9 :=,]+"\n---\n)?(?:%%\{init: [A-Za-z0-9 {}":,]+\}%%\n)?flowchart LR\n'
)
#: What a label may hold: letters, our entity codes and breaks, and the signs that are harmless between quotes.
_LABEL: Final = re.compile(r"(?:[^\W_]|[ ,.'()+/?-]|#\d{1,7};|<br/>|[^\x00-\x7f])+")
#: What Mermaid reads between quotes all the same: such a label is left to the whole parser.
_READ_ANYWAY: Final = re.compile(r"direction|ﬂ|¶ß|°|^[-+]|^\d+[.)]|<br/>[-+]|<br/>\d+[.)]", re.IGNORECASE)


class QuickCheck:
    """Checks diagrams that ``kg.diagram`` has written.

    Parameters
    ----------
    checked : CheckedTexts
        Parses what has to be parsed, and remembers it.
    """

    def __init__(self, checked: CheckedTexts) -> None:
        self._checked = checked
        self._known: set[str] = set()

    def check(self, text: str) -> None:
        """Check a diagram.

        Raises
        ------
        DiagramError
            If it doesn't parse.
        """
        forms = forms_of(text)
        if forms is None:
            self._checked.check(text)
            return
        for form in sorted(forms - self._known):
            self._checked.check(form)
            self._known.add(form)


def forms_of(text: str) -> frozenset[str] | None:
    """Give small diagrams, one a form of line, that all parse if a text does; None where it must be parsed itself."""
    header = _HEADER.match(text)
    if header is None or not text.endswith("\n"):
        return None
    forms = {f"{header[0]}a --> b\n"}
    depth = 0
    for line in text[header.end() : -1].split("\n"):
        bare = line.removeprefix("  ")
        if bare == "end":
            depth -= 1
        elif _BOX.fullmatch(bare):
            depth += 1
            forms.add(f"flowchart LR\n{bare}\n  nx\nend\n")
        else:
            form = _form(bare)
            if form is None:
                return None
            forms.add(f"flowchart LR\n{form}\n")
        if depth not in (0, 1):
            return None
    return frozenset(forms) if depth == 0 else None


def _form(line: str) -> str | None:
    if match := _NODE.fullmatch(line):
        label = match[3]
        if not _LABEL.fullmatch(label) or _READ_ANYWAY.search(label) or not label.isprintable():
            return None
        return f'nx{match[2]}"x"{match[4]}{match[5]}'
    if match := _EDGE.fullmatch(line):
        return f'nx {match[1]}|"{match[2]}"| ny'
    if _CLICK.fullmatch(line):
        return 'nx["x"]\nclick nx href "https://example.org/x" _blank'
    if _STYLE.fullmatch(line):
        return "nx --> ny\n" + re.sub(rf"\b(?:{_ID}|g_[a-z]+)\b", "nx", line)
    return None
