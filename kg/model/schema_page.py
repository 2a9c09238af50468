"""The page on the graph's schema, ``docs/schema.md``, written from the schema itself."""

from __future__ import annotations

from kg.model.schema import AUDIT_EDGES, EDGE_PROPERTIES, EDGE_TYPES, NODE_TYPES, Property


def schema_page() -> str:
    """Write ``docs/schema.md`` from the model.

    Returns
    -------
    str
        Markdown; the same text for the same code.
    """

    def table(properties: tuple[Property, ...]) -> list[str]:
        rows = ["| property | type | always there | meaning |", "|---|---|---|---|"]
        rows += [f"| `{p.name}` | {p.type} | {'yes' if p.required else ''} | {p.doc} |" for p in properties]
        return [*rows, ""]

    lines = [
        "# Schema",
        "",
        "Generated from `kg/model/schema.py` by `scripts/schema`; a test compares the two.",
        "",
        "## Nodes",
        "",
        "Every node has the label below and the label `Entity`, and is keyed by `id`.",
        "",
    ]
    for node in NODE_TYPES.values():
        lines += [
            f"### {node.label}",
            "",
            f"{node.doc} Ids: {node.ids}. Biolink: `{node.biolink}`.",
            "",
            *table(node.properties),
        ]
    lines += [
        "## Relationships",
        "",
        "One relationship a claim with asserting evidence, so two sources that say the same are two relationships. "
        "Claims that are only negated or only speculated are nodes without a relationship.",
        "",
        "| type | kind | from | to | Biolink | says |",
        "|---|---|---|---|---|---|",
    ]
    for edge in EDGE_TYPES.values():
        ends = " | ".join(", ".join(labels) for labels in (edge.subjects, edge.objects))
        lines.append(f"| `{edge.predicate}` | {edge.kind} | {ends} | `{edge.biolink}` | {edge.doc} |")
    lines += ["", "Properties of each:", "", *table(EDGE_PROPERTIES), "Between claims and the rest:", ""]
    lines += ["| type | from | to |", "|---|---|---|"]
    lines += [f"| `{name}` | {ends[0]} | {ends[1]} |" for name, ends in AUDIT_EDGES.items()]
    return "\n".join(lines) + "\n"
