"""A guild: the community that everything belongs to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, Self

from attrs import asdict, evolve, field, fields, frozen

from dkp_core.guilds.events import GuildChanged, GuildFounded
from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.period import Period, week_of, zone_named

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
SLUG_LENGTH_MAX: Final = 48
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RETENTION_DAYS_MAX: Final = 36_500
PRICE_MAX: Final = 1_000_000


def slug_of(name: str) -> str:
    """A slug made from a guild's name: ASCII letters and digits, with hyphens between; `guild` if none are left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""))
    slug = "-".join(words)[:SLUG_LENGTH_MAX].strip("-") or "guild"
    # Digits alone would be taken for an id.
    return f"guild-{slug}"[:SLUG_LENGTH_MAX] if slug.isdigit() else slug


def _slug(_: object, __: object, slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > SLUG_LENGTH_MAX or slug.isdigit():
        accepted = f"lower-case letters, digits and single hyphens, at most {SLUG_LENGTH_MAX}, not only digits"
        raise InvalidValue("slug", f"{slug[:60]!r} is no slug", accepted)


@frozen(kw_only=True)
class GuildSettings:
    """What officers may set for their guild; each has a default."""

    public_roster: bool = field(default=False, metadata={"help": "guests may read the roster"})
    trials_are_active: bool = field(default=False, metadata={"help": "trials count as active members"})
    trials_bid: bool = field(default=False, metadata={"help": "applicants on trial may bid on loot"})
    approve_own_characters: bool = field(
        default=False, metadata={"help": "characters that members enter are active at once, without approval"}
    )
    leave_out_excused: bool = field(
        default=False, metadata={"help": "a raid that a user was excused from does not count for the user's attendance"}
    )
    keep_uploads_days: int = field(
        default=0, metadata={"help": "days after which the content of raw uploads is pruned; 0 keeps it"}
    )
    main_change_price: int = field(
        default=0,
        metadata={"help": "whole points of the default pool that changing one's main costs", "most": PRICE_MAX},
    )
    main_change_wait_days: int = field(
        default=0, metadata={"help": "days that lie between two changes of a user's main"}
    )

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Settings from names and values. Raises: InvalidValue for an unknown name or a value of another kind."""
        return cls().with_values(values)

    def with_values(self, values: Mapping[str, object]) -> Self:
        """These settings with some changed. Raises: InvalidValue, naming the setting."""
        known = {each.name: each for each in fields(type(self))}
        for name, value in values.items():
            if name not in known:
                raise InvalidValue(f"settings.{name}"[:80], "there is no such setting", ", ".join(sorted(known)))
            wanted = type(known[name].default)
            if type(value) is not wanted:
                accepted = "true or false" if wanted is bool else "a whole number"
                raise InvalidValue(f"settings.{name}", f"{str(value)[:40]!r} is not accepted", accepted)
            most: int = known[name].metadata.get("most", RETENTION_DAYS_MAX)
            if isinstance(value, int) and not 0 <= value <= most:
                raise InvalidValue(f"settings.{name}", f"{value} is out of range", f"0 to {most}")
        return evolve(self, **values)  # type: ignore[arg-type]  # each value was checked above

    def values(self) -> dict[str, bool | int]:
        """Every setting by its name."""
        return asdict(self)


@frozen(kw_only=True)
class Guild(Aggregate):
    """The community this system serves; the tenant. It has a time zone and a first day of the week."""

    kind: ClassVar[str] = "guild"

    id: GuildId
    slug: str = field(validator=_slug)
    name: str
    timezone: str = "UTC"
    first_weekday: str = "monday"
    settings: GuildSettings = field(factory=GuildSettings)
    founded_at: datetime

    def week_of(self, moment: datetime) -> Period:
        """The guild's week that a moment belongs to."""
        return week_of(moment, self.timezone, WEEKDAYS.index(self.first_weekday))

    @classmethod
    def found(cls, guild_id: GuildId, *, name: str, slug: str | None, timezone: str, at: datetime) -> Guild:
        """A new guild. Raises: InvalidValue."""
        zone_named(timezone)
        cleaned = clean_name(name, "guild")
        guild = cls(
            id=guild_id,
            slug=slug or slug_of(cleaned),
            name=cleaned,
            timezone=timezone,
            founded_at=at,
        )
        return guild.announcing(GuildFounded(guild_id=guild_id, slug=guild.slug, name=guild.name))

    def change(
        self,
        *,
        name: str | None = None,
        timezone: str | None = None,
        first_weekday: str | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> Guild:
        """The guild with some of it changed. Raises: InvalidValue."""
        if timezone is not None:
            zone_named(timezone)
        if first_weekday is not None and first_weekday not in WEEKDAYS:
            raise InvalidValue("first_weekday", f"{first_weekday[:40]!r} is no weekday", ", ".join(WEEKDAYS))
        changed = evolve(
            self,
            name=self.name if name is None else clean_name(name),
            timezone=timezone or self.timezone,
            first_weekday=first_weekday or self.first_weekday,
            settings=self.settings.with_values(settings or {}),
        )
        told = changes(self, changed, ("name", "timezone", "first_weekday"))
        told += changes(self.settings, changed.settings, self.settings.values())
        return changed.announcing(GuildChanged(guild_id=self.id, changes=told)) if told else self
