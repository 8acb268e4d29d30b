"""Signing in and signing pages: OAuth codes, user tickets, JS-SDK tickets."""

import html
import re
import urllib.parse

import requests
from simulator import AGENT_ID, CORP_ID, Contract, control, customer, friend, member, now, wait
from wechatpy.work import WeChatClient

PAGE = "http://127.0.0.1:9/sidebar?from=card"


class SignIn(Contract):
    def code(self, **who):
        return control("oauth/code", who)["code"]

    def who(self, code):
        """The SDK still asks `user/getuserinfo`, which `auth/getuserinfo` has replaced."""
        return self.wecom.get("auth/getuserinfo", params={"code": code})

    def test_the_sdks_address_leads_to_a_page_and_back_with_a_code(self):
        userid = member("王 & 李")
        address = self.wecom.oauth.authorize_url("http://127.0.0.1:9/back?x=1", state="s7")
        page = requests.get(address)
        self.assertEqual(page.status_code, 200, page.text)
        links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', page.text)]
        (link,) = [link for link in links if link.endswith(f"&userid={userid}")]
        picked = requests.get(urllib.parse.urljoin(page.url, link), allow_redirects=False)
        self.assertEqual(picked.status_code, 302)
        back = urllib.parse.urlsplit(picked.headers["location"])
        query = dict(urllib.parse.parse_qsl(back.query))
        self.assertEqual((back.netloc, back.path), ("127.0.0.1:9", "/back"))
        self.assertEqual((query["x"], query["state"]), ("1", "s7"))
        self.assertEqual(self.who(query["code"])["userid"], userid)

    def test_a_code_is_good_once_and_for_five_minutes(self):
        userid = member()
        code = self.code(userid=userid)
        self.assertEqual(self.who(code)["userid"], userid)
        with self.refused(42022):
            self.who(code)
        late = self.code(userid=userid)
        wait(301)
        with self.refused(42003):
            self.who(late)
        with self.refused(40029):
            self.who("made up")

    def test_a_member_who_consents_is_told_in_detail(self):
        userid = member(gender=2, mobile="13800000003")
        answer = self.who(self.code(userid=userid, scope="snsapi_privateinfo"))
        detail = self.without_sdk("auth/getuserdetail", {"user_ticket": answer["user_ticket"]})
        self.assertEqual((detail["userid"], detail["gender"], detail["mobile"]), (userid, "2", "13800000003"))
        self.assertNotIn("user_ticket", self.who(self.code(userid=userid)), "not asked, not consented")
        wait(1801)
        with self.refused(84014):
            self.without_sdk("auth/getuserdetail", {"user_ticket": answer["user_ticket"]})
        with self.refused(84015):
            self.without_sdk("auth/getuserdetail", {"user_ticket": "made up"})

    def test_a_customer_is_known_if_they_are_somebodys_friend(self):
        known, stranger = friend(member()), customer()
        answer = self.who(self.code(external_userid=known))
        self.assertEqual(answer["external_userid"], known)
        self.assertTrue(answer["openid"])
        self.assertNotIn("userid", answer)
        self.assertNotIn("external_userid", self.who(self.code(external_userid=stranger)))


class Tickets(Contract):
    def verdict(self, kind, ticket, url=PAGE, signed=PAGE):
        """What WeCom's client would say to a page signed by the SDK."""
        nonce, timestamp = "Wm3WZYTPz0wzccnW", str(now())
        signature = self.wecom.jsapi.get_jsapi_signature(nonce, ticket, timestamp, signed)
        page = {"kind": kind, "noncestr": nonce, "timestamp": timestamp, "url": url, "signature": signature}
        return control("jssdk/verify", page)["errcode"]

    def test_both_tickets_sign_and_are_not_interchangeable(self):
        corps, apps = self.wecom.jsapi.get_ticket(), self.wecom.jsapi.get_agent_ticket()
        self.assertEqual((corps["expires_in"], apps["expires_in"]), (7200, 7200))
        self.assertEqual(self.verdict("jsapi", corps["ticket"]), 0)
        self.assertEqual(self.verdict("agent_config", apps["ticket"]), 0)
        self.assertEqual(self.verdict("agent_config", corps["ticket"]), 42012)
        self.assertEqual(self.verdict("jsapi", apps["ticket"]), 42012)

    def test_the_address_is_signed_without_its_fragment(self):
        ticket = self.wecom.jsapi.get_agent_jsapi_ticket()
        self.assertEqual(self.verdict("agent_config", ticket, signed=PAGE + "#top"), 40093)
        self.assertEqual(self.verdict("agent_config", ticket, signed="http://127.0.0.1:9/sidebar"), 40093)
        self.assertEqual(self.verdict("agent_config", "made up"), 40093)

    def test_a_ticket_is_the_apps_own(self):
        control("apps", {"agentid": AGENT_ID + 3, "secret": "secret-of-another-app"})
        other = WeChatClient(CORP_ID, "secret-of-another-app").jsapi.get_agent_ticket()["ticket"]
        self.assertEqual(self.verdict("agent_config", other), 42012)
        with self.refused(91040):
            self.wecom.get("ticket/get", params={"type": "jsapi"})
