"""The page of benchmarks: tables and one plot from what bench_link.py measured."""

from __future__ import annotations

from typing import Any

VOCABULARIES = ("CL", "UBERON", "GO_BP", "MONDO")
TARGETS = {
    "A": {"CL": 0.72, "UBERON": 0.80, "GO_BP": 0.47, "MONDO": 0.64},
    "B": {"CL": 0.80, "UBERON": 0.88, "GO_BP": 0.82, "MONDO": 0.78},
}
LINK_TARGETS = {"region": 0.86, "cell_type": 0.77, "species": 0.98, "disease": 0.89, "mechanism": 0.75}
NAMES = {"kg": "kg", "gilda": "Gilda", "oger": "OGER", "spacy": "spaCy PhraseMatcher"}

HEAD = """\
# Benchmarks

`scripts/bench link` measures the linker and writes this page; nothing in it is copied by hand. It needs corpora that
are not part of the project: [CRAFT v5](https://github.com/UCDenver-ccp/CRAFT) (60 articles to learn from, 7 to measure
on), WhiteText 1.3 (665 abstracts with spans of brain regions), and 40 dandisets with hand-made links. `KG_SHARED_DIR`
names their folder. The definitions of the scores are in [linking](linking.md#evaluating).

Measured {date} on a machine with {cores} cores, shared with other work; {seconds:.0f} s for all.
"""

QUALITY = """
## Quality on CRAFT

Strict: span and identifier both exactly the gold's; gold mentions in pieces stay in the denominator.
**A**: nothing learned from CRAFT, each vocabulary's own names. **B**: the same with priors that
`kg lexicon learn --split train` learned from the 60 articles. *CV* is B on held-out parts of these articles, the figure
that rules were chosen by.

| | {header} |
|---|{rule}|
"""

PEERS = """
## Beside other linkers

The same labels and exact synonyms (row A's lexicons), the same seven articles, the same run, a process each; speed is
in processor time, the best of three passes, after loading. Gilda: `gilda.ner.annotate` with a `Grounder` of these
terms, without its disambiguation models, which are downloads and know none of these identifiers. OGER: its stemmer and
abbreviation detection, the setting in which it does best here, and of overlapping mentions the longest. spaCy:
`PhraseMatcher` on lower-cased words, the longest. QuickUMLS is not here: it matches a UMLS installation alone, which
needs a licence and a download of tens of gigabytes, and can't be given these lexicons.

"""

SPEED = """
## The default vocabularies

All regions, cell types, mechanisms, diseases, species and techniques at once, on {mb:.1f} MB of CRAFT and WhiteText.

| | | target |
|---|---|---|
| one core, processor time | {mb_per_s:.2f} MB/s | 2 MB/s |
| peak memory | {peak:.0f} MB | 1200 MB |
| loading vocabularies and the compiled lexicon | {load_s:.2f} s | 1.5 s |
| `kg link` on one line, from the shell | {start_s:.2f} s | |
| `kg link` on {many:.0f} MB of JSON lines, one process | {seconds_1:.1f} s | |
| the same with `--processes 2` | {seconds_2:.1f} s, {gain:.2f} times as fast | 2 times |
"""

CALIBRATION = """
## Calibration

A mention's score is the share of such mentions that are right. Rules' own scores say only which rule to trust more;
counts by vocabulary, rule, shape and rule's score ([ontologies/calibration.tsv](../ontologies/calibration.tsv), counted
on CRAFT train and WhiteText) turn them into shares. Below: CRAFT dev, which was not counted.
`kg evaluate --calibration` shows the same for any corpus.

![Share of right mentions by score](calibration.svg)

{table}

Mean distance of score and share: {raw:.3f} for rules' own scores, {a:.3f} calibrated (A), {b:.3f} with priors (B).
"""


def render_report(results: dict[str, Any]) -> str:
    """Write the page; parts that were not measured are left out."""
    page = HEAD.format(**results)
    if "quality" in results:
        page += _quality(results["quality"])
    if "peers" in results:
        page += PEERS + _peers(results["peers"])
    if "whitetext" in results:
        page += _whitetext(results["whitetext"])
    if "links" in results:
        page += _links(results["links"])
    if "speed" in results:
        speed = results["speed"]
        page += SPEED.format(
            **speed,
            mb=speed["bytes"] / 1e6,
            peak=speed["peak_bytes"] / 1e6,
            many=speed["many_bytes"] / 1e6,
            gain=speed["seconds_1"] / speed["seconds_2"],
        )
    if "quality" in results:
        page += _calibration(results["quality"])
    return page


def _triple(score: Any) -> str:
    return f"{score.precision:.3f} / {score.recall:.3f} / **{score.f1:.3f}**"


def _quality(quality: dict[str, Any]) -> str:
    text = QUALITY.format(header=" | ".join(VOCABULARIES), rule="---|" * (len(VOCABULARIES) - 1) + "---")
    for row, label in (("A", "A, P / R / F1"), ("B", "B, P / R / F1")):
        text += f"| {label} | {' | '.join(_triple(quality['rows'][row][name]) for name in VOCABULARIES)} |\n"
        text += f"| target of {row} | {' | '.join(f'{TARGETS[row][name]:.2f}' for name in VOCABULARIES)} |\n"
    text += f"| B, CV | {' | '.join(_triple(quality['validation'][name]) for name in VOCABULARIES)} |\n"
    return text


def _peers(peers: dict[str, Any]) -> str:
    columns = ("", "F1 CL", "UBERON", "GO_BP", "MONDO", "MB/s", "kg is faster by", "load s", "peak MB")
    header = f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|\n"
    rows = ""
    ours = _mean(peers["kg"], "mb_per_s")
    for peer, by_name in peers.items():
        if not by_name:
            rows += f"| {NAMES[peer]} | could not be run | | | | | | | |\n"
            continue
        version = next(iter(by_name.values()))["version"]
        f1 = " | ".join(f"{by_name[name]['score'].f1:.3f}" if name in by_name else "" for name in VOCABULARIES)
        speed = _mean(by_name, "mb_per_s")
        peak = max(figures["peak_bytes"] for figures in by_name.values()) / 1e6
        load = max(figures["load_s"] for figures in by_name.values())
        ratio = "" if peer == "kg" else f"{ours / speed:.1f} times"
        rows += f"| {NAMES[peer]} {version} | {f1} | {speed:.2f} | {ratio} | {load:.1f} | {peak:.0f} |\n"
    return f"{header}{rows}\nMB/s is over all four lexicons; load and memory are the largest of the four.\n"


def _mean(by_name: dict[str, Any], key: str) -> float:
    """Give the harmonic mean: the same texts with each lexicon, one after the other."""
    return len(by_name) / sum(1 / figures[key] for figures in by_name.values())


def _whitetext(score: Any) -> str:
    return (
        "\n## Brain regions in WhiteText\n\nSpans of regions, with the default vocabularies; that corpus has no "
        "identifiers. Its annotators agree with each other at F1 .907.\n\n"
        f"| P / R / F1 | target |\n|---|---|\n| {_triple(score)} | 0.82 |\n"
    )


def _links(links: dict[str, Any]) -> str:
    scores, figures = links["scores"], links["figures"]
    text = (
        "\n## Links of dandisets\n\nWhat 40 dandisets are linked to, in a build of 231 dandisets, 1,260 articles and "
        f"340 pages (built in {links['build_s']:.0f} s). The target is what two annotators reach.\n\n"
        "| | P / R / F1 | target |\n|---|---|---|\n"
    )
    for name, score in scores.items():
        target = f"{LINK_TARGETS[name]:.2f}" if name in LINK_TARGETS else ""
        text += f"| {name} | {_triple(score)} | {target} |\n"
    return text + f"\nKind right in {figures['kinds right']} of {figures['kinds']}.\n"


def _calibration(quality: dict[str, Any]) -> str:
    tables = quality["deciles"]
    table = "| score | A: mentions | A: right | B: mentions | B: right |\n|---|---|---|---|---|\n"
    for a, b in zip(tables["A"], tables["B"], strict=True):
        cells = [f"{row.mentions} | {row.share_right:.2f}" if row.mentions else "0 | " for row in (a, b)]
        table += f"| {a.low:.1f} to {a.high:.1f} | {' | '.join(cells)} |\n"
    errors = quality["errors"]
    return CALIBRATION.format(table=table.rstrip(), raw=errors["raw"], a=errors["A"], b=errors["B"])


SIZE, LEFT, TOP, BOTTOM = 320, 56, 24, 48
COLOURS = {"raw": "#9a9a9a", "A": "#0072b2", "B": "#d55e00"}
LABELS = {"raw": "rules' own scores", "A": "calibrated (A)", "B": "with priors (B)"}


def calibration_svg(tables: dict[str, list[Any]]) -> str:
    """Draw the share of right mentions over their mean score; a dot's area is the number of mentions."""
    width, height = LEFT + SIZE + 176, TOP + SIZE + BOTTOM

    def x(value: float) -> float:
        return LEFT + value * SIZE

    def y(value: float) -> float:
        return TOP + (1 - value) * SIZE

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12" role="img" aria-labelledby="title">',
        '<title id="title">Share of right mentions by score</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for tenth in range(0, 11, 2):
        value = tenth / 10
        parts += [
            f'<line x1="{x(value)}" y1="{y(0)}" x2="{x(value)}" y2="{y(1)}" stroke="#e6e6e6"/>',
            f'<line x1="{x(0)}" y1="{y(value)}" x2="{x(1)}" y2="{y(value)}" stroke="#e6e6e6"/>',
            f'<text x="{x(value)}" y="{y(0) + 18}" text-anchor="middle" fill="#333">{value:.1f}</text>',
            f'<text x="{x(0) - 8}" y="{y(value) + 4}" text-anchor="end" fill="#333">{value:.1f}</text>',
        ]
    parts += [
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#333" stroke-dasharray="4 4"/>',
        f'<text x="{x(0.5)}" y="{height - 8}" text-anchor="middle" fill="#333">'
        "mean score of the mentions in a tenth</text>",
        f'<text x="16" y="{y(0.5)}" text-anchor="middle" fill="#333" transform="rotate(-90 16 {y(0.5)})">'
        "share right</text>",
    ]
    for number, (name, table) in enumerate(tables.items()):
        total = sum(row.mentions for row in table)
        points = [(x(row.mean_score), y(row.share_right), row.mentions) for row in table if row.mentions > 4]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{COLOURS[name]}" stroke-width="1.5"/>')
        parts += [
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{2.5 + 14 * (count / total) ** 0.5:.1f}" fill="{COLOURS[name]}" '
            'fill-opacity="0.55"/>'
            for px, py, count in points
        ]
        at = TOP + 16 + 22 * number
        parts += [
            f'<circle cx="{LEFT + SIZE + 24}" cy="{at - 4}" r="6" fill="{COLOURS[name]}" fill-opacity="0.7"/>',
            f'<text x="{LEFT + SIZE + 36}" y="{at}" fill="#333">{LABELS[name]}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
