"""Confidence in columns is confidence as it is defined."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.claims.confidence import METHOD_WEIGHTS, STUDY_FACTORS, confidence_of, weight_of
from kg.claims.studies import Study
from kg.graph.facts import PARTS, claim_rows
from kg.graph.tables import frame_of
from kg.graph.weigh import confidences_of, with_weights
from kg.model import Claim, ClaimKind, Evidence, Polarity, Predicate, Supported

WORKS = ["PMID:1", "PMID:2", "PMID:3", "DOI:10.1/x", "wiki:a/b"]
CLAIMS = [
    Claim(
        subject="mechanism:a",
        predicate=Predicate.CONTRIBUTES_TO,
        object=f"MONDO:{n}",
        kind=ClaimKind.BIOLOGICAL,
        primary_source="infores:pubmed",
    )
    for n in range(2)
]
pieces = st.builds(
    Evidence,
    claim_id=st.sampled_from([claim.id for claim in CLAIMS]),
    record_id=st.sampled_from(WORKS),
    section=st.sampled_from(["title", "abstract", "keywords/1", "keyword", "name", "abstract/title"]),
    quote=st.sampled_from(["Synapses fail.", "Mice decline.", "It does."]),
    polarity=st.sampled_from(list(Polarity)),
    method=st.sampled_from(list(METHOD_WEIGHTS)),
    cited=st.lists(st.sampled_from(WORKS), max_size=3, unique=True).map(tuple),
    via=st.sampled_from([None, "", "PMID:9"]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(pieces, min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(WORKS), st.sampled_from(list(STUDY_FACTORS)).map(Study)),
)
def test_weights_and_confidences_in_columns_are_those_of_the_scalar_functions(
    evidence: list[Evidence], studies: dict[str, Study]
) -> None:
    claims = {claim.id: claim for claim in CLAIMS}
    rows = claim_rows(Supported(claims[piece.claim_id], piece) for piece in evidence)["evidence"]
    known = frame_of(
        ({"record_id": work, "study": study.kind.value} for work, study in studies.items()), PARTS["studies"]
    )
    weighed = with_weights(frame_of(rows, PARTS["evidence"]), known)
    assert weighed["weight"].to_list() == [weight_of(piece, studies) for piece in evidence]
    found = dict(confidences_of(weighed).iter_rows())
    assert found == {
        claim_id: confidence_of([piece for piece in evidence if piece.claim_id == claim_id], studies)
        for claim_id in {piece.claim_id for piece in evidence}
    }
