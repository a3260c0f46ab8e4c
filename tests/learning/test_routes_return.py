"""Coming back to a quiz in ways that are nobody's fault, and in one that is: by the short and by the ordinary way."""

from datetime import timedelta
from typing import Any

import pytest

from exam.learning import runtime
from tests.learning.test_routes_beat import beats, join, learner  # noqa: F401


def opened(client: Any, page: str) -> Any:
    answer = client.post(f"/learn/{client.selection_id}/open", json={"at": 5, "page": page})
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
def asked(learner: Any, clock: Any) -> Any:  # noqa: F811
    """A learner on the page "a" whose first quiz is reached; client, what the page was told, the quiz."""
    client, _ = learner
    told = opened(client, "a")
    beats(client, told, {})
    clock.advance(timedelta(seconds=30))
    quiz = beats(client, told, {"number": 2, "at": 30_005, "played": 30_000, "position": 30_000}).json()["quiz"]
    assert client.get(f"/learn/quizzes/{quiz}").status_code == 200
    return client, told, quiz


def test_the_same_page_opens_again_without_leaving(asked: Any, clock: Any) -> None:
    client, _, quiz = asked
    client.post(f"/learn/quizzes/{quiz}/shown")
    for _ in range(4):  # the answer to opening was lost, and it was asked again
        clock.advance(timedelta(seconds=3))
        opened(client, "a")
    back = client.post(f"/learn/quizzes/{quiz}/back").json()
    assert (back["state"], back["leaves"], back["left_ms"]) == ("shown", 0, 48_000)
    opened(client, "b")
    assert client.post(f"/learn/quizzes/{quiz}/back").json()["leaves"] == 1


def test_a_server_that_was_gone_costs_no_leave_and_gives_time(asked: Any, app: Any, clock: Any) -> None:
    client, told, quiz = asked
    client.post(f"/learn/quizzes/{quiz}/shown")
    clock.advance(timedelta(seconds=10))
    beats(client, told, {"number": 3, "at": 40_005, "position": 30_000, "playing": False})
    runtime.tick(app.state.learning)
    app.state.learning.desk.drop(1)
    clock.advance(timedelta(seconds=300))
    opened(client, "a")
    back = client.post(f"/learn/quizzes/{quiz}/back").json()
    assert (back["state"], back["leaves"]) == ("shown", 0)
    assert 30_000 <= back["left_ms"] <= 60_000


def test_showing_that_is_said_again_after_a_dropped_line_gives_what_was_left(asked: Any, clock: Any) -> None:
    client, _, quiz = asked
    assert client.post(f"/learn/quizzes/{quiz}/shown").json()["left_ms"] == 60_000
    clock.advance(timedelta(seconds=90))
    again = client.post(f"/learn/quizzes/{quiz}/shown").json()
    assert (again["leaves"], again["left_ms"]) == (1, 60_000)


def test_a_line_that_drops_just_before_the_end_is_no_failure(asked: Any, app: Any, clock: Any) -> None:
    client, told, quiz = asked
    client.post(f"/learn/quizzes/{quiz}/shown")
    for number in range(3, 6):
        clock.advance(timedelta(seconds=19))
        at = 30_005 + 19_000 * (number - 2)
        beats(client, told, {"number": number, "at": at, "position": 30_000, "playing": False})
    clock.advance(timedelta(seconds=15))
    runtime.tick(app.state.learning)
    answer = client.post(f"/learn/quizzes/{quiz}/answer", json={"responses": [None, None], "forced": True}).json()
    assert (answer["state"], answer["leaves"]) == ("shown", 1)
    assert answer["left_ms"] == 30_000


def test_time_runs_though_a_page_does_not_say_that_it_shows_the_quiz(asked: Any, clock: Any) -> None:
    client, told, quiz = asked
    for number in range(3, 7):
        clock.advance(timedelta(seconds=10))
        beats(
            client, told, {"number": number, "at": 30_005 + 10_000 * (number - 2), "position": 30_000, "playing": False}
        )
    assert client.post(f"/learn/quizzes/{quiz}/shown").json()["left_ms"] == 35_000


def test_only_the_newest_pages_are_kept(learner: Any, app: Any) -> None:  # noqa: F811
    client, told = learner
    pages = [opened(client, str(n)) for n in range(12)]
    assert len(app.state.learning.desk.players) == 8
    assert beats(client, told, {}).status_code == 409
    assert beats(client, pages[-1], {}).status_code == 200


def test_a_page_that_is_gone_before_it_showed_the_quiz_costs_no_time(asked: Any, clock: Any) -> None:
    client, _, quiz = asked  # its items were sent; then the line dropped and the page was closed
    clock.advance(timedelta(minutes=10))
    opened(client, "b")
    assert client.get(f"/learn/quizzes/{quiz}").status_code == 200
    shown = client.post(f"/learn/quizzes/{quiz}/shown").json()
    assert (shown["left_ms"], shown["leaves"]) == (60_000, 1)


def test_a_line_that_drops_before_the_quiz_was_shown_costs_no_time(asked: Any, clock: Any) -> None:
    client, _, quiz = asked
    clock.advance(timedelta(minutes=10))
    shown = client.post(f"/learn/quizzes/{quiz}/shown").json()
    assert (shown["left_ms"], shown["leaves"]) == (60_000, 1)


def test_items_can_be_fetched_only_so_often(asked: Any, clock: Any) -> None:
    client, _, quiz = asked
    for page in "bc":
        clock.advance(timedelta(minutes=1))
        opened(client, page)
        assert client.get(f"/learn/quizzes/{quiz}").status_code == 200
    clock.advance(timedelta(minutes=1))
    gone = client.post(f"/learn/{client.selection_id}/open", json={"at": 5, "page": "d"})
    assert (gone.status_code, gone.json()) == (410, {"error": "over"})


def test_a_program_that_opens_over_and_over_is_told_to_wait(learner: Any, clock: Any) -> None:  # noqa: F811
    client, _ = learner
    for n in range(19):
        opened(client, str(n))
    refused = client.post(f"/learn/{client.selection_id}/open", json={"at": 5})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    clock.advance(timedelta(seconds=61))
    opened(client, "later")
