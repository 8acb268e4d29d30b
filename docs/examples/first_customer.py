"""From nothing to a customer who is walked through an SOP, with the API document and `requests` alone.

    STEPWISE_ADMIN_TOKEN=letmein stepwise serve --demo &
    python first_customer.py http://127.0.0.1:8787 letmein simulated-ingest-secret wmDemoChenJie0001 zhangwei

Arguments: address, admin token, ingest secret, a customer's external_userid, the userid of a friend of theirs.
"""

import datetime
import hashlib
import hmac
import json
import sys
import uuid

import requests

base, admin_token, ingest_secret, customer, staff = sys.argv[1:]
api = f"{base}/api/v1"


def call(session, method, path, body=None, **headers):
    answer = session.request(method, api + path, json=body, headers=headers, timeout=30)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


# A token of one's own, which reaches no further than it has to and ends by itself.
admin = requests.Session()
admin.headers["Authorization"] = f"Bearer {admin_token}"
now = requests.get(f"{api}/openapi.json", timeout=30).headers["Date"]
now = datetime.datetime.strptime(now, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=datetime.timezone.utc)
wanted = {"name": "example", "scopes": ["playbook:write", "customers:write"],
          "expires_at": (now + datetime.timedelta(days=1)).isoformat()}
script = requests.Session()
script.headers["Authorization"] = f"Bearer {call(admin, 'POST', '/tokens', wanted)['token']}"

# A board of three stages, a rule that moves whoever asks for a quotation, an SOP that begins there.
key = uuid.uuid4().hex[:6]
board, rule, sop = f"deals-{key}", f"asks-quote-{key}", f"quote-{key}"
stages = [{"id": "lead", "name": "线索"}, {"id": "quote", "name": "报价"}, {"id": "won", "name": "成交", "kind": "won"}]
call(script, "PUT", f"/boards/{board}", {"name": f"商机 {key}", "tag_group": f"商机阶段 {key}", "stages": stages})
call(script, "PUT", f"/rules/{rule}", {
    "name": "问报价", "when": {"message_contains": {"any": ["报价"]}}, "then": [{"add_tag": f"商机阶段 {key}/报价"}]})
call(script, "PUT", f"/sops/{sop}", {
    "id": sop, "name": "报价跟进", "anchor": {"kind": "stage_entry", "stage": f"{board}/quote"},
    "steps": [{"id": "offer", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "这是您的报价单"}}]})
call(script, "POST", f"/sops/{sop}/publish", {})

# The customer asks: told by whatever hears it, signed.
event = {"id": f"msg-{key}", "type": "message.received", "at": now.isoformat(), "customer": {"external_userid": customer},
         "attributes": {"staff": staff, "text": "能给个报价吗"}}
body, timestamp = json.dumps({"events": [event]}), str(int(now.timestamp()))
signature = hmac.new(ingest_secret.encode(), f"v1:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
told = requests.post(f"{base}/ingest/v1/events", data=body.encode(), timeout=30, headers={
    "Content-Type": "application/json", "X-Stepwise-Timestamp": timestamp, "X-Stepwise-Signature": f"v1={signature}"})
assert told.ok and told.json()["events"][0]["status"] == "accepted", told.text

# One message, one decision: tag, stage and SOP, each with its cause.
assert call(script, "GET", f"/customers/{customer}")["stages"][board]["stage"] == "quote"
timeline = call(script, "GET", f"/customers/{customer}/timeline")["items"]
asked = next(entry for entry in timeline if entry["kind"] == "message_received")
print(asked["at"], asked["text"])
print(*("   " + fact["text"] for fact in asked["facts"]), sep="\n")
