"""``kg lexicon``: what an annotated corpus teaches the linker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = """
Example:\n
  kg lexicon learn --gold mentions.tsv --texts texts/ --split train -o priors.tsv\n
  kg link --priors priors.tsv article.txt
"""

app = typer.Typer(help="Learn from annotated corpora.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the group."""
    app.command("learn", epilog=EXAMPLE)(learn_command)
    root.add_typer(app, name="lexicon", epilog=EXAMPLE)


def learn_command(
    gold: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Mentions: TSV with the header doc, spans, curie, surface, split; .gz too.",
        ),
    ],
    texts: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder with <doc>.txt for each doc.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the priors go; '.gz' compresses them.")],
    split: Annotated[str | None, typer.Option(help="Learn from this split alone.", show_default=False)] = None,
    lexicon: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Measure with this lexicon, which the priors will join.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Learn which surface means what, and how often it is right, from annotated texts.

    The texts are taken as fully annotated: what has no mention is wrong. Cross-validation within them chooses the
    threshold, and its figures go to stderr. Use the file with 'kg link --priors'.
    """
    from kg.cli._render import stderr
    from kg.link import Linker, mentions_of_text
    from kg.link.annotated import iter_texts, read_gold
    from kg.link.primed import learn_priors
    from kg.link.priors import Document
    from kg.link.priors_file import write_priors

    mentions = read_gold(gold, split=split)
    documents = [Document(doc, text, mentions.of(doc)) for doc, text in iter_texts(mentions, texts)]
    linker = Linker.from_lexicon_file(lexicon) if lexicon is not None else None
    base = {d.name: mentions_of_text(linker, d.name, d.text) for d in documents} if linker is not None else None
    priors, results = learn_priors(documents, mentions, base=base)
    write_priors(priors, output)
    known = len(priors.counts.annotated)
    stderr.print(f"{output}: {known:,} surfaces from {len(documents):,} documents", highlight=False, markup=False)
    what = "with the lexicon" if linker is not None else "learned surfaces alone"
    if len(documents) > 1:
        stderr.print(f"cross-validation, {what}:", highlight=False, markup=False)
        for threshold, precision, recall, f1 in results:
            mark = "  <- chosen" if threshold == priors.threshold else ""
            stderr.print(
                f"  threshold {threshold:.1f}  P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}{mark}",
                highlight=False,
                markup=False,
            )
