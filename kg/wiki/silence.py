"""Comments by which a page silences the linter.

<!-- kg-lint: disable=KGW302 -->              from here to the end, or to the next enable
<!-- kg-lint: enable=KGW302 -->
<!-- kg-lint: disable-line=KGW302,KGW303 -->  findings of this line
<!-- kg-lint: disable-next-line=KGW302 -->    findings of the next one
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from kg.wiki.findings import RULES, Finding
from kg.wiki.page import Page

_COMMENT: Final = re.compile(r"<!--[ \t]*kg-lint:([^\n>]*?)-->")
_DIRECTIVE: Final = re.compile(
    r"^[ \t]*(disable-next-line|disable-line|disable|enable)[ \t]*=[ \t]*([A-Z0-9]+(?:[ \t]*,[ \t]*[A-Z0-9]+)*)[ \t]*$"
)


class Silence(NamedTuple):
    """What a page silences: (code, first line, last line), from 0 and inclusive; and comments that say nothing."""

    spans: tuple[tuple[str, int, int], ...]
    faults: tuple[Finding, ...]

    def covers(self, code: str, line: int) -> bool:
        """Say whether findings of a rule are silenced on a line."""
        return any(code == silenced and first <= line <= last for silenced, first, last in self.spans)


def read_silence(page: Page) -> Silence:
    """Read a page's comments to the linter; those in code are text about comments."""
    spans: list[tuple[str, int, int]] = []
    faults: list[Finding] = []
    opened: dict[str, int] = {}
    for start, end, said in _comments(page):
        line = page.place(start)[0] - 1
        match = _DIRECTIVE.match(said)
        codes = [code.strip() for code in match[2].split(",")] if match else []
        if match is None or any(code not in RULES for code in codes):
            known = "disable=, enable=, disable-line= or disable-next-line= with codes as KGW302"
            faults.append(Finding("KGW002", start, end, f"the linter doesn't know 'kg-lint:{said}': it knows {known}"))
            continue
        for code in codes:
            if match[1] == "disable":
                opened.setdefault(code, line)
            elif match[1] == "enable":
                if code in opened:
                    spans.append((code, opened.pop(code), line))
            else:
                at = line + (match[1] == "disable-next-line")
                spans.append((code, at, at))
    spans += [(code, line, len(page.lines)) for code, line in opened.items()]
    return Silence(tuple(spans), tuple(faults))


def _comments(page: Page) -> Iterator[tuple[int, int, str]]:
    if "kg-lint:" not in page.text:
        return
    code = [
        (token.map[0], token.map[1])
        for token in page.parsed.tokens
        if token.type in {"fence", "code_block", "front_matter"} and token.map
    ]
    inline = {
        child.content
        for token in page.parsed.tokens
        for child in token.children or ()
        if child.type == "code_inline" and "kg-lint:" in child.content
    }
    for match in _COMMENT.finditer(page.text):
        line = page.place(match.start())[0] - 1
        if not any(first <= line < end for first, end in code) and match[0] not in inline:
            yield match.start(), match.end(), match[1]
