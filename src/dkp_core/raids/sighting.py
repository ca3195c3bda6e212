"""Several files about one tick: what each says of a name, and where they disagree (D-12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from dkp_core.kernel.ids import UploadId
from dkp_core.kernel.names import name_key
from dkp_core.raids.attendance import Attendance
from dkp_core.raids.formats import Presence


@frozen(kw_only=True)
class Sighting:
    """What a file says of a name at a tick: how it was there, and in which line."""

    tick: int
    name: str
    presence: Presence
    upload_id: UploadId
    file_name: str = ""
    line: int | None = None
    key: str = field(init=False)

    @key.default
    def _key(self) -> str:
        return name_key(self.name)


@frozen(kw_only=True)
class Decision:
    """What somebody decided of a name that files disagreed on: how it was there, or (None) that it was not.

    It answers the files up to `upload_id`; a later one that says otherwise is another conflict.
    """

    tick: int
    name: str
    presence: Presence | None
    upload_id: UploadId
    key: str = field(init=False)

    @key.default
    def _key(self) -> str:
        return name_key(self.name)


@frozen(kw_only=True)
class Evidence:
    """What files say of a raid's ticks, the first file first, and what was decided where they disagreed."""

    sightings: tuple[Sighting, ...] = ()
    decisions: tuple[Decision, ...] = ()


@frozen(kw_only=True)
class Said:
    """What one file says of a name: its line and how it was there, or nothing where the file does not name it."""

    upload_id: UploadId
    file_name: str
    line: int | None
    presence: Presence | None


@frozen(kw_only=True)
class Disagreement:
    """A name at a tick on which files disagree, what each says, and what stands until somebody decides."""

    tick: int
    name: str
    stands: Presence | None
    said: tuple[Said, ...]


def disagreements(evidence: Evidence, lines: Iterable[Attendance]) -> tuple[Disagreement, ...]:
    """Where the files of a tick disagree and nobody has decided yet, by tick and name.

    They disagree where they say different presences, or where one names somebody whom another lacks. Attendance that
    was noted by hand is nobody's file: whoever noted it has decided.
    """
    standing = {(line.tick, line.key): line.presence for line in lines}
    decided = {(each.tick, each.key): each for each in evidence.decisions}
    files: dict[int, dict[UploadId, str]] = {}
    told: dict[tuple[int, str], dict[UploadId, Sighting]] = {}
    for each in evidence.sightings:
        files.setdefault(each.tick, {})[each.upload_id] = each.file_name
        told.setdefault((each.tick, each.key), {})[each.upload_id] = each
    found = []
    for (tick, key), by_file in sorted(told.items()):
        said = tuple(_said(upload_id, name, by_file) for upload_id, name in sorted(files[tick].items()))
        if _is_open(said, decided.get((tick, key))):
            name = by_file[min(by_file)].name
            found.append(Disagreement(tick=tick, name=name, stands=standing.get((tick, key)), said=said))
    return tuple(found)


def _said(upload_id: UploadId, file_name: str, by_file: Mapping[UploadId, Sighting]) -> Said:
    sighting = by_file.get(upload_id)
    if sighting is None:
        return Said(upload_id=upload_id, file_name=file_name, line=None, presence=None)
    return Said(upload_id=upload_id, file_name=file_name, line=sighting.line, presence=sighting.presence)


def _is_open(said: Iterable[Said], decision: Decision | None) -> bool:
    if decision is None:
        return len({each.presence for each in said}) > 1
    return any(each.presence is not decision.presence for each in said if each.upload_id > decision.upload_id)
