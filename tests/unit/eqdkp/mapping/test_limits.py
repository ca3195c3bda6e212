"""G-8: a source whose sums can't be kept is refused with whose they are, where, and how much."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_adapters.eqdkp.errors import SumBeyondLimits
from dkp_core.kernel.points import POINTS_MAX
from tests.unit.eqdkp.mapping.arrived import arrived, opened
from tests.unit.eqdkp.mapping.houses import user
from tests.unit.eqdkp.mapping.moved import adjustment, guild, in_pool, item, present, raid, setting
from tests.unit.eqdkp.synthetic import Installation
from tests.unit.eqdkp.test_serialized import serialized

MOST = POINTS_MAX.replace(",", "")
CAPPED = serialized({"a": {"name": "At most 5", "type": "hardcap_current", "pools": {0: 1}, "upper_cap": "5",
                           "lower_cap": "-5"}})  # fmt: skip


def refused(folder: Path, installation: Installation, apa: bytes | None = None) -> str:
    """How it is refused."""
    with opened(folder, installation, apa=apa) as source, pytest.raises(SumBeyondLimits) as caught:
        arrived(source)
    assert caught.value.field == "source"
    assert caught.value.sentence.endswith(
        f"; accepted: between -{POINTS_MAX} and {POINTS_MAX}; correct the rows on the old site, and take the dump anew."
    )
    return caught.value.sentence.split(";")[0]


def adjusted(*given: tuple[int, str]) -> Installation:
    """So much to each of these characters, of the first pool."""
    return guild().with_rows("adjustments", *(adjustment(n, who, value) for n, (who, value) in enumerate(given, 1)))


def test_the_most_is_kept(tmp_path: Path) -> None:
    """G-3: the limit itself is none too many."""
    with opened(tmp_path, adjusted((1, MOST), (3, f"-{MOST}"))) as source:
        report = arrived(source).arrivals.accounting.remarks
    assert "adjustments" not in {each.table for each in report}


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_character_has_too_much(tmp_path: Path, sign: str) -> None:
    """G-8: one hundredth more than can be."""
    given = adjusted((3, f"{sign}{MOST}"), (3, f"{sign}0.01"))
    assert refused(tmp_path, given) == f"source: the points of 'Cora' in pool 'Main' come to {sign}10,000,000,000.00"


def test_a_main_has_too_much_with_its_twink(tmp_path: Path) -> None:
    """G-8: each of them could be kept."""
    found = refused(tmp_path, adjusted((1, MOST), (2, "5.00")))
    assert found == "source: the points of 'Anna' in pool 'Main' come to 10,000,000,004.99"


def test_an_owner_of_two_mains_has_too_much(tmp_path: Path) -> None:
    """G-8: the owner is named by who they are."""
    owned = [{"member_id": each, "user_id": 2} for each in (1, 3)]
    given = adjusted((1, MOST), (3, "5.00")).with_rows("users", user(2, "Olga")).with_rows("member_user", *owned)
    found = refused(tmp_path, given)
    assert found == "source: the points of 'Olga' by the rows in pool 'Main' come to 10,000,000,004.99"


def test_rows_come_to_too_much_though_a_cap_hides_it(tmp_path: Path) -> None:
    """G-8: what is shown could be kept, and the entries could not."""
    found = refused(tmp_path, adjusted((3, MOST), (3, "1.00")), CAPPED)
    assert found == "source: the points of 'Cora' in pool 'Main' come to 10,000,000,000.99"


def test_what_is_spent_is_too_much_though_the_rest_makes_up_for_it(tmp_path: Path) -> None:
    """G-8: each part of a balance has to be kept."""
    sold = [item(1, buyer=3, value=MOST), item(2, buyer=3, value="5.00")]
    found = refused(tmp_path, adjusted((3, "5.00"), (3, MOST)).with_rows("items", *sold))
    assert found == "source: the points of 'Cora' by the rows in pool 'Main' come to -10,000,000,004.99"


def test_who_is_noted_often_at_a_raid_earned_too_much(tmp_path: Path) -> None:
    """G-8: which is one line here."""
    given = guild().with_rows("raids", raid(5, value=MOST)).with_rows("raid_attendees", *present(5, 3, 3))
    found = refused(tmp_path, given)
    assert found == "source: the points of 'Cora' at raid 5 come to 19,999,999,999.98"


def test_what_is_shared_out_and_what_raids_were_worth_lie_too_far_apart(tmp_path: Path) -> None:
    """G-8: where zero-sum pages show other earnings than the rows have."""
    given = (
        guild()
        .with_rows("config", setting("plus_version", "2.3.39"), setting("eqdkp_layout", "zs"))
        .with_rows("multidkp2event", in_pool(1, 1))
        .with_rows("raids", raid(5, value=f"-{MOST}"))
        .with_rows("raid_attendees", *present(5, 3))
        .with_rows("items", item(1, buyer=1, value=MOST, raid_id=5))
    )
    found = refused(tmp_path, given)
    assert found.startswith("source: the points to be made up for 'Cora' in pool 'Main' come to 19,999,999,999.98")
