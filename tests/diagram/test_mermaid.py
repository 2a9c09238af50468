"""The Mermaid text: harmless whatever the data, the same every time, read by the real parser."""

from __future__ import annotations

import html
import re
from itertools import pairwise

import mermaidx
import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.diagram import DiagramNode, Link, Subgraph, check_mermaid, select_subgraph, write_mermaid
from kg.diagram.parser import parser
from kg.diagram.text import label_text
from kg.diagram.words import KINDS, WORDS
from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import Label
from tests.diagram.labels import HOSTILE


def diagram_of(names: list[str], *, label: Label | None = None) -> Subgraph:
    labels = [label] if label else list(KINDS)
    nodes = tuple(DiagramNode(f"X:{n:03}", labels[n % len(labels)], name) for n, name in enumerate(names))
    links = tuple(
        Link(a.id, list(Predicate)[n % len(Predicate)], b.id, list(ClaimStatus)[n % 2], 0.9, 1, ("claim:1",))
        for n, (a, b) in enumerate(pairwise(nodes))
    )
    return Subgraph(nodes[0].id, (nodes[0].id,), nodes, links, build_id="4c09aa")


def test_every_kind_of_node_and_every_predicate_can_be_drawn() -> None:
    drawn = {label for label in Label if label not in (Label.CLAIM, Label.EVIDENCE)}
    assert set(KINDS) == drawn
    assert set(WORDS) == set(Predicate)
    assert len({(kind.opening, kind.closing) for kind in KINDS.values()}) == len(KINDS)
    check_mermaid(write_mermaid(diagram_of([f"node {n}" for n in range(3 * len(Predicate))])))


@pytest.mark.parametrize("label", list(KINDS))
def test_every_shape_parses_with_hostile_labels(label: Label) -> None:
    check_mermaid(write_mermaid(diagram_of(HOSTILE, label=label)))


def test_hostile_labels_are_drawn_as_they_are_and_nothing_else_is() -> None:
    svg = mermaidx.render(write_mermaid(diagram_of(HOSTILE, label=Label.DISEASE)._replace(links=()))).svg()
    shown = re.findall(r'<span[^>]*class="nodeLabel[^"]*"[^>]*>(.*?)</span>', svg, re.DOTALL)
    texts = {" ".join(html.unescape(re.sub(r"<br ?/?>|</?p>", " ", text)).split()) for text in shown}
    expected = {" ".join(" ".join(label_text(name)).split()) for name in HOSTILE}
    assert texts == expected | {"Diseases"}
    assert not re.search(r"<(?:script|img|a|i|strong|em|code|li)\b", svg)
    assert "onerror=" not in re.sub(r">[^<]*<", "><", svg)


LABELS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from([*HOSTILE, "end", "\n", " ", '"', ";", "#", "]", "%%", "-->", "direction LR"]),
        max_size=6,
    ).map("".join),
    st.text(
        alphabet=st.sampled_from("\"'`#;:&<>[](){}|\\/%$@!*_~^=+-.,? \n\tdirectonLR:endﬂ°¶ß1"), max_size=60
    ),
)


#: How many labels are tried, and how many of them stand in one diagram: parsing is what takes the time.
CASES, TOGETHER = 2000, 20


def _read_labels(text: str) -> dict[str, str]:
    """Give the label of each node as Mermaid's own parser reads it, its entity codes decoded as Mermaid does."""
    answer = parser().read(text)
    assert "nodes" in answer, answer
    marked = ((name, label.replace("ﬂ°°", "&#").replace("¶ß", ";")) for name, label in answer["nodes"])
    return {name: html.unescape(label) for name, label in marked}


@settings(
    max_examples=CASES // TOGETHER,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    deadline=None,
)
@given(st.lists(LABELS, min_size=TOGETHER, max_size=TOGETHER))
def test_any_label_is_read_by_mermaid_as_it_is_and_nothing_else_is(names: list[str]) -> None:
    check_mermaid("flowchart LR\n  a\n")
    subgraph = diagram_of(names)
    found = _read_labels(write_mermaid(subgraph))
    # No more nodes than ours, and each with its own label: nothing in one ended it, or began another.
    assert sorted(found.values()) == sorted("<br/>".join(label_text(name)) for name in names)
    assert all(re.fullmatch("n[0-9a-f]{5,}", name) for name in found)


def test_nothing_of_an_identifier_becomes_a_node_id(graph: nx.MultiDiGraph) -> None:
    text = write_mermaid(select_subgraph(graph, "DANDI:000053"))
    declared = re.findall(r"^ *(\w+)\W.*:::", text, re.MULTILINE)
    assert len(declared) == len(set(declared)) == len(select_subgraph(graph, "DANDI:000053").nodes)
    assert all(re.fullmatch(r"n[0-9a-f]{5,}", name) for name in declared)


@pytest.mark.parametrize(
    "focus",
    [
        "DANDI:000053",
        "MONDO:0004975",
        "mechanism:synaptic-dysfunction",
        "wiki:notes/hippocampus",
        "wiki:notes/empty",
    ],
)
def test_diagrams_of_every_kind_of_subject_parse(graph: nx.MultiDiGraph, focus: str) -> None:
    check_mermaid(write_mermaid(select_subgraph(graph, focus), base_url="https://wiki.example.org"))


def test_all_arrows_run_from_left_to_right(graph: nx.MultiDiGraph) -> None:
    text = write_mermaid(select_subgraph(graph, "DANDI:000053"))
    assert '|"site of"|' in text
    assert "occurs in" not in text


def test_contested_and_speculative_relations_look_different_and_are_explained() -> None:
    nodes = (DiagramNode("a:1", Label.MECHANISM, "A"), DiagramNode("b:1", Label.DISEASE, "B"))
    for status, arrow, words in [
        (ClaimStatus.ASSERTED, "-->", "contributes<br/>to"),
        (ClaimStatus.CONTESTED, "--x", "contributes<br/>to ×"),
        (ClaimStatus.SPECULATIVE, "-.->", "contributes<br/>to ?"),
    ]:
        link = Link("a:1", Predicate.CONTRIBUTES_TO, "b:1", status, 0.9, 1, ("claim:1",))
        text = write_mermaid(Subgraph("a:1", ("a:1",), nodes, (link,)))
        check_mermaid(text)
        assert f'{arrow}|"{words}"|' in text
        assert ('title: "Arrows: ' in text) == (status is not ClaimStatus.ASSERTED)


def test_much_evidence_makes_an_arrow_thick() -> None:
    nodes = (DiagramNode("a:1", Label.MECHANISM, "A"), DiagramNode("b:1", Label.DISEASE, "B"))
    link = Link("a:1", Predicate.CONTRIBUTES_TO, "b:1", ClaimStatus.ASSERTED, 0.9, 3, ("claim:1",))
    text = write_mermaid(Subgraph("a:1", ("a:1",), nodes, (link,)))
    check_mermaid(text)
    assert '==>|"contributes<br/>to"|' in text
    assert 'title: "Arrows: thick = 3 or more quotes"' in text


def test_links_are_https_and_only_where_there_is_something_to_see(graph: nx.MultiDiGraph) -> None:
    subgraph = select_subgraph(graph, "DANDI:000053")
    urls = re.findall(r'click \w+ href "([^"]*)" _blank', write_mermaid(subgraph))
    assert "https://purl.obolibrary.org/obo/UBERON_0003881" in urls
    assert all(url.startswith("https://") and "w3id.org/neurokg" not in url for url in urls)
    with_wiki = write_mermaid(subgraph, base_url="https://wiki.example.org/")
    assert '"https://wiki.example.org/mechanisms/synaptic-dysfunction"' in with_wiki


def test_a_hostile_link_is_left_out() -> None:
    node = DiagramNode("nowhere:1", Label.DATASET, "A", 'javascript:alert("x")')
    assert "click" not in write_mermaid(Subgraph("nowhere:1", ("nowhere:1",), (node,), ()))


def test_a_changed_relation_changes_only_its_lines(graph: nx.MultiDiGraph) -> None:
    subgraph = select_subgraph(graph, "DANDI:000053")
    fewer = subgraph._replace(links=subgraph.links[1:])
    before, after = write_mermaid(subgraph).splitlines(), write_mermaid(fewer).splitlines()
    assert len(set(before) - set(after)) == 1
    assert not set(after) - set(before)


def test_the_build_is_named_in_a_comment_that_cant_be_broken_out_of(graph: nx.MultiDiGraph) -> None:
    subgraph = select_subgraph(graph, "DANDI:000053")
    assert "%% build 4c09aa17\n" in write_mermaid(subgraph)
    assert "%% build xclick\n" in write_mermaid(subgraph._replace(build_id="x\nclick"))


def test_a_caption_is_a_title_that_cant_be_broken_out_of(graph: nx.MultiDiGraph) -> None:
    subgraph = select_subgraph(graph, "MONDO:0005180")
    text = write_mermaid(subgraph, caption='Build 4c"\n---\nclick: 3 sources.')
    check_mermaid(text)
    assert text.startswith('---\ntitle: "Build 4c---click: 3 sources.')
    assert text.splitlines()[3:] == write_mermaid(subgraph).splitlines()[3:]
