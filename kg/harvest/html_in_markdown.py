"""HTML that stands in Markdown: its texts as Markdown again, its links, and its diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

from lxml import etree, html

_DROPPED: Final = ("script", "style", "template", "noscript", "iframe", "object", "svg", "head", "summary")

_HREF: Final = re.compile(r"^<a\s[^>]*?\bhref\s*=\s*(?:\"([^\">]*)\"|'([^'>]*)'|([^\s\"'>]+))", re.IGNORECASE)


def html_address(tag: str) -> str | None:
    """Give where a tag of HTML links to, or None where it begins no link.

    Examples
    --------
    >>> html_address('<a class="x" href="/diseases/epilepsy">'), html_address("<br>")
    ('/diseases/epilepsy', None)
    """
    match = _HREF.match(tag)
    return unescape(match[1] or match[2] or match[3] or "") if match else None


def mermaid_in_html(content: str) -> list[str]:
    """Give the Mermaid texts in a piece of HTML: what stands in ``<pre class="mermaid">``."""
    root = parse_html(content)
    return [] if root is None else take_mermaid(root)


def take_mermaid(root: Any) -> list[str]:
    """Take the Mermaid texts out of a parsed piece of HTML, and give them."""
    found = []
    for node in list(root.iter("pre", "div")):
        if "mermaid" in (node.get("class") or "").split():
            found.append(str(node.text_content()).strip("\n") + "\n")
            drop(node)
    return found


def parse_html(content: str) -> Any | None:
    """Parse a piece of HTML without scripts, comments or a network."""
    try:
        root = html.fragment_fromstring(
            content.replace("\x00", ""),
            create_parent="div",
            parser=html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False),
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None  # an end tag alone, as "</div>": there is nothing in it to read
    for node in list(root.iter(*_DROPPED)):
        drop(node)
    return root


def drop(node: Any) -> None:
    """Take a node out and leave the text behind it."""
    if node.getparent() is not None:
        node.drop_tree()


def html_to_markdown(node: Any) -> str:
    """Write an HTML node's text with its links as Markdown, so that one reader finds all marks."""
    parts = [node.text or ""]
    for child in node:
        inner = html_to_markdown(child) if isinstance(child.tag, str) else ""
        if child.tag == "a" and child.get("href") and inner.strip():
            parts.append(f"[{inner.strip()}](<{child.get('href').replace('<', '').replace('>', '')}>)")
        elif child.tag in {"br", "li", "p", "div", "tr"}:
            parts.append(f" {inner} ")
        else:
            parts.append(inner)
        parts.append(child.tail or "")
    return "".join(parts)


def take_texts(root: Any) -> Iterator[str]:
    """Take the paragraphs out of what is left of a piece of HTML, and give them as Markdown."""
    blocks = [
        node
        for node in root.iter("p", "li", "dd", "blockquote", "figcaption", "td")
        if not any(node.iter("p", "li") if node.tag not in {"p", "li"} else ())
    ]
    texts = [" ".join(html_to_markdown(node).split()) for node in blocks]
    for node in blocks:
        drop(node)
    rest = " ".join(html_to_markdown(root).split())
    yield from (text for text in (*texts, rest) if text)
