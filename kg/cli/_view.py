"""Mentions shown in their text, in colours on a terminal and in brackets everywhere."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from kg.model import Category, Mention, Passage

_STYLES: Final = {
    Category.REGION: "bold green",
    Category.CELL_TYPE: "bold cyan",
    Category.MECHANISM: "bold magenta",
    Category.DISEASE: "bold red",
    Category.SPECIES: "bold yellow",
    Category.TECHNIQUE: "bold blue",
}
#: Control characters, which could order the terminal about, as the signs that picture them.
_PICTURES: Final = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {
    127: 0x2421,
    **dict.fromkeys([*range(128, 160), 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069], 0xFFFD),
}


def view_text(passages: Sequence[Passage], mentions: Iterable[Mention], *, in_colour: bool) -> str:
    """Show a record's mentions in its text.

    Parameters
    ----------
    passages : sequence of Passage
        The record's.
    mentions : iterable of Mention
        Found in them.
    in_colour : bool
        Whether the output is a terminal; NO_COLOR turns colours off all the same.

    Returns
    -------
    str
        Each mention as ``[surface CURIE]``, one inside another where they nest.
    """
    by_section: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_section.setdefault(mention.section, []).append(mention)
    console = Console(file=io.StringIO(), force_terminal=in_colour, soft_wrap=True, highlight=False)
    for passage in passages:
        heading = passage.record_id if len(passages) == 1 else passage.address
        console.print(Text(heading.translate(_PICTURES), style="bold underline"))
        console.print(_marked(passage.text, by_section.get(passage.section, [])), end="\n\n")
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def _marked(text: str, mentions: Sequence[Mention]) -> Text:
    marked = Text()
    at = 0
    open_mentions: list[Mention] = []

    def close(until: int) -> None:
        nonlocal at
        while open_mentions and min(m.end for m in open_mentions) <= until:
            ended = min(open_mentions, key=lambda m: (m.end, -m.start))
            open_mentions.remove(ended)
            marked.append(text[at : ended.end].translate(_PICTURES), style=_STYLES[ended.category])
            at = max(at, ended.end)
            marked.append(f" {ended.curie}]", style=f"not bold dim {_STYLES[ended.category].split()[1]}")

    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        close(mention.start)
        style = _STYLES[open_mentions[-1].category] if open_mentions else ""
        marked.append(text[at : mention.start].translate(_PICTURES), style=style)
        at = mention.start
        marked.append("[", style=_STYLES[mention.category])
        open_mentions.append(mention)
    close(len(text))
    marked.append(text[at:].translate(_PICTURES))
    return marked
