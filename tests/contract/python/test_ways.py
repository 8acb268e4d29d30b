"""Contact ways (「联系我」) and the welcome that follows a scan."""

from simulator import Contract, add, control, customer, member, wait


class Ways(Contract):
    def test_a_code_is_made_read_changed_and_removed(self):
        first, second = member(), member()
        api = self.wecom.external_contact
        made = api.add_contact_way(type=2, scene=2, remark="前台", state="desk-1", user=[first])
        self.assertTrue(made["qr_code"].startswith("https://"))
        way = api.get_contact_way(made["config_id"])["contact_way"]
        self.assertEqual((way["type"], way["scene"], way["skip_verify"]), (2, 2, True))
        self.assertEqual((way["remark"], way["state"], way["user"]), ("前台", "desk-1", [first]))
        self.assertEqual(way["qr_code"], made["qr_code"])
        api.update_contact_way(made["config_id"], "展厅", skip_verify=False, state="hall", user=[second])
        way = api.get_contact_way(made["config_id"])["contact_way"]
        self.assertEqual((way["remark"], way["skip_verify"], way["state"]), ("展厅", False, "hall"))
        self.assertEqual(way["user"], [second], "lists are replaced")
        api.del_contact_way(made["config_id"])
        with self.refused(41044):
            api.get_contact_way(made["config_id"])

    def test_a_button_has_no_picture_of_a_code(self):
        made = self.wecom.external_contact.add_contact_way(type=1, scene=1, style=1, user=[member()])
        self.assertNotIn("qr_code", made)

    def test_what_is_malformed_is_refused_by_its_own_code(self):
        add_way, userids = self.wecom.external_contact.add_contact_way, [member(), member()]
        for code, wrong in (
            (41039, {"type": 3, "scene": 2, "user": userids[:1]}),
            (41040, {"type": 1, "scene": 3, "user": userids[:1]}),
            (41042, {"type": 1, "scene": 1, "style": 4, "user": userids[:1]}),
            (40035, {"type": 1, "scene": 2, "user": userids}),
            (40058, {"type": 1, "scene": 2, "user": userids[:1], "state": "s" * 31}),
        ):
            with self.subTest(wrong), self.refused(code):
                add_way(**wrong)

    def test_ways_are_listed_by_id_page_by_page(self):
        userid = member()
        api = self.wecom.external_contact
        made = {api.add_contact_way(type=1, scene=2, user=[userid])["config_id"] for _ in range(5)}
        rows = self.all_pages("externalcontact/list_contact_way", {"limit": 2}, "contact_way")
        listed = [row["config_id"] for row in rows]
        self.assertLessEqual(made, set(listed))
        self.assertEqual(len(listed), len(set(listed)))

    def test_the_state_of_the_code_comes_back_with_the_customer(self):
        userid = member()
        made = self.wecom.external_contact.add_contact_way(type=1, scene=2, state="poster-7", user=[userid])
        external_userid = customer()
        control(f"customers/{external_userid}/scan", {"config_id": made["config_id"]})
        (follow,) = self.wecom.external_contact.get(external_userid)["follow_user"]
        self.assertEqual((follow["userid"], follow["state"], follow["add_way"]), (userid, "poster-7", 1))


class Welcomes(Contract):
    def added(self):
        """A new customer of a new member's, and the code for the welcome."""
        external_userid, userid = customer(), member()
        return external_userid, add(external_userid, userid)["welcome_code"]

    def test_a_welcome_reaches_the_customer_once(self):
        external_userid, code = self.added()
        template = {
            "welcome_code": code,
            "text": {"content": "您好，我是张伟"},
            "attachments": [{"msgtype": "link", "link": {"title": "车型", "url": "https://example.com/cars"}}],
        }
        self.wecom.external_contact.send_welcome_msg(template)
        (message,) = control(f"customers/{external_userid}/inbox")["items"]
        self.assertEqual((message["via"], message["text"]), ("welcome", "您好，我是张伟"))
        self.assertEqual(message["attachments"], template["attachments"])
        with self.refused(41051):
            self.wecom.external_contact.send_welcome_msg(template)

    def test_the_code_is_good_for_twenty_seconds(self):
        external_userid, code = self.added()
        wait(21)
        with self.refused(41050):
            self.wecom.external_contact.send_welcome_msg({"welcome_code": code, "text": {"content": "您好"}})
        self.assertEqual(control(f"customers/{external_userid}/inbox")["items"], [])

    def test_a_text_has_4000_bytes_at_most_and_there_must_be_something_to_say(self):
        _, code = self.added()
        send = self.wecom.external_contact.send_welcome_msg
        with self.refused(45002):
            send({"welcome_code": code, "text": {"content": "字" * 1334}})
        with self.refused(44004):
            send({"welcome_code": code})
        send({"welcome_code": code, "text": {"content": "字" * 1333}})
