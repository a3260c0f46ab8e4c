"""What a check of exported evidence finds, and how it is said. No database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

MOST_FINDINGS = 200

WRONG: Mapping[str, str] = MappingProxyType(
    {
        "file-too-large": "the file is larger than evidence can be",
        "file-too-short": "the file is too short to be evidence",
        "file-not-ours": "the file is not in the form in which evidence is exported (bytes changed, added or missing)",
        "file-too-many": "the file has more members than evidence can have",
        "file-name": "a member has a name that leads elsewhere or is not allowed",
        "file-twice": "two members have the same name",
        "file-packed": "a member is compressed, encrypted or carries extras; evidence never is",
        "file-damaged": "a member is damaged",
        "member-missing": "a member that evidence must have is not there",
        "member-unknown": "a member that does not belong to evidence",
        "member-unlisted": "a member that the manifest does not list",
        "member-gone": "a member that the manifest lists is not there",
        "member-changed": "a member is not what the manifest says (size or SHA-256)",
        "unreadable": "this can't be read as what it should be",
        "manifest-signature": "the manifest's signature does not hold: the file was changed, or made by somebody else",
        "key-not-trusted": "the file was signed with another key than the one given",
        "link-gap": "links of the log are missing or out of order",
        "link-fork": "this link does not continue the one before it",
        "link-changed": "this link was changed: its hash is another",
        "log-cut": "the log does not end where it should: links at its end are missing or were added",
        "start-differs": "the log does not say once, where it must and when it was, that the sitting began",
        "checkpoint-signature": "a checkpoint's signature does not hold",
        "checkpoint-key": "a checkpoint was signed with a key that is not one of the institution's",
        "checkpoint-sitting": "a checkpoint of another sitting",
        "checkpoint-order": "checkpoints are out of order",
        "checkpoint-missing": "a checkpoint is missing: a later one names it",
        "checkpoint-beyond": "a checkpoint signs a link that is not in the log: links were taken away",
        "checkpoint-other": "a checkpoint signed another link than the log has here: the log was rewritten",
        "head-unsigned": "no checkpoint signs the end of the log",
        "picture-missing": "a picture that the log names is not there",
        "picture-changed": "a picture is not the one that the log names",
        "picture-unknown": "a picture that the log does not name",
        "frame-differs": "the table of frames and the log disagree",
        "erased-differs": "what the log says was erased is not what was there",
        "row-unknown": "a row that no link of the log tells of",
        "incident-differs": "an incident does not stand as it was decided last",
        "row-missing": "the log tells of something that is not in its table",
    }
)
UNPROVEN: Mapping[str, str] = MappingProxyType(
    {
        "picture-lost": "a picture was not in the store any more when this was exported; its hash is in the log",
        "unsigned-stretch": "these links were signed late: what stands there was not fixed by a signature at the time",
    }
)
"""What is no proof of a change, but proves nothing either."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong or unproven: `code` of `WRONG` or `UNPROVEN`, and where (a member, a line, a link)."""

    code: str
    where: str = ""

    @property
    def wrong(self) -> bool:
        """Whether it says that the file is not what was recorded."""
        return self.code in WRONG

    @property
    def sentence(self) -> str:
        """In words."""
        said = WRONG.get(self.code) or UNPROVEN[self.code]
        return f"{self.where}: {said}" if self.where else said


@dataclass
class Report:
    """The findings of a check, in the order in which they were made, and what the file says of itself.

    `trusted`: whether the signing key was given from outside; without that only the file's own word stands for it."""

    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    key_id: str = ""
    trusted: bool = False
    more: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(each.wrong for each in self.findings)

    def add(self, code: str, where: str = "") -> None:
        """Note a finding; beyond a bound only that there are more."""
        if len(self.findings) >= MOST_FINDINGS:
            self.more = True
        elif (found := Finding(code, where)) not in self.findings:
            self.findings.append(found)

    def codes(self) -> set[str]:
        """The codes found."""
        return {each.code for each in self.findings}

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return {
            "ok": self.ok,
            "key_id": self.key_id,
            "key_given": self.trusted,
            "findings": [
                {"code": f.code, "wrong": f.wrong, "where": f.where, "text": f.sentence} for f in self.findings
            ],
            "more": self.more,
            **self.facts,
        }
