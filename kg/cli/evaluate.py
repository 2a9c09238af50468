"""``kg evaluate``: scores against gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli._options import ConfigOption, FormatOption, OutputOption, settings
from kg.errors import LinkError
from kg.model import Category

if TYPE_CHECKING:
    from kg.config import KgConfig
    from kg.link.annotated import Gold
    from kg.link.evaluate import Evaluation, Predicted

EXAMPLE = """
Examples:\n
  kg evaluate gold.tsv mentions.tsv --split dev\n
  kg evaluate gold.tsv --link --texts texts/ --lexicon terms.tsv --priors priors.tsv --calibration\n
  kg links --format jsonl > links.jsonl && kg evaluate links-gold.jsonl links.jsonl\n
  kg evaluate claim-labels.jsonl judgements.jsonl --errors 20
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate", epilog=EXAMPLE)(evaluate_command)


def evaluate_command(
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="GOLD",
            exists=True,
            dir_okay=False,
            help="Mentions (TSV: doc, spans, curie, surface, split), links or claims (JSONL).",
        ),
    ],
    predictions: Annotated[
        Path | None,
        typer.Argument(
            metavar="PRED",
            exists=True,
            dir_okay=False,
            help="Output of 'kg link' or 'kg links', or judged claims.",
            show_default=False,
        ),
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Link the texts now, in place of PRED.")] = False,
    texts: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="With --link: folder with <doc>.txt.", show_default=False),
    ] = None,
    lexicon: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="With --link: as in 'kg link'.", show_default=False)
    ] = None,
    priors: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="With --link: as in 'kg link'.", show_default=False)
    ] = None,
    category: Annotated[
        Category | None, typer.Option(help="With --link: only mentions of this kind.", show_default=False)
    ] = None,
    split: Annotated[str | None, typer.Option(help="Score this split of the gold alone.", show_default=False)] = None,
    with_ids: Annotated[bool, typer.Option("--ids/--no-ids", help="Whether the gold has identifiers.")] = True,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Show, for each tenth of the scores, how many are right.")
    ] = False,
    errors: Annotated[int, typer.Option(min=0, metavar="N", help="List the N most frequent errors.")] = 0,
    config: ConfigOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Score mentions, links of datasets or judged claims against gold.

    Strict: span and CURIE are both exactly the gold's; span: the span alone; doc: the CURIEs of each document. Gold
    mentions in pieces stay in the denominator of recall.
    """
    from kg.cli._render import write_rows
    from kg.link.annotated import read_gold
    from kg.link.evaluate import (
        GoldKind,
        evaluate_claims,
        evaluate_links,
        evaluate_spans,
        gold_kind,
        read_predictions,
        read_rows,
    )

    kind = gold_kind(gold)
    if link == (predictions is not None) or (link and (texts is None or kind is not GoldKind.SPANS)):
        raise typer.BadParameter("give PRED, or for gold mentions --link and --texts", param_hint="PRED")
    if kind is GoldKind.SPANS:
        wanted = read_gold(gold, split=split)
        if link:
            assert texts is not None
            found = _link(wanted, texts, settings(config), lexicon, priors, category)
        else:
            assert predictions is not None
            found = read_predictions(predictions)
        result = evaluate_spans(wanted, found, with_ids=with_ids, errors=errors)
        if calibration:
            rows = _calibration_rows(wanted, found)
            write_rows(rows, tuple(rows[0]), format=format, output=output, title="Calibration")
            return
    else:
        assert predictions is not None
        evaluate = evaluate_links if kind is GoldKind.LINKS else evaluate_claims
        result = evaluate(read_rows(gold), read_rows(predictions))
    rows = _rows(result, errors)
    write_rows(rows, tuple(rows[0]), format=format, output=output)


def _rows(result: Evaluation, errors: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "what": name,
            "precision": round(score.precision, 3),
            "recall": round(score.recall, 3),
            "f1": round(score.f1, 3),
            "right": score.hits,
            "gold": score.wanted,
            "given": score.given,
            "value": None,
        }
        for name, score in result.scores.items()
    ]
    blank = dict.fromkeys(rows[0])
    rows += [{**blank, "what": name, "value": round(value, 3)} for name, value in result.figures.items()]
    if errors:
        shown = sorted(result.errors, key=lambda error: -error[2]) if len(result.errors) > 2 * errors else result.errors
        rows += [{**blank, "what": f"{kind}: {what}", "value": count} for kind, what, count in shown[: 2 * errors]]
    return rows


def _link(
    gold: Gold, texts: Path, config: KgConfig, lexicon: Path | None, priors: Path | None, category: Category | None
) -> list[Predicted]:
    from kg.cli._linking import LinkJob
    from kg.link.annotated import iter_texts
    from kg.link.evaluate import predicted_of
    from kg.link.inputs import passages_of_text

    linker = LinkJob(config, lexicon, None, priors).make_linker()
    found = []
    for doc, text in iter_texts(gold, texts):
        mentions = linker.link(passages_of_text(doc, text))
        found += predicted_of(m for m in mentions if category is None or m.category is category)
    return found


def _calibration_rows(gold: Gold, found: list[Predicted]) -> list[dict[str, Any]]:
    from kg.link.calibration import deciles

    if any(item.score is None for item in found):
        raise LinkError("the mentions have no scores", "--calibration", "give the output of 'kg link --format jsonl'")
    right = set(gold.mentions)
    judged = [(p.score or 0.0, (p.doc, p.spans, p.curie) in right) for p in found if p.doc in gold.docs]
    return [row._asdict() for row in deciles(judged)]
