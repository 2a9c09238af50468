"""What differs between two builds, claim by claim, and why.

Claims, nodes and evidence are compared by their ids, so a difference is never hidden in a total. Each
difference has a cause, one of `kg.graph.causes.CAUSES`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final, NamedTuple, Protocol

import polars as pl

from kg.graph.build_dir import Build, Manifest
from kg.graph.causes import CAUSES, CONFIGURATION, SOURCE, UPSTREAM, VOCABULARY, Changes
from kg.graph.differences import ADDED, CHANGES, REMOVED, Moved, count_differences, find_differences
from kg.model import Method

KINDS: Final = ("claim", "node", "evidence")
#: Tables beside the graph, which may differ though it doesn't: scores of mentions, problems with the inputs.
BESIDE: Final = ("mentions", "problems", "records")
#: Columns of `BuildDiff.rows`.
COLUMNS: Final = pl.Schema(
    {
        "what": pl.String(),
        "change": pl.String(),
        "id": pl.String(),
        "subject": pl.String(),
        "predicate": pl.String(),
        "object": pl.String(),
        "record_id": pl.String(),
        "cause": pl.String(),
        "detail": pl.String(),
        "fields": pl.List(pl.String()),
    }
)
_TEXT: Final = (Method.TEXT_MENTION.value, Method.SENTENCE_RULE.value)


class Terms(Protocol):
    """A vocabulary, as much of it as tells whether a name is gone."""

    def __contains__(self, curie: object) -> bool:
        """Say whether there is such a term."""

    def names_of(self, curie: str) -> Collection[str]:
        """Give the names of a term, case-folded."""


class BuildDiff(NamedTuple):
    """The difference of two builds."""

    old: Manifest
    new: Manifest
    #: With the columns of `COLUMNS`, sorted by what, change, cause and id.
    rows: pl.DataFrame
    #: Of the same graph: which tables of `BESIDE` differ all the same, and in how many rows.
    beside: Mapping[str, Moved] = {}

    def counts(self) -> pl.DataFrame:
        """Count the rows by what, change and cause."""
        return self.rows.group_by("what", "change", "cause").len("count").sort("what", "change", "cause")

    @property
    def is_empty(self) -> bool:
        """Whether the two are the same graph."""
        return self.rows.is_empty()


def diff_builds(
    old: Build, new: Build, *, failed: Collection[str] = (), vocabulary: Terms | None = None
) -> BuildDiff:
    """Compare two builds.

    Parameters
    ----------
    old, new : Build
        The builds.
    failed : collection of str
        Sources whose harvest failed before `new`: dandi, pubmed, wiki.
    vocabulary : Terms, optional
        The vocabulary of `new`; with it, a term or synonym that is gone is named.

    Returns
    -------
    BuildDiff
        Empty for a build and itself.
    """
    if old.digest == new.digest:
        return BuildDiff(old.manifest, new.manifest, pl.DataFrame(schema=COLUMNS))
    rows = _Comparison(old, new, failed, vocabulary).rows()
    beside: dict[str, Moved] = {}
    if rows.is_empty():
        beside = {name: moved for name in BESIDE if any(moved := count_differences(old, new, name))}
    return BuildDiff(old.manifest, new.manifest, rows, beside)


class _Comparison:
    def __init__(self, old: Build, new: Build, failed: Collection[str], vocabulary: Terms | None) -> None:
        self.old, self.new, self.vocabulary = old, new, vocabulary
        self.changed = Changes(old.manifest, new.manifest)
        gone = {name for name, count in old.manifest.inputs.items() if count and not new.manifest.inputs.get(name)}
        # A source that the settings don't name any more has not failed.
        self.dropped = sorted(gone & {*old.manifest.sources} - {*new.manifest.sources} - {*failed})
        self.failed = sorted({*failed, *gone} - {*self.dropped})

    def rows(self) -> pl.DataFrame:
        evidence = self._evidence()
        claims = self._claims(evidence)
        nodes = self._nodes(claims)
        every = pl.concat([frame.select(COLUMNS.names()).cast(COLUMNS) for frame in (claims, nodes, evidence)])
        return every.sort("what", "change", "cause", "id")

    @cached_property
    def records(self) -> pl.DataFrame:
        """Give the records that aren't the same in both, with the cause."""
        columns = ("id", "content", "source")
        before, after = (build.read("records", columns) for build in (self.old, self.new))
        both = before.join(after, on="id", how="full", coalesce=True)
        source = pl.coalesce("source", "source_right")
        is_gone = pl.col("content_right").is_null()
        is_failed, is_dropped = is_gone & source.is_in(self.failed), is_gone & source.is_in(self.dropped)
        return both.filter(pl.col("content").ne_missing(pl.col("content_right"))).select(
            record_id="id",
            cause=pl.when(is_failed)
            .then(pl.lit(SOURCE))
            .when(is_dropped)
            .then(pl.lit(CONFIGURATION))
            .otherwise(pl.lit(UPSTREAM)),
            detail=pl.when(is_failed)
            .then(pl.lit("its source failed: ") + source)
            .when(is_dropped)
            .then(pl.lit("its source is configured no more: ") + source)
            .when(pl.col("content_right").is_null())
            .then(pl.lit("record withdrawn"))
            .when(pl.col("content").is_null())
            .then(pl.lit("record new"))
            .otherwise(pl.lit("record changed")),
        )

    def _evidence(self) -> pl.DataFrame:
        rows = find_differences(self.old, self.new, "evidence", "evidence")
        wanted = rows["claim_id"].unique().implode()
        ends = [
            b.read("claims", ["id", "subject", "predicate", "object", "kind"]).filter(pl.col("id").is_in(wanted))
            for b in (self.new, self.old)
        ]
        needed = pl.concat(ends).unique("id", keep="first", maintain_order=True)
        rows = rows.join(needed.rename({"id": "claim_id"}), on="claim_id", how="left")
        # The record itself, else the paper that it was carried over from, else the records at its ends.
        for column in ("record_id", "via", "subject", "object"):
            known = self.records.rename({"record_id": column, "cause": "cause_", "detail": "detail_"})
            if column != "record_id":
                known = known.with_columns(detail_=pl.col("detail_") + ": " + pl.col(column))
            rows = _filled(rows.join(known, on=column, how="left"))
        rows = _filled(rows.join(self._mentions(), on=["record_id", "subject", "object"], how="left"))
        return self._rest(rows)

    def _mentions(self) -> pl.DataFrame:
        """Give the pairs of record and ends of which one is linked in one build only, with the cause."""
        pairs = [
            build.read("mentions", ["record_id", "curie", "surface"]).unique(
                ["record_id", "curie"], keep="first", maintain_order=True
            )
            for build in (self.old, self.new)
        ]
        gone = pairs[0].join(pairs[1], on=["record_id", "curie"], how="anti")
        come = pairs[1].join(pairs[0], on=["record_id", "curie"], how="anti")
        moved = pl.concat([gone.with_columns(gone=pl.lit(True)), come.with_columns(gone=pl.lit(False))])
        # Only of texts that stayed; of the others the record is the cause.
        moved = moved.join(self.records, on="record_id", how="anti")
        causes = {
            row: self._cause_of_term(*row) for row in moved.select("curie", "surface", "gone").unique().iter_rows()
        }
        told = pl.DataFrame(
            [(*key, *cause) for key, cause in causes.items()],
            schema={
                "curie": pl.String,
                "surface": pl.String,
                "gone": pl.Boolean,
                "cause_": pl.String,
                "detail_": pl.String,
            },
            orient="row",
        )
        found = moved.join(told, on=["curie", "surface", "gone"]).select("record_id", "curie", "cause_", "detail_")
        found = found.unique(["record_id", "curie"], keep="first", maintain_order=True)
        told_of = found["record_id"].unique().implode()
        linked = []
        for build in (self.old, self.new):
            evidence = build.read("evidence", ["record_id", "claim_id", "method"]).filter(
                pl.col("record_id").is_in(told_of) & pl.col("method").is_in(_TEXT)
            )
            claims = build.read("claims", ["id", "subject", "object"])
            linked.append(evidence.join(claims, left_on="claim_id", right_on="id"))
        claims = pl.concat(linked).select("record_id", "subject", "object").unique()
        by_end = [
            claims.join(found, left_on=["record_id", end], right_on=["record_id", "curie"])
            for end in ("subject", "object")
        ]
        return pl.concat(by_end).unique(["record_id", "subject", "object"], keep="first", maintain_order=True)

    def _cause_of_term(self, curie: str, surface: str, gone: bool) -> tuple[str, str]:
        cause, detail = self.changed.of_mention()
        if cause != VOCABULARY:
            return cause, detail
        if not gone:
            return VOCABULARY, f"{surface!r} names {curie} now ({detail})"
        if self.vocabulary is not None and curie not in self.vocabulary:
            return VOCABULARY, f"{curie} is obsolete or gone ({detail})"
        if self.vocabulary is not None and surface.casefold() not in self.vocabulary.names_of(curie):
            return VOCABULARY, f"{surface!r} is no name of {curie} any more ({detail})"
        return VOCABULARY, f"{surface!r} names {curie} no more ({detail})"

    def _claims(self, evidence: pl.DataFrame) -> pl.DataFrame:
        rows = find_differences(self.old, self.new, "claims", "claim")
        # A claim changes with its evidence: the first cause in the order of CAUSES.
        order = pl.col("cause").replace_strict(
            {cause: rank for rank, cause in enumerate(CAUSES)}, return_dtype=pl.Int8
        )
        why = (
            evidence.sort(order, "record_id", "detail")
            .unique("claim_id", keep="first", maintain_order=True)
            .select("claim_id", record_id="record_id", cause_="cause", detail_="detail")
        )
        rows = rows.join(why, left_on="id", right_on="claim_id", how="left")
        return self._rest(_filled(rows))

    def _axioms(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give axioms that came or went with a term the cause of what brought the term in, or out."""
        ids = [build.read("nodes", ["id"]) for build in (self.old, self.new)]
        moved = pl.concat(
            [
                ids[1].join(ids[0], on="id", how="anti").with_columns(change=pl.lit(ADDED)),
                ids[0].join(ids[1], on="id", how="anti").with_columns(change=pl.lit(REMOVED)),
            ]
        )
        # A term of a claim, then the terms above it, of which the axioms speak, a step at a time.
        while True:
            known = rows.filter(pl.col("cause").is_not_null())
            ends = [known.select("change", "cause", "detail", id=pl.col(end)) for end in ("subject", "object")]
            causes = (
                pl.concat(ends)
                .join(moved, on=["id", "change"], how="semi")
                .sort("id", "change", "cause", "detail")
                .unique(["id", "change"], keep="first", maintain_order=True)
                .rename({"cause": "cause_", "detail": "detail_"})
            )
            left = rows["cause"].null_count()
            for end in ("subject", "object"):
                is_axiom = pl.col("kind") == "ontological"
                joined = rows.join(causes.rename({"id": end}), on=[end, "change"], how="left", maintain_order="left")
                rows = _filled(
                    joined.with_columns(pl.when(is_axiom).then(c).alias(c) for c in ("cause_", "detail_"))
                )
            if rows["cause"].null_count() == left:
                return rows

    def _nodes(self, claims: pl.DataFrame) -> pl.DataFrame:
        rows = find_differences(self.old, self.new, "nodes", "node")
        known = self.records.rename({"record_id": "id", "cause": "cause_", "detail": "detail_"})
        rows = _filled(rows.join(known, on="id", how="left"))
        touching = pl.concat(
            [
                claims.select(pl.col(end).alias("id"), "change", "record_id", "cause", "detail")
                for end in ("subject", "object")
            ]
        ).unique(["id", "change"], keep="first", maintain_order=True)
        rows = _filled(
            rows.join(touching.rename({"cause": "cause_", "detail": "detail_"}), on=["id", "change"], how="left")
        )
        is_term = pl.col("definition").is_not_null() | pl.col("vocabulary").is_not_null()
        terms, changed = (
            pl.lit(self.changed.vocabularies or "curated terms changed"),
            pl.lit(self.changed.vocabulary),
        )
        rows = rows.with_columns(
            cause_=pl.when(is_term & changed).then(pl.lit(VOCABULARY)),
            detail_=pl.when(is_term & changed).then(terms),
        )
        rows = self._rest(
            _filled(rows.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in ("subject", "object")))
        )
        return rows.with_columns(predicate=pl.col("label"), subject=pl.col("name"))

    def _rest(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give the cause of what no record explains."""
        has_kind = "kind" in rows.columns
        is_axiom = pl.col("kind").eq_missing("ontological") if has_kind else pl.lit(False)
        rows = _defaulted(rows, ~is_axiom, *self.changed.of_judgement())
        if not has_kind:
            return rows
        if self.changed.vocabulary:
            default = VOCABULARY, self.changed.vocabularies or "curated terms changed"
        else:
            default = UPSTREAM, "a term came into use, or is used no more"
        return _defaulted(self._axioms(rows), is_axiom, *default)


def _defaulted(rows: pl.DataFrame, where: pl.Expr, cause: str, detail: str) -> pl.DataFrame:
    is_open = where & pl.col("cause").is_null()
    return rows.with_columns(
        cause=pl.when(is_open).then(pl.lit(cause)).otherwise("cause"),
        detail=pl.when(is_open).then(pl.lit(detail)).otherwise("detail"),
    )


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """Take over a cause where there is none yet."""
    return rows.with_columns(
        detail=pl.when(pl.col("cause").is_null()).then("detail_").otherwise("detail"),
        cause=pl.coalesce("cause", "cause_"),
    ).drop("cause_", "detail_")


def summary_of(diff: BuildDiff, *, most: int = 3) -> str:
    """Say in a few lines what differs and why: it fits a chat message.

    Parameters
    ----------
    diff : BuildDiff
        What differs.
    most : int, default 3
        Details of each cause, the most frequent first.
    """
    head = f"{diff.old.build_id} → {diff.new.build_id}"
    if diff.is_empty and diff.beside:
        beside = (
            f"{name} " + " ".join(f"{sign}{n:,}" for sign, n in zip("+-~", moved, strict=True))
            for name, moved in diff.beside.items()
        )
        return f"{head}: the same claims, nodes and evidence; {'; '.join(beside)}"
    if diff.is_empty:
        return f"{head}: the same graph"
    counted: Mapping[tuple[str, str], int] = {
        (what, change): count for what, change, count in diff.rows.group_by("what", "change").len().iter_rows()
    }
    lines = [
        head
        + ": "
        + "; ".join(
            f"{kind if kind == 'evidence' else kind + 's'} "
            + " ".join(
                f"{sign}{counted.get((kind, change), 0):,}" for sign, change in zip("+-~", CHANGES, strict=True)
            )
            for kind in KINDS
        )
    ]
    told = diff.rows.filter(pl.col("what") == "claim")
    told = diff.rows if told.is_empty() else told
    causes = told.group_by("cause", "detail").len().sort("len", "detail", descending=[True, False])
    for cause, total in told.group_by("cause").len().sort("len", "cause", descending=[True, False]).iter_rows():
        details = causes.filter(pl.col("cause") == cause)
        shown = ", ".join(f"{_short(detail)} ({n:,})" for _, detail, n in details.head(most).iter_rows())
        rest = f", and {details.height - most:,} more" if details.height > most else ""
        lines.append(f"  {total:,} by {cause}: {shown}{rest}")
    return "\n".join(lines)


def _short(text: str, most: int = 70) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
