"""The project's own tables: their form, their ids against the vocabularies, and what no table may say."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import cellxgene_ontology_guide
import pytest
import yaml
import zstandard

from kg.config import curated_dir
from kg.link.tokens import key_of
from kg.model.curie import normalise_curie

TERM_TABLES = ("brain_regions.yaml", "cell_types.yaml", "diseases.yaml", "species.yaml", "techniques.yaml")
VOCABULARY_OF_TABLE = {"brain_regions.yaml": "UBERON", "cell_types.yaml": "CL", "diseases.yaml": "MONDO"}
#: Scopes that are matched, and so may not name two terms of one table.
MATCHED = ("exact", "process", "narrow")
FAMILIES = {
    "proteinopathy", "proteostasis", "synapse", "neurotransmission", "excitability_circuit", "bioenergetics",
    "neuroinflammation_glia", "myelin_axon_cytoskeleton", "vascular_clearance", "genome_RNA", "lipid", "neuron_loss",
}  # fmt: skip


@cache
def table(name: str) -> Any:
    return yaml.safe_load((curated_dir() / name).read_text(encoding="utf-8"))


def mechanisms() -> list[dict[str, Any]]:
    return table("mechanisms.yaml")["mechanisms"]


def terms(name: str) -> list[dict[str, Any]]:
    return mechanisms() if name == "mechanisms.yaml" else table(name)["terms"]


@cache
def vocabulary(prefix: str) -> dict[str, tuple[str, bool]]:
    """Label and deprecation by CURIE, from the newest release that the wheel has."""
    folder = Path(cellxgene_ontology_guide.__file__).parent / "data"
    path = max(folder.glob(f"{prefix}-ontology-*.json.zst"))
    with path.open("rb") as stored:
        read = json.loads(zstandard.ZstdDecompressor().stream_reader(stored).read())
    return {curie: (term["label"], term["deprecated"]) for curie, term in read.items()}


ALL_TABLES = ("mechanisms.yaml", *TERM_TABLES)


@pytest.mark.parametrize("name", ALL_TABLES)
def test_ids_are_unique_and_written_in_the_projects_spelling(name: str) -> None:
    ids = [term["id"] for term in terms(name)]
    assert len(ids) == len(set(ids))
    assert [curie for curie in ids if normalise_curie(curie) != curie] == []


@pytest.mark.parametrize("name", ALL_TABLES)
def test_every_surface_is_a_tidy_string_of_two_characters_or_more(name: str) -> None:
    bad = [
        (term["id"], surface)
        for term in terms(name)
        for surfaces in term.get("synonyms", {}).values()
        for surface in surfaces
        if not isinstance(surface, str) or len(surface) < 2 or surface != " ".join(surface.split())
    ]
    assert bad == []


@pytest.mark.parametrize("name", ALL_TABLES)
def test_no_term_has_a_surface_twice(name: str) -> None:
    twice = []
    for term in terms(name):
        surfaces = [surface for listed in term.get("synonyms", {}).values() for surface in listed]
        twice += [(term["id"], surface) for surface in surfaces if surfaces.count(surface) > 1]
    assert twice == []


@pytest.mark.parametrize("name", ALL_TABLES)
def test_a_matched_surface_names_one_term_of_its_table(name: str) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for term in terms(name):
        owners[key_of(term["label"])].add(term["id"])
        for scope in MATCHED:
            for surface in term.get("synonyms", {}).get(scope, ()):
                owners[key_of(surface)].add(term["id"])
    assert {surface: sorted(ids) for surface, ids in owners.items() if len(ids) > 1} == {}


@pytest.mark.parametrize("name", ALL_TABLES)
def test_a_surface_that_is_only_related_is_matched_for_no_other_term(name: str) -> None:
    matched: dict[str, str] = {}
    for term in terms(name):
        for scope in MATCHED:
            matched.update(
                (key_of(surface), term["id"]) for surface in term.get("synonyms", {}).get(scope, ())
            )
    both = [
        (surface, term["id"], matched[key_of(surface)])
        for term in terms(name)
        for surface in term.get("synonyms", {}).get("related", ())
        if key_of(surface) in matched
    ]
    assert both == []


@pytest.mark.parametrize("name", sorted(VOCABULARY_OF_TABLE))
def test_terms_exist_in_their_vocabulary_with_the_label_beside_them(name: str) -> None:
    known = vocabulary(VOCABULARY_OF_TABLE[name])
    wrong = [
        (term["id"], term["label"], known.get(term["id"]))
        for term in terms(name)
        if known.get(term["id"]) != (term["label"], False)
    ]
    assert wrong == []


def test_adjectives_belong_to_living_terms_and_to_one_each() -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    for term in table("adjectives.yaml")["terms"]:
        known = vocabulary(term["id"].partition(":")[0])
        assert known[term["id"]] == (term["label"], False)
        for adjective in term["adjectives"]:
            owners[adjective].append(term["id"])
    assert {adjective: ids for adjective, ids in owners.items() if len(ids) > 1} == {}


def test_there_are_the_77_mechanisms_in_12_families() -> None:
    assert len(mechanisms()) == 77
    assert {mechanism["family"] for mechanism in mechanisms()} == FAMILIES


@pytest.mark.parametrize("mechanism", mechanisms(), ids=lambda mechanism: mechanism["slug"])
def test_mechanism_is_complete(mechanism: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", mechanism["slug"])
    assert mechanism["id"] == f"mechanism:{mechanism['slug']}"
    assert mechanism["synonyms"]["exact"]
    assert mechanism["mappings"]
    # One sentence: one full stop, at its end.
    assert re.fullmatch(r"[A-Z][^.!?]{30,250}\.", mechanism["definition"]), mechanism["definition"]


def test_slugs_are_those_of_the_candidates(shared_dir: Path) -> None:
    lines = (
        (shared_dir / "data/ontologies/mechanism_candidates.tsv").read_text(encoding="utf-8").splitlines()[1:]
    )
    wanted = {
        re.sub(r"[^a-z0-9]+", "-", line.split("\t")[1].lower()).strip("-"): line.split("\t")[0]
        for line in lines
    }
    assert {mechanism["slug"]: mechanism["family"] for mechanism in mechanisms()} == wanted


def test_parents_of_mechanisms_exist_and_make_no_circle() -> None:
    parent = {mechanism["id"]: mechanism["parent"] for mechanism in mechanisms()}
    assert {up for up in parent.values() if up} <= set(parent)
    for start in parent:
        seen, here = {start}, parent[start]
        while here:
            assert here not in seen, f"{start} is its own ancestor"
            seen.add(here)
            here = parent[here]


def test_go_names_normal_processes_and_is_only_related() -> None:
    stronger = [
        (mechanism["id"], mapping["id"], mapping["predicate"])
        for mechanism in mechanisms()
        for mapping in mechanism["mappings"]
        if mapping["id"].startswith("GO:") and mapping["predicate"] != "skos:relatedMatch"
    ]
    assert stronger == []


def test_mappings_to_mondo_are_living_terms_with_their_labels() -> None:
    known = vocabulary("MONDO")
    mapped = [m for mechanism in mechanisms() for m in mechanism["mappings"] if m["id"].startswith("MONDO:")]
    assert mapped
    assert [m for m in mapped if known.get(m["id"]) != (m["label"], False)] == []


def test_mappings_to_go_and_mesh_have_the_labels_of_their_releases(shared_dir: Path) -> None:
    import gzip

    labels: dict[str, str] = {}
    with gzip.open(
        shared_dir / "data/ontologies/go-basic.2021-12-15.obo.gz", "rt", encoding="utf-8"
    ) as lines:
        curie = ""
        for line in lines:
            key, _, value = line.rstrip("\n").partition(": ")
            if key == "id":
                curie = value
            elif key == "name":
                labels[curie] = value
            elif key == "is_obsolete":
                labels.pop(curie, None)
    with gzip.open(
        shared_dir / "data/ontologies/mesh_id_label_mappings.tsv.gz", "rt", encoding="utf-8"
    ) as lines:
        labels |= {f"MESH:{row[0]}": row[1] for row in (line.split("\t") for line in lines)}
    wrong = [
        (mechanism["id"], mapping, labels.get(mapping["id"]))
        for mechanism in mechanisms()
        for mapping in mechanism["mappings"]
        if mapping["id"].startswith(("GO:", "MESH:")) and labels.get(mapping["id"]) != mapping["label"]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("surface", "slug"),
    [
        ("gamma oscillations", "gamma-oscillation-disruption"),
        ("sharp-wave ripples", "theta-sharp-wave-ripple-disruption"),
        ("hippocampal replay", "theta-sharp-wave-ripple-disruption"),
        ("E/I balance", "excitation-inhibition-imbalance"),
        ("spontaneous seizures", "network-hyperexcitability-epileptiform-activity"),
        ("interictal epileptiform discharges", "network-hyperexcitability-epileptiform-activity"),
        ("slow-wave sleep", "sleep-slow-wave-disruption"),
        ("beta bursts", "pathological-beta-synchrony-basal-ganglia"),
        ("long-term potentiation", "impaired-long-term-potentiation-plasticity"),
        ("dopamine depletion", "dopaminergic-neurotransmission-deficit"),
        ("spatial representations", "spatial-coding-place-grid-cell-disruption"),
        ("synaptic failure", "synaptic-dysfunction"),
        ("amyloid-β plaques", "amyloid-beta-aggregation-and-plaque-deposition"),
    ],
)
def test_names_that_recordings_use_are_there(surface: str, slug: str) -> None:
    mechanism = next(m for m in mechanisms() if m["slug"] == slug)
    listed = {key_of(name) for scope in ("exact", "process") for name in mechanism["synonyms"][scope]}
    assert key_of(surface) in listed


@pytest.mark.parametrize(
    "surface", ["inflammation", "plasticity", "ripples", "replay", "inhibition", "tau", "theta", "stress"]
)
def test_words_that_are_often_something_else_are_never_matched(surface: str) -> None:
    listed = {key_of(name) for m in mechanisms() for scope in MATCHED for name in m["synonyms"][scope]}
    assert key_of(surface) not in listed


def test_stop_surfaces_have_a_reason_and_stand_once() -> None:
    seen = set()
    for entry in table("stop_surfaces.yaml")["surfaces"]:
        assert set(entry) <= {"text", "reason", "categories"}
        assert len(entry["reason"]) > 10
        for category in entry.get("categories") or (
            "region",
            "cell_type",
            "disease",
            "mechanism",
            "species",
            "technique",
        ):
            key = (key_of(entry["text"]), category)
            assert key not in seen
            seen.add(key)


@pytest.mark.parametrize(
    ("name", "category"),
    [("brain_regions.yaml", "region"), ("cell_types.yaml", "cell_type"), ("diseases.yaml", "disease")],
)
def test_no_stop_surface_hides_a_name_of_our_own(name: str, category: str) -> None:
    stopped = {
        key_of(entry["text"])
        for entry in table("stop_surfaces.yaml")["surfaces"]
        if category in (entry.get("categories") or [category])
    }
    hidden = [
        surface
        for term in terms(name)
        for scope in ("exact", "abbreviation")
        for surface in term.get("synonyms", {}).get(scope, ())
        if key_of(surface) in stopped
    ]
    assert hidden == []


def test_ambiguous_acronyms_of_regions_ask_for_support() -> None:
    exact = {surface for term in terms("brain_regions.yaml") for surface in term["synonyms"].get("exact", ())}
    assert (
        exact
        & {
            "SC",
            "MS",
            "IC",
            "AD",
            "CP",
            "MD",
            "PD",
            "SN",
            "LC",
            "BA",
            "LP",
            "AM",
            "PM",
            "AL",
            "S1",
            "M1",
            "A1",
        }
        == set()
    )


@pytest.mark.parametrize(
    "approach_or_technique",
    [
        "electrophysiological approach",
        "behavioral approach",
        "microscopy approach; cell population imaging",
        "optogenetic approach",
        "surgical technique",
        "analytical technique",
        "spike sorting technique",
        "behavioral technique",
        "multi electrode extracellular electrophysiology recording technique",
        "signal filtering technique",
        "two-photon microscopy technique",
        "current clamp technique",
        "voltage clamp technique",
        "fourier analysis technique",
        "patch clamp technique",
    ],
)
def test_every_name_of_the_archives_asset_metadata_has_an_id(approach_or_technique: str) -> None:
    names = {
        name
        for t in terms("techniques.yaml")
        for name in (t["label"], *t.get("synonyms", {}).get("exact", ()))
    }
    assert approach_or_technique in names
