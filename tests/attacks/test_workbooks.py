"""Workbooks of some kilobytes that would fill the memory: every way of referring to a long shared string counts."""

import io
import zipfile

import pytest
import xlsxwriter

from exam.core.errors import Invalid
from exam.core.xlsx import Limits, read_sheets

SMALL = Limits(characters=10_000)
LONG = "x" * 5_000


def workbook(first: str, strings: list[str], sheets: int = 1) -> bytes:
    """A workbook whose sheets have three rows with `first` as the value of a shared string's cell."""
    made, out = io.BytesIO(), io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    for n in range(sheets):
        book.add_worksheet(f"s{n}").write_string(0, 0, "a")
    book.close()
    rows = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>{first}</v></c></row>' for r in range(1, 4))
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name.startswith("xl/worksheets/sheet"):
                head, tail = text.index("<sheetData>"), text.index("</sheetData>")
                text = f"{text[:head]}<sheetData>{rows}{text[tail:]}"
            if name == "xl/sharedStrings.xml":
                head = text.index("<si>")
                text = f"{text[:head]}{shared}</sst>"
            target.writestr(name, text)
    return out.getvalue()


REFERENCES = ["1", "+1", "0000000000001", "00000000000000000001", "<!-- -->1", "0<!-- -->1", "&#49;", "<![CDATA[1]]>"]


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_long_shared_string_counts_however_it_is_referred_to(reference: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_sheets(workbook(reference, ["a", LONG]), SMALL)
    assert refused.value.problems[0].code in ("file-too-much-text", "file-not-xlsx")


def test_the_text_of_all_sheets_counts_together() -> None:
    assert len(read_sheets(workbook("0", ["y" * 3_000]), SMALL)) == 1
    with pytest.raises(Invalid) as refused:
        read_sheets(workbook("0", ["y" * 3_000], sheets=2), SMALL)
    assert refused.value.problems[0].code == "file-too-much-text"
