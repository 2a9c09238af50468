"""The bundled sample: well-formed, complete, with real identifiers and with texts of our own."""

from __future__ import annotations

import gzip
import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from Bio import Entrez, Medline
from lxml import etree

DATA = Path(__file__).parents[2] / "data"

#: A run of this many words in common with a source counts as copied.
COPIED_WORDS = 12

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
DOI = re.compile(r"10\.\d{4,9}/\S+")

#: References of the wiki that resolve to nothing in PubMed, kept as the wiki has them.
WIKI_FAULTS = {"31086362"}


def read_text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


@cache
def dandisets() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(p for p in (DATA / "dandi").rglob("*") if p.is_file()):
        text = read_text(path)
        record = yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)
        number = path.parent.name if path.name == "dandiset.yaml" else path.name.split(".")[0]
        assert record["identifier"] == f"DANDI:{number}", path
        assert number not in found, path
        found[number] = record
    return found


def pubmed_xml() -> Iterator[tuple[Path, etree._Element]]:
    for path in sorted((DATA / "pubmed").glob("*.xml*")):
        yield path, etree.fromstring(read_text(path).encode())


@cache
def articles() -> dict[str, dict[str, Any]]:
    """Abstract, title, DOI and headings of each record, by PMID."""
    found: dict[str, dict[str, Any]] = {}
    for path, root in pubmed_xml():
        for record in root:
            pmid = record.findtext(".//PMID")
            assert pmid and pmid not in found, (path, pmid)
            title = record.find(".//ArticleTitle")
            found[pmid] = {
                "abstract": " ".join("".join(part.itertext()) for part in record.iter("AbstractText")),
                "title": "" if title is None else "".join(title.itertext()),
                "doi": record.findtext(".//ArticleId[@IdType='doi']"),
                "authors": len(record.findall(".//Author")),
                "mesh": [(heading.get("UI"), heading.text) for heading in record.iter("DescriptorName")],
            }
    for path in sorted((DATA / "pubmed").glob("*.txt")):
        for record in Medline.parse(path.read_text(encoding="utf-8").splitlines(keepends=True)):
            pmid = record["PMID"]
            assert pmid not in found, (path, pmid)
            doi = next((i.removesuffix(" [doi]") for i in record.get("AID", []) if i.endswith("[doi]")), None)
            found[pmid] = {
                "abstract": record["AB"], "title": record["TI"], "doi": doi,
                "authors": len(record["AU"]), "mesh": [],
            }  # fmt: skip
    return found


@cache
def pages() -> dict[str, tuple[dict[str, Any], str]]:
    """Front matter, with references from beside the page put into it, and body, by path."""
    found = {}
    for path in sorted((DATA / "wiki").rglob("*.md")):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        matter = yaml.safe_load(front)
        beside = path.with_name(f"{path.stem}.refs.json")
        if beside.is_file():
            assert "refs_json" not in matter, path
            matter["refs_json"] = json.loads(beside.read_text(encoding="utf-8"))
        found[path.relative_to(DATA / "wiki").with_suffix("").as_posix()] = (matter, body)
    return found


def own_texts() -> Iterator[tuple[str, str]]:
    for number, record in dandisets().items():
        yield f"DANDI:{number}", record["description"]
    for pmid, article in articles().items():
        yield f"PMID:{pmid}", article["abstract"]
    for slug, (_, body) in pages().items():
        # Titles that a footnote cites and addresses are facts.
        yield slug, re.sub(r"^\[\^\d+\]:.*$|\]\([^)]*\)|<[^>]*>", " ", body, flags=re.MULTILINE)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    found = words(text)
    return (tuple(found[i : i + length]) for i in range(len(found) - length + 1))


def test_the_sample_is_as_large_as_promised() -> None:
    assert len(dandisets()) >= 40
    assert len(articles()) >= 60
    assert len(pages()) >= 25


def test_dandisets_come_in_every_form_the_archive_has() -> None:
    forms = Counter("".join(path.suffixes) for path in (DATA / "dandi").rglob("*") if path.is_file())
    assert forms[".yaml"] > forms[".json"] >= 5
    assert forms[".json.gz"] >= 1


def test_every_dandiset_has_a_name_and_a_description_but_no_borrowed_text() -> None:
    for number, record in dandisets().items():
        assert record["name"].strip(), number
        assert len(words(record["description"])) >= 12, number
        assert record["schemaKey"] == "Dandiset", number
        assert not {"citation", "acknowledgement"} & record.keys(), number


def test_the_pages_on_openscope_and_several_of_its_dandisets_are_there() -> None:
    assert "datasets/allen-openscope" in pages()
    openscope = [number for number, record in dandisets().items() if "openscope" in record["name"].lower()]
    assert len(openscope) >= 5


def test_species_include_people_mice_rats_and_macaques() -> None:
    species = {
        entry.get("identifier", "").rsplit("_", 1)[-1]
        for record in dandisets().values()
        for entry in record["assetsSummary"].get("species", [])
    }
    assert {"9606", "10090", "10116", "9544"} <= species


@pytest.mark.parametrize("path", sorted((DATA / "pubmed").glob("*.xml*")), ids=lambda path: path.name)
def test_pubmed_files_are_read_by_biopython(path: Path) -> None:
    result = Entrez.read(io.BytesIO(read_text(path).encode()))
    books = result.get("PubmedBookArticle", [])
    assert len(result["PubmedArticle"]) + len(books) == len(etree.fromstring(read_text(path).encode()))


def test_every_article_has_a_title_an_abstract_and_an_author() -> None:
    for pmid, article in articles().items():
        assert pmid.isdigit()
        assert article["title"], pmid
        assert len(words(article["abstract"])) >= 25, pmid
        assert article["authors"], pmid
        assert article["doi"] is None or DOI.fullmatch(article["doi"]), pmid


def test_no_two_articles_share_a_doi() -> None:
    dois = Counter(article["doi"].lower() for article in articles().values() if article["doi"])
    assert [doi for doi, count in dois.items() if count > 1] == []


def test_mesh_headings_have_identifiers() -> None:
    headings = [heading for article in articles().values() for heading in article["mesh"]]
    assert len(headings) > 50
    assert all(re.fullmatch(r"D\d{6,9}", ui or "") and name for ui, name in headings)


def test_pages_say_what_they_are_and_their_slug_follows_from_their_path() -> None:
    for path, (matter, body) in pages().items():
        assert matter["slug"] == path.replace("/", "-")
        assert matter["title"] and matter["entity_type"], path
        assert len(words(body)) >= 50, path


def test_cited_keys_are_in_the_page_s_references() -> None:
    for path, (matter, body) in pages().items():
        cited = set(re.findall(r"\[@(\w+)\]", body))
        assert cited == set(matter.get("refs_json", {})), path


def test_cited_articles_are_in_the_sample() -> None:
    for path, (matter, body) in pages().items():
        given = {ref["pmid"] for ref in matter.get("refs_json", {}).values() if ref["pmid"]}
        given |= set(re.findall(r"(?:PMID: ?|pubmed\.ncbi\.nlm\.nih\.gov/)(\d+)", body))
        assert given - WIKI_FAULTS <= articles().keys(), path


def test_references_have_the_titles_of_their_articles() -> None:
    for path, (matter, _) in pages().items():
        for key, ref in matter.get("refs_json", {}).items():
            if ref["pmid"] and ref["pmid"] not in WIKI_FAULTS:
                assert words(ref["title"]) == words(articles()[ref["pmid"]]["title"]), (path, key)


def test_dandisets_named_by_pages_are_in_the_sample() -> None:
    for path, (_, body) in pages().items():
        named = set(re.findall(r"DANDI:(\d{6})|dandiset/(\d{6})", body))
        assert {a or b for a, b in named} <= dandisets().keys(), path


def test_the_wiki_s_known_faults_are_there() -> None:
    openscope, openscope_body = pages()["datasets/allen-openscope"]
    assert re.search(r"\]\((/\S+)\)\]\(\1\)", openscope_body), "a doubled link"
    assert any(ref["authors"] == "Unknown" for ref in openscope["refs_json"].values())
    paragraphs = [p for p in openscope_body.split("\n\n") if len(words(p)) > 12]
    assert len(set(paragraphs)) < len(paragraphs), "a repeated paragraph"
    bodies = "\n".join(body for _, body in pages().values())
    assert re.search(r"\]\((?!/|https?:)[\w-]+/", bodies), "a link without its slash"
    assert re.search(r"\[\[[\w-]+\]\]", bodies), "a wikilink"
    assert re.search(r"\[\^\d+\.", bodies), "a cut footnote mark"
    assert bodies.count("```mermaid") >= 8


def test_there_is_no_address_of_a_person() -> None:
    for path in sorted(p for p in DATA.rglob("*") if p.is_file()):
        assert EMAIL.findall(read_text(path)) == [], path


def test_the_sample_s_settings_name_the_three_sources() -> None:
    settings = tomllib.loads((DATA / "kg.toml").read_text(encoding="utf-8"))
    assert {name: (DATA / source["path"]).is_dir() for name, source in settings["sources"].items()} == {
        "dandi": True, "pubmed": True, "wiki": True,
    }  # fmt: skip


@pytest.mark.shared
def test_no_text_repeats_a_run_of_words_of_its_source(shared_dir: Path) -> None:
    mine: dict[tuple[str, ...], str] = {}
    for name, text in own_texts():
        mine.update((run, name) for run in runs(text, COPIED_WORDS))
    copied = {
        (mine[run], " ".join(run))
        for text in source_texts(shared_dir / "data")
        for run in runs(text, COPIED_WORDS)
        if run in mine
    }
    assert copied == set()


@pytest.mark.shared
def test_dandiset_facts_are_those_of_the_source(shared_dir: Path) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for number, record in dandisets().items():
        path = shared_dir / "data" / "dandi" / "dandisets" / f"{number}.yaml"
        source = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        for field in ("name", "keywords", "license", "assetsSummary", "relatedResource", "about", "version"):
            assert record.get(field) == source.get(field), (number, field)


@pytest.mark.shared
def test_articles_that_the_source_has_keep_its_title_and_doi(shared_dir: Path) -> None:
    compared = 0
    for pmid, title, doi in source_articles(shared_dir / "data" / "pubmed"):
        if pmid in articles():
            compared += 1
            assert words(articles()[pmid]["title"]) == words(title), pmid
            assert articles()[pmid]["doi"] == doi, pmid
    assert compared >= 15


def source_articles(folder: Path) -> Iterator[tuple[str, str, str | None]]:
    for path in sorted(folder.glob("articles-*.xml.gz")):
        for record in etree.fromstring(gzip.decompress(path.read_bytes())):
            title = record.find(".//ArticleTitle")
            ids = record.xpath(".//ArticleId[@IdType='doi'][not(ancestor::Reference)]")
            yield (record.findtext(".//PMID"), "" if title is None else "".join(title.itertext()),
                   ids[0].text if ids else None)  # fmt: skip
    for path in sorted(folder.glob("*.medline.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for record in Medline.parse(stream):
                dois = [i.removesuffix(" [doi]") for i in record.get("AID", []) if i.endswith("[doi]")]
                yield record["PMID"], record.get("TI", ""), dois[0] if dois else None


def source_texts(folder: Path) -> Iterator[str]:
    """Descriptions, abstracts and pages that the sample's texts must not repeat."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted((folder / "dandi" / "dandisets").glob("*.yaml")):
        record = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        yield record.get("description") or ""
        yield record.get("acknowledgement") or ""
    for path in sorted((folder / "pubmed").glob("articles-*.xml.gz")):
        for part in etree.fromstring(gzip.decompress(path.read_bytes())).iter("AbstractText"):
            yield "".join(part.itertext())
    for path in sorted((folder / "pubmed").glob("*.medline.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for record in Medline.parse(stream):
                yield record.get("AB", "")
    for path in sorted((folder / "wiki").rglob("*")):
        if path.suffix in {".txt", ".md"}:
            yield path.read_text(encoding="utf-8")
