"""What is loaded, and what is not: counted, since seconds depend on the machine (benchmarks/starting.py measures)."""

import subprocess
import sys

import click
import pytest

from cli.command_runs import EXAMPLES, environment
from robustmech.cli.application import _COMMANDS, application

LOADED = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from robustmech.cli import main
main()
"""
LIBRARIES = {"numpy", "scipy", "pydantic", "rich", "matplotlib", "xarray", "clarabel", "highspy", "pandas"}


def loaded(*arguments: object) -> set[str]:
    command = [sys.executable, "-c", LOADED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, env=environment(), check=True, text=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in _COMMANDS)])
def test_help_and_version_load_no_library(arguments: list[str]) -> None:
    found = loaded(*arguments)
    assert "click" in found
    assert found.isdisjoint(LIBRARIES)


def test_solving_loads_what_it_uses() -> None:
    found = loaded("solve", EXAMPLES / "independent-values.toml", "--actions", "3")
    assert {"numpy", "scipy.sparse", "clarabel", "pydantic"} <= found
    unused = {"xarray", "pandas", "matplotlib", "rich", "robustmech.verification", "robustmech.artefacts"}
    unused |= {"scipy.special", "scipy.linalg", "scipy.optimize", "scipy.stats", "scipy.sparse.csgraph", "highspy"}
    assert found.isdisjoint(unused)


def test_help_says_of_each_command_what_the_command_says() -> None:
    context = click.Context(application)
    for name, short in _COMMANDS.items():
        command = application.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(limit=1000) == short
    assert application.list_commands(context) == list(_COMMANDS)
    shown = application.get_help(context)
    assert all(f"  {name:6}  {short}\n" in shown + "\n" for name, short in _COMMANDS.items())
