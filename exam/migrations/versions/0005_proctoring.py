"""proctoring"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


BEFORE = {
    "ck_sitting_state": "state IN ('prepared', 'in-progress', 'submitted', 'void')",
    "ck_sitting_submitted_by": "submitted_by IS NULL OR submitted_by IN ('candidate', 'deadline', 'registrar')",
    "ck_sitting_deadline": "state != 'in-progress' OR deadline IS NOT NULL",
}
AFTER = {
    "ck_sitting_state": "state IN ('prepared', 'in-progress', 'paused', 'submitted', 'void')",
    "ck_sitting_submitted_by": "submitted_by IS NULL OR submitted_by IN ('candidate', 'deadline', 'registrar', 'proctor')",
    "ck_sitting_deadline": "state NOT IN ('in-progress', 'paused') OR deadline IS NOT NULL",
    "ck_sitting_paused": "(state = 'paused') = (paused_at IS NOT NULL)",
}


def _change_sitting(old: dict[str, str], new: dict[str, str], add: bool) -> None:
    """Add or drop `paused_at` and put the new checks in the place of the old."""
    with op.batch_alter_table("sitting") as batch_op:
        for name in old:
            batch_op.drop_constraint(op.f(name), type_="check")
        if add:
            batch_op.add_column(sa.Column("paused_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        else:
            batch_op.drop_column("paused_at")
        for name, sql in new.items():
            batch_op.create_check_constraint(op.f(name), sa.text(sql))


CAUSES_BEFORE = "cause IN ('graded', 'marked', 'corrected', 'decision', 'voided')"
CAUSES_AFTER = "cause IN ('graded', 'marked', 'corrected', 'decision', 'voided', 'restored')"


def _change_causes(check: str) -> None:
    """Why a result was made: one that was voided may be restored."""
    with op.batch_alter_table("result") as batch_op:
        batch_op.drop_constraint(op.f("ck_result_cause"), type_="check")
        batch_op.create_check_constraint(op.f("ck_result_cause"), sa.text(check))


def upgrade() -> None:
    op.create_table(
        "proctoring_policy",
        sa.Column("exam_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("level", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("detectors", sa.JSON(), nullable=False),
        sa.Column("identity", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("hold_results", sa.Boolean(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("appeal_days", sa.Integer(), nullable=False),
        sa.Column("blind_share", sa.Integer(), nullable=False),
        sa.Column("room_size", sa.Integer(), nullable=False),
        sa.Column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.CheckConstraint("identity IN ('none', 'before', 'after')", name=op.f("ck_proctoring_policy_identity")),
        sa.CheckConstraint("level IN ('none', 'focus', 'camera', 'live')", name=op.f("ck_proctoring_policy_level")),
        sa.CheckConstraint("blind_share BETWEEN 0 AND 100", name=op.f("ck_proctoring_policy_blind_share")),
        sa.CheckConstraint("interval_seconds BETWEEN 3 AND 30", name=op.f("ck_proctoring_policy_interval")),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_proctoring_policy_changed_by_person")),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_proctoring_policy_exam_id_exam")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_proctoring_policy_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("exam_id", name=op.f("pk_proctoring_policy")),
    )
    with op.batch_alter_table("proctoring_policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proctoring_policy_institution_id"), ["institution_id"], unique=False)

    op.create_table(
        "proctoring_accommodation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.Column("granted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('breaks', 'head-movement', 'reading-aid', 'camera-off')",
            name=op.f("ck_proctoring_accommodation_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_proctoring_accommodation_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["person.id"], name=op.f("fk_proctoring_accommodation_granted_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_proctoring_accommodation_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proctoring_accommodation")),
    )
    with op.batch_alter_table("proctoring_accommodation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proctoring_accommodation_enrolment_id"), ["enrolment_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_proctoring_accommodation_institution_id"), ["institution_id"], unique=False
        )
        batch_op.create_index(
            "uq_proctoring_accommodation_current",
            ["enrolment_id", "kind"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'upheld', 'refused')", name=op.f("ck_appeal_state")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_appeal_decided_by_person")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_appeal_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appeal_person_id_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_appeal_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeal_institution_id"), ["institution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeal_sitting_id"), ["sitting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeal_state"), ["state"], unique=False)

    op.create_table(
        "camera_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("text_version", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("answer IN ('given', 'refused', 'withdrawn')", name=op.f("ck_camera_consent_answer")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_camera_consent_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_camera_consent_person_id_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_camera_consent_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_consent")),
    )
    with op.batch_alter_table("camera_consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_camera_consent_institution_id"), ["institution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_camera_consent_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_camera_consent_sitting_id"), ["sitting_id"], unique=False)

    op.create_table(
        "check_in",
        sa.Column("sitting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("turn", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.Column("baseline", sa.JSON(), nullable=True),
        sa.Column("ladder", sa.JSON(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("camera_ok_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.CheckConstraint("state IN ('open', 'waiting', 'approved', 'again')", name=op.f("ck_check_in_state")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_check_in_decided_by_person")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_check_in_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_check_in_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_check_in")),
    )
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_institution_id"), ["institution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_in_sent_at"), ["sent_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_in_state"), ["state"], unique=False)

    op.create_table(
        "checkpoint",
        sa.Column("sitting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("key_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("signature", sqlmodel.sql.sqltypes.AutoString(length=128), nullable=False),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_checkpoint_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", "seq", name=op.f("pk_checkpoint")),
        sa.UniqueConstraint("sitting_id", "hash", name=op.f("uq_checkpoint_sitting_id_hash")),
    )
    op.create_table(
        "erasure_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done', 'refused')", name=op.f("ck_erasure_request_state")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_erasure_request_decided_by_person")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_erasure_request_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_request_person_id_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_erasure_request_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
    )
    with op.batch_alter_table("erasure_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_request_institution_id"), ["institution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_request_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_request_sitting_id"), ["sitting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_request_state"), ["state"], unique=False)

    op.create_table(
        "frame",
        sa.Column("sitting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=True),
        sa.Column("picture", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("observation", sa.JSON(), nullable=True),
        sa.Column("detector", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("thinned", sa.Boolean(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.CheckConstraint("source IN ('camera', 'phone')", name=op.f("ck_frame_source")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_frame_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", "number", name=op.f("pk_frame")),
    )
    with op.batch_alter_table("frame", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_frame_picture"), ["picture"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("origin", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("began_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("first_frame", sa.Integer(), nullable=True),
        sa.Column("last_frame", sa.Integer(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("detector", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("noted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "origin IN ('camera', 'page', 'server', 'proctor', 'blind')", name=op.f("ck_incident_origin")
        ),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'dismissed', 'sent-on')", name=op.f("ck_incident_state")),
        sa.CheckConstraint("severity BETWEEN 1 AND 3", name=op.f("ck_incident_severity")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_incident_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["noted_by"], ["person.id"], name=op.f("fk_incident_noted_by_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_incident_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_institution_id"), ["institution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_sitting_id"), ["sitting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_state"), ["state"], unique=False)

    op.create_table(
        "proctored",
        sa.Column("sitting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("exam_id", sa.Integer(), nullable=False),
        sa.Column("route", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("room", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("heard_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("lost_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("frame_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("held_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("frame_number", sa.Integer(), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("looked", sa.JSON(), nullable=False),
        sa.Column("erased_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("route IN ('camera', 'human')", name=op.f("ck_proctored_route")),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_proctored_exam_id_exam")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_proctored_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_proctored_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_proctored")),
    )
    with op.batch_alter_table("proctored", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proctored_erased_at"), ["erased_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_proctored_exam_id"), ["exam_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proctored_institution_id"), ["institution_id"], unique=False)
        batch_op.create_index(
            "ix_proctored_unsettled",
            ["sitting_id"],
            unique=False,
            sqlite_where=sa.text("reviewed_at IS NULL"),
            postgresql_where=sa.text("reviewed_at IS NULL"),
        )

    op.create_table(
        "sitting_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("sent_by", sa.Integer(), nullable=False),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("acknowledged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('message', 'room', 'face')", name=op.f("ck_sitting_message_kind")),
        sa.ForeignKeyConstraint(["sent_by"], ["person.id"], name=op.f("fk_sitting_message_sent_by_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_message_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting_message")),
    )
    with op.batch_alter_table("sitting_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sitting_message_sitting_id"), ["sitting_id"], unique=False)

    op.create_table(
        "void_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("ground", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("carried_out", sa.Boolean(), nullable=True),
        sa.CheckConstraint("ground IN ('confirmed', 'fault')", name=op.f("ck_void_proposal_ground")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_void_proposal_decided_by_person")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_void_proposal_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_void_proposal_proposed_by_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_void_proposal_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_void_proposal")),
    )
    with op.batch_alter_table("void_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_void_proposal_institution_id"), ["institution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_void_proposal_sitting_id"), ["sitting_id"], unique=False)

    op.create_table(
        "candidate_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_candidate_comment_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_candidate_comment_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_comment")),
    )
    with op.batch_alter_table("candidate_comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_comment_sitting_id"), ["sitting_id"], unique=False)

    op.create_table(
        "incident_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'confirmed', 'dismissed', 'sent-on')", name=op.f("ck_incident_decision_state")
        ),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_incident_decision_by_person")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_decision_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_decision")),
    )
    with op.batch_alter_table("incident_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_decision_incident_id"), ["incident_id"], unique=False)

    _change_sitting(BEFORE, AFTER, add=True)
    _change_causes(CAUSES_AFTER)

    with op.batch_alter_table("sitting_event", schema=None) as batch_op:
        batch_op.create_index("uq_sitting_event_previous", ["sitting_id", "previous"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("sitting_event", schema=None) as batch_op:
        batch_op.drop_index("uq_sitting_event_previous")

    op.execute("UPDATE sitting SET state = 'in-progress' WHERE state = 'paused'")
    op.execute("UPDATE sitting SET submitted_by = 'registrar' WHERE submitted_by = 'proctor'")
    _change_sitting(AFTER, BEFORE, add=False)
    op.execute("UPDATE result SET cause = 'graded' WHERE cause = 'restored'")
    _change_causes(CAUSES_BEFORE)

    with op.batch_alter_table("incident_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_decision_incident_id"))

    op.drop_table("incident_decision")
    with op.batch_alter_table("candidate_comment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_comment_sitting_id"))

    op.drop_table("candidate_comment")
    with op.batch_alter_table("void_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_void_proposal_sitting_id"))
        batch_op.drop_index(batch_op.f("ix_void_proposal_institution_id"))

    op.drop_table("void_proposal")
    with op.batch_alter_table("sitting_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sitting_message_sitting_id"))

    op.drop_table("sitting_message")
    with op.batch_alter_table("proctored", schema=None) as batch_op:
        batch_op.drop_index("ix_proctored_unsettled")
        batch_op.drop_index(batch_op.f("ix_proctored_institution_id"))
        batch_op.drop_index(batch_op.f("ix_proctored_exam_id"))
        batch_op.drop_index(batch_op.f("ix_proctored_erased_at"))

    op.drop_table("proctored")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_state"))
        batch_op.drop_index(batch_op.f("ix_incident_sitting_id"))
        batch_op.drop_index(batch_op.f("ix_incident_institution_id"))

    op.drop_table("incident")
    with op.batch_alter_table("frame", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_frame_picture"))

    op.drop_table("frame")
    with op.batch_alter_table("erasure_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasure_request_state"))
        batch_op.drop_index(batch_op.f("ix_erasure_request_sitting_id"))
        batch_op.drop_index(batch_op.f("ix_erasure_request_person_id"))
        batch_op.drop_index(batch_op.f("ix_erasure_request_institution_id"))

    op.drop_table("erasure_request")
    op.drop_table("checkpoint")
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_in_state"))
        batch_op.drop_index(batch_op.f("ix_check_in_sent_at"))
        batch_op.drop_index(batch_op.f("ix_check_in_institution_id"))

    op.drop_table("check_in")
    with op.batch_alter_table("camera_consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_camera_consent_sitting_id"))
        batch_op.drop_index(batch_op.f("ix_camera_consent_person_id"))
        batch_op.drop_index(batch_op.f("ix_camera_consent_institution_id"))

    op.drop_table("camera_consent")
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appeal_state"))
        batch_op.drop_index(batch_op.f("ix_appeal_sitting_id"))
        batch_op.drop_index(batch_op.f("ix_appeal_institution_id"))

    op.drop_table("appeal")
    with op.batch_alter_table("proctoring_accommodation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_proctoring_accommodation_current",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_proctoring_accommodation_institution_id"))
        batch_op.drop_index(batch_op.f("ix_proctoring_accommodation_enrolment_id"))

    op.drop_table("proctoring_accommodation")
    with op.batch_alter_table("proctoring_policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proctoring_policy_institution_id"))

    op.drop_table("proctoring_policy")
