"""The recipe of CONTRIBUTING.md for one more module, followed in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FACES = """
import inspect
from tieline.mcp.tools import tools
from tieline.mcp.grants import USUAL
from tieline.modules import MODULES, find_module, reference, signatures
from tieline.modules.methods import Modules
from tieline.web import module_form

module = find_module("tieline:listKeywords")
assert "list_keywords" in {tool.name for tool in tools(USUAL)}
assert "type" in inspect.signature(Modules.list_keywords).parameters
assert [one.field.label for one in module_form.form_of(module, {}, {}).usual] == ["Of"]
assert "def list_keywords(" in signatures.stub(list(MODULES.values()))
assert "GET /v1/user/keywords?type=person" in reference.page(module)
"""


def test_the_recipe_for_a_module_holds(tmp_path: Path) -> None:
    recipe = (ROOT / "CONTRIBUTING.md").read_text().partition("### Add a module\n")[2].partition("\n### ")[0]
    declaration, example = re.findall(r"```python\n(.*?)```", recipe, re.DOTALL)
    assert len(declaration.splitlines()) < 20
    for name in ("src", "tests", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("pyproject.toml", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, tmp_path)
    modules = tmp_path / "src" / "tieline" / "modules"
    _append(modules / "account.py", ")", f"{declaration.rstrip()},")
    _append(modules / "examples.py", "}", f'"listKeywords": {example.rstrip()},')

    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}

    def run(*words: str) -> str:
        done = subprocess.run([sys.executable, *words], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=200, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "Only tags of these records" in run("-m", "tieline.cli", "module", "show", "List Keywords")
    run("-c", FACES)
    told = run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/modules/test_examples.py", "-k", "listKeywords"
    )
    assert re.search(r"^3 passed", told, re.MULTILINE), told


def _append(file: Path, end: str, text: str) -> None:
    """Put the text in before the line that ends the last table of a file."""
    lines = file.read_text().rstrip().split("\n")
    last = max(number for number, line in enumerate(lines) if line.startswith(end))
    lines.insert(last, textwrap.indent(text, "    ").rstrip())
    file.write_text("\n".join(lines) + "\n")
