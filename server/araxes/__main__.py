"""Run the command line as `python -m araxes`."""

from araxes.cli import main

main()
