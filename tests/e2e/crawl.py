"""Going wherever links lead, as everybody: each page sound, whole, without raw codes, in one language."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page

from e2e.demo_site import Enter, Visitor

PEOPLE = ("writer1", "reviewer1", "registrar1", "marker1", "officer1", "admin1", "proctor1")
PEOPLE += ("candidate1", "candidate2", "candidate24")
MOST = 60
# Files and pictures are no pages: axe waits for ever on a picture that stands alone.
FILES = re.compile(r"\.(csv|xlsx|json|zip|ics)$|/(export|template|receipts|static|pictures)\b")
# A code shown in place of its text, a value that is missing, a template's own signs.
RAW = re.compile(
    r"\b(?:refusal|problem|audit|role|state|portrait|message|gate|reason|kind|scheme|notice|error|s2|subject|detail|step)\.[a-z][a-z.-]+"
    r"|\bNone\b|\bundefined\b|\bnull\b|\bNaN\b|\{%|%\(\w+\)"
)
# Where the interface itself speaks.
WORDS = ".field:not(.choices) > label, legend, th[scope=col], button, dt, nav.wide a, .hint, .empty p, .notice h2"
HAN = re.compile(r"[\u4e00-\u9fff]")


def pattern(address: str) -> str:
    """An address without its numbers and values: pages of one pattern are looked at once."""
    parts = urlsplit(address)
    names = "&".join(sorted(part.partition("=")[0] for part in parts.query.split("&")))
    return re.sub(r"\d+", "N", parts.path) + (f"?{names}" if names else "")


def links(page: Page, address: str) -> list[str]:
    """Where the page's links lead on this site, files aside."""
    found = page.eval_on_selector_all("a[href]:not([download])", "all => all.map(a => a.href)")
    own = [urlsplit(link) for link in found if link.startswith(address + "/")]
    return [f"{part.path}?{part.query}" if part.query else part.path for part in own if not FILES.search(part.path)]


def wrong_with(visitor: Visitor, path: str, english: bool) -> list[str]:
    """Everything wrong with one page."""
    status = visitor.go(path)
    wrong = [] if status == 200 else [f"status {status}"]
    # How a page is built is the same in both languages: axe looks once.
    wrong += visitor.too_wide() if english else visitor.sound()
    text = visitor.page.inner_text("body")
    # "None" is also an English word; in a Chinese page it can only be a value that is missing.
    wrong += [f"shows {raw!r}" for raw in set(RAW.findall(text)) - ({"None"} if english else set())]
    if english:
        # Names, titles and items are content and stay as they are; what the interface says beside them does not.
        labels = visitor.page.eval_on_selector_all(
            WORDS,
            "all => all.filter(e => !e.closest('.paper-frame, .preview, button[lang]')).map(e => e.innerText)",
        )
        chinese = {label.strip()[:40] for label in labels if HAN.search(label)}
        wrong += [f"in Chinese: {label!r}" for label in sorted(chinese)]
    return wrong


def crawl(enter: Enter, locale: str) -> tuple[set[str], list[str]]:
    """The patterns of all addresses that were looked at, and everything that is wrong with their pages."""
    seen: set[str] = set()
    wrong: list[str] = []
    for who in PEOPLE:
        visitor = enter(who, locale)
        waiting, here = ["/"], 0
        own: set[str] = set()
        while waiting and here < MOST:
            path = waiting.pop(0)
            if pattern(path) in own or (path != "/" and pattern(path) in seen):
                continue
            own.add(pattern(path))
            here += 1
            wrong += [f"{who} {path}: {what}" for what in wrong_with(visitor, path, locale == "en")]
            waiting += links(visitor.page, visitor.address)
        seen |= own
    return seen, wrong
