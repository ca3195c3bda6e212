"""O-1: what moves in out of EQdkp Plus beside points goes on here, on every adapter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import frozen

from dkp_adapters.eqdkp.mapping.arrivals import arrivals_of
from dkp_adapters.eqdkp.source import open_source
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_core.moving import ImportGuild, UndoImport
from dkp_core.points import Pool, ShowPolicies
from dkp_core.recruitment import (
    AcceptToTrial,
    ApplicationDetail,
    ApplicationStatus,
    ListApplications,
    ShowApplication,
    ShowApplicationForm,
)
from tests.integration.contracts.installation import Installation
from tests.integration.contracts.place import EVERYTHING, Place
from tests.unit.eqdkp.mapping.moved import event, in_pool, pool
from tests.unit.eqdkp.mapping.test_applications import application, comment, question, recruiting
from tests.unit.eqdkp.mapping.test_policies import DECAY, FUNCTIONS
from tests.unit.eqdkp.synthetic import Installation as OldSite
from tests.unit.eqdkp.synthetic import mysqldump
from tests.unit.eqdkp.test_serialized import serialized

LOGGED = 1_760_000_000


def old_site() -> OldSite:
    """Applications of each kind, a pool that fades, and a log."""
    answers = serialized({1: "Hi", 2: "Tank"})
    return (
        recruiting(
            application(1, content=answers, voting_yes=2, voting_no=1, tstamp=LOGGED + 9),
            application(2, status=2, closed=1, user_id=3),
            application(3, status=3),
            application(4, closed=1),
        )
        .with_rows("guildrequest_fields", question(1), question(2, "2", options=serialized({0: "Tank", 1: "Healer"})))
        .with_rows("comments", comment(1, "1", "Welcome"), comment(2, "1", "hm", "guildrequest_int"))
        .with_rows("multidkp", pool(1, "Main"))
        .with_rows("events", event(1, "Kael"))
        .with_rows("multidkp2event", in_pool(1, 1))
        .with_rows(
            "logs",
            {"log_id": 1, "log_date": LOGGED, "log_tag": "action_raid_added", "username": "Olga",
             "log_record": "Kael", "log_record_id": "152",
             "log_value": serialized({"{L_VALUE}": {"old": "1", "new": "2"}})},
        )
    )  # fmt: skip


@frozen
class Home:
    """A guild that such a site moved into."""

    place: Place

    def details(self) -> Mapping[str, ApplicationDetail]:
        """Its applications by their names."""
        show, listed = ShowApplication(self.place.installation.read), ListApplications(self.place.installation.read)
        rows = [
            *listed(page=EVERYTHING, by=self.place.by).results,
            *listed(archived=True, page=EVERYTHING, by=self.place.by).results,
        ]
        return {each.character_name: show(each.id, by=self.place.by) for each in rows}

    def log(self) -> list[AuditRow]:
        """The old site's part of its audit log."""
        with self.place.views() as views:
            return list(views.events(AuditFilter(name="deed_recorded"), page=EVERYTHING).results)


@pytest.fixture
def home(installation: Installation, tmp_path: Path) -> Home:
    """A guild that the site moved into just now."""
    place = Place.found(installation)
    with place.work() as work:
        first = PoolId(installation.ids.next("pool"))
        work.pools.save(Pool.create(first, place.guild_id, name="DKP", is_default=True))
    dump = tmp_path / "old.sql"
    dump.write_bytes(mysqldump(old_site()))
    rules = serialized({1: DECAY}), serialized(FUNCTIONS)
    with open_source(dump, None, None, *rules, now=installation.clock.now()) as source:
        arrivals = arrivals_of(source, name="old", now=installation.clock.now())
        report = ImportGuild(installation.begin, installation.ids, installation.clock)(arrivals, by=place.by).report
    assert (report.is_complete, report.is_proven) == (True, True)
    return Home(place)


def test_applications_stand_as_they_stood(home: Home) -> None:
    """O-1, V-2: with their answers, and with what was said of them to those who may read it."""
    found = home.details()
    assert {name: each.status for name, each in found.items()} == {
        "Applicant 1": ApplicationStatus.SUBMITTED,
        "Applicant 2": ApplicationStatus.VOTING_COMPLETE,
        "Applicant 3": ApplicationStatus.REJECTED,
        "Applicant 4": ApplicationStatus.WITHDRAWN,
    }
    first = found["Applicant 1"]
    assert [(each.question, each.answer) for each in first.answers] == [("q1", "Hi"), ("q2", "Tank")]
    assert sorted((each.kind.value, each.text) for each in first.comments) == [
        ("internal", "Votes on the old site: 2 for, 1 against."),
        ("internal", "hm"),
        ("visible", "Welcome"),
    ]
    assert [(each.after, each.actor_id) for each in found["Applicant 3"].transitions] == [
        (ApplicationStatus.SUBMITTED, "eqdkp"),
        (ApplicationStatus.REJECTED, "eqdkp"),
    ]
    form = ShowApplicationForm(home.place.installation.read)(by=home.place.by)
    assert (form.version, [each.id for each in form.form.questions]) == (1, ["q1", "q2"])


def test_an_open_application_goes_on_here(home: Home) -> None:
    """V-4: its applicant is put on trial, as if they had applied here."""
    installation = home.place.installation
    accept = AcceptToTrial(installation.begin, installation.ids, installation.clock)
    accepted = accept(home.details()["Applicant 1"].id, by=home.place.by)
    assert accepted.trial.ends_at == installation.clock.now() + timedelta(days=30)
    assert home.details()["Applicant 1"].status is ApplicationStatus.TRIAL_ACCEPTED


def test_the_old_log_and_rules_are_here(home: Home) -> None:
    """G-5, A-12, P-6: who did it, by the id they had there; what fades does so since the import."""
    (row,) = home.log()
    assert (row.actor_kind, row.actor_id, int(row.at.timestamp())) == ("import", "eqdkp:2", LOGGED)
    assert {"record": "Kael", "record_id": "152", "told": "value: 1 -> 2"}.items() <= dict(row.data).items()
    with home.place.work() as work:
        (main,) = [each for each in work.pools.all() if each.name == "Main"]
        (last,) = work.imports.all()
    first = next(iter(ShowPolicies(home.place.installation.read)(main.id, by=home.place.by)))
    assert (first.version, first.changed_at) == (1, last.at)


def test_an_undone_import_leaves_none_of_it(home: Home) -> None:
    """O-3: neither applications nor their questions nor the log."""
    installation = home.place.installation
    with home.place.work() as work:
        (last,) = work.imports.all()
    UndoImport(installation.begin, installation.clock)(last.id, by=home.place.by)
    assert home.details() == {}
    assert home.log() == []
    assert ShowApplicationForm(installation.read)(by=home.place.by).version == 0
