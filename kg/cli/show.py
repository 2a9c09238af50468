"""``kg show``: a node or a claim, and the quotes behind it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kg.cli._options import BuildOption, ConfigOption, settings
from kg.model import ClaimKind

EXAMPLE = """
Examples:\n
  kg show DANDI:000054\n
  kg show mechanism:synaptic-dysfunction --kind biological\n
  kg show claim:0f3a… --json
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", epilog=EXAMPLE)(show_command)


def show_command(
    node: Annotated[str, typer.Argument(metavar="ID", help="A node's or a claim's id, or a node's exact name.")],
    build: BuildOption = None,
    config: ConfigOption = None,
    kind: Annotated[
        ClaimKind | None,
        typer.Option(
            help="Only claims of this kind: resource, biological, bibliographic, ontological.",
            show_default=False,
        ),
    ] = None,
    most: Annotated[int, typer.Option("--limit", min=1, help="Most claims to show.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show a node, the claims it takes part in, and the sentences that support them."""
    import json

    from kg.cli._render import stderr, write_text
    from kg.graph.build_dir import resolve_build
    from kg.graph.inspect import claim_cards, find_named, node_card

    opened = resolve_build(build, settings(config).build.out)
    curie, others = find_named(opened.tables, node)
    if others:
        stderr.print(f"note: also called {node!r}: {', '.join(others)}", markup=False, highlight=False, soft_wrap=True)
    if curie.startswith("claim:"):
        cards = claim_cards(opened.tables, [curie])
        properties: dict[str, Any] = {}
        total = 1
    else:
        properties, cards, total = node_card(opened.tables, curie, most=most, kind=kind)
    if as_json:
        claims = [
            {
                **card.claim,
                "subject_name": card.subject_name,
                "object_name": card.object_name,
                "evidence": card.evidence,
                "siblings": card.siblings,
            }
            for card in cards
        ]
        write_text(
            json.dumps(
                {"node": properties or None, "claim_count": total, "claims": claims},
                ensure_ascii=False,
                indent=2,
            )
            + "\n"
        )
        return
    write_text(_text(properties, cards, total))


def _text(properties: dict[str, Any], cards: list[Any], total: int) -> str:
    from kg.cli._evidence import plain, quote_lines

    lines: list[str] = []
    if properties:
        lines += [f"{plain(properties['name'])}  [{properties['label']} {properties['id']}]"]
        for name, value in properties.items():
            if name not in ("id", "name", "label"):
                shown = ", ".join(map(str, value)) if isinstance(value, list) else value
                lines.append(f"  {name}: {plain(str(shown))}")
        lines.append("")
    for card in cards:
        lines += [
            *_claim_lines(card.claim, card.subject_name, card.object_name),
            *quote_lines(card.evidence),
            *(_sibling_line(row) for row in card.siblings),
            "",
        ]
    if len(cards) < total:
        lines.append(f"{total - len(cards)} more claims: --limit {total}")
    return "\n".join(lines).rstrip() + "\n"


def _claim_lines(claim: dict[str, Any], subject: str, object_: str) -> list[str]:
    from kg.cli._evidence import plain

    qualifiers = f" ({', '.join(claim['qualifiers'])})" if claim["qualifiers"] else ""
    mark = "" if claim["status"] == "asserted" else f"  {claim['status'].upper()}"
    counts = [
        f"{claim[column]} {word}"
        for column, word in (
            ("evidence_count", "for"),
            ("negated_count", "against"),
            ("speculative_count", "unsure"),
        )
        if claim[column]
    ]
    facts = [claim["kind"], f"confidence {claim['confidence']:g}", ", ".join(counts)]
    if claim["systems"] == ["animal"]:
        facts.append("in animals only")
    facts += [f"source {claim['primary_source']}", f"{claim['knowledge_level']} by {claim['agent_type']}"]
    return [
        plain(f"{subject} {claim['predicate']} {object_}{qualifiers}{mark}"),
        f"  {claim['subject']} → {claim['object']}  {claim['id']}",
        f"  {' · '.join(facts)}",
    ]


def _sibling_line(claim: dict[str, Any]) -> str:
    from kg.cli._evidence import plain

    where = ", ".join([claim["primary_source"], *claim["qualifiers"]])
    return plain(
        f"  also: {claim['status']} {claim['predicate']} at {claim['confidence']:g} in {claim['id']} ({where}): "
        f"“{claim['sentence']}”"
    )
