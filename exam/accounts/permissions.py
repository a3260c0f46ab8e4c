"""DATA: the roles, and which role may do what. Every route names one permission of this table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is at an institution; one may be several."""

    CANDIDATE = "candidate"
    ITEM_WRITER = "item-writer"
    REVIEWER = "reviewer"
    PROCTOR = "proctor"
    MARKER = "marker"
    REGISTRAR = "registrar"
    OFFICER = "institution-officer"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What may be done within one's own institution."""

    PEOPLE_READ = "people.read"
    PEOPLE_MANAGE = "people.manage"
    ROLE_GRANT = "role.grant"
    SIGN_IN_END = "sign-in.end"
    AUDIT_READ = "audit.read"
    API_KEY_MANAGE = "api-key.manage"
    BANK_READ = "bank.read"
    BANK_WRITE = "bank.write"
    PAPER_READ = "paper.read"
    PAPER_WRITE = "paper.write"
    PAPER_PUBLISH = "paper.publish"
    EXAM_READ = "exam.read"
    EXAM_MANAGE = "exam.manage"
    ENROLMENT_MANAGE = "enrolment.manage"
    SITTING_TAKE = "sitting.take"
    SITTING_WATCH = "sitting.watch"
    SITTING_SUPERVISE = "sitting.supervise"
    INCIDENT_DECIDE = "incident.decide"
    SITTING_ADJUST = "sitting.adjust"
    MARKING = "marking.mark"
    RESULT_OWN = "result.own"
    RESULT_READ = "result.read"
    RESULT_RELEASE = "result.release"
    HOURS_OWN = "hours.own"
    SCHEME_READ = "scheme.read"
    COURSE_MANAGE = "course.manage"
    COURSEWARE_WRITE = "courseware.write"
    FEES_MANAGE = "fees.manage"
    APPLICATION_MANAGE = "application.manage"
    CREDITS_READ = "credits.read"
    CREDITS_MANAGE = "credits.manage"
    CERTIFICATE_MANAGE = "certificate.manage"


class Scope(StrEnum):
    """What an API key may be made for."""

    RESULTS_READ = "results:read"
    ELIGIBILITY_READ = "eligibility:read"


_P = Permission
ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.CANDIDATE: frozenset({_P.SITTING_TAKE, _P.RESULT_OWN, _P.HOURS_OWN}),
        Role.ITEM_WRITER: frozenset({_P.BANK_READ, _P.BANK_WRITE, _P.PAPER_READ, _P.PAPER_WRITE, _P.COURSEWARE_WRITE}),
        Role.REVIEWER: frozenset({_P.BANK_READ, _P.PAPER_READ, _P.PAPER_PUBLISH}),
        Role.PROCTOR: frozenset({_P.EXAM_READ, _P.SITTING_WATCH, _P.SITTING_SUPERVISE, _P.INCIDENT_DECIDE}),
        Role.MARKER: frozenset({_P.MARKING}),
        Role.REGISTRAR: frozenset(
            {
                _P.PEOPLE_READ,
                _P.PAPER_READ,
                _P.PAPER_PUBLISH,
                _P.EXAM_READ,
                _P.EXAM_MANAGE,
                _P.ENROLMENT_MANAGE,
                _P.SITTING_WATCH,
                _P.SITTING_SUPERVISE,
                _P.INCIDENT_DECIDE,
                _P.SITTING_ADJUST,
                _P.RESULT_READ,
                _P.RESULT_RELEASE,
                _P.SCHEME_READ,
                _P.COURSE_MANAGE,
                _P.COURSEWARE_WRITE,
                _P.FEES_MANAGE,
                _P.APPLICATION_MANAGE,
                _P.CREDITS_READ,
                _P.CREDITS_MANAGE,
                _P.CERTIFICATE_MANAGE,
            }
        ),
        Role.OFFICER: frozenset(
            {_P.PEOPLE_READ, _P.EXAM_READ, _P.RESULT_READ, _P.API_KEY_MANAGE, _P.SCHEME_READ, _P.CREDITS_READ}
        ),
        Role.ADMINISTRATOR: frozenset(
            {_P.PEOPLE_READ, _P.PEOPLE_MANAGE, _P.ROLE_GRANT, _P.SIGN_IN_END, _P.AUDIT_READ, _P.API_KEY_MANAGE}
        ),
    }
)


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that somebody holding `roles` may do."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
