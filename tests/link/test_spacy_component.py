from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from kg.link.priors import Document, Priors, add_counts, count_documents
from kg.link.priors_file import write_priors

TEXT = "Hippocampal pyramidal neurons (HPNs) fire. HPNs of the hippocampus don't."
ROWS = "\n".join(
    [
        "UBERON:0002421\thippocampus\tname",
        "UBERON:0002421\thippocampal\tadjective",
        "CL:0002608\thippocampal pyramidal neuron\tname",
    ]
)


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    path = tmp_path / "terms.tsv"
    path.write_text(f"{ROWS}\n", encoding="utf-8")
    return path


@pytest.fixture
def nlp(lexicon: Path) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("kg_linker", config={"lexicon": str(lexicon)})
    return nlp


def _entities(doc: spacy.tokens.Doc) -> list[tuple[str, str, str]]:
    return [(entity.text, entity.label_, entity.kb_id_) for entity in doc.ents]


ENTITIES = [
    ("Hippocampal pyramidal neurons", "cell_type", "CL:0002608"),
    ("HPNs", "cell_type", "CL:0002608"),
    ("HPNs", "cell_type", "CL:0002608"),
    ("hippocampus", "region", "UBERON:0002421"),
]


def test_component_fills_entities_with_their_terms(nlp: Language) -> None:
    assert _entities(nlp(TEXT)) == ENTITIES


def test_mentions_that_nest_are_all_in_the_span_group(nlp: Language) -> None:
    doc = nlp(TEXT)
    spans = doc.spans["kg"]
    assert [span.text for span in spans][:2] == ["Hippocampal", "Hippocampal pyramidal neurons"]
    assert spans[1]._.kg["curie"] == "CL:0002608"
    assert spans[1]._.kg["score"] > 0.5


def test_offsets_of_a_mention_are_exact_where_tokens_are_wider(nlp: Language) -> None:
    doc = nlp("post-hippocampus_x")
    (mention,) = doc._.kg
    assert doc.text[mention["start"] : mention["end"]] == "hippocampus"


def test_entities_of_other_components_stay(nlp: Language) -> None:
    ruler = nlp.add_pipe("entity_ruler", before="kg_linker")
    ruler.add_patterns([{"label": "PLACE", "pattern": "hippocampus"}])
    assert ("hippocampus", "PLACE", "") in _entities(nlp(TEXT))


def test_pipeline_reads_back_from_disk_without_its_lexicon(nlp: Language, lexicon: Path, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "model")
    lexicon.unlink()
    assert _entities(spacy.load(tmp_path / "model")(TEXT)) == ENTITIES


def test_pipeline_reads_back_from_bytes_and_pickles(nlp: Language) -> None:
    again = spacy.blank("en")
    again.add_pipe("kg_linker")
    assert _entities(again.from_bytes(nlp.to_bytes())(TEXT)) == ENTITIES
    component = pickle.loads(pickle.dumps(nlp.get_pipe("kg_linker")))
    assert _entities(component(spacy.blank("en")(TEXT))) == ENTITIES


def test_priors_go_with_the_pipeline(lexicon: Path, tmp_path: Path) -> None:
    text = "HPNs of mice. Place cells of mice."
    document = Document("a", text, [(((14, 25),), "CL:0000540")])
    write_priors(Priors(add_counts(count_documents([document]))), tmp_path / "priors.tsv")
    nlp = spacy.blank("en")
    nlp.add_pipe("kg_linker", config={"lexicon": str(lexicon), "priors": str(tmp_path / "priors.tsv")})
    nlp.to_disk(tmp_path / "model")
    assert _entities(spacy.load(tmp_path / "model")("place cells")) == [("place cells", "cell_type", "CL:0000540")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pipe_gives_the_same_with_two_processes(nlp: Language) -> None:
    texts = [TEXT, "Nothing.", TEXT] * 5
    one = [(_entities(doc), doc._.kg) for doc in nlp.pipe(texts)]
    two = [(_entities(doc), doc._.kg) for doc in nlp.pipe(texts, n_process=2, batch_size=4)]
    assert one == two
    assert one[0][0] == ENTITIES


def test_lone_surrogate_in_a_document_is_no_fault(nlp: Language) -> None:
    with pytest.raises(UnicodeEncodeError):
        nlp("hippocampus \ud800")  # spaCy itself refuses it, before any component
    assert _entities(nlp("hippocampus \ufffd")) == [("hippocampus", "region", "UBERON:0002421")]


def test_components_are_found_without_an_import() -> None:
    import subprocess
    import sys

    code = "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('kg_sentences'); nlp.add_pipe('kg_linker')"
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
