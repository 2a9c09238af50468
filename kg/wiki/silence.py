"""Comments by which a page silences the linter.

<!-- kg-lint: disable=KGW302 -->              from here to the end, or to the next enable
<!-- kg-lint: enable=KGW302 -->
<!-- kg-lint: disable-line=KGW302,KGW303 -->  findings of this line
<!-- kg-lint: disable-next-line=KGW302 -->    findings of the next one

In front matter they stand behind a '#', as "# kg-lint: disable=KGW202", and disable holds for the whole page there.
A code's beginning stands for all rules whose code begins so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from kg.wiki.findings import RULES, Finding
from kg.wiki.page import Page

_NAME: Final = re.compile(r"kg-lint", re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--\s*kg-lint\b(.{0,2000}?)-->", re.IGNORECASE | re.DOTALL)
_FRONT_COMMENT: Final = re.compile(
    r"(?:^|(?<=[ \t]))#[ \t]*(?:<!--[ \t]*)?kg-lint\b(.*?)(?:-->|$)", re.IGNORECASE | re.MULTILINE
)
_DIRECTIVE: Final = re.compile(
    r"\s*:\s*(disable-next-line|disable-line|disable|enable)\s*=\s*([A-Z0-9]+(?:\s*,\s*[A-Z0-9]+)*)\s*"
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
        line, last = page.place(start)[0] - 1, page.place(end)[0] - 1
        match = _DIRECTIVE.fullmatch(said)
        meant = [_rules(code.strip()) for code in match[2].split(",")] if match else []
        if match is None or not all(meant):
            known = "kg-lint: and then disable=, enable=, disable-line= or disable-next-line= with codes as KGW302"
            shown = " ".join(f"kg-lint{said}".split())
            faults.append(Finding("KGW002", start, end, f"the linter doesn't know '{shown}': it knows {known}"))
            continue
        for code in (code for codes in meant for code in codes):
            if match[1] == "disable":
                opened.setdefault(code, 0 if line < page.front_end else line)
            elif match[1] == "enable":
                if code in opened:
                    spans.append((code, opened.pop(code), line))
            else:
                spans.append((code, line, last) if match[1] == "disable-line" else (code, last + 1, last + 1))
    spans += [(code, line, len(page.lines)) for code, line in opened.items()]
    return Silence(tuple(spans), tuple(faults))


def _comments(page: Page) -> Iterator[tuple[int, int, str]]:
    if not _NAME.search(page.own_text):
        return
    yield from ((*match.span(), match[1]) for match in _FRONT_COMMENT.finditer(page.own_text, 0, _front_length(page)))
    code = [
        (token.map[0], token.map[1])
        for token in page.parsed.tokens
        if token.type in {"fence", "code_block", "front_matter"} and token.map
    ]
    inline = {
        child.content
        for token in page.parsed.tokens
        for child in token.children or ()
        if child.type == "code_inline" and _NAME.search(child.content)
    }
    for match in _COMMENT.finditer(page.own_text):
        line = page.place(match.start())[0] - 1
        if not any(first <= line < end for first, end in code) and match[0] not in inline:
            yield match.start(), match.end(), match[1]


def _front_length(page: Page) -> int:
    return page.lines[page.front_end].start


def _rules(beginning: str) -> list[str]:
    return [code for code in RULES if code.startswith(beginning)]
