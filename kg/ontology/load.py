"""Compile all vocabularies once into the cache, and load them from there.

The cache's folder is named by a fingerprint of everything that goes in: releases, the curated tables'
bytes, further files' bytes and `CODE_VERSION`. It is written aside and renamed; a damaged one is rebuilt.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl
from filelock import FileLock

from kg.config import curated_dir
from kg.errors import OntologyError
from kg.model import Category, Relation
from kg.ontology._files import read_text
from kg.ontology.cellxgene import find_wheel_files, read_cellxgene
from kg.ontology.curated import curated_files, curated_version, read_curated
from kg.ontology.entry import Document, Entry, Warned
from kg.ontology.merge import CURATED, Merged, category_of, merge
from kg.ontology.obo import read_obo
from kg.ontology.sources import Pulled, find_pulled
from kg.ontology.sssom import Mapping, read_sssom
from kg.ontology.tables import read_atlas, read_hierarchy
from kg.ontology.taxonomy import Taxon, Taxonomy, read_lineages
from kg.ontology.vocabulary import Row, Vocabulary, row_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kg.config import KgConfig
    from kg.ontology.cellxgene import WheelFile

logger = logging.getLogger(__name__)

#: Raised whenever this package's code compiles the same files into something else.
CODE_VERSION: Final = "1"
#: Vocabulary -> prefix of its terms, in the wheel and in its own releases.
WHEEL_VOCABULARIES: Final = {"uberon": "UBERON", "cl": "CL", "mondo": "MONDO"}
HIERARCHY_FILE: Final = "brain_hierarchy.tsv"
#: File of an atlas -> (name of the vocabulary, species).
ATLAS_FILES: Final = {"mba.tsv": ("mba", "NCBITaxon:10090"), "hba.tsv": ("hba", "NCBITaxon:9606")}
_SSSOM_ENDINGS: Final = (".sssom.tsv", ".sssom.tsv.gz", ".sssom")
_OWL_ENDINGS: Final = (".ofn", ".ofn.gz", ".omn", ".owl", ".owl.gz", ".owx", ".owx.gz")
_OBO_ENDINGS: Final = (".obo", ".obo.gz")
_MANIFEST: Final = "manifest.json"
_STRINGS: Final = pl.List(pl.String)
_TERMS = pl.Schema(
    [
        ("curie", pl.String),
        ("label", pl.String),
        ("category", pl.String),
        ("vocabulary", pl.String),
        ("synonyms", _STRINGS),
        ("parents", _STRINGS),
        ("xrefs", _STRINGS),
        ("definition", pl.String),
        ("taxa", _STRINGS),
        ("family", pl.String),
        ("broader", _STRINGS),
    ]
)
_ALIASES = pl.Schema({"alias": pl.String, "curie": pl.String})
_TAXA = pl.Schema({"curie": pl.String, "label": pl.String, "parent": pl.String})
_TABLES: Final = {"terms": _TERMS, "aliases": _ALIASES, "taxa": _TAXA}


class _Inputs(NamedTuple):
    """Every file that a vocabulary is compiled from."""

    wheel: dict[str, WheelFile]
    pulled: tuple[Pulled, ...]
    curated: Path
    extra: tuple[Path, ...]

    def tables(self) -> list[Path]:
        """Curated files that count, by name, whichever of them are there."""
        found = curated_files(self.curated)
        found += [path for name in (HIERARCHY_FILE, *ATLAS_FILES) if (path := self.curated / name).is_file()]
        return sorted([*found, *self.curated.glob("*.sssom.tsv")])


def load_vocabulary(config: KgConfig, *, progress: Callable[[str], None] | None = None) -> Vocabulary:
    """Load every vocabulary that the settings name, compiling them first if need be.

    Parameters
    ----------
    config : KgConfig
        `vocabularies` says which files, `cache_dir` where the compiled form goes.
    progress : callable, optional
        Told in a few words what is being compiled; not called when the compiled form is there.

    Returns
    -------
    Vocabulary

    Raises
    ------
    OntologyError
        If a file is missing, breaks its format, or contradicts another.
    """
    inputs = _inputs(config)
    fingerprint = _fingerprint(inputs)
    folder = config.cache_dir / "vocabulary" / fingerprint[:16]
    taxonomy = Taxonomy(inputs.wheel["NCBITaxon"], config.cache_dir / "vocabulary")
    loaded = _read_compiled(folder, fingerprint, taxonomy)
    if loaded is not None:
        return loaded
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        # Another process may have compiled it while this one waited.
        loaded = _read_compiled(folder, fingerprint, taxonomy)
        if loaded is None:
            _compile(inputs, folder, fingerprint, progress or (lambda _: None))
            loaded = _read_compiled(folder, fingerprint, taxonomy)
    if loaded is None:
        raise OntologyError("what was compiled can't be read back", str(folder), "is the disk full?")
    return loaded


def vocabulary_fingerprint(config: KgConfig) -> str:
    """Give the fingerprint of the vocabulary that the settings name, without loading it."""
    return _fingerprint(_inputs(config))


def _inputs(config: KgConfig) -> _Inputs:
    curated = config.vocabularies.curated or curated_dir()
    if not curated.is_dir():
        raise OntologyError("there is no such folder of curated tables", str(curated), "mend vocabularies.curated")
    extra = tuple(Path(path) for path in config.vocabularies.paths)
    for path in extra:
        if not path.is_file():
            raise OntologyError("there is no such vocabulary file", str(path), "mend vocabularies.paths in kg.toml")
    wheel = find_wheel_files()
    if missing := [name for name in (*WHEEL_VOCABULARIES.values(), "NCBITaxon") if name not in wheel]:
        raise OntologyError(
            f"cellxgene-ontology-guide lacks {', '.join(missing)}", "", "install neurokg's dependencies again"
        )
    return _Inputs(wheel, tuple(find_pulled(config)), curated, extra)


def _fingerprint(inputs: _Inputs) -> str:
    digest = hashlib.sha256(f"code {CODE_VERSION}\n".encode())
    for name in (*WHEEL_VOCABULARIES.values(), "NCBITaxon"):
        digest.update(f"wheel {name} {inputs.wheel[name].version}\n".encode())
    named = [(f"pulled {item.name} {item.version}", item.path) for item in inputs.pulled]
    named += [(f"curated {path.name}", path) for path in inputs.tables()]
    named += [(f"extra {path.name}", path) for path in inputs.extra]
    for name, path in named:
        digest.update(f"{name} {_sha256(path)}\n".encode())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compile(inputs: _Inputs, folder: Path, fingerprint: str, progress: Callable[[str], None]) -> None:
    sources: list[tuple[str, tuple[Entry, ...]]] = []
    versions: dict[str, str] = {}
    warnings: list[Warned] = []

    def add(name: str, document: Document) -> None:
        sources.append((name, document.entries))
        versions.setdefault(name, document.version or "unversioned")
        warnings.extend(document.warnings)

    for name, prefix in WHEEL_VOCABULARIES.items():
        progress(f"read {name}")
        add(name, _read_public(name, prefix, inputs))
    for file, (name, taxon) in ATLAS_FILES.items():
        if (path := inputs.curated / file).is_file():
            progress(f"read {name}")
            add(name, read_atlas(path, taxon=taxon))
    mappings: list[Mapping] = []
    for path in sorted(inputs.curated.glob("*.sssom.tsv")):
        mappings += read_sssom(path).mappings
    for path in (*(item.path for item in inputs.pulled if not item.replaces), *inputs.extra):
        progress(f"read {path.name}")
        if is_mappings(path):
            found = read_sssom(path)
            mappings += found.mappings
            warnings.extend(found.warnings)
        else:
            document = read_release(path)
            name = _vocabulary_name(document, path)
            warnings += _uncategorised(document, path)
            add(name, document)
    progress("read the curated tables")
    curated = [read_curated(path) for path in curated_files(inputs.curated)]
    add(CURATED, _joined(curated))
    versions[CURATED] = curated_version(inputs.curated)
    species = [e.curie for d in curated for e in d.entries if (e.category or category_of(e.curie)) is Category.SPECIES]
    progress("read the lineage of the species")
    taxonomy = inputs.wheel["NCBITaxon"]
    taxa = read_lineages(taxonomy.path, species)
    versions["ncbitaxon"] = taxonomy.version.removeprefix("v")
    progress("put the terms together")
    merged = merge(_split_taxa(sources), mappings)
    warnings.extend(merged.warnings)
    _write_compiled(folder, fingerprint, merged, taxa, versions, warnings)


def _read_public(name: str, prefix: str, inputs: _Inputs) -> Document:
    pulled = next((item for item in inputs.pulled if item.replaces == name), None)
    if pulled is not None:
        document = read_release(pulled.path)
        # Releases import classes of their neighbours, in other versions than ours.
        own = tuple(entry for entry in document.entries if entry.curie.startswith(f"{prefix}:"))
        return Document(own, pulled.version, document.ontology, document.warnings)
    hierarchy = inputs.curated / HIERARCHY_FILE
    typed = read_hierarchy(hierarchy).parents if hierarchy.is_file() else {}
    # UBERON's edges mix is_a and part_of: one that the table lacks is typed by names or not at all.
    otherwise = None if name == "uberon" else Relation.IS_A
    return read_cellxgene(inputs.wheel[prefix], prefix, typed=typed, otherwise=otherwise)


def is_mappings(path: Path) -> bool:
    """Whether a file holds mappings, and no terms; its name says it."""
    return path.name.endswith(_SSSOM_ENDINGS)


def read_release(path: Path) -> Document:
    """Read a vocabulary file by its format.

    Raises
    ------
    OntologyError
        If its format is none that is known.
    """
    name = path.name.lower()
    if name.endswith(_OBO_ENDINGS):
        return read_obo(path)
    if name.endswith(_OWL_ENDINGS):
        from kg.ontology.owl import read_owl

        return read_owl(path)
    head = read_text(path)[:2000]
    if "format-version:" in head or "[Term]" in head:
        return read_obo(path)
    raise OntologyError(
        "a vocabulary of unknown format",
        str(path),
        f"name the file by its format: {', '.join((*_OBO_ENDINGS, *_OWL_ENDINGS, *_SSSOM_ENDINGS))}",
    )


def _vocabulary_name(document: Document, path: Path) -> str:
    stem = (document.ontology or path.name).rstrip("/").rpartition("/")[2]
    return stem.partition(".")[0].lower() or path.name.lower()


def _uncategorised(document: Document, path: Path) -> list[Warned]:
    strange = [e.curie for e in document.entries if e.category is None and category_of(e.curie) is None]
    if not strange:
        return []
    return [
        Warned(
            str(path),
            f"{len(strange)} classes are of no category that the graph has (first: {strange[0]}); left out",
        )
    ]


def _joined(documents: list[Document]) -> Document:
    return Document(tuple(entry for document in documents for entry in document.entries))


def _split_taxa(sources: list[tuple[str, tuple[Entry, ...]]]) -> list[tuple[str, tuple[Entry, ...]]]:
    """Count curated taxa to NCBI's taxonomy, whose they are."""
    split = []
    for name, entries in sources:
        taxa = tuple(entry for entry in entries if entry.curie.startswith("NCBITaxon:"))
        split += [
            ("ncbitaxon", taxa),
            (name, tuple(e for e in entries if not e.curie.startswith("NCBITaxon:"))),
        ]
    return split


def _write_compiled(
    folder: Path,
    fingerprint: str,
    merged: Merged,
    taxa: dict[str, Taxon],
    versions: dict[str, str],
    warnings: list[Warned],
) -> None:
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    rows = [(*row_of(term), list(merged.broader.get(term.curie, ()))) for term in merged.terms]
    tables = {
        "terms": pl.DataFrame(rows, schema=_TERMS, orient="row"),
        "aliases": pl.DataFrame(list(merged.aliases.items()), schema=_ALIASES, orient="row"),
        "taxa": pl.DataFrame([tuple(taxon) for _, taxon in sorted(taxa.items())], schema=_TAXA, orient="row"),
    }
    for name, table in tables.items():
        table.write_parquet(aside / f"{name}.parquet")
    manifest = {
        "fingerprint": fingerprint,
        "versions": dict(sorted(versions.items())),
        "tables": {
            name: {"rows": table.height, "sha256": _sha256(aside / f"{name}.parquet")} for name, table in tables.items()
        },
        "warnings": [f"{warning.where}: {warning.what}" for warning in warnings],
    }
    (aside / _MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)


def _read_compiled(folder: Path, fingerprint: str, taxonomy: Taxonomy) -> Vocabulary | None:
    """Load the compiled form; None where it is absent, damaged or of other inputs."""
    if not (folder / _MANIFEST).is_file():
        return None
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["fingerprint"] != fingerprint:
            return None
        tables = {}
        for name, schema in _TABLES.items():
            path = folder / f"{name}.parquet"
            if manifest["tables"][name]["sha256"] != _sha256(path):
                raise OntologyError("the checksum differs", str(path))
            tables[name] = pl.read_parquet(path, schema=schema)
        versions, warnings = manifest["versions"], manifest["warnings"]
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError, OntologyError) as error:
        logger.warning("the compiled vocabulary %s is damaged and is compiled again: %s", folder, error)
        return None
    terms, aliases, taxa = tables["terms"], tables["aliases"], tables["taxa"]
    columns = [terms[name].to_list() for name in _TERMS if name != "broader"]
    rows: list[Row] = list(zip(*columns, strict=True))
    with_broader = terms.filter(pl.col("broader").list.len() > 0)
    return Vocabulary(
        rows,
        aliases=dict(aliases.iter_rows()),
        broader=dict(with_broader.select("curie", "broader").iter_rows()),
        taxa={row[0]: Taxon(*row) for row in taxa.iter_rows()},
        find_taxon=taxonomy.find,
        versions=versions,
        fingerprint=fingerprint,
        warnings=warnings,
    )
