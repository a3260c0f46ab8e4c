"""The order in which a sitting shows its items and their options: a fixed function of the sitting's seed.

The order must be the same for ever, in any process and any version of Python, since a paper may be shown again years
later. So it depends on nothing but SHAKE-256 and the steps below (version 1):

1. The stream of a list is SHAKE-256 over `exam-order-1`, the seed and the list's label, each ended by a zero byte, read
   as 32-bit big-endian numbers.
2. A number below n is drawn as `r mod n` from the first `r` that is below the greatest multiple of n (so no value is
   favoured).
3. Fisher-Yates from the end: for i = n-1 … 1, swap i with a draw below i+1.
"""

from collections.abc import Sequence
from hashlib import shake_256
from struct import unpack

_SPAN = 1 << 32


def _numbers(seed: str | int, label: str, count: int) -> tuple[int, ...]:
    """The first `count` numbers of a list's stream."""
    stream = shake_256(f"exam-order-1\0{seed}\0{label}\0".encode()).digest(count * 4)
    return unpack(f">{count}I", stream)


def permutation(seed: str | int, label: str, n: int) -> tuple[int, ...]:
    """The numbers 0 … n-1 in the order that `seed` gives to the list called `label`."""
    order = list(range(n))
    numbers, used = _numbers(seed, label, n + 2), 0
    for i in range(n - 1, 0, -1):
        limit = _SPAN - _SPAN % (i + 1)
        while True:
            if used == len(numbers):
                numbers = _numbers(seed, label, used * 2)
            number = numbers[used]
            used += 1
            if number < limit:
                break
        j = number % (i + 1)
        order[i], order[j] = order[j], order[i]
    return tuple(order)


def item_order(seed: str | int, n: int) -> tuple[int, ...]:
    """Which of a paper's n items stands at each place of the sitting: `order[place] = index in the paper`."""
    return permutation(seed, "items", n)


def option_order(
    seed: str | int, slot: str | int, option_ids: Sequence[str], *, shuffle: bool = True
) -> tuple[str, ...]:
    """The option ids of one slot as shown; as authored when the item says that their order is fixed.

    `slot` is the place in the sitting, or "place.part" for a part of a case.
    """
    if not shuffle:
        return tuple(option_ids)
    return tuple([option_ids[i] for i in permutation(seed, f"options:{slot}", len(option_ids))])
