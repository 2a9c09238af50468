"""Every way from a dataset to a disease is found, and what is missing is named."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest

from kg.errors import QueryError
from kg.graph.assemble import assemble
from kg.graph.explain import Explanation, explain
from kg.model import (
    ArticleRecord,
    Category,
    Claim,
    ClaimKind,
    DatasetRecord,
    Evidence,
    Method,
    Parent,
    Polarity,
    Predicate,
    Receipt,
    Record,
    Relation,
    Scope,
    Source,
    Supported,
    Synonym,
    Term,
)
from kg.model.schema import EDGE_TYPES
from kg.ontology import Vocabulary

IS_A, PART_OF = Relation.IS_A, Relation.PART_OF
DATASET, OTHER, PAPER = "DANDI:000001", "DANDI:000002", "PMID:1"
CA1, HIPPOCAMPUS, BRAIN = "UBERON:0003881", "UBERON:0002421", "UBERON:0000955"
EPILEPSY, TLE, STROKE = "MONDO:0005027", "MONDO:0005115", "MONDO:0005098"
FOCAL = "MONDO:0005384"
SYNAPSES, GAMMA = "mechanism:synaptic-dysfunction", "mechanism:gamma-oscillation-disruption"


def term(
    curie: str, label: str, category: Category, *parents: tuple[Relation, str], synonym: str = ""
) -> Term:
    return Term(
        curie=curie,
        label=label,
        category=category,
        vocabulary=curie.partition(":")[0].lower(),
        parents=tuple(Parent(*parent) for parent in parents),
        synonyms=(Synonym(synonym, Scope.EXACT),) if synonym else (),
    )


VOCABULARY = Vocabulary.from_terms(
    (
        term(BRAIN, "brain", Category.REGION),
        term(HIPPOCAMPUS, "hippocampal formation", Category.REGION, (PART_OF, BRAIN)),
        term(CA1, "CA1 field of hippocampus", Category.REGION, (PART_OF, HIPPOCAMPUS)),
        term(EPILEPSY, "epilepsy", Category.DISEASE, synonym="epileptic disorder"),
        term(TLE, "temporal lobe epilepsy", Category.DISEASE, (IS_A, EPILEPSY)),
        term(FOCAL, "focal epilepsy", Category.DISEASE, (IS_A, EPILEPSY)),
        term(STROKE, "stroke disorder", Category.DISEASE),
        term(SYNAPSES, "synaptic dysfunction", Category.MECHANISM),
        term(GAMMA, "gamma oscillation disruption", Category.MECHANISM),
    )
)


def receipt(source: Source) -> Receipt:
    return Receipt(source=source, path="a.file", sha256="0" * 64, size_bytes=1)


RECORDS: tuple[Record, ...] = (
    DatasetRecord(id=DATASET, title="Recordings of CA1", receipt=receipt(Source.DANDI)),
    DatasetRecord(id=OTHER, title="Other recordings", receipt=receipt(Source.DANDI)),
    ArticleRecord(
        id=PAPER, title="A paper", receipt=receipt(Source.PUBMED), publication_types=("Journal Article",)
    ),
)


def says(
    subject: str,
    predicate: Predicate,
    object_: str,
    *,
    record: str = PAPER,
    quote: str = "",
    polarity: Polarity = Polarity.ASSERTED,
    source: str = "infores:pubmed",
    qualifiers: tuple[tuple[str, str], ...] = (),
) -> Supported:
    claim = Claim(
        subject=subject,
        predicate=predicate,
        object=object_,
        kind=EDGE_TYPES[predicate].kind,
        primary_source=source,
        qualifiers=qualifiers,
    )
    quote = quote or f"{subject} {predicate} {object_}."
    method = Method.ONTOLOGY if claim.kind is ClaimKind.ONTOLOGICAL else Method.SENTENCE_RULE
    piece = Evidence(
        claim_id=claim.id,
        record_id=record,
        section="abstract",
        end=len(quote),
        quote=quote,
        polarity=polarity,
        method=method,
        trigger="words",
    )
    return Supported(claim, piece)


RECORDS_CA1 = says(DATASET, Predicate.RECORDS_FROM, CA1, record=DATASET)
CA1_IN_HIPPOCAMPUS = says(CA1, Predicate.PART_OF, HIPPOCAMPUS)
HIPPOCAMPUS_IN_BRAIN = says(HIPPOCAMPUS, Predicate.PART_OF, BRAIN)
TLE_IS_EPILEPSY = says(TLE, Predicate.SUBCLASS_OF, EPILEPSY)
TLE_IS_FOCAL = says(TLE, Predicate.SUBCLASS_OF, FOCAL)
FOCAL_IS_EPILEPSY = says(FOCAL, Predicate.SUBCLASS_OF, EPILEPSY)


def tables(*claims: Supported) -> Mapping[str, pl.DataFrame]:
    return assemble(claims, RECORDS, [], VOCABULARY).tables


def routes(found: Explanation) -> list[tuple[str, list[str]]]:
    return [
        (way.route, [step.predicate.lower() + ("⁻" if step.is_reversed else "") for step in way.steps])
        for way in found.ways
    ]


def test_a_dataset_that_studies_the_disease_is_connected_in_one_step() -> None:
    made = tables(
        says(DATASET, Predicate.RELEVANT_TO, EPILEPSY, record=DATASET, quote="We studied epilepsy.")
    )
    found = explain(made, "Recordings of CA1", "Epileptic disorder")
    assert (found.dataset, found.disease) == (DATASET, EPILEPSY)
    assert routes(found) == [("studied", ["relevant_to"])]
    assert found.ways[0].steps[0].quotes[0].quote == "We studied epilepsy."
    assert {reason.route for reason in found.reasons} == {"mechanism", "place"}


def test_a_kind_of_the_disease_counts_as_the_disease_and_not_the_other_way_round() -> None:
    made = tables(TLE_IS_EPILEPSY, says(DATASET, Predicate.RELEVANT_TO, TLE, record=DATASET))
    assert routes(explain(made, DATASET, EPILEPSY)) == [("studied", ["relevant_to", "subclass_of"])]
    general = tables(TLE_IS_EPILEPSY, says(DATASET, Predicate.RELEVANT_TO, EPILEPSY, record=DATASET))
    found = explain(general, DATASET, TLE)
    assert found.ways == ()
    assert any("relevant to the more general epilepsy" in reason.text for reason in found.reasons)


def test_rungs_of_a_vocabulary_put_what_a_dataset_says_itself_behind_nothing() -> None:
    made = tables(
        TLE_IS_FOCAL,
        FOCAL_IS_EPILEPSY,
        says(DATASET, Predicate.RELEVANT_TO, TLE, record=DATASET),
        says(DATASET, Predicate.RELEVANT_TO, SYNAPSES, record=DATASET),
        says(SYNAPSES, Predicate.CONTRIBUTES_TO, EPILEPSY),
    )
    assert routes(explain(made, DATASET, EPILEPSY)) == [
        ("studied", ["relevant_to", "subclass_of", "subclass_of"]),
        ("mechanism", ["relevant_to", "contributes_to"]),
    ]


def test_every_route_is_found() -> None:
    found = explain(
        tables(
            RECORDS_CA1,
            says(DATASET, Predicate.RELEVANT_TO, SYNAPSES, record=DATASET),
            says(SYNAPSES, Predicate.CONTRIBUTES_TO, EPILEPSY, record="PMID:2"),
            says(CA1, Predicate.AFFECTED_IN, EPILEPSY, record="PMID:2"),
            says(GAMMA, Predicate.OCCURS_IN, CA1, record="PMID:2"),
            says(GAMMA, Predicate.CONSEQUENCE_OF, EPILEPSY),
            says(DATASET, Predicate.DESCRIBED_BY, PAPER, record=DATASET),
            says(PAPER, Predicate.INVESTIGATES, EPILEPSY),
        ),
        DATASET,
        EPILEPSY,
    )
    assert sorted(routes(found)) == sorted(
        [
            ("mechanism", ["relevant_to", "contributes_to"]),
            ("place", ["records_from", "affected_in"]),
            ("place and mechanism", ["records_from", "occurs_in⁻", "consequence_of"]),
            ("paper", ["described_by", "investigates"]),
            ("paper", ["described_by", "consequence_of"]),
        ]
    )
    assert [reason.route for reason in found.reasons] == ["studied"]


def test_a_way_climbs_or_descends_and_never_goes_over_the_whole_brain() -> None:
    up = tables(RECORDS_CA1, CA1_IN_HIPPOCAMPUS, says(HIPPOCAMPUS, Predicate.AFFECTED_IN, EPILEPSY))
    assert routes(explain(up, DATASET, EPILEPSY)) == [("place", ["records_from", "part_of", "affected_in"])]
    down = tables(
        says(OTHER, Predicate.RECORDS_FROM, HIPPOCAMPUS, record=OTHER),
        CA1_IN_HIPPOCAMPUS,
        says(CA1, Predicate.AFFECTED_IN, EPILEPSY),
    )
    assert routes(explain(down, OTHER, EPILEPSY)) == [("place", ["records_from", "part_of⁻", "affected_in"])]
    whole = tables(
        RECORDS_CA1, CA1_IN_HIPPOCAMPUS, HIPPOCAMPUS_IN_BRAIN, says(BRAIN, Predicate.AFFECTED_IN, EPILEPSY)
    )
    assert explain(whole, DATASET, EPILEPSY).ways == ()


def test_what_denies_a_step_stands_beside_it_whoever_says_so() -> None:
    made = tables(
        RECORDS_CA1,
        says(CA1, Predicate.AFFECTED_IN, EPILEPSY, quote="CA1 is lost."),
        says(
            CA1,
            Predicate.AFFECTED_IN,
            EPILEPSY,
            quote="CA1 is spared.",
            polarity=Polarity.NEGATED,
            source="infores:neurowiki",
        ),
        # The same sentence, of which another source's claim is made: it is shown once.
        says(CA1, Predicate.AFFECTED_IN, EPILEPSY, quote="CA1 is spared.", polarity=Polarity.NEGATED),
    )
    step = explain(made, DATASET, EPILEPSY).ways[0].steps[1]
    assert step.status == "contested"
    assert [(quote.polarity, quote.quote) for quote in step.quotes] == [
        ("asserted", "CA1 is lost."),
        ("negated", "CA1 is spared."),
    ]


@pytest.mark.parametrize(
    ("claim", "text", "quote"),
    [
        (
            says(DATASET, Predicate.MENTIONS, STROKE, record=DATASET, quote="It may help in stroke."),
            "the dataset mentions stroke disorder only as background",
            "It may help in stroke.",
        ),
        (
            says(
                DATASET,
                Predicate.RELEVANT_TO,
                STROKE,
                record=DATASET,
                quote="Nobody had a stroke.",
                polarity=Polarity.NEGATED,
            ),
            "the dataset denies stroke disorder",
            "Nobody had a stroke.",
        ),
        (
            says(
                DATASET,
                Predicate.MENTIONS,
                STROKE,
                record=DATASET,
                quote="Stroke controls.",
                qualifiers=(("link_kind", "control_only"),),
            ),
            "the dataset names, for its controls alone, stroke disorder",
            "Stroke controls.",
        ),
        (
            RECORDS_CA1,
            "neither the dataset nor a paper that describes it names stroke disorder (rule 1)",
            None,
        ),
    ],
)
def test_the_gate_that_was_not_passed_is_named_with_its_sentence(
    claim: Supported, text: str, quote: str | None
) -> None:
    found = explain(tables(claim, says(SYNAPSES, Predicate.CONTRIBUTES_TO, STROKE)), DATASET, STROKE)
    assert found.ways == ()
    reason = next(reason for reason in found.reasons if reason.text == text)
    assert [piece.quote for piece in reason.quotes] == ([quote] if quote else [])


def test_the_missing_sentence_is_named_and_what_only_guesses_is_shown() -> None:
    guess = says(
        CA1, Predicate.AFFECTED_IN, STROKE, quote="CA1 may suffer in stroke.", polarity=Polarity.SPECULATIVE
    )
    made = tables(RECORDS_CA1, guess, says(SYNAPSES, Predicate.CONTRIBUTES_TO, STROKE))
    reasons = {reason.route: reason for reason in explain(made, DATASET, STROKE).reasons}
    assert reasons["mechanism"].text == "no sentence says that the dataset studies a mechanism (rule 1)"
    assert reasons["place"].text == (
        "no sentence asserts that a mechanism of stroke disorder (synaptic dysfunction) occurs in or that stroke "
        "disorder has to do with what the dataset records from (CA1 field of hippocampus)"
    )
    assert [(q.polarity, q.quote) for q in reasons["place"].quotes] == [
        ("speculative", "CA1 may suffer in stroke.")
    ]


def test_a_describing_paper_that_was_not_read_is_named() -> None:
    made = tables(
        says(DATASET, Predicate.DESCRIBED_BY, "DOI:10.1/x", record=DATASET),
        says(SYNAPSES, Predicate.CONTRIBUTES_TO, STROKE),
    )
    texts = [reason.text for reason in explain(made, DATASET, STROKE).reasons]
    assert "not read, because no record of it was given: DOI:10.1/x" in texts


def test_only_a_dataset_and_a_disease_are_explained() -> None:
    made = tables(RECORDS_CA1, says(SYNAPSES, Predicate.CONTRIBUTES_TO, STROKE))
    with pytest.raises(QueryError, match="it is a BrainRegion, not a Disease"):
        explain(made, DATASET, CA1)
    with pytest.raises(QueryError, match="it is a Disease, not a Dataset"):
        explain(made, STROKE, DATASET)


def test_the_shortest_ways_come_first_and_the_rest_are_counted() -> None:
    made = tables(
        RECORDS_CA1,
        CA1_IN_HIPPOCAMPUS,
        says(HIPPOCAMPUS, Predicate.AFFECTED_IN, EPILEPSY),
        says(CA1, Predicate.AFFECTED_IN, EPILEPSY),
    )
    found = explain(made, DATASET, EPILEPSY, most=1)
    assert routes(found) == [("place", ["records_from", "affected_in"])]
    assert found.way_count == 2
