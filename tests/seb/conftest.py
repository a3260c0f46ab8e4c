"""An institution with an open exam, as scheduling's tests have it."""

from tests.scheduling.conftest import case as case
