"""What ``kg link`` prints: rows for tables, and whole mentions for programs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kg.model.record import Passage, Role

if TYPE_CHECKING:
    from kg.link.linker import Linker
    from kg.model.mention import Mention


def mentions_of_text(linker: Linker, doc_id: str, text: str, *, taxa: Collection[str] = ()) -> list[Mention]:
    """Link one text as a record of its own.

    Parameters
    ----------
    linker : Linker
        What to link with.
    doc_id : str
        Stands as the mentions' record id: a file's stem.
    text : str
        The whole text; offsets count its code points.
    taxa : collection of str
        Species of the text, where known.
    """
    return linker.link([Passage(record_id=doc_id, section="text", role=Role.BODY, text=text)], taxa=taxa)


def tsv_rows(mentions: Iterable[Mention]) -> Iterator[tuple[str, int, int, str]]:
    """Give ``doc, start, end, curie``; a discontinuous mention has no such row."""
    for mention in mentions:
        if not mention.parts:
            yield mention.record_id, mention.start, mention.end, mention.curie


def json_row(mention: Mention) -> dict[str, Any]:
    """Give a mention as JSON has it: every field, in the model's order."""
    return mention.model_dump(mode="json")
