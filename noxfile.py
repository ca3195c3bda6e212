"""Everything that is checked: `nox` runs what a change must pass, `nox -l` lists the rest.

Each session keeps its environment under .nox; `nox -R` skips installing. Arguments after `--` go to its tool.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nox

nox.needs_version = ">=2025.10.16"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "imports", "tests"]

ROOT = Path(__file__).parent
SOURCES = ["src", "tests", "noxfile.py", *(["bench"] if (ROOT / "bench").is_dir() else [])]


TOOLS = {
    re.split(r"[\[<>=;]", each)[0]: each
    for extra in ("test", "dev")
    for each in nox.project.load_toml(ROOT / "pyproject.toml")["project"]["optional-dependencies"][extra]
}


def install(session: nox.Session) -> None:
    """The project as it stands in this folder, with all extras and tools."""
    session.install("--editable", ".[dev]")


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format."""
    session.install(TOOLS["ruff"])
    session.run("ruff", "check", *session.posargs, *SOURCES)
    session.run("ruff", "format", "--check", *SOURCES)


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Ruff again, this time mending what it can."""
    session.install(TOOLS["ruff"])
    session.run("ruff", "check", "--fix", *SOURCES)
    session.run("ruff", "format", *SOURCES)


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict, on the sources and on the tests."""
    install(session)
    session.run("mypy", *session.posargs, *SOURCES)


@nox.session
def imports(session: nox.Session) -> None:
    """Import-linter: who may import whom."""
    session.install(TOOLS["import-linter"])
    session.run("lint-imports", "--no-logo", *session.posargs, env={"PYTHONPATH": "src"})


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and integration tests, on SQLite, PostgreSQL and MariaDB where they are found."""
    install(session)
    session.run("pytest", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """The tests again, noting which lines and branches they run: 95 % of the core and 85 % of everything at least."""
    install(session)
    session.run("pytest", "-n", "2", "--dist", "worksteal", "--cov", "--cov-report=", *session.posargs)
    session.run("coverage", "report", "--include=src/dkp_core/*", "--fail-under=95")
    session.run("coverage", "report", "--fail-under=85")


@nox.session
def docs(session: nox.Session) -> None:
    """Runs the code blocks of the README and the docs, and follows their links."""
    install(session)
    session.run("pytest", "tests/unit/docs", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Breaks the core in every way that mutmut knows and prints how many changes a unit test notices.

    Arguments restrict it: `nox -s mutation -- dkp_core.points.*`.
    """
    install(session)
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    session.run("mutmut", "run", "--max-children", "2", *session.posargs)
    results = session.run("mutmut", "results", "--all", "true", silent=True) or ""
    outcomes = re.findall(
        r": (killed|timeout|caught by type check|survived|no tests|suspicious)$", results, re.MULTILINE
    )
    noticed = sum(outcome in {"killed", "timeout", "caught by type check"} for outcome in outcomes)
    survivors = [line.strip() for line in results.splitlines() if line.endswith((": survived", ": no tests"))]
    print(*survivors, sep="\n")
    if not outcomes:
        session.error("no mutant was tried")
    print(f"mutation score: {noticed} of {len(outcomes)} noticed = {100 * noticed / len(outcomes):.1f} %")


@nox.session
def audit(session: nox.Session) -> None:
    """Pip-audit: whether anything that is installed has a known weakness. Arguments go to it, such as `-s osv`.

    `nox -s audit -- -f cyclonedx-json -o sbom.json` writes down what is installed instead.
    """
    install(session)
    command = ["pip-audit", "--local", "--skip-editable", "--progress-spinner", "off"]
    if {"-f", "--format"} & set(session.posargs):
        session.run(*command, *session.posargs)
        return
    report = Path(session.create_tmp()) / "audit.json"
    report.unlink(missing_ok=True)
    session.run(*command, "-f", "json", "-o", str(report), *session.posargs, success_codes=[0, 1], silent=True)
    text = report.read_text("utf-8") if report.exists() else ""
    told = judged(json.loads(text)["dependencies"] if text else [])
    if told is not None:
        session.error(told)
    print("nothing that is installed has a known weakness")


def judged(dependencies: list[dict[str, Any]]) -> str | None:
    """What is wrong by the report of pip-audit; None where everything was asked about and nothing is.

    Pip-audit itself is content where a package is not known to the service, which may not have been asked at all.
    """
    weak = [
        f"{each['name']} {each['version']}: {weakness['id']}, mended in {' or '.join(weakness['fix_versions']) or '?'}"
        for each in dependencies
        for weakness in each.get("vulns", [])
    ]
    if weak:
        return "known weaknesses:\n" + "\n".join(weak)
    asked = [each for each in dependencies if "vulns" in each]
    if not asked:
        return "the service that knows of weaknesses did not answer, so nothing was audited; try again, or with -s osv"
    left = [each["name"] for each in dependencies if "vulns" not in each and each["name"] != "dkp"]
    return f"not audited, since the service does not know them: {', '.join(sorted(left))}" if left else None


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks: ratios, measured side by side on this machine."""
    install(session)
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """A guild with members, raids and points, served on this machine."""
    install(session)
    session.run("dkp", "demo", *session.posargs)


@nox.session(reuse_venv=False)
def build(session: nox.Session) -> None:
    """Wheel and sdist; the wheel alone, with the oldest attrs and cattrs it accepts, must give the core."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("uv", "build", "--quiet", "--out-dir", str(dist), external=True)
    (wheel,) = dist.glob("*.whl")
    (sdist,) = dist.glob("*.tar.gz")
    session.install("--resolution", "lowest-direct", str(wheel))
    with session.chdir(session.create_tmp()):
        session.run("python", "-c", IMPORT_THE_CORE)
    outcome = subprocess.run(
        [Path(session.bin) / "dkp", "--help"], capture_output=True, text=True, check=False, timeout=60
    )
    if outcome.returncode == 0 or 'pip install "dkp[all]"' not in outcome.stderr:
        session.error(f"without its extras, dkp must say what to install, but said: {outcome}")
    print(f"built {wheel.name} and {sdist.name} with Python {sys.version.split()[0]}")


IMPORT_THE_CORE = """
import importlib, pkgutil, sys
import dkp_core
for module in pkgutil.walk_packages(dkp_core.__path__, "dkp_core."):
    importlib.import_module(module.name)
print(sum(name.startswith("dkp_core") for name in sys.modules), "modules of the core imported")
"""
