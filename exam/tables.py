"""Imports every table, so that `SQLModel.metadata` is whole; for migrations and tests."""

import exam.accounts.messages
import exam.accounts.models
import exam.applications.models
import exam.certificates.models
import exam.core.audit
import exam.courses.models
import exam.courseware.models
import exam.credits.models
import exam.credits.models_claims
import exam.fees.models
import exam.fees.models_cards
import exam.grading.models
import exam.itembank.models
import exam.learning.models
import exam.proctor.models
import exam.proctor.models_incidents
import exam.scheduling.models
import exam.scheduling.models_notices
import exam.seb.models
import exam.sessions.models  # noqa: F401
