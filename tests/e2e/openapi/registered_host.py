"""What schemathesis cannot know: which host the API user has registered."""

import schemathesis

import hooks  # noqa: F401  (registers itself; the variable names one module only)


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.headers and "X-Callback-Url" in case.headers:
        case.headers["X-Callback-Url"] = "http://127.0.0.1:9/momo"
