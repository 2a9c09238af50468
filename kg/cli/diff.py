"""``kg diff``: what differs between two builds, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli._options import ConfigOption, Format, FormatOption, OutputOption, settings
from kg.errors import BuildError

if TYPE_CHECKING:
    from kg.graph.build_dir import Build
    from kg.graph.diff import BuildDiff

EXAMPLE = """
Examples:\n
  kg diff previous current --summary\n
  kg diff previous current --what claim --cause vocabulary -o diff.md
"""

_SHOWN = ("what", "change", "subject", "predicate", "object", "record_id", "cause", "detail", "fields", "id")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diff", epilog=EXAMPLE)(diff_command)


def diff_command(
    old: Annotated[
        str, typer.Argument(help="A build: its folder, its id or how it begins, 'current' or 'previous'.")
    ] = "previous",
    new: Annotated[str, typer.Argument(help="The build that it is compared with.")] = "current",
    config: ConfigOption = None,
    summary: Annotated[bool, typer.Option("--summary", help="A few lines, for a chat message.")] = False,
    what: Annotated[list[str] | None, typer.Option(help="Only these: claim, node, evidence.")] = None,
    cause: Annotated[
        list[str] | None,
        typer.Option(help="Only what these caused: source, upstream, vocabulary, configuration, linker, rules."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Most rows of a table or of Markdown; 0 for all.")] = 200,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """List claims, nodes and evidence that came, went or changed between two builds, each with its cause.

    An upstream record that is new, changed or withdrawn; a vocabulary; the settings; the linker's code; the
    rules; a source that failed. With -o diff.md the list is Markdown. The exit code is 1 if a claim, a node or
    evidence differs; where mentions or problems alone do, the summary says how many, and the code is 0.
    """
    import polars as pl

    from kg.cli._render import stderr, write_rows, write_text
    from kg.graph.diff import diff_builds, summary_of

    chosen = settings(config)
    builds = [find_build(name, chosen.build.out) for name in (old, new)]
    diff = diff_builds(builds[0], builds[1], vocabulary=_terms(chosen, builds[1]))
    rows = diff.rows
    for column, wanted in (("what", what), ("cause", cause)):
        if wanted:
            _check(column, wanted)
            rows = rows.filter(pl.col(column).is_in(wanted))
    chosen_rows = diff._replace(rows=rows)
    said = summary_of(chosen_rows)
    if rows.is_empty() and not diff.is_empty:
        said = f"{diff.old.build_id} → {diff.new.build_id}: none of these, of {diff.rows.height:,} differences"
    if summary:
        write_text(said + "\n", output)
    elif output is not None and output.suffix == ".md" and format is None:
        write_text(_markdown(chosen_rows, said, limit), output)
    else:
        is_table = format in (None, Format.TABLE) and (output is None or output.suffix == ".txt")
        shown = rows.head(limit) if is_table and limit else rows
        write_rows(shown.select(_SHOWN).to_dicts(), _SHOWN, format=format, output=output, types=shown.schema)
        if shown.height < rows.height:
            stderr.print(
                f"{rows.height - shown.height:,} more rows: --limit 0 shows all, -o rows.parquet keeps all"
            )
        stderr.print(said, markup=False, highlight=False, soft_wrap=True)
    if not diff.is_empty:
        raise typer.Exit(1)


def find_build(name: str, out: Path) -> Build:
    """Open a build by its folder, its id below `out` or the beginning of it, 'current' or 'previous'."""
    from kg.graph.build_dir import Build, resolve_build
    from kg.graph.publications import previous_build

    if name == "current":
        return resolve_build(None, out)
    if name == "previous":
        before = previous_build(out)
        if before is None:
            raise BuildError("there is no build before the current one", str(out), "name a build's folder")
        return Build.open(before)
    return resolve_build(Path(name), out)


def _terms(config: Any, new: Build) -> Any:
    """Give the new build's vocabulary where it is still the one that the settings mean."""
    from kg.ontology import load_vocabulary

    vocabulary = load_vocabulary(config)
    return _Names(vocabulary) if vocabulary.fingerprint == new.manifest.vocabulary else None


class _Names:
    """A vocabulary as `kg.graph.diff` asks for it."""

    def __init__(self, vocabulary: Any) -> None:
        self._vocabulary = vocabulary

    def __contains__(self, curie: object) -> bool:
        return curie in self._vocabulary

    def names_of(self, curie: str) -> set[str]:
        term = self._vocabulary.get(curie)
        return {term.label.casefold(), *(s.text.casefold() for s in term.synonyms)} if term else set()


def _check(column: str, wanted: list[str]) -> None:
    from kg.graph.causes import CAUSES
    from kg.graph.diff import KINDS

    allowed = KINDS if column == "what" else CAUSES
    for value in wanted:
        if value not in allowed:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(allowed)}", param_hint=f"--{column}")


def _markdown(diff: BuildDiff, said: str, limit: int) -> str:
    first, *lines = said.splitlines()
    rows = diff.rows.head(limit) if limit else diff.rows
    text = [f"# {first}", "", *(f"- {line.strip()}" for line in lines), ""]
    text += ["| what | change | claim or node | record | cause |", "|---|---|---|---|---|"]
    for row in rows.to_dicts():
        named = " ".join(_cell(row[c]) for c in ("subject", "predicate", "object") if row[c])
        text.append(
            f"| {row['what']} | {row['change']} | {named} `{row['id']}` | {_cell(row['record_id'] or '')} "
            f"| {row['cause']}: {_cell(row['detail'])} |"
        )
    if rows.height < diff.rows.height:
        text += ["", f"{diff.rows.height - rows.height:,} more rows are left out."]
    return "\n".join(text) + "\n"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
