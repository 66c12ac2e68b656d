"""The catalogue: complete, and every error has a status and one code."""

from shared.http.problems import HTTP_KINDS, catalogue, error_classes, kind_of
from shared.kernel import errors


class TestCatalogue:
    def test_has_a_page_for_every_error(self) -> None:
        known = catalogue()

        assert {error.code for error in error_classes()} <= known.keys()
        assert {kind.code for kind in HTTP_KINDS} <= known.keys()

    def test_gives_our_own_errors_distinct_codes(self) -> None:
        own = [error for error in error_classes() if error.__module__ == errors.__name__]

        assert len({error.code for error in own}) == len(own)

    def test_a_domain_error_has_its_parents_status(self) -> None:
        class SignatureLapsedError(errors.GuardFailedError):
            code = "signature-lapsed"

        assert kind_of(SignatureLapsedError).status == 409
