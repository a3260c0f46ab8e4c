"""How often a password may be guessed, without ever locking out an exam hall.

DATA first: the tables below are the whole policy. Three things are counted, and only failures count:

- an account at a place (one address, or one browser that the person has signed in from before): a handful of tries,
  then waits that grow. A neighbour in the hall, or an attacker elsewhere, can't use up the tries that a person has at
  another place.
- an account from everywhere: a high bound against guessing from many addresses; it does not hold where the person has
  signed in before (the device's signed cookie, or the address), so it can't be used to lock them out there.
- an address: how many *different* accounts failed there and did not get in afterwards. Five hundred candidates behind
  one address who all mistype, each twice and each in another way, stay below half the bound.

Every failure costs the same time whether or not there is such an account (see `passwords`).
"""

import math
import threading
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# Tries at one place: 5 in a minute, then on average one in a minute and a half, then one in six minutes.
ACCOUNT_AT_A_PLACE = parse_many("5 per 1 minute; 10 per 15 minute; 20 per 2 hour; 40 per 1 day")
ACCOUNT_ANYWHERE = parse_many("60 per 1 hour; 200 per 1 day")
# Different accounts that failed at one address within the hour and did not get in since.
ACCOUNTS_AT_AN_ADDRESS = 2000
ADDRESS_SPAN = 3600.0
PLACES_KEPT = 20_000
# Registrations from one address: a whole class may register in its lesson.
REGISTRATIONS = parse_many("1000 per 1 hour")


@dataclass(frozen=True)
class Attempt:
    """Somebody wants in: by which account (a normalised identifier), from where; `known` says that the person has
    signed in from this device or address before, `device` is the device's id or ""."""

    account: str
    address: str
    device: str = ""
    known: bool = False

    @property
    def place(self) -> str:
        """What the tries of the account are counted at."""
        return f"device {self.device}" if self.device else f"address {self.address}"


class Throttle:
    """The counters of one process, in memory: a restart forgives, several processes each count their own."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._lock = threading.Lock()
        self._failed: dict[str, dict[str, float]] = {}  # address → account → when (Unix seconds) it failed there
        self._places: dict[str, set[str]] = {}  # account → where it was tried, for `pardon`

    def begin(self, attempt: Attempt) -> int:
        """Count an attempt as failed until `succeeded` says otherwise, so that many at once can't slip through.

        Returns 0 when it may go on, else the seconds to wait; a refused attempt is not counted.
        """
        checks = _checks(attempt)
        wait = max((self._wait(item, key) for item, key in checks), default=0)
        if not attempt.known:
            wait = max(wait, self._mark(attempt, count=not wait))
        if wait:
            return wait
        with self._lock:
            if len(self._places) > PLACES_KEPT:
                self._places.clear()
            self._places.setdefault(attempt.account, set()).add(attempt.place)
        for item, key in checks:
            if not self._limiter.hit(item, *key):
                return max(1, self._wait(item, key))
        return 0

    def succeeded(self, attempt: Attempt) -> None:
        """The password was right: this account's failures are forgotten, and its mark on the address."""
        for item in ACCOUNT_AT_A_PLACE:
            self._limiter.clear(item, "place", attempt.place, attempt.account)
        self.forget(attempt.account)
        with self._lock:
            self._failed.get(attempt.address, {}).pop(attempt.account, None)

    def forget(self, *accounts: str) -> None:
        """Tries from everywhere start anew; those at a place end by themselves."""
        for account in accounts:
            for item in ACCOUNT_ANYWHERE:
                self._limiter.clear(item, "account", account)

    def pardon(self, *accounts: str) -> None:
        """Everything starts anew, at each place too: an administrator helps somebody whom others have locked out."""
        self.forget(*accounts)
        for account in accounts:
            with self._lock:
                places = self._places.pop(account, set())
            for place in places:
                for item in ACCOUNT_AT_A_PLACE:
                    self._limiter.clear(item, "place", place, account)

    def registering(self, address: str) -> int:
        """Count a registration; 0 when it may go on, else the seconds to wait."""
        for item in REGISTRATIONS:
            if not self._limiter.hit(item, "register", address):
                return max(1, self._wait(item, ("register", address)))
        return 0

    def _wait(self, item: RateLimitItem, key: tuple[str, ...]) -> int:
        if self._limiter.test(item, *key):
            return 0
        return max(1, math.ceil(self._limiter.get_window_stats(item, *key).reset_time - time.time()))

    def _mark(self, attempt: Attempt, *, count: bool) -> int:
        moment = time.time()
        with self._lock:
            failed = self._failed.setdefault(attempt.address, {})
            for account in [account for account, at in failed.items() if at <= moment - ADDRESS_SPAN]:
                del failed[account]
            if attempt.account in failed:
                return 0
            if len(failed) >= ACCOUNTS_AT_AN_ADDRESS:
                return max(1, math.ceil(min(failed.values()) + ADDRESS_SPAN - moment))
            if count:
                failed[attempt.account] = moment
            self._drop_idle(moment)
            return 0

    def _drop_idle(self, moment: float) -> None:
        """Addresses where nothing failed within the span leave no trace; looked at when many have gathered."""
        if len(self._failed) < 1000:
            return
        for address in [
            a for a, failed in self._failed.items() if max(failed.values(), default=0) <= moment - ADDRESS_SPAN
        ]:
            del self._failed[address]


def _checks(attempt: Attempt) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    checks: list[tuple[RateLimitItem, tuple[str, ...]]] = [
        (item, ("place", attempt.place, attempt.account)) for item in ACCOUNT_AT_A_PLACE
    ]
    if not attempt.known:
        checks += [(item, ("account", attempt.account)) for item in ACCOUNT_ANYWHERE]
    return checks
