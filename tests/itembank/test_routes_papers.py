"""Papers through their pages, from nothing to publication."""

from exam.accounts.permissions import Role
from exam.itembank import queries
from exam.itembank.models import Paper
from tests.itembank.place import Place


def test_the_exam_office_reads_papers_but_no_keys(place: Place):
    office = place.client(Role.REGISTRAR)
    paper = place.papers["PUBLISHED"]
    assert office.get(f"/papers/{paper}").status_code == 200
    assert office.get(f"/papers/{paper}/proof").status_code == 200
    assert office.get(f"/papers/{paper}/proof?key=yes").status_code == 403
    assert office.get(f"/items/{place.items['essay']}").status_code == 403
    proof = office.get(f"/papers/{paper}/proof").text
    assert "H2O" not in proof


def test_a_paper_from_nothing_to_publication(place: Place):
    writer, reviewer = place.client(Role.ITEM_WRITER), place.client(Role.REVIEWER)
    made = writer.post(f"/banks/{place.bank}/papers", data={"code": "P9", "title": "卷九", "method": "fixed"})
    paper = made.headers["location"]
    assert writer.post(f"/banks/{place.bank}/papers", data={"code": "P9", "title": "x"}).status_code == 422
    ids = [str(place.items["essay"]), str(place.items["true-false"])]
    assert writer.post(f"{paper}/select", data={"marks": "2"}).status_code == 422
    assert writer.post(f"{paper}/select", data={"marks": "2", "item": ids}).status_code == 303
    order = {"line": ids, f"marks.{ids[0]}": "3", f"marks.{ids[1]}": "2"}
    moved = writer.post(f"{paper}/lines", data={**order, "do": f"down:{ids[0]}"})
    assert (moved.status_code, moved.headers["location"].partition("#")[2]) == (303, f"down-{ids[0]}")
    assert f'id="down-{ids[0]}"' in writer.get(paper).text
    assert writer.post(f"{paper}/lines", data={**order, f"marks.{ids[0]}": "x"}).status_code == 422
    assert writer.post(f"{paper}/publish").status_code == 403
    assert reviewer.post(f"{paper}/publish").status_code == 303
    number = int(paper.rsplit("/", 1)[1])
    with place.database.reading() as db:
        lines = queries.paper_lines(db, number)
        assert [(line.kind, str(line.marks)) for line in lines] == [("true-false", "2.00"), ("essay", "3.00")]
    assert writer.post(f"{paper}/lines", data={**order, "do": "save"}).status_code == 409
    assert writer.post(paper, data={"title": "x"}).status_code == 409
    assert "disabled" not in reviewer.get(paper).text
    assert writer.post(f"{paper}/copy", data={"code": "P9"}).status_code == 422
    assert writer.post(f"{paper}/copy", data={"code": "P10"}).status_code == 303
    assert reviewer.post(f"{paper}/retire").status_code == 303


def test_a_blueprint_through_its_page(place: Place):
    writer, paper = place.client(Role.ITEM_WRITER), f"/papers/{place.papers['BP']}"
    row = {"rows.0.chapter": "1", "rows.0.kind": "essay", "rows.0.count": "1", "rows.0.marks": "5"}
    added = writer.post(f"{paper}/blueprint", data={**row, "do": "add"})
    assert added.status_code == 200 and "rows.1.chapter" in added.text
    assert writer.post(f"{paper}/blueprint", data={**row, "rows.0.count": "x", "do": "save"}).status_code == 422
    assert writer.post(f"{paper}/blueprint", data={**row, "do": "save"}).status_code == 303
    with place.database.reading() as db:
        seed = db.get_one(Paper, place.papers["BP"]).seed
        assert len(queries.paper_lines(db, place.papers["BP"])) == 1
    assert writer.post(f"{paper}/blueprint", data={**row, "do": "redraw"}).status_code == 303
    with place.database.reading() as db:
        assert db.get_one(Paper, place.papers["BP"]).seed != seed
    short = writer.post(f"{paper}/blueprint", data={**row, "rows.0.count": "2", "do": "save"})
    assert short.status_code == 303
    assert "需要 2 题，可用的只有 1 题" in writer.get(paper).text
