"""What schemathesis cannot know: how an ingestion is signed. Its secret is the default beside the simulated WeCom."""

import hashlib
import hmac

import schemathesis

SECRET = b"simulated-ingest-secret"
# 2026-03-02T09:00:00+08:00, where the product's clock stands.
NOW = "1772413200"


class Signature:
    """Signs the body as it goes out."""

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        mac = hmac.new(SECRET, b"v1:" + NOW.encode() + b":" + body, hashlib.sha256).hexdigest()
        request.headers.update({"X-Stepwise-Timestamp": NOW, "X-Stepwise-Signature": f"v1={mac}"})
        return request


@schemathesis.hook
def before_call(_context, case, kwargs):
    signed = [name for name in case.headers or () if name.lower().startswith("x-stepwise-")]
    # A case that leaves a header out means it.
    if case.path == "/ingest/v1/events" and len(signed) == 2:
        kwargs["auth"] = Signature()
