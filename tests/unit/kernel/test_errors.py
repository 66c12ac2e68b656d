"""One error tree: every error names the broken rule."""

from shared.kernel import errors
from shared.kernel.errors import DubanError, GuardFailedError


def all_errors(root: type[DubanError]) -> list[type[DubanError]]:
    return [root, *(found for child in root.__subclasses__() for found in all_errors(child))]


def test_every_error_of_the_kernel_has_its_own_code() -> None:
    kernel = [found for found in all_errors(DubanError) if found.__module__ == errors.__name__]
    assert len({found.code for found in kernel}) == len(kernel)


def test_the_tree_in_the_docstring_is_complete() -> None:
    drawn = errors.__doc__ or ""
    kernel = [found for found in all_errors(DubanError) if found.__module__ == errors.__name__]
    assert [found.__name__ for found in kernel if found.__name__ not in drawn] == []


def test_a_failed_guard_says_which_one_and_about_what() -> None:
    refused = GuardFailedError("G06", "not the principal", problem_no="YL-1")
    assert (refused.guard, refused.ids) == ("G06", {"problem_no": "YL-1"})
    assert refused.detail.startswith("G06")
