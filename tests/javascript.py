"""The site's JavaScript modules in Node: they touch no page, so that no browser is needed."""

import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).resolve().parents[1] / "docs" / "_static" / "explorer"


def node() -> str | None:
    """Node's path, if it is installed."""
    return shutil.which("node")


@cache
def _modules() -> tempfile.TemporaryDirectory[str]:
    """A copy in which Node takes .js for modules."""
    folder = tempfile.TemporaryDirectory(prefix="salkit-js-")
    shutil.copytree(SOURCES, folder.name, dirs_exist_ok=True)
    Path(folder.name, "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder


def run(module: str, body: str, given: Any = None) -> Any:
    """What `body`, the inside of a function of `m` (the module's names) and `given`, returns, as JSON carries it.

    A promise is waited for.
    """
    script = (
        f'import * as m from "./{module}.js";\nimport {{ readFileSync }} from "node:fs";\n'
        f"const given = JSON.parse(readFileSync(0, 'utf-8'));\n"
        f"process.stdout.write(JSON.stringify(await (() => {{ {body} }})()));\n"
    )
    done = subprocess.run(
        [str(node()), "--input-type=module", "-e", script],
        input=json.dumps(given), text=True, capture_output=True, cwd=_modules().name, timeout=60,
    )  # fmt: skip
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)
