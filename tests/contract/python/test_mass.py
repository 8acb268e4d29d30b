"""Mass messages (企业群发): a task for members, who alone can send it; results are asked for."""

from simulator import Contract, add, control, customer, friend, member, now, wait

# Seconds after which a task has been handed out, generously.
DISPATCHED = 60


class MassMessages(Contract):
    def task(self, **template):
        """A new task, until its results can be asked for; answers its id."""
        made = self.wecom.external_contact.add_msg_template({"text": {"content": "周末试驾"}, **template})
        wait(DISPATCHED)
        return made["msgid"]

    def parts(self, msgid):
        """Members with the state of their part."""
        rows = self.all_pages("externalcontact/get_groupmsg_task", {"msgid": msgid}, "task_list")
        return {row["userid"]: row["status"] for row in rows}

    def results(self, msgid, userid):
        """A member's customers with what became of it."""
        body = {"msgid": msgid, "userid": userid}
        rows = self.all_pages("externalcontact/get_groupmsg_send_result", body, "send_list")
        return {row["external_userid"]: row["status"] for row in rows}

    def test_nothing_is_sent_until_the_member_confirms(self):
        userid = member()
        stays, blocks = friend(userid), friend(userid)
        control(f"customers/{blocks}/block", {"userid": userid})
        msgid = self.task(sender=userid)
        self.assertEqual(self.parts(msgid), {userid: 0})
        self.assertEqual(self.results(msgid, userid), {stays: 0, blocks: 0})
        self.assertEqual(control(f"customers/{stays}/inbox")["items"], [])
        control(f"staff/{userid}/confirm", {"msgid": msgid})
        self.assertEqual(self.parts(msgid), {userid: 2})
        self.assertEqual(self.results(msgid, userid), {stays: 1, blocks: 2})
        (message,) = control(f"customers/{stays}/inbox")["items"]
        self.assertEqual((message["via"], message["text"]), ("mass", "周末试驾"))
        self.assertEqual(control(f"customers/{blocks}/inbox")["items"], [])

    def test_right_after_its_making_a_task_has_no_results(self):
        userid = member()
        friend(userid)
        made = self.wecom.external_contact.add_msg_template({"sender": userid, "text": {"content": "周末试驾"}})
        with self.refused(41063):
            self.without_sdk("externalcontact/get_groupmsg_task", {"msgid": made["msgid"]})
        wait(DISPATCHED)
        self.assertEqual(self.parts(made["msgid"]), {userid: 0})

    def test_strangers_are_named_and_a_task_for_nobody_is_refused(self):
        userid = member()
        known = friend(userid)
        template = {"external_userid": [known, "wmNobody"], "sender": userid, "text": {"content": "周末试驾"}}
        made = self.wecom.external_contact.add_msg_template(template)
        self.assertEqual(made["fail_list"], ["wmNobody"])
        with self.refused(41048):
            self.wecom.external_contact.add_msg_template({**template, "external_userid": ["wmNobody"]})
        with self.refused(40058):
            self.wecom.external_contact.add_msg_template({"text": {"content": "周末试驾"}})

    def test_without_a_sender_it_is_for_whoever_spoke_with_the_customer_last(self):
        first, second = member(), member()
        external_userid = friend(first)
        add(external_userid, second)
        wait(60)
        control(f"customers/{external_userid}/say", {"userid": first, "text": "还在吗"})
        msgid = self.task(external_userid=[external_userid])
        self.assertEqual(self.parts(msgid), {first: 0})

    def test_tags_choose_the_customers(self):
        userid = member()
        made = self.wecom.external_contact.add_corp_tag(None, "群发", None, [{"name": "要"}])
        tag = made["tag_group"]["tag"][0]["id"]
        tagged, _ = friend(userid), friend(userid)
        self.wecom.external_contact.mark_tag(userid, tagged, add_tag=[tag])
        msgid = self.task(sender=userid, tag_filter={"group_list": [{"tag_list": [tag]}]})
        self.assertEqual(self.results(msgid, userid), {tagged: 0})

    def test_a_customer_who_has_had_as_many_as_the_rule_allows_gets_no_more(self):
        userid = member()
        external_userid = friend(userid)
        control("mass/rule", {"per": "day"})
        self.addCleanup(control, "mass/rule", {"per": "month"})
        first, second = self.task(sender=userid), self.task(sender=userid)
        for msgid in (first, second):
            control(f"staff/{userid}/confirm", {"msgid": msgid})
        self.assertEqual(self.results(first, userid), {external_userid: 1})
        self.assertEqual(self.results(second, userid), {external_userid: 3})

    def test_a_task_is_brought_to_mind_three_times_and_called_off(self):
        userid = member()
        friend(userid)
        msgid = self.task(sender=userid)
        for _ in range(3):
            self.without_sdk("externalcontact/remind_groupmsg_send", {"msgid": msgid})
        with self.refused(41094):
            self.without_sdk("externalcontact/remind_groupmsg_send", {"msgid": msgid})
        self.without_sdk("externalcontact/cancel_groupmsg_send", {"msgid": msgid})
        with self.refused(41093):
            self.without_sdk("externalcontact/cancel_groupmsg_send", {"msgid": msgid})
        (part,) = control(f"staff/{userid}/inbox")["mass"]
        self.assertEqual(part["state"], "cancelled")

    def test_the_corps_and_the_members_own_are_listed_apart(self):
        userid = member()
        external_userid = friend(userid)
        began = now()
        corps = self.task(sender=userid)
        own = {"external_userid": [external_userid], "text": "我的活动"}
        own = control(f"staff/{userid}/mass_send", own)["msgid"]
        wait(DISPATCHED)
        window = {"chat_type": "single", "start_time": began, "end_time": now()}
        listed = {}
        for kind in (0, 1):
            body = {**window, "filter_type": kind}
            rows = self.all_pages("externalcontact/get_groupmsg_list_v2", body, "group_msg_list")
            listed.update((row["msgid"], row) for row in rows)
        self.assertEqual(sorted(listed), sorted([corps, own]))
        self.assertEqual((listed[corps]["create_type"], listed[own]["create_type"]), (0, 1))
        self.assertNotIn("creator", listed[corps])
        self.assertEqual(listed[own]["creator"], userid)
        self.assertEqual(int(listed[corps]["create_time"]), began)
        with self.refused(40058):
            self.without_sdk("externalcontact/get_groupmsg_list_v2", {**window, "start_time": began - 40 * 86400})

    def test_groups_have_a_sender_and_only_what_was_sent_is_told(self):
        userid = member()
        control("groups", {"chat_id": f"wr-{userid}", "owner": userid})
        with self.refused(40058):
            self.wecom.external_contact.add_msg_template({"chat_type": "group", "text": {"content": "开业"}})
        msgid = self.task(chat_type="group", sender=userid)
        body = {"msgid": msgid, "userid": userid}
        self.assertEqual(self.without_sdk("externalcontact/get_groupmsg_send_result", body)["send_list"], [])
        control(f"staff/{userid}/confirm", {"msgid": msgid})
        (row,) = self.without_sdk("externalcontact/get_groupmsg_send_result", body)["send_list"]
        self.assertEqual((row["chat_id"], row["status"]), (f"wr-{userid}", 1))

    def test_a_member_leaves_out_whom_they_will_where_they_may(self):
        userid = member()
        wanted, unwanted = friend(userid), friend(userid)
        msgid = self.task(sender=userid, allow_select=True)
        control(f"staff/{userid}/confirm", {"msgid": msgid, "deselect": [unwanted]})
        self.assertEqual(self.results(msgid, userid)[wanted], 1)
        self.assertEqual(control(f"customers/{unwanted}/inbox")["items"], [])

    def test_a_task_that_nobody_made_is_unknown(self):
        for api in ("get_groupmsg_task", "remind_groupmsg_send", "cancel_groupmsg_send"):
            with self.subTest(api), self.refused(41047):
                self.without_sdk(f"externalcontact/{api}", {"msgid": "msgNobody"})

    def test_somebody_who_is_no_friend_of_the_sender_is_out_of_reach(self):
        userid, stranger = member(), customer()
        known = friend(userid)
        template = {"sender": userid, "external_userid": [stranger, known], "text": {"content": "周末试驾"}}
        self.assertEqual(self.wecom.external_contact.add_msg_template(template)["fail_list"], [stranger])
