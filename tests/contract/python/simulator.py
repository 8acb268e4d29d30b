"""What the Python tests share: the way to the simulated WeCom, people to play, the product beside it."""

import contextlib
import itertools
import os
import unittest

import requests
from requests.adapters import HTTPAdapter
from wechatpy.exceptions import WeChatClientException
from wechatpy.work import WeChatClient

URL = os.environ["CONTRACT_URL"]
CORP_ID = os.environ["WECOM_CORP_ID"]
AGENT_ID = int(os.environ["WECOM_AGENT_ID"])
SECRET = os.environ["WECOM_SECRET"]
ADMIN = {"Authorization": f"Bearer {os.environ['STEPWISE_ADMIN_TOKEN']}"}

# The SDK knows WeCom's hosts by heart. It stays as it is: its requests are led here on their way out.
HOSTS = ("https://qyapi.weixin.qq.com/", "https://open.weixin.qq.com/")
send = HTTPAdapter.send


def send_here(adapter, request, **options):
    """To the simulator instead of WeCom, and nowhere else."""
    for host in HOSTS:
        if request.url.startswith(host):
            request.url = f"{URL}/sim/{request.url.removeprefix(host)}"
    if not request.url.startswith(f"{URL}/"):
        raise AssertionError(f"a call leaves this machine: {request.url}")
    return send(adapter, request, **options)


HTTPAdapter.send = send_here

numbers = itertools.count(1)


def control(path, body=None):
    """A control call of the simulator (`infra/wecom-sim/README.md`) that has to work; without a body a GET."""
    method = "GET" if body is None else "POST"
    answer = requests.request(method, f"{URL}/sim/control/{path}", json=body)
    assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def now():
    """Unix seconds, by the clock that the simulator and the product share."""
    return control("clock")["now_ms"] // 1000


def wait(seconds):
    """Moves that clock on."""
    control("clock/advance", {"seconds": seconds})


def member(name="张伟", **more):
    """Somebody new on the staff; answers the userid."""
    userid = f"staff-{next(numbers)}"
    control("staff", {"userid": userid, "name": name, **more})
    return userid


def customer(name="王先生", **more):
    """Somebody new with a phone; answers the external_userid."""
    external_userid = f"wmContract{next(numbers)}"
    control("customers", {"external_userid": external_userid, "name": name, **more})
    return external_userid


def add(external_userid, userid, **more):
    """The customer adds the member; answers what the simulator made of it."""
    return control(f"customers/{external_userid}/add", {"userid": userid, **more})


def friend(userid, name="王先生"):
    """A new customer of the member's; answers the external_userid."""
    external_userid = customer(name)
    add(external_userid, userid)
    return external_userid


def product(path):
    """What the product's own API answers; `None`: it knows no such thing."""
    answer = requests.get(f"{URL}/api/v1/{path}", headers=ADMIN)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer.json()


def callbacks_of(act):
    """What the simulator has sent or tried to send because of `act`: the `raw` envelope, the `plain` event, its `fate`."""
    known = {item["n"] for item in control("deliveries")["items"]}
    act()
    fresh = [item["n"] for item in control("deliveries")["items"] if item["n"] not in known]
    return [control(f"deliveries/{n}") for n in fresh]


class Contract(unittest.TestCase):
    """A test with the SDK's client of the configured app."""

    def setUp(self):
        self.wecom = WeChatClient(CORP_ID, SECRET)

    @contextlib.contextmanager
    def refused(self, code):
        """The SDK raises its own exception, with this code."""
        with self.assertRaises(WeChatClientException) as caught:
            yield caught
        self.assertEqual(caught.exception.errcode, code, caught.exception)

    def without_sdk(self, api, body):
        """An API that the SDK does not have, with its documented body; answers what the SDK's transport makes of it."""
        return self.wecom.post(api, data=body)

    def all_pages(self, api, body, rows):
        """Every row of a list with a cursor."""
        found, cursor = [], ""
        while True:
            page = self.without_sdk(api, {**body, "cursor": cursor})
            found += page[rows]
            cursor = page.get("next_cursor", "")
            if not cursor:
                return found
