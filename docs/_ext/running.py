"""How to run a notebook: files to download, commands, and links to Binder and Colab where the repository is known.

The repository's address is SALKIT_REPOSITORY, "https://github.com/OWNER/NAME", which the one who publishes the site
sets; a site built without it links to no host that it does not know.
"""

import html
import os
import re
import subprocess
from pathlib import Path

__all__ = ["VARIABLE", "box", "colab_cell", "links", "repository"]

VARIABLE = "SALKIT_REPOSITORY"
_ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")


def repository() -> str:
    """The address of the repository on the web without a slash at its end, or "".

    Raises ValueError for one that is not https://github.com/OWNER/NAME.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return ""
    found = _ADDRESS.fullmatch(given)
    if not found:
        raise ValueError(f"{VARIABLE} must be https://github.com/OWNER/NAME, got {given!r}")
    return f"https://github.com/{found[1]}/{found[2]}"


def revision() -> str:
    """What links to the repository name: the commit that is built, or HEAD where that is not known."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "HEAD"
    return done.stdout.strip()


def links(address: str, stem: str, at: str) -> dict[str, str]:
    """Where a notebook runs without an installation, by the name of the service."""
    owner = address.removeprefix("https://github.com/")
    return {
        "Binder": f"https://mybinder.org/v2/gh/{owner}/{at}?urlpath=lab/tree/notebooks/{stem}.ipynb",
        "Colab": f"https://colab.research.google.com/github/{owner}/blob/{at}/notebooks/{stem}.ipynb",
    }


def colab_cell(address: str, at: str) -> str:
    """What to run first in Colab: the locked versions, and the repository's own package in place."""
    return (
        f"!git clone -q {address} /content/salkit && git -C /content/salkit checkout -q {at}\n"
        "!pip install -q --require-hashes -r /content/salkit/requirements.lock\n"
        "!pip install -q --no-deps --no-build-isolation -e /content/salkit\n"
        "%cd /content/salkit/notebooks"
    )


def box(stem: str) -> str:
    """The box "Run this" of a notebook's page."""
    address, files = repository(), f"../_static/data/notebooks/{stem}"
    commands = (
        f"make setup                                   # once, in a clone\n"
        f".venv/bin/salkit figures {stem[:2]}                  # its figures and verdicts\n"
        f".venv/bin/papermill --cwd notebooks notebooks/{stem}.ipynb out.ipynb -p seed 7"
    )
    hosted = ""
    if address:
        at = revision()
        buttons = " · ".join(f'<a href="{html.escape(a)}">{name}</a>' for name, a in links(address, stem, at).items())
        cell = html.escape(colab_cell(address, at))
        hosted = (
            f"<p>Without an installation: {buttons}. Binder makes the environment of <code>requirements.lock</code>; "
            f"in Colab run this first, then <em>Restart session</em>:</p>\n<pre>{cell}</pre>"
        )
    return (
        f'<details class="run-this"><summary>Run this notebook</summary>\n'
        f'<p>Download <a href="{files}.py" download>{stem}.py</a> (Jupytext, to change and run) or '
        f'<a href="{files}.ipynb" download>{stem}.ipynb</a> (as shown here).</p>\n'
        f"<pre>{html.escape(commands)}</pre>\n{hosted}</details>"
    )
