"""The page of requirements tells the truth about the tests."""

import csv

from tests.requirements_page import CATALOGUE, PAGE, page, proofs


def known_ids() -> set[str]:
    with CATALOGUE.open(encoding="utf-8") as file:
        return {row["id"] for row in csv.DictReader(file)}


def test_every_mark_names_a_requirement_of_the_catalogue() -> None:
    assert set(proofs()) - known_ids() == set()


def test_the_page_is_as_the_tests_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"
