"""Mermaid's parser in QuickJS: what makes it quick changes no answer."""

from __future__ import annotations

import os
from collections.abc import Iterator

import networkx as nx
import pytest

from kg.diagram import select_subgraph, write_mermaid
from kg.diagram.parser import MermaidParser, parser

#: A diagram of every grammar that readers meet, and some that are broken in ways seen in wikis.
TEXTS = [
    "flowchart LR\n  A[one] --> B\n  B --> C[(two]\n",
    "graph TD; A(x)-->|text|B{y}; B-.->C>z]; B ==> D([w]); C --x D & E\n  style A fill:#f9f,stroke:#333\n",
    'flowchart TB\n  subgraph x["a"]\n  direction LR\n  a@{ shape: cyl, label: "db" }\n  end\n  x ~~~ b\n'
    "  linkStyle 0 stroke:red\n",
    "flowchart LR\n  a e1@--> b\n  e1@{ animate: true }\n  classDef k fill:#fff\n  class a,b k\n  click a call f()\n",
    'flowchart LR\n  a["`**md** text`"] -- words --> b[[c]] --o d[/e/] <--> f[\\g\\] o--o h((i)) --> j(((k)))\n',
    "flowchart LR\n  accTitle: a\n  accDescr { b\n c }\n  %% note\n  a -- no direction LR here --> b\n",
    "flowchart LR\n  end --> a\n",
    "graph LR\n  α[бета] --> 中文(🧠)\n  a --- b-c --- d_e\n",
    "graph TD\n  A[Text (with brackets)] --> B\n",
    "graph\n",
    "%%{init: {'theme': 'forest'}}%%\ngraph LR\n a-->b",
    "---\ntitle: x\nconfig:\n  theme: dark\n---\ngraph TD\n  A --> B\n",
    "sequenceDiagram\n  participant A\n  A->>+B: hi\n  alt x\n  B-->>-A: no\n  else y\n  Note over A,B: z\n  end\n",
    "classDiagram\n  A <|-- B\n  class A {\n    +int x\n    +go() void\n  }\n",
    "stateDiagram-v2\n  [*] --> A\n  state A {\n    b --> c\n  }\n  A --> [*]: done\n",
    "erDiagram\n  A ||--o{ B : has\n  A {\n    string id PK\n  }\n",
    "gantt\n  dateFormat YYYY-MM-DD\n  section s\n  task :a1, 2024-01-01, 3d\n",
    'pie title x\n  "a" : 3\n  "b" : 4\n',
    "journey\n  title x\n  section s\n    Make tea: 5: Me\n",
    "gitGraph\n  commit\n  branch b\n  checkout b\n  commit\n",
    "mindmap\n  root((x))\n    a\n      b\n",
    "timeline\n  title x\n  2002 : a : b\n",
    'quadrantChart\n  x-axis "a" --> "b"\n  p: [0.3, 0.6]\n',
    "requirementDiagram\n  requirement r {\n    id: 1\n    text: t\n  }\n",
    'C4Context\n  Person(a, "b")\n  System(c, "d")\n  Rel(a, c, "e")\n',
    "xychart-beta\n  x-axis [a, b]\n  bar [1, 2]\n",
    "block-beta\n  columns 2\n  a b\n",
    "sankey-beta\n\na,b,3\n",
    "kanban\n  todo\n    a[b]\n",
    "no diagram at all\n",
    "",
]


@pytest.fixture(scope="module")
def plain() -> Iterator[MermaidParser]:
    engine = MermaidParser(quick=False)
    yield engine
    engine.close()


def test_being_quick_changes_no_answer(plain: MermaidParser) -> None:
    answers = [parser().parse(text) for text in TEXTS]
    assert answers == [plain.parse(text) for text in TEXTS]
    assert len({answer.get("type") for answer in answers}) > 18


def test_being_quick_changes_no_answer_about_our_own_diagrams(
    plain: MermaidParser, graph: nx.MultiDiGraph
) -> None:
    text = write_mermaid(select_subgraph(graph, "MONDO:0005180"))
    assert parser().parse(text) == plain.parse(text) == {"type": "flowchart-v2"}
    broken = text.replace('"]', '"', 1)
    assert parser().parse(broken) == plain.parse(broken)
    assert "message" in parser().parse(broken)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_parses_too() -> None:
    parser().parse("graph LR\n  a")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, parser().parse("graph LR\n  a --> b")["type"].encode())
        os._exit(0)
    os.close(write)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(read, 100) == b"flowchart-v2"
    os.close(read)
