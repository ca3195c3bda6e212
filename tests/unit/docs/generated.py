"""The parts of the docs that are drawn from the code, so that they can't lie.

A page marks such a part with `<!-- generated: settings -->` and `<!-- /generated -->`. A test compares them;
`python -m tests.unit.docs.generated` writes them anew.
"""

from __future__ import annotations

import importlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import Final

from attrs import fields

from dkp_core.accounts import PERMISSIONS, SCOPES, RoleGroup, permissions_of
from dkp_core.guilds import GuildSettings
from dkp_core.kernel.data import Data
from dkp_core.kernel.descent import kinds_below
from dkp_core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from dkp_core.kernel.permission import Permission
from dkp_core.loot import ChatGrammar, Rules
from dkp_core.loot.rules import AttendanceCap, Limit, Phase, RankCap, RankMultiplier
from dkp_core.notices import ENGLISH
from dkp_core.points import (
    BUCKETS,
    Bonus,
    Decay,
    EntryKind,
    Inactivity,
    Policies,
    RepeatingCap,
    StartPoints,
)
from dkp_core.points.schedule import Schedule
from dkp_core.raids import ATTENDED, FACTORS, DumpFormat, Presence
from dkp_core.reactions import REACTIONS
from dkp_core.recruitment import Question, RecruitmentRules
from dkp_entrypoints.cli.exit_codes import MEANINGS
from dkp_entrypoints.cli.root import COMMANDS
from dkp_entrypoints.http.app import PARTS
from dkp_entrypoints.http.operation import Operation, text_of
from dkp_entrypoints.http.problems import catalogue
from dkp_entrypoints.settings import PREFIX, Settings
from tests.access import LEFT, OWN, PEOPLE, STRANGER, Reach, may
from tests.unit.architecture.source_tree import modules_of
from tests.unit.docs.markdown_pages import ROOT, Page, pages
from tests.unit.http.operations import OPERATIONS

PART: Final = re.compile(
    r"^(?P<start><!-- generated: (?P<name>[a-z-]+) -->)\n(?P<text>.*?)^(?P<end><!-- /generated -->)$",
    re.MULTILINE | re.DOTALL,
)
CONTEXTS: Final = (
    "guilds",
    "accounts",
    "notices",
    "roster",
    "points",
    "raids",
    "loot",
    "recruitment",
    "scheduling",
    "authority",
    "moving",
    "reactions",
)


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def sentence(text: str | None) -> str:
    """The first sentence of a docstring on one line, without the rules it names."""
    first = " ".join((text or "").strip().partition("\n\n")[0].split())
    return re.sub(r" \([A-Z]-\d+(?:(?:, | to )[A-Z]-\d+)*\)", "", first)


# --- rules of auctions ------------------------------------------------------------------------------------------------


def _fields(data: Data) -> str:
    values = data.values()
    rows = [
        (f"`{each.name}`", each.metadata["help"], f"`{json.dumps(values[each.name], ensure_ascii=False)}`")
        for each in fields(type(data))
    ]
    return table(("field", "what it says", "unless set"), rows)


def auction_rules() -> str:
    """Every field of a pool's rules, and of what its lists hold."""
    parts = [_fields(Rules())]
    for name, kind in (
        ("attendance_caps", AttendanceCap),
        ("rank_caps", RankCap),
        ("limits", Limit),
        ("rank_multipliers", RankMultiplier),
        ("phases", Phase),
    ):
        parts.append(f"\nEach of `{name}`:\n\n{_fields(kind())}")
    return "".join(parts)


def policies() -> str:
    """Every policy of a pool, and what their objects and lists hold."""
    parts = [_fields(Policies())]
    for name, kind in (
        ("start_points", StartPoints),
        ("bonuses", Bonus),
        ("repeating_cap", RepeatingCap),
        ("decay", Decay),
        ("inactivity", Inactivity),
        ("schedule", Schedule),
    ):
        parts.append(f"\nIn `{name}`:\n\n{_fields(kind())}")
    return "".join(parts)


def chat_grammar() -> str:
    """Every field of the chat grammar."""
    return _fields(ChatGrammar())


def recruitment_rules() -> str:
    """Every field of a guild's rules for recruitment."""
    return _fields(RecruitmentRules())


def questions() -> str:
    """Every field of a question to applicants."""
    return _fields(Question())


# --- settings ---------------------------------------------------------------------------------------------------------


def _shown(value: object) -> str:
    if value in ("", ()):
        return "nothing"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def settings() -> str:
    """What can be set for an installation."""
    rows = [
        (f"`{PREFIX}{each.name.upper()}`", f"`{each.name}`", _shown(each.default), each.metadata["help"])
        for each in fields(Settings)
    ]
    return table(("in the environment", "in the file", "unless set", "what it is"), rows)


def guild_settings() -> str:
    """What officers can set for their guild."""
    rows = [(f"`{each.name}`", _shown(each.default), each.metadata["help"]) for each in fields(GuildSettings)]
    return table(("setting", "unless set", "what it does"), rows)


# --- the command line -------------------------------------------------------------------------------------------------


def commands() -> str:
    """The commands and families of commands, as `dkp --help` lists them."""
    rows = [
        (section, f"`dkp {name}`", line) for section, found in COMMANDS.items() for name, (_, line) in found.items()
    ]
    return table(("", "command", "what it does"), rows)


def exit_codes() -> str:
    """What `dkp` exits with."""
    return table(("exit code", "meaning"), [(str(code.value), meaning) for code, meaning in MEANINGS.items()])


# --- HTTP -------------------------------------------------------------------------------------------------------------


def operations() -> str:
    """Every operation of the API: path, methods, what it does, what it needs."""
    rows: dict[tuple[str, str], tuple[list[str], Operation]] = {}
    for each in (operation for part in PARTS for operation in part.all):
        rows.setdefault((each.path, each.use_case or each.id), ([], each))[0].append(each.method)
    return table(
        ("", "path", "what it does", "needs"),
        [(" ".join(sorted(methods)), f"`{each.path}`", _done(each), _needed(each)) for methods, each in rows.values()],
    )


def _done(operation: Operation) -> str:
    text = " ".join(text_of(operation).partition("\n\n")[0].split())
    first = re.sub(r" \([A-Z]-\d+(?:(?:, | to )[A-Z]-\d+)*\)", "", re.split(r"(?<=[.])\s+(?=[A-Z])", text)[0])
    marks = [
        *(["polled"] if operation.polled else []),
        *(["once by `Idempotency-Key`"] if operation.idempotent else []),
    ]
    return f"{first} ({', '.join(marks)})" if marks else first


def _needed(operation: Operation) -> str:
    if operation.anonymous:
        return "nothing"
    return " or ".join([*(f"`{each}`" for each in operation.needs), *([operation.own] if operation.own else [])])


# --- rules ------------------------------------------------------------------------------------------------------------


def permissions() -> str:
    """Who may what: role groups, a trial, an open roster, and the scopes of bot keys."""
    trial = permissions_of(RoleGroup.APPLICANT, trial=True, public_roster=False, trials_bid=False)
    bidding = permissions_of(RoleGroup.APPLICANT, trial=True, public_roster=False, trials_bid=True)
    opened = permissions_of(RoleGroup.GUEST, trial=False, public_roster=True, trials_bid=False)
    columns = [*(PERMISSIONS[group] for group in RoleGroup), trial, bidding, opened, SCOPES]
    titles = (*RoleGroup, "applicant on trial", "trial that may bid", "guest, public roster", "bot key may have it")
    rows = [
        (f"`{permission}`", *("yes" if permission in column else "" for column in columns)) for permission in Permission
    ]
    return table(("permission", *titles), rows)


def notice_texts() -> str:
    """What people are told, in English."""
    rows = [(f"`{key}`", text.subject, " ".join(text.body.split())) for key, text in sorted(ENGLISH.items())]
    return table(("text", "subject", "what it says"), rows)


def access() -> str:
    """Every operation for every kind of caller, as tests/access.py reckons it."""
    columns = (*PEOPLE, LEFT, STRANGER)
    rows: dict[tuple[object, ...], list[str]] = {}
    for each in OPERATIONS:
        cells = tuple("yes" if may(each, caller) else "" for caller in columns)
        scopes = ", ".join(f"`{scope}`" for scope in each.needs if scope in SCOPES)
        bots = "yes" if each.anonymous or OWN[each.own] is Reach.EVERYBODY else scopes
        rows.setdefault((each.path, *cells, bots, each.own), []).append(each.method)
    return table(
        ("", "path", *(caller.name for caller in columns), "bot with", "and besides"),
        [(" ".join(sorted(methods)), f"`{path}`", *map(str, rest)) for (path, *rest), methods in rows.items()],
    )


def buckets() -> str:
    """The kinds of entries, and the bucket of the balance each counts in."""
    rows = [(f"`{kind}`", f"`{BUCKETS[kind]}`" if kind in BUCKETS else "the one it names") for kind in EntryKind]
    return table(("kind of entry", "counts in"), rows)


def presences() -> str:
    """What each kind of presence pays and whether it is attendance."""
    rows = [
        (f"`{presence}`", f"{100 * FACTORS[presence]} %", "yes" if presence in ATTENDED else "no")
        for presence in Presence
    ]
    return table(("presence", "pays of the tick's points", "counts as attended"), rows)


def formats() -> str:
    """The files that attendance is read from, in the order they are recognised."""
    return table(("`format`", "file"), [(f"`{each.value}`", each.reader.title) for each in DumpFormat])


def _errors() -> dict[str, type[DomainError]]:
    """Every error that can be told, by its code; of several with one code, the plainest."""
    for package in ("dkp_core", "dkp_adapters", "dkp_entrypoints"):
        for module in modules_of(package):
            if "DomainError" in module.text or re.search(
                r"\((?:\w+, )*(?:Invalid\w*|Conflict|Forbidden)\b", module.text
            ):
                importlib.import_module(module.name)
    found: dict[str, type[DomainError]] = {}
    for error in kinds_below(DomainError):
        if error.__module__.startswith("dkp_") and error not in (Invalid, NotFound, Forbidden, Conflict):
            found.setdefault(error.code, error)
    return found


def errors() -> str:
    """Every way the system says no, with its stable code and HTTP status."""
    found = _errors()
    statuses = catalogue()
    local = ("dkp_entrypoints.cli", "dkp_entrypoints.settings")  # never told over HTTP
    rows = [
        (
            f"`{code}`",
            str(statuses[code][0]) if code in statuses and not error.__module__.startswith(local) else "",
            sentence(error.__doc__),
        )
        for code, error in sorted(found.items())
    ]
    return table(("code", "HTTP", "what is so"), rows)


# --- the map ----------------------------------------------------------------------------------------------------------


def context_of(name: str) -> str | None:
    """The context a module of the core belongs to; None for other modules, and for the kernel that all use."""
    parts = name.split(".")
    return parts[1] if parts[0] == "dkp_core" and len(parts) > 1 and parts[1] in CONTEXTS else None


def uses() -> dict[str, dict[str, set[str]]]:
    """What each context takes from which other, as its modules import it."""
    found: dict[str, dict[str, set[str]]] = {}
    for module in modules_of("dkp_core"):
        context = context_of(module.name)
        if context is None:
            continue
        taken = found.setdefault(context, {})
        for imported in module.imports:
            other = context_of(imported.target)
            if other is not None and other != context:
                taken.setdefault(other, set()).add(imported.target.rpartition(".")[2])
    return found


def context_map() -> str:
    """The contexts, who takes what from whom, and what follows from which event."""
    found = uses()
    order = {context: place for place, context in enumerate(CONTEXTS)}
    drawn = "".join(
        f"    {context} --> {other}\n"
        for context in sorted(found, key=lambda each: -order[each])
        for other in sorted(found[context], key=lambda each: -order[each])
    )
    rows = [
        (context, other, ", ".join(f"`{name}`" for name in sorted(found[context][other])))
        for context in sorted(found, key=lambda each: -order[each])
        for other in sorted(found[context], key=lambda each: -order[each])
    ]
    return f"```mermaid\nflowchart TD\n{drawn}```\n\n{table(('context', 'takes from', 'what'), rows)}"


def reactions() -> str:
    """What follows from which event."""
    by_reaction: defaultdict[str, list[str]] = defaultdict(list)
    for reaction in REACTIONS:
        by_reaction[reaction.name].append(reaction.event.event_name())
    rows = [(", ".join(f"`{event}`" for event in events), f"`{name}`") for name, events in by_reaction.items()]
    return table(("whenever this happens", "that follows"), rows)


def ports() -> str:
    """The ports of the core, and what stands behind each."""
    declared = {
        found.group(1): module.name
        for module in modules_of("dkp_core")
        for found in re.finditer(r"^class (\w+)\((?:\w+, )*Protocol(?:\[\w+\])?\):", module.text, re.MULTILINE)
    }
    behind: dict[str, set[str]] = {name: set() for name in declared}
    for module in modules_of("dkp_adapters"):
        for found in re.finditer(r"^class (\w+)\(([\w\[\], ]+)\):", module.text, re.MULTILINE):
            for base in re.findall(r"\w+", found.group(2)):
                if base in behind:
                    behind[base].add(found.group(1))
    rows = [
        (f"`{name}`", f"`{declared[name]}`", ", ".join(f"`{each}`" for each in sorted(behind[name])))
        for name in sorted(declared, key=lambda each: (declared[each], each))
        if behind[name]
    ]
    return table(("port", "declared in", "adapters"), rows)


def adr_index() -> str:
    """The decision records by number."""
    found = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    titles = [path.read_text("utf-8").partition("\n")[0].removeprefix("# ") for path in found]
    return "".join(f"- [{title}]({path.name})\n" for path, title in zip(found, titles, strict=True))


GENERATORS: Final = MappingProxyType(
    {
        "settings": settings,
        "auction-rules": auction_rules,
        "policies": policies,
        "chat-grammar": chat_grammar,
        "recruitment-rules": recruitment_rules,
        "questions": questions,
        "guild-settings": guild_settings,
        "commands": commands,
        "operations": operations,
        "exit-codes": exit_codes,
        "permissions": permissions,
        "notice-texts": notice_texts,
        "access": access,
        "buckets": buckets,
        "presences": presences,
        "formats": formats,
        "errors": errors,
        "context-map": context_map,
        "reactions": reactions,
        "ports": ports,
        "adr-index": adr_index,
    }
)


# --- pages ------------------------------------------------------------------------------------------------------------


def parts(page: Page) -> Iterator[tuple[str, str]]:
    """The generated parts of a page: name and text, as they stand there."""
    for found in PART.finditer(page.text):
        yield found["name"], found["text"]


def renewed(text: str, generators: MappingProxyType[str, Callable[[], str]] = GENERATORS) -> str:
    """A page's text with its generated parts as they should be. Raises: KeyError for a part nobody generates."""
    return PART.sub(lambda found: f"{found['start']}\n{generators[found['name']]()}{found['end']}", text)


def main() -> None:
    """Write the generated parts of all pages."""
    for page in pages():
        text = renewed(page.text)
        if text != page.text:
            page.path.write_text(text, "utf-8")
            print(f"{page.path.relative_to(ROOT)} is renewed")


if __name__ == "__main__":
    main()
