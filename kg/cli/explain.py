"""``kg explain``: how a dataset and a disease are connected, or why they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli._options import BuildOption, ConfigOption, settings

if TYPE_CHECKING:
    from kg.graph.explain import Explanation, Quote, Step

EXAMPLE = """
Examples:\n
  kg explain DANDI:001044 epilepsy\n
  kg explain DANDI:000053 "Alzheimer's disease" --json
"""

_ROUTES = {
    "studied": "it studies the disease",
    "mechanism": "through a mechanism",
    "place": "through a region or cell type",
    "place and mechanism": "through a mechanism where it records",
    "paper": "through a paper that describes it",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", epilog=EXAMPLE)(explain_command)


def explain_command(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A dataset's id or exact name.")],
    disease: Annotated[str, typer.Argument(metavar="DISEASE", help="A disease's id, exact name or synonym.")],
    build: BuildOption = None,
    config: ConfigOption = None,
    most: Annotated[int, typer.Option("--limit", min=1, help="Most ways to show, the shortest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show every way by which a dataset and a disease are connected, with its quotes, or why there is none.

    The exit code is 1 if nothing connects them.
    """
    import json

    from kg.cli._render import write_text
    from kg.graph.build_dir import resolve_build
    from kg.graph.explain import explain

    opened = resolve_build(build, settings(config).build.out)
    found = explain(opened.tables, dataset, disease, most=most)
    if as_json:
        write_text(json.dumps(_dict(found), ensure_ascii=False, indent=2) + "\n")
    else:
        write_text("\n".join(_lines(found)) + "\n")
    if not found.ways:
        raise typer.Exit(1)


def _dict(value: Any) -> Any:
    """Turn named tuples into objects."""
    if hasattr(value, "_asdict"):
        return {name: _dict(part) for name, part in value._asdict().items()}
    return [_dict(part) for part in value] if isinstance(value, tuple) else value


def _lines(found: Explanation) -> list[str]:
    from kg.cli._evidence import plain

    lines = [
        f"{plain(found.dataset_name)}  [{found.dataset}]",
        f"{plain(found.disease_name)}  [{found.disease}]",
        "",
    ]
    for number, way in enumerate(found.ways, start=1):
        lines.append(f"{number}. {_ROUTES[way.route]} (confidence {way.confidence:g})")
        for step in way.steps:
            lines += _step_lines(step)
        lines.append("")
    if len(found.ways) < found.way_count:
        lines += [f"{found.way_count - len(found.ways)} more: --limit {found.way_count}", ""]
    if not found.ways:
        lines += ["nothing connects them", ""]
    for reason in found.reasons:
        lines.append(f"not {_ROUTES[reason.route]}: {plain(reason.text)}")
        lines += _quotes(reason.quotes)
    return lines


def _step_lines(step: Step) -> list[str]:
    from kg.cli._evidence import plain

    ends = [f"{step.subject_name} ({step.subject})", f"{step.object_name} ({step.object})"]
    arrow = f"—{step.predicate}→"
    if step.is_reversed:
        ends, arrow = ends[::-1], f"←{step.predicate}—"
    mark = "" if step.status == "asserted" else f"  {step.status.upper()}"
    return [f"   {plain(ends[0])} {arrow} {plain(ends[1])}{mark}", *_quotes(step.quotes)]


def _quotes(quotes: tuple[Quote, ...]) -> list[str]:
    from kg.cli._evidence import quote_lines

    return list(quote_lines((quote._asdict() for quote in quotes), indent="     "))
