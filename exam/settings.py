"""Every setting of the program, read from `EXAM_*` variables; `docs/operations.md` describes each one."""

from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one deployment. Fields without a secret have safe defaults for the embedded, one-process set-up."""

    model_config = SettingsConfigDict(env_prefix="EXAM_", extra="ignore")

    data_dir: Path = Field(default=Path("var"), description="Folder of the embedded database, pictures and secrets")
    database_url: str = Field(default="", description="Database; empty: SQLite in the data folder")
    public_url: str = Field(default="http://127.0.0.1:8000", description="Address under which people reach the site")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on")
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key of all signatures; empty: a random one is made once and kept in the data folder, mode 600",
    )
    session_hours: int = Field(default=12, ge=1, le=168, description="Hours until a sign-in ends by itself")
    session_idle_minutes: int = Field(default=240, ge=5, le=1440, description="Minutes without a request that end it")
    trusted_proxies: str = Field(
        default="", description="Comma-separated addresses of proxies whose X-Forwarded-For is believed"
    )
    clock_offset_seconds: int = Field(
        default=0, description="Shift of the program's clock, for demonstrations only; shown in a banner"
    )
    face_model: Path | None = Field(
        default=None, description="File of the YuNet face detector; empty: faces on photos are not counted"
    )
    evidence_key: SecretStr = Field(
        default=SecretStr(""),
        description="Ed25519 key that signs evidence (PEM or 64 hex digits); empty: made once in the data folder",
    )
    upload_limit_mib: int = Field(default=10, ge=1, le=100, description="Largest upload accepted, in MiB")
    media_limit_mib: int = Field(
        default=1024, ge=1, le=8192, description="Largest film, set of slides or course package accepted, in MiB"
    )
    writer_queue: int = Field(default=20000, ge=100, description="Answers waiting to be committed before 503 is given")
    log_level: str = Field(
        default="INFO", pattern="^(?i:debug|info|warning|error|critical)$", description="Least level that is logged"
    )

    @cached_property
    def effective_database_url(self) -> str:
        """The SQLAlchemy address of the database."""
        if self.database_url:
            return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        return f"sqlite:///{self.data_dir.resolve() / 'exam.sqlite3'}"

    @property
    def secure_cookies(self) -> bool:
        """Whether the site is reached over TLS, so that cookies may insist on it."""
        return urlsplit(self.public_url).scheme == "https"
