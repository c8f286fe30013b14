from core.errors import MAX_SHOWN, DataError


def test_one_problem_stands_alone() -> None:
    assert str(DataError("a.csv: is empty.")) == "a.csv: is empty."


def test_several_are_counted_and_nothing_was_written() -> None:
    head, *named = str(DataError(["a", "b"])).splitlines()
    assert head == "2 problems were found; nothing was written."
    assert named == ["a", "b"]


def test_what_was_kept_is_said_instead() -> None:
    for problems in (["a"], ["a", "b"]):
        assert str(DataError(problems, "The rest is kept.")).splitlines() == [
            "The rest is kept.",
            *problems,
        ]


def test_many_are_counted_and_all_are_held() -> None:
    error = DataError([str(number) for number in range(MAX_SHOWN + 5)])
    assert str(error).splitlines()[-1] == "… and 5 more."
    assert len(error.problems) == MAX_SHOWN + 5
