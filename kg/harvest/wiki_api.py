"""Wiki pages as the wikis' programming interfaces give them, in JSON: the wiki's own envelope, and MediaWiki's page.

The envelope has ``content`` with ``content_md``, ``refs_json``, ``slug`` and ``title``; MediaWiki's page has ``title``,
``revisions`` and ``pageid`` (https://www.mediawiki.org/wiki/API:Revisions, formatversion 2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kg.harvest.files import FileReading, clean_text, decode_text, read_whole
from kg.harvest.slugs import page_slug, slug_of_title
from kg.harvest.wiki import PAGE_LIMIT, read_page
from kg.model import Problem, Record

#: Fields of which a page has at least one.
FIELDS: Final = ("content_md", "revisions")
#: JSON escapes take room that the page's text doesn't.
_ENVELOPE_LIMIT: Final = 4 * PAGE_LIMIT


def read_api_page(reading: FileReading) -> Iterator[Record | Problem]:
    """Read one page in JSON; a `kg.harvest.read.Reader`."""
    text, complaint = decode_text(read_whole(reading.file, limit=_ENVELOPE_LIMIT))
    try:
        page = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield reading.problem("malformed", f"not valid JSON: {error}", mend="fetch it again")
        return
    content = page.get("content") if isinstance(page, dict) else None
    if isinstance(content, dict) and isinstance(content.get("content_md"), str):
        yield from _read_envelope(page, content, reading, complaint)
    elif isinstance(page, dict) and isinstance(page.get("revisions"), list) and page["revisions"]:
        yield from _read_mediawiki(page, reading, complaint)
    else:
        yield reading.problem(
            "missing-field",
            "it is JSON without a page's text",
            field="content.content_md",
            mend="give what the wiki's API answers to 'get', or MediaWiki to 'prop=revisions'",
        )


def _read_envelope(
    page: Mapping[str, Any], content: Mapping[str, Any], reading: FileReading, complaint: str | None
) -> Iterator[Record | Problem]:
    ref = page.get("ref")
    slug = content.get("slug") or (ref.get("id") if isinstance(ref, dict) else None)
    given = {
        "slug": slug,
        "title": content.get("title"),
        "refs_json": content.get("refs_json"),
        "updated_at": page.get("updated_at") or content.get("updated_at"),
        "created_at": page.get("created_at"),
        "url": content.get("url"),
    }
    yield from read_page(
        clean_text(content["content_md"]),
        reading,
        slug=page_slug(reading.file.relative.removesuffix(".json")),
        given={name: value for name, value in given.items() if value is not None},
        complaint=complaint,
    )


def _read_mediawiki(
    page: Mapping[str, Any], reading: FileReading, complaint: str | None
) -> Iterator[Record | Problem]:
    from kg.harvest.wikitext import to_markdown

    revision = page["revisions"][0] if isinstance(page["revisions"][0], dict) else {}
    slots = revision.get("slots")
    main = slots.get("main") if isinstance(slots, dict) else revision
    slot: dict[str, Any] = main if isinstance(main, dict) else {}
    source = slot.get("content")
    if not isinstance(source, str):
        yield reading.problem(
            "missing-field", "its newest revision has no text", field="revisions[0].slots.main"
        )
        return
    title = str(page.get("title") or "")
    model = slot.get("contentmodel", "wikitext")
    if model not in ("wikitext", "markdown", "text"):
        yield reading.problem(
            "not-a-page", f"its content is {str(model)[:40]}, not text", field="contentmodel"
        )
        return
    text = to_markdown(clean_text(source)) if model == "wikitext" else clean_text(source)
    given = {
        "slug": slug_of_title(title),
        "title": title.replace("_", " ").rsplit("/", 1)[-1] or None,
        "updated_at": revision.get("timestamp"),
        "url": page.get("fullurl"),
    }
    yield from read_page(
        text,
        reading,
        slug=page_slug(reading.file.relative.removesuffix(".json")),
        given={name: value for name, value in given.items() if value is not None},
        complaint=complaint,
    )
