"""A build from what was kept is, byte for byte, the build from scratch."""

from __future__ import annotations

import ast
import gzip
import inspect
import os
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from kg.build.deriving import AskedIndex
from kg.build.pipeline import build
from kg.build.stat_cache import StatCache
from kg.build.versions import PARTS
from kg.claims.publications import PublicationIndex
from kg.config import KgConfig, LinkConfig, SourceConfig, SourcesConfig
from kg.graph.build_dir import Build

PACKAGE = Path(inspect.getfile(build)).parent.parent
WORDS = (
    "Synaptic dysfunction contributes to Alzheimer disease",
    "Neuroinflammation drives Parkinson disease",
    "Gliosis was not seen in the hippocampus of mice",
    "We recorded from the primary visual cortex",
    "Tau aggregation may cause dementia",
    "Pyramidal neurons of CA1 fire",
    "Amyloid beta is found in the entorhinal cortex",
)


class Corpus:
    """Random records in files, and random edits of them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        self.articles = {number: self.text() for number in range(1, 13)}
        self.pages = {name: self.text() for name in ("mechanisms/a", "diseases/b", "datasets/c")}
        self.datasets = {number: self.text() for number in range(1, 4)}
        self.write()

    def text(self) -> str:
        return ". ".join(self.random.choices(WORDS, k=3)) + "."

    def edit(self) -> None:
        """Change, add or remove something."""
        kind = self.random.choice(("article", "article", "page", "dataset", "new", "remove", "doi"))
        if kind == "article":
            self.articles[self.random.choice(list(self.articles))] = self.text()
        elif kind == "page":
            self.pages[self.random.choice(list(self.pages))] = self.text()
        elif kind == "dataset":
            self.datasets[self.random.choice(list(self.datasets))] = self.text()
        elif kind == "new":
            self.articles[max(self.articles) + 1] = self.text()
        elif kind == "remove" and len(self.articles) > 6:
            del self.articles[self.random.choice(list(self.articles))]
        else:
            # A paper that datasets and pages know by its DOI gets a record, or loses it.
            self.articles = (
                {n: t for n, t in self.articles.items() if n != 99}
                if 99 in self.articles
                else {**self.articles, 99: self.text()}
            )
        self.write()

    def write(self) -> None:
        files: dict[str, bytes] = {}
        for first in (0, 1, 2):  # several records a file
            inside = "".join(
                f"<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><ArticleTitle>{text.split('.')[0]}</ArticleTitle>"
                f"<Abstract><AbstractText>{text} See 10.1000/paper{(n * 7) % 5 + 97}.</AbstractText></Abstract>"
                "<PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList>"
                "</Article>"
                "</MedlineCitation><PubmedData><ArticleIdList>"
                f'<ArticleId IdType="doi">10.1000/paper{n}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>'
                for n, text in self.articles.items()
                if n % 3 == first
            )
            files[f"pubmed/{first}.xml.gz"] = gzip.compress(
                f"<PubmedArticleSet>{inside}</PubmedArticleSet>".encode(), mtime=0
            )
        for name, text in self.pages.items():
            files[f"wiki/{name}.md"] = (
                f"# Page of {name}\n\n{text}[^1]\n\nData at DANDI:000001.\n\n"
                "[^1]: A paper. doi:10.1000/paper99\n"
            ).encode()
            files[f"wiki/{name}.refs.json"] = b'{"1": {"doi": "10.1000/paper%d"}}' % (len(text) % 3 + 97)
        for number, text in self.datasets.items():
            files[f"dandi/{number:06}.yaml"] = (
                f"identifier: DANDI:{number:06}\nname: Data {number}\ndescription: {text}\nschemaVersion: 0.6.4\n"
                "relatedResource:\n- identifier: doi:10.1000/paper99\n  relation: dcite:IsDescribedBy\n"
                f"  name: Paper {number}\n  resourceType: dcite:JournalArticle\n"
            ).encode()
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != content:
                path.write_bytes(content)


def over(corpus: Corpus, config: KgConfig, out: Path, cache: Path) -> KgConfig:
    """Settings over a corpus, with a cache of their own."""
    sources = {name: SourceConfig(path=(str(corpus.folder / name),)) for name in ("dandi", "pubmed", "wiki")}
    return config.model_copy(
        update={
            "sources": SourcesConfig.model_validate(
                {name: source.model_dump() for name, source in sources.items()}
            ),
            "cache_dir": cache,
            "build": config.build.model_copy(update={"out": out, "processes": 1}),
        }
    )


def contents(made: Build) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in made.path.iterdir()}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "in", seed=7)


@pytest.mark.parametrize("seed", range(3))
def test_after_random_edits_a_build_is_the_one_from_scratch(
    sample_config: KgConfig, quick: None, tmp_path: Path, seed: int
) -> None:
    corpus = Corpus(tmp_path / "in", seed)
    config = over(corpus, sample_config, tmp_path / "builds", tmp_path / "kept")
    build(config)
    for step in range(3):
        for _ in range(corpus.random.randint(1, 3)):
            corpus.edit()
        grown = build(config).build
        scratch = build(
            over(corpus, sample_config, tmp_path / "other", tmp_path / f"cache{step}"), force=True
        ).build
        assert contents(grown) == contents(scratch)


def test_of_what_changed_only_that_is_linked_and_only_what_it_touches_is_judged(
    sample_config: KgConfig, quick: None, corpus: Corpus, tmp_path: Path
) -> None:
    config = over(corpus, sample_config, tmp_path / "builds", tmp_path / "cache")
    first = build(config)
    assert first.work == {"records": 18, "linked": 18, "derived": 18}
    again = build(config, force=True)
    assert again.work == {"records": 18, "linked": 0, "derived": 0}
    corpus.articles[1] = "Neuroinflammation drives Parkinson disease."
    corpus.write()
    assert build(config).work == {"records": 18, "linked": 1, "derived": 1}
    corpus.articles[99] = "Tau aggregation causes dementia."  # describes the datasets, and the pages cite it
    corpus.write()
    done = build(config).work
    assert done["linked"] == 1
    assert 7 <= done["derived"] < 19


def test_other_settings_link_again_and_the_old_ones_are_still_known(
    sample_config: KgConfig, quick: None, corpus: Corpus, tmp_path: Path
) -> None:
    config = over(corpus, sample_config, tmp_path / "builds", tmp_path / "cache")
    first = build(config)
    higher = config.model_copy(update={"link": LinkConfig(minimum_score=0.9)})
    assert build(higher).work["linked"] == 18
    back = build(config, force=True)
    assert (back.work["linked"], contents(back.build)) == (0, contents(first.build))


def damage(path: Path, generator: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(3):
        content[generator.randrange(len(content))] ^= 0xFF
    path.write_bytes(bytes(content[: generator.choice((len(content), len(content) // 2))]))


def test_a_damaged_cache_is_mended_and_leaves_no_trace(
    sample_config: KgConfig, quick: None, corpus: Corpus, tmp_path: Path
) -> None:
    config = over(corpus, sample_config, tmp_path / "builds", tmp_path / "cache")
    expected = contents(build(config).build)
    generator = random.Random(1)
    files = sorted(
        path for path in (tmp_path / "cache/records").rglob("*") if path.is_file() and path.stat().st_size
    )
    for path in generator.sample(files, 4):
        damage(path, generator)
        assert contents(build(config, force=True).build) == expected, path


@pytest.mark.usefixtures("quick")
def test_a_store_keeps_what_another_place_uses_and_drops_what_none_has_used_for_long(
    sample_config: KgConfig, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.build.segments.IDLE_BUILDS", 2)
    large = over(corpus, sample_config, tmp_path / "large", tmp_path / "cache")
    build(large)
    small = large.model_copy(
        update={
            "sources": SourcesConfig(dandi=large.sources.dandi),
            "build": large.build.model_copy(update={"out": tmp_path / "small"}),
        }
    )
    for _ in range(3):
        build(small, force=True)
    assert build(large, force=True).work["linked"] == 0
    corpus.articles = {1: corpus.articles[1]}
    corpus.write()
    for _ in range(3):
        build(large, force=True)
    (store,) = (tmp_path / "cache/records").glob("linked-*")
    kept = sum(pl.read_parquet(path)["key"].len() for path in store.glob("*/entries.parquet"))
    assert kept == 1 + 3 + 3


def test_every_question_to_the_index_of_publications_is_noted() -> None:
    def public(cls: type) -> set[str]:
        return {
            name
            for name, value in vars(cls).items()
            if not name.startswith("_") and inspect.isfunction(value)
        }

    # `work_of` asks nothing but `canonical`, which is noted.
    assert public(PublicationIndex) - {"work_of"} == public(AskedIndex)


def imported(module: Path) -> Iterator[str]:
    """Give the modules of the package that a module imports, as paths below it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("kg"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("kg.")]
        for name in names:
            path = PACKAGE.joinpath(*name.split(".")[1:])
            for found in (path.with_suffix(".py"), path / "__init__.py"):
                if found.is_file():
                    yield found.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize(
    ("part", "start"), [("records", "build/linking.py"), ("derive", "build/deriving.py")]
)
def test_what_is_kept_depends_on_all_code_that_made_it(part: str, start: str) -> None:
    todo, reached = [start], {start}
    while todo:
        for name in imported(PACKAGE / todo.pop()):
            if name not in reached:
                reached.add(name)
                todo.append(name)
    # Packages gather names for their users; what is used of them is reached by itself.
    strangers = {
        name
        for name in reached
        if not name.endswith("__init__.py")
        and not any(name == own or name.startswith(f"{own}/") for own in PARTS[part])
    }
    assert not strangers - {"graph/locks.py"}


def test_a_hash_is_believed_only_of_a_file_that_cannot_have_changed(tmp_path: Path) -> None:
    file, cache = tmp_path / "a", tmp_path / "hashes.json"
    file.write_text("one")
    (first,) = StatCache(cache).hash_files([file])
    assert StatCache(cache)._known == {}  # it is too young to be believed
    old = file.stat().st_mtime - 100
    os.utime(file, (old, old))
    file.write_text("two")
    os.utime(file, (old, old))  # same size, and the time set back
    (second,) = StatCache(cache).hash_files([file])
    assert first != second


def test_hashes_are_kept_and_a_damaged_list_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, cache = tmp_path / "a", tmp_path / "hashes.json"
    file.write_text("one")
    monkeypatch.setattr("time.time_ns", lambda: file.stat().st_ctime_ns + 10**11)  # much later
    expected = StatCache(cache).hash_files([file])
    assert StatCache(cache)._known.keys() == {str(file)}
    monkeypatch.setattr("kg.build.stat_cache._sha256", lambda path: pytest.fail("it was read again"))
    assert StatCache(cache).hash_files([file]) == expected
    monkeypatch.undo()
    cache.write_bytes(cache.read_bytes().replace(b"[[", b"[ ["))
    assert StatCache(cache)._known == {}
    assert StatCache(cache).hash_files([file]) == expected


def test_a_page_s_bibliography_beside_it_is_part_of_the_page(
    sample_config: KgConfig, quick: None, corpus: Corpus, tmp_path: Path
) -> None:
    config = over(corpus, sample_config, tmp_path / "builds", tmp_path / "cache")
    first = build(config).build
    (corpus.folder / "wiki/diseases/b.refs.json").write_text(
        '{"1": {"doi": "10.1000/other"}}', encoding="utf-8"
    )
    second = build(config).build
    assert second.manifest.build_id != first.manifest.build_id
    assert "DOI:10.1000/other" in second.table("claims")["object"]
