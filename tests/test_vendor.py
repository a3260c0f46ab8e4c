"""The vendored front-end files are the ones the manifest names, with their licences, and reach for nothing outside."""

import hashlib
import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parent.parent / "exam" / "static"
PACKAGES = json.loads((STATIC / "vendor" / "manifest.json").read_text("utf-8"))["packages"]
FILES = {name: sha256 for package in PACKAGES for name, sha256 in package["files"].items()}
TEXTS = sorted(name for name in FILES if name.endswith((".js", ".css", ".svg")))

# Names of XML vocabularies and addresses inside licence comments; neither is ever fetched.
NOT_FETCHED = re.compile(r"http://www\.w3\.org/(?:2000/svg|1998/Math/MathML|1999/xlink)|/\*.*?\*/", re.DOTALL)


@pytest.mark.parametrize("name", sorted(FILES))
def test_file_is_the_one_recorded(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == FILES[name]


def test_nothing_else_lies_in_the_vendored_folders() -> None:
    found = {str(path.relative_to(STATIC)) for folder in ("vendor", "icons") for path in (STATIC / folder).rglob("*")}
    found = {name for name in found if (STATIC / name).is_file()}
    assert found == set(FILES) | {"vendor/manifest.json"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_licence_lies_beside(package: dict[str, object]) -> None:
    files = package["files"]
    assert isinstance(files, dict)
    licences = [name for name in files if "LICENSE" in name]
    assert licences
    assert all((STATIC / name).stat().st_size > 300 for name in licences)
    assert package["licence"] and package["version"] and str(package["integrity"]).startswith("sha512-")


@pytest.mark.parametrize("name", TEXTS)
def test_no_outside_host_and_no_source_map(name: str) -> None:
    text = (STATIC / name).read_text("utf-8")
    assert "sourceMappingURL" not in text
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}[^\s\"')]*", NOT_FETCHED.sub("", text)) == []


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".css")])
def test_style_sheet_names_only_files_that_are_here(name: str) -> None:
    text = (STATIC / name).read_text("utf-8")
    assert "@import" not in text
    for address in re.findall(r"url\((?![\"']?data:)[\"']?([^\"')]+)", text):
        assert ((STATIC / name).parent / address).is_file(), address


def test_third_party_page_names_every_package() -> None:
    page = (STATIC.parent.parent / "THIRD_PARTY.md").read_text("utf-8")
    for package in PACKAGES:
        assert f"| {package['name']} | {package['version']} | {package['licence']} |" in page
