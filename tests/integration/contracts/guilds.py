"""What every adapter of the guilds context keeps to."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_core.guilds import Guild, GuildSettings
from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import GuildId
from tests.integration.contracts.installation import Installation, Rival, all_at_once
from tests.integration.contracts.place import NIGHT, OPERATOR, Place
from tests.integration.contracts.suite import Contract


class GuildsContract(Contract):
    """The port `Guilds`, and the view of guilds."""

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_a_saved_guild_comes_back_as_it_was(self, installation: Installation) -> None:
        """G-1, G-9: every value is kept, whatever alphabet it is in."""
        guild_id = GuildId(installation.ids.next("guild"))
        guild = Guild(
            id=guild_id,
            slug=f"kept-{guild_id}",
            name="Élan d'Été 🐉 ночь",
            timezone="Europe/Berlin",
            first_weekday="wednesday",
            settings=GuildSettings(
                public_roster=True,
                trials_are_active=True,
                approve_own_characters=True,
                leave_out_excused=True,
                keep_uploads_days=365,
            ),
            founded_at=NIGHT.replace(microsecond=123_457),
        )
        with installation.begin_installation(OPERATOR) as work:
            work.guilds.save(guild)
        with installation.begin_installation(OPERATOR) as work:
            assert work.guilds.get(guild_id) == evolve(guild, version=1)

    def test_a_change_is_kept_one_version_on(self, place: Place) -> None:
        with place.work() as work:
            guild = work.guilds.get(place.guild_id)
            changed = guild.change(name="Dawn", timezone="Asia/Tokyo", settings={"keep_uploads_days": 30})
            work.guilds.save(changed)
        with place.work() as work:
            assert work.guilds.get(place.guild_id) == evolve(changed, version=guild.version + 1)

    def test_an_unknown_guild_is_refused(self, installation: Installation) -> None:
        with installation.begin_installation(OPERATOR) as work, pytest.raises(NoSuch):
            work.guilds.get(GuildId(0))

    def test_a_guild_is_named_by_its_slug_or_its_id(self, place: Place) -> None:
        with place.installation.begin_installation(OPERATOR) as work:
            guild = work.guilds.get(place.guild_id)
            assert work.guilds.named(guild.slug) == guild
            assert work.guilds.named(str(guild.id)) == guild

    @pytest.mark.parametrize("name", ["no-such-guild", "0", "9" * 40, "²", "", "%", "Nightfall"])
    def test_a_name_that_is_neither_slug_nor_id_finds_nothing(self, place: Place, name: str) -> None:
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.guilds.named(name) is None

    def test_the_events_of_a_guild_stand_in_its_own_log(self, place: Place, elsewhere: Place) -> None:
        """G-5: also those of work that begins outside any guild."""
        with place.installation.begin_installation(OPERATOR) as work:
            work.guilds.save(work.guilds.get(place.guild_id).change(name="Dawn"))
        founded, changed = place.told_rows("guild", place.guild_id)
        assert (founded.name, founded.data["slug"]) == ("guild_founded", f"guild-{place.guild_id}")
        assert changed.name == "guild_changed"
        assert changed.data["changes"] == [{"field": "name", "before": "Nightfall", "after": "Dawn"}]
        assert (changed.at, changed.actor_kind, changed.entrypoint) == (NIGHT, "operator", "test")
        assert elsewhere.told("guild", place.guild_id) == []

    def test_what_a_failed_block_wrote_is_forgotten(self, place: Place) -> None:
        """G-6: the change and its events commit together, or not at all."""

        def change_and_fail() -> None:
            with place.work() as work:
                work.guilds.save(work.guilds.get(place.guild_id).change(name="Dawn"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            change_and_fail()
        with place.work() as work:
            assert work.guilds.get(place.guild_id).name == "Nightfall"
        assert place.told("guild", place.guild_id) == ["guild_founded"]

    # --- somebody else ------------------------------------------------------------------------------------------------

    def test_two_guilds_never_share_a_slug(self, place: Place) -> None:
        other = GuildId(place.installation.ids.next("guild"))
        slug = f"guild-{place.guild_id}"
        with pytest.raises(NameTaken) as refusal, place.installation.begin_installation(OPERATOR) as work:
            work.guilds.save(Guild.found(other, name="Other", slug=slug, timezone="UTC", at=NIGHT))
        assert refusal.value.name == slug

    def test_of_two_who_found_a_slug_at_once_one_is_refused(self, installation: Installation) -> None:
        ids = [GuildId(installation.ids.next("guild")) for _ in range(2)]

        def found(guild_id: GuildId) -> None:
            with installation.begin_installation(OPERATOR) as work:
                slug = f"raced-{ids[0]}"
                work.guilds.save(Guild.found(guild_id, name="Raced", slug=slug, timezone="UTC", at=NIGHT))

        faults = [fault for fault in all_at_once(*(lambda each=each: found(each) for each in ids)) if fault]
        assert len(faults) == 1
        assert isinstance(faults[0], NameTaken | Stale)

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        with place.work() as work:
            read_before = work.guilds.get(place.guild_id)
        with place.work() as work:
            work.guilds.save(work.guilds.get(place.guild_id).change(name="Dawn"))
        with pytest.raises(Stale), place.work() as work:
            work.guilds.save(read_before.change(name="Dusk"))

    def test_who_reads_a_guild_to_change_it_waits_for_the_other(self, place: Place) -> None:
        """What was got is locked until the transaction ends, so that neither change is lost."""

        def rename() -> None:
            with place.work() as work:
                work.guilds.save(work.guilds.get(place.guild_id).change(name="Dawn"))

        with place.work() as work:
            guild = work.guilds.get(place.guild_id)
            rival = Rival(rename)
            work.guilds.save(guild.change(timezone="Asia/Tokyo"))
        assert rival.outcome() is None
        with place.work() as work:
            both = work.guilds.get(place.guild_id)
        assert (both.name, both.timezone, both.version) == ("Dawn", "Asia/Tokyo", 3)

    # --- the view -----------------------------------------------------------------------------------------------------

    def test_the_view_shows_what_was_saved(self, place: Place) -> None:
        with place.work() as work:
            guild = work.guilds.get(place.guild_id)
        with place.views() as views:
            row = views.guild(place.guild_id)
        assert (row.id, row.slug, row.name) == (guild.id, guild.slug, guild.name)
        assert (row.timezone, row.first_weekday, row.founded_at) == ("UTC", "monday", NIGHT)
        assert row.settings == guild.settings.values()

    def test_the_view_refuses_an_unknown_guild(self, place: Place) -> None:
        with place.views() as views, pytest.raises(NoSuch):
            views.guild(GuildId(0))

    def test_the_guilds_are_listed_by_name_in_any_case(self, installation: Installation) -> None:
        """G-9: every guild of the installation, by name."""
        places = {name: Place.found(installation, name) for name in ("beta", "Alpha", "alphabet", "Zéta", "zeta")}
        mine = {place.guild_id for place in places.values()}
        with installation.read(operator("test", places["beta"].guild_id)) as views:
            assert [row.name for row in views.guilds() if row.id in mine] == [
                "Alpha",
                "alphabet",
                "beta",
                "zeta",
                "Zéta",
            ]

    def test_who_is_in_no_guild_reads_those_of_the_installation(self, place: Place) -> None:
        with place.installation.read(OPERATOR) as views:
            assert place.guild_id in {row.id for row in views.guilds()}
