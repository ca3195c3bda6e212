"""What every contract suite has: a guild of the test's own, and another that must not notice."""

from __future__ import annotations

import pytest

from tests.integration.contracts.installation import Installation
from tests.integration.contracts.place import Place


class Contract:
    """A suite: a class to inherit where there is a fixture `installation`."""

    @pytest.fixture
    def place(self, installation: Installation) -> Place:
        """A guild of the test's own."""
        return Place.found(installation)

    @pytest.fixture
    def elsewhere(self, installation: Installation) -> Place:
        """Another guild."""
        return Place.found(installation, "Elsewhere")
