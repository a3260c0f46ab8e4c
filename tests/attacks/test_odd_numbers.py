"""Numbers that no column holds and texts that no database takes are the sender's mistake, not the server's."""

from exam.accounts.permissions import Role


def test_a_huge_number_in_a_form_is_no_error_of_the_server(signed_in) -> None:
    administrator = signed_in(Role.ADMINISTRATOR)
    for path in ("/institution", "/people/activate", "/people/refuse"):
        answer = administrator.post(path, data={"institution": "9" * 25, "person": "9" * 25, "id": "9" * 25})
        assert answer.status_code < 500, path


def test_a_nul_in_a_text_is_dropped(signed_in) -> None:
    writer = signed_in(Role.ITEM_WRITER)
    fields = {"code": "N\0UL", "title": "题\0库", "title_en": "", "subject": "", "delivery": "online"}
    assert writer.post("/banks", data=fields).status_code < 500


def test_no_redirect_names_the_host_of_the_request(signed_in) -> None:
    answer = signed_in(Role.CANDIDATE).get("/results/", headers={"host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers
