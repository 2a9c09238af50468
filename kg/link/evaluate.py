"""Scores against gold: of mentions, of datasets' links, and of judged claims.

Each score counts what is right, what was wanted and what was given; the three kinds of gold are told apart
by their form. The definitions are those that the figures in ``docs/benchmarks.md`` use.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from kg.errors import LinkError
from kg.link.annotated import Gold, Spans
from kg.model.mention import Mention

LINK_TYPES: Final = ("region", "cell_type", "species", "disease", "mechanism")
LABELS: Final = ("asserted", "negated", "speculative", "none")
#: Types of link whose kind (recorded or mentioned, studied or mentioned) is scored.
_KIND_TYPES: Final = ("region", "cell_type", "disease")


class GoldKind(StrEnum):
    """What a gold file holds."""

    SPANS = "spans"
    LINKS = "links"
    CLAIMS = "claims"


class Score(NamedTuple):
    """How many are right, of how many wanted and how many given."""

    hits: int
    wanted: int
    given: int

    @property
    def precision(self) -> float:
        """Share of what was given that is right."""
        return self.hits / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        """Share of what was wanted that was given."""
        return self.hits / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.hits / (self.wanted + self.given) if self.hits else 0.0


@dataclass
class Evaluation:
    """Scores by name, single figures by name, and what went wrong."""

    scores: dict[str, Score] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    #: Most frequent errors: what kind, what, how often.
    errors: list[tuple[str, str, int]] = field(default_factory=list)


class Predicted(NamedTuple):
    """A mention that is scored: as a row of a table has it, or as `kg link` gives it in full."""

    doc: str
    spans: Spans
    curie: str
    score: float | None = None
    category: str = ""
    method: str = ""
    surface: str = ""


def gold_kind(path: Path) -> GoldKind:
    """Say what a gold file holds, by its first line.

    Raises
    ------
    LinkError
        If it is none of the three forms.
    """
    import gzip

    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            first = next((line for line in lines if line.strip()), "")
    except (OSError, UnicodeDecodeError) as error:
        raise LinkError(f"the gold can't be read: {error}", str(path), "name a file of gold") from error
    if first.startswith("doc\t"):
        return GoldKind.SPANS
    if first.startswith("{"):
        row = _parse_line(first, path, 1)
        if "dataset" in row and "links" in row:
            return GoldKind.LINKS
        if "pair" in row:
            return GoldKind.CLAIMS
    raise LinkError(
        "this is no gold that is known",
        str(path),
        "give mentions (TSV: doc, spans, curie, surface, split), links or claims (JSON lines); see docs/linking.md",
    )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines.

    Raises
    ------
    LinkError
        Naming the line that is no JSON object.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LinkError(f"can't be read: {error}", str(path), "name a file of JSON lines") from error
    return [_parse_line(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]


def _parse_line(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise LinkError(f"no JSON: {error}", f"{path}:{number}", "one JSON object a line") from error
    if not isinstance(row, dict):
        raise LinkError("no JSON object", f"{path}:{number}", "one JSON object a line")
    return row


def read_predictions(path: Path) -> list[Predicted]:
    """Read what `kg link` wrote: TSV (doc, start, end, curie) or JSON lines.

    Raises
    ------
    LinkError
        Naming the line that can't be read.
    """
    mend = "give the output of 'kg link': TSV with doc, start, end, curie, or JSON lines"
    try:
        with path.open(encoding="utf-8", newline="\n") as stream:
            lines = [line.rstrip("\r\n") for line in stream]
    except (OSError, UnicodeDecodeError) as error:
        raise LinkError(f"can't be read: {error}", str(path), mend) from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            if line.startswith("{"):
                found.append(_predicted(_parse_line(line, path, number)))
            else:
                doc, start, end, curie = line.split("\t")
                found.append(Predicted(doc, ((int(start), int(end)),), curie))
        except (ValueError, KeyError, TypeError) as error:
            raise LinkError(f"no mention: {error}", f"{path}:{number}", mend) from error
    return found


def _predicted(row: Mapping[str, Any]) -> Predicted:
    parts = tuple((int(start), int(end)) for start, end in row.get("parts") or ())
    return Predicted(
        row["record_id"],
        parts or ((int(row["start"]), int(row["end"])),),
        row["curie"],
        row.get("score"),
        row.get("category", ""),
        row.get("method", ""),
        row.get("surface", ""),
    )


def predicted_of(mentions: Iterable[Mention]) -> list[Predicted]:
    """Give mentions as they are scored."""
    return [
        Predicted(m.record_id, m.parts or ((m.start, m.end),), m.curie, m.score, m.category, m.method, m.surface)
        for m in mentions
    ]


def evaluate_spans(gold: Gold, predicted: Iterable[Predicted], *, with_ids: bool = True, errors: int = 0) -> Evaluation:
    """Score mentions.

    Parameters
    ----------
    gold : Gold
        What is right; its documents alone count. A mention in pieces is wanted, too.
    predicted : iterable of Predicted
        What was found; the same one twice counts once.
    with_ids : bool, default True
        Whether the gold has CURIEs; without, spans alone are scored.
    errors : int, default 0
        How many of the most frequent misses and of the most frequent wrong ones to list.

    Returns
    -------
    Evaluation
        ``strict``: span and CURIE; ``span``: the span alone; ``doc``: CURIEs by document.

    Examples
    --------
    >>> gold = Gold({("d", ((0, 5),), "CL:1"): "a cell", ("d", ((9, 12),), "CL:2"): "rod"}, {"d"})
    >>> found = [Predicted("d", ((0, 5),), "CL:1"), Predicted("d", ((9, 12),), "CL:9")]
    >>> scores = evaluate_spans(gold, found).scores
    >>> scores["strict"].f1, scores["span"].f1
    (0.5, 1.0)
    """
    wanted = set(gold.mentions)
    given = {(p.doc, p.spans, p.curie) for p in predicted if p.doc in gold.docs}
    result = Evaluation(figures={"documents": len(gold.docs)})
    if with_ids:
        result.scores["strict"] = _score(wanted, given)
    result.scores["span"] = _score({m[:2] for m in wanted}, {m[:2] for m in given})
    if with_ids:
        result.scores["doc"] = _score({(d, c) for d, _, c in wanted}, {(d, c) for d, _, c in given})
    if errors:
        size = 3 if with_ids else 2
        seen, truth = {m[:size] for m in given}, {m[:size] for m in wanted}
        missed = Counter(f"{text!r} {m[2]}" for m, text in gold.mentions.items() if m[:size] not in seen)
        wrong = Counter(m[2] for m in given if m[:size] not in truth)
        for kind, counter in (("missed", missed), ("wrong", wrong)):
            most = sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:errors]
            result.errors += [(kind, what, count) for what, count in most]
    return result


def _score(wanted: Collection[object], given: Collection[object]) -> Score:
    return Score(len(set(wanted) & set(given)), len(wanted), len(given))


class _Tally:
    """Found, missed and wrong, counted one by one."""

    def __init__(self) -> None:
        self.hits = self.missed = self.wrong = 0

    def score(self) -> Score:
        return Score(self.hits, self.hits + self.missed, self.hits + self.wrong)


def evaluate_links(gold: Iterable[Mapping[str, Any]], links: Iterable[Mapping[str, Any]]) -> Evaluation:
    """Score what datasets are linked to.

    Parameters
    ----------
    gold : iterable of mapping
        A dataset each: ``dataset`` and ``links``, each with ``type``, ``ids`` (any one is right), ``kind`` and
        ``required``; ``coarser`` ids are neither right nor wrong.
    links : iterable of mapping
        A link each: ``dataset``, ``type``, ``id``, ``kind``, and ``xrefs``, as good as the id.

    Returns
    -------
    Evaluation
        A score for each type, for ``all``, and for the ``gate``: diseases that a dataset is said to study.
    """
    given: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for link in links:
        given[link["dataset"], link["type"]].append(link)
    tallies = {kind: _Tally() for kind in LINK_TYPES}
    gate = _Tally()
    kinds = [0, 0]
    errors: Counter[tuple[str, str]] = Counter()
    for record in gold:
        for kind in LINK_TYPES:
            found = given.get((record["dataset"], kind), [])
            wanted = [link for link in record["links"] if link["type"] == kind]
            _tally_links(record["dataset"], kind, wanted, found, tallies[kind], gate, kinds, errors)
    result = Evaluation({kind: tally.score() for kind, tally in tallies.items()})
    result.scores["all"] = Score(*(sum(column) for column in zip(*result.scores.values(), strict=True)))
    result.scores["gate"] = gate.score()
    result.figures = {"kinds right": kinds[1], "kinds": sum(kinds)}
    result.errors = [(kind, what, count) for (kind, what), count in errors.items()]
    return result


def _tally_links(
    dataset: str,
    kind: str,
    wanted: Sequence[Mapping[str, Any]],
    found: Sequence[Mapping[str, Any]],
    tally: _Tally,
    gate: _Tally,
    kinds: list[int],
    errors: Counter[tuple[str, str]],
) -> None:
    names = [{link["id"], *link.get("xrefs", [])} for link in found]
    accepted = {curie for link in wanted for curie in [*link["ids"], *link.get("coarser", [])]}
    for link in wanted:
        hits = [other for other, ids in zip(found, names, strict=True) if ids & set(link["ids"])]
        if hits:
            tally.hits += 1
            if kind in _KIND_TYPES:
                kinds[any(link["kind"] in ("either", other.get("kind")) for other in hits)] += 1
        elif link["required"]:
            tally.missed += 1
            errors["missed", f"{dataset} {kind} {(link['ids'] or ['-'])[0]} {link['label']}"] += 1
        if kind == "disease":
            claimed = any(other.get("kind") == "studied" for other in hits)
            if link["kind"] == "studied" and link["required"]:
                gate.hits += claimed
                gate.missed += not claimed
            elif claimed and link["kind"] not in ("studied", "either"):
                gate.wrong += 1
    for other, ids in zip(found, names, strict=True):
        if ids & accepted:
            continue
        tally.wrong += 1
        errors["wrong", f"{dataset} {kind} {other['id']} {other.get('kind', '')}"] += 1
        gate.wrong += kind == "disease" and other.get("kind") == "studied"


def evaluate_claims(gold: Iterable[Mapping[str, Any]], judged: Iterable[Mapping[str, Any]]) -> Evaluation:
    """Score judgements of (subject, object) pairs.

    Parameters
    ----------
    gold : iterable of mapping
        ``pair``, ``label`` (asserted, negated, speculative, none), ``direction``, ``claim_kind``.
    judged : iterable of mapping
        ``pair``, ``label``, ``direction``; a pair that is absent counts as none.
    """
    labels = {row["pair"]: row for row in gold}
    answers = {row["pair"]: row for row in judged}
    says = {pair: answers.get(pair, {}).get("label", "none") for pair in labels}
    result = Evaluation()
    for label in LABELS:
        hits = sum(says[pair] == label == row["label"] for pair, row in labels.items())
        wanted = sum(row["label"] == label for row in labels.values())
        result.scores[label] = Score(hits, wanted, sum(said == label for said in says.values()))
    right = sum(says[pair] == row["label"] for pair, row in labels.items())
    result.figures["accuracy"] = right / len(labels) if labels else 0.0
    result.figures["macro F1"] = sum(score.f1 for score in result.scores.values()) / len(LABELS)
    both = [pair for pair, row in labels.items() if says[pair] == row["label"] == "asserted"]
    if both:
        same = sum(answers[pair].get("direction") == labels[pair]["direction"] for pair in both)
        result.figures["direction"] = same / len(both)
    leaks = [pair for pair, row in labels.items() if row.get("claim_kind") == "resource" and says[pair] == "asserted"]
    result.figures["resource sentences taken for biology"] = len(leaks)
    result.errors = [
        ("judged", f"{pair} {row['label']} as {says[pair]}", 1)
        for pair, row in labels.items()
        if says[pair] != row["label"]
    ]
    return result
