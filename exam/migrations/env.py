"""Alembic's entry: runs the migrations on the connection that `exam.migrate` hands over."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

import exam.tables  # noqa: F401

connection: Any = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
