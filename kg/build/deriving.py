"""From linked records to claims: which deriving function sees which record, and with what beside it.

A record's claims depend on the record and its mentions, and on what the index of publications and the
papers that describe a dataset say. What was asked of those is noted with the answer, so that claims kept
from an earlier build are used again exactly as long as every answer is still the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from kg.build.linking import LinkedRecord
from kg.claims.bibliography import derive_bibliographic_claims, describing_ids
from kg.claims.biology import derive_biological_claims
from kg.claims.policy import check_policy
from kg.claims.publications import PublicationFacts, PublicationIndex
from kg.claims.resource import derive_resource_claims
from kg.graph.facts import CLAIM_PARTS, PARTS, claim_rows, problem_rows
from kg.graph.tables import frame_of
from kg.model import ArticleRecord, DatasetRecord, Mention, Problem, Supported, WikiPageRecord
from kg.ontology import Vocabulary

#: The linker's method for a name that no vocabulary has: its term is the kind of thing that the name's head says.
_KIND: Final = "kind"
_STRING: Final = pl.String()
#: What was asked beyond the record, and the answer.
ASKED: Final = pl.Schema({"question": _STRING, "about": _STRING, "answer": _STRING})
#: Tables of the store of claims.
CLAIM_TABLES: Final = {
    "asked": ASKED,
    "problems": PARTS["problems"],
    **{name: PARTS[name] for name in CLAIM_PARTS},
}
#: The question after the paper of an id; the others are the index's methods.
_PAPER: Final = "paper"


class Keyed(NamedTuple):
    """A record with its mentions, and the key of both."""

    key: str
    item: LinkedRecord


class AskedIndex(PublicationIndex):
    """An index that notes what it is asked.

    Parameters
    ----------
    index : PublicationIndex
        What answers.
    """

    def __init__(self, index: PublicationIndex) -> None:
        self.__dict__.update(index.__dict__)
        self.asked: dict[tuple[str, str], str | None] = {}

    def canonical(self, curie: str) -> str:
        """Note and answer."""
        answer = super().canonical(curie)
        # A PMID is its own node whatever the snapshot knows: that answer never changes.
        if not curie.startswith("PMID:"):
            self.asked["canonical", curie] = answer
        return answer

    def is_known(self, curie: str) -> bool:
        """Note and answer."""
        return self._note("is_known", curie, super().is_known(curie))

    def is_wanted(self, curie: str) -> bool:
        """Note and answer."""
        return self._note("is_wanted", curie, super().is_wanted(curie))

    def is_peer_reviewed(self, curie: str) -> bool:
        """Note and answer."""
        return self._note("is_peer_reviewed", curie, super().is_peer_reviewed(curie))

    def dataset_titled(self, title: str) -> str | None:
        """Note and answer."""
        answer = super().dataset_titled(title)
        self.asked["dataset_titled", title] = answer
        return answer

    def _note(self, question: str, about: str, answer: bool) -> bool:
        self.asked[question, about] = str(int(answer))
        return answer


def index_of(facts: pl.DataFrame) -> PublicationIndex:
    """Make the index of publications of a snapshot's rows of ``index``, in the order of the records' ids."""
    rows = facts.sort("record_id").select("record_id", "same_as", "is_reviewed", "title", "named").iter_rows()
    return PublicationIndex.from_facts(
        PublicationFacts(record_id, tuple(same_as), is_reviewed, title, tuple(named))
        for record_id, same_as, is_reviewed, title, named in rows
    )


def outdated(asked: pl.DataFrame, index: PublicationIndex, papers: Mapping[str, str]) -> pl.DataFrame:
    """Find what would be answered otherwise now.

    Parameters
    ----------
    asked : polars.DataFrame
        With the columns of `ASKED`.
    index : PublicationIndex
        Of the snapshot.
    papers : mapping of str to str
        Record id -> key, of every record of the snapshot.

    Returns
    -------
    polars.DataFrame
        Rows of `asked` whose answer has changed.
    """
    changed = []
    # Of a million questions nearly all are after membership; those are answered at once.
    for question, members in (("is_known", index.known), ("is_wanted", index.wanted)):
        found = asked.filter(pl.col("question") == question)
        listed = pl.DataFrame({"about": pl.Series(list(members), dtype=_STRING), "now": "1"})
        now = found.join(listed, on="about", how="left", maintain_order="left").with_columns(
            pl.col("now").fill_null("0")
        )
        changed.append(now.filter(pl.col("answer") != pl.col("now")).drop("now"))
    rest = asked.filter(~pl.col("question").is_in(["is_known", "is_wanted"]))
    questions = rest.select("question", "about").unique()
    answers = [_answer(question, about, index, papers) for question, about in questions.iter_rows()]
    told = questions.with_columns(pl.Series("now", answers, dtype=_STRING))
    now = rest.join(told, on=["question", "about"])
    return pl.concat(
        [*changed, now.filter(pl.col("answer").ne_missing(pl.col("now"))).drop("now").select(asked.columns)]
    )


def _answer(question: str, about: str, index: PublicationIndex, papers: Mapping[str, str]) -> str | None:
    if question == _PAPER:
        return papers.get(about)
    answer = getattr(index, question)(about)
    return str(int(answer)) if isinstance(answer, bool) else answer


def derive_tables(
    records: Sequence[Keyed], papers: Mapping[str, Keyed], index: PublicationIndex, vocabulary: Vocabulary
) -> dict[str, pl.DataFrame]:
    """Derive the claims of some records.

    Parameters
    ----------
    records : sequence of Keyed
        Whose claims are wanted.
    papers : mapping of str to Keyed
        By id, at least the articles of the snapshot that describe the datasets among `records`.
    index : PublicationIndex
        Of the whole snapshot.
    vocabulary : Vocabulary
        For ids, labels and the hierarchy.

    Returns
    -------
    dict of str to polars.DataFrame
        Tables of a segment of the store of claims.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in CLAIM_TABLES}
    for entry, (_, item) in enumerate(records):
        asking = AskedIndex(index)
        asked_papers: dict[str, str | None] = {}
        supported: list[Supported] = []
        problems: list[Problem] = []
        describing = _describing(item, asking, papers, asked_papers)
        for found in _of_record(item, describing, asking, vocabulary):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                supported.append(found)
        known = [item.record, *(paper.record for paper in describing)]
        # Rule 3 is about the record's own text; of the papers beside it only the ids are asked for.
        problems += check_policy(known, supported, vocabulary, index=asking)
        own = {
            **claim_rows(supported),
            "problems": list(problem_rows(problems)),
            "asked": [
                *(
                    {"question": q, "about": about, "answer": answer}
                    for (q, about), answer in asking.asked.items()
                ),
                *({"question": _PAPER, "about": a, "answer": answer} for a, answer in asked_papers.items()),
            ],
        }
        for name, of_name in own.items():
            rows[name] += [{"entry": entry, **row} for row in of_name]
    tables = {
        name: frame_of(found, pl.Schema({"entry": pl.UInt32()} | dict(CLAIM_TABLES[name])), name)
        for name, found in rows.items()
    }
    return {"entries": pl.DataFrame({"key": pl.Series([key for key, _ in records], dtype=_STRING)}), **tables}


def papers_of(record: DatasetRecord, index: PublicationIndex) -> Iterable[str]:
    """Give the ids of the works that may speak for a dataset."""
    return describing_ids(record, index)


def _describing(
    item: LinkedRecord, index: PublicationIndex, papers: Mapping[str, Keyed], asked: dict[str, str | None]
) -> list[LinkedRecord]:
    if not isinstance(item.record, DatasetRecord):
        return []
    found = []
    for curie in describing_ids(item.record, index):
        paper = papers.get(curie)
        asked[curie] = paper.key if paper else None
        if paper is not None and isinstance(paper.item.record, ArticleRecord):
            found.append(paper.item)
    return found


def _of_record(
    item: LinkedRecord, describing: Sequence[LinkedRecord], index: PublicationIndex, vocabulary: Vocabulary
) -> Iterator[Supported | Problem]:
    record, mentions = item.record, _nameable(item.mentions)
    yield from derive_bibliographic_claims(record, mentions, vocabulary, index)
    if isinstance(record, DatasetRecord):
        beside = [
            (paper.record, _nameable(paper.mentions))
            for paper in describing
            if isinstance(paper.record, ArticleRecord)
        ]
        yield from derive_resource_claims(record, mentions, vocabulary, describing=beside)
    elif isinstance(record, ArticleRecord | WikiPageRecord):
        yield from derive_biological_claims(record, mentions, vocabulary, index)


def _nameable(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Leave out mentions whose term says no more than what kind of thing is named: "a nucleus" is nothing to claim."""
    return tuple(mention for mention in mentions if mention.method != _KIND)
