"""Algorithm A against printed worked examples, its edges, and the command that runs it."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from exam.cli import app
from exam.diagnosis.robust import algorithm_a, z_score

REFERENCE = Path(__file__).resolve().parents[3] / "shared/data/interop/psychometrics/reference.json"
needs_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="../shared/data is not here")


def reference():
    return json.loads(REFERENCE.read_text())["iso13528"]


@needs_reference
@pytest.mark.parametrize("case", ["ignored", "deleted"])
def test_the_worked_example_e1(case):
    given_ = reference()["E1"][case]
    found = algorithm_a(given_["x"])
    # The printed figures were left at the third significant one: up to one unit of the last digit lies between.
    assert math.isclose(found.mean, given_["printed"]["xstar"], abs_tol=0.01)
    assert math.isclose(found.sd, given_["printed"]["sstar"], abs_tol=0.01)


@needs_reference
def test_the_worked_example_e1_with_half_values_at_full_convergence():
    found = algorithm_a(reference()["E1"]["half"]["x"])
    assert (round(found.mean, 4), round(found.sd, 4)) == (23.9585, 8.5960)


@needs_reference
def test_the_worked_example_e3():
    given_ = reference()["E3_atrazine"]
    found = algorithm_a(given_["x"])
    assert [round(found.mean, 3), round(found.sd, 4)] == given_["printed"]["algA"][:2]


@needs_reference
def test_the_worked_example_e4():
    given_ = reference()["E4_mercury"]
    found = algorithm_a([row[1] for row in given_["rows"]])
    printed = given_["printed_E7"]
    assert (round(found.mean, 5), round(found.sd, 4)) == (printed["xstar"], printed["sstar"])


def test_an_outlier_hardly_moves_it():
    calm = algorithm_a([9.8, 9.9, 10.0, 10.1, 10.2])
    wild = algorithm_a([9.8, 9.9, 10.0, 10.1, 1000])
    assert abs(wild.mean - calm.mean) < 0.2 and wild.sd < 0.5


def test_more_than_half_the_same_still_has_a_spread_and_all_the_same_has_none():
    assert algorithm_a([5, 5, 5, 5, 9]).sd > 0
    same = algorithm_a([7, 7, 7])
    assert (same.mean, same.sd, same.iterations) == (7, 0, 0)
    assert z_score(8, same) is None


@pytest.mark.parametrize("values", [[], [1]])
def test_fewer_than_two_values_are_an_error(values):
    with pytest.raises(ValueError, match="two"):
        algorithm_a(values)


@given(
    st.lists(st.integers(0, 100), min_size=3, max_size=60),
    st.integers(-50, 50),
    st.sampled_from([1, 2, 5]),
    st.randoms(use_true_random=False),
)
def test_it_moves_with_the_values_and_never_minds_their_order(values, shift, factor, random):
    one = algorithm_a(values)
    shuffled = list(values)
    random.shuffle(shuffled)
    other = algorithm_a([factor * value + shift for value in shuffled])
    assert math.isclose(other.mean, factor * one.mean + shift, rel_tol=1e-6, abs_tol=1e-5)
    assert math.isclose(other.sd, factor * one.sd, rel_tol=1e-5, abs_tol=1e-5)
    assert min(values) <= one.mean <= max(values) or math.isclose(one.mean, values[0], abs_tol=1e-6)


def run(tmp_path, text, *more):
    path = tmp_path / "column.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CliRunner().invoke(app, ["stats", "robust", str(path), *more])


def test_the_command_prints_the_four_figures(tmp_path):
    done = run(tmp_path, "\ufeffscore\r\n9.8\r\n9.9\r\n10.0\r\n\r\n10.1\r\n10.2\r\n", "--json")
    data = json.loads(done.output)
    assert done.exit_code == 0 and set(data) == {"n", "mean", "sd", "iterations"}
    assert data["n"] == 5 and math.isclose(data["mean"], 10)
    assert "n 5, mean 10" in run(tmp_path, "score\n9.8\n9.9\n10\n10.1\n10.2\n").output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("score\n", "two values"),
        ("score\n1\n", "two values"),
        ("score\n1\nabc\n", "line 3: 'abc' is not a number"),
        ("score\n1\nnan\n", "line 3"),
        ("score\n1,2\n", "line 2: 2 columns"),
        ("1\n2\n3\n", "line 1: a header"),
        (b"score\n\xff\xfe\n", "UTF-8"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_file(tmp_path, text, message):
    done = run(tmp_path, text, "--json")
    assert done.exit_code == 2 and message in done.output


def test_a_missing_file_is_named(tmp_path):
    done = CliRunner().invoke(app, ["stats", "robust", str(tmp_path / "none.csv")])
    assert done.exit_code == 2 and "none.csv" in done.output
