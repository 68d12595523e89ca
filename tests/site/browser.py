"""The browser that tests the site: found, never downloaded. As a script: one line and exit code 2 if there is none."""

import os
import shutil
import sys

__all__ = ["ARGUMENTS", "MISSING", "find"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "test-site: no Chromium found; install it (Debian: apt-get install chromium) or name one with CHROMIUM=/path"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """Path of the browser: $CHROMIUM, else the first known name on PATH."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next((path for path in map(shutil.which, _NAMES) if path), None)


if __name__ == "__main__" and find() is None:
    print(MISSING, file=sys.stderr)
    sys.exit(2)
