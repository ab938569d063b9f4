"""axe-core's findings on pages, in a headless browser: wide and light, and on a phone in the dark."""

import html
import json
import re
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bounded_context_cli.testing import browser

VIEWS = ((browser.WIDE, "light"), (browser.PHONE, "dark"))
SERIOUS = ("critical", "serious")
_MILLISECONDS = 3_600_000
_SCRIPT = """
const findings = [];
(async () => {
  for (const [page, width, scheme] of %s) {
    const frame = document.createElement("iframe");
    frame.style = `border: 0; height: 800px; width: ${width}px; color-scheme: ${scheme}`;
    frame.src = page;
    document.body.prepend(frame);
    await new Promise((loaded) => { frame.onload = loaded; });
    const script = frame.contentDocument.createElement("script");
    script.src = "%s";
    await new Promise((loaded) => { script.onload = loaded; frame.contentDocument.head.append(script); });
    const { violations } = await frame.contentWindow.axe.run(frame.contentDocument, { resultTypes: ["violations"] });
    for (const { id, impact, nodes } of violations) {
      findings.push([page, width, id, impact, nodes[0].html.slice(0, 120)]);
    }
    frame.remove();
  }
  document.body.textContent = JSON.stringify(findings);
})();
"""


class Finding(NamedTuple):
    """A violated rule of axe-core on a page at a width, with its first element."""

    page: str
    width: int
    rule: str
    impact: str
    element: str


def findings(pages: Sequence[Path], folder: Path) -> list[Finding]:
    """Return the serious and critical findings; `folder` holds the browser's profile."""
    spec = find_spec("axe_playwright_python")
    assert spec
    assert spec.origin
    views = [[page.as_uri(), width, scheme] for page in pages for width, scheme in VIEWS]
    script = _SCRIPT % (json.dumps(views), Path(spec.origin).with_name("axe.min.js").as_uri())
    around = folder / "axe.html"
    around.write_text(f"<!doctype html><meta charset=utf-8><body><script>{script}</script></body>", encoding="utf-8")
    options = [option for option in browser.OPTIONS if not option.startswith("--virtual-time-budget")]
    options += [f"--virtual-time-budget={_MILLISECONDS}", f"--user-data-dir={folder / 'profile'}"]
    command = [browser.found_or_skip(), *options, around.as_uri()]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    [body] = re.findall(r"<body>(.*)</body>", output, re.DOTALL)
    violations = [Finding(*values) for values in json.loads(html.unescape(body))]
    return [finding for finding in violations if finding.impact in SERIOUS]
