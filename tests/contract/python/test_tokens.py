"""Access tokens: who gets one, how long it is good, where it may be used from."""

import time

import requests
from simulator import AGENT_ID, CORP_ID, SECRET, Contract, control, friend, member
from wechatpy.exceptions import APILimitedException
from wechatpy.work import WeChatClient


class Tokens(Contract):
    def test_the_secret_buys_a_token_for_two_hours(self):
        answer = self.wecom.fetch_access_token()
        self.assertEqual((answer["errcode"], answer["errmsg"]), (0, "ok"))
        self.assertEqual(answer["expires_in"], 7200)
        self.assertLessEqual(len(answer["access_token"]), 512)
        self.assertAlmostEqual(self.wecom.expires_at, time.time() + 7200, delta=60)

    def test_asking_again_gives_the_same_token_and_leaves_it_good(self):
        first = self.wecom.access_token
        self.assertEqual(WeChatClient(CORP_ID, SECRET).access_token, first)
        self.assertTrue(self.wecom.misc.get_wechat_ips())
        self.assertEqual(self.wecom.access_token, first)

    def test_a_wrong_secret_and_a_wrong_corp_are_refused_with_a_hint_for_support(self):
        with self.refused(40001) as caught:
            WeChatClient(CORP_ID, "another-secret").fetch_access_token()
        words = r"hint: \[\d+_\d+_[0-9a-f]+\], from ip: 127\.0\.0\.1, more info at "
        self.assertRegex(caught.exception.errmsg, words)
        with self.refused(40013):
            WeChatClient("ww0000000000000000", SECRET).fetch_access_token()

    def test_the_sdk_gets_over_a_token_that_the_platform_took_back(self):
        userid = member()
        external_userid = friend(userid)
        for errcode in (42001, 40014):
            before = self.wecom.access_token
            control("tokens/expire", {"errcode": errcode})
            listed = self.wecom.external_contact.list(userid)["external_userid"]
            self.assertEqual(listed, [external_userid])
            self.assertNotEqual(self.wecom.access_token, before)

    def test_without_renewal_the_sdk_is_told_which_it_was(self):
        self.wecom = WeChatClient(CORP_ID, SECRET, auto_retry=False)
        for errcode in (42001, 40014):
            self.wecom.fetch_access_token()
            control("tokens/expire", {"errcode": errcode})
            with self.refused(errcode):
                self.wecom.external_contact.get_follow_user_list()
        # The next test shall not find a token that is gone.
        self.wecom.fetch_access_token()

    def test_a_token_in_the_body_counts_as_missing(self):
        url = "https://qyapi.weixin.qq.com/cgi-bin/externalcontact/get_corp_tag_list"
        answer = requests.post(url, json={"access_token": self.wecom.access_token})
        self.assertEqual((answer.status_code, answer.json()["errcode"]), (200, 41001))

    def test_the_sdk_has_a_name_of_its_own_for_the_frequency_limit(self):
        control("faults", {"api": "user/get", "errcode": 45009, "times": 1})
        with self.assertRaises(APILimitedException) as caught:
            self.wecom.user.get(member())
        self.assertEqual(caught.exception.errcode, 45009)

    def test_an_app_is_heard_from_its_trusted_addresses_only(self):
        guarded = {"agentid": AGENT_ID + 1, "secret": "secret-of-a-guarded-app", "trusted_ips": ["203.0.113.7"]}
        control("apps", guarded)
        self.wecom = WeChatClient(CORP_ID, guarded["secret"])
        self.assertTrue(self.wecom.fetch_access_token(), "a token is given anywhere")
        with self.refused(60020) as caught:
            self.wecom.external_contact.get_follow_user_list()
        self.assertIn("from ip: 127.0.0.1", caught.exception.errmsg)
        self.wecom._http.headers["x-sim-from-ip"] = "203.0.113.7"
        self.assertIn("follow_user", self.wecom.external_contact.get_follow_user_list())

    def test_an_app_that_is_not_on_the_list_of_customer_contact_may_not_use_it(self):
        control("apps", {"agentid": AGENT_ID + 2, "secret": "secret-of-a-shut-out-app", "callable": False})
        self.wecom = WeChatClient(CORP_ID, "secret-of-a-shut-out-app")
        with self.refused(48002):
            self.wecom.external_contact.get_follow_user_list()
        self.assertTrue(self.wecom.department.list(), "the directory is another permission")
