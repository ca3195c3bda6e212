"""The questions of the guildrequest plugin, and the answers to them (V-1).

Types of its fields: 0 text, 1 long text, 2 and 6 a choice, 3 and 4 headings, 5 several choices, 7 BBCode, 8 an image.
What was answered is kept by the field's id; several choices are serialized once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.fitting import Fitting
from dkp_adapters.eqdkp.serialized import NotSerialized, Plain, unserialized
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import clean_name
from dkp_core.moving import Why
from dkp_core.recruitment import Answer, Form, Question, QuestionKind
from dkp_core.recruitment.form import ANSWER_LENGTH_MAX, ANSWERS_LENGTH_MAX, QUESTION_LENGTH_MAX, QUESTIONS_MAX

_HEADINGS: Final = frozenset({"3", "4"})
_CHOICES: Final = frozenset({"2", "6"})
_HEADING: Final = "a heading between questions; here there are questions alone"
_TOO_MANY: Final = f"a form has {QUESTIONS_MAX} questions at most"
_SERIALIZED: Final = "a:"
_SHOWN: Final = 60


@frozen
class Questions:
    """What applicants were asked, by the ids of the fields, in their order."""

    by_field: Mapping[int, Question]

    @classmethod
    def of(cls, source: EqdkpSource, accounting: Accounting) -> Questions:
        """Those of a source; each field is accounted for."""
        fields: dict[int, rows.ApplicationField] = {}
        for row in source.rows(rows.ApplicationField):
            if row.id in fields:
                accounting.leave_out(row.table, row.ordinal, Why.DUPLICATE, f"another row has the id {row.id}")
            elif row.type in _HEADINGS:
                accounting.leave_out(row.table, row.ordinal, Why.ARCHIVED, _HEADING)
            else:
                fields[row.id] = row
        asked = sorted(fields.values(), key=lambda each: (each.position, each.id))
        for row in asked[QUESTIONS_MAX:]:
            accounting.leave_out(row.table, row.ordinal, Why.ARCHIVED, _TOO_MANY)
        return cls({each.id: _question(each, accounting) for each in asked[:QUESTIONS_MAX]})

    @property
    def form(self) -> Form:
        """The questions as the guild asks them from now on."""
        return Form(questions=tuple(self.by_field.values()))

    def answers(self, given: Plain, fitting: Fitting) -> tuple[Answer, ...]:
        """What was answered, in the order of the questions; what is to no question of today is told."""
        texts = {str(field): each for field, each in given.items()} if isinstance(given, Mapping) else {}
        left = ANSWERS_LENGTH_MAX
        found = []
        for field, question in self.by_field.items():
            text, what = _answer(texts.pop(str(field), None)), f"answer to {question.text[:_SHOWN]!r}"
            if text and not left:
                fitting.cut(f"the {what} is in the archive alone: answers have {ANSWERS_LENGTH_MAX:,} letters at most")
                continue
            kept = fitting.text(text, what, length_max=min(ANSWER_LENGTH_MAX, left))
            if kept:
                found.append(Answer(question.id, kept))
                left -= len(kept)
        unasked = [field for field, each in texts.items() if field not in ("name", "email") and _answer(each)]
        if unasked:
            fitting.cut(f"answers to fields that are no questions any more are in the archive: {', '.join(unasked)}")
        return tuple(found)


def _question(row: rows.ApplicationField, accounting: Accounting) -> Question:
    fitting = Fitting()
    text = fitting.text(_asked(row), "question", length_max=QUESTION_LENGTH_MAX) or f"Question {row.id}"
    choices = tuple(_choices(row.options, fitting)) if row.type in _CHOICES else ()
    is_choice = len(set(choices)) > 1
    if row.type in _CHOICES and not is_choice:
        fitting.remark("there is nothing to choose from: it is answered by a text here")
    fitting.tell(accounting, row, row.id)
    return Question(
        id=f"q{row.id}" if row.id >= 0 else f"q_{-row.id}",
        text=text,
        kind=QuestionKind.CHOICE if is_choice else QuestionKind.TEXT,
        choices=choices if is_choice else (),
        required=row.is_required,
    )


def _asked(row: rows.ApplicationField) -> str:
    name, hint = row.name.strip(), row.help.strip()
    return f"{name} ({hint})" if name and hint and len(name) + len(hint) + 3 <= QUESTION_LENGTH_MAX else name or hint


def _choices(options: Plain, fitting: Fitting) -> Iterator[str]:
    seen = set()
    for each in options.values() if isinstance(options, Mapping) else _lines(options):
        text = str(each).strip()
        try:
            choice = clean_name(text)
        except InvalidValue as refused:
            if text:
                fitting.cut(f"the choice {text[:_SHOWN]!r} can't be one here ({refused.fault})")
            continue
        if choice not in seen:
            seen.add(choice)
            yield choice


def _lines(options: Plain) -> Sequence[str]:
    return options.splitlines() if isinstance(options, str) else ()


def _answer(given: Plain) -> str:
    if isinstance(given, str) and given.startswith(_SERIALIZED):
        try:
            given = unserialized(given.encode())
        except NotSerialized:
            return str(given)
    if isinstance(given, Mapping):
        return "; ".join(_chosen(given))
    return "" if given is None else str(given)


def _chosen(given: Mapping[int | str, Plain]) -> Iterable[str]:
    """The choices that are marked with a 1, or the values of a plain list."""
    return [str(each) if isinstance(name, int) else name for name, each in given.items() if each]
