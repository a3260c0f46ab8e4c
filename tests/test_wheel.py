"""What is installed from the wheel is whole: templates, styles, catalogues and migrations are in it, and it starts."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
START = """
import sys
from pathlib import Path
import exam
assert Path(exam.__file__).is_relative_to(sys.argv[1]), exam.__file__
from exam import migrate
from exam.app import create_app
from exam.core.db import Database
from exam.settings import Settings
settings = Settings(data_dir=Path(sys.argv[2]))
settings.data_dir.mkdir()
database = Database(settings.effective_database_url)
migrate.upgrade(database)
import threading, time, urllib.request, uvicorn
server = uvicorn.Server(uvicorn.Config(create_app(settings, database=database), port=0, log_level="error"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.05)
port = server.servers[0].sockets[0].getsockname()[1]
get = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read().decode()
page = get("/sign-in")
assert "考试平台" in page
style = page.split('rel="stylesheet" href="')[1].split('"')[0]
assert len(get(style)) > 1000
server.should_exit = True
print("started")
"""


@pytest.mark.slow
def test_wheel_installs_into_an_empty_environment_and_starts(tmp_path: Path) -> None:
    run = lambda *command, **kw: subprocess.run(command, check=True, capture_output=True, text=True, **kw)  # noqa: E731
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "exam/templates/base.html" in names
    assert "exam/static/css/app.css" in names
    assert not [name for name in names if name.startswith(("tests/", "var/"))]
    python = str(tmp_path / "empty" / "bin" / "python")
    run(sys.executable, "-m", "venv", str(tmp_path / "empty"))
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--require-hashes", "-r", str(ROOT / "requirements.lock"))
    run(*pip, "install", "--quiet", "--no-deps", str(wheel))
    run(*pip, "check")  # what the wheel says it needs is what the lock file has
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("EXAM_", "PYTHON"))}
    started = run(python, "-c", START, str(tmp_path / "empty"), str(tmp_path / "data"), cwd=tmp_path, env=clean)
    assert started.stdout.strip().endswith("started")
