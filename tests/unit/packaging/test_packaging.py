"""What is installed: one distribution that asks for little, and says what is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.unit.architecture.source_tree import ROOT, SRC, modules_of

PACKAGES = ("dkp_core", "dkp_adapters", "dkp_entrypoints")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def distribution_names(requirements: list[str]) -> set[str]:
    """The normalised names of what is required, extras of our own followed."""
    names = set()
    for requirement in requirements:
        if own := re.match(r"dkp\[([\w,]+)\]", requirement):
            for extra in own[1].split(","):
                names |= distribution_names(PROJECT["optional-dependencies"][extra])
        else:
            name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
            names.add(re.sub(r"[-_.]+", "-", name).lower())
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_every_library_that_is_imported_is_declared(package: str) -> None:
    """G-10: the core needs the base only, everything else is in `dkp[all]`; nothing is there by accident."""
    extras = [] if package == "dkp_core" else ["dkp[all]"]
    declared = distribution_names([*PROJECT["dependencies"], *extras])
    providers = packages_distributions()
    undeclared = {
        f"{module.name}:{found.line} imports {top}"
        for module in modules_of(package)
        for found in module.imports
        if (top := found.target.partition(".")[0]) not in {*sys.stdlib_module_names, *PACKAGES}
        and declared.isdisjoint(re.sub(r"[-_.]+", "-", name).lower() for name in providers.get(top, [top]))
    }
    assert not undeclared, "\n".join(sorted(undeclared))


def test_the_base_is_attrs_and_cattrs() -> None:
    """G-10: who embeds the core gets two small libraries."""
    assert distribution_names(PROJECT["dependencies"]) == {"attrs", "cattrs"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    """Without py.typed, mypy ignores our annotations in somebody else's project."""
    assert (SRC / package / "py.typed").is_file()


def run_dkp(before: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The outcome of `dkp` with these arguments where the statement `before` ran first."""
    program = f"""
import sys
{before}
sys.argv = ["dkp", *{arguments!r}]
from dkp_entrypoints.__main__ import main
main()
"""
    return subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_extras_the_command_says_in_one_line_what_to_install() -> None:
    """Who installed the base only is told how to get the rest, not shown a traceback."""
    outcome = run_dkp("sys.modules['typer'] = None", "--help")
    assert outcome.returncode == 1
    assert outcome.stderr == 'dkp: typer is not installed; install everything with: pip install "dkp[all]"\n'


def test_a_missing_module_of_our_own_is_not_blamed_on_the_installation() -> None:
    """A broken package is a fault to be seen whole."""
    outcome = run_dkp("sys.modules['dkp_entrypoints.cli'] = None", "--help")
    assert "ModuleNotFoundError" in outcome.stderr
    assert "pip install" not in outcome.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "db upgrade", "demo"])
def test_the_commands_that_image_units_and_readme_use_exist(command: str) -> None:
    """O-10: the container image, the compose file and the systemd units start what there is."""
    outcome = run_dkp("", *command.split(), "--help")
    assert outcome.returncode == 0, outcome.stderr


# --- .ci/run ------------------------------------------------------------------------------------------------

on_unix = pytest.mark.skipif(sys.platform == "win32", reason=".ci/run is a bash script")


def run_ci(folder: Path, readme: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The outcome of .ci/run in a project with that README."""
    (folder / ".ci").mkdir()
    script = folder / ".ci" / "run"
    script.write_bytes((ROOT / ".ci" / "run").read_bytes())
    (folder / "README.md").write_text(readme, "utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "DKP_REQUIRE_SERVICES"}
    return subprocess.run(
        ["bash", str(script), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def readme(command: str) -> str:
    """A README with a block that is not the test command and one that is."""
    marked = f"<!-- test-command -->\n\n```console\n{command}\n```"
    return f"# dkp\n\n```console\nfalse\n```\n\n{marked}\n\n```\nfalse\n```\n"


SUMMARY = "===== 2 passed, 1 skipped in 0.10s ====="


@on_unix
def test_ci_runs_the_readmes_own_command_with_all_services_required(tmp_path: Path) -> None:
    """What CI runs is what the README promises; pytest's summary is the last line."""
    outcome = run_ci(tmp_path, readme(f"$ echo needs $DKP_REQUIRE_SERVICES\necho '{SUMMARY}'\necho done"))
    assert outcome.returncode == 0
    assert outcome.stdout.splitlines() == ["needs all", SUMMARY, "done", SUMMARY]


@on_unix
def test_ci_shows_the_command_without_running_it(tmp_path: Path) -> None:
    """For whoever wants to see it."""
    assert run_ci(tmp_path, readme("exit 1"), "--show").stdout == "exit 1\n"


@on_unix
@pytest.mark.parametrize("command", [f"echo '{SUMMARY}'; exit 1", f"false\necho '{SUMMARY}'", "echo nothing ran"])
def test_ci_fails_when_the_command_fails_or_ran_no_tests(command: str, tmp_path: Path) -> None:
    """A green CI means that tests ran and passed."""
    assert run_ci(tmp_path, readme(command)).returncode != 0


@on_unix
def test_ci_fails_when_the_readme_names_no_command(tmp_path: Path) -> None:
    """A README that lost its mark is seen."""
    outcome = run_ci(tmp_path, "# dkp\n\n```console\nfalse\n```\n")
    assert outcome.returncode == 2
    assert "test-command" in outcome.stderr


@on_unix
def test_the_readme_marks_the_command_that_passes_the_tests() -> None:
    """Its last line runs nox, whose default sessions are what a change must pass."""
    outcome = subprocess.run(["bash", str(ROOT / ".ci" / "run"), "--show"], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.split()[-1].endswith("nox")
