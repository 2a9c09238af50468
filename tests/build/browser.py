"""A real browser for tests: it lays a page out, and a script of the test's own measures what came of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: Whether a text can be read on what is behind it: WCAG's contrast, for every element that has text of its own.
MEASURE = """
const lum = ([r, g, b]) => { const f = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
const rgba = s => { const v = s.match(/[\\d.]+/g).map(Number); return v.length < 4 ? [...v, 1] : v; };
const behind = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor);
  if (c[3] === 1) return c; } return rgba(getComputedStyle(document.documentElement).backgroundColor); };
document.querySelectorAll('details').forEach(d => { d.open = true; });
const dim = [];
for (const e of document.querySelectorAll('body *')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  const style = getComputedStyle(e), svg = e instanceof SVGElement;
  if (e.closest('title')) continue;
  const a = lum(rgba(svg ? style.fill : style.color)), b = lum(behind(e.closest('.card') || e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) dim.push([e.tagName, e.className.baseVal ?? e.className, e.textContent.slice(0, 30), ratio]);
}
const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.wide') && !e.closest('svg')
  && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 120));
const found = {
  title: document.title, dim, wide,
  background: getComputedStyle(document.body).backgroundColor,
  height: document.documentElement.scrollHeight,
  headings: [...document.querySelectorAll('h1, h2, h3')].map(e => e.tagName + ' ' + e.textContent.trim()),
  broken: [...document.querySelectorAll('a[href^="#"]')].map(a => a.hash.slice(1))
    .filter(h => !document.getElementById(h)),
  plots: [...document.querySelectorAll('svg')].map(s => [s.getAttribute('aria-label'), s.getBoundingClientRect().width,
    Math.max(0, ...[...s.querySelectorAll('circle, text')].map(c => c.getBoundingClientRect().right
      - s.getBoundingClientRect().right))]),
  requests: performance.getEntriesByType('resource').map(e => e.name),
  text: document.body.innerText,
};
const out = document.createElement('script'); out.type = 'application/json'; out.id = 'measured';
out.textContent = JSON.stringify(found).replaceAll('<', '\\\\u003c'); document.body.append(out);
"""


def find_browser() -> str:
    """Give a Chromium; skip the test where there is none."""
    names = [os.environ["KG_TEST_BROWSER"]] if os.environ.get("KG_TEST_BROWSER") else _NAMES
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is on PATH (set KG_TEST_BROWSER)")
    return found


def look_at(html: str, folder: Path, *, width: int = 1200, dark: bool = False) -> dict[str, Any]:
    """Lay a page out and measure it.

    The page forbids scripts, so that is taken out of the copy that is measured.
    """
    assert html.count("default-src 'none'") == 1
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    page = page.replace("</body>", f"<script>{MEASURE}</script></body>")
    path = folder / f"page-{width}-{dark}.html"
    path.write_text(page, encoding="utf-8")
    # The sandbox needs rights that containers lack; the page is our own.
    command = [
        find_browser(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
    ]
    command += [
        f"--window-size={width},1000",
        "--hide-scrollbars",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
    ]
    # No network: a page that wants any is found out.
    command += [
        "--proxy-server=127.0.0.1:9",
        "--disable-background-networking",
        "--no-first-run",
        "--dump-dom",
    ]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=60, check=False)
    measured = re.search(r'<script type="application/json" id="measured">(.*?)</script>', done.stdout, re.S)
    assert measured, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(unescape(measured[1]))
    return found
