"""The exam office takes evidence from a sitting's page; everybody gets the public key."""

import io
from typing import Any

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.audit import AuditEvent
from exam.proctor.evidence import check as evidence_check
from exam.proctor.evidence import export as evidence_export
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence import retention
from exam.settings import Settings
from tests.conftest import World
from tests.proctor.conftest import Room
from tests.proctor.evidence_story import Story, tell


@pytest.fixture
def story(room: Room, settings: Settings) -> Story:
    return tell(room, settings.data_dir, step=300, signs=True)


@pytest.fixture
def office(world: World, story: Story) -> Any:
    return world.signed_in(Role.REGISTRAR, institution_id=story.room.hall.institution_id)


def left(world: World) -> list[str]:
    folder = world.app.state.settings.data_dir / "exports"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_the_page_says_what_there_is(world: World, story: Story, office: Any) -> None:
    url = f"/proctoring/sittings/{story.sitting}/evidence"
    page = office.get(url).text
    assert "7 张" in page and "2027-02-04" in page, "ninety days after the end"
    assert evidence_keys.of(world.app.state).key_id in page
    assert f'href="{url}"' in office.get(f"/proctoring/sittings/{story.sitting}").text
    office.cookies.set("lang", "en")
    assert "7 pictures" in office.get(url).text
    with world.database.transaction() as db:
        retention.erase(db, story.store, story.sitting, story.room.registrar, story.room.clock.now(), "请求")
    assert "the log can still be verified" in office.get(url).text


def test_the_file_is_whole_written_down_and_not_left_behind(world: World, story: Story, office: Any) -> None:
    answer = office.post(f"/proctoring/sittings/{story.sitting}/evidence/export")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    assert f"evidence-{story.sitting}.zip" in answer.headers["content-disposition"]
    published = evidence_keys.read_public(office.get("/evidence/key").text)
    report = evidence_check.verify(io.BytesIO(answer.content), published)
    assert report.ok and report.findings == [] and report.facts["pictures"] == 7
    with world.database.reading() as db:
        entry = db.exec(select(AuditEvent).where(AuditEvent.action == "proctor.evidence-exported")).one()
    assert entry.actor_id and entry.subject_id == str(story.sitting)
    assert left(world) == []


def test_an_export_that_fails_leaves_nothing(
    world: World, story: Story, office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_about: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(evidence_export, "export", fails)
    assert office.post(f"/proctoring/sittings/{story.sitting}/evidence/export").status_code == 500
    assert left(world) == []
    with world.database.reading() as db:
        assert not db.exec(select(AuditEvent).where(AuditEvent.action == "proctor.evidence-exported")).all()


def test_only_the_exam_office_and_not_another_s(world: World, story: Story) -> None:
    url = f"/proctoring/sittings/{story.sitting}/evidence"
    proctor = world.signed_in(Role.PROCTOR, institution_id=story.room.hall.institution_id)
    assert proctor.get(url).status_code == 403 and proctor.post(f"{url}/export").status_code == 403
    assert "evidence" not in proctor.get(f"/proctoring/sittings/{story.sitting}").text


def test_the_key_is_for_everybody(world: World, app: Any) -> None:
    told = world.signed_in().get("/evidence/key")
    assert told.status_code == 200 and "PRIVATE" not in told.text
    assert evidence_keys.read_public(told.text) == [evidence_keys.of(app.state).public]
