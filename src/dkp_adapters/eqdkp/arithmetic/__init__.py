"""What EQdkp Plus 2.3 shows, reckoned anew from its rows by its own rules (O-2).

It serves to prove an import, and nothing of it is stored. Pure: no I/O, no clock; the same rows and the same moment
give the same numbers. The rules are those of the program, its oddities included:

- `installation` has the rows it looks at, as values;
- `points` what a character earned and spent, alone and with twinks;
- `zero_sum` what a raid pays where what its items cost is shared out;
- `decay` what automatic point adjustments leave of that;
- `attendance` the attendance of 30, 60 and 90 days and of a lifetime.

Repeating caps, start points and one-time adjustments have no rules here, since the program books them: what they did
are adjustments like others, and so is what a hard cap has taken before.
"""

from dkp_adapters.eqdkp.arithmetic.amounts import Amount as Amount
from dkp_adapters.eqdkp.arithmetic.amounts import shown as shown
from dkp_adapters.eqdkp.arithmetic.amounts import to_precision as to_precision
from dkp_adapters.eqdkp.arithmetic.attendance import WINDOWS as WINDOWS
from dkp_adapters.eqdkp.arithmetic.attendance import Attendance as Attendance
from dkp_adapters.eqdkp.arithmetic.attendance import Attendances as Attendances
from dkp_adapters.eqdkp.arithmetic.attendance import WindowedAttendance as WindowedAttendance
from dkp_adapters.eqdkp.arithmetic.attendance import attendances as attendances
from dkp_adapters.eqdkp.arithmetic.decay import Bounds as Bounds
from dkp_adapters.eqdkp.arithmetic.decay import DecayOfCurrent as DecayOfCurrent
from dkp_adapters.eqdkp.arithmetic.decay import DecayOfRows as DecayOfRows
from dkp_adapters.eqdkp.arithmetic.decay import HardCap as HardCap
from dkp_adapters.eqdkp.arithmetic.decay import Module as Module
from dkp_adapters.eqdkp.arithmetic.decay import Rhythm as Rhythm
from dkp_adapters.eqdkp.arithmetic.decay import Rule as Rule
from dkp_adapters.eqdkp.arithmetic.decay import VisibleCap as VisibleCap
from dkp_adapters.eqdkp.arithmetic.installation import Adjustment as Adjustment
from dkp_adapters.eqdkp.arithmetic.installation import Attendee as Attendee
from dkp_adapters.eqdkp.arithmetic.installation import Config as Config
from dkp_adapters.eqdkp.arithmetic.installation import Installation as Installation
from dkp_adapters.eqdkp.arithmetic.installation import Item as Item
from dkp_adapters.eqdkp.arithmetic.installation import Member as Member
from dkp_adapters.eqdkp.arithmetic.installation import Pages as Pages
from dkp_adapters.eqdkp.arithmetic.installation import Pool as Pool
from dkp_adapters.eqdkp.arithmetic.installation import Raid as Raid
from dkp_adapters.eqdkp.arithmetic.installation import Snapshot as Snapshot
from dkp_adapters.eqdkp.arithmetic.points import Standing as Standing
from dkp_adapters.eqdkp.arithmetic.points import Standings as Standings
from dkp_adapters.eqdkp.arithmetic.points import standings as standings
