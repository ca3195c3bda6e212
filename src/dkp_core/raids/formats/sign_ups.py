"""Raid-Helper's sign-ups for an event, as its API and its web pages give them: who signed up, and how."""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import Final

from dkp_core.kernel.names import NAME_LENGTH_RAW_MAX
from dkp_core.raids.formats.check import Check, Presence, WarningKind
from dkp_core.raids.formats.document import Node, document_of, looks_like_document, moment_of_text
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.text import DumpText

PSEUDO_CLASSES: Final = MappingProxyType(
    {
        "late": Presence.LATE,
        "bench": Presence.STANDBY,
        "tentative": Presence.PRESENT,
        "absence": Presence.ABSENT_EXCUSED,
        "absent": Presence.ABSENT_EXCUSED,
    }
)
"""Answers that stand among the classes; whoever gives one keeps their spec."""

TENTATIVE: Final = "tentative"
QUEUED: Final = "queued"
DECORATION: Final = frozenset({"So", "Sk", "Cf", "Cs", "Co", "Cn", "Cc"})
"""Emoji, back-ticks and what joins them."""

VARIATIONS: Final = range(0xFE00, 0xFE10)
NAME_ENDS: Final = "/|("
"""What stands between a character and its owner's other names: `Greenbeam/Mapleleaf(Олежа)`."""


def recognises(sample: Sample) -> bool:
    """The list of sign-ups, in either spelling."""
    return looks_like_document(sample, '"signUps"', '"signups"')


def name_in(text: str) -> tuple[str, str]:
    """A character's name out of what somebody is called on Discord, and what else that says.

    Letters of the mathematical alphabets are read as letters, emoji left; the first of several names is meant.
    """
    if len(text) > NAME_LENGTH_RAW_MAX:
        return text, ""
    plain = "".join(filter(_is_written, unicodedata.normalize("NFKC", text)))
    parts = [plain]
    for end in NAME_ENDS:
        parts = [part for each in parts for part in each.split(end)]
    names = [" ".join(part.strip(" )").split()) for part in parts]
    first = next((name for name in names if any(map(str.isalpha, name))), "")
    if not first:
        return text, ""
    return first, "" if first == text.strip() else f"signed up as {text.strip()}"


def _is_written(char: str) -> bool:
    return unicodedata.category(char) not in DECORATION and ord(char) not in VARIATIONS


def read(text: DumpText, account: FileAccount, _file_name: str) -> tuple[Check, ...]:
    """One check, taken when the event starts; of its several times only the seconds since 1970 have a zone."""
    document = document_of(text)
    event = document.root
    sheet = Sheet(account)
    for sign_up in (*event.children("signUps"), *event.children("signups")):
        _attend(sheet, sign_up)
    document.account_for_the_rest(sheet)
    start = event.text("startTime") or event.text("unixtime")
    taken_at = moment_of_text(start)
    if taken_at is None:
        said = f"Its start {start[:40]!r} is no time" if start else "The file does not say when it starts"
        sheet.warn(WarningKind.TIME_UNREADABLE, f"{said}; the time has to be named.", line=event.line)
    return (sheet.closed(taken_at=taken_at, call_name=event.text("title")),)


def _attend(sheet: Sheet, sign_up: Node) -> None:
    name, alias = name_in(sign_up.text("name"))
    answer = sign_up.text("className") or sign_up.text("class")
    presence = PSEUDO_CLASSES.get(answer.casefold())
    status = sign_up.text("status")
    is_queued = status.casefold() == QUEUED
    user = sign_up.text("userId") or sign_up.text("userid")
    spec = sign_up.text("specName") or sign_up.text("spec")
    role = sign_up.text("roleName") or sign_up.text("role")
    sheet.attend(
        sign_up.line,
        name,
        character_class=answer if presence is None else None,
        presence=Presence.STANDBY if is_queued and presence is None else presence or Presence.PRESENT,
        detail=noted(
            alias,
            answer if presence is not None else "",
            "queued" if is_queued else "",
            f"spec {spec}" if spec else "",
            f"role {role}" if role else "",
            f"Discord user {user}" if user else "",
        ),
    )
    if answer.casefold() == TENTATIVE:
        sheet.warn(
            WarningKind.TENTATIVE,
            f"{name} signed up as tentative; it is taken for present.",
            line=sign_up.line,
        )


READER: Final = FormatReader(
    title="Raid-Helper's sign-ups (JSON of its API or its web pages)",
    recognises=recognises,
    read=read,
)
