"""What notices say: one catalogue, a text for each key and language (A-5).

`{name}` stands for a value of the notice's data, on one line whatever it held; `{name:lines}` keeps its lines;
`{guild}` is the guild's name. A field whose value turns out empty is left out. Texts are plain: no Markdown, no HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Formatter
from types import MappingProxyType
from typing import Final

from attrs import frozen

from dkp_core.notices.writing import Writing, visible

GUILD: Final = "guild"
LINES: Final = "lines"


@frozen
class Text:
    """What a notice says: a line that tells it all, a body for those who read on, and named fields."""

    subject: str
    body: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def templates(self) -> tuple[str, ...]:
        """Everything that is filled in."""
        return (self.subject, self.body, *(value for _, value in self.fields))

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the data that it asks for."""
        asked = {name for template in self.templates for _, name, _, _ in Formatter().parse(template) if name}
        return frozenset(asked - {GUILD})


ENGLISH: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "test": Text(
            "Notices of {guild} arrive here",
            "Somebody who may set up {guild} sent this, to see whether it arrives.",
        ),
        "application.received": Text(
            "{guild}: your application has arrived",
            "The recruiters of {guild} will look at the application of {character}. You can change it until then.",
        ),
        "application.accepted": Text(
            "{guild}: {character} is on trial",
            "Your application was accepted. The trial lasts until {trial_ends_at}.",
        ),
        "application.trial_extended": Text(
            "{guild}: the trial of {character} is longer",
            "It lasts until {trial_ends_at} now.",
        ),
        "application.rejected": Text(
            "{guild}: the application of {character} was rejected",
            "{reason:lines}",
        ),
        "application.withdrawn": Text(
            "{guild}: the application of {character} is withdrawn",
            "{reason:lines}",
        ),
        "application.commented": Text(
            "{guild}: a word on the application of {character}",
            "{text:lines}",
        ),
        "application.vote_runs": Text(
            "{guild}: {character} is being voted on",
            "You will be told how it ends.",
        ),
        "application.passed": Text(
            "{guild}: {character} passed",
            "Welcome to {guild}!",
        ),
        "application.failed": Text(
            "{guild}: {character} did not pass",
            "Your trial is over. Thank you for your time with {guild}.",
        ),
        "application.recycled": Text(
            "{guild}: the trial of {character} goes on",
            "The vote decided neither way. The trial lasts until {trial_ends_at} now, and there is another vote later.",
        ),
        "application.arrived": Text(
            "New application: {character}",
            "Application {application} waits for the recruiters.",
            (("Character", "{character}"), ("Class", "{character_class}"), ("Level", "{level}")),
        ),
        "trial.summary": Text(
            "On trial: {character}",
            "Application {application} was accepted.",
            (
                ("Character", "{character}"),
                ("Class", "{character_class}"),
                ("Level", "{level}"),
                ("Server", "{server}"),
                ("Trial", "{trial_starts_at} to {trial_ends_at}"),
                ("Time zone", "{timezone}"),
                ("Availability", "{availability:lines}"),
                ("Previous guilds", "{previous_guilds:lines}"),
                ("References", "{references:lines}"),
            ),
        ),
        "trial.overdue": Text(
            "The trial of {character} is overdue",
            "It ended at {trial_ends_at} without a vote. Start the vote, extend the trial, or end it.",
        ),
        "trial.proposal": Text(
            "The trial of {character}: {outcome} is proposed",
            "That is what the rules for trials make of application {application}. Nothing happens without a vote.",
        ),
        "vote.started": Text(
            "Vote on {character}",
            "Round {round} is open until {closes_at}: pass, fail or recycle.",
        ),
        "vote.officers_started": Text(
            "The officers vote on {character}",
            "The members passed. Round {round} is open to the officers until {closes_at}.",
        ),
        "vote.ended": Text("The vote on {character} is over: {outcome}"),
        "vote.called_off": Text("The vote on {character} is called off"),
        "task.promote": Text(
            "{character} passed, and waits to be promoted",
            "Passes are carried out by hand here: promote application {application}.",
        ),
        "task.name_held": Text(
            "{character} passed, but the name is somebody else's",
            "Settle whose the character is, or name another one, and promote application {application}.",
        ),
        "task.not_a_member": Text(
            "{character} passed, but the membership is not in force",
            "Resume the membership, and promote application {application}.",
        ),
        "claim.made": Text(
            "{claimant} claims {character} and what else that player has",
            "An officer approves or refuses claim {claim}; or the claimant says its code in game, as that character.",
        ),
        "claim.approved": Text(
            "{guild}: {character} is yours",
            "Your claim was approved. Characters, points and attendance of {character}'s player are yours from now on.",
        ),
        "claim.refused": Text(
            "{guild}: your claim on {character} was refused",
            "{reason:lines}",
        ),
        "dispute.made": Text(
            "{member} disputes {amount} in {pool}: {what}",
            "{text:lines}\n\nUphold or reject dispute {dispute}.",
        ),
        "dispute.upheld": Text(
            "{guild}: you were right about entry {entry}",
            "Dispute {dispute} was upheld. {reason:lines}",
        ),
        "dispute.rejected": Text(
            "{guild}: entry {entry} stays as it is",
            "Dispute {dispute} was rejected. {reason:lines}",
        ),
        "claim.undone": Text(
            "{guild}: what a claim gave you was taken back",
            "{reason:lines}",
        ),
    }
)
"""Every text by its key, which is written `<what it is about>.<what happened>`."""

LANGUAGES: Final[Mapping[str, Mapping[str, Text]]] = MappingProxyType({"en": ENGLISH})
DEFAULT_LANGUAGE: Final = "en"

_UNKNOWN: Final = Text("News from {guild}")


def text_of(key: str, locale: str = DEFAULT_LANGUAGE) -> Text:
    """The text of that key in the language of the locale, else in English.

    What waits may have been posted by a newer or older program: an unknown key is said to be news.
    """
    for language in _languages(locale):
        found = LANGUAGES.get(language, {}).get(key)
        if found is not None:
            return found
    return _UNKNOWN


def filled(template: str, data: Mapping[str, str]) -> Writing:
    """The template with the data filled in; what it asks for and nobody gave is left out."""
    parts: list[tuple[str, bool]] = []
    for literal, name, form, _ in Formatter().parse(template):
        if literal:
            parts.append((literal, False))
        if name:
            parts.append((_lines(data.get(name, "")) if form == LINES else _line(data.get(name, "")), True))
    return Writing(tuple(part for part in parts if part[0]))


def _languages(locale: str) -> Iterable[str]:
    """The locale, then the language alone, then English: `de-AT`, `de`, `en`."""
    return (locale, locale.partition("-")[0], DEFAULT_LANGUAGE)


def _line(value: str) -> str:
    return " ".join(visible(value).split())


def _lines(value: str) -> str:
    """Its lines, without more than one empty line in a row."""
    lines: list[str] = []
    for line in visible(value).splitlines():
        kept = " ".join(line.split())
        if kept or (lines and lines[-1]):
            lines.append(kept)
    return "\n".join(lines).strip()
