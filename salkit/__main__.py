"""`python -m salkit` is `salkit`."""

from .cli import main

main(prog_name="salkit")
