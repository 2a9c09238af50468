"""``kg judge``: what sentences say of pairs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from kg.cli._options import OutputOption
from kg.errors import ConfigError

EXAMPLE = """
Examples:\n
  kg judge pairs.jsonl > judgements.jsonl\n
  kg judge pairs.jsonl -o judgements.jsonl
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("judge", epilog=EXAMPLE)(judge_command)


def judge_command(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            help="JSON lines with pair, sentence, and the offsets (start, end) of subject and object; '-' is stdin.",
            show_default=False,
        ),
    ],
    output: OutputOption = None,
) -> None:
    """Judge what each sentence says of its pair.

    Prints JSON lines with the pair's name, the label (asserted, negated, speculative or none), the direction
    (contributes_to, protects_from, affected_in, consequence_of, model_of or unspecified), the words that say so and
    the species that the sentence names.
    """
    from kg.claims.pairs import judge_pairs
    from kg.cli._render import write_lines

    where = "stdin" if str(pairs) == "-" else str(pairs)
    rows = list(judge_pairs(_read(pairs).splitlines(), where))  # all or none: a bad line ends it
    write_lines((f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), output)


def _read(path: Path) -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8") if str(path) == "-" else path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8: byte {error.start}", str(path), "convert the file") from error
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", str(path), "name a file of JSON lines") from error
