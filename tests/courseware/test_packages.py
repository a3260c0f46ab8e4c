"""Course packages: what is refused before and while it is read, and what honest ones say."""

import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from exam.courseware.packages import BadPackage, Package, read_package
from exam.courseware.packages.media_types import can_open, is_page, media_type
from exam.courseware.packages.paths import finder, with_parameters
from exam.courseware.packages.scorm import mastery_of, read_manifest, seconds_of

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SPACES = 'xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"'
ONE = '<item identifier="I1" identifierref="R1"><title>第一课</title></item>'
RESOURCE = '<resource identifier="R1" type="webcontent" adlcp:scormtype="sco" href="a.html"/>'


def manifest(
    items: str = ONE, resources: str = RESOURCE, root: str = SPACES, version: str = "1.2", base: str = ""
) -> str:
    return (
        f'{HEAD}<manifest identifier="M" {root}><metadata><schema>ADL SCORM</schema>'
        f"<schemaversion>{version}</schemaversion></metadata>"
        f'<organizations default="O"><organization identifier="X"><title>Other</title></organization>'
        f'<organization identifier="O"><title>课程</title>{items}</organization></organizations>'
        f"<resources {base}>{resources}</resources></manifest>"
    )


def zipped(folder: Path, files: Mapping[str, bytes | str], name: str = "p.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for entry, content in files.items():
            book.writestr(entry, content)
    return path


def read(folder: Path, files: Mapping[str, bytes | str]) -> Package:
    archive, package = read_package(zipped(folder, files))
    archive.close()
    return package


def code(call: Callable[[], object]) -> str:
    with pytest.raises(BadPackage) as caught:
        call()
    return caught.value.code


def of(xml: str | bytes, *names: str) -> Package:
    return read_manifest(xml.encode() if isinstance(xml, str) else xml, frozenset(names or ("a.html",)))


# --- the package and its root


def test_a_package_in_a_folder_with_what_a_mac_leaves_behind(tmp_path: Path) -> None:
    files = {
        "课程/imsmanifest.xml": manifest(),
        "课程/a.html": "<p>",
        "课程/.DS_Store": "x",
        "__MACOSX/课程/._a.html": "x",
        "readme.txt": "x",
    }
    archive, package = read_package(zipped(tmp_path, files))
    with archive:
        assert archive.names == {"imsmanifest.xml", "a.html"}
        assert archive.read("a.html", 100) == b"<p>"
        assert code(lambda: archive.read("a.html", 2)) == "package-file-too-large"
    assert package.launches[0].title == "第一课"


def test_the_topmost_manifest_is_the_packages(tmp_path: Path) -> None:
    files = {"imsmanifest.xml": manifest(), "a.html": "x", "sub/imsmanifest.xml": "broken"}
    assert read(tmp_path, files).title == "课程"


# --- SCORM


def test_an_organization_of_folders_in_order() -> None:
    items = (
        '<item identifier="F"><title>第一章</title>'
        '<item identifier="A" identifierref="R1" parameters="?p=1"><title>A</title>'
        "<adlcp:masteryscore>80</adlcp:masteryscore><adlcp:maxtimeallowed>0001:30:00.00</adlcp:maxtimeallowed>"
        "<adlcp:timelimitaction>Exit, No Message</adlcp:timelimitaction>"
        "<adlcp:datafromlms> x=1 </adlcp:datafromlms><adlcp:prerequisites>B</adlcp:prerequisites></item>"
        '<item identifier="F2"><title>节</title><item identifier="B" identifierref="R2"><title>B</title></item></item>'
        '</item><item identifier="H" identifierref="R1" isvisible="false"><title>H</title></item>'
        '<item identifier="C" identifierref="R1"><title>C</title></item>'
    )
    resources = (
        '<resource identifier="R1" type="webcontent" adlcp:scormtype="sco" href="a.html?x=2#top"/>'
        '<resource identifier="R2" type="webcontent" href="sub/doc.pdf"/>'
    )
    package = of(manifest(items, resources), "a.html", "sub/doc.pdf")
    assert package.kind == "scorm-1.2" and package.title == "课程"
    assert [(one.identifier, one.kind, one.path) for one in package.launches] == [
        ("A", "sco", "a.html"),
        ("B", "asset", "sub/doc.pdf"),
        ("C", "sco", "a.html"),
    ]
    first = package.launches[0]
    assert (first.query, first.fragment) == ("x=2&p=1", "top")
    assert (first.mastery, first.max_time_seconds) == (Decimal(80), 5400)
    assert (first.time_limit_action, first.launch_data, first.prerequisites) == ("exit,no message", " x=1 ", "B")
    assert package.launches[2].mastery is None


def test_a_package_that_is_one_invisible_lesson() -> None:
    item = ONE.replace('identifierref="R1"', 'identifierref="R1" isvisible="false"')
    assert [one.identifier for one in of(manifest(item)).launches] == ["I1"]


def test_bases_are_folders_within_each_other() -> None:
    resource = RESOURCE.replace("href=", 'xml:base="b\\" href=')
    xml = manifest(resources=resource, root=f'{SPACES} xml:base="top/"', base='xml:base="r"')
    assert of(xml, "top/r/b/a.html").launches[0].path == "top/r/b/a.html"


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("%E8%AF%BE%20%E7%A8%8B.html", "课 程.html"),
        ("%BF%CE.html", "课.html"),
        ("100%.html", "100%.html"),
        ("A.HTML", "a.html"),
        ("./x/../a.html", "a.html"),
        ("x\\a.html", "x/a.html"),
    ],
)
def test_references_and_the_files_they_mean(href: str, name: str) -> None:
    assert of(manifest(resources=RESOURCE.replace("a.html", href)), name).launches[0].path == name


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("gbk", "gb2312"), ("gb18030", "GBK"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("gbk", "UTF-8")],
)
def test_encodings(tmp_path: Path, encoding: str, declared: str) -> None:
    xml = manifest().replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)
    package = read(tmp_path, {"imsmanifest.xml": xml, "a.html": "x"})
    assert (package.title, package.launches[0].title) == ("课程", "第一课")


def test_namespaces_of_every_kind() -> None:
    plain = manifest(root="", resources=RESOURCE.replace("adlcp:", ""))
    assert of(plain).launches[0].kind == "sco"
    undeclared = manifest(root='xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"')
    assert of(undeclared).launches[0].kind == "sco"


def test_identifiers_are_made_to_differ() -> None:
    items = ONE + ONE + '<item identifierref="R1"/>'
    launches = of(manifest(items)).launches
    assert [one.identifier for one in launches] == ["I1", "I1~2", "item-3"]
    assert launches[2].title == "item-3"


def test_a_package_without_organization() -> None:
    xml = manifest().replace("<organizations", "<!--").replace("</organizations>", "-->")
    xml = f"{xml[: xml.index('<!--')]}<organizations/>{xml[xml.index('-->') + 3 :]}"
    assert [one.path for one in of(xml).launches] == ["a.html"]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<manifest>", "package-manifest-unreadable"),
        ("", "package-manifest-unreadable"),
        ("<course/>", "package-manifest-unreadable"),
        ("<a>" * 70 + "</a>" * 70, "package-manifest-unreadable"),
        (f'{HEAD}<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><manifest>&x;</manifest>', "package-doctype"),
        (manifest(version="2004 3rd Edition"), "package-scorm-2004"),
        (manifest(version="CAM 1.3"), "package-scorm-2004"),
        (manifest(version="", root='xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"'), "package-scorm-2004"),
        (manifest().replace("ADL SCORM", "IMS Common Cartridge"), "package-not-scorm"),
        (manifest(items="", resources=""), "package-nothing-to-launch"),
        (manifest(items='<item identifier="F"/>', resources=""), "package-nothing-to-launch"),
        (manifest(ONE * 501), "package-too-many-launches"),
        (manifest(resources=""), "package-item-without-resource"),
        (manifest(resources='<resource identifier="R1" type="webcontent"/>'), "package-item-without-resource"),
        (manifest(resources=RESOURCE.replace("a.html", "https://example.org/a.html")), "package-external-launch"),
        (manifest(resources=RESOURCE.replace("a.html", "//example.org/a.html")), "package-external-launch"),
        (manifest(resources=RESOURCE.replace("a.html", "javascript:alert(1)")), "package-external-launch"),
        (manifest(base='xml:base="https://example.org/"'), "package-external-launch"),
        (manifest(resources=RESOURCE.replace("a.html", "../a.html")), "package-bad-path"),
        (manifest(resources=RESOURCE.replace("a.html", "/a.html")), "package-bad-path"),
        (manifest(resources=RESOURCE.replace("a.html", "b.html")), "package-missing-file"),
        (manifest(resources=RESOURCE.replace("a.html", "a.swf")), "package-flash"),
        (manifest(resources=RESOURCE.replace("a.html", "a.asp")), "package-cannot-open"),
    ],
)
def test_manifests_that_are_refused(xml: str, expected: str) -> None:
    assert code(lambda: of(xml, "a.html", "a.swf", "a.asp")) == expected


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadPackage) as caught:
        of(manifest(), "b.html")
    assert caught.value.params == {"item": "第一课", "path": "a.html"}


def test_no_manifest_and_other_standards(tmp_path: Path) -> None:
    assert code(lambda: read(tmp_path, {"index.html": "x"})) == "package-no-manifest"
    assert code(lambda: read(tmp_path, {"tincan.xml": "x"})) == "package-tincan"
    two = {"a/imsmanifest.xml": manifest(), "b/imsmanifest.xml": manifest()}
    assert code(lambda: read(tmp_path, two)) == "package-no-manifest"


# --- AICC

AICC = {
    "k.CRS": '[Course]\r\nCourse_ID=1\r\ncourse_title = "航空安全"\r\n[Course_Behavior]\r\nMax_Normal=1\r\n',
    "k.des": '"title","System_ID","Description"\n"第一课, 上",a1,"x"\n"第二课","A2",""\n',
    "k.au": "File_Name,system_id,Mastery_Score,Max_Time_Allowed,Time_Limit_Action,Core_Vendor,Web_Launch\n"
    'one\\index.htm,A1,"75.5",01:00:00,"E,N",v=1,lang=zh\ntwo.html,A2,,,,,\n',
    "k.cst": '"block","member"\n"root","B1","A1"\n"B1","A2","root"\n',
    "one/index.htm": "LMSInitialize",
    "two.html": "x",
}


def test_a_course_of_four_files(tmp_path: Path) -> None:
    package = read(tmp_path, {name: text.encode("gbk") for name, text in AICC.items()})
    assert (package.kind, package.title) == ("aicc", "航空安全")
    assert [(one.identifier, one.title, one.path) for one in package.launches] == [
        ("A2", "第二课", "two.html"),
        ("A1", "第一课, 上", "one/index.htm"),
    ]
    last = package.launches[1]
    assert (last.mastery, last.max_time_seconds, last.query) == (Decimal("75.5"), 3600, "lang=zh")
    assert (last.launch_data, last.time_limit_action) == ("v=1", "exit,no message")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("k.au", None, "package-aicc-incomplete"),
        ("k2.crs", "[Course]", "package-aicc-incomplete"),
        ("k.des", "", "package-aicc-unreadable"),
        ("k.au", "System_ID,File_Name\n", "package-nothing-to-launch"),
        ("k.au", "System_ID,File_Name\nA1,http://example.org/x.htm\n", "package-external-launch"),
        ("k.au", "System_ID,File_Name,Command_Line\nA1,,run.exe\n", "package-aicc-program"),
        ("k.au", "System_ID,File_Name\nA1,three.html\n", "package-missing-file"),
        ("one/index.htm", "var url = AICC_URL;", "package-hacp-only"),
    ],
)
def test_courses_that_are_refused(tmp_path: Path, name: str, content: str | None, expected: str) -> None:
    files = {key: text for key, text in {**AICC, name: content}.items() if text is not None}
    assert code(lambda: read(tmp_path, files)) == expected


# --- small things


@pytest.mark.parametrize(
    ("query", "fragment", "parameters", "expected"),
    [
        ("", "", "a=1", ("a=1", "")),
        ("x=1", "", "&a=1", ("x=1&a=1", "")),
        ("", "", "?a=1", ("a=1", "")),
        ("", "", "#p", ("", "p")),
        ("", "q", "#p", ("", "q")),
        ("", "", 'n=课 "<', ("n=%E8%AF%BE%20%22%3C", "")),
    ],
)
def test_parameters(query: str, fragment: str, parameters: str, expected: tuple[str, str]) -> None:
    assert with_parameters(query, fragment, parameters) == expected


@pytest.mark.parametrize(
    ("text", "seconds"), [("0001:00:00.00", 3600), ("00:00:30", 30), ("00:00:00", None), ("PT1H", None), ("", None)]
)
def test_time_limits(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "score"),
    [("0", Decimal(0)), (" 80 ", Decimal(80)), ("100.1", None), ("-1", None), ("NaN", None), ("", None)],
)
def test_mastery_scores(text: str, score: Decimal | None) -> None:
    assert mastery_of(text) == score


def test_media_types() -> None:
    assert media_type("x/A.HTML") == "text/html"
    assert media_type("a.swf") == media_type("a.asp") == media_type("a") == "application/octet-stream"
    assert is_page("a.htm") and not is_page("a.js")
    assert can_open("a.pdf") and not can_open("a.js") and not can_open("a.swf")


def test_an_unknown_path_is_not_found() -> None:
    assert finder({"a.html"})("b.html") is None
