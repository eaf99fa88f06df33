"""Nothing under five, and nothing that gives it away."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.confidential import LEAST, ScaleResult, hidden_groups, scale_result


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"a": 5, "b": 9}, set()),
        ({"a": 0, "b": 9}, set()),
        ({"a": 4, "b": 9}, {"a", "b"}),
        ({"a": 4, "b": 9, "c": 6}, {"a", "c"}),
        ({"a": 1, "b": 2, "c": 9, "d": 12}, {"a", "b", "c"}),
        ({"a": 3, "b": 3, "c": 9}, {"a", "b"}),
        ({"a": 2}, {"a"}),
        ({}, set()),
    ],
)
def test_small_groups_are_hidden_with_enough_others(sizes: dict[str, int], hidden: set[str]) -> None:
    assert hidden_groups(sizes) == hidden


@given(st.dictionaries(st.integers(0, 8), st.integers(0, 30), max_size=8))
def test_the_total_never_tells_a_small_group(sizes: dict[int, int]) -> None:
    """Whoever knows the total and what is shown learns only a sum over two groups, five people or more."""
    hidden = hidden_groups(sizes)
    assert all(sizes[key] >= LEAST or sizes[key] == 0 for key in sizes.keys() - hidden)
    if hidden and hidden != {key for key, size in sizes.items() if size}:
        assert len(hidden) >= 2
        assert sum(sizes[key] for key in hidden) >= LEAST


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, 4, 5, 4], ScaleResult(None, None, None)),
        ([5, 5, 5, 5, 5], ScaleResult(5, None, None, alike=True)),
        ([4, 5, 5, 5, 5], ScaleResult(5, 4.8, None, agree=100)),
        ([4] * 5 + [5] * 6, ScaleResult(11, 4.5, {1: 0, 2: 0, 3: 0, 4: 5, 5: 6}, agree=100)),
        ([4] * 5 + [5] * 6 + [1], ScaleResult(12, 4.2, None)),
        ([4] * 5 + [2, 2, 2, 1, 1], ScaleResult(10, 2.8, None, agree=50)),
        ([1] * 5 + [2] * 5, ScaleResult(10, 1.5, {1: 5, 2: 5, 3: 0, 4: 0, 5: 0}, agree=0)),
    ],
)
def test_what_a_scale_may_tell(values: list[int], expected: ScaleResult) -> None:
    assert scale_result(values) == expected


@given(st.lists(st.integers(1, 5), max_size=40))
def test_no_shown_count_is_of_fewer_than_five(values: list[int]) -> None:
    result = scale_result(values)
    assert (result.answered is None) == (len(values) < LEAST)
    for count in (result.counts or {}).values():
        assert count == 0 or count >= LEAST
    agreeing = sum(value >= 4 for value in values)
    if result.agree is not None:
        assert all(number == 0 or number >= LEAST for number in (agreeing, len(values) - agreeing))
    if len(set(values)) == 1:
        assert (result.mean, result.counts) == (None, None)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=60))
def test_no_difference_of_published_groups_isolates_fewer_than_five(answers: list[str]) -> None:
    """Every union of shown groups, taken from the total, leaves nobody or five and more."""
    sizes = {key: answers.count(key) for key in "abcd"}
    shown = sorted(sizes.keys() - hidden_groups(sizes))
    total = len(answers)
    if total < LEAST:
        return
    for length in range(len(shown) + 1):
        for chosen in combinations(shown, length):
            rest = total - sum(sizes[key] for key in chosen)
            assert rest == 0 or rest >= LEAST
