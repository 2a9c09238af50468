"""Dandisets into records. The facts are the archive's; every sentence is ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kg.model import DatasetRecord, Role, Severity, Source

YAML = """\
# DO NOT EDIT
'@context': https://raw.githubusercontent.com/dandi/schema/master/releases/0.6.4/context.json
about:
- identifier: http://purl.obolibrary.org/obo/UBERON_0007224
  name: Medial entorhinal cortex
  schemaKey: Anatomy
- name: UBERON:0001384
  schemaKey: Anatomy
- {}
- name: Sprague-Dawley
  schemaKey: GenericType
access:
- schemaKey: AccessRequirements
  status: dandi:OpenAccess
assetsSummary:
  approach:
  - name: electrophysiological approach
    schemaKey: ApproachType
  measurementTechnique:
  - name: spike sorting technique
    schemaKey: MeasurementTechniqueType
  numberOfBytes: 1393128766605
  numberOfFiles: 359
  numberOfSubjects: 34
  species:
  - identifier: http://purl.obolibrary.org/obo/NCBITaxon_10090
    name: House mouse
    schemaKey: SpeciesType
  variableMeasured:
  - LFP
  - schemaKey: PropertyValue
    value: Units
contributor:
- identifier: 0000-0002-1825-0097
  name: Carberry, Josiah
  roleName: [dcite:Author, dcite:ContactPerson]
  schemaKey: Person
- identifier: https://ror.org/01cwqze88
  name: National Institutes of Health
  roleName: [dcite:Funder]
  schemaKey: Organization
- identifier: https://ror.org/000000000
  name: Nobody
  schemaKey: Organization
dateCreated: '2020-12-22T18:29:52.301000+00:00'
datePublished: '2021-05-01T00:00:00+00:00'
description: |-
  Mice ran on a track while **grid cells** were recorded.

  A second sentence, on its own line.
doi: 10.80507/dandi.123456/0.0.1
id: DANDI:123456/draft
identifier: DANDI:123456
keywords:
- 'neuropixel, entorhinal cortex; grid cells'
- ''
license:
- spdx:CC-BY-4.0
name: Grid cells on a track
protocol:
- https://www.protocols.io/view/x
- Tetrode surgery
relatedResource:
- identifier: "doi:10.1038/S41467-021-20936-8\\t"
  name: The paper
  relation: dcite:IsDescribedBy
  resourceType: dcite:JournalArticle
- identifier: Paper
  name: Another paper
  relation: dcite:IsPublishedIn
  url: https://pubmed.ncbi.nlm.nih.gov/33094126/
- name: A preprint
  url: https://arxiv.org/abs/1810.11393
- name: ''
schemaKey: Dandiset
schemaVersion: 0.6.4
studyTarget:
- How do grid cells map a track?
url: https://dandiarchive.org/dandiset/123456/draft
version: draft
"""


@pytest.fixture
def dandiset(harvest: Any) -> DatasetRecord:
    record = harvest(Source.DANDI, "123456/dandiset.yaml", YAML).record
    assert isinstance(record, DatasetRecord)
    return record


def test_identity_and_counts(dandiset: DatasetRecord) -> None:
    assert (dandiset.id, dandiset.title, dandiset.version) == ("DANDI:123456", "Grid cells on a track", "draft")
    assert (dandiset.subject_count, dandiset.file_count, dandiset.size_bytes) == (34, 359, 1_393_128_766_605)
    assert (dandiset.licence, dandiset.is_open, dandiset.schema_version) == ("CC-BY-4.0", True, "0.6.4")
    assert dandiset.doi == "10.80507/dandi.123456/0.0.1"
    assert dandiset.variables == ("LFP", "Units")
    assert dandiset.receipt.path == "123456/dandiset.yaml"


def test_date_of_a_draft_is_not_that_of_an_older_release(dandiset: DatasetRecord) -> None:
    assert dandiset.date == "2020-12-22"


def test_terms_keep_what_is_written(dandiset: DatasetRecord) -> None:
    assert [(term.name, term.raw_id, term.schema_key) for term in dandiset.about] == [
        ("Medial entorhinal cortex", "http://purl.obolibrary.org/obo/UBERON_0007224", "Anatomy"),
        ("UBERON:0001384", "UBERON:0001384", "Anatomy"),
        ("Sprague-Dawley", None, "GenericType"),
    ]
    assert dandiset.species[0].raw_id == "http://purl.obolibrary.org/obo/NCBITaxon_10090"
    assert dandiset.techniques[0].field == "assetsSummary.measurementTechnique"


def test_publications_are_found_in_identifier_address_and_name(dandiset: DatasetRecord) -> None:
    assert [(resource.relation, resource.doi, resource.pmid) for resource in dandiset.related] == [
        ("IsDescribedBy", "10.1038/s41467-021-20936-8", None),
        ("IsPublishedIn", None, "33094126"),
        (None, "10.48550/arxiv.1810.11393", None),
    ]
    assert dandiset.related[0].raw_id == "doi:10.1038/S41467-021-20936-8\t"
    assert dandiset.related[0].resource_type == "JournalArticle"


def test_packed_keywords_are_taken_apart(dandiset: DatasetRecord) -> None:
    assert dandiset.keywords == ("neuropixel", "entorhinal cortex", "grid cells")


def test_contributors_have_checked_ids(dandiset: DatasetRecord) -> None:
    assert [(person.curie, person.kind, person.roles) for person in dandiset.contributors] == [
        ("ORCID:0000-0002-1825-0097", "Person", ("Author", "ContactPerson")),
        ("ROR:01cwqze88", "Organization", ("Funder",)),
        (None, "Organization", ()),
    ]


def test_passages_have_the_records_own_words(dandiset: DatasetRecord) -> None:
    texts = {passage.section: passage.text for passage in dandiset.passages}
    assert texts["description"] == (
        "Mice ran on a track while **grid cells** were recorded.\n\nA second sentence, on its own line."
    )
    assert texts["about/1"] == "Medial entorhinal cortex"
    assert "about/2" not in texts  # an identifier is no text
    assert texts["about/3"] == "Sprague-Dawley"
    assert texts["keywords/2"] == "entorhinal cortex"
    assert texts["protocol/2"] == "Tetrode surgery"
    assert "Carberry" not in " ".join(texts.values())
    assert {passage.role for passage in dandiset.passages} == {
        Role.TITLE,
        Role.DESCRIPTION,
        Role.KEYWORD,
        Role.FIELD,
    }


def test_faults_are_warnings_with_field_and_reason(harvest: Any) -> None:
    found = harvest(Source.DANDI, "dandiset.yaml", YAML)
    faults = {(problem.field, problem.rule, problem.severity) for problem in found.problems}
    assert ("about[2]", "empty-field", Severity.WARNING) in faults
    assert ("about[1].name", "id-as-name", Severity.NOTE) in faults
    assert ("relatedResource[3]", "empty-field", Severity.WARNING) in faults
    assert ("contributor[2].identifier", "malformed-id", Severity.WARNING) in faults
    assert all(problem.record_id == "DANDI:123456" for problem in found.problems)


METADATA: dict[str, Any] = {"identifier": "DANDI:000001", "name": "Test", "version": "0.210812.1448"}


@pytest.mark.parametrize(
    "document",
    [
        METADATA,
        [METADATA],
        {"count": 1, "next": None, "previous": None, "results": [METADATA]},
        {"version": "draft", "name": "Test", "metadata": METADATA},
        {"count": 1, "results": [{"version": "draft", "metadata": METADATA}]},
        {**METADATA, "identifier": "000001"},
        {"id": "DANDI:000001/0.210812.1448", "name": "Test"},
    ],
)
def test_every_form_of_the_archives_json_is_read(harvest: Any, document: object) -> None:
    record = harvest(Source.DANDI, "x.json", json.dumps(document)).record
    assert (record.id, record.version, record.title) == ("DANDI:000001", "0.210812.1448", "Test")


def test_list_gives_each_its_position(harvest: Any) -> None:
    entries = [METADATA, {"identifier": "DANDI:000002", "name": "Two"}, 7]
    found = harvest(Source.DANDI, "all.json.gz", json.dumps(entries))
    assert [(record.id, record.receipt.position) for record in found.records] == [
        ("DANDI:000001", 0),
        ("DANDI:000002", 1),
    ]
    assert [(problem.rule, problem.field) for problem in found.problems] == [("malformed", "[2]")]


def test_published_version_has_its_own_date(harvest: Any) -> None:
    metadata = {**METADATA, "datePublished": "2021-08-12T14:48:45", "dateCreated": "2020-01-01"}
    assert harvest(Source.DANDI, "x.json", json.dumps(metadata)).record.date == "2021-08-12"


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ({"name": "No id"}, "missing-id"),
        ({"identifier": "DANDI:12"}, "malformed-id"),
        (
            {"identifier": "000003", "draft_version": {"name": "x"}, "most_recent_published_version": None},
            "no-metadata",
        ),
        ([], "empty"),
        ("text", "malformed"),
        (None, "malformed"),
    ],
)
def test_what_is_no_dandiset_is_one_error(harvest: Any, document: object, rule: str) -> None:
    assert harvest(Source.DANDI, "x.json", json.dumps(document)).error.rule == rule


def test_asset_listing_is_noted_not_read(harvest: Any) -> None:
    assets = [{"asset_id": "d426", "path": "sub-1.nwb", "metadata": {"schemaKey": "Asset"}}]
    found = harvest(Source.DANDI, "000003.assets.json.gz", json.dumps(assets))
    assert [(problem.rule, problem.severity) for problem in found.problems] == [("not-a-record", Severity.NOTE)]


@pytest.mark.parametrize(
    "field",
    [
        "about", "access", "assetsSummary", "contributor", "description", "doi", "keywords", "license", "name",
        "protocol", "relatedResource", "schemaVersion", "studyTarget", "url", "version", "wasGeneratedBy",
        "dateCreated",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [None, 7, True, "text", [], {}, [None], [7], ["x"], [[]], [{}], {"a": []}])
def test_no_field_of_a_wrong_type_costs_the_record(harvest: Any, field: str, value: object) -> None:
    found = harvest(Source.DANDI, "x.json", json.dumps({**METADATA, "schemaKey": "Dandiset", field: value}))
    assert found.record.id == "DANDI:000001"
    assert all(problem.severity is not Severity.ERROR for problem in found.problems)


@pytest.mark.parametrize("value", [-1, 2**63, 1.5, "many", True, [3]])
def test_count_that_is_none_is_left_out(harvest: Any, value: object) -> None:
    found = harvest(Source.DANDI, "x.json", json.dumps({**METADATA, "assetsSummary": {"numberOfFiles": value}}))
    assert found.record.file_count is None
    assert found.problems[0].field == "assetsSummary.numberOfFiles"


def test_lone_surrogates_are_replaced(harvest: Any) -> None:
    text = (
        '{"identifier": "DANDI:000001", "name": "a\\ud800b", "keywords": ["\\udfff"], "about": [{"name": "\\ud800"}]}'
    )
    record = harvest(Source.DANDI, "x.json", text).record
    assert record.title == "a?b"
    assert record.model_dump_json()


def test_embargoed_dandiset_is_not_open(harvest: Any) -> None:
    metadata = {**METADATA, "access": [{"status": "dandi:EmbargoedAccess"}]}
    assert harvest(Source.DANDI, "x.json", json.dumps(metadata)).record.is_open is False


def test_broken_yaml_is_one_error_with_its_line(harvest: Any) -> None:
    error = harvest(Source.DANDI, "dandiset.yaml", "identifier: DANDI:000001\nname: [x").error
    assert error.rule == "malformed"
    assert "line 3, column 1" in error.reason
