"""The guild's questions to applicants, in versions (V-1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

from attrs import field, frozen

from dkp_core.kernel.data import Data, a_each, a_flag, a_several, a_text, a_whole, a_word, taking
from dkp_core.kernel.errors import InvalidFields, InvalidValue
from dkp_core.kernel.names import clean_text

QUESTIONS_MAX: Final = 50
QUESTION_LENGTH_MAX: Final = 500
ANSWER_LENGTH_MAX: Final = 4000
ANSWERS_LENGTH_MAX: Final = 40_000
_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_ID_ACCEPTED: Final = "a lower-case letter, then letters, digits or _, 32 in all at most"


class QuestionKind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    CHOICE = "choice"


def _an_id(value: object, name: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InvalidValue(name, f"{str(value)[:40]!r} is no id of a question", _ID_ACCEPTED)
    return value


def _a_question(value: object, name: str) -> str:
    accepted = f"1 to {QUESTION_LENGTH_MAX} characters of text"
    if not isinstance(value, str):
        raise InvalidValue(name, f"{str(value)[:40]!r} is no text", accepted)
    asked = clean_text(value, name, length_max=QUESTION_LENGTH_MAX)
    if not asked:
        raise InvalidValue(name, "it is empty", accepted)
    return asked


@frozen(kw_only=True)
class Question(Data):
    """One thing that applicants are asked; `private` answers are for recruiters, officers and the applicant alone."""

    id: str = field(default="", metadata=taking(_an_id, "what answers name it by; it stays while the text may change"))
    text: str = field(default="", metadata=taking(_a_question, "what is asked"))
    kind: QuestionKind = field(default=QuestionKind.TEXT, metadata=taking(a_word(QuestionKind), "text or choice"))
    choices: tuple[str, ...] = field(
        default=(), metadata=taking(a_several(a_text), "what is to be chosen from, where it is a choice")
    )
    required: bool = field(default=False, metadata=taking(a_flag, "there is no applying without an answer"))
    private: bool = field(default=False, metadata=taking(a_flag, "members do not read the answer"))
    length_max: int = field(
        default=ANSWER_LENGTH_MAX, metadata=taking(a_whole(1, ANSWER_LENGTH_MAX), "how long an answer may be")
    )

    def with_values(self, values: object, name: str) -> Self:
        """The question with some of it set. Raises: InvalidValue, also where two fields contradict."""
        question = super().with_values(values, name)
        for missing in (each for each in ("id", "text") if not getattr(question, each)):
            raise InvalidValue(f"{name}.{missing}", "it is not given", _ID_ACCEPTED if missing == "id" else "a text")
        if question.kind is QuestionKind.CHOICE and len(set(question.choices)) < 2:
            raise InvalidValue(f"{name}.choices", "there is nothing to choose", "two choices that differ, or more")
        for index, choice in enumerate(question.choices):
            if question.kind is QuestionKind.CHOICE and len(choice) > question.length_max:
                told = f"it has {len(choice)} characters, and could never be given as an answer"
                raise InvalidValue(f"{name}.choices.{index}", told, f"at most length_max: {question.length_max}")
        if question.kind is QuestionKind.TEXT and question.choices:
            raise InvalidValue(f"{name}.choices", "a text is not chosen", "no choices, or the kind choice")
        return question

    def answered(self, text: object) -> str:
        """The answer as it is kept; empty where none is given. Raises: InvalidValue, naming `answers.<id>`."""
        name = f"answers.{self.id}"
        if not isinstance(text, str):
            raise InvalidValue(name, f"{str(text)[:40]!r} is no text", "text")
        answer = clean_text(text, name, length_max=self.length_max)
        if not answer and self.required:
            raise InvalidValue(name, "it is not answered", f"an answer of at most {self.length_max} characters")
        if answer and self.kind is QuestionKind.CHOICE and answer not in self.choices:
            raise InvalidValue(name, f"{answer[:40]!r} is no choice", ", ".join(self.choices))
        return answer


@frozen
class Answer:
    """What an applicant said to the question of that id."""

    question: str
    text: str


@frozen(kw_only=True)
class Form(Data):
    """What a guild asks its applicants."""

    questions: tuple[Question, ...] = field(
        default=(), metadata=taking(a_each(Question), "the questions, in the order in which they are asked")
    )

    def with_values(self, values: object, name: str) -> Self:
        """The form with other questions. Raises: InvalidValue, naming the field."""
        form = super().with_values(values, name)
        if len(form.questions) > QUESTIONS_MAX:
            raise InvalidValue(f"{name}.questions", f"there are {len(form.questions)}", f"at most {QUESTIONS_MAX}")
        seen = set()
        for index, question in enumerate(form.questions):
            if question.id in seen:
                raise InvalidValue(f"{name}.questions.{index}.id", f"{question.id!r} is there twice", "another id")
            seen.add(question.id)
        return form

    def answered(self, answers: Mapping[str, object]) -> tuple[Answer, ...]:
        """The answers in the order of the questions, without those that say nothing.

        Raises: InvalidFields, naming every answer at fault; InvalidValue where they are too long in all.
        """
        known = {question.id for question in self.questions}
        accepted = ", ".join(question.id for question in self.questions) or "no answers"
        faults = [
            InvalidValue(f"answers.{each}"[:80], "there is no such question", accepted)
            for each in answers
            if each not in known
        ]
        given = []
        for question in self.questions:
            try:
                given.append(Answer(question.id, question.answered(answers.get(question.id, ""))))
            except InvalidValue as fault:
                faults.append(fault)
        if faults:
            raise InvalidFields(tuple(faults))
        length = sum(len(each.text) for each in given)
        if length > ANSWERS_LENGTH_MAX:
            raise InvalidValue("answers", f"they have {length} characters", f"at most {ANSWERS_LENGTH_MAX} in all")
        return tuple(each for each in given if each.text)
