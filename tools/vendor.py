"""Re-create the vendored front-end files: `exam/static/vendor/` and `exam/static/icons/`.

Each package is fetched with `npm pack NAME@VERSION`, so npm's own settings say where from. Only the files named below
are kept, each package's licence beside them, and `exam/static/vendor/manifest.json` records name, version, licence,
npm's integrity value and the SHA-256 of every file as we serve it. `tests/test_vendor.py` recomputes those hashes.

To update a package: change its version here, run `python tools/vendor.py`, look at /_gallery, commit.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "exam" / "static"

# The icons pages may name with `icon("…")`; drawn from Lucide.
ICON_NAMES = """
    a-large-small arrow-down arrow-left arrow-right arrow-up award ban bell book-open bookmark building-2
    calculator calendar-days chart-column check chevron-down chevron-left chevron-right chevron-up circle
    circle-alert circle-check circle-dot circle-question-mark circle-x clipboard-check clipboard-list clock
    cloud-off copy download external-link eye eye-off file-spreadsheet file-text flag funnel history hourglass
    image inbox info key-round keyboard languages layout-grid list lock log-in log-out menu minus monitor pause
    pencil play plus printer refresh-cw save search send settings shield-check sigma trash-2 triangle-alert
    undo-2 upload user users wifi-off x
"""


@dataclass(frozen=True)
class Package:
    """One npm package: what is kept of it, and how a kept file differs from the published one."""

    name: str
    version: str
    licence: str
    folder: str
    files: dict[str, str]
    changes: str = ""
    transforms: dict[str, Callable[[str], str]] = field(default_factory=dict)


def into_layer(css: str) -> str:
    """Wrap the base style sheet in a cascade layer, so that the project's own rules win whatever their specificity."""
    return "@layer pico{" + css.replace('@charset "UTF-8";', "").strip() + "}\n"


def woff2_only(css: str) -> str:
    """Leave only the WOFF2 source of every font: all browsers we serve read it, and the other files are not kept."""
    css = re.sub(r',url\([^)]+\) format\("(?:woff|truetype)"\)', "", css)
    if re.search(r"\.(?:woff|ttf)\)", css):
        raise SystemExit("katex.min.css names its fonts in a new way: adapt woff2_only()")
    return css


PACKAGES = [
    Package(
        "@picocss/pico",
        "2.1.1",
        "MIT",
        "pico",
        {"css/pico.classless.min.css": "pico.classless.min.css", "LICENSE.md": "LICENSE.md"},
        "wrapped in a cascade layer named pico",
        {"pico.classless.min.css": into_layer},
    ),
    Package("htmx.org", "2.0.11", "0BSD", "htmx", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"}),
    Package(
        "uplot",
        "1.6.32",
        "MIT",
        "uplot",
        {"dist/uPlot.iife.min.js": "uPlot.iife.min.js", "dist/uPlot.min.css": "uPlot.min.css", "LICENSE": "LICENSE"},
    ),
    Package(
        "katex",
        "0.19.1",
        "MIT",
        "katex",
        {
            "dist/katex.min.js": "katex.min.js",
            "dist/katex.min.css": "katex.min.css",
            "dist/fonts/*.woff2": "fonts/*",
            "LICENSE": "LICENSE",
        },
        "the style sheet names the WOFF2 fonts only",
        {"katex.min.css": woff2_only},
    ),
]
LUCIDE = Package(
    "lucide-static",
    "1.62.0",
    "ISC AND MIT",
    "../icons",
    {"LICENSE": "LICENSE"},
    "some icons, gathered in one SVG sprite",
)
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
    'stroke-linejoin="round">{inner}</symbol>'
)


def unpack(package: Package, into: Path) -> tuple[Path, str]:
    """Fetch and unpack one package; returns its folder and npm's integrity value."""
    spec = f"{package.name}@{package.version}"
    packed = subprocess.run(
        ["npm", "pack", spec, "--json", "--pack-destination", str(into)], check=True, capture_output=True, text=True
    )
    listed = json.loads(packed.stdout)
    # npm 12 answers with an object keyed by name, older ones with a list.
    answer = next(iter(listed.values())) if isinstance(listed, dict) else listed[0]
    folder = into / package.folder.replace("/", "_")
    with tarfile.open(into / str(answer["filename"])) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package", str(answer["integrity"])


def keep(package: Package, source: Path) -> list[Path]:
    """Copy the wanted files of an unpacked package into place, changed where the package says so."""
    target = (STATIC / "vendor" / package.folder).resolve()
    kept = []
    for pattern, name in package.files.items():
        for origin in sorted(source.glob(pattern)):
            path = target / name.replace("*", origin.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in package.transforms:
                path.write_text(package.transforms[name](origin.read_text("utf-8")), "utf-8")
            else:
                shutil.copyfile(origin, path)
            kept.append(path)
    return kept


def sprite(source: Path) -> Path:
    """Gather the wanted icons in one SVG file of `<symbol>`s, each named as in `ICON_NAMES`."""
    symbols = []
    for name in ICON_NAMES.split():
        svg = (source / "icons" / f"{name}.svg").read_text("utf-8")
        inner = re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.index("</svg>")]).strip()
        symbols.append(SYMBOL.format(name=name, inner=inner))
    path = STATIC / "icons" / "sprite.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n", "utf-8")
    return path


def entry(package: Package, integrity: str, kept: list[Path]) -> dict[str, object]:
    """The manifest's record of one package; file names are relative to `exam/static/`."""
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "integrity": integrity,
        "changes": package.changes,
        "files": {
            str(path.relative_to(STATIC)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(kept)
        },
    }


def main() -> int:
    """Replace the vendored folders and write their manifest."""
    vendor = STATIC / "vendor"
    manifest = vendor / "manifest.json"
    before = json.loads(manifest.read_text("utf-8"))["packages"] if manifest.exists() else []
    known = {(old["name"], old["version"]): old["integrity"] for old in before}
    with tempfile.TemporaryDirectory() as temporary:
        unpacked = [(package, *unpack(package, Path(temporary))) for package in [*PACKAGES, LUCIDE]]
        for package, _, integrity in unpacked:
            if known.get((package.name, package.version), integrity) != integrity:
                raise SystemExit(f"{package.name}@{package.version} is not the package the manifest remembers")
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.rmtree(STATIC / "icons", ignore_errors=True)
        entries = []
        for package, source, integrity in unpacked:
            kept = keep(package, source)
            if package is LUCIDE:
                kept.append(sprite(source))
            entries.append(entry(package, integrity, kept))
    manifest.write_text(json.dumps({"packages": entries}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    print(f"{sum(len(e['files']) for e in entries if isinstance(e['files'], dict))} files of {len(entries)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
