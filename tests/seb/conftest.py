"""An institution with an open exam, as scheduling's tests have it; a hall with candidates, as those of sittings do."""

from tests.scheduling.conftest import case as case
from tests.sessions.conftest import hall as hall
