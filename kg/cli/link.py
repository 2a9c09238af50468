"""``kg link``: from text to mentions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.cli._linking import LinkJob, MentionFormat
from kg.cli._options import BuildOption, ConfigOption, OutputOption, settings
from kg.errors import LinkError
from kg.link.inputs import InputForm
from kg.model import Category

if TYPE_CHECKING:
    from kg.graph.build_dir import Build
    from kg.link.inputs import RawRecord

EXAMPLE = """
Examples:\n
  echo "Patch clamp of CA1 pyramidal cells" | kg link --format view\n
  kg link --category region --processes 2 abstracts/*.txt > mentions.tsv\n
  kg link --format jsonl articles.jsonl > mentions.jsonl\n
  kg link --lexicon terms.tsv.gz --priors priors.tsv --explain article.txt\n
  kg link --build builds/current DANDI:000054
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("link", epilog=EXAMPLE)(link_command)


def link_command(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT…",
            help="Texts in UTF-8, files of JSON lines, or with --build ids of records; without any, or for '-', stdin.",
            show_default=False,
        ),
    ] = None,
    lexicon: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Match these surfaces in place of the vocabularies: TSV with curie, surface, status; .gz too.",
            show_default=False,
        ),
    ] = None,
    priors: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="What 'kg lexicon learn' learned: surfaces it adds, drops and decides.",
            show_default=False,
        ),
    ] = None,
    category: Annotated[Category | None, typer.Option(help="Only mentions of this kind.", show_default=False)] = None,
    build: BuildOption = None,
    config: ConfigOption = None,
    input_form: Annotated[
        InputForm, typer.Option("--input", help="What the inputs are; auto goes by ending, or stdin's first line.")
    ] = InputForm.AUTO,
    format: Annotated[
        MentionFormat,
        typer.Option("--format", "-f", help="tsv: doc, start, end, curie. jsonl: everything. view: in the text."),
    ] = MentionFormat.TSV,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell why each mention was made or refused; with jsonl, as objects.")
    ] = False,
    processes: Annotated[int, typer.Option("--processes", "-j", min=1, help="Worker processes.")] = 1,
    output: OutputOption = None,
) -> None:
    """Find the terms that a text names.

    Offsets count characters, half-open; a file's 'doc' is its name without the ending. JSON lines have an id and a
    text, or an id, a title and an abstract, whose doc in TSV is 'id#title' and 'id#abstract'. With --build, an id's
    mentions are printed as the build has them.
    """
    from kg.cli._linking import link_records
    from kg.cli._render import write_lines

    chosen = settings(config)
    inputs = text or ["-"]
    if build is not None:
        from kg.graph.build_dir import resolve_build

        write_lines(_from_build(resolve_build(build, chosen.build.out), inputs, category, format), output)
        return
    job = LinkJob(
        chosen,
        lexicon,
        None,
        priors,
        category,
        format,
        explain,
        in_colour=output is None and sys.stdout.isatty(),
    )
    write_lines(link_records(job, _read(inputs, input_form), processes), output)


def _read(inputs: list[str], form: InputForm) -> Iterator[RawRecord]:
    from kg.link.inputs import read_inputs

    for name in inputs:
        yield from read_inputs(None if name == "-" else Path(name), sys.stdin.buffer, form=form)


def _from_build(build: Build, ids: list[str], category: Category | None, format: MentionFormat) -> Iterator[str]:
    """Give the mentions that a build has of records, as lines."""
    import polars as pl

    from kg.cli._linking import write_mentions
    from kg.model import Mention

    if format is MentionFormat.VIEW:
        raise LinkError(
            "a build keeps mentions, not texts, so it has no view", "--format", "use tsv or jsonl, or give the text"
        )
    known = set(build.table("records")["id"])
    mentions = build.table("mentions")
    for record_id in ids:
        if record_id not in known:
            raise LinkError("the build has no such record", record_id, "give an id such as DANDI:000054 or PMID:123")
        rows = mentions.filter(pl.col("record_id") == record_id).to_dicts()
        fields = Mention.model_fields
        found = [Mention(**{name: value for name, value in row.items() if name in fields}) for row in rows]
        wanted = [m for m in found if category is None or m.category is category]
        if format is MentionFormat.TSV:
            wanted = [m.model_copy(update={"record_id": f"{record_id}#{m.section}"}) for m in wanted]
        yield write_mentions((), wanted, format)
