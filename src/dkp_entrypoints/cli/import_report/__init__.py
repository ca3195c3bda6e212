"""The report of an import, as people read it: on a terminal, and as a page that works offline (O-2)."""

from dkp_entrypoints.cli.import_report.page import NotAReport as NotAReport
from dkp_entrypoints.cli.import_report.page import page_of as page_of
from dkp_entrypoints.cli.import_report.page import write_page as write_page
from dkp_entrypoints.cli.import_report.terminal import tell as tell
