"""What is said about an application (V-3, V-4)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.names import TEXT_LENGTH_MAX, clean_text

CommentId = NewType("CommentId", int)


class CommentKind(StrEnum):
    """Who reads a comment: recruiters and officers; or the applicant too; feedback is what members say of a trial."""

    INTERNAL = "internal"
    VISIBLE = "visible"
    FEEDBACK = "feedback"


@frozen(kw_only=True)
class Comment:
    """One thing that was said; `author` is None where no person said it (a bot, the operator)."""

    id: CommentId
    application_id: ApplicationId
    author: UserId | None
    kind: CommentKind
    text: str
    at: datetime

    @classmethod
    def said(
        cls,
        comment_id: CommentId,
        application_id: ApplicationId,
        text: str,
        *,
        kind: CommentKind,
        author: UserId | None,
        at: datetime,
    ) -> Comment:
        """A new comment. Raises: InvalidValue."""
        cleaned = clean_text(text, "text")
        if not cleaned:
            raise InvalidValue("text", "it is empty", f"1 to {TEXT_LENGTH_MAX} characters of text")
        return cls(id=comment_id, application_id=application_id, author=author, kind=kind, text=cleaned, at=at)
