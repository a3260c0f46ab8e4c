"""Reading course packages of SCORM 1.2 and AICC: pure, and without trust in anything the package says."""

from pathlib import Path

from exam.courseware.packages.aicc import read_course
from exam.courseware.packages.archive import MIB, Archive, open_archive
from exam.courseware.packages.media_types import is_page, suffix
from exam.courseware.packages.model import BadPackage, Launch, Package
from exam.courseware.packages.paths import shown
from exam.courseware.packages.scorm import read_manifest
from exam.courseware.packages.xml import MAX_BYTES

__all__ = ["Archive", "BadPackage", "Launch", "Package", "open_archive", "read_package"]

_SEARCHED = 64 * MIB


def read_package(path: Path) -> tuple[Archive, Package]:
    """The package at `path`, opened (the caller closes it), and what it says of itself.

    Raises `BadPackage` with what `open_archive`, `read_manifest` and `read_course` raise, and: `package-no-manifest`,
    `package-tincan` (an xAPI or cmi5 package), `package-hacp-only` (item).
    """
    archive = open_archive(path)
    try:
        return archive, _read(archive)
    except BaseException:
        archive.close()
        raise


def _read(archive: Archive) -> Package:
    """SCORM where there is a manifest, AICC where there are its files: packages with both are the same course twice."""
    roots = {name.lower(): name for name in archive.names if "/" not in name}
    if manifest := roots.get("imsmanifest.xml"):
        return read_manifest(archive.read(manifest, MAX_BYTES), archive.names)
    if any(name.endswith(".crs") for name in roots):
        package = read_course(archive.names, archive.read)
        _refuse_hacp_only(archive, package)
        return package
    if roots.keys() & {"tincan.xml", "cmi5.xml"}:
        raise BadPackage("package-tincan")
    raise BadPackage("package-no-manifest")


def _refuse_hacp_only(archive: Archive, package: Package) -> None:
    """Refuse a course whose scripts ask for HACP's address and never for the script interface: it would run, and
    nothing it reports would arrive."""
    hacp, left = False, _SEARCHED
    for name in sorted(archive.names):
        if (is_page(name) or suffix(name) == "js") and archive.size(name) <= left:
            left -= archive.size(name)
            text = archive.read(name, _SEARCHED).lower()
            if b"lmsinitialize" in text:
                return
            hacp = hacp or b"aicc_url" in text
    if hacp:
        raise BadPackage("package-hacp-only", item=shown(package.launches[0].title))
