"""What a guild asks its applicants, and what it takes for an answer (V-1)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidFields, InvalidValue
from dkp_core.recruitment import Answer, Form

QUESTIONS: list[dict[str, Any]] = [
    {"id": "why", "text": "Why us?", "required": True, "length_max": 20},
    {"id": "age", "text": "Are you of age?", "kind": "choice", "choices": ["yes", "no"], "private": True},
    {"id": "more", "text": "Anything else?"},
]


def form(questions: list[dict[str, Any]] = QUESTIONS) -> Form:
    """The guild's form."""
    return Form.of({"questions": questions}, "form")


def many(count: int) -> list[dict[str, Any]]:
    """So many questions."""
    return [{"id": f"q{number}", "text": "?"} for number in range(count)]


def test_a_form_is_told_as_it_was_set() -> None:
    """V-1: data: every field as JSON, there and back."""
    assert Form.of(form().values(), "form") == form()


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ([{"text": "?"}], "form.questions.0.id"),
        ([{"id": "why"}], "form.questions.0.text"),
        ([{"id": "why", "text": "  "}], "form.questions.0.text"),
        ([{"id": "why", "text": "x" * 501}], "form.questions.0.text"),
        ([{"id": "why", "text": 5}], "form.questions.0.text"),
        ([{"id": "Why not", "text": "?"}], "form.questions.0.id"),
        ([{"id": "9", "text": "?"}], "form.questions.0.id"),
        ([{"id": "a" * 33, "text": "?"}], "form.questions.0.id"),
        ([{"id": "why", "text": "?", "kind": "choice"}], "form.questions.0.choices"),
        ([{"id": "why", "text": "?", "kind": "choice", "choices": ["a", "a"]}], "form.questions.0.choices"),
        ([{"id": "why", "text": "?", "choices": ["a", "b"]}], "form.questions.0.choices"),
        ([{"id": "why", "text": "?", "kind": "number"}], "form.questions.0.kind"),
        ([{"id": "why", "text": "?", "length_max": 4001}], "form.questions.0.length_max"),
        ([{"id": "why", "text": "?", "secret": True}], "form.questions.0.secret"),
        ([{"id": "why", "text": "?"}, {"id": "why", "text": "!"}], "form.questions.1.id"),
        (many(51), "form.questions"),
        ("why", "form.questions"),
        ([5], "form.questions.0"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_its_field(questions: Any, field: str) -> None:
    """V-1, G-8: the error names the question and the field."""
    with pytest.raises(InvalidValue) as refused:
        form(questions)
    assert refused.value.field == field


def test_fifty_questions_are_enough_and_allowed() -> None:
    """V-1: a limit on everything."""
    assert len(form(many(50)).questions) == 50


def test_answers_come_in_the_order_of_the_questions_without_empty_ones() -> None:
    """V-1: what is kept."""
    given_ = {"more": "", "age": "yes", "why": " For the dragons. "}
    assert form().answered(given_) == (Answer("why", "For the dragons."), Answer("age", "yes"))


def test_every_answer_at_fault_is_named_at_once() -> None:
    """G-8: nobody sends a form five times to learn five things."""
    with pytest.raises(InvalidFields) as refused:
        form().answered({"age": "maybe", "more": 5, "hobby": "none"})
    assert {fault.field for fault in refused.value.faults} == {
        "answers.hobby",
        "answers.why",
        "answers.age",
        "answers.more",
    }


@pytest.mark.parametrize(("length", "accepted"), [(20, True), (21, False), (100_000, False)])
def test_an_answer_is_as_long_as_the_question_allows(length: int, accepted: bool) -> None:
    """V-1: an answer of 100 kB is refused by name, not cut."""
    if accepted:
        assert len(form().answered({"why": "x" * length})[0].text) == length
        return
    with pytest.raises(InvalidFields, match=r"answers\.why"):
        form().answered({"why": "x" * length})


def test_all_answers_together_have_a_limit() -> None:
    """V-1: fifty answers of 4,000 characters each are no application."""
    just = {f"q{number}": "x" * 4000 for number in range(10)}
    assert len(form(many(50)).answered(just)) == 10
    with pytest.raises(InvalidValue, match="answers: they have 40001 characters"):
        form(many(50)).answered(just | {"q10": "x"})


@given(st.dictionaries(st.text(max_size=40), st.text(max_size=60) | st.integers() | st.none(), max_size=8))
def test_whatever_is_answered_is_accepted_or_refused(answers: dict[str, Any]) -> None:
    """G-8: no answer is a fault of ours."""
    try:
        kept = form().answered(answers)
    except InvalidFields:
        return
    assert {each.question for each in kept} <= {"why", "age", "more"}


@pytest.mark.parametrize(("length", "accepted"), [(20, True), (21, False)])
def test_a_choice_is_no_longer_than_the_answer_may_be(length: int, accepted: bool) -> None:
    """V-1: who asks is told, not whoever can't answer."""
    asked = {"id": "a", "text": "A?", "kind": "choice", "choices": ["no", "x" * length], "length_max": 20}
    if accepted:
        assert form([asked]).answered({"a": "x" * length})[0].text == "x" * length
        return
    with pytest.raises(InvalidValue, match=r"form\.questions\.0\.choices\.1"):
        form([asked])
