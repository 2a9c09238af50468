"""A handful of real terms and builders of records, so that each test shows its sentence and what comes of it.

The sentences are the project's own; identifiers and names are those of the public vocabularies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kg.model import (
    ArticleRecord,
    Category,
    DatasetRecord,
    Mention,
    Parent,
    Passage,
    Problem,
    Receipt,
    Relation,
    Role,
    Scope,
    Source,
    Supported,
    Synonym,
    Term,
    WikiPageRecord,
    Xref,
)

_PREFIXES = {
    "UBERON": (Category.REGION, "uberon"),
    "CL": (Category.CELL_TYPE, "cl"),
    "MONDO": (Category.DISEASE, "mondo"),
    "NCBITaxon": (Category.SPECIES, "ncbitaxon"),
    "mechanism": (Category.MECHANISM, "neurokg"),
    "kg": (Category.TECHNIQUE, "neurokg"),
}
IS_A, PART_OF = Relation.IS_A, Relation.PART_OF


def term(
    curie: str,
    label: str,
    *parents: tuple[Relation, str],
    exact: Sequence[str] = (),
    same: Sequence[str] = (),
) -> Term:
    category, vocabulary = _PREFIXES[curie.partition(":")[0]]
    return Term(
        curie=curie,
        label=label,
        category=category,
        vocabulary=vocabulary,
        synonyms=tuple(Synonym(text, Scope.EXACT) for text in exact),
        parents=tuple(Parent(*parent) for parent in parents),
        xrefs=tuple(Xref("skos:exactMatch", curie) for curie in same),
    )


TERMS = (
    term("UBERON:0001062", "anatomical entity"),
    term("UBERON:0000463", "organism substance", (IS_A, "UBERON:0001062")),
    term("UBERON:0001016", "nervous system", (IS_A, "UBERON:0001062")),
    term("UBERON:0000955", "brain", (PART_OF, "UBERON:0001016")),
    term("UBERON:0000956", "cerebral cortex", (PART_OF, "UBERON:0000955")),
    term("UBERON:0001851", "cortex", (IS_A, "UBERON:0001062")),
    term("UBERON:0000411", "visual cortex", (PART_OF, "UBERON:0000956")),
    term("UBERON:0002436", "primary visual cortex", (PART_OF, "UBERON:0000411"), exact=["V1"]),
    term("UBERON:0013531", "retrosplenial region", (PART_OF, "UBERON:0000956"), exact=["retrosplenial cortex"]),
    term("UBERON:0001384", "primary motor cortex", (PART_OF, "UBERON:0000956"), exact=["M1"]),
    term("UBERON:0002421", "hippocampal formation", (PART_OF, "UBERON:0000955"), exact=["hippocampus"]),
    term("UBERON:0003881", "CA1 field of hippocampus", (PART_OF, "UBERON:0002421"), exact=["CA1"]),
    term("UBERON:0001885", "dentate gyrus of hippocampus", (PART_OF, "UBERON:0002421"), exact=["dentate gyrus"]),
    term("UBERON:0002435", "striatum", (PART_OF, "UBERON:0000955")),
    term("UBERON:0001897", "dorsal plus ventral thalamus", (PART_OF, "UBERON:0000955"), exact=["thalamus"]),
    term("UBERON:0002038", "substantia nigra", (PART_OF, "UBERON:0000955")),
    term("UBERON:0001359", "cerebrospinal fluid", (IS_A, "UBERON:0000463")),
    term("CL:0000598", "pyramidal neuron"),
    term("CL:0000129", "microglial cell", exact=["microglia"]),
    term("CL:0000700", "dopaminergic neuron", (PART_OF, "UBERON:0002038")),
    term("MONDO:0000001", "disease"),
    term("MONDO:0005027", "epilepsy", (IS_A, "MONDO:0000001"), same=["SNOMEDCT:84757009"]),
    term("MONDO:0005115", "temporal lobe epilepsy", (IS_A, "MONDO:0005027")),
    term("MONDO:0005180", "Parkinson disease", exact=["Parkinson's disease"], same=["MESH:D010300"]),
    term("MONDO:0004975", "Alzheimer disease", exact=["Alzheimer's disease"], same=["MESH:D000544"]),
    term("MONDO:0005098", "stroke disorder", exact=["stroke"]),
    term("MONDO:0005371", "mood disorder", exact=["depression"]),
    term("mechanism:synaptic-dysfunction", "synaptic dysfunction", exact=["synaptic loss"]),
    term("mechanism:neuroinflammation", "neuroinflammation"),
    term("mechanism:gamma-oscillation-disruption", "gamma oscillation disruption"),
    term("NCBITaxon:10090", "Mus musculus", exact=["mouse", "house mouse"]),
    term("NCBITaxon:10116", "Rattus norvegicus", exact=["rat"]),
    term("NCBITaxon:9606", "Homo sapiens", exact=["human"]),
    term("kg:technique-spike-sorting", "spike sorting technique"),
)  # fmt: skip


def receipt(source: Source) -> Receipt:
    return Receipt(source=source, path="a.file", sha256="0" * 64, size_bytes=1)


def passages(record_id: str, **texts: str | Sequence[str]) -> tuple[Passage, ...]:
    """Make passages: title="…", description="…", keywords=["…"], abstract="…", body="…"."""
    roles = {"keywords": Role.KEYWORD, "about": Role.FIELD}
    made = []
    for section, text in texts.items():
        role = roles.get(section) or Role(section)
        if isinstance(text, str):
            made.append(Passage(record_id=record_id, section=section, role=role, text=text))
        else:
            made += [
                Passage(record_id=record_id, section=f"{section}/{n}", role=role, text=item)
                for n, item in enumerate(text, start=1)
            ]
    return tuple(made)


def dataset(**fields: object) -> DatasetRecord:
    texts = {key: fields.pop(key) for key in ("title", "description", "keywords") if key in fields}
    title = str(texts.get("title", "A dataset"))
    return DatasetRecord(
        id="DANDI:000001",
        title=title,
        receipt=receipt(Source.DANDI),
        passages=passages("DANDI:000001", **texts),  # type: ignore[arg-type]
        **fields,  # type: ignore[arg-type]
    )


def article(pmid: str = "1", **fields: object) -> ArticleRecord:
    texts = {key: fields.pop(key) for key in ("title", "abstract") if key in fields}
    return ArticleRecord(
        id=f"PMID:{pmid}",
        title=str(texts.get("title", "An article")),
        receipt=receipt(Source.PUBMED),
        passages=passages(f"PMID:{pmid}", **texts),  # type: ignore[arg-type]
        **fields,  # type: ignore[arg-type]
    )


def page(slug: str, **fields: object) -> WikiPageRecord:
    texts = {key: fields.pop(key) for key in ("title", "body") if key in fields}
    made = passages(f"wiki:{slug}", **texts)  # type: ignore[arg-type]
    given = fields.pop("passages", made)
    return WikiPageRecord(
        id=f"wiki:{slug}",
        slug=slug,
        title=str(texts.get("title", slug)),
        receipt=receipt(Source.WIKI),
        passages=given,  # type: ignore[arg-type]
        page_type=slug.partition("/")[0],
        **fields,  # type: ignore[arg-type]
    )


#: Surface in the tests' sentences -> term.
_SURFACES = {
    surface.lower(): (found.curie, found.category, "label")
    for found in TERMS
    for surface in (found.label, *(synonym.text for synonym in found.synonyms))
} | {
    "hippocampal": ("UBERON:0002421", Category.REGION, "adjective"),
    "pyramidal neurons": ("CL:0000598", Category.CELL_TYPE, "label"),
    "dopaminergic neurons": ("CL:0000700", Category.CELL_TYPE, "label"),
    "mice": ("NCBITaxon:10090", Category.SPECIES, "label"),
    "rats": ("NCBITaxon:10116", Category.SPECIES, "label"),
    "gamma oscillations": ("mechanism:gamma-oscillation-disruption", Category.MECHANISM, "process"),
}  # fmt: skip


def link(record: DatasetRecord | ArticleRecord | WikiPageRecord) -> list[Mention]:
    """Find the known surfaces in a record, the longest first: as much of a linker as these tests need."""
    mentions: list[Mention] = []
    for found in record.passages:
        text, taken = found.text.lower(), [False] * len(found.text)
        spans = []
        for surface in sorted(_SURFACES, key=len, reverse=True):
            at = text.find(surface)
            while at >= 0:
                end = at + len(surface)
                is_word = not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum())
                if is_word and not any(taken[at:end]):
                    taken[at:end] = [True] * len(surface)
                    spans.append((at, end, _SURFACES[surface]))
                at = text.find(surface, end)
        mentions += [
            Mention(
                record_id=record.id,
                section=found.section,
                start=at,
                end=end,
                surface=found.text[at:end],
                curie=curie,
                category=category,
                method=method,
            )
            for at, end, (curie, category, method) in sorted(spans)
        ]
    return mentions


def say(found: Iterable[Supported | Problem]) -> set[tuple[str, str, str, str]]:
    """Reduce claims to (subject, predicate, object, polarity), and leave problems out."""
    return {
        (item.claim.subject, item.claim.predicate.value, item.claim.object, item.evidence.polarity.value)
        for item in found
        if isinstance(item, Supported)
    }
