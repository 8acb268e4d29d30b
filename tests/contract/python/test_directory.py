"""The directory: members and departments; the platform's own addresses."""

from simulator import AGENT_ID, CORP_ID, Contract, control, member
from wechatpy.work import WeChatClient


class Directory(Contract):
    @classmethod
    def setUpClass(cls):
        control("departments", {"id": 50, "name": "销售部", "order": 9})
        control("departments", {"id": 51, "name": "一组", "parent": 50})
        cls.lead = member("李娜", departments=[50], position="经理")
        cls.seller = member("张伟", departments=[51, 50])
        control("departments", {"id": 50, "name": "销售部", "order": 9, "leaders": [cls.lead]})

    def test_a_member_is_described_without_what_new_apps_do_not_get(self):
        one = self.wecom.user.get(self.lead)
        self.assertEqual((one["userid"], one["name"], one["position"]), (self.lead, "李娜", "经理"))
        self.assertEqual((one["department"], one["is_leader_in_dept"], one["status"]), ([50], [1], 1))
        self.assertEqual(self.wecom.user.get(self.seller)["main_department"], 51)
        for field in ("avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address"):
            self.assertNotIn(field, one)

    def test_ids_of_members_are_compared_without_case(self):
        self.assertEqual(self.wecom.user.get(self.lead.upper())["name"], "李娜")

    def test_somebody_unknown_is_refused(self):
        with self.refused(60111):
            self.wecom.user.get("nobody")

    def test_those_who_have_left_say_so(self):
        userid = member()
        control(f"staff/{userid}/leave", {})
        self.assertEqual(self.wecom.user.get(userid)["status"], 5)

    def test_a_department_lists_its_own_members_or_those_below_too(self):
        self.assertEqual([row["userid"] for row in self.wecom.user.list(51)], [self.seller])
        below = self.wecom.user.list(50, fetch_child=True)
        self.assertEqual({row["userid"] for row in below}, {self.lead, self.seller})
        simple = self.wecom.department.get_users(51)
        self.assertEqual(simple, [{"userid": self.seller, "name": "张伟", "department": [51, 50]}])
        self.assertEqual(self.wecom.department.get_map_users(51), {"张伟": self.seller})

    def test_departments_are_listed_with_what_is_below_them(self):
        rows = {row["id"]: row for row in self.wecom.department.list(50)}
        self.assertEqual(sorted(rows), [50, 51])
        self.assertEqual((rows[51]["name"], rows[51]["parentid"]), ("一组", 50))
        self.assertEqual((rows[50]["order"], rows[50]["department_leader"]), (9, [self.lead]))
        self.assertLessEqual({1, 50, 51}, {row["id"] for row in self.wecom.department.list()})
        simple = self.wecom.department.simple_list(50)
        self.assertEqual(sorted((row["id"], row["parentid"]) for row in simple), [(50, 1), (51, 50)])
        self.assertEqual(self.wecom.department.get(51)["name"], "一组")
        with self.refused(60123):
            self.wecom.department.list(999)

    def test_all_ids_are_for_the_contacts_sync_secret_alone(self):
        with self.refused(48002):
            self.without_sdk("user/list_id", {})
        sync = {"agentid": AGENT_ID + 5, "secret": "secret-of-contacts-sync", "kind": "contacts_sync"}
        control("apps", sync)
        self.wecom = WeChatClient(CORP_ID, "secret-of-contacts-sync")
        rows = self.all_pages("user/list_id", {"limit": 3}, "dept_user")
        places = {row["department"] for row in rows if row["userid"] == self.seller}
        self.assertEqual(places, {50, 51})
        with self.refused(48009):
            self.wecom.user.get(self.lead)

    def test_an_app_sees_its_visible_range_and_nothing_else(self):
        visible = {"users": [], "departments": [51]}
        control("apps", {"agentid": AGENT_ID + 6, "secret": "secret-of-a-small-app", "visible": visible})
        self.wecom = WeChatClient(CORP_ID, "secret-of-a-small-app")
        self.assertEqual(self.wecom.user.get(self.seller)["name"], "张伟")
        with self.refused(60111):
            self.wecom.user.get(self.lead)
        self.assertEqual(self.wecom.external_contact.get_follow_user_list()["follow_user"], [self.seller])

    def test_the_platforms_addresses_are_told(self):
        self.assertIn("127.0.0.1", self.wecom.misc.get_wechat_ips())
        self.assertTrue(self.wecom.get("get_api_domain_ip")["ip_list"])
