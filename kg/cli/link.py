"""``kg link``: from text to mentions."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kg.cli._options import ConfigOption, OutputOption, settings
from kg.errors import ConfigError
from kg.model import Category

EXAMPLE = """
Examples:\n
  echo "Patch clamp of CA1 pyramidal cells" | kg link\n
  kg link --category region abstracts/*.txt > mentions.tsv\n
  kg link --lexicon terms.tsv.gz --format jsonl article.txt
"""


class MentionFormat(StrEnum):
    """How mentions are written."""

    TSV = "tsv"
    JSONL = "jsonl"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("link", epilog=EXAMPLE)(link_command)


def link_command(
    text: Annotated[
        list[Path] | None,
        typer.Argument(metavar="TEXT…", help="Text files, UTF-8; without any, or for '-', stdin.", show_default=False),
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
    category: Annotated[Category | None, typer.Option(help="Only mentions of this kind.", show_default=False)] = None,
    config: ConfigOption = None,
    format: Annotated[
        MentionFormat, typer.Option("--format", "-f", help="tsv: doc, start, end, curie. jsonl: everything.")
    ] = MentionFormat.TSV,
    output: OutputOption = None,
) -> None:
    """Find the terms that a text names.

    Offsets count characters, half-open; a file's 'doc' is its name without the ending.
    """
    from kg.cli._render import write_text
    from kg.link import Linker, json_row, mentions_of_text, tsv_rows
    from kg.ontology import load_vocabulary

    chosen = settings(config)
    if lexicon is not None:
        linker = Linker.from_lexicon_file(lexicon)
    else:
        linker = Linker.from_vocabulary(load_vocabulary(chosen), chosen.link, cache_dir=chosen.cache_dir)
    lines: list[str] = []
    for path in text or [Path("-")]:
        doc, content = _read(path)
        mentions = mentions_of_text(linker, doc, content)
        wanted = [mention for mention in mentions if category is None or mention.category is category]
        if format is MentionFormat.TSV:
            lines += ["\t".join(map(str, row)) for row in tsv_rows(wanted)]
        else:
            lines += [json.dumps(json_row(mention), ensure_ascii=False) for mention in wanted]
    write_text("".join(f"{line}\n" for line in lines), output)


def _read(path: Path) -> tuple[str, str]:
    try:
        if str(path) == "-":
            return "stdin", sys.stdin.buffer.read().decode("utf-8")
        # newline='': offsets count the file's own characters, '\r' among them.
        with path.open(encoding="utf-8", newline="") as stream:
            return path.stem, stream.read()
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"not UTF-8: byte {error.start}", str(path), "convert the file, for example with iconv"
        ) from error
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", str(path), "name a text file") from error
