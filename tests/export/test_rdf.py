"""RDF: what is written is what parsers read, and nothing is lost or claimed that the build doesn't claim."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import polars as pl
import pyoxigraph
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import ExportError
from kg.export.rdf import ExportSummary, export_rdf, write_nquads, write_ntriples
from kg.export.rdf_terms import address_terms, iri, iri_terms, literal_terms, rdf_prefixes
from kg.graph.tables import make_table
from kg.model.claim import Claim, Predicate
from kg.model.curie import iri_of
from kg.model.schema import EDGE_TYPES

# rdflib warns of its own use of what it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")

KG = "https://w3id.org/neurokg/vocab/"
BIOLINK = "https://w3id.org/biolink/vocab/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

TEXT = st.text(max_size=60)
#: What breaks line-based formats: quotes, escapes, every kind of line break, controls, astral code points.
NASTY = st.text(
    alphabet=st.sampled_from(
        'a"\\\n\r\t\b\f\x00\x01\x1f\x7f\x85\u2028\u2029\ufeff\ufffe\U0001f9e0<>^_{}|`%#?. ä'
    ),
    max_size=30,
)


def claim_row(
    subject: str, predicate: Predicate, object_: str, *, status: str = "asserted", **more: Any
) -> dict[str, Any]:
    kind = EDGE_TYPES[predicate].kind
    claim = Claim(
        subject=subject, predicate=predicate, object=object_, kind=kind, primary_source="infores:pubmed"
    )
    return {
        "id": claim.id,
        "subject": subject,
        "predicate": predicate.value,
        "object": object_,
        "kind": kind.value,
        "status": status,
        "primary_source": "infores:pubmed",
        "qualifiers": ["role=author", "species=mouse"],
        "confidence": 0.85,
        "evidence_count": 1,
        "negated_count": 0,
        "speculative_count": 0,
        "knowledge_level": "knowledge_assertion",
        "agent_type": "text_mining_agent",
        **more,
    }


def evidence_row(claim: dict[str, Any], *, polarity: str = "asserted", **more: Any) -> dict[str, Any]:
    return {
        "id": f"evidence:{claim['id'].partition(':')[2]}{polarity}",
        "claim_id": claim["id"],
        "record_id": "PMID:31086362",
        "section": "abstract",
        "start": 3,
        "end": 30,
        "quote": 'It "contributes"\nto it.',
        "polarity": polarity,
        "method": "sentence_rule",
        "eco": "ECO:0007669",
        "trigger": "contributes",
        "cited": ["DOI:10.1/a<b>", "PMID:1"],
        **more,
    }


NODES = {
    "DANDI:000053": "Dataset",
    "UBERON:0003881": "BrainRegion",
    "mechanism:synaptic-dysfunction": "Mechanism",
    "MONDO:0004975": "Disease",
    "PMID:31086362": "Publication",
    "ORCID:0000-0002-7154-6292": "Agent",
}


def build(
    claims: list[dict[str, Any]], evidence: list[dict[str, Any]], nodes: list[dict[str, Any]] | None = None
) -> dict[str, pl.DataFrame]:
    rows = (
        nodes
        if nodes is not None
        else [{"id": curie, "label": label, "name": curie} for curie, label in NODES.items()]
    )
    return {
        "nodes": make_table("nodes", rows),
        "claims": make_table("claims", claims),
        "evidence": make_table("evidence", evidence),
    }


def written(tables: dict[str, pl.DataFrame]) -> bytes:
    stream = io.BytesIO()
    count = write_nquads(tables, stream)
    assert count == stream.getvalue().count(b"\n")
    return stream.getvalue()


def quads(data: bytes) -> set[tuple[str, ...]]:
    found = pyoxigraph.parse(data, format=pyoxigraph.RdfFormat.N_QUADS)
    return {
        tuple(str(getattr(term, "value", term)) for term in (q.subject, q.predicate, q.object, q.graph_name))
        for q in found
    }


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    cause = claim_row("mechanism:synaptic-dysfunction", Predicate.CONTRIBUTES_TO, "MONDO:0004975")
    records = claim_row("DANDI:000053", Predicate.RECORDS_FROM, "UBERON:0003881")
    affected = claim_row(
        "UBERON:0003881", Predicate.AFFECTED_IN, "MONDO:0004975", status="contested", negated_count=1
    )
    denied = claim_row(
        "mechanism:synaptic-dysfunction",
        Predicate.OCCURS_IN,
        "UBERON:0003881",
        status="negated",
        evidence_count=0,
    )
    guessed = claim_row(
        "UBERON:0003881", Predicate.CONTRIBUTES_TO, "MONDO:0004975", status="speculative", evidence_count=0
    )
    made = claim_row("DANDI:000053", Predicate.HAS_CONTRIBUTOR, "ORCID:0000-0002-7154-6292")
    evidence = [
        evidence_row(cause),
        evidence_row(records, via="PMID:31086362", raw="CA1"),
        evidence_row(affected),
        evidence_row(affected, polarity="negated"),
        evidence_row(denied, polarity="negated"),
        evidence_row(guessed, polarity="speculative"),
        evidence_row(made),
    ]
    return build([cause, records, affected, denied, guessed, made], evidence)


def claim_iri(subject: str, predicate: Predicate, object_: str) -> str:
    return str(iri_of(claim_row(subject, predicate, object_)["id"]))


def test_a_claims_triple_stands_in_the_graph_that_the_claim_names(tables: dict[str, pl.DataFrame]) -> None:
    found = quads(written(tables))
    claim = claim_iri("DANDI:000053", Predicate.RECORDS_FROM, "UBERON:0003881")
    dataset, region = str(iri_of("DANDI:000053")), str(iri_of("UBERON:0003881"))
    assert {q[:3] for q in found if q[3] == claim} == {
        (dataset, f"{KG}records_from", region),
        (dataset, f"{BIOLINK}related_to", region),
    }


@pytest.mark.parametrize(
    ("subject", "predicate", "object_"),
    [
        ("mechanism:synaptic-dysfunction", Predicate.OCCURS_IN, "UBERON:0003881"),
        ("UBERON:0003881", Predicate.CONTRIBUTES_TO, "MONDO:0004975"),
    ],
)
def test_negated_and_speculative_claims_are_nodes_without_a_triple(
    tables: dict[str, pl.DataFrame], subject: str, predicate: Predicate, object_: str
) -> None:
    found = quads(written(tables))
    claim = claim_iri(subject, predicate, object_)
    assert not [q for q in found if q[3] == claim]
    assert (claim, f"{RDF}subject", str(iri_of(subject)), "DEFAULT") in {(*q[:3], "DEFAULT") for q in found}
    assert not [q for q in found if q[0] == claim and q[1] == f"{BIOLINK}has_evidence"]
    assert [q for q in found if q[0] == claim and q[1] == f"{KG}has_evidence"]


def test_only_a_negated_claim_is_called_negated(tables: dict[str, pl.DataFrame]) -> None:
    negated = {q[0] for q in quads(written(tables)) if q[1] == f"{BIOLINK}negated"}
    assert negated == {claim_iri("mechanism:synaptic-dysfunction", Predicate.OCCURS_IN, "UBERON:0003881")}


def test_negating_evidence_of_a_contested_claim_is_kept_but_is_no_support(
    tables: dict[str, pl.DataFrame],
) -> None:
    found = quads(written(tables))
    claim = claim_iri("UBERON:0003881", Predicate.AFFECTED_IN, "MONDO:0004975")
    assert len([q for q in found if q[0] == claim and q[1] == f"{KG}has_evidence"]) == 2
    assert len([q for q in found if q[0] == claim and q[1] == f"{BIOLINK}has_evidence"]) == 1


def test_biolink_predicates_that_run_the_other_way_get_their_ends_changed(
    tables: dict[str, pl.DataFrame],
) -> None:
    plain = {q[:3] for q in quads(written(tables)) if q[3].startswith("https://w3id.org/neurokg/claim/")}
    region, disease = str(iri_of("UBERON:0003881")), str(iri_of("MONDO:0004975"))
    assert (disease, f"{BIOLINK}disease_has_location", region) in plain
    assert (region, f"{KG}affected_in", disease) in plain
    assert (
        str(iri_of("ORCID:0000-0002-7154-6292")),
        f"{BIOLINK}contributor",
        str(iri_of("DANDI:000053")),
    ) in plain


def test_an_affected_mechanism_is_no_location() -> None:
    claim = claim_row("mechanism:synaptic-dysfunction", Predicate.AFFECTED_IN, "MONDO:0004975")
    found = quads(written(build([claim], [evidence_row(claim)])))
    assert not [q for q in found if q[1] == f"{BIOLINK}disease_has_location"]
    mechanism, disease = str(iri_of("mechanism:synaptic-dysfunction")), str(iri_of("MONDO:0004975"))
    assert (mechanism, f"{BIOLINK}related_to", disease, str(iri_of(claim["id"]))) in found


PREFIXES = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in rdf_prefixes().items())


def test_a_claim_leads_to_its_quote_in_one_query(tables: dict[str, pl.DataFrame]) -> None:
    store = pyoxigraph.Store()
    store.load(written(tables), format=pyoxigraph.RdfFormat.N_QUADS)
    rows = list(
        store.query(
            f"""{PREFIXES}
            SELECT ?quote ?start ?record WHERE {{
              GRAPH ?claim {{ mechanism:synaptic-dysfunction biolink:contributes_to ?disease }}
              ?claim kg:has_evidence ?evidence .
              ?evidence kg:quote ?quote ; kg:start ?start ; prov:wasDerivedFrom ?record ; a ECO:0007669 .
            }}"""
        )
    )
    assert [(row["quote"].value, row["start"].value, row["record"].value) for row in rows] == [
        ('It "contributes"\nto it.', "3", "https://pubmed.ncbi.nlm.nih.gov/31086362")
    ]


def test_rdflib_and_oxigraph_read_the_same(tables: dict[str, pl.DataFrame]) -> None:
    data = written(tables)
    dataset = rdflib.Dataset()
    dataset.parse(data=data, format="nquads")
    default = str(dataset.default_graph.identifier)
    read = {
        (str(s), str(p), str(o), "DEFAULT" if g is None or str(g) == default else str(g))
        for s, p, o, g in dataset.quads()
    }
    assert read == {(*q[:3], q[3] if q[3].startswith("https://") else "DEFAULT") for q in quads(data)}


def test_lines_are_sorted_and_stand_once_whatever_the_order_of_rows(tables: dict[str, pl.DataFrame]) -> None:
    data = written(tables)
    lines = data.splitlines(keepends=True)
    assert lines == sorted(set(lines))
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=7) for name, table in tables.items()}
    assert written(shuffled) == data


def test_slices_make_no_difference(tables: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(tables)
    monkeypatch.setattr("kg.export.rdf_statements._SLICE", 2)
    assert written(tables) == data


def test_ntriples_have_no_graphs_and_lose_no_claim(tables: dict[str, pl.DataFrame]) -> None:
    stream = io.BytesIO()
    write_ntriples(tables, stream)
    triples = set(pyoxigraph.parse(stream.getvalue(), format=pyoxigraph.RdfFormat.N_TRIPLES))
    assert {
        tuple(str(getattr(t, "value", t)) for t in (q.subject, q.predicate, q.object)) for q in triples
    } == {q[:3] for q in quads(written(tables))}


@pytest.mark.parametrize("ending", [".nq", ".nt", ".ttl", ".nq.gz", ".nt.gz", ".ttl.gz"])
def test_every_format_is_the_same_bytes_twice(
    tables: dict[str, pl.DataFrame], tmp_path: Path, ending: str
) -> None:
    first = export_rdf(tables, tmp_path / f"a{ending}")
    second = export_rdf(tables, tmp_path / f"b{ending}")
    data = (tmp_path / f"a{ending}").read_bytes()
    assert first == second == ExportSummary(first.triples, len(data))
    assert (tmp_path / f"b{ending}").read_bytes() == data
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{ending}", f"b{ending}"]


def test_turtle_declares_its_prefixes_and_holds_every_triple(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    summary = export_rdf(tables, tmp_path / "x.ttl.gz")
    text = gzip.decompress((tmp_path / "x.ttl.gz").read_bytes()).decode()
    assert "@prefix MONDO: <http://purl.obolibrary.org/obo/MONDO_> ." in text
    assert len(list(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.TURTLE))) == summary.triples


def test_turtle_refuses_what_it_is_not_meant_for(
    tables: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.export.rdf.TURTLE_LIMIT", 10)
    with pytest.raises(ExportError, match="too many for Turtle"):
        export_rdf(tables, tmp_path / "x.ttl")
    assert not list(tmp_path.iterdir())


def test_a_failed_export_leaves_the_old_file(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    path = tmp_path / "x.nq"
    path.write_text("old")
    broken = {**tables, "nodes": tables["nodes"].with_columns(id=pl.lit("nowhere:1"))}
    with pytest.raises(ExportError):
        export_rdf(broken, path)
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["x.nq"]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("claims", "subject", "nowhere:1"),
        ("claims", "object", "free text"),
        ("claims", "primary_source", "pubmed"),
        ("evidence", "record_id", "file.xml"),
        ("evidence", "cited", ["PMID:1", "nowhere:1"]),
        ("nodes", "id", "UBERON:"),
    ],
)
def test_an_unknown_prefix_is_named_not_dropped(
    tables: dict[str, pl.DataFrame], table: str, column: str, value: object
) -> None:
    broken = {
        **tables,
        table: tables[table].with_columns(pl.lit(value, dtype=tables[table].schema[column]).alias(column)),
    }
    with pytest.raises(ExportError) as caught:
        write_nquads(broken, io.BytesIO())
    assert caught.value.where == f"{table}.{column}"
    assert caught.value.facts["curies"] == [value[-1] if isinstance(value, list) else value]


def test_an_unknown_ending_is_refused(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="names no RDF format"):
        export_rdf(tables, tmp_path / "x.json")


def test_nodes_keep_every_property() -> None:
    region = {
        "id": "UBERON:0003881",
        "label": "BrainRegion",
        "name": "CA1 field",
        "synonyms": ["CA1", "field CA1"],
        "xrefs": ["FMA:74042", "MBA:382"],
        "definition": "A field.",
        "url": "https://example.org/a b?x=1#y",
        "vocabulary": "uberon",
    }
    mechanism = {
        "id": "mechanism:synaptic-dysfunction",
        "label": "Mechanism",
        "name": "Synaptic",
        "xrefs": ["GO:0007268", "MESH:D1"],
    }
    dataset = {
        "id": "DANDI:000053",
        "label": "Dataset",
        "name": "D",
        "subject_count": 4,
        "is_open": True,
        "date": "2021-03-01",
    }
    found = {q[1:3] for q in quads(written(build([], [], [region, mechanism, dataset])))}
    skos = "http://www.w3.org/2004/02/skos/core#"
    assert {
        (f"{RDF}type", f"{KG}BrainRegion"),
        (f"{RDF}type", f"{BIOLINK}GrossAnatomicalStructure"),
        ("http://www.w3.org/2000/01/rdf-schema#label", "CA1 field"),
        ("http://www.w3.org/2000/01/rdf-schema#seeAlso", "https://example.org/a%20b?x=1#y"),
        (f"{skos}altLabel", "field CA1"),
        (f"{skos}definition", "A field."),
        (f"{skos}closeMatch", str(iri_of("MBA:382"))),
        ("http://www.geneontology.org/formats/oboInOwl#hasDbXref", "FMA:74042"),
        (f"{skos}relatedMatch", str(iri_of("GO:0007268"))),
        (f"{skos}closeMatch", str(iri_of("MESH:D1"))),
        (f"{KG}subject_count", "4"),
        (f"{KG}is_open", "true"),
        ("http://purl.org/dc/terms/date", "2021-03-01"),
    } <= found


def test_an_empty_build_is_its_schema_alone() -> None:
    found = quads(written(build([], [], [])))
    assert all(q[0].startswith(KG) for q in found)
    assert (
        f"{KG}records_from",
        "http://www.w3.org/2000/01/rdf-schema#subPropertyOf",
        f"{BIOLINK}related_to",
    ) in {q[:3] for q in found}


def _object(term: str) -> tuple[str, str]:
    line = f"<http://example.org/s> <http://example.org/p> {term} .\n".encode()
    (quad,) = pyoxigraph.parse(line, format=pyoxigraph.RdfFormat.N_QUADS)
    graph = rdflib.Graph()
    graph.parse(data=line, format="nt")
    (read,) = graph.objects()
    return str(quad.object.value), str(read)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(TEXT, NASTY))
def test_any_text_survives_as_a_literal(text: str) -> None:
    term = pl.DataFrame({"t": [text]}).select(literal_terms(pl.col("t"))).item()
    assert "\n" not in term
    assert _object(term) == (text, text)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(rdf_prefixes())), st.one_of(TEXT, NASTY).filter(bool))
def test_any_curie_of_a_known_prefix_becomes_a_valid_iri(prefix: str, local: str) -> None:
    term = pl.DataFrame({"c": [f"{prefix}:{local}"]}).select(iri_terms(pl.col("c"))).item()
    first, second = _object(term)
    assert first == second
    assert first.startswith(rdf_prefixes()[prefix])
    assert term == iri(f"{prefix}:{local}")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(TEXT, NASTY).filter(bool), min_size=2, max_size=2, unique=True))
def test_two_curies_never_share_an_iri(locals_: list[str]) -> None:
    terms = pl.DataFrame({"c": [f"DOI:{local}" for local in locals_]}).select(iri_terms(pl.col("c")))
    assert terms["c"].n_unique() == 2


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(TEXT, NASTY))
def test_any_address_becomes_a_valid_iri_or_nothing(rest: str) -> None:
    term = pl.DataFrame({"u": [f"https://example.org/{rest}"]}).select(address_terms(pl.col("u"))).item()
    if term is not None:
        assert _object(term)[0].startswith("https://example.org/")
    assert pl.DataFrame({"u": [f"javascript:{rest}"]}).select(address_terms(pl.col("u"))).item() is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(TEXT, NASTY).filter(bool), st.one_of(TEXT, NASTY).filter(bool)),
        min_size=1,
        max_size=4,
    )
)
def test_whole_builds_of_odd_identifiers_and_quotes_parse_and_are_sorted(
    pairs: list[tuple[str, str]],
) -> None:
    claims = {
        row["id"]: row for row in (claim_row(f"DOI:{local}", Predicate.CITES, "PMID:1") for local, _ in pairs)
    }
    evidence = {
        row["id"]: row
        for claim, (_, quote) in zip(claims.values(), pairs, strict=False)
        for row in [evidence_row(claim, quote=quote)]
    }
    data = written(build(list(claims.values()), list(evidence.values())))
    lines = data.splitlines(keepends=True)
    assert lines == sorted(set(lines))
    found = quads(data)
    assert {q[2] for q in found if q[1] == f"{KG}quote"} == {row["quote"] for row in evidence.values()}
    assert {q[0] for q in found if q[1] == f"{RDF}subject"} == {iri_of(claim) for claim in claims}
