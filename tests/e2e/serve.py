"""Serve the application for the browser tests, in a process of its own: `python serve.py PORT` with EXAM_* settings."""

import sys

import uvicorn

from exam.app import create_app
from exam.core.serving import GatheringProtocol
from exam.settings import Settings

if __name__ == "__main__":
    uvicorn.run(
        create_app(Settings()),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http=GatheringProtocol,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
