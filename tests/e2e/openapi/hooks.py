"""What OpenAPI has no words for: an answer that has a body or none."""

import schemathesis
from schemathesis.core.failures import MalformedJson
from schemathesis.openapi.checks import MissingContentType

# The extension of our documents: the documented body, or none and no content type.
MAY_BE_EMPTY = "x-may-be-empty"


def documented(case, response):
    """The description of an answer of this status, if there is one."""
    found = case.operation.responses.find_by_status_code(response.status_code)
    return None if found is None else found.definition


@schemathesis.check
def empty_body_conformance(ctx, response, case):
    """A body is there only where content is documented, and missing only where it may be."""
    answer = documented(case, response)
    if answer is None:
        return  # That is for status_code_conformance to tell.
    is_empty = not response.content
    if is_empty and "content-type" in response.headers:
        raise AssertionError("An empty body has a Content-Type")
    if is_empty and "content" in answer and not answer.get(MAY_BE_EMPTY):
        raise AssertionError(f"The body of {response.status_code} is empty, and must not be")
    if not is_empty and "content" not in answer:
        raise AssertionError(f"The body of {response.status_code} is not documented")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps all failures but two: that an empty body has no type and is no JSON, if it may be."""
    answer = documented(case, response) or {}
    may_be_empty = answer.get(MAY_BE_EMPTY) and not response.content
    return not (may_be_empty and isinstance(failure, (MissingContentType, MalformedJson)))
