"""Calendars as iCalendar files (RFC 5545): an institution's exam dates, a candidate's own bookings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event


@dataclass(frozen=True)
class Dated:
    """An event: `uid` stays the same whenever the file is made anew, so that calendars update and don't double it."""

    uid: str
    title: str
    opens: datetime
    closes: datetime
    text: str = ""
    cancelled: bool = False
    changes: int = 0
    """How often it has been changed; calendars take the highest."""


def calendar_file(name: str, events: Iterable[Dated], zone: str, now: datetime) -> bytes:
    """A calendar with its events, in the scheme's own zone with that zone's rules."""
    found = Calendar()
    found.add("prodid", "-//exam//calendar//ZH")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", name)
    found.add("x-wr-timezone", zone)
    local = ZoneInfo(zone)
    for each in events:
        event = Event()
        event.add("uid", each.uid)
        event.add("summary", each.title)
        event.add("dtstamp", now)
        event.add("dtstart", each.opens.astimezone(local))
        event.add("dtend", each.closes.astimezone(local))
        event.add("sequence", each.changes)
        event.add("status", "CANCELLED" if each.cancelled else "CONFIRMED")
        if each.text:
            event.add("description", each.text)
        found.add_component(event)
    found.add_missing_timezones()
    return bytes(found.to_ical())


def uid(parts: Sequence[object]) -> str:
    """A name that no other event has."""
    return "-".join(str(part) for part in parts) + "@exam"
