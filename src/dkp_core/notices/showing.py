"""Looking at what was told: the guild's notices, and one's own."""

from __future__ import annotations

from attrs import frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Read
from dkp_core.notices.notice import RecipientKind
from dkp_core.notices.ports import NoticesView, SendingView
from dkp_core.notices.texts import GUILD, filled, text_of
from dkp_core.notices.views import (
    KeptNotice,
    NoticeFieldRow,
    NoticeFilter,
    NoticeRow,
    OwnNotice,
    OwnNoticeRow,
)


@frozen
class ListNotices:
    """What the guild told and still has to tell, the latest first: to whom, whether it arrived, and if not why.

    A bot sees of what was told to people neither who they are nor what it says.
    """

    read: Read[SendingView]

    def __call__(self, wanted: NoticeFilter, *, page: PageRequest, by: Actor) -> Page[NoticeRow]:
        by.must(Permission.NOTICES_READ)
        with self.read(by) as views:
            found = views.notices(wanted, page=page)
            guild = views.guild(by.guild).name
        open_to_all = by.kind is not ActorKind.BOT
        return Page(tuple(_row(kept, guild, in_full=open_to_all) for kept in found.results), found.count)


@frozen
class ListOwnNotices:
    """What your guilds told you, the latest first, whether or not it was sent to you elsewhere too."""

    read: Read[NoticesView]

    def __call__(self, *, page: PageRequest, user_id: UserId | None = None, by: Actor) -> Page[OwnNoticeRow]:
        whose = by.user_id if user_id is None else user_id
        if whose is None or (whose != by.user_id and not by.is_operator):
            raise NotPermitted("a user's own key or session")
        with self.read(by) as views:
            found = views.own_notices(whose, page=page)
            reader = views.reader(whose)
        locale = "en" if reader is None else reader.locale
        return Page(tuple(_own_row(each, locale) for each in found.results), found.count)


def _row(kept: KeptNotice, guild: str, *, in_full: bool) -> NoticeRow:
    shown = in_full or kept.to.kind is RecipientKind.CHANNEL
    text, data = text_of(kept.text), {**kept.data, GUILD: guild}
    fields = ((name, filled(value, data)) for name, value in text.fields)
    lines = [filled(text.body, data).told(), *(f"{name}: {value.told()}" for name, value in fields if value)]
    return NoticeRow(
        id=kept.id,
        kind=kept.kind,
        recipient_kind=kept.to.kind,
        recipient=(kept.to.key or None) if shown else None,
        text=kept.text,
        subject=filled(text.subject, data).told() if shown else None,
        body="\n".join(filter(None, lines)) if shown else None,
        about=kept.about,
        posted_at=kept.posted_at,
        status=kept.status,
        attempts=kept.attempts,
        try_at=kept.try_at,
        settled_at=kept.settled_at,
        fault=kept.fault,
    )


def _own_row(own: OwnNotice, locale: str) -> OwnNoticeRow:
    text, data = text_of(own.text, locale), {**own.data, GUILD: own.guild_name}
    fields = ((name, filled(value, data)) for name, value in text.fields)
    return OwnNoticeRow(
        id=own.id,
        guild_id=own.guild_id,
        guild_slug=own.guild_slug,
        guild_name=own.guild_name,
        kind=own.kind,
        subject=filled(text.subject, data).told(),
        body=filled(text.body, data).told(),
        fields=tuple(NoticeFieldRow(name=name, value=value.told()) for name, value in fields if value),
        posted_at=own.posted_at,
    )
